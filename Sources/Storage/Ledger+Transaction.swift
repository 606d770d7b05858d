internal import Contact
internal import Postgres
internal import Resolution

// The transaction itself, statement by statement in the one order that cannot deadlock: refusals, keys, messages,
// links of threads, interactions, facet_identifiers, keys of soft records, cursor, then the journal row; under it
// identifiers, soft records, facets, traits, profiles, changes. What many show at once comes under the row, where nobody else
// stores any: before it, the second to store a value would wait there until the first one's search is done and committed.
// Facets come when their profiles are known: stored before, one in two had to be written again.

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
    /// The transaction that has changed the row last, by its number of 32 bits.
    let writer: Int64
}

extension JournalHead {
    /// Reads a row of `intake.start` or `intake.lock`.
    init(_ rows: borrowing Rows, _ row: Int) throws(DatabaseError) {
        position = try rows.int64(row, 1)
        era = Era(epoch: try rows.id(row, 0), erasures: try rows.int64(row, 2))
        rules = try rows.int32(row, 3)
        model = try rows.int32(row, 4)
        isDecided = try rows.bool(row, 5)
        writer = try rows.int64(row, 6)
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
        var written = try writeContent(new, since: start.head, in: session)
        CrashPoint.facetsStored.reached()

        // The row in a statement of its own: what others committed while this waited is seen by later statements.
        // A replay needs no position, so it does not take the row.
        let needsRow = !new.places.isEmpty && settings.control != .unlocked
        var under: [(Statement, [Parameter])] = []
        if !written.unknown.isEmpty { under.append(days(of: written.unknown.map(\.facet.id))) }
        let shown = Set(written.unknown.lazy.flatMap(\.facet.shown).map(\.id)).sorted()
        if !shown.isEmpty {
            under.append((.resolveShared, [.int8(workspace.id), .uuids(shown)]))
            under.append((.intakeIdentifiers, identifiers(of: written.unknown.map(\.facet))))
        }
        let soft = Soft.distinct(written.unknown.compactMap(\.soft))
        if !soft.isEmpty { under.append(Soft.store(soft, workspace)) }
        let turn = try session.pipeline(flush.cursors.map(move) + [journalHead(locking: needsRow)] + under)
        for (cursor, moved) in zip(flush.cursors, turn) where moved.count != 1 {
            let message =
                "the cursor of \(cursor.step.source) is not where this reader left it, or another reader holds its lease"
            return .cursorLost(source: cursor.source, message: message)
        }
        let head = try self.head(turn[flush.cursors.count])
        CrashPoint.locked.reached()
        guard head.era == start.head.era else { return .erasedMeanwhile }

        var marks = Marks()
        if !written.unknown.isEmpty {
            let first = flush.cursors.count + 1
            try settleUnknown(turn[first], into: &written)
            if !shown.isEmpty {
                try marks.read(turn[first + 1], of: shown)
                try marks.read(unseen: turn[first + 2])
            }
        }

        // Under the row, because these refer to facets that an erasure, which holds it too, may be deleting: before it,
        // the two would wait for each other.
        let observations = new.observations()
        let stored = Set(written.newFacets.lazy.map(\.facet.id))
        let first = observations.filter { stored.contains($0.observation.facet.id) }
        written.observations = first
        if first.count < observations.count {
            try store(observations.filter { !stored.contains($0.observation.facet.id) }, into: &written, in: session)
        }

        if written.search != nil {
            let keys = softLog.keys(from: start.head, to: head)
            written.search?.take(meanwhile: keys)
            if start.head.position != head.position {
                count { if keys == nil { $0.searchedAgain += 1 } else { $0.searchedAhead += 1 } }
            }
        }
        var changes: [NewChange] = []
        var statements: [(Statement, [Parameter])] = []
        if !written.newFacets.isEmpty || !written.observations.isEmpty {
            let new = soft.isEmpty ? [] : try Soft.stored(turn[turn.count - 1], of: soft)
            let settlement = try resolve(&written, newSoft: new, head, marks, in: session)
            if !written.newFacets.isEmpty { statements.append(try store(written.newFacets, settlement.placed)) }
            if !first.isEmpty { statements.append(store(first)) }
            statements += settlement.statements(workspace)
            changes = settlement.changes
        }
        if !written.risen.isEmpty { statements.append(raiseDays(written.risen)) }
        let (position, journal) = append(
            changes, items: new.items(), speaking: new.speaking(), after: head.position)
        _ = try session.pipeline(statements + journal)
        if needsRow {
            let own = try turn[flush.cursors.count].int64(0, 7)
            softLog.record(written.softKeys, from: head, to: position, by: own)
        }
        CrashPoint.written.reached()
        written.known.append(contentsOf: written.risen.map { ($0.facet, $0.day) })
        return .stored(
            Stored(new: start.new, position: position, since: start.head.era, known: written.known))
    }

    private func start(
        _ flush: Flush, keys: [Parameter], in session: borrowing Session
    ) throws(DatabaseError) -> (new: Set<HubID>, head: JournalHead) {
        var statements = [journalHead(locking: false)]
        if !flush.refusals.isEmpty { statements.append(store(flush.refusals)) }
        if !flush.hits.isEmpty { statements.append(store(flush.hits)) }
        if !flush.rows.isEmpty { statements.append((.intakeKeys, keys)) }
        let results = try session.pipeline(statements)
        let head = try self.head(results[0])
        guard !flush.rows.isEmpty, let rows = results.last else { return ([], head) }
        var new = Set<HubID>(minimumCapacity: rows.count)
        for row in 0..<rows.count { new.insert(try rows.id(row, 0)) }
        return (new, head)
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
