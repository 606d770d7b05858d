import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct WallTests {
    @Test func `Nobody reads or writes across the wall`() async throws {
        try await TestDatabase.with { database in
            let (first, second) = try await database.populate()
            let leaks = try await leaks(database, first.id, second.id)
            #expect(leaks == [])
        }
    }

    @Test func `A hole in the wall is seen`() async throws {
        try await TestDatabase.with { database in
            let (first, second) = try await database.populate()
            let holes: [(fault: String, named: String)] = [
                ("ALTER TABLE facet DISABLE ROW LEVEL SECURITY", "contatto_hub sees facet"),
                ("ALTER TABLE trait NO FORCE ROW LEVEL SECURITY", "contatto_owner sees trait"),
                ("DROP POLICY wall ON message", "contatto_hub does not see its own message"),
                ("CREATE POLICY open ON journal FOR SELECT USING (true)", "contatto_hub sees journal"),
                ("CREATE POLICY open ON change FOR INSERT WITH CHECK (true)", "contatto_hub inserts into change"),
                ("CREATE POLICY open ON identifier USING (true)", "contatto_hub moves a row of identifier"),
                ("ALTER TABLE interaction_other DISABLE ROW LEVEL SECURITY", "contatto_hub sees interaction_other"),
                ("ALTER TABLE change_other NO FORCE ROW LEVEL SECURITY", "contatto_owner sees change_other"),
                ("ALTER ROLE contatto_hub BYPASSRLS", "contatto_hub sees interaction"),
            ]
            for (fault, named) in holes {
                let leaks = try await leaks(database, first.id, second.id, fault: fault)
                #expect(leaks.contains { $0.hasPrefix(named) }, "\(fault): \(leaks)")
            }
        }
    }

    /// What each role can do that it may not, on every table and partition, in one transaction that is rolled back.
    private func leaks(
        _ database: TestDatabase, _ own: Int64, _ other: Int64, fault: String = ""
    ) async throws -> [String] {
        let tables = try await database.superuser.texts(
            """
            SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'workspace'
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') ORDER BY relname
            """)
        return try await database.superuser.deciding {
            (session: borrowing Session) throws(DatabaseError) -> Verdict<[String]> in
            if !fault.isEmpty { try session.run(fault) }
            var leaks: [String] = []
            for table in tables {
                let counts = try session.query(
                    text: """
                        SELECT count(*) FILTER (WHERE workspace = \(own)), count(*) FILTER (WHERE workspace = \(other)),
                          min(to_jsonb(one)::text) FILTER (WHERE workspace = \(other)) FROM \(table) AS one
                        """)
                let rows = (own: try counts.int64(0, 0), other: try counts.int64(0, 1))
                let isPartition =
                    table.hasPrefix("interaction_") && table != "interaction_key" || table.hasPrefix("change_")
                    || table.hasPrefix("audit_") && table != "audit_profile"
                if !isPartition, rows.own == 0 || rows.other == 0 {
                    leaks.append("\(table) is empty: nothing was tried")
                }
                for role in ["contatto_hub", "contatto_owner"] {
                    leaks += try Self.leaks(
                        of: role, table, own, rows: rows, foreign: try counts.optionalText(0, 2),
                        mustSee: !isPartition || role == "contatto_owner", in: session)
                }
            }
            return .rollback(leaks)
        }
    }

    private static func leaks(
        of role: String, _ table: String, _ own: Int64, rows: (own: Int64, other: Int64), foreign: String?,
        mustSee: Bool, in session: borrowing Session
    ) throws(DatabaseError) -> [String] {
        var leaks: [String] = []
        // Names and settings of workspaces, and who signs people in, are no customer's data: the list may be read.
        let isList = table == "workspace" || table == "issuer"
        try session.run("SET LOCAL ROLE \(role); SET LOCAL contatto.workspace = ''")
        if !isList, try seen(table, "true", in: session) ?? 0 > 0 {
            leaks.append("\(role) sees \(table) without saying of which workspace")
        }
        try session.run("SET LOCAL contatto.workspace = '\(own)'")
        if !isList, try seen(table, "workspace <> \(own)", in: session) ?? 0 > 0 {
            leaks.append("\(role) sees \(table) of another workspace")
        }
        if mustSee, try seen(table, "workspace = \(own)", in: session) != rows.own {
            leaks.append("\(role) does not see its own \(table)")
        }
        if let foreign {
            let copy =
                "INSERT INTO \(table) SELECT (jsonb_populate_record(NULL::\(table), \(quoted(literal: foreign)))).*"
            if try session.refusal(of: copy)?.state != .insufficientPrivilege {
                leaks.append("\(role) inserts into \(table) of another workspace")
            }
        }
        if rows.own > 0 {
            let move = "UPDATE \(table) SET workspace = 99 WHERE workspace = \(own)"
            if try session.refusal(of: move)?.state != .insufficientPrivilege {
                leaks.append("\(role) moves a row of \(table) to another workspace")
            }
        }
        for change in ["DELETE FROM \(table)", "UPDATE \(table) SET workspace = workspace"]
        where try changed(change + " WHERE workspace <> \(own)", in: session) > 0 {
            leaks.append("\(role) moves a row of \(table): \(change)")
        }
        try session.run("RESET ROLE; SET LOCAL contatto.workspace = ''")
        return leaks
    }

    /// How many rows are seen; nil where the table may not be read at all.
    private static func seen(
        _ table: String, _ condition: String, in session: borrowing Session
    ) throws(DatabaseError) -> Int64? {
        let count = "SELECT count(*) FROM \(table) WHERE \(condition)"
        if try session.refusal(of: count)?.state == .insufficientPrivilege { return nil }
        return try session.query(text: count).int64(0, 0)
    }

    private static func changed(_ sql: String, in session: borrowing Session) throws(DatabaseError) -> Int {
        try session.run("SAVEPOINT change")
        var affected = 0
        do throws(DatabaseError) {
            affected = try session.query(text: sql).affected
        } catch  where error.state == .insufficientPrivilege || error.state == .foreignKeyViolation {
            // A row that others refer to was there to be deleted: that is as much a leak as a deleted one.
            affected = error.state == .foreignKeyViolation ? 1 : 0
        }
        try session.run("ROLLBACK TO change")
        return affected
    }
}
