import Contact
import ContactTesting
import Postgres
import Testing

@testable import Storage

@Suite struct SourceStoreTests {
    private static let key = [UInt8](repeating: 7, count: 32)

    @Test func `What is set for a source is read back, and its secrets open only for it`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let store = SourceStore(database.hub, workspace: workspace.workspace)
            let seal = Seal(Self.key)
            let changes = SourceStore.Changes(
                values: ["own": "bottega.example", "trust": "verified", "gone": nil],
                secrets: ["password": Secret("perché no?")], precedence: 3)
            #expect(
                try await store.add("posta", kind: "email", channel: "email", changes: changes, seal: seal, now: 1))
            #expect(
                try await !store.add("posta", kind: "email", channel: "email", changes: changes, seal: seal, now: 2),
                "a name is taken once")

            let source = try #require(try await store.find("posta"))
            #expect(source.values == ["own": "bottega.example", "trust": "verified"])
            #expect(source.secrets == ["password"] && source.precedence == 3 && source.createdAt == 1)
            let settings = try await store.settings(of: source, seal: seal, now: TestDatabase.now)
            #expect(settings.secrets["password"]?.revealed == "perché no?")
            #expect(try settings.trust().most == .verified)
            #expect("\(settings)".contains("perché") == false, "a secret is never printed")

            let stored = try await database.superuser.texts("SELECT encode(sealed, 'escape') FROM source_secret")
            #expect(stored.count == 1 && stored.allSatisfy { !$0.contains("no?") })
            await #expect(throws: Seal.Failure.self) {
                try await store.settings(of: source, seal: Seal([UInt8](repeating: 8, count: 32)), now: 0)
            }
            // Moved to another source it does not open.
            _ = try await store.add(
                "altra", kind: "email", channel: "email", changes: SourceStore.Changes(), seal: nil, now: 3)
            try await database.superuser.run(
                "UPDATE source_secret SET source = (SELECT source FROM source WHERE name = 'altra')")
            let other = try #require(try await store.find("altra"))
            await #expect(throws: Seal.Failure.self) { try await store.settings(of: other, seal: seal, now: 0) }
        }
    }

    @Test func `A change sets what it names, takes away what it empties and leaves the rest`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let store = SourceStore(database.hub, workspace: workspace.workspace)
            let seal = Seal(Self.key)
            let first = SourceStore.Changes(
                values: ["a": "1", "b": "2"], secrets: ["one": Secret("x"), "two": Secret("y")], precedence: 4)
            _ = try await store.add("s", kind: "interactions", channel: "store", changes: first, seal: seal, now: 1)
            let source = try #require(try await store.find("s"))
            try await store.change(
                source, SourceStore.Changes(values: ["b": nil, "c": "3"], secrets: ["one": nil, "two": Secret("z")]),
                seal: seal)
            let changed = try #require(try await store.find("s"))
            #expect(changed.values == ["a": "1", "c": "3"])
            #expect(changed.secrets == ["two"] && changed.precedence == 4)
            #expect(try await store.settings(of: changed, seal: seal, now: 0).secrets["two"]?.revealed == "z")
            await #expect(throws: Seal.Failure.self) {
                try await store.change(changed, SourceStore.Changes(secrets: ["three": Secret("w")]), seal: nil)
            }
        }
    }

    @Test func `Of changes made at once none is lost`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let store = SourceStore(database.hub, workspace: workspace.workspace)
            _ = try await store.add(
                "s", kind: "interactions", channel: "store",
                changes: SourceStore.Changes(values: ["gone": "1"], precedence: 4), seal: nil, now: 1)
            // Each from what it read before any other had written.
            let read = try #require(try await store.find("s"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await store.change(read, SourceStore.Changes(values: ["k\(number)": "v"]), seal: nil)
                    }
                }
                group.addTask {
                    try await store.change(
                        read, SourceStore.Changes(values: ["gone": nil], precedence: 7), seal: nil)
                }
                try await group.waitForAll()
            }
            let changed = try #require(try await store.find("s"))
            #expect(Set(changed.values.keys) == Set((0..<8).map { "k\($0)" }))
            #expect(changed.precedence == 7)
        }
    }

    @Test func `Sources made at once get each a number, and one of two of a name is made`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let store = SourceStore(database.hub, workspace: workspace.workspace)
            let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        try await store.add(
                            "s\(number / 2)", kind: "interactions", channel: "store",
                            changes: SourceStore.Changes(), seal: nil, now: 1)
                    }
                }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(made.filter { $0 }.count == 6)
            #expect(Set(try await store.list().map(\.id)).count == 6)
        }
    }

    @Test func `A trust that is no level or of no kind is named`() {
        let settings = SourceSettings(
            source: "s", values: ["trust": "much", "trust.shoe": "claimed", "trust.email": "verified"],
            normaliser: Normaliser())
        #expect(
            throws: SettingsError([
                "trust is claimed, presented or verified, not much", "trust.shoe names no kind of identifier",
            ])
        ) { try settings.trust() }
    }
}
