internal import Contact
internal import Postgres
internal import Resolution

// A model in force is taken to what is stored in bounded steps, as rules are: facets of before there were records are
// given theirs, then records are compared once more.

extension Ledger {
    private static let pageOfFacets = 500
    private static let pageOfCompared = 200

    /// One step further; nil where nothing is left to do. `seen` is the journal row as it stood a moment ago.
    func applyModel(_ seen: JournalHead, in session: borrowing Session) throws(DatabaseError) -> RuleProgress? {
        if seen.model > 0 {
            let pending = try session.execute(.softModelPending, [.int8(workspace.id), .int4(seen.model)])
            guard pending.count == 1 else { return nil }
        }
        let head = try journalHead(locking: true, in: session)
        if head.model == 0 {
            _ = try session.execute(.softModelFirst, [.int8(workspace.id), .timestamp(now())])
            _ = try session.execute(.softModelCurrent, [.int8(workspace.id), .int4(1)])
            return RuleProgress(version: head.rules, stage: "facets", looked: 0, merged: 0, split: 0)
        }
        // Another may have taken this step while the row was waited for.
        let rows = try session.execute(.softModelPending, [.int8(workspace.id), .int4(head.model)])
        guard rows.count == 1 else { return nil }
        let resolving = try resolving(head, in: session)
        return try rows.int16(0, 0) == 1
            ? give(after: try rows.optionalID(0, 1) ?? HubID(high: 0, low: 0), resolving, head, in: session)
            : compare(
                after: try rows.isNull(0, 2) ? .min : rows.int64(0, 2), resolving, head, in: session)
    }

    /// Gives a page of facets their records, as the intake does with new ones.
    private func give(
        after: HubID, _ resolving: Resolving, _ head: JournalHead, in session: borrowing Session
    ) throws(DatabaseError) -> RuleProgress {
        let found = try StoredFacets.read(
            try session.execute(
                .previewFacets, [.int8(workspace.id), .uuid(after), .int8(Int64(Self.pageOfFacets))]))
        var stating: [(facet: HubID, record: PreparedSoft)] = []
        for (facet, _) in found where facet.soft == nil {
            if let record = PreparedSoft(facet.content, resolving.model) { stating.append((facet.id, record)) }
        }
        var settlement = Settlement()
        if !stating.isEmpty {
            let facets = Parameter.uuids(stating.map(\.facet))
            let records = Soft.distinct(stating.map(\.record))
            let results = try session.pipeline([
                (.softModelGive, [.int8(workspace.id), facets, .int8s(stating.map(\.record.id))]),
                Soft.store(records, workspace),
            ])
            let new = try Soft.stored(results[1], of: records)
            _ = try session.pipeline([Soft.add(Soft.keys(of: new), workspace)])
            let alike = try resolving.compare(new: new, in: session)
            // Also those that state what others stated before.
            settlement = try regroup(alike.union(records.map(\.id)), resolving, head, in: session)
        }
        try reach(head, stage: found.isEmpty ? 2 : 1, facet: found.last?.facet.id, record: nil, in: session)
        return RuleProgress(
            version: head.rules, stage: "facets", looked: found.count, merged: settlement.merged.count,
            split: settlement.split.count)
    }

    /// Compares a page of records once more.
    private func compare(
        after: Int64, _ resolving: Resolving, _ head: JournalHead, in session: borrowing Session
    ) throws(DatabaseError) -> RuleProgress {
        let rows = try session.execute(
            .softModelRecords, [.int8(workspace.id), .int8(after), .int8(Int64(Self.pageOfCompared))])
        var records: [Int64] = []
        for row in 0..<rows.count { records.append(try rows.int64(row, 0)) }
        let alike = try resolving.compare(again: Set(records), in: session)
        // Records that join themselves may do so no longer under another model.
        let settlement = try regroup(alike.union(records), resolving, head, in: session)
        try reach(
            head, stage: 2, facet: nil, record: records.last, isDone: records.isEmpty, in: session)
        return RuleProgress(
            version: head.rules, stage: "records", looked: records.count, merged: settlement.merged.count,
            split: settlement.split.count)
    }

    /// Partitions anew those who state some records, and all that they may belong to.
    private func regroup(
        _ records: Set<Int64>, _ resolving: Resolving, _ head: JournalHead, in session: borrowing Session
    ) throws(DatabaseError) -> Settlement {
        var reading = ComponentReading(workspace, resolving)
        try reading.add(stating: records, following: true, in: session)
        let settlement = try settle(&reading, resolving, in: session).0
        try settlement.write(workspace, in: session)
        _ = try append(settlement.changes, after: head.position, in: session)
        return settlement
    }

    private func reach(
        _ head: JournalHead, stage: Int16, facet: HubID?, record: Int64?, isDone: Bool = false,
        in session: borrowing Session
    ) throws(DatabaseError) {
        _ = try session.execute(
            .softModelReached,
            [
                .int8(workspace.id), .int4(head.model), .int2(stage), facet.map { .uuid($0) } ?? .null(.uuid),
                record.map { .int8($0) } ?? .null(.int8), isDone ? .timestamp(now()) : .null(.timestamptz),
            ])
    }
}

extension Statement {
    static let softModelFirst = Statement(
        """
        /* soft_model.first */
        INSERT INTO soft_model (workspace, version, records, who, made_at) VALUES ($1, 1, 0, 'contatto', $2)
        ON CONFLICT DO NOTHING
        """)
    static let softModelPending = Statement(
        """
        /* soft_model.pending */
        SELECT stage, facet, record FROM soft_model WHERE workspace = $1 AND version = $2 AND applied_at IS NULL
        """)
    static let softModelReached = Statement(
        """
        /* soft_model.reached */
        UPDATE soft_model SET stage = $3, facet = $4, record = $5, applied_at = $6 WHERE workspace = $1 AND version = $2
        """)
    static let softModelGive = Statement(
        """
        /* soft_model.give */
        UPDATE facet SET soft = new.record FROM unnest($2::uuid[], $3::bigint[]) AS new (facet, record)
        WHERE facet.workspace = $1 AND facet.facet = new.facet
        """, isPlannedAnew: true)
    static let softModelRecords = Statement(
        """
        /* soft_model.records */
        SELECT record FROM soft_record WHERE workspace = $1 AND record > $2 ORDER BY record LIMIT $3
        """)
}
