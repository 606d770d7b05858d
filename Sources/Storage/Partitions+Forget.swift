internal import Contact
package import Postgres

/// How long the journal is kept.
package struct JournalRetention: Sendable {
    /// Days that every change is kept.
    package var days: Int
    /// Days that it is kept for a subscription that has not been told of it yet; never fewer than `days`.
    package var mostDays: Int

    package init(days: Int = 14, mostDays: Int = 30) {
        self.days = days
        self.mostDays = max(days, mostDays)
    }
}

extension Partitions {
    /// Drops the days of the journal that are no longer kept, oldest first, and writes down in each workspace how far the
    /// journal is gone: whoever reads from before that is told so. Returns the names.
    ///
    /// A day is dropped for all workspaces at once or not at all; one that a subscription still needs is kept for it, and
    /// so are those after it, up to `mostDays`.
    package func forget(_ retention: JournalRetention, now: Int64) async throws(DatabaseError) -> [String] {
        let today = CivilDate(microseconds: now).daysSince1970
        var dropped: [String] = []
        for (name, end) in try await daysOfChanges() where end <= today - retention.days {
            guard try await drop(name, isNeededCounts: end > today - retention.mostDays) else { break }
            dropped.append(name)
        }
        return dropped
    }

    /// Takes away hits that are older than so many days, some thousands at a time; returns how many.
    package func forgetHits(olderThan days: Int, now: Int64) async throws(DatabaseError) -> Int {
        let oldest = now - Int64(days) * 86_400_000_000
        var gone = 0
        let workspaces = try await Workspaces(database).list()
        for workspace in workspaces {
            while true {
                let count = try await database.transaction(opening: workspace.opening) {
                    (session: borrowing Session) throws(DatabaseError) -> Int in
                    try session.query(
                        text: """
                            DELETE FROM hit WHERE workspace = $1 AND hit IN (SELECT hit FROM hit WHERE workspace = $1
                              AND occurred_at < $2 ORDER BY occurred_at LIMIT 10000) RETURNING 1::int4
                            """, [.int8(workspace.id), .timestamp(oldest)]
                    ).count
                }
                gone += count
                if count < 10_000 { break }
            }
        }
        return gone
    }

    /// Drops the months of the audit log that are no longer kept; returns the names.
    package func forgetAudit(olderThan months: Int, now: Int64) async throws(DatabaseError) -> [String] {
        let today = CivilDate(microseconds: now)
        let first = today.year * 12 + today.month - 1 - months
        let names = try await database.session { (session: borrowing Session) throws(DatabaseError) -> [String] in
            let rows = try session.query(
                text: """
                    SELECT child.relname::text FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
                    JOIN pg_class AS parent ON parent.oid = inhparent
                    WHERE parent.relnamespace = current_schema()::regnamespace
                      AND parent.relname IN ('audit', 'audit_profile')
                      AND child.relname ~ '^audit_(profile_)?[0-9]{4}_[0-9]{2}$' ORDER BY 1
                    """, [])
            var names: [String] = []
            for row in 0..<rows.count { names.append(try rows.text(row, 0)) }
            return names
        }
        var dropped: [String] = []
        for name in names {
            let parts = name.split(separator: "_").suffix(2).compactMap { Int($0) }
            guard parts.count == 2, parts[0] * 12 + parts[1] - 1 < first else { continue }
            try await dropTable(name)
            dropped.append(name)
        }
        return dropped
    }

    private func dropTable(_ name: String) async throws(DatabaseError) {
        for attempt in 1... {
            do throws(DatabaseError) {
                return try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                    try session.run("SET LOCAL lock_timeout = '200ms'; DROP TABLE \(name)")
                }
            } catch let error where error.state == .lockNotAvailable && attempt < 100 {
                // Somebody reads it for longer than 200 ms: let them pass. Cancelled, the next attempt says so.
                try? await Task.sleep(for: .milliseconds(Int.random(in: 20...200)))
            } catch let error where error.state == .undefinedTable {
                return  // another process was quicker
            }
        }
    }

    /// Partitions of `change` with the day each ends before, oldest first.
    private func daysOfChanges() async throws(DatabaseError) -> [(name: String, end: Int)] {
        try await database.session {
            (session: borrowing Session) throws(DatabaseError) -> [(name: String, end: Int)] in
            let rows = try session.query(
                text: """
                    SELECT child.relname::text, (regexp_match(pg_get_expr(child.relpartbound, child.oid),
                      'TO \\(''([^'']+)''\\)'))[1]::timestamptz AS until
                    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
                    JOIN pg_class AS parent ON parent.oid = inhparent
                    WHERE parent.relnamespace = current_schema()::regnamespace AND parent.relname = 'change'
                      AND child.relname ~ '^change_[0-9]{4}_[0-9]{2}_[0-9]{2}$'
                    ORDER BY until
                    """, [])
            var found: [(String, Int)] = []
            for row in 0..<rows.count {
                guard let end = try rows.optionalTimestamp(row, 1) else { continue }
                found.append((try rows.text(row, 0), CivilDate(microseconds: end).daysSince1970))
            }
            return found
        }
    }

    /// False where a subscription still needs it.
    private func drop(_ name: String, isNeededCounts: Bool) async throws(DatabaseError) -> Bool {
        for attempt in 1... {
            do throws(DatabaseError) {
                return try await tryToDrop(name, isNeededCounts: isNeededCounts)
            } catch let error where error.state == .lockNotAvailable && attempt < 100 {
                // Somebody reads the journal for longer than 200 ms: let them pass.
                try? await Task.sleep(for: .milliseconds(Int.random(in: 20...200)))
            } catch let error where error.state == .undefinedTable {
                return true  // another process was quicker
            }
        }
        return false
    }

    private func tryToDrop(_ name: String, isNeededCounts: Bool) async throws(DatabaseError) -> Bool {
        try await database.deciding { (session: borrowing Session) throws(DatabaseError) -> Verdict<Bool> in
            try session.run("SET LOCAL lock_timeout = '200ms'")
            let workspaces = try session.query(text: "SELECT workspace FROM workspace ORDER BY workspace", [])
            for row in 0..<workspaces.count {
                let workspace = try workspaces.int64(row, 0)
                // Under FORCEd row-level security the owner sees one workspace at a time. The journal's row comes before the
                // table's lock, as in the intake: the other way round the two would wait for each other.
                try session.run("SET LOCAL contatto.workspace = '\(workspace)'")
                let last = try session.query(
                    text: "SELECT max(position) FROM \(name) WHERE workspace = \(workspace)", [])
                guard let last = try last.optionalInt64(0, 0) else { continue }
                if isNeededCounts {
                    let needed = try session.query(
                        text: """
                            SELECT least(
                              (SELECT min(position) FROM subscription_cursor WHERE workspace = \(workspace)),
                              (SELECT min(position) - 1 FROM delivery WHERE workspace = \(workspace)))
                            """, [])
                    if let least = try needed.optionalInt64(0, 0), least < last { return .rollback(false) }
                }
                _ = try session.query(
                    text: """
                        UPDATE journal SET gone = greatest(gone, \(last)) WHERE workspace = \(workspace)
                        RETURNING 1::int4
                        """, [])
            }
            try session.run("DROP TABLE \(name)")
            return .commit(true)
        }
    }
}
