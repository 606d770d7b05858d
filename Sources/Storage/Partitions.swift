internal import Contact
package import Postgres

/// Makes the partitions that are to come: interactions by month (history by years), changes by day, the audit log by
/// month.
///
/// Runs as the owner, in `contatto migrate` and in the maintenance task; never on the fly, where it stalled an
/// innocent INSERT for 2.2 s. A table is made and checked apart, then attached under a short lock_timeout. Rows that
/// came before their partition stand in DEFAULT and move into it.
package struct Partitions: Sendable {
    /// Months made beyond the present one.
    static let monthsAhead = 3
    /// Days of changes made beyond the present one.
    static let daysAhead = 14
    /// The first year with a partition of its own; what is older shares one.
    static let firstYear = 2015

    let database: Database

    /// - Parameter database: connections as `contatto_owner`, on the hub's schema.
    package init(_ database: Database) { self.database = database }

    /// One partition: its name, and its bounds as days since 1970-01-01 (the end is not part of it).
    struct Wanted: Equatable, Sendable {
        let parent: String
        let name: String
        let start: Int
        let end: Int
    }

    /// What should exist at a moment, given what does: months from where the present partitions end.
    static func wanted(now: Int64, coveredTo: Int?, changesTo: Int? = nil, auditTo: Int? = nil) -> [Wanted] {
        let today = CivilDate(microseconds: now)
        var wanted: [Wanted] = []
        var month = today.year * 12
        if let coveredTo {
            month = Int(Month.ofDay(coveredTo))
        } else {
            for year in firstYear..<max(firstYear, today.year) {
                wanted.append(
                    Wanted(
                        parent: "interaction", name: "interaction_\(year)", start: day(year * 12),
                        end: day(year * 12 + 12)))
            }
        }
        let last = today.year * 12 + today.month - 1 + monthsAhead
        while month <= last {
            let name = "interaction_\(month / 12)_\(padded(month % 12 + 1))"
            wanted.append(Wanted(parent: "interaction", name: name, start: day(month), end: day(month + 1)))
            month += 1
        }
        let present = today.year * 12 + today.month - 1
        for month in min(present, auditTo.map { Int(Month.ofDay($0)) } ?? present)...last {
            for parent in ["audit", "audit_profile"] {
                let name = "\(parent)_\(month / 12)_\(padded(month % 12 + 1))"
                wanted.append(Wanted(parent: parent, name: name, start: day(month), end: day(month + 1)))
            }
        }
        // From where they end, so that no day is left out however long nobody migrated.
        let firstDay = min(today.daysSince1970 - 1, changesTo ?? Int.max)
        for number in firstDay...(today.daysSince1970 + daysAhead) {
            let date = CivilDate(daysSince1970: number)
            let name = "change_\(date.year)_\(padded(date.month))_\(padded(date.day))"
            wanted.append(Wanted(parent: "change", name: name, start: number, end: number + 1))
        }
        return wanted
    }

    private static func day(_ month: Int) -> Int {
        CivilDate(year: month / 12, month: month % 12 + 1, day: 1).daysSince1970
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Makes what is missing; returns the names.
    package func make(now: Int64) async throws(DatabaseError) -> [String] {
        let (present, ends) = try await present()
        let all = Self.wanted(
            now: now, coveredTo: ends["interaction"], changesTo: ends["change"], auditTo: ends["audit_profile"])
        var made: [String] = []
        for wanted in all where !present.contains(wanted.name) {
            try await make(wanted)
            made.append(wanted.name)
        }
        return made
    }

    /// Names of the partitions, and the day up to which each parent has partitions of its own.
    private func present() async throws(DatabaseError) -> (names: Set<String>, ends: [String: Int]) {
        try await database.session {
            (session: borrowing Session) throws(DatabaseError) -> (names: Set<String>, ends: [String: Int]) in
            let rows = try session.query(
                text: """
                    SELECT child.relname::text, (regexp_match(pg_get_expr(child.relpartbound, child.oid),
                      'TO \\(''([^'']+)''\\)'))[1]::timestamptz, parent.relname::text
                    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
                    JOIN pg_class AS parent ON parent.oid = inhparent
                    WHERE parent.relnamespace = current_schema()::regnamespace
                      AND parent.relname IN ('interaction', 'change', 'audit', 'audit_profile') AND child.relkind = 'r'
                    """, [])
            var names: Set<String> = []
            var ends: [String: Int] = [:]
            for row in 0..<rows.count {
                let name = try rows.text(row, 0)
                names.insert(name)
                guard name != "interaction_before", let end = try rows.optionalTimestamp(row, 1) else { continue }
                let parent = try rows.text(row, 2)
                ends[parent] = max(ends[parent] ?? Int.min, CivilDate(microseconds: end).daysSince1970)
            }
            return (names, ends)
        }
    }

    private func make(_ wanted: Wanted) async throws(DatabaseError) {
        for attempt in 1... {
            do throws(DatabaseError) {
                try await attach(wanted)
                return
            } catch let error where error.state == .lockNotAvailable && attempt < 100 {
                // Somebody holds the parent for longer than 200 ms: let them pass. Only a cancelled task ends the
                // pause early, and then the next attempt says so.
                try? await Task.sleep(for: .milliseconds(Int.random(in: 20...200)))
            } catch let error where error.state == .duplicateTable || error.constraint?.hasPrefix("pg_") == true {
                return  // another migration made it, before this one looked or at the same moment
            }
        }
    }

    private func attach(_ wanted: Wanted) async throws(DatabaseError) {
        let start = Self.timestamp(wanted.start), end = Self.timestamp(wanted.end)
        let column = wanted.parent == "interaction" ? "occurred_at" : "at"
        let other = wanted.parent + "_other"
        let bounds = "\(column) >= '\(start)' AND \(column) < '\(end)'"
        try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
            try session.run(
                """
                SET LOCAL lock_timeout = '200ms';
                CREATE TABLE \(wanted.name) (LIKE \(wanted.parent) INCLUDING DEFAULTS INCLUDING CONSTRAINTS
                  INCLUDING INDEXES INCLUDING STORAGE, CONSTRAINT bounds CHECK (\(bounds)));
                SELECT wall('\(wanted.name)');
                LOCK TABLE \(other) IN ACCESS EXCLUSIVE MODE
                """)
            // Under FORCEd row-level security the owner sees one workspace at a time.
            let workspaces = try session.query(text: "SELECT workspace FROM workspace ORDER BY workspace", [])
            for row in 0..<workspaces.count {
                let workspace = try workspaces.int64(row, 0)
                try session.run("SET LOCAL contatto.workspace = '\(workspace)'")
                let early = try session.query(
                    text: "SELECT 1::int4 FROM \(other) WHERE workspace = \(workspace) AND \(bounds) LIMIT 1", [])
                if early.isEmpty { continue }
                try session.run(
                    """
                    WITH moved AS (DELETE FROM \(other) WHERE workspace = \(workspace) AND \(bounds) RETURNING *)
                    INSERT INTO \(wanted.name) SELECT * FROM moved ON CONFLICT DO NOTHING
                    """)
            }
            try session.run(
                """
                ALTER TABLE \(wanted.parent) ATTACH PARTITION \(wanted.name) FOR VALUES FROM ('\(start)') TO ('\(end)');
                ALTER TABLE \(wanted.name) DROP CONSTRAINT bounds
                """)
        }
    }

    private static func timestamp(_ day: Int) -> String {
        let date = CivilDate(daysSince1970: day)
        return "\(date.year)-\(padded(date.month))-\(padded(date.day)) 00:00:00Z"
    }
}
