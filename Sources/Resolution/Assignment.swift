package import Contact

/// A profile as the resolver needs to know it.
package struct KnownProfile: Sendable {
    package var id: HubID
    /// The facet it was born with.
    package var birth: HubID
    /// How many facets point to it.
    package var facets: Int

    package init(id: HubID, birth: HubID, facets: Int) {
        self.id = id
        self.birth = birth
        self.facets = facets
    }
}

/// What becomes of the profiles of one group.
package struct Assignment: Sendable {
    /// Whom every facet of the group points to from now on.
    package var survivor: KnownProfile
    package var isNew: Bool
    /// Profiles whose ids redirect to the survivor from now on.
    package var absorbed: [KnownProfile]

    package init(survivor: KnownProfile, isNew: Bool, absorbed: [KnownProfile]) {
        self.survivor = survivor
        self.isNew = isNew
        self.absorbed = absorbed
    }
}

/// Chooses the profile of a group: the known one with the most facets, so that a merge re-points the fewer (a facet
/// is re-pointed at most log2 n times in n joins); then the smaller birth. A group without one is born with its
/// smallest new facet.
///
/// - Parameters:
///   - known: profiles the group had before.
///   - new: new facets of the group with the provisional profile id each was stored with.
/// - Returns: nil for an empty group.
package func assign(known: [KnownProfile], new: [(facet: HubID, provisional: HubID)]) -> Assignment? {
    let ranked = known.sorted { a, b in
        a.facets == b.facets ? a.birth < b.birth : a.facets > b.facets
    }
    if var survivor = ranked.first {
        let absorbed = Array(ranked.dropFirst())
        survivor.facets += new.count + absorbed.reduce(0) { $0 + $1.facets }
        return Assignment(survivor: survivor, isNew: false, absorbed: absorbed)
    }
    guard let first = new.min(by: { $0.facet < $1.facet }) else { return nil }
    return Assignment(
        survivor: KnownProfile(id: first.provisional, birth: first.facet, facets: new.count),
        isNew: true, absorbed: [])
}
