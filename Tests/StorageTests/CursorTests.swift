import Contact
import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct CursorTests {
    private func batch(
        _ ids: [String], source: String = "shop", fence: Int64 = 3, from: String, to: String
    ) -> Batch {
        TestDatabase.batch(
            ids.map { line($0, [("email", "\($0)@example.com")], source: source) },
            cursor: CursorStep(source: source, fence: fence, from: from, to: to))
    }

    /// Two sources, read up to "a" under the fence 3.
    private func prepare(_ database: TestDatabase, _ workspace: TestWorkspace) async throws {
        for name in ["shop", "desk"] {
            try await Sources(workspace.hub, workspace: workspace.workspace).register(
                name, channel: "email", now: TestDatabase.now)
        }
        try await database.superuser.run(
            """
            INSERT INTO source_cursor (workspace, source, fence, cursor)
            SELECT workspace, source, 3, 'a' FROM source WHERE workspace = \(workspace.id)
            """)
    }

    private func cursors(_ database: TestDatabase) async throws -> [String] {
        try await database.superuser.texts(
            "SELECT name || ' ' || cursor FROM source_cursor JOIN source USING (workspace, source) ORDER BY source")
    }

    @Test func `A step is stored with its items, or neither is`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await prepare(database, workspace)
            let ledger = workspace.ledger()
            _ = try await ledger.accept(batch(["1"], from: "a", to: "b"))
            #expect(try await cursors(database) == ["shop b", "desk a"])
            let before = try await database.digests()
            for lost in [
                batch(["2"], from: "a", to: "c"), batch(["3"], fence: 2, from: "b", to: "c"),
                batch(["4"], fence: 4, from: "b", to: "c"), batch([], from: "a", to: "c"),
                batch(["5", "bad"], from: "a", to: "c"),
            ] {
                let failure = await error { _ = try await ledger.accept(lost) }
                guard case .cursorLost(let message) = failure as? IntakeError else {
                    Issue.record("\(String(describing: failure))")
                    continue
                }
                #expect(message.contains("shop"))
            }
            #expect(try await database.digests() == before)
            // A step with nothing to store is a step too, and one that replays only what is known.
            _ = try await ledger.accept(batch([], from: "b", to: "c"))
            _ = try await ledger.accept(batch(["1"], from: "c", to: "d"))
            #expect(try await cursors(database) == ["shop d", "desk a"])
            let unknown = await error {
                _ = try await workspace.ledger { $0.registersSources = false }.accept(
                    batch(["6"], source: "nobody", from: "", to: "b"))
            }
            guard case .cursorLost = unknown as? IntakeError else {
                Issue.record("\(String(describing: unknown))")
                return
            }
        }
    }

    @Test func `A step whose commit was not learnt of is repeated without losing the cursor`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await prepare(database, workspace)
            let ledger = workspace.ledger()
            _ = try await ledger.accept(batch(["1"], from: "a", to: "b"))
            // The same holder, told nothing, sends it again: it stands at the step's end already.
            let again = try await ledger.accept(batch(["1"], from: "a", to: "b"))
            guard case .known = again.outcomes[0] else {
                Issue.record("\(again)")
                return
            }
            #expect(try await cursors(database) == ["shop b", "desk a"])
        }
    }

    @Test func `A lost cursor fails its own batch and not those it shares a transaction with`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await prepare(database, workspace)
            let ledger = workspace.ledger { $0.inFlight = 1 }
            // The first transaction waits for the journal row; what comes meanwhile is gathered into the second.
            let results = try await database.holdingJournal(of: workspace, until: 1) {
                await withTaskGroup(of: (String, String).self) { group in
                    func send(_ name: String, _ batch: Batch) {
                        group.addTask {
                            do {
                                _ = try await ledger.accept(batch)
                                return (name, "stored")
                            } catch {
                                if case .cursorLost? = error as? IntakeError { return (name, "lost") }
                                return (name, "\(error)")
                            }
                        }
                    }
                    send("first", batch(["1"], from: "a", to: "b"))
                    send("plain", TestDatabase.batch([line("2", [("email", "2@example.com")])]))
                    send("stale", batch(["3"], source: "desk", fence: 1, from: "a", to: "b"))
                    send("good", batch(["4"], from: "b", to: "c"))
                    return await group.reduce(into: [String: String]()) { $0[$1.0] = $1.1 }
                }
            }
            #expect(results["plain"] == "stored")
            #expect(results["stale"] == "lost")
            let stored = try await database.superuser.texts("SELECT body->>'id' FROM interaction ORDER BY 1")
            #expect(!stored.contains("3") && stored.contains("2"))
            // The two steps of one source may have come in either order: what is stored is what was told.
            let steps = try await cursors(database)
            #expect(stored.contains("1") == (results["first"] == "stored"))
            #expect(stored.contains("4") == (results["good"] == "stored"))
            let reached = results["good"] == "stored" ? "c" : results["first"] == "stored" ? "b" : "a"
            #expect(steps == ["shop \(reached)", "desk a"], "\(results)")
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `An item at fault is refused and the cursor passes it; a stale reader's half is not stored`()
        async throws
    {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await prepare(database, workspace)
            let ledger = workspace.ledger()
            var items = batch((0..<9).map { "\($0)" }, from: "a", to: "b")
            items.items[4] = poison("4", named: true)
            var stale = items
            stale.cursor?.fence = 2
            let before = try await database.digests()
            let failure = await error { _ = try await ledger.accept(stale) }
            guard case .cursorLost = failure as? IntakeError else {
                Issue.record("\(String(describing: failure))")
                return
            }
            let after = try await database.digests()
            #expect(after == before)
            let count = try await database.superuser.int64("SELECT count(*) FROM interaction")
            #expect(count == 0)
            _ = try await ledger.accept(items)
            #expect(try await cursors(database) == ["shop b", "desk a"])
            let stored = try await database.superuser.int64("SELECT count(*) FROM interaction")
            #expect(stored == 8)
        }
    }

    @Test func `An item that jsonb refuses is found, refused with its input, and the rest is stored`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let poisoned: Set = [0, 13, 14, 49]
            let items = (0..<50).map { place in
                poisoned.contains(place)
                    ? poison("\(place)", named: place == 13)
                    : TestDatabase.batch([line("\(place)", [("email", "\(place % 9)@example.com")])]).items[0]
            }
            async let other = workspace.ledger(on: database.process()).accept(
                TestDatabase.batch((100..<140).map { line("\($0)", [("email", "\($0 % 9)@example.com")]) }))
            let receipt = try await ledger.accept(Batch(items, source: "shop"))
            _ = try await other
            for (place, outcome) in receipt.outcomes.enumerated() {
                switch outcome {
                case .refused(let refusal):
                    #expect(poisoned.contains(place))
                    #expect(refusal.reason == .malformedJSON && refusal.detail.contains("22P05"))
                case .accepted: #expect(!poisoned.contains(place))
                case .known: Issue.record("\(place) was known")
                }
            }
            #expect(receipt.outcomes.count == 50)
            #expect(ledger.counts.halved > 0)
            let kept = try await database.superuser.texts(
                "SELECT source || ' ' || convert_from(raw, 'UTF8') FROM refusal")
            #expect(kept.sorted() == poisoned.map { "shop as it came: \($0)" }.sorted())
            try await expectDenseJournal(database, workspace)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    /// As if the reader had let pass what PostgreSQL cannot hold.
    private func poison(_ id: String, named: Bool = false) -> IntakeItem {
        let facet = FacetContent.showing(
            [ShownIdentifier(Identifier(kind: .email, scope: "", canonical: "\(id)@example.com"), .presented)],
            attributes: [], at: TestDatabase.now)
        return IntakeItem(
            .success(
                Interaction(
                    source: named ? "shop" : "", channel: "email", id: id, occurredAt: TestDatabase.now, facet: facet,
                    body: Array(#"{"a":"\u0000"}"#.utf8))),
            raw: RawInput(Array("as it came: \(id)".utf8)))
    }
}
