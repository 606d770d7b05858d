import Contact
import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct LeaseTests {
    private func source(_ workspace: TestWorkspace, _ name: String = "posta") async throws -> ConfiguredSource {
        let store = SourceStore(workspace.hub, workspace: workspace.workspace)
        _ = try await store.add(
            name, kind: "shelf", channel: "chat", changes: SourceStore.Changes(), seal: nil, now: TestDatabase.now)
        return try #require(try await store.find(name))
    }

    @Test func `One holds a source at a time, and each holder has a greater fence`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let source = try await source(workspace)
            let leases = Leases(database.hub, workspace: workspace.workspace)
            guard case .taken(let first) = try await leases.take(source, holder: "a", for: .seconds(600)) else {
                Issue.record("not taken")
                return
            }
            guard case .held(let by, let left) = try await leases.take(source, holder: "b", for: .seconds(600)) else {
                Issue.record("taken from its holder")
                return
            }
            #expect(by == "a" && left > .seconds(500) && left <= .seconds(600))
            #expect(try await leases.renew(first, for: .seconds(600), health: SourceHealth()))
            try await leases.release(first, health: SourceHealth())
            guard case .taken(let second) = try await leases.take(source, holder: "b", for: .seconds(600)) else {
                Issue.record("not taken though given back")
                return
            }
            #expect(second.fence > first.fence)
            // Whoever had it before neither renews nor gives back what is another's.
            #expect(try await !leases.renew(first, for: .seconds(600), health: SourceHealth()))
            try await leases.release(first, health: SourceHealth())
            let holder = try await database.superuser.texts("SELECT holder FROM source_cursor")
            #expect(holder == ["b"])
        }
    }

    @Test func `A lease that has run out is another's to take, and its old holder moves no cursor`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let source = try await source(workspace)
            let leases = Leases(database.hub, workspace: workspace.workspace)
            guard case .taken(let old) = try await leases.take(source, holder: "a", for: .seconds(600)) else {
                Issue.record("not taken")
                return
            }
            let ledger = workspace.ledger()
            let step = CursorStep(source: "posta", fence: old.fence, from: "", to: "1")
            _ = try await ledger.accept(Batch([], source: "posta", cursor: step))
            try await database.superuser.run("UPDATE source_cursor SET until = now() - interval '1 second'")
            guard case .taken(let new) = try await leases.take(source, holder: "b", for: .seconds(600)) else {
                Issue.record("not taken though it had run out")
                return
            }
            #expect(new.cursor == "1")
            await #expect(throws: IntakeError.self) {
                let late = CursorStep(source: "posta", fence: old.fence, from: "1", to: "2")
                _ = try await ledger.accept(Batch([], source: "posta", cursor: late))
            }
            let cursor = try await database.superuser.texts("SELECT cursor FROM source_cursor")
            #expect(cursor == ["1"])
        }
    }

    @Test func `How a source is stands beside it for whoever asks`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let source = try await source(workspace)
            let leases = Leases(database.hub, workspace: workspace.workspace)
            guard case .taken(let lease) = try await leases.take(source, holder: "a", for: .seconds(600)) else {
                Issue.record("not taken")
                return
            }
            var health = SourceHealth()
            health.seenAt = TestDatabase.now
            health.waiting = 12
            health.progress = "INBOX 3 of 15"
            health.failure = SourceHealth.Failure(
                count: 2, text: "wrong password\u{0}: set it", at: TestDatabase.now, needsPerson: true,
                tryAt: TestDatabase.now + 1)
            _ = try await leases.renew(lease, for: .seconds(600), health: health)
            let store = SourceStore(database.hub, workspace: workspace.workspace)
            let state = try #require(try await store.states()["posta"])
            health.failure?.text = "wrong password\u{FFFD}: set it"
            #expect(state.holder == "a" && state.health == health)
            try await leases.release(lease, health: SourceHealth())
            let after = try #require(try await store.states()["posta"])
            #expect(after.holder == nil && after.health.failure == nil)
            // What was once seen is not forgotten by a reader who has not seen it yet.
            #expect(after.health.seenAt == TestDatabase.now)
        }
    }
}
