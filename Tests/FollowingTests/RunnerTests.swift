import Contact
import ContactTesting
import Logging
import Postgres
import Storage
import Testing

@testable import Following

@Suite struct RunnerTests {
    private struct Bench {
        let database: TestDatabase
        let workspace: TestWorkspace
        let store: SourceStore
        let shelf = Shelf()

        func source() async throws -> ConfiguredSource { try #require(try await store.find("scaffale")) }

        func follow(_ change: (inout FollowingSettings) -> Void = { _ in }) -> Task<Void, Never> {
            var settings = FollowingSettings(holder: "worker") { TestDatabase.now }
            settings.look = .milliseconds(50)
            settings.lease = .milliseconds(600)
            change(&settings)
            let ledger = workspace.ledger()
            let shelf = shelf
            let sources = FollowedSources(
                database.hub, settings: settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                intake: { _ in ledger }, connector: { _, _ in ShelfConnector(shelf) })
            return Task { await sources.follow() }
        }

        func until(_ what: Comment, _ isSo: () async throws -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while !(try await isSo()) {
                try #require(ContinuousClock.now < deadline, what)
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private func withBench(_ body: (Bench) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let store = SourceStore(database.hub, workspace: workspace.workspace)
            _ = try await store.add(
                "scaffale", kind: "shelf", channel: "chat", changes: SourceStore.Changes(), seal: nil,
                now: TestDatabase.now)
            try await body(Bench(database: database, workspace: workspace, store: store))
        }
    }

    @Test func `A paused source is left alone, a resumed one goes on where it was left`() async throws {
        try await withBench { bench in
            let task = bench.follow()
            try await bench.shelf.deliver("one")
            try await bench.until("stored") {
                try await bench.database.superuser.int64("SELECT count(*) FROM message") == 1
            }
            try await bench.store.pause(try await bench.source(), true)
            try await bench.until("left alone") {
                guard bench.shelf.state.withLock({ $0.readers }) == 0 else { return false }
                return try await bench.store.states()["scaffale"]?.holder == nil
            }
            try await bench.shelf.deliver("two")
            try await bench.store.pause(try await bench.source(), false)
            try await bench.until("goes on") {
                try await bench.database.superuser.int64("SELECT count(*) FROM message") == 2
            }
            task.cancel()
            await task.value
            #expect(bench.shelf.state.withLock { $0.readers } == 0)
        }
    }

    @Test func `A changed setting begins the connector anew, and ends its wait after a failure`() async throws {
        try await withBench { bench in
            bench.shelf.state.withLock { $0.failure = FollowFailure(.person, "the password is wrong: set password") }
            let task = bench.follow { $0.retry.firstForPerson = .seconds(3_000) }
            try await bench.until("told") {
                try await bench.store.states()["scaffale"]?.health.failure?.needsPerson == true
            }
            let told = try await bench.store.states()["scaffale"]?.health.failure?.text
            #expect(told == "the password is wrong: set password")
            bench.shelf.state.withLock { $0.failure = nil }
            try await bench.shelf.deliver("one")
            try await bench.store.change(
                try await bench.source(), SourceStore.Changes(values: ["pace": "1000"]), seal: nil)
            try await bench.until("stored") {
                try await bench.database.superuser.int64("SELECT count(*) FROM message") == 1
            }
            try await bench.until("well again") {
                try await bench.store.states()["scaffale"]?.health.failure == nil
            }
            task.cancel()
            await task.value
        }
    }

    @Test func `A source of many is followed by one of several workers, and by another when that one is gone`()
        async throws
    {
        try await withBench { bench in
            let taken = Monitor<[String]>([])
            let workers = (0..<3).map { number in
                bench.follow { settings in
                    settings.holder = "worker \(number)"
                    // Long: on a busy machine no renewal is late, and whoever is stopped gives it back at once.
                    settings.lease = .seconds(20)
                    settings.onTaken = { _ in taken.withLock { $0.append("\(number)") } }
                }
            }
            try await bench.shelf.deliver("one")
            try await bench.until("stored") {
                try await bench.database.superuser.int64("SELECT count(*) FROM message") == 1
            }
            #expect(bench.shelf.state.withLock { $0.readers } == 1)
            #expect(taken.withLock { $0.count } == 1)
            let first = try #require(taken.withLock { $0.first }.flatMap { Int($0) })
            workers[first].cancel()
            await workers[first].value
            try await bench.shelf.deliver("two")
            try await bench.until("taken over") {
                try await bench.database.superuser.int64("SELECT count(*) FROM message") == 2
            }
            #expect(taken.withLock { Set($0).count } == 2)
            for worker in workers { worker.cancel() }
            for worker in workers { await worker.value }
        }
    }

    @Test func `Pauses grow, differ, and heed what the other side asks`() {
        let retry = Retry()
        let passing = FollowFailure(.time, "x")
        #expect(retry.pause(after: 1, passing, draw: 1) == .seconds(1))
        #expect(retry.pause(after: 1, passing, draw: 0) == .milliseconds(500))
        #expect(retry.pause(after: 4, passing, draw: 1) == .seconds(8))
        #expect(retry.pause(after: 1_000_000, passing, draw: 1) == retry.longest)
        #expect(retry.pause(after: 2, FollowFailure(.person, "x"), draw: 1) == .seconds(120))
        #expect(retry.pause(after: 1, FollowFailure(.time, "x", notBefore: .seconds(90)), draw: 0) == .seconds(90))
    }

    @Test func `A pace lets a minute's worth through at once, then holds to it`() async throws {
        let clock = ManualClock()
        let pace = Pace(perMinute: 60, clock: clock)
        try await pace.wait(for: 60)
        let through = Monitor(0)
        let task = Task {
            for _ in 0..<3 {
                try await pace.wait(for: 30)
                through.withLock { $0 += 1 }
            }
        }
        for expected in 1...3 {
            while clock.nextWaking == nil { await Task.yield() }
            #expect(through.withLock { $0 } == expected - 1)
            clock.advance(by: .seconds(29))
            await Task.yield()
            #expect(through.withLock { $0 } == expected - 1)
            clock.advance(by: .seconds(1))
            while through.withLock({ $0 }) < expected { await Task.yield() }
        }
        try await task.value
    }
}
