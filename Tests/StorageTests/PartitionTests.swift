import Contact
import ContactTesting
import Postgres
import Testing

@testable import Storage

@Suite struct PartitionTests {
    /// 2027-05-20, half a year after the partitions were made.
    private static let later = Timestamp.microseconds("2027-05-20T00:00:00Z") ?? 0

    @Test func `What came before its partition moves into it, and what comes meanwhile is not lost`() async throws {
        try await TestDatabase.with(connections: 6) { database in
            let workspaces = (try await database.workspace("first"), try await database.workspace("second"))
            let days = ["2026-11-01", "2027-03-31", "2027-04-01", "2027-05-31", "2027-06-30", "2031-01-01"]
            func lines(_ batch: Int) -> [[UInt8]] {
                days.enumerated().flatMap { place, day in
                    (0..<5).map {
                        line("\(batch)-\(place)-\($0)", [("email", "p\($0)@example.com")], at: "\(day)T00:00:00Z")
                    }
                }
            }
            // The reader takes nothing from the future, so it is told that this is the present.
            @Sendable func batch(_ lines: [[UInt8]]) -> Batch {
                var reader = InteractionReader(InteractionReader.Settings())
                let arrival = Timestamp.microseconds("2031-01-01T00:00:00Z") ?? 0
                return Batch(lines.map { IntakeItem(reader.read($0, arrival: arrival), raw: RawInput($0)) })
            }
            let ledgers = [workspaces.0.ledger(now: Self.later), workspaces.1.ledger(now: Self.later)]
            for ledger in ledgers { _ = try await ledger.accept(batch(lines(0))) }
            let waiting = try await database.superuser.int64("SELECT count(*) FROM interaction_other")
            #expect(waiting == 2 * 5 * 5)
            let changes = try await database.superuser.int64("SELECT count(*) FROM change_other")
            #expect(changes > 0)

            // While they are made, both workspaces go on.
            let all = (1...40).map { lines($0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for ledger in ledgers {
                    group.addTask { for lines in all { _ = try await ledger.accept(batch(lines)) } }
                }
                group.addTask { try await database.migrate(now: Self.later) }
                try await group.waitForAll()
            }

            let counts = try await database.superuser.texts(
                """
                SELECT tableoid::regclass || ' ' || workspace || ' ' || count(*) FROM interaction
                GROUP BY tableoid, workspace ORDER BY 1
                """)
            let expected = ["2026_11", "2027_03", "2027_04", "2027_05", "2027_06", "other"].flatMap { name in
                (1...2).map { "interaction_\(name) \($0) \(41 * 5)" }
            }
            #expect(counts == expected)
            let keys = try await database.superuser.int64("SELECT count(*) FROM interaction_key")
            #expect(keys == 2 * 41 * 6 * 5)
            let strays = try await database.superuser.int64("SELECT count(*) FROM change_other")
            #expect(strays == 0)
            for workspace in [workspaces.0, workspaces.1] { try await expectDenseJournal(database, workspace) }
            // A new partition stands behind the wall like the rest.
            for rule in CatalogueRule.all {
                let violations = try await database.owner.session {
                    (session: borrowing Session) throws(DatabaseError) -> [String] in
                    try rule.violations(in: session)
                }
                #expect(violations == [], "\(rule.name)")
            }
        }
    }

    @Test func `Making them again makes nothing, and a later month only what is missing`() async throws {
        try await TestDatabase.with { database in
            let partitions = Partitions(database.owner)
            let again = try await partitions.make(now: TestDatabase.now)
            #expect(again == [])
            let month = try await partitions.make(now: TestDatabase.now + 31 * 86_400_000_000)
            #expect(month.filter { $0.hasPrefix("interaction") } == ["interaction_2027_03"])
            // Every day from where the first ones end to 14 days from then: none is left out.
            #expect(month.filter { $0.hasPrefix("change") }.count == 31)
        }
    }

    @Test func `Several makers at once make each of them once`() async throws {
        try await TestDatabase.with { database in
            let made = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<3 { group.addTask { try await database.migrate(now: Self.later).partitions } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(made).count >= 16 + 5)
            let other = try await database.superuser.int64(
                "SELECT count(*) FROM pg_class WHERE relname = 'interaction_2027_08' AND relnamespace = current_schema()::regnamespace"
            )
            #expect(other == 1)
        }
    }
}
