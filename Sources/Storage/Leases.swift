package import Postgres

/// A source as its one reader holds it.
package struct Lease: Hashable, Sendable {
    package let source: Int64
    package let name: String
    /// Greater than every holder's before. The intake moves the cursor under this number and no other, so that a holder who
    /// has lost the source without hearing of it moves nothing.
    package let fence: Int64
    /// Where the source was left.
    package let cursor: String
}

/// Who reads which source of a workspace: one at a time.
///
/// Times are the database's, so that readers whose clocks differ agree. What keeps two readers apart is the fence, which the
/// intake compares in the transaction that stores; the time only says when another may try.
package struct Leases: Sendable {
    package enum Taking: Hashable, Sendable {
        case taken(Lease)
        /// Somebody else has it, for so long unless he renews it.
        case held(by: String, for: Duration)
    }

    private let database: Database
    private let workspace: Workspace

    package init(_ database: Database, workspace: Workspace) {
        self.database = database
        self.workspace = workspace
    }

    /// Takes a source unless somebody else holds it. `holder` is the reader's own name, which no other bears.
    package func take(
        _ source: ConfiguredSource, holder: String, for duration: Duration
    ) async throws(DatabaseError) -> Taking {
        let workspace = workspace
        let place: [Parameter] = [.int8(workspace.id), .int8(source.id)]
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Taking in
            _ = try session.execute(.sourceCursorAdd, place)
            // Waits for a step that its last holder is just storing: the cursor read here is the one it left.
            let rows = try session.execute(.leaseRow, place)
            guard rows.count == 1 else { throw DatabaseError(.usage, "the source \(source.name) is gone") }
            let now = try rows.timestamp(0, 4)
            if let other = try rows.optionalText(0, 2), let until = try rows.optionalTimestamp(0, 3), other != holder,
                until > now
            {
                return .held(by: other, for: .microseconds(until - now))
            }
            let fence = try rows.int64(0, 0) + 1
            _ = try session.execute(
                .leaseTake, place + [.int8(fence), .text(holder), .timestamp(now + duration.microseconds)])
            // Seen from now on; what its last holder saw stands until this one sees something.
            _ = try session.execute(.healthWrite, place + SourceHealth().parameters)
            return .taken(Lease(source: source.id, name: source.name, fence: fence, cursor: try rows.text(0, 1)))
        }
    }

    /// Holds a source for longer and writes down how it is; false when it is another's by now.
    package func renew(
        _ lease: Lease, for duration: Duration, health: SourceHealth
    ) async throws(DatabaseError) -> Bool {
        let workspace = workspace
        let place: [Parameter] = [.int8(workspace.id), .int8(lease.source)]
        return try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) -> Bool in
            let rows = try session.execute(.leaseRow, place)
            guard rows.count == 1, try rows.int64(0, 0) == lease.fence else { return false }
            let until = try rows.timestamp(0, 4) + duration.microseconds
            _ = try session.execute(.leaseRenew, place + [.int8(lease.fence), .timestamp(until)])
            _ = try session.execute(.healthWrite, place + health.parameters)
            return true
        }
    }

    /// Gives a source back, so that another need not wait for the lease to end.
    package func release(_ lease: Lease, health: SourceHealth) async throws(DatabaseError) {
        let workspace = workspace
        let place: [Parameter] = [.int8(workspace.id), .int8(lease.source)]
        try await database.transaction(opening: workspace.opening) {
            (session: borrowing Session) throws(DatabaseError) in
            let rows = try session.execute(.leaseRelease, place + [.int8(lease.fence)])
            if rows.count == 1 { _ = try session.execute(.healthWrite, place + health.parameters) }
        }
    }
}

extension Duration {
    /// Whole microseconds of it.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}

extension Statement {
    static let leaseRow = Statement(
        """
        /* lease.row */
        SELECT fence, cursor, holder, until, clock_timestamp() FROM source_cursor WHERE workspace = $1 AND source = $2
        FOR NO KEY UPDATE
        """)
    static let leaseTake = Statement(
        """
        /* lease.take */
        UPDATE source_cursor SET fence = $3, holder = $4, until = $5 WHERE workspace = $1 AND source = $2
        """)
    static let leaseRenew = Statement(
        """
        /* lease.renew */
        UPDATE source_cursor SET until = $4
        WHERE workspace = $1 AND source = $2 AND fence = $3 AND holder IS NOT NULL
        """)
    static let leaseRelease = Statement(
        """
        /* lease.release */
        UPDATE source_cursor SET holder = NULL, until = NULL WHERE workspace = $1 AND source = $2 AND fence = $3
        RETURNING source
        """)
}
