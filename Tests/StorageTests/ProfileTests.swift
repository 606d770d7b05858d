import Contact
import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct ProfileTests {
    /// `TYPE PROFILE VERSION BODY` of the profiles' changes, each profile called by the order of its creation.
    private func changes(_ database: TestDatabase, after position: Int64 = 0) async throws -> [String] {
        try await database.superuser.texts(
            """
            WITH called AS (SELECT profile, chr(64 + row_number() OVER (ORDER BY position)::int) AS name FROM change
              WHERE type = 2)
            SELECT type || ' ' || name || ' ' || version || CASE WHEN body ? 'into'
              THEN ' into ' || (SELECT name FROM called WHERE profile::text = body->>'into') ELSE '' END
              || CASE WHEN body ? 'absorbed' THEN ' absorbed ' || (SELECT string_agg(name, '' ORDER BY name) FROM called
                WHERE body->'absorbed' ? profile::text) ELSE '' END
            FROM change JOIN called USING (profile) WHERE position > \(position) ORDER BY position
            """)
    }

    private func accept(_ ledger: Ledger, _ lines: [UInt8]...) async throws -> [HubID] {
        try await ledger.accept(TestDatabase.batch(lines)).outcomes.compactMap {
            if case .accepted(_, let profile) = $0 { profile } else { nil }
        }
    }

    @Test func `Who has verified an address comes before who only wrote it, however lately`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let own = try await accept(ledger, line("1", [("email", "anna@example.com")], assurance: "verified"))[0]
            let shown = [("email", "anna@example.com"), ("phone", "+393471234567")]
            _ = try await accept(ledger, line("2", shown, at: "2026-09-04T10:00:00Z", assurance: "claimed"))
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let email = try Normaliser().identifier(kind: "email", scope: nil, value: "anna@example.com")
            let found = try await profiles.profiles(showing: email)
            #expect(found.count == 2 && found.first == own)
        }
    }

    @Test func `Who is created, changed and merged is told in order, and every id still answers`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let a = try await accept(ledger, line("1", [("email", "a@example.com")]))[0]
            let b = try await accept(ledger, line("2", [("email", "b@example.com")]))[0]
            #expect(a != b)
            // A known facet changes nobody.
            _ = try await accept(ledger, line("3", [("email", "b@example.com")]))
            // A second facet of B makes it the greater one.
            _ = try await accept(ledger, line("4", [("email", "b@example.com"), ("user_id", "b")]))
            let c = try await accept(ledger, line("5", [("email", "c@example.com")]))[0]
            // A goes into B; then B, C and a new facet are one; then D, greater than all, takes everything.
            _ = try await accept(ledger, line("6", [("email", "a@example.com"), ("email", "b@example.com")]))
            _ = try await accept(ledger, line("7", [("email", "c@example.com"), ("user_id", "b")]))
            let d = try await accept(ledger, line("8", [("email", "d@example.com")]))[0]
            for place in 0..<9 {
                _ = try await accept(
                    ledger, line("d\(place)", [("email", "d@example.com"), ("email", "d\(place)@example.com")]))
            }
            let position = try await database.superuser.int64("SELECT position FROM journal")
            _ = try await accept(ledger, line("9", [("email", "d@example.com"), ("email", "c@example.com")]))
            let before = try await changes(database).prefix(9)
            #expect(
                before == [
                    "2 A 1", "2 B 1", "3 B 2", "2 C 1", "4 A 2 into B", "3 B 3 absorbed A", "4 C 2 into B",
                    "3 B 4 absorbed C", "2 D 1",
                ])
            #expect(try await changes(database, after: position) == ["4 B 5 into D", "3 D 11 absorbed B"])

            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            for id in [a, b, c, d] {
                guard case .profile(let found)? = try await profiles.profile(id) else {
                    Issue.record("\(id) does not answer")
                    continue
                }
                #expect(found.id == d)
                #expect(found.redirectedFrom == (id == d ? nil : id))
                #expect(Set(found.absorbed) == [a, b, c])
                #expect(found.facets.count == 17)
                // A spanning tree: every facet is explained.
                #expect(found.evidence.count == 16)
            }
            let none = try await profiles.profile(.random())
            #expect(none == nil)
            try await expectDenseJournal(database, workspace)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    @Test func `One batch may create, join and merge at once`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            _ = try await accept(
                ledger, line("1", [("email", "a@example.com")]), line("2", [("email", "b@example.com")]))
            _ = try await accept(
                ledger, line("3", [("email", "a@example.com"), ("phone", "+393331234567")]),
                line("4", [("phone", "+393331234567"), ("cookie", "k1")]),
                line("5", [("cookie", "k1"), ("email", "b@example.com")]), line("6", [("email", "c@example.com")]))
            let live = try await database.superuser.texts(
                "SELECT facets::text FROM profile WHERE canonical IS NULL ORDER BY facets")
            #expect(live == ["1", "5"])
            try await expectDenseJournal(database, workspace)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    /// The winner of a trait with where it is from.
    private func winner(_ database: TestDatabase, _ trait: String = "plan") async throws -> [String] {
        try await database.superuser.texts(
            """
            SELECT (traits->'\(trait)'->>'value') || ' ' || name || ' ' || (traits->'\(trait)'->>'assurance') || ' '
              || to_char(to_timestamp((traits->'\(trait)'->>'at')::bigint / 1000000.0) AT TIME ZONE 'UTC', 'MM-DD')
            FROM profile JOIN source ON source = (traits->'\(trait)'->>'source')::bigint WHERE facets > 0
            """)
    }

    @Test func `A trait's winner is better assured, then of a better source, then newer; the losers stay`() async throws
    {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            for name in ["shop", "crm"] {
                try await Sources(workspace.hub, workspace: workspace.workspace).register(
                    name, channel: "web", now: TestDatabase.now)
            }
            try await database.superuser.run("UPDATE source SET precedence = 5 WHERE name = 'crm'")
            let ledger = workspace.ledger()
            func observe(
                _ id: String, _ plan: String, source: String = "shop", on day: String, assurance: String = "presented"
            ) async throws -> [String] {
                _ = try await accept(
                    ledger,
                    line(
                        id, [("email", "ada@example.com")], source: source, at: "2026-\(day)T00:00:00Z",
                        assurance: assurance, more: #","traits":{"plan":"\#(plan)"}"#))
                return try await winner(database)
            }
            #expect(try await observe("1", "free", on: "05-01") == ["free shop 2 05-01"])
            #expect(try await observe("2", "pro", on: "06-01") == ["pro shop 2 06-01"])
            #expect(try await observe("3", "late", on: "04-01") == ["pro shop 2 06-01"])
            #expect(try await observe("4", "crm", source: "crm", on: "01-01") == ["crm crm 2 01-01"])
            #expect(try await observe("5", "newer", on: "07-01") == ["crm crm 2 01-01"])
            #expect(try await observe("6", "sure", on: "02-01", assurance: "verified") == ["sure shop 3 02-01"])
            #expect(try await observe("7", "crm", source: "crm", on: "08-01") == ["sure shop 3 02-01"])
            let kept = try await database.superuser.texts(
                "SELECT name || ' ' || (value#>>'{}') || ' ' || assurance FROM trait JOIN source USING (source) ORDER BY 1"
            )
            #expect(kept == ["crm crm 2", "shop newer 2", "shop sure 3"])
            // A version for each winner that is another value, and one for the second facet.
            let versions = try await database.superuser.texts("SELECT version::text FROM profile")
            #expect(versions == ["4"])
            // Written once more at the same moment the greater hash wins, whichever comes last.
            let first = try await observe("8", "x", on: "02-01", assurance: "verified")
            let second = try await observe("9", "sure", on: "02-01", assurance: "verified")
            #expect(first == second)
            try await expectDenseJournal(database, workspace)
        }
    }
}
