internal import Contact
internal import Postgres
internal import Resolution

// The part under the journal row: loads what the new facets touch, lets `Resolution` decide, and writes what it
// decided in a few statements of sets.

extension Ledger {
    func resolve(
        _ written: inout Written, newSoft: [PreparedSoft], _ head: JournalHead, _ marks: Marks,
        in session: borrowing Session
    ) throws(DatabaseError) -> Settlement {
        let resolving = try resolving(head, in: session)
        var reading = ComponentReading(workspace, resolving)
        reading.take(marks)
        let alike = try compare(newSoft, resolving, &written, in: session)
        reading.skip(newSoft)
        if !written.newFacets.isEmpty {
            try reading.add(new: written.newFacets.map { $0.facet.resolver(soft: $0.soft?.id) }, in: session)
        }
        try reading.add(stating: alike, in: session)
        let component = try reading.finished(in: session)
        let observations = observations(written)
        var settlement = try resolving.settle(component, observations, in: session)
        let elsewhere = observations.filter { component.homes[$0.key] == nil && !component.new.contains($0.key) }
        if !elsewhere.isEmpty { try fold(elsewhere, into: &settlement, in: session) }
        if settlement.contested > 0 { count { $0.contested += settlement.contested } }
        return settlement
    }

    /// Compares records that were just stored with all others, going on where it was begun before the row was held.
    private func compare(
        _ new: [PreparedSoft], _ resolving: Resolving, _ written: inout Written, in session: borrowing Session
    ) throws(DatabaseError) -> Set<Int64> {
        guard !new.isEmpty else {
            written.softKeys += written.search?.added ?? []
            return []
        }
        var search = SoftSearch(workspace, resolving.model, resolving.memory)
        if let begun = written.search, begun.model.version == resolving.model.version { search = begun }
        written.search = nil
        let alike = try search.refresh(new: new, in: session)
        written.softKeys += search.added
        return alike
    }

    /// The rules and the model in force.
    func resolving(_ head: JournalHead, in session: borrowing Session) throws(DatabaseError) -> Resolving {
        try book.resolving(head, workspace, in: session)
    }

    /// The accepted observations by their facet.
    private func observations(_ written: Written) -> [HubID: [(String, Observation)]] {
        var found: [HubID: [(String, Observation)]] = [:]
        for (trait, new) in written.observations {
            found[new.facet.id, default: []].append(
                (
                    trait,
                    Observation(
                        assurance: new.facet.assurance, precedence: new.precedence, occurredAt: new.occurredAt,
                        hash: new.hash, facet: new.facet.id, source: new.source, value: new.value)
                ))
        }
        return found
    }

    /// Observations of facets that were known before, and whose profiles nothing else touches.
    func fold(
        _ observations: [HubID: [(String, Observation)]], into settlement: inout Settlement,
        in session: borrowing Session
    ) throws(DatabaseError) {
        let rows = try session.execute(
            .intakeProfiles, [.int8(workspace.id), .uuids(observations.keys.sorted())])
        var told: [HubID: [(String, Observation)]] = [:]
        for row in 0..<rows.count {
            told[try rows.id(row, 1), default: []] += observations[try rows.id(row, 0)] ?? []
        }
        var component = Component()
        try component.load(told.keys.sorted(), workspace, in: session)
        for (id, profile) in component.profiles.sorted(by: { $0.key < $1.key }) {
            var traits = profile.traits
            var isTold = false
            for (trait, observation) in told[id] ?? [] where traits.fold(trait, observation) { isTold = true }
            let version = profile.version + (isTold ? 1 : 0)
            // Unchanged values may still have a newer provenance, which is written but is no news to anybody.
            settlement.raised.append(
                Settlement.Written(
                    id: id, birth: profile.known.birth, version: version, facets: profile.known.facets,
                    kind: profile.kind, isContested: profile.isContested, traits: traits))
            guard isTold else { continue }
            settlement.changes.append(
                NewChange(type: .profileChanged, profile: id, version: version, body: JSONWriter.object([])))
        }
    }
}

/// Takes a component to its settlement, whoever asks: the intake, a decision, an erasure, or changed rules.
struct Resolving {
    let workspace: Workspace
    let rules: Rules
    /// Of soft evidence.
    let model: SoftModel
    /// Whether anybody has ever decided anything.
    var isDecided: Bool
    let memory: SoftMemory

    var joinsSoftly: Bool { rules.soft == .join }

    /// Whether all who state a facet's record are one customer.
    func joinsItself(_ facet: ResolverFacet) -> Bool {
        guard let id = facet.soft else { return false }
        guard
            let entry = memory.entries(of: [id], under: model)[0] ?? SoftRecord(facet.content).map(model.prepare)
        else { return false }
        return model.score(entry, entry).verdict == .join
    }

    /// Compares records that were just stored with all others; returns those whose edges that join changed.
    func compare(new: [PreparedSoft], in session: borrowing Session) throws(DatabaseError) -> Set<Int64> {
        guard !new.isEmpty else { return [] }
        var search = SoftSearch(workspace, model, memory)
        return try search.refresh(new: new, in: session)
    }

    /// Compares stored records once more; returns those whose edges that join changed.
    func compare(again records: Set<Int64>, in session: borrowing Session) throws(DatabaseError) -> Set<Int64> {
        var search = SoftSearch(workspace, model, memory)
        return try search.renew(records, in: session)
    }

    /// Takes away those of some records that no facet states any more; returns those of others whose edges that join changed.
    func forget(_ records: Set<Int64>, in session: borrowing Session) throws(DatabaseError) -> Set<Int64> {
        var search = SoftSearch(workspace, model, memory)
        return try search.forget(records, in: session)
    }

    func settle(
        _ component: Component, _ observations: [HubID: [(String, Observation)]] = [:], in session: borrowing Session
    ) throws(DatabaseError) -> Settlement {
        guard !component.facets.isEmpty else { return Settlement() }
        let partition = partition(
            component.facets, decisions: component.decisions, rules: rules, known: component.known,
            soft: component.soft)
        let spread = Settling.spread(component, partition)
        let moved = spread.union(Settling.met(component, partition))
        return Settling(
            component: component, partition: partition, absorbed: try absorbed(by: moved, in: session),
            observations: observations,
            stored: try stored(component, partition, spread.union(component.refolded), in: session)
        ).settle()
    }

    private func absorbed(
        by profiles: Set<HubID>, in session: borrowing Session
    ) throws(DatabaseError) -> [AbsorbedID] {
        guard !profiles.isEmpty else { return [] }
        let rows = try session.execute(.resolveAbsorbedIDs, [.int8(workspace.id), .uuids(profiles.sorted())])
        var found: [AbsorbedID] = []
        for row in 0..<rows.count {
            found.append(
                AbsorbedID(
                    known: KnownProfile(
                        id: try rows.id(row, 0), birth: try rows.id(row, 1), facets: 0, survivor: try rows.id(row, 2)),
                    version: try rows.int64(row, 3)))
        }
        return found
    }

    /// The observations of all facets in groups that take a profile apart.
    private func stored(
        _ component: Component, _ partition: Partition, _ spread: Set<HubID>, in session: borrowing Session
    ) throws(DatabaseError) -> [HubID: [(String, Observation)]] {
        guard !spread.isEmpty else { return [:] }
        var facets: [HubID] = []
        for group in partition.groups {
            let ids = group.facets.map { component.facets[$0].id }
            if ids.contains(where: { component.homes[$0].map(spread.contains) ?? false }) { facets += ids }
        }
        let rows = try session.execute(.resolveObservations, [.int8(workspace.id), .uuids(facets.sorted())])
        var found: [HubID: [(String, Observation)]] = [:]
        for row in 0..<rows.count {
            let facet = try rows.id(row, 0)
            found[facet, default: []].append(
                (
                    try rows.text(row, 1),
                    Observation(
                        assurance: Assurance(rawValue: UInt8(clamping: try rows.int16(row, 6))) ?? .claimed,
                        precedence: try rows.int16(row, 7), occurredAt: try rows.timestamp(row, 5),
                        hash: try rows.bytes(row, 4), facet: facet, source: try rows.int64(row, 2),
                        value: try rows.jsonb(row, 3))
                ))
        }
        return found
    }
}
