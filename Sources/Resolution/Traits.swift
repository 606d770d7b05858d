package import Contact

/// One observed value of a trait, as far as the fold compares it.
package struct Observation: Hashable, Sendable {
    package var assurance: Assurance
    /// Precedence of the source; the greater wins.
    package var precedence: Int16
    /// Microseconds since 1970-01-01T00:00:00Z.
    package var occurredAt: Int64
    /// SHA-256 of the value's canonical JSON.
    package var hash: [UInt8]
    package var facet: HubID
    package var source: Int64
    /// JSON.
    package var value: [UInt8]

    package init(
        assurance: Assurance, precedence: Int16, occurredAt: Int64, hash: [UInt8], facet: HubID, source: Int64,
        value: [UInt8]
    ) {
        self.assurance = assurance
        self.precedence = precedence
        self.occurredAt = occurredAt
        self.hash = hash
        self.facet = facet
        self.source = source
        self.value = value
    }

    /// Whether this one wins over another (DESIGN.md section 3): verified, then source precedence, then newest,
    /// then the value's content hash. Equal in all of these is equal in value; facet and source then settle whose
    /// provenance is shown, so that the fold is one total order: commutative, associative, idempotent.
    package func wins(over other: Observation) -> Bool {
        if assurance != other.assurance { return assurance > other.assurance }
        if precedence != other.precedence { return precedence > other.precedence }
        if occurredAt != other.occurredAt { return occurredAt > other.occurredAt }
        if hash != other.hash { return other.hash.lexicographicallyPrecedes(hash) }
        if facet != other.facet { return facet > other.facet }
        return source > other.source
    }
}

/// A profile's traits: the winning observation of each.
package struct Traits: Hashable, Sendable {
    package private(set) var winners: [String: Observation]

    package init(_ winners: [String: Observation] = [:]) {
        self.winners = winners
    }

    /// Takes one more observation into the fold; true if the *value* of the trait changes.
    ///
    /// What replaces an observation of the same facet, trait and source is always greater than it, so a fold over
    /// all observations ever made equals one over those that are stored.
    @discardableResult
    package mutating func fold(_ trait: String, _ observation: Observation) -> Bool {
        guard let present = winners[trait] else {
            winners[trait] = observation
            return true
        }
        guard observation.wins(over: present) else { return false }
        winners[trait] = observation
        return observation.hash != present.hash
    }

    /// Whether each trait has the value it has there, wherever that came from.
    package func hasValues(of other: Traits) -> Bool {
        winners.mapValues(\.hash) == other.winners.mapValues(\.hash)
    }

    /// Takes the traits of another profile into this one.
    @discardableResult
    package mutating func fold(_ other: Traits) -> Bool {
        var isChanged = false
        for (trait, observation) in other.winners where fold(trait, observation) { isChanged = true }
        return isChanged
    }
}
