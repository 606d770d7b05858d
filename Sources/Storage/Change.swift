package import Contact

/// What a change is: its number in the journal, and its name outside.
package enum ChangeType: Int16, Sendable, CaseIterable {
    case interactionRecorded = 1
    case profileCreated, profileChanged, profileMerged, profileSplit, profileErased
    case decisionMade, decisionRevoked
    case consentGranted, consentDenied, memoryAdded, memoryClosed

    package var name: String {
        switch self {
        case .interactionRecorded: "interaction.recorded"
        case .profileCreated: "profile.created"
        case .profileChanged: "profile.changed"
        case .profileMerged: "profile.merged"
        case .profileSplit: "profile.split"
        case .profileErased: "profile.erased"
        case .decisionMade: "decision.made"
        case .decisionRevoked: "decision.revoked"
        case .consentGranted: "consent.granted"
        case .consentDenied: "consent.denied"
        case .memoryAdded: "memory.added"
        case .memoryClosed: "memory.closed"
        }
    }

    /// The types that a text names: a type, or a family as `profile.*`; nil where there is none.
    package static func named(_ text: String) -> Set<ChangeType>? {
        let found = allCases.filter { type in
            type.name == text || (text.hasSuffix(".*") && type.name.hasPrefix(text.dropLast()))
        }
        return found.isEmpty ? nil : Set(found)
    }
}

/// A place in the journal of a workspace: `epoch.position`. What a reader has read up to there.
package struct JournalCursor: Hashable, Sendable, CustomStringConvertible, LosslessStringConvertible {
    /// Random, and another one after a restore: then no position means what it meant.
    package let epoch: HubID
    package var position: Int64

    package init(epoch: HubID, position: Int64) {
        self.epoch = epoch
        self.position = position
    }

    package var description: String { "\(epoch).\(position)" }

    package init?(_ text: String) {
        guard let point = text.firstIndex(of: "."), let epoch = HubID(String(text[..<point])) else { return nil }
        let digits = text[text.index(after: point)...]
        guard digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let position = Int64(digits) else { return nil }
        self.init(epoch: epoch, position: position)
    }
}

/// One change, as a reader of the journal has it.
package struct Change: Sendable {
    package let position: Int64
    package let type: ChangeType
    /// When it was committed, or a moment before; microseconds since 1970.
    package let at: Int64
    /// Whose: of an interaction the profile it belongs to today; nil for a decision about nobody who is left. Of what
    /// was said of a customer the one it was then: the facet in the body says whose it is today.
    package let profile: HubID?
    /// The version the profile had with this change; of an interaction, the one it has today.
    package let version: Int64?
    package let interaction: HubID?
    package let facet: HubID?
    /// JSON object of ids: `into`, `from`, `absorbed` of profiles, `decision`, `kind`, `profiles` of decisions, `consent` or
    /// `memory`, `facet` and what kind of it of what was said.
    package let body: [UInt8]

    package init(
        position: Int64, type: ChangeType, at: Int64, profile: HubID?, version: Int64?, interaction: HubID? = nil,
        facet: HubID? = nil, body: [UInt8] = []
    ) {
        self.position = position
        self.type = type
        self.at = at
        self.profile = profile
        self.version = version
        self.interaction = interaction
        self.facet = facet
        self.body = body
    }

    /// All profiles it names: its own, and those of a merge, a split or a decision.
    package var profiles: [HubID] {
        var found = profile.map { [$0] } ?? []
        // Ids of the body are the only texts in it that are as long as an id.
        guard body.count > 36 else { return found }
        let quote = UInt8(ascii: "\"")
        for part in body.split(separator: quote) where part.count == 36 {
            guard let id = HubID(String(decoding: part, as: UTF8.self)), !found.contains(id) else { continue }
            found.append(id)
        }
        return found
    }
}
