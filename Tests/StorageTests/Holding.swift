import ContactTesting
import Postgres

extension TestDatabase {
    /// Holds the workspace's journal row while `meanwhile` runs, until so many transactions wait for it; then does
    /// `work` in the transaction that holds it, and commits.
    func holdingJournal<Value: Sendable>(
        of workspace: TestWorkspace, until waiters: Int64, then work: String = "",
        _ meanwhile: () async throws -> Value
    ) async throws -> Value {
        let (held, signal) = AsyncStream<Void>.makeStream()
        let id = workspace.id
        async let holder: Void = superuser.transaction { (session: borrowing Session) throws(DatabaseError) in
            // Ends the wait below also where this fails.
            defer { signal.finish() }
            _ = try session.query(text: "SELECT 1 FROM journal WHERE workspace = \(id) FOR NO KEY UPDATE")
            signal.yield()
            let deadline = ContinuousClock.now + .seconds(120)
            while true {
                // The first to wait waits for this transaction, the others for their turn at the row.
                let waiting = try session.query(
                    text: """
                        SELECT count(*) FROM pg_locks WHERE NOT granted AND (
                          locktype = 'transactionid' AND transactionid = pg_current_xact_id()::text::xid
                          OR locktype = 'tuple' AND relation = 'journal'::regclass)
                        """
                ).int64(0, 0)
                if waiting >= waiters { break }
                guard ContinuousClock.now < deadline else {
                    throw DatabaseError(.usage, "nobody came to wait for the journal row")
                }
                try session.run("SELECT pg_sleep(0.002)")
            }
            if !work.isEmpty { try session.run(work) }
        }
        for await _ in held { break }
        let value = try await meanwhile()
        try await holder
        return value
    }
}
