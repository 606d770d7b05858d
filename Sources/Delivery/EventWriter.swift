package import Contact
package import Postgres
package import Storage

/// How much an event says.
package enum Payload: String, Sendable, CaseIterable {
    /// Ids: whoever may know more asks for it.
    case thin
    /// The profile as it stands at delivery, and what was recorded.
    case full
}

/// Writes changes as CloudEvents 1.0 in their JSON format (cloudevents/spec v1.0.2, json-format.md).
///
/// `id` is the same however often and by whatever way an event is delivered. `sequence` is the position with 19 digits, so
/// that texts sort as numbers do; `partitionkey` is the profile. The types are ours, without a domain in front: every
/// event of a hub says in `source` which workspace it is of.
package struct EventWriter: Sendable {
    private let head: [UInt8]
    private let workspace: [UInt8]
    private var time: (at: Int64, text: [UInt8]) = (.min, [])

    /// Of the journal of a workspace in one epoch.
    package init(workspace: Int64, epoch: HubID) {
        self.workspace = Array("/workspaces/\(workspace)".utf8)
        head = Array(#"{"specversion":"1.0","id":"\#(epoch)-"#.utf8)
    }

    /// The `id` of a change's event, and of its delivery by a webhook: without a point, which would end it there (Standard
    /// Webhooks 1.0).
    package static func id(_ position: Int64, epoch: HubID) -> String { "\(epoch)-\(position)" }

    /// What a full event adds to a thin one.
    package struct Known: Sendable {
        let states: [HubID: ProfileState]
        let interactions: [HubID: TimelineEntry]

        package init(states: [HubID: ProfileState], interactions: [HubID: TimelineEntry]) {
            self.states = states
            self.interactions = interactions
        }

        /// Looks up what the events of some changes say.
        package static func of(
            _ changes: [Change], in journal: Changes
        ) async throws(DatabaseError) -> Known {
            let profiles = Set(changes.compactMap(\.profile))
            return Known(
                states: try await journal.states(of: profiles),
                interactions: try await journal.interactions(changes.compactMap(\.interaction)))
        }
    }

    package mutating func append(_ change: Change, _ known: Known? = nil, to output: inout [UInt8]) {
        if time.at != change.at { time = (change.at, Array(Timestamp.text(change.at).utf8)) }
        output += head
        output.append(decimal: change.position)
        output += #"","source":""#.utf8
        output += workspace
        output += #"","type":""#.utf8
        output += change.type.name.utf8
        output += #"","time":""#.utf8
        output += time.text
        if let subject = change.profile {
            output += #"","subject":""#.utf8
            output.append(digits: subject)
            output += #"","partitionkey":""#.utf8
            output.append(digits: subject)
        }
        output += #"","sequence":""#.utf8
        output.append(decimal: change.position, width: 19)
        output += #"","datacontenttype":"application/json","data":{"#.utf8
        append(dataOf: change, to: &output)
        if let known { append(known, of: change, to: &output) }
        output += "}}".utf8
    }

    private func append(dataOf change: Change, to output: inout [UInt8]) {
        if let interaction = change.interaction, let facet = change.facet {
            output += #""interaction":""#.utf8
            output.append(digits: interaction)
            output += #"","facet":""#.utf8
            output.append(digits: facet)
            output += #"","#.utf8
        }
        output += #""profile":"#.utf8
        if let profile = change.profile {
            output.append(UInt8(ascii: "\""))
            output.append(digits: profile)
            output.append(UInt8(ascii: "\""))
        } else {
            output += "null".utf8
        }
        if let version = change.version {
            output += #","version":"#.utf8
            output.append(decimal: version)
        }
        // An object, `{}` where there is nothing to say.
        guard change.body.count > 2 else { return }
        output.append(UInt8(ascii: ","))
        output += change.body.dropFirst().dropLast()
    }

    private func append(_ known: Known, of change: Change, to output: inout [UInt8]) {
        if let profile = change.profile {
            let state = known.states[profile]
            output += #","canonical":"#.utf8
            output += state.map { JSONWriter.string($0.id.description) } ?? JSONWriter.null
            // Of one that was absorbed its survivor's own events tell.
            output += #","snapshot":"#.utf8
            output += state.flatMap { $0.id == profile ? StateJSON.profile($0) : nil } ?? JSONWriter.null
        }
        if let interaction = change.interaction {
            output += #","recorded":"#.utf8
            output += known.interactions[interaction].map(StateJSON.interaction) ?? JSONWriter.null
        }
    }
}

extension [UInt8] {
    /// An id as it is written, 36 digits and dashes.
    mutating func append(digits id: HubID) {
        for shift in stride(from: 60, through: 0, by: -4) {
            if shift == 28 || shift == 12 { append(UInt8(ascii: "-")) }
            append(Self.digit(id.high >> UInt64(shift)))
        }
        append(UInt8(ascii: "-"))
        for shift in stride(from: 60, through: 0, by: -4) {
            if shift == 44 { append(UInt8(ascii: "-")) }
            append(Self.digit(id.low >> UInt64(shift)))
        }
    }

    private static func digit(_ bits: UInt64) -> UInt8 {
        let nibble = UInt8(truncatingIfNeeded: bits & 15)
        return nibble < 10 ? 48 + nibble : 87 + nibble
    }

    /// A number that is not negative, with zeros in front up to a width.
    mutating func append(decimal number: Int64, width: Int = 1) {
        var power: Int64 = 1
        var digits = 1
        while digits < 19, digits < width || number / power >= 10 {
            power *= 10
            digits += 1
        }
        while power > 0 {
            append(48 + UInt8(truncatingIfNeeded: number / power % 10))
            power /= 10
        }
    }
}
