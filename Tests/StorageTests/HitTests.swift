import Contact
import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct HitTests {
    private static let day: Int64 = 86_400_000_000

    private static func hit(
        _ id: String, _ kind: Hit.Kind = .bot, agent: String? = "Googlebot", daysAgo: Int64 = 0, body: String = "{}"
    ) -> Hit {
        Hit(
            id: id, kind: kind, agent: agent, occurredAt: TestDatabase.now - daysAgo * day - 1, body: Array(body.utf8))
    }

    private static func counts(_ database: TestDatabase, _ workspace: TestWorkspace) async throws -> [String] {
        try await Hits(database.hub, workspace: workspace.workspace).counts(since: 0, limit: 100).map {
            "\($0.day - 20_757) \($0.source) \($0.kind.name) \($0.agent) \($0.count)"
        }
    }

    @Test func `hits are stored with the items of their batch, each once, and belong to nobody`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            _ = try await ledger.accept(TestDatabase.batch([line("a", [("email", "a@example.it")])], source: "shop"))
            var batch = TestDatabase.batch([line("b", [("email", "a@example.it")])], source: "shop")
            batch.hits = [
                Self.hit("1"), Self.hit("1"), Self.hit("2", .unrecognised, agent: nil), Self.hit("3", daysAgo: 1),
            ]
            let receipt = try await ledger.accept(batch)
            #expect(receipt.outcomes.count == 1)
            for _ in 0..<2 {
                _ = try await ledger.accept(
                    Batch([], source: "shop", hits: [Self.hit("1"), Self.hit("4", .aiCrawler, agent: "GPTBot")]))
            }
            #expect(
                try await Self.counts(database, workspace) == [
                    "0 shop bot Googlebot 1", "0 shop ai_crawler GPTBot 1", "0 shop unrecognised  1",
                    "-1 shop bot Googlebot 1",
                ])
            let other = try await database.workspace("other")
            #expect(try await Self.counts(database, other) == [])
        }
    }

    @Test func `a hit that cannot be stored is refused alone`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            var batch = TestDatabase.batch(
                [line("a", [("email", "a@example.it")]), line("b", [("email", "b@example.it")])], source: "shop")
            _ = try await ledger.accept(TestDatabase.batch([line("c", [("email", "c@example.it")])], source: "shop"))
            batch.hits = [
                Self.hit("1"), Self.hit("2", body: "[]"), Self.hit("3", body: #"{"a":"\u0000"}"#), Self.hit("4"),
            ]
            let receipt = try await ledger.accept(batch)
            #expect(receipt.outcomes.count == 2)
            #expect(receipt.outcomes.allSatisfy { if case .accepted = $0 { true } else { false } })
            #expect(try await Self.counts(database, workspace) == ["0 shop bot Googlebot 2"])
            #expect(
                try await database.superuser.texts("SELECT reason FROM refusal") == [
                    "malformed_json", "malformed_json",
                ])
        }
    }

    @Test func `old hits are forgotten, of every workspace`() async throws {
        try await TestDatabase.with { database in
            for name in ["one", "two"] {
                let ledger = try await database.workspace(name).ledger()
                _ = try await ledger.accept(
                    TestDatabase.batch([line("c", [("email", "c@example.it")])], source: "shop"))
                _ = try await ledger.accept(
                    Batch(
                        [], source: "shop",
                        hits: [Self.hit("1"), Self.hit("2", daysAgo: 401), Self.hit("3", daysAgo: 399)]))
            }
            let gone = try await Partitions(database.owner).forgetHits(olderThan: 400, now: TestDatabase.now)
            #expect(gone == 2)
            #expect(try await database.superuser.texts("SELECT count(*)::text FROM hit") == ["4"])
        }
    }
}
