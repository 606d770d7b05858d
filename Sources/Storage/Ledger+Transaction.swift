internal import Contact
internal import Postgres
internal import Resolution

// The transaction itself, statement by statement in the one order that cannot deadlock: refusals, keys, messages,
// links of threads, interactions, facets, facet_identifiers, keys of soft records, cursor, then the journal row; under it
// identifiers, soft records, traits, profiles, changes. What many show at once comes under the row, where nobody else stores
// any: before it, the second to store a value would wait there until the first one's search is done and committed.

/// Where the journal stands.
struct JournalHead: Sendable {
    /// What is known holds within one: a restore begins another epoch, an erasure raises the number.
    struct Era: Hashable, Sendable {
        let epoch: HubID
        let erasures: Int64
    }

    let position: Int64
    let era: Era
    /// The version of the workspace's rules; 0 = the standard ones.
    let rules: Int32
    /// The version of the model of soft evidence; 0 = what is stored was never compared.
    let model: Int32
    /// Whether anybody has ever decided anything.
    let isDecided: Bool

    /// Reads a row of `intake.start` or `intake.lock`.
    init(_ rows: borrowing Rows, _ row: Int) throws(DatabaseError) {
        position = try rows.int64(row, 1)
        era = Era(epoch: try rows.id(row, 0), erasures: try rows.int64(row, 2))
        rules = try rows.int32(row, 3)
        model = try rows.int32(row, 4)
        isDecided = try rows.bool(row, 5)
    }
}

extension Ledger {
    func attempt(_ flush: Flush) async throws(DatabaseError) -> Attempt {
        let keys = flush.keys(workspace.id)
        let workspace = workspace
        return try await database.deciding(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Verdict<Attempt> in
            let attempt = try self.run(flush, keys: keys, in: session)
            if case .stored = attempt { return .commit(attempt) }
            return .rollback(attempt)
        }
    }

    private func run(
        _ flush: Flush, keys: [Parameter], in session: borrowing Session
    ) throws(DatabaseError) -> Attempt {
        CrashPoint.begun.reached()
        let start = try self.start(flush, keys: keys, in: session)
        CrashPoint.keysStored.reached()

        // Only what is new writes anything further: a replay writes nothing.
        let new = NewRows(flush, new: start.new.count == flush.rows.count ? nil : start.new)
        var written = try writeContent(new, since: start.since, in: session)
        CrashPoint.facetsStored.reached()

        // The row in a statement of its own: what others committed while this waited is seen by later statements.
        // A replay needs no position, so it does not take the row.
        let needsRow = !new.places.isEmpty && settings.control != .unlocked
        let shown = Set(written.newFacets.lazy.flatMap(\.facet.shown).map(\.id)).sorted()
        var under: [(Statement, [Parameter])] = []
        if !shown.isEmpty {
            under.append((.resolveShared, [.int8(workspace.id), .uuids(shown)]))
            under.append((.intakeIdentifiers, identifiers(of: written.newFacets.map(\.facet))))
        }
        let soft = Soft.distinct(written.newFacets.compactMap(\.soft))
        if !soft.isEmpty { under.append(Soft.store(soft, workspace)) }
        let turn = try session.pipeline(flush.cursors.map(move) + [journalHead(locking: needsRow)] + under)
        for (cursor, moved) in zip(flush.cursors, turn) where moved.count != 1 {
            let message =
                "the cursor of \(cursor.step.source) is not where this reader left it, or another reader holds its lease"
            return .cursorLost(source: cursor.source, message: message)
        }
        let head = try self.head(turn[flush.cursors.count])
        CrashPoint.locked.reached()
        guard head.era == start.since else { return .erasedMeanwhile }

        // Under the row, because these refer to facets that an erasure, which holds it too, may be deleting: before it,
        // the two would wait for each other.
        let observations = new.observations()
        if !observations.isEmpty { try store(observations, into: &written, in: session) }

        var changes: [NewChange] = []
        var statements: [(Statement, [Parameter])] = []
        if !written.newFacets.isEmpty || !written.observations.isEmpty {
            var marks = Marks()
            if !shown.isEmpty { try marks.read(turn[flush.cursors.count + 1], of: shown) }
            let new = soft.isEmpty ? [] : try Soft.stored(turn[turn.count - 1], of: soft)
            let settlement = try resolve(written, newSoft: new, head, marks, in: session)
            statements = settlement.statements(workspace)
            changes = settlement.changes
        }
        if !written.risen.isEmpty { statements.append(raiseDays(written.risen)) }
        let (position, journal) = append(
            changes, items: new.items(), speaking: new.speaking(), after: head.position)
        _ = try session.pipeline(statements + journal)
        CrashPoint.written.reached()
        written.known.append(contentsOf: written.risen.map { ($0.facet, $0.day) })
        return .stored(
            Stored(new: start.new, position: position, since: start.since, known: written.known))
    }

    private func start(
        _ flush: Flush, keys: [Parameter], in session: borrowing Session
    ) throws(DatabaseError) -> (new: Set<HubID>, since: JournalHead.Era) {
        var statements = [journalHead(locking: false)]
        if !flush.refusals.isEmpty { statements.append(store(flush.refusals)) }
        if !flush.hits.isEmpty { statements.append(store(flush.hits)) }
        if !flush.rows.isEmpty { statements.append((.intakeKeys, keys)) }
        let results = try session.pipeline(statements)
        let head = try self.head(results[0])
        guard !flush.rows.isEmpty, let rows = results.last else { return ([], head.era) }
        var new = Set<HubID>(minimumCapacity: rows.count)
        for row in 0..<rows.count { new.insert(try rows.id(row, 0)) }
        return (new, head.era)
    }

    /// The head of the journal; locked, it is held until the transaction ends.
    func journalHead(
        locking: Bool, in session: borrowing Session
    ) throws(DatabaseError) -> JournalHead {
        let (statement, parameters) = journalHead(locking: locking)
        return try head(try session.execute(statement, parameters))
    }

    private func journalHead(locking: Bool) -> (Statement, [Parameter]) {
        (locking ? .intakeLock : .intakeStart, [.int8(workspace.id)])
    }

    private func head(_ rows: Rows) throws(DatabaseError) -> JournalHead {
        guard rows.count == 1 else {
            throw DatabaseError(.usage, "workspace \(workspace.name) is gone, or has no journal")
        }
        return try JournalHead(rows, 0)
    }

    /// What stood outside the lock, for the part inside it.
    struct Written {
        /// Stored by this transaction, with the provisional profile each was given.
        var newFacets: [(facet: PreparedFacet, provisional: HubID, soft: PreparedSoft?)] = []
        /// Accepted into `trait`: greater than what stood there.
        var observations: [(trait: String, observation: NewObservation)] = []
        /// Facets whose last day rises.
        var risen: [(facet: HubID, day: Int32)] = []
        /// To remember once committed.
        var known: [(facet: HubID, day: Int32)] = []
    }

    private func writeContent(
        _ new: NewRows, since: JournalHead.Era, in session: borrowing Session
    ) throws(DatabaseError) -> Written {
        var written = Written()
        guard !new.places.isEmpty else { return written }
        var statements: [(Statement, [Parameter])] = []
        if let messages = new.messages(workspace.id) { statements.append((.intakeMessages, messages)) }
        if let links = new.threadLinks(workspace.id) { statements.append((.intakeThreadLinks, links)) }
        statements.append((.intakeInteractions, new.interactions(workspace.id)))
        let missing = recall(new, since: since, into: &written)
        if !missing.isEmpty {
            statements.append((.intakeKnownFacets, [.int8(workspace.id), .uuids(missing.map(\.facet.id))]))
        }
        guard let rows = try session.pipeline(statements).last, !missing.isEmpty else { return written }
        let unknown = try find(missing, rows, into: &written)
        if !unknown.isEmpty { try storeFacets(unknown, into: &written, in: session) }
        return written
    }

    /// Finds the days of the facets in memory, and returns those it does not know.
    private func recall(
        _ new: NewRows, since: JournalHead.Era, into written: inout Written
    ) -> [(facet: PreparedFacet, day: Int32)] {
        let remembered = known.days(of: new.facets.map(\.facet.id), since: since)
        var missing: [(facet: PreparedFacet, day: Int32)] = []
        for (use, day) in zip(new.facets, remembered) {
            if let day {
                if use.day > day { written.risen.append((use.facet.id, use.day)) }
            } else {
                missing.append(use)
            }
        }
        return missing
    }

    /// Finds the days of the others among the rows, and returns those that are not stored yet.
    private func find(
        _ missing: [(facet: PreparedFacet, day: Int32)], _ rows: borrowing Rows, into written: inout Written
    ) throws(DatabaseError) -> [(facet: PreparedFacet, day: Int32)] {
        var days: [HubID: Int32] = [:]
        for row in 0..<rows.count { days[try rows.id(row, 0)] = Int32(clamping: try rows.date(row, 1)) }
        var unknown: [(facet: PreparedFacet, day: Int32)] = []
        for use in missing {
            guard let day = days[use.facet.id] else {
                unknown.append(use)
                continue
            }
            written.known.append((use.facet.id, day))
            if use.day > day { written.risen.append((use.facet.id, use.day)) }
        }
        return unknown
    }

    private func storeFacets(
        _ unknown: [(facet: PreparedFacet, day: Int32)], into written: inout Written, in session: borrowing Session
    ) throws(DatabaseError) {
        var ids = ArrayBuilder(.uuid, reserving: unknown.count)
        var profiles = ArrayBuilder(.uuid, reserving: unknown.count)
        var periods = ArrayBuilder(.int2, reserving: unknown.count)
        var days = ArrayBuilder(.date, reserving: unknown.count)
        var attributes = ArrayBuilder(.jsonb, reserving: unknown.count)
        var records = ArrayBuilder(.int8, reserving: unknown.count)
        var provisional: [HubID: HubID] = [:]
        // Only now: nearly all traffic shows facets that are known.
        var stating: [HubID: PreparedSoft] = [:]
        let model = book.modelInForce
        for (facet, _) in unknown { stating[facet.id] = PreparedSoft(facet.content, model) }
        for (facet, day) in unknown {
            let profile = HubID.random()
            provisional[facet.id] = profile
            ids.append(facet.id)
            profiles.append(profile)
            if let period = facet.content.period { periods.append(int2: period.number) } else { periods.appendNull() }
            days.append(date: Int(day))
            attributes.append(jsonb: facet.attributes)
            if let record = stating[facet.id] { records.append(int8: record.id) } else { records.appendNull() }
        }
        let facets: [Parameter] = [
            .int8(workspace.id), .array(ids), .array(profiles), .array(periods), .array(days),
            .array(attributes), .array(records),
        ]
        let soft = Soft.distinct(stating.values)
        var statements: [(Statement, [Parameter])] = [(.intakeFacets, facets)]
        if !soft.isEmpty { statements.append((.softKnown, [.int8(workspace.id), .int8s(soft.map(\.id))])) }
        let results = try session.pipeline(statements)
        let rows = results[0]
        var stored = Set<HubID>(minimumCapacity: rows.count)
        for row in 0..<rows.count { stored.insert(try rows.id(row, 0)) }
        for (facet, day) in unknown {
            if stored.contains(facet.id), let profile = provisional[facet.id] {
                written.newFacets.append((facet, profile, stating[facet.id]))
                written.known.append((facet.id, day))
            } else {
                // Another transaction stored it meanwhile; its day may stand lower than this one's.
                written.risen.append((facet.id, day))
            }
        }
        guard !written.newFacets.isEmpty else { return }
        var following = [showings(of: written.newFacets.map(\.facet))]
        if !soft.isEmpty {
            let known = try Soft.stored(results[1], of: soft)
            let absent = Set(soft.map(\.id)).subtracting(known.map(\.id))
            let new = Soft.distinct(written.newFacets.compactMap(\.soft).filter { absent.contains($0.id) })
            if !new.isEmpty { following.append(Soft.storeKeys(new, workspace)) }
        }
        _ = try session.pipeline(following)
    }

    /// Arrays of `intake.identifiers`.
    private func identifiers(of facets: [PreparedFacet]) -> [Parameter] {
        var seen: Set<HubID> = []
        var shown: [PreparedFacet.Shown] = []
        for one in facets.lazy.flatMap(\.shown) where seen.insert(one.id).inserted { shown.append(one) }
        if settings.control != .unsorted { shown.sort { $0.id < $1.id } }
        var ids = ArrayBuilder(.uuid, reserving: shown.count)
        var kinds = ArrayBuilder(.int2, reserving: shown.count)
        var scopes = ArrayBuilder(.text, reserving: shown.count)
        var values = ArrayBuilder(.text, reserving: shown.count)
        var roles = ArrayBuilder(.bool, reserving: shown.count)
        for one in shown {
            ids.append(one.id)
            kinds.append(int2: one.identifier.kind.code)
            scopes.append(text: one.identifier.scope)
            values.append(text: one.identifier.value)
            roles.append(bool: one.isRole)
        }
        return [.int8(workspace.id), .array(ids), .array(kinds), .array(scopes), .array(values), .array(roles)]
    }

    /// What they show.
    private func showings(of facets: [PreparedFacet]) -> (Statement, [Parameter]) {
        var pairs = facets.flatMap { facet in
            facet.shown.map { (identifier: $0.id, facet: facet.id, standing: $0.standing) }
        }
        if settings.control != .unsorted {
            pairs.sort { $0.identifier == $1.identifier ? $0.facet < $1.facet : $0.identifier < $1.identifier }
        }
        var identifiers = ArrayBuilder(.uuid, reserving: pairs.count)
        var ids = ArrayBuilder(.uuid, reserving: pairs.count)
        var assurances = ArrayBuilder(.int2, reserving: pairs.count)
        for pair in pairs {
            identifiers.append(pair.identifier)
            ids.append(pair.facet)
            assurances.append(int2: Int16(pair.standing.rawValue))
        }
        return (
            .intakeFacetIdentifiers, [.int8(workspace.id), .array(identifiers), .array(ids), .array(assurances)]
        )
    }

    private func store(
        _ observations: [(trait: String, observation: NewObservation)], into written: inout Written,
        in session: borrowing Session
    ) throws(DatabaseError) {
        let count = observations.count
        var facets = ArrayBuilder(.uuid, reserving: count)
        var traits = ArrayBuilder(.text, reserving: count)
        var sources = ArrayBuilder(.int8, reserving: count)
        var values = ArrayBuilder(.jsonb, reserving: count)
        var hashes = ArrayBuilder(.bytea, reserving: count)
        var times = ArrayBuilder(.timestamptz, reserving: count)
        var assurances = ArrayBuilder(.int2, reserving: count)
        for (trait, observation) in observations {
            facets.append(observation.facet.id)
            traits.append(text: trait)
            sources.append(int8: observation.source)
            values.append(jsonb: observation.value)
            hashes.append(bytes: observation.hash)
            times.append(timestamp: observation.occurredAt)
            assurances.append(int2: Int16(observation.facet.assurance.rawValue))
        }
        let rows = try session.execute(
            .intakeTraits,
            [
                .int8(workspace.id), .array(facets), .array(traits), .array(sources), .array(values), .array(hashes),
                .array(times), .array(assurances),
            ])
        var greater: Set<String> = []
        for row in 0..<rows.count {
            greater.insert("\(try rows.id(row, 0)) \(try rows.int64(row, 2)) \(try rows.text(row, 1))")
        }
        written.observations = observations.filter { trait, observation in
            greater.contains("\(observation.facet.id) \(observation.source) \(trait)")
        }
    }

    private func store(_ refusals: [PreparedRefusal]) -> (Statement, [Parameter]) {
        var ids = ArrayBuilder(.uuid, reserving: refusals.count)
        var sources = ArrayBuilder(.text, reserving: refusals.count)
        var reasons = ArrayBuilder(.text, reserving: refusals.count)
        var details = ArrayBuilder(.text, reserving: refusals.count)
        var raws = ArrayBuilder(.bytea, reserving: refusals.count)
        var lengths = ArrayBuilder(.int8, reserving: refusals.count)
        var hashes = ArrayBuilder(.bytea, reserving: refusals.count)
        for one in refusals {
            ids.append(one.id)
            sources.append(text: Text.storable(one.source))
            reasons.append(text: one.refusal.reason.rawValue)
            details.append(text: Text.storable(one.refusal.detail))
            raws.append(bytes: one.raw.bytes)
            lengths.append(int8: one.length)
            hashes.append(bytes: one.sha256)
        }
        return (
            .intakeRefusals,
            [
                .int8(workspace.id), .array(ids), .array(sources), .array(reasons), .array(details), .array(raws),
                .array(lengths), .array(hashes), .timestamp(now()),
            ]
        )
    }

    /// Compare-and-set under the fencing number of the lease: no row where it did not hold.
    private func move(_ cursor: PreparedCursor) -> (Statement, [Parameter]) {
        let step = cursor.step
        return (
            .intakeCursor,
            [.int8(workspace.id), .int8(cursor.source), .int8(step.fence), .text(step.from), .text(step.to)]
        )
    }

    private func raiseDays(_ risen: [(facet: HubID, day: Int32)]) -> (Statement, [Parameter]) {
        var facets = ArrayBuilder(.uuid, reserving: risen.count)
        var days = ArrayBuilder(.date, reserving: risen.count)
        for (facet, day) in risen {
            facets.append(facet)
            days.append(date: Int(day))
        }
        return (.intakeDays, [.int8(workspace.id), .array(facets), .array(days)])
    }
}
