internal import Contact
internal import Postgres

extension Ledger {
    /// The most interactions one journal row holds (DESIGN.md section 6).
    private static let itemsOfRow = 500

    /// Appends the profiles' changes, then what was recorded, at the next dense positions; returns the last one.
    func append(
        _ changes: [NewChange], after head: Int64, in session: borrowing Session
    ) throws(DatabaseError) -> Int64 {
        let (position, statements) = append(changes, items: [], after: head)
        _ = try session.pipeline(statements)
        return position
    }

    /// The statements that do so, and the last position. `speaking`: the items that have a message, ascending; who indexes words
    /// looks at these alone.
    ///
    /// Profiles first: who reads of an interaction finds its customer already told.
    func append(
        _ changes: [NewChange], items: [UInt8], speaking: [Int] = [], after head: Int64
    ) -> (position: Int64, statements: [(Statement, [Parameter])]) {
        let recorded = items.count / 32
        guard recorded > 0 || !changes.isEmpty else { return (head, []) }
        let count = changes.count + (recorded + Self.itemsOfRow - 1) / Self.itemsOfRow
        var positions = ArrayBuilder(.int8, reserving: count)
        var firsts = ArrayBuilder(.int8, reserving: count)
        var types = ArrayBuilder(.int2, reserving: count)
        var profiles = ArrayBuilder(.uuid, reserving: count)
        var versions = ArrayBuilder(.int8, reserving: count)
        var pieces = ArrayBuilder(.bytea, reserving: count)
        var bodies = ArrayBuilder(.jsonb, reserving: count)
        var position = head
        for change in changes {
            position += 1
            positions.append(int8: position)
            firsts.append(int8: position)
            types.append(int2: change.type.rawValue)
            profiles.append(optional: change.profile)
            if let version = change.version { versions.append(int8: version) } else { versions.appendNull() }
            pieces.appendNull()
            bodies.append(jsonb: change.body)
        }
        for start in stride(from: 0, to: recorded, by: Self.itemsOfRow) {
            let end = min(start + Self.itemsOfRow, recorded)
            firsts.append(int8: position + 1)
            position += Int64(end - start)
            positions.append(int8: position)
            types.append(int2: ChangeType.interactionRecorded.rawValue)
            profiles.appendNull()
            versions.appendNull()
            pieces.append(bytes: items[(32 * start)..<(32 * end)])
            bodies.append(jsonb: RecordedItems.body(speaking.filter { $0 >= start && $0 < end }.map { $0 - start }))
        }
        let rows: [Parameter] = [
            .int8(workspace.id), .array(positions), .timestamp(now()), .array(firsts), .array(types), .array(profiles),
            .array(versions), .array(pieces), .array(bodies),
        ]
        return (position, [(.journalAppend, rows), (.journalHead, [.int8(workspace.id), .int8(position)])])
    }
}

extension Statement {
    static let journalAppend = Statement(
        """
        /* journal.append */
        INSERT INTO change (workspace, position, at, first, type, profile, version, items, body)
        SELECT $1, position, $3, first, type, profile, version, items, body
        FROM unnest($2::bigint[], $4::bigint[], $5::smallint[], $6::uuid[], $7::bigint[], $8::bytea[], $9::jsonb[])
          AS new (position, first, type, profile, version, items, body)
        ON CONFLICT DO NOTHING
        """)
    static let journalHead = Statement(
        """
        /* journal.head */
        UPDATE journal SET position = $2 WHERE workspace = $1
        """)
}
