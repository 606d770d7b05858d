package import Contact

/// A profile id that was given to facets of the component.
package struct KnownProfile: Sendable {
    package var id: HubID
    /// The facet it was born with; it may be erased.
    package var birth: HubID
    /// How many facets point to it.
    package var facets: Int
    /// Absorbed: whom it redirects to. Nil for one that is alive.
    package var survivor: HubID?

    package init(id: HubID, birth: HubID, facets: Int, survivor: HubID? = nil) {
        self.id = id
        self.birth = birth
        self.facets = facets
        self.survivor = survivor
    }
}

/// The profile of one group.
package struct Assignment: Sendable {
    package enum Origin: Sendable {
        case kept
        /// It was absorbed once, and is itself again.
        case revived
        case born
    }

    package var profile: HubID
    package var birth: HubID
    package var origin: Origin
    /// Ids that redirect to it from now on; some may have done so before.
    package var redirected: [HubID]
}

/// Chooses the profile of each group.
///
/// An id belongs to the group that holds the facet it was born with, so that after a split each id is itself again. Of the
/// living ids of a group the one with the most facets survives, so that a merge re-points the fewer (a facet is re-pointed at
/// most log2 n times in n joins), then the one born with the smaller facet; without a living one, the absorbed one with the
/// smaller birth is revived; without any, the group is born with its smallest facet, under the id that `mint` gives.
///
/// `homes` is the living profile of each facet that had one.
package func assign(
    _ groups: [[HubID]], homes: [HubID: HubID], known: [KnownProfile], mint: (_ birth: HubID) -> HubID
) -> [Assignment] {
    var groupOf: [HubID: Int] = [:]
    var most: [HubID: (count: Int, group: Int)] = [:]
    for (number, group) in groups.enumerated() {
        var counts: [HubID: Int] = [:]
        for facet in group {
            groupOf[facet] = number
            if let home = homes[facet] { counts[home, default: 0] += 1 }
        }
        for (home, count) in counts where count > most[home]?.count ?? 0 { most[home] = (count, number) }
    }
    // One whose birth is erased goes where most of its facets went; one absorbed, where its survivor goes.
    func place(_ profile: KnownProfile) -> Int? {
        groupOf[profile.birth] ?? most[profile.survivor ?? profile.id]?.group
    }
    var candidates: [[KnownProfile]] = Array(repeating: [], count: groups.count)
    for profile in known { if let group = place(profile) { candidates[group].append(profile) } }
    return groups.indices.map { number in
        let living = candidates[number].filter { $0.survivor == nil }.sorted { a, b in
            a.facets == b.facets ? a.birth < b.birth : a.facets > b.facets
        }
        // One whose own birth is gone has nothing to be revived with.
        let absorbed = candidates[number].filter { $0.survivor != nil && groupOf[$0.birth] == number }
            .sorted { $0.birth < $1.birth }
        guard let first = living.first ?? absorbed.first else {
            let birth = groups[number].min() ?? HubID(high: 0, low: 0)
            return Assignment(
                profile: mint(birth), birth: birth, origin: .born, redirected: candidates[number].map(\.id).sorted())
        }
        return Assignment(
            profile: first.id, birth: first.birth, origin: first.survivor == nil ? .kept : .revived,
            redirected: candidates[number].map(\.id).filter { $0 != first.id }.sorted())
    }
}
