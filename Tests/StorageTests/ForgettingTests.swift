import Contact
import ContactTesting
import Postgres
import Testing

@testable import Storage

/// How long the journal is kept, and what those who read it are told when it is not.
@Suite struct ForgettingTests {
    private static func day(_ number: Int64) -> Int64 { TestDatabase.now + number * 86_400_000_000 }

    /// A change or two on each of so many days.
    private func live(_ database: TestDatabase, _ workspaces: [TestWorkspace], days: Int64) async throws {
        for day in 0..<days {
            try await database.migrate(now: Self.day(day))
            for workspace in workspaces {
                _ = try await workspace.ledger(now: Self.day(day)).accept(
                    TestDatabase.batch([line("d\(day)", [("email", "d\(day)@example.com")])], source: "shop"))
            }
        }
    }

    private func bounds(_ workspace: TestWorkspace, _ database: TestDatabase) async throws -> (Int64, Int64) {
        let (oldest, end) = try await Changes(database.hub, workspace: workspace.workspace).bounds()
        return (oldest.position, end.position)
    }

    @Test func `days are dropped when they are old, and readers are told from where all is kept`() async throws {
        try await TestDatabase.with { database in
            let workspaces = [try await database.workspace("first"), try await database.workspace("second")]
            try await live(database, workspaces, days: 6)
            let partitions = Partitions(database.owner)
            let before = try await bounds(workspaces[0], database)
            #expect(before == (0, 12))
            #expect(try await partitions.forget(JournalRetention(days: 10), now: Self.day(6)) == [])
            let gone = try await partitions.forget(JournalRetention(days: 3), now: Self.day(6))
            // The day before the first one was made with it; it is empty.
            #expect(gone.suffix(3) == ["change_2026_11_01", "change_2026_11_02", "change_2026_11_03"], "\(gone)")
            for workspace in workspaces {
                #expect(try await bounds(workspace, database) == (6, 12))
                let changes = Changes(database.hub, workspace: workspace.workspace)
                let (oldest, _) = try await changes.bounds()
                guard case .page(let page) = try await changes.page(after: oldest, limit: 100) else {
                    Issue.record("no page")
                    continue
                }
                #expect(page.changes.map(\.position) == Array(7...12))
                let old = JournalCursor(epoch: oldest.epoch, position: 5)
                guard case .behind(let place) = try await changes.page(after: old, limit: 100) else {
                    Issue.record("a silent gap")
                    continue
                }
                #expect(place == oldest)
            }
            #expect(try await partitions.forget(JournalRetention(days: 3), now: Self.day(6)) == [])
        }
    }

    @Test func `a day that a subscription still needs is kept for it, but not for ever`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace("first")
            try await live(database, [workspace], days: 6)
            let subscriptions = Subscriptions(database.hub, workspace: workspace.workspace)
            let seal = Seal(Array(repeating: 3, count: 32))
            let epoch = try await Changes(database.hub, workspace: workspace.workspace).bounds().end.epoch
            _ = try await subscriptions.add(
                "slow", kind: .webhook, values: [:], secrets: [:], seal: seal,
                from: .after(JournalCursor(epoch: epoch, position: 3)), now: Self.day(5))
            let partitions = Partitions(database.owner)
            let kept = JournalRetention(days: 1, mostDays: 5)
            // It has been told of the first day, and half of the second.
            _ = try await partitions.forget(kept, now: Self.day(6))
            #expect(try await bounds(workspace, database) == (2, 12))
            // What is parked is needed too.
            let one = try #require(try await subscriptions.find("slow"))
            guard case .taken(let hold) = try await subscriptions.take(one, holder: "me", for: .seconds(60)) else {
                Issue.record("not taken")
                return
            }
            var progress = DeliveryProgress(position: 12)
            progress.parked = [
                ParkedDelivery(position: 6, at: Self.day(2), type: .interactionRecorded, profile: nil, keys: [])
            ]
            #expect(try await subscriptions.record(progress, hold, attempts: 0, now: Self.day(5)))
            _ = try await partitions.forget(kept, now: Self.day(6))
            #expect(try await bounds(workspace, database) == (4, 12))
            // Beyond the cap nobody is waited for.
            _ = try await partitions.forget(kept, now: Self.day(9))
            #expect(try await bounds(workspace, database) == (8, 12))
        }
    }

    @Test func `intake goes on while days are dropped, without a deadlock`() async throws {
        try await TestDatabase.with(connections: 6) { database in
            let workspace = try await database.workspace("first")
            try await live(database, [workspace], days: 12)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let ledger = workspace.ledger(now: Self.day(12))
                for writer in 0..<3 {
                    group.addTask {
                        for number in 0..<30 {
                            _ = try await ledger.accept(
                                TestDatabase.batch(
                                    [line("w\(writer)-\(number)", [("email", "w\(writer)@example.com")])],
                                    source: "shop"))
                        }
                    }
                }
                group.addTask {
                    for days in (1...11).reversed() {
                        _ = try await Partitions(database.owner).forget(
                            JournalRetention(days: days, mostDays: days), now: Self.day(12))
                    }
                }
                try await group.waitForAll()
                #expect(ledger.counts.deadlocks == 0)
            }
            let (gone, end) = try await bounds(workspace, database)
            #expect(gone == 22 && end == 24 + 90 + 3)
        }
    }
}
