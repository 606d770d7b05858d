import Contact
import ContactTesting
import Postgres
import Storage
import Testing

@Suite struct IntakeTests {
    @Test func `A replay that states another time and another customer's name changes nothing`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let first = try await ledger.accept(
                TestDatabase.batch([line("1", [("email", "ada@example.com")], more: #","traits":{"plan":"pro"}"#)]))
            let before = try await database.digests()
            let again = try await workspace.ledger().accept(
                TestDatabase.batch([
                    line(
                        "1", [("email", "bob@example.com")], at: "2026-07-09T00:00:00Z",
                        more: #","traits":{"plan":"free"}"#)
                ]))
            let after = try await database.digests()
            #expect(before == after)
            #expect(first.position == again.position && first.epoch == again.epoch)
            guard case .accepted(let stored, let profile?) = first.outcomes[0],
                case .known(let known, _) = again.outcomes[0]
            else {
                Issue.record("\(first) \(again)")
                return
            }
            #expect(stored == known)
            let found = try await database.superuser.int64(
                "SELECT count(*) FROM facet WHERE profile = '\(profile)'")
            #expect(found == 1)
        }
    }

    @Test func `What comes twice in one batch, or in several at once, is counted once`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let one = line("1", [("email", "ada@example.com")])
            let receipt = try await ledger.accept(
                TestDatabase.batch([one, line("2", [("email", "ada@example.com")]), one]))
            guard case .accepted = receipt.outcomes[0], case .accepted = receipt.outcomes[1],
                case .known = receipt.outcomes[2]
            else {
                Issue.record("\(receipt.outcomes)")
                return
            }
            let lines = (0..<100).map { line("c\($0)", [("email", "c\($0 % 7)@example.com")]) }
            let other = workspace.ledger(on: try database.process())
            let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var random = Seeded(UInt64(worker))
                        let batch = TestDatabase.batch(lines.shuffled(using: &random))
                        let receipt = try await (worker.isMultiple(of: 2) ? ledger : other).accept(batch)
                        return receipt.outcomes.count { if case .accepted = $0 { true } else { false } }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(accepted == 100)
            #expect(ledger.counts.deadlocks == 0 && other.counts.deadlocks == 0)
            try await expectDenseJournal(database, workspace)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    @Test func `A message to two customers is one message and two interactions`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let message = #","message":{"id":"m1","subject":"Offer","text":"Dear both"}"#
            _ = try await workspace.ledger().accept(
                TestDatabase.batch([
                    line("1", [("email", "ada@example.com")], customer: "ada@example.com", more: message),
                    line("1", [("email", "bob@example.com")], customer: "bob@example.com", more: message),
                ]))
            let counts = try await database.superuser.texts(
                """
                SELECT (SELECT count(*) FROM message) || ' ' || count(*) || ' ' || count(DISTINCT facet) || ' '
                  || count(DISTINCT message) FROM interaction
                """)
            #expect(counts == ["1 2 2 1"])
            try await expectNothingOrphaned(database, workspace)
        }
    }

    @Test func `What is refused is kept with its reason and its input, once, and what follows it is stored`()
        async throws
    {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let bad = Array(#"{"id":"1","identifiers":"#.utf8)
            let nobody = line("2", [])
            let good = line("3", [("email", "ada@example.com")])
            for _ in 0..<2 {
                let receipt = try await ledger.accept(TestDatabase.batch([bad, nobody, good], source: "shop"))
                guard case .refused(let first) = receipt.outcomes[0], case .refused(let second) = receipt.outcomes[1]
                else {
                    Issue.record("\(receipt.outcomes)")
                    return
                }
                #expect(first.reason == .malformedJSON && second.reason == .noIdentifier)
            }
            let rows = try await database.superuser.texts(
                """
                SELECT reason || ' ' || source || ' ' || convert_from(raw, 'UTF8') || ' ' || length || ' '
                  || (sha256 = sha256(raw)) || ' ' || extract(epoch FROM refused_at)::bigint FROM refusal ORDER BY reason
                """)
            let now = TestDatabase.now / 1_000_000
            #expect(
                rows == [
                    "malformed_json shop \(String(decoding: bad, as: UTF8.self)) \(bad.count) true \(now)",
                    "no_identifier shop \(String(decoding: nobody, as: UTF8.self)) \(nobody.count) true \(now)",
                ])
            let stored = try await database.superuser.int64("SELECT count(*) FROM interaction")
            #expect(stored == 1)
        }
    }

    @Test func `A source that nobody made is refused by its name, unless the import may make it`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let strict = workspace.ledger { $0.registersSources = false }
            let batch = TestDatabase.batch([
                line("1", [("email", "ada@example.com")], source: "nobody's"),
                line("2", [("email", "ada@example.com")], source: ""),
            ])
            let receipt = try await strict.accept(batch)
            for outcome in receipt.outcomes {
                guard case .refused(let refusal) = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
                #expect(refusal.reason == .sourceUnknown)
            }
            let named = try await database.superuser.texts("SELECT source FROM refusal ORDER BY source")
            #expect(named == ["", "nobody's"])
            _ = try await workspace.ledger().accept(batch)
            let sources = try await database.superuser.texts("SELECT name || ' ' || channel FROM source")
            #expect(sources == ["nobody's email"])
            // One that was made meanwhile is found.
            let later = try await strict.accept(batch)
            guard case .known = later.outcomes[0] else {
                Issue.record("\(later.outcomes)")
                return
            }
        }
    }

    @Test func `The last day of a facet rises and never falls, whoever knows it`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledgers = [workspace.ledger(), workspace.ledger(on: try database.process())]
            let times = [
                ("2026-05-31T23:59:59Z", "2026-05-31"), ("2026-03-01T00:00:00Z", "2026-05-31"),
                ("2026-06-30T23:30:00-02:00", "2026-07-01"), ("2026-06-01T00:00:00Z", "2026-07-01"),
                ("2014-12-31T00:00:00Z", "2026-07-01"), ("2026-10-01T00:00:00Z", "2026-10-01"),
                ("2026-09-01T00:00:00Z", "2026-10-01"), ("2026-10-31T00:00:00Z", "2026-10-31"),
            ]
            for (place, (time, day)) in times.enumerated() {
                _ = try await ledgers[place % 2].accept(
                    TestDatabase.batch([line("\(place)", [("email", "ada@example.com")], at: time)]))
                let stored = try await database.superuser.texts("SELECT last_day::text FROM facet")
                #expect(stored == [day], "after \(time)")
            }
            let timeline = try await Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
                .timeline(
                    HubID(try await database.superuser.texts("SELECT profile::text FROM facet")[0]) ?? .random(),
                    limit: 5)
            let times5 = times.compactMap { Timestamp.microseconds($0.0) }.sorted(by: >).prefix(5)
            #expect(timeline.map(\.occurredAt) == Array(times5))
        }
    }

    @Test func `A shared value alone is nobody`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            _ = try await ledger.accept(
                TestDatabase.batch([
                    line("1", [("email", "info@example.com")]),
                    line("2", [("email", "info@example.com"), ("email", "ada@example.com")]),
                    line("3", [("email", "info@example.com"), ("email", "bob@example.com")]),
                    line("4", [("email", "claimed@example.com")], assurance: "claimed"),
                ]))
            let kinds = try await database.superuser.texts("SELECT kind || ' ' || facets FROM profile ORDER BY 1")
            #expect(kinds == ["0 1", "0 1", "0 1", "1 1"])
            let statistics = try await Statistics.read(workspace.hub, workspace.workspace)
            #expect(statistics.profiles == 3 && statistics.shared == 1)
        }
    }
}
