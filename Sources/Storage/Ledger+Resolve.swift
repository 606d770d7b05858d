internal import Contact
internal import Postgres
internal import Resolution

// The part under the journal row: loads what the new facets touch, lets `Resolution` decide, and writes what it
// decided in a few statements of sets.

/// One change of a profile, to be journalled.
struct ProfileChange: Sendable {
    enum Kind: Int16, Sendable { case created = 2, changed = 3, merged = 4 }
    let kind: Kind
    let profile: HubID
    let version: Int64
    /// JSON object of ids.
    let body: [UInt8]
}

extension Ledger {
    /// A profile as it was loaded.
    private struct Loaded {
        var known: KnownProfile
        var version: Int64
        var traits: Traits
    }

    /// What is to be written.
    private struct Outcome {
        var born: [(profile: KnownProfile, kind: ProfileKind, traits: Traits)] = []
        var raised: [(profile: KnownProfile, version: Int64, traits: Traits)] = []
        var repointed: [(facet: HubID, profile: HubID)] = []
        var absorbed: [(profile: HubID, survivor: HubID, version: Int64)] = []
        var changes: [ProfileChange] = []
    }

    func resolve(_ written: Written, in session: borrowing Session) throws(DatabaseError) -> [ProfileChange] {
        let neighbours = try neighbours(of: written.newFacets.map(\.facet), in: session)
        let provisional = Dictionary(
            uniqueKeysWithValues: written.newFacets.map { ($0.provisional, $0.facet) })

        // One part a profile: a new facet stands for its provisional one.
        var parts: [HubID: Part] = [:]
        for (_, profile) in written.newFacets { parts[profile] = Part() }
        for (profile, showing) in neighbours { parts[profile, default: Part()].showings.append(showing) }
        let profiles = parts.keys.sorted()
        let groups = partition(profiles.map { parts[$0] ?? Part() })

        let homes = try homes(of: written, in: session)
        let existing = Set(profiles.filter { provisional[$0] == nil }).union(homes.values)
        let loaded = existing.isEmpty ? [:] : try load(existing, in: session)

        var members: [[HubID]] = Array(repeating: [], count: (groups.max() ?? -1) + 1)
        for (profile, group) in zip(profiles, groups) { members[group].append(profile) }
        var outcome = Outcome()
        var survivors: [HubID: HubID] = [:]
        var touched: [HubID: (assignment: Assignment, kind: ProfileKind)] = [:]
        for group in members {
            let known = group.compactMap { loaded[$0]?.known }
            let new = group.compactMap { id in provisional[id].map { (facet: $0.id, provisional: id) } }
            guard let assignment = assign(known: known, new: new) else { continue }
            let survivor = assignment.survivor.id
            for id in group { survivors[id] = survivor }
            // A known profile alone in its group was only looked at.
            if new.isEmpty && assignment.absorbed.isEmpty { continue }
            for (facet, own) in new where own != survivor { outcome.repointed.append((facet, survivor)) }
            let isShared = known.isEmpty && new.count == 1 && provisional[new[0].provisional]?.isShared == true
            touched[survivor] = (assignment, isShared ? .shared : .customer)
        }
        let observations = observations(written, homes: homes, survivors: survivors)
        for profile in Set(observations.keys) where touched[profile] == nil {
            guard let known = loaded[profile]?.known else { continue }
            touched[profile] = (Assignment(survivor: known, isNew: false, absorbed: []), .customer)
        }
        for (_, (assignment, kind)) in touched.sorted(by: { $0.key < $1.key }) {
            settle(assignment, kind, loaded: loaded, observations: observations, into: &outcome)
        }
        try write(outcome, in: session)
        return outcome.changes
    }

    /// Folds the traits of one group and says what is written and journalled for it.
    private func settle(
        _ assignment: Assignment, _ kind: ProfileKind, loaded: [HubID: Loaded],
        observations: [HubID: [(String, Observation)]], into outcome: inout Outcome
    ) {
        let survivor = assignment.survivor
        let before = loaded[survivor.id]
        var traits = before?.traits ?? Traits()
        var isChanged = false
        for absorbed in assignment.absorbed {
            guard let other = loaded[absorbed.id] else { continue }
            traits.fold(other.traits)
            let version = other.version + 1
            outcome.absorbed.append((absorbed.id, survivor.id, version))
            outcome.changes.append(
                ProfileChange(
                    kind: .merged, profile: absorbed.id, version: version,
                    body: JSONWriter.object([("into", JSONWriter.string(survivor.id.description))])))
        }
        for (trait, observation) in observations[survivor.id] ?? [] where traits.fold(trait, observation) {
            isChanged = true
        }
        guard let before, !assignment.isNew else {
            outcome.born.append((survivor, kind, traits))
            outcome.changes.append(
                ProfileChange(kind: .created, profile: survivor.id, version: 1, body: JSONWriter.object([])))
            return
        }
        isChanged = isChanged || survivor.facets != before.known.facets
        let version = before.version + (isChanged ? 1 : 0)
        // Unchanged values may still have a newer provenance, which is written but is no news to anybody.
        outcome.raised.append((survivor, version, traits))
        guard isChanged else { return }
        let absorbed = assignment.absorbed.map { JSONWriter.string($0.id.description) }
        outcome.changes.append(
            ProfileChange(
                kind: .changed, profile: survivor.id, version: version,
                body: JSONWriter.object(absorbed.isEmpty ? [] : [("absorbed", JSONWriter.array(absorbed))])))
    }

    /// Who shows the linking values of these facets: each profile with each value and period, the facets' own
    /// provisional profiles among them.
    private func neighbours(
        of facets: [PreparedFacet], in session: borrowing Session
    ) throws(DatabaseError) -> [(profile: HubID, showing: Showing)] {
        var gaps: [HubID: Int16?] = [:]
        var least: [(value: HubID, assurance: Assurance)] = []
        for shown in facets.lazy.flatMap(\.shown) where shown.links {
            guard let assurance = shown.identifier.kind.linksFrom else { continue }
            if gaps.updateValue(shown.identifier.kind.gap, forKey: shown.id) == nil {
                least.append((shown.id, assurance))
            }
        }
        guard !least.isEmpty else { return [] }
        least.sort { $0.value < $1.value }
        var values = ArrayBuilder(.uuid, reserving: least.count)
        var assurances = ArrayBuilder(.int2, reserving: least.count)
        for one in least {
            values.append(one.value)
            assurances.append(int2: Int16(one.assurance.rawValue))
        }
        let rows = try session.execute(
            .resolveNeighbours, [.int8(workspace.id), .array(values), .array(assurances)])
        var found: [(profile: HubID, showing: Showing)] = []
        found.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            let value = try rows.id(row, 0)
            found.append(
                (
                    try rows.id(row, 1),
                    Showing(value: value, period: try rows.optionalInt16(row, 2) ?? 0, gap: gaps[value] ?? nil)
                ))
        }
        return found
    }

    /// The profiles of the facets whose observations were accepted; a new facet's is its provisional one.
    private func homes(
        of written: Written, in session: borrowing Session
    ) throws(DatabaseError) -> [HubID: HubID] {
        let new = Set(written.newFacets.map(\.facet.id))
        let facets = Set(written.observations.map(\.observation.facet.id)).subtracting(new)
        guard !facets.isEmpty else { return [:] }
        let rows = try session.execute(.intakeProfiles, [.int8(workspace.id), .uuids(facets.sorted())])
        var homes: [HubID: HubID] = [:]
        for row in 0..<rows.count { homes[try rows.id(row, 0)] = try rows.id(row, 1) }
        return homes
    }

    /// The accepted observations by the profile that holds their facet from now on.
    private func observations(
        _ written: Written, homes: [HubID: HubID], survivors: [HubID: HubID]
    ) -> [HubID: [(String, Observation)]] {
        var homes = homes
        for (facet, provisional) in written.newFacets { homes[facet.id] = provisional }
        var found: [HubID: [(String, Observation)]] = [:]
        for (trait, new) in written.observations {
            guard let home = homes[new.facet.id] else { continue }
            let observation = Observation(
                assurance: new.facet.assurance, precedence: new.precedence, occurredAt: new.occurredAt, hash: new.hash,
                facet: new.facet.id, source: new.source, value: new.value)
            found[survivors[home] ?? home, default: []].append((trait, observation))
        }
        return found
    }

    private func load(
        _ profiles: Set<HubID>, in session: borrowing Session
    ) throws(DatabaseError) -> [HubID: Loaded] {
        let rows = try session.execute(.resolveProfiles, [.int8(workspace.id), .uuids(profiles.sorted())])
        var loaded: [HubID: Loaded] = [:]
        for row in 0..<rows.count {
            let id = try rows.id(row, 0)
            loaded[id] = Loaded(
                known: KnownProfile(
                    id: id, birth: try rows.id(row, 1), facets: Int(try rows.int32(row, 2))),
                version: try rows.int64(row, 3), traits: try StoredTraits.read(rows.jsonb(row, 4)))
        }
        return loaded
    }

    private func write(_ outcome: Outcome, in session: borrowing Session) throws(DatabaseError) {
        if !outcome.born.isEmpty { try bear(outcome.born, in: session) }
        if !outcome.repointed.isEmpty { try repoint(outcome.repointed, in: session) }
        if !outcome.raised.isEmpty { try raise(outcome.raised, in: session) }
        if !outcome.absorbed.isEmpty { try absorb(outcome.absorbed, in: session) }
    }

    private func bear(
        _ born: [(profile: KnownProfile, kind: ProfileKind, traits: Traits)], in session: borrowing Session
    ) throws(DatabaseError) {
        var ids = ArrayBuilder(.uuid, reserving: born.count)
        var births = ArrayBuilder(.uuid, reserving: born.count)
        var kinds = ArrayBuilder(.int2, reserving: born.count)
        var facets = ArrayBuilder(.int4, reserving: born.count)
        var traits = ArrayBuilder(.jsonb, reserving: born.count)
        for one in born {
            ids.append(one.profile.id)
            births.append(one.profile.birth)
            kinds.append(int2: one.kind.rawValue)
            facets.append(int4: Int32(clamping: one.profile.facets))
            traits.append(jsonb: StoredTraits.write(one.traits))
        }
        _ = try session.execute(
            .resolveBorn,
            [.int8(workspace.id), .array(ids), .array(births), .array(kinds), .array(facets), .array(traits)])
    }

    private func repoint(
        _ repointed: [(facet: HubID, profile: HubID)], in session: borrowing Session
    ) throws(DatabaseError) {
        var facets = ArrayBuilder(.uuid, reserving: repointed.count)
        var profiles = ArrayBuilder(.uuid, reserving: repointed.count)
        for one in repointed {
            facets.append(one.facet)
            profiles.append(one.profile)
        }
        _ = try session.execute(.resolveRepoint, [.int8(workspace.id), .array(facets), .array(profiles)])
    }

    private func raise(
        _ raised: [(profile: KnownProfile, version: Int64, traits: Traits)], in session: borrowing Session
    ) throws(DatabaseError) {
        var ids = ArrayBuilder(.uuid, reserving: raised.count)
        var versions = ArrayBuilder(.int8, reserving: raised.count)
        var facets = ArrayBuilder(.int4, reserving: raised.count)
        var traits = ArrayBuilder(.jsonb, reserving: raised.count)
        for one in raised {
            ids.append(one.profile.id)
            versions.append(int8: one.version)
            facets.append(int4: Int32(clamping: one.profile.facets))
            traits.append(jsonb: StoredTraits.write(one.traits))
        }
        _ = try session.execute(
            .resolveRaised,
            [.int8(workspace.id), .array(ids), .array(versions), .array(facets), .array(traits)])
    }

    private func absorb(
        _ absorbed: [(profile: HubID, survivor: HubID, version: Int64)], in session: borrowing Session
    ) throws(DatabaseError) {
        var ids = ArrayBuilder(.uuid, reserving: absorbed.count)
        var survivors = ArrayBuilder(.uuid, reserving: absorbed.count)
        var versions = ArrayBuilder(.int8, reserving: absorbed.count)
        for one in absorbed {
            ids.append(one.profile)
            survivors.append(one.survivor)
            versions.append(int8: one.version)
        }
        let pairs: [Parameter] = [.int8(workspace.id), .array(ids), .array(survivors)]
        _ = try session.execute(.resolveAbsorbFacets, pairs)
        // Earlier redirects first, so that no absorbed profile is ever pointed at.
        _ = try session.execute(.resolveRedirects, pairs)
        _ = try session.execute(.resolveAbsorbed, pairs + [.array(versions)])
    }
}
