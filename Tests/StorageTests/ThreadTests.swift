import Contact
import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct ThreadTests {
    private func item(_ id: String, _ pairs: [(String, String)]) throws -> IntakeItem {
        let email = try Normaliser(region: "IT").identifier(kind: "email", scope: nil, value: "a@example.com")
        let facet = FacetContent.showing([ShownIdentifier(email, .presented)], attributes: [], at: TestDatabase.now)
        return IntakeItem(
            .success(
                Interaction(
                    channel: "email", id: id, occurredAt: TestDatabase.now, facet: facet, thread: pairs.first?.0,
                    links: pairs.map { Interaction.ThreadLink($0.0, $0.1) })), raw: RawInput([]))
    }

    /// Random pairs, among them rings and pairs of one and itself, in three orders and batches, against sets joined in memory.
    @Test(arguments: [UInt64(1), 2, 3])
    func `What is connected is one thread, called by its least id, in any order`(seed: UInt64) async throws {
        var random = Seeded(seed)
        let names = (0..<120).map { "t\($0)" }
        var pairs = (0..<90).map { _ in
            (names.randomElement(using: &random) ?? "", names.randomElement(using: &random) ?? "")
        }
        pairs += [("ring1", "ring2"), ("ring2", "ring3"), ("ring3", "ring1")]
        pairs += (0..<70).map { ("line\($0)", "line\($0 + 1)") }
        var items: [IntakeItem] = []
        for (place, pair) in pairs.enumerated() { items.append(try item("i\(place)", [pair, (pair.1, pair.0)])) }
        let orders = (0..<3).map { _ in items.shuffled(using: &random) }
        let asked = names + ["ring1", "ring2", "ring3", "line0", "line35", "line70", "nowhere"]
        let told = pairs
        try await TestDatabase.with { database in
            for (place, order) in orders.enumerated() {
                let workspace = try await database.workspace("order-\(place)")
                let ledger = workspace.ledger()
                for start in stride(from: 0, to: order.count, by: 37) {
                    _ = try await ledger.accept(Batch(Array(order[start..<min(start + 37, order.count)]), source: "m"))
                }
                let source = try await database.superuser.int64(
                    "SELECT source FROM source WHERE workspace = \(workspace.id)")
                var least: [String: HubID] = [:]
                for name in Set(told.flatMap { [$0.0, $0.1] } + asked) {
                    least[name] = workspace.key.thread(source: source, id: name)
                }
                let own = least
                var changed = true
                while changed {
                    changed = false
                    for (a, b) in told {
                        guard let x = least[a], let y = least[b], x != y else { continue }
                        least[a] = min(x, y)
                        least[b] = min(x, y)
                        changed = true
                    }
                }
                let threads = Threads(workspace.hub, workspace: workspace.workspace)
                let found = try await threads.resolve(asked.compactMap { own[$0] })
                for name in asked {
                    let id = try #require(own[name])
                    #expect(found[id] == least[name], "\(name)")
                }
                // One by one as all together.
                let alone = try #require(own["line70"])
                #expect(try await threads.resolve([alone])[alone] == least["line70"])

                let before = try await database.digests()
                _ = try await ledger.accept(Batch(items, source: "m"))
                #expect(try await database.digests() == before, "a replay wrote links")
            }
        }
    }

    @Test func `The timeline names the whole, and a source's links can be taken away`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            _ = try await ledger.accept(
                Batch(
                    [try item("1", [("a", "b")]), try item("2", [("b", "c")]), try item("3", [("d", "d")])], source: "m"
                ))
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let email = try Normaliser(region: "IT").identifier(kind: "email", scope: nil, value: "a@example.com")
            let profile = try #require(try await profiles.profiles(showing: email).first)
            func threads() async throws -> [HubID] { try await profiles.timeline(profile).compactMap(\.thread) }
            #expect(try await threads().count == 3)
            #expect(Set(try await threads()).count == 2)
            try await database.superuser.run("DELETE FROM thread_link WHERE source = 1")
            #expect(Set(try await threads()).count == 3)
        }
    }
}
