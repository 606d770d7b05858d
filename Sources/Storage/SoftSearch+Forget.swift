internal import Contact
internal import Postgres
internal import Resolution

extension SoftSearch {
    /// Takes records away that no facet states any more; returns those of others whose edges that join changed.
    ///
    /// A key that so few have from now on that it says something again brings together what met under it alone.
    mutating func forget(_ records: Set<Int64>, in session: borrowing Session) throws(DatabaseError) -> Set<Int64> {
        guard !records.isEmpty else { return [] }
        let rows = try session.execute(.softForget, [.int8(workspace.id), .int8s(records.sorted())])
        var gone: [PreparedSoft] = []
        for row in 0..<rows.count {
            if let record = PreparedSoft(canonical: try rows.bytes(row, 1), model) {
                gone.append(record)
            }
        }
        guard !gone.isEmpty else { return [] }
        let known = try session.execute(.softEdges, [.int8(workspace.id), .int8s(gone.map(\.id).sorted())])
        var edges: [Edge] = []
        for row in 0..<known.count { edges.append(try Edge(known, row)) }
        let all = gone.flatMap { record in record.keys.all.map { Soft.Key(key: $0.hash, record: record.id) } }
        let (keys, holders) = Soft.arrays(Set(all).sorted())
        _ = try session.pipeline([
            Edge.drop(edges, workspace), (.softForgetKeys, [.int8(workspace.id), .array(keys), .array(holders)]),
        ])
        let narrowed = try narrow(Set(all.map(\.key)), in: session)
        let ids = Set(gone.map(\.id))
        let others = Set(edges.filter(\.joins).flatMap { [$0.pair.a, $0.pair.b] }).subtracting(ids)
        return others.union(try refresh(new: [], known: narrowed, in: session))
    }

    /// Compares stored records once more under a model that may call other keys wide than the one before it.
    mutating func renew(_ records: Set<Int64>, in session: borrowing Session) throws(DatabaseError) -> Set<Int64> {
        let keys = Set(try contents(records, in: session).flatMap { $0.keys.all.map(\.hash) })
        let narrowed = try narrow(keys, in: session)
        return try refresh(new: [], known: records.union(narrowed), in: session)
    }

    /// Unmarks those of some keys that are wide no longer, and returns who has them.
    private func narrow(_ keys: Set<Int64>, in session: borrowing Session) throws(DatabaseError) -> Set<Int64> {
        let marked = try session.execute(.softWide, [.int8(workspace.id), .int8s(keys.sorted())])
        var left: [Int64: [Int64]] = [:]
        for row in 0..<marked.count { left[try marked.int64(row, 0)] = [] }
        guard !left.isEmpty else { return [] }
        let wide = model.parameters.wide
        let rows = try session.execute(
            .softHolders, [.int8(workspace.id), .int8s(left.keys.sorted()), .int8(Int64(wide + 1))])
        for row in 0..<rows.count { left[try rows.int64(row, 0), default: []].append(try rows.int64(row, 1)) }
        let narrowed = left.filter { $0.value.count <= wide }
        guard !narrowed.isEmpty else { return [] }
        let holders = Set(narrowed.values.flatMap(\.self))
        let finer = try contents(holders, in: session).flatMap { Self.refined($0) { narrowed[$0] != nil } }
        let (hashes, records) = Soft.arrays(Set(finer).sorted())
        _ = try session.pipeline([
            (.softNarrow, [.int8(workspace.id), .int8s(narrowed.keys.sorted())]),
            (.softForgetKeys, [.int8(workspace.id), .array(hashes), .array(records)]),
        ])
        return holders
    }
}

extension Statement {
    static let softForget = Statement(
        """
        /* soft.forget */
        DELETE FROM soft_record USING (
          SELECT wanted.record, (SELECT count(*) FROM facet WHERE workspace = $1 AND soft = wanted.record) AS stated
          FROM unnest($2::bigint[]) AS wanted (record) OFFSET 0) AS gone
        WHERE soft_record.workspace = $1 AND soft_record.record = gone.record AND gone.stated = 0
        RETURNING soft_record.record, soft_record.content
        """, isPlannedAnew: true)
    static let softForgetKeys = Statement(
        """
        /* soft.forget_keys */
        DELETE FROM soft_key USING unnest($2::bigint[], $3::bigint[]) AS gone (key, record)
        WHERE soft_key.workspace = $1 AND soft_key.key = gone.key AND soft_key.record = gone.record
        """, isPlannedAnew: true)
    static let softNarrow = Statement(
        """
        /* soft.narrow */
        DELETE FROM soft_wide WHERE workspace = $1 AND key = ANY ($2::bigint[])
        """, isPlannedAnew: true)
    /// Profiles of the facets that state some records.
    static let softStating = Statement(
        """
        /* soft.stating */
        SELECT DISTINCT profile FROM facet WHERE workspace = $1 AND soft = ANY ($2::bigint[])
        """, isPlannedAnew: true)
    /// Profiles of those whose records join some records, and of those that state the records of a second list.
    static let softNeighbours = Statement(
        """
        /* soft.neighbours */
        SELECT DISTINCT home.profile
        FROM (
          SELECT found.other FROM unnest($2::bigint[]) AS wanted (record)
          CROSS JOIN LATERAL (
            SELECT other FROM soft_edge
            WHERE workspace = $1 AND soft_edge.record = wanted.record AND verdict = 2 OFFSET 0) AS found
          UNION SELECT unnest($3::bigint[])) AS alike (record)
        CROSS JOIN LATERAL (
          SELECT profile FROM facet WHERE workspace = $1 AND facet.soft = alike.record OFFSET 0) AS home
        """)
}
