internal import Contact
internal import Postgres
internal import Resolution

/// One change of a profile, or of what people decided, to be journalled.
struct NewChange: Sendable {
    let type: ChangeType
    /// Nil where a decision is about nobody who is left.
    let profile: HubID?
    /// Of the profile; nil for a decision.
    let version: Int64?
    /// JSON object of ids.
    let body: [UInt8]
}

/// What the resolver decided about a component, as it is to be written: a few statements of sets, whatever the number of
/// profiles.
struct Settlement {
    /// A profile as it stands afterwards.
    struct Written {
        var id: HubID
        var birth: HubID
        var version: Int64
        var facets: Int
        var kind: ProfileKind
        var isContested: Bool
        var traits: Traits
    }

    var born: [Written] = []
    var raised: [Written] = []
    var repointed: [(facet: HubID, profile: HubID)] = []
    /// The profiles of facets that are not stored yet.
    var placed: [HubID: HubID] = [:]
    var redirected: [(profile: HubID, survivor: HubID, version: Int64)] = []
    /// Values whose runs are not what they were.
    var shared: [HubID: [SharedRun]] = [:]
    var changes: [NewChange] = []
    /// Living profiles that were taken into others, and those whose facets went to several.
    var merged: [(profile: HubID, into: HubID)] = []
    var split: [(profile: HubID, into: [HubID])] = []
    /// The profile of each group.
    var profiles: [HubID] = []
    /// How many groups a rule keeps from being joined, for people to look at.
    var contested = 0

    var isEmpty: Bool {
        born.isEmpty && raised.isEmpty && repointed.isEmpty && redirected.isEmpty && shared.isEmpty && changes.isEmpty
    }
}

/// An absorbed id of the component, as it was loaded.
struct AbsorbedID {
    let known: KnownProfile
    let version: Int64
}

/// Turns a partition into a settlement.
struct Settling {
    let component: Component
    let partition: Partition
    let absorbed: [AbsorbedID]
    /// Accepted observations by facet.
    let observations: [HubID: [(String, Observation)]]
    /// All observations of the facets whose profiles are taken apart, by facet.
    let stored: [HubID: [(String, Observation)]]

    /// Living profiles whose facets no longer are one group: their traits are folded anew, and their absorbed ids looked up.
    static func spread(_ component: Component, _ partition: Partition) -> Set<HubID> {
        var first: [HubID: Int] = [:]
        var spread: Set<HubID> = []
        for (number, group) in partition.groups.enumerated() {
            for place in group.facets {
                guard let home = component.homes[component.facets[place].id] else { continue }
                if first.updateValue(number, forKey: home).map({ $0 != number }) ?? false { spread.insert(home) }
            }
        }
        return spread
    }

    /// Living profiles that share their group with others.
    static func met(_ component: Component, _ partition: Partition) -> Set<HubID> {
        var met: Set<HubID> = []
        for group in partition.groups {
            let homes = Set(group.facets.compactMap { component.homes[component.facets[$0].id] })
            if homes.count > 1 { met.formUnion(homes) }
        }
        return met
    }

    func settle() -> Settlement {
        var result = Settlement()
        let groups = partition.groups.map { $0.facets.map { component.facets[$0].id } }
        let spread = Self.spread(component, partition)
        let inhabited = Set(component.homes.values)
        let living = component.profiles.values.map(\.known).filter { inhabited.contains($0.id) }
        let assignments = assign(groups, homes: component.homes, known: living + absorbed.map(\.known)) { _ in
            HubID.random()
        }
        var versions: [HubID: Int64] = [:]
        for profile in component.profiles.values { versions[profile.known.id] = profile.version }
        for one in absorbed { versions[one.known.id] = one.version }
        func next(_ id: HubID) -> Int64 {
            versions[id, default: 0] += 1
            return versions[id] ?? 1
        }
        // Where the facets of a profile that is taken apart have gone.
        var parts: [HubID: Set<HubID>] = [:]
        for (group, assignment) in zip(groups, assignments) {
            for facet in group {
                if let home = component.homes[facet], spread.contains(home) {
                    parts[home, default: []].insert(assignment.profile)
                }
            }
        }
        for home in parts.keys.sorted() {
            let others = (parts[home] ?? []).filter { $0 != home }.sorted()
            let into = others.map { JSONWriter.string($0.description) }
            result.split.append((home, others))
            result.changes.append(
                NewChange(
                    type: .profileSplit, profile: home, version: next(home),
                    body: JSONWriter.object([("into", JSONWriter.array(into))])))
        }
        for (number, assignment) in assignments.enumerated() {
            place(number, groups[number], assignment, spread, next, { versions[$0, default: 0] }, into: &result)
        }
        for (value, runs) in partition.shared where runs != (component.marked[value] ?? []).sorted() {
            result.shared[value] = runs
        }
        return result
    }

    private func place(
        _ number: Int, _ facets: [HubID], _ assignment: Assignment, _ spread: Set<HubID>, _ next: (HubID) -> Int64,
        _ versions: (HubID) -> Int64,
        into result: inout Settlement
    ) {
        let group = partition.groups[number]
        let own = assignment.profile
        if group.isContested { result.contested += 1 }
        result.profiles.append(own)
        var homes: Set<HubID> = []
        for facet in facets {
            let before = component.homes[facet]
            if let before { homes.insert(before) }
            if before == nil {
                result.placed[facet] = own
            } else if before != own {
                result.repointed.append((facet, own))
            }
        }
        let isTakenApart = homes.contains { spread.contains($0) || component.refolded.contains($0) }
        var (traits, isTold) = fold(facets, homes, own, isTakenApart: isTakenApart)
        let before = component.profiles[own]
        if isTakenApart, let before { isTold = isTold || !traits.hasValues(of: before.traits) }
        var merged: [[UInt8]] = []
        for id in assignment.redirected {
            let wasLiving = component.profiles[id] != nil
            let survivor = absorbed.first { $0.known.id == id }?.known.survivor
            guard wasLiving || survivor != own else { continue }
            // One that only redirects elsewhere from now on is no news: whoever asks for it is told of its survivor.
            let version = wasLiving ? next(id) : versions(id)
            result.redirected.append((id, own, version))
            guard wasLiving else { continue }
            merged.append(JSONWriter.string(id.description))
            result.merged.append((id, own))
            result.changes.append(
                NewChange(
                    type: .profileMerged, profile: id, version: version,
                    body: JSONWriter.object([("into", JSONWriter.string(own.description))])))
        }
        var written = Settlement.Written(
            id: own, birth: assignment.birth, version: 1, facets: facets.count, kind: group.kind,
            isContested: group.isContested, traits: traits)
        switch assignment.origin {
        case .born, .revived:
            if assignment.origin == .revived { written.version = next(own) }
            let from = homes.filter(spread.contains).sorted().map { JSONWriter.string($0.description) }
            var members: [(String, [UInt8])] = from.isEmpty ? [] : [("from", JSONWriter.array(from))]
            if !merged.isEmpty { members.append(("absorbed", JSONWriter.array(merged))) }
            result.changes.append(
                NewChange(
                    type: .profileCreated, profile: own, version: written.version,
                    body: JSONWriter.object(members)))
            if assignment.origin == .born { result.born.append(written) } else { result.raised.append(written) }
        case .kept:
            guard let before else { return }
            let isSplit = spread.contains(own)
            isTold = isTold || before.known.facets != facets.count || before.kind != group.kind
            // A split has told of it.
            if isTold, !isSplit || !merged.isEmpty {
                written.version = next(own)
                result.changes.append(
                    NewChange(
                        type: .profileChanged, profile: own, version: written.version,
                        body: JSONWriter.object(merged.isEmpty ? [] : [("absorbed", JSONWriter.array(merged))])))
            } else {
                written.version = versions(own)
            }
            let isSame =
                !isTold && !isSplit && before.isContested == group.isContested && traits == before.traits
            if !isSame { result.raised.append(written) }
        }
    }

    /// The traits of a group, and whether a value is another than the profile had. What is only joined folds what its
    /// profiles have; what is taken apart is folded anew from all observations.
    private func fold(
        _ facets: [HubID], _ homes: Set<HubID>, _ own: HubID, isTakenApart: Bool
    ) -> (Traits, isTold: Bool) {
        var traits = Traits()
        var isTold = false
        if isTakenApart {
            for facet in facets {
                for (trait, observation) in stored[facet] ?? [] { traits.fold(trait, observation) }
            }
        } else {
            traits = component.profiles[own]?.traits ?? Traits()
            for home in homes.sorted() where home != own {
                if let other = component.profiles[home], traits.fold(other.traits) { isTold = true }
            }
        }
        for facet in facets {
            for (trait, observation) in observations[facet] ?? [] where traits.fold(trait, observation) {
                isTold = true
            }
        }
        return (traits, isTold)
    }
}
