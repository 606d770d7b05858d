package import Contact
package import Postgres

/// What a decision, its revocation, an erasure or a step of new rules came to, or, of a preview, would come to.
package struct Decided: Sendable {
    /// Of a decision that was made.
    package var decision: HubID?
    /// The living profiles of the component afterwards. In a preview ids that would be new are random.
    package var profiles: [HubID] = []
    package var merged: [(profile: HubID, into: HubID)] = []
    package var split: [(profile: HubID, into: [HubID])] = []
    /// Profiles that are gone.
    package var erased: [HubID] = []
    /// Interactions that were erased.
    package var interactions = 0
    /// The place in the journal that covers it; nil of a preview.
    package var cursor: (epoch: HubID, position: Int64)?
}

/// What a person says. Ids are of profiles, absorbed ones too, or of facets.
package enum Said: Sendable {
    case same(HubID, HubID)
    /// Nobody of the left is anybody of the right. Two ids that lead to one profile stand for the facets they were born with.
    case notSame([HubID], [HubID])
    case shared(Identifier)
}

/// Why something cannot be decided, in words for whoever asked.
package struct DecisionError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// There is no such profile, facet or decision.
        case unknown
        /// It would say nothing, or contradicts itself.
        case unusable
        /// What it is about is not as it was expected.
        case changed
        case database(DatabaseError)
    }

    package let kind: Kind
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    init(_ error: DatabaseError) { self.init(.database(error), String(describing: error)) }

    static let changed = DecisionError(.changed, "a profile that it is about is no longer as it was seen")
}
