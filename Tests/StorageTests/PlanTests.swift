import ContactTesting
import Postgres
import Testing

@testable import Storage

@Suite struct PlanTests {
    @Test func `Every statement finds its rows by an index that begins with the workspace`() async throws {
        try await TestDatabase.with { database in
            let (first, _) = try await database.populate()
            try await database.superuser.run("ANALYZE")
            for statement in Statement.all where !statement.mayScan {
                let violations = try await violations("\(statement.sql)", first.id, database)
                #expect(violations == [], "\(statement.sql)")
            }
            // The controls.
            let faults: [(sql: String, named: String)] = [
                ("SELECT identifier FROM identifier WHERE workspace = $1 AND lower(value) = lower($2)", "lower"),
                ("SELECT identifier FROM identifier WHERE workspace = $1 AND value LIKE $2 || '%'", "identifier"),
                ("SELECT interaction FROM interaction WHERE workspace = $1 AND thread = $2::uuid", "thread"),
                (
                    """
                    SELECT facet.profile FROM facet JOIN trait ON trait.workspace = $1
                      AND trait.facet::text = facet.facet::text WHERE facet.workspace = $1 AND facet.profile = $2
                    """, "trait"
                ),
            ]
            for (sql, named) in faults {
                let violations = try await violations(sql, first.id, database)
                #expect(violations.contains { $0.contains(named) }, "\(sql): \(violations)")
            }
            // Without the index there is only the scan, switched off or not.
            let violations = try await database.superuser.deciding {
                (session: borrowing Session) throws(DatabaseError) -> Verdict<[String]> in
                try session.run(
                    """
                    ALTER TABLE facet_identifier DROP CONSTRAINT facet_identifier_pkey;
                    DROP INDEX facet_identifier_facet; SET LOCAL ROLE contatto_hub
                    """)
                let plan = try Plan(of: "\(Statement.profileByIdentifier.sql)", workspace: first.id, in: session)
                return .rollback(plan.violations(try Plan.catalogue(in: session)))
            }
            #expect(violations.contains { $0.contains("facet_identifier") }, "\(violations)")
        }
    }

    private func violations(_ sql: String, _ workspace: Int64, _ database: TestDatabase) async throws -> [String] {
        try await database.hub.deciding { (session: borrowing Session) throws(DatabaseError) -> Verdict<[String]> in
            let plan = try Plan(of: sql, workspace: workspace, in: session)
            return .rollback(plan.violations(try Plan.catalogue(in: session)))
        }
    }
}
