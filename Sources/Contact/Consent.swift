/// What a customer is met for: each purpose is agreed to, or refused, by itself.
package enum ConsentPurpose: String, Sendable, CaseIterable {
    /// What he asked for: an order, a repair, an answer. Needs no consent.
    case service
    case marketing, profiling, analytics
}

/// What makes it lawful (GDPR, article 6, paragraph 1, a to f).
package enum ConsentBasis: String, Sendable, CaseIterable {
    case consent, contract
    case legalObligation = "legal_obligation"
    case vitalInterests = "vital_interests"
    case publicTask = "public_task"
    case legitimateInterest = "legitimate_interest"
}

/// What was said. The raw value is stored; of two statements of one moment the greater counts.
package enum ConsentState: Int16, Sendable, CaseIterable {
    case granted = 1
    case denied
    /// Denied after it was granted: it bars as much, and says more.
    case withdrawn

    package var name: String {
        switch self {
        case .granted: "granted"
        case .denied: "denied"
        case .withdrawn: "withdrawn"
        }
    }

    package init?(name: String) {
        guard let found = ConsentState.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    package var isRefusal: Bool { self != .granted }
}

/// One thing that a customer has said about one purpose, as it was recorded: never changed, only followed by another.
package struct ConsentStatement: Hashable, Sendable {
    /// Of its content; see ``ContentKey``.
    package var id: HubID
    /// What it hangs on.
    package let facet: HubID
    package let purpose: ConsentPurpose
    /// Nil: all channels.
    package let channel: String?
    package let state: ConsentState
    /// Nil of a refusal, which needs none.
    package let basis: ConsentBasis?
    /// The version of the text that was shown.
    package let textVersion: String?
    /// When it was said; microseconds since 1970, as all times here.
    package let statedAt: Int64
    package let recordedAt: Int64
    /// Who recorded it: a key, a person, a source.
    package let who: String
    /// The source of the interaction it came with, or of the connector that recorded it.
    package let source: String?
    /// What shows it: words, or where they are.
    package let proof: String?
    package let interaction: HubID?

    package init(
        id: HubID, facet: HubID, purpose: ConsentPurpose, channel: String?, state: ConsentState,
        basis: ConsentBasis? = nil, textVersion: String? = nil, statedAt: Int64, recordedAt: Int64, who: String,
        source: String? = nil, proof: String? = nil, interaction: HubID? = nil
    ) {
        self.id = id
        self.facet = facet
        self.purpose = purpose
        self.channel = channel
        self.state = state
        self.basis = basis
        self.textVersion = textVersion
        self.statedAt = statedAt
        self.recordedAt = recordedAt
        self.who = who
        self.source = source
        self.proof = proof
        self.interaction = interaction
    }

    /// Whether it says anything about a channel.
    package func covers(_ channel: String?) -> Bool { self.channel == nil || self.channel == channel }

    /// Whether it was said later: one total order, so that the order of recording leaves no trace. At one moment a refusal goes
    /// before what it refuses.
    package func follows(_ other: ConsentStatement) -> Bool {
        (statedAt, state.rawValue, id) > (other.statedAt, other.state.rawValue, other.id)
    }

    /// Whether it counts where facets say different things: a refusal before a grant, then the later one.
    package func prevails(over other: ConsentStatement) -> Bool {
        if state.isRefusal != other.state.isRefusal { return state.isRefusal }
        return follows(other)
    }
}
