import Contact
import ContactTesting
import Postgres
import Resolution
import Testing

@testable import Storage

/// What people remember for customers, and how these want to be met.
@Suite struct MemoryTests {
    private static let anna = Speaker("anna")
    private static let hour: Int64 = 3_600_000_000

    private func profile(_ ledger: Ledger, _ line: [UInt8]) async throws -> HubID {
        guard case .accepted(_, let profile?) = try await ledger.accept(TestDatabase.batch([line])).outcomes[0] else {
            throw Problem("not accepted")
        }
        return profile
    }

    private func words(_ profiles: Profiles, _ id: HubID) async throws -> [String] {
        guard case .profile(let found)? = try await profiles.profile(id) else { throw Problem("\(id) is lost") }
        return try await profiles.memories(of: found.id).map(\.words)
    }

    private func refusal(_ body: () async throws -> Void) async -> String {
        guard let error = await error(body) as? RecordError else { return "none" }
        switch error.kind {
        case .invalid: return "invalid"
        case .unknown: return "unknown"
        case .changed: return "changed"
        case .gone: return "gone"
        case .conflict: return "conflict"
        case .forbidden: return "forbidden"
        case .delicate: return "delicate"
        case .database: return "\(error)"
        }
    }

    @Test func `Open promises come first, by when they are due, and what is closed comes last`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let a = try await profile(ledger, line("1", [("email", "a@example.com")]))
            let now = TestDatabase.now
            func add(_ kind: MemoryKind, _ words: String, due: Int64? = nil, heard: Int64 = 0) async throws -> HubID {
                let said = MemorySaid(
                    kind, words, heardAt: now - heard * Self.hour, dueAt: due.map { now + $0 * Self.hour })
                return try await ledger.remember(said, of: Mention(a), by: Self.anna).memory.id
            }
            _ = try await add(.prefers, "white", heard: 3)
            _ = try await add(.promised, "call on Monday", due: 48)
            let thanks = try await add(.thanksDue, "sent us her sister", heard: 1)
            _ = try await add(.promised, "send the plan", due: 2)
            let kept = try await add(.promised, "the catalogue", due: 1)
            let again = MemorySaid(.prefers, "white")
            #expect(try await ledger.remember(again, of: Mention(a), by: Self.anna).recorded.isKnown)

            let closed = try await ledger.close(memory: kept, as: .kept, why: "posted", by: Self.anna)
            #expect(closed.memory.closing?.why == "posted" && !closed.recorded.isKnown)
            #expect(try await ledger.close(memory: kept, as: .kept, why: "again", by: Self.anna).recorded.isKnown)
            _ = try await workspace.ledger(now: now + 1).close(memory: thanks, as: .done, why: "a card", by: Self.anna)
            let order = ["send the plan", "call on Monday", "white", "sent us her sister", "the catalogue"]
            #expect(try await words(profiles, a) == order)
            var paged: [String] = []
            var place: Profiles.MemoryPlace?
            while let next = try await profiles.memories(of: a, after: place, limit: 1).first {
                paged.append(next.words)
                place = Profiles.MemoryPlace(next)
            }
            #expect(paged == order)
            guard case .profile(let shown)? = try await profiles.profile(a) else { throw Problem("lost") }
            #expect(shown.memories.open == 3 && shown.memories.closed == 2)
            #expect(shown.promises.map(\.words) == ["send the plan", "call on Monday"])
            #expect(shown.promises.first?.heardBy == "anna")

            let promise = shown.promises[0].id
            let cases: [(HubID, MemoryEnd, String, String)] = [
                (kept, .outdated, "x", "conflict"), (.random(), .done, "x", "unknown"),
                (promise, .done, "x", "invalid"),
                (promise, .kept, " ", "invalid"),
            ]
            for (id, end, why, expected) in cases {
                let found = await refusal { _ = try await ledger.close(memory: id, as: end, why: why, by: Self.anna) }
                #expect(found == expected)
            }
        }
    }

    @Test func `What takes another's place closes it, and the journal tells ids and kinds and no words`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let changes = Changes(workspace.hub, workspace: workspace.workspace)
            let a = try await profile(ledger, line("1", [("email", "a@example.com")]))
            let start = try await changes.bounds().end
            let first = try await ledger.remember(
                MemorySaid(.worriedAbout, "the noise"), of: Mention(a), by: Self.anna)
            let better = MemorySaid(.worriedAbout, "the noise at night", supersedes: first.memory.id)
            let second = try await ledger.remember(better, of: Mention(a), by: Speaker("bruno"))
            #expect(second.recorded.cursor.position == start.position + 3)
            guard case .page(let page) = try await changes.page(after: start, limit: 10) else {
                throw Problem("no page")
            }
            #expect(page.changes.map(\.type) == [.memoryAdded, .memoryAdded, .memoryClosed])
            for change in page.changes {
                let body = try JSONValue(change.body)
                #expect(change.profile == a && body["kind"]?.string == "worried_about")
                #expect(!String(decoding: change.body, as: UTF8.self).contains("noise"))
            }
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let old = try #require(try await profiles.memories(of: a).last)
            #expect(old.closing?.end == .outdated && old.closing?.by == "bruno" && old.words == "the noise")
            #expect(
                await refusal { _ = try await ledger.remember(better, of: Mention(a), by: Self.anna) }
                    == "conflict")
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `Words of what the law guards are stored when that is confirmed`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let a = try await profile(ledger, line("1", [("email", "a@example.com")]))
            var said = MemorySaid(.prefers, "niente glutine: è celiaca")
            #expect(await refusal { _ = try await ledger.remember(said, of: Mention(a), by: Self.anna) } == "delicate")
            #expect(try await database.superuser.int64("SELECT count(*) FROM memory") == 0)
            said.isConfirmed = true
            let stored = try await ledger.remember(said, of: Mention(a), by: Self.anna)
            #expect(stored.findings.map(\.word) == ["celiaca"] && stored.memory.isConfirmed)
            let plain = MemorySaid(.prefers, "il forno bianco", isConfirmed: true)
            #expect(try await !ledger.remember(plain, of: Mention(a), by: Self.anna).memory.isConfirmed)
            let now = TestDatabase.now
            let faults = [
                MemorySaid(.prefers, " "), MemorySaid(.prefers, String(repeating: "x", count: 2_001)),
                MemorySaid(.promised, "x"), MemorySaid(.prefers, "x", dueAt: now),
                MemorySaid(.prefers, "x", heardAt: now + 1), MemorySaid(.prefers, "x", heardBy: ""),
            ]
            for fault in faults {
                #expect(
                    await refusal { _ = try await ledger.remember(fault, of: Mention(a), by: Self.anna) }
                        == "invalid")
            }
            let desk = try await profile(ledger, line("2", [("email", "info@example.com")]))
            #expect(
                await refusal { _ = try await ledger.remember(plain, of: Mention(desk), by: Self.anna) }
                    == "conflict")
            let there = Mention(a, in: .random())
            #expect(await refusal { _ = try await ledger.remember(plain, of: there, by: Self.anna) } == "unknown")
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `Through merges, splits and erasures everything remembered stays with its facet`(seed: UInt64) async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            var random = Seeded(seed)
            var born: [HubID] = []
            for number in 0..<7 {
                born.append(try await profile(ledger, line("\(number)", [("email", "p\(number)@example.com")])))
            }
            var kept: [HubID: HubID] = [:]
            var made: [HubID] = []
            for step in 0..<60 {
                let (one, other) = (born.randomElement(using: &random)!, born.randomElement(using: &random)!)
                do {
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0, 1: made.append(try await ledger.decide(.same(one, other), who: "t", why: "").decision!)
                    case 2:
                        guard let last = made.popLast() else { continue }
                        _ = try await ledger.revoke(last, who: "t")
                    case 3 where step.isMultiple(of: 4):
                        let facets = try await database.superuser.texts("SELECT facet::text FROM facet ORDER BY 1")
                        let facet = HubID(facets.randomElement(using: &random) ?? "") ?? .random()
                        _ = try await ledger.erase([facet])
                        kept = kept.filter { $0.value != facet }
                    default:
                        let new = try await ledger.remember(
                            MemorySaid(.prefers, "\(step)"), of: Mention(one), by: Self.anna)
                        kept[new.memory.id] = new.memory.facet
                    }
                } catch let error as DecisionError {
                    if case .database = error.kind { throw error }
                } catch let error as RecordError {
                    guard case .gone = error.kind else { throw error }
                }
                guard step.isMultiple(of: 5) else { continue }
                for id in born {
                    guard case .profile(let found)? = try await profiles.profile(id) else { continue }
                    let facets = Set(found.facets.map(\.id))
                    let expected = Set(kept.filter { facets.contains($0.value) }.keys)
                    #expect(Set(try await profiles.memories(of: found.id, limit: 500).map(\.id)) == expected)
                    #expect(found.memories.open == Int64(expected.count))
                }
            }
            #expect(try await database.superuser.int64("SELECT count(*) FROM memory") == Int64(kept.count))
            try await expectNothingOrphaned(database, workspace)
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `What somebody prefers goes before what sources say, whatever comes later, and a split gives it back`()
        async throws
    {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let changes = Changes(workspace.hub, workspace: workspace.workspace)
            let a = try await profile(
                ledger,
                line("1", [("email", "a@example.com")], assurance: "verified", more: #","traits":{"language":"en"}"#))
            let b = try await profile(ledger, line("2", [("email", "b@example.com")]))
            let start = try await changes.bounds().end
            let preferred = Preferences(tone: .lei, language: "it", channel: "phone")
            let recorded = try await ledger.prefer(preferences: preferred, a)
            #expect(!recorded.isKnown && recorded.cursor.position == start.position + 1)
            _ = try await ledger.accept(
                TestDatabase.batch([
                    line(
                        "3", [("email", "a@example.com")], at: "2026-10-30T10:00:00Z", assurance: "verified",
                        more: #","traits":{"language":"fr","tone":"tu"}"#)
                ]))
            func traits(_ id: HubID) async throws -> [String: String] {
                guard case .profile(let found)? = try await profiles.profile(id) else { throw Problem("lost") }
                return Dictionary(
                    uniqueKeysWithValues: found.traits.filter(\.isWinner).map {
                        ($0.trait, String(decoding: $0.value, as: UTF8.self))
                    })
            }
            let wanted = ["language": "\"it\"", "preferred_channel": "\"phone\"", "tone": "\"lei\""]
            #expect(try await traits(a) == wanted)
            guard case .profile(let shown)? = try await profiles.profile(a) else { throw Problem("lost") }
            let tone = try #require(shown.traits.first { $0.trait == "tone" && $0.isWinner })
            #expect(tone.source == "agent: anna" && tone.assurance == .verified)
            #expect(shown.traits.contains { $0.trait == "language" && !$0.isWinner })

            let decided = try await ledger.decide(.same(a, b), who: "anna", why: "")
            #expect(try await traits(b) == wanted)
            let later = workspace.ledger(now: TestDatabase.now + 5)
            _ = try await later.prefer(Preferences(tone: .tu), of: Mention(b), by: Speaker("bruno"))
            #expect(try await traits(a)["tone"] == "\"tu\"")
            _ = try await ledger.revoke(try #require(decided.decision), who: "anna")
            #expect(try await traits(a) == wanted)
            #expect(try await traits(b) == ["tone": "\"tu\""])
            for wrong in [Preferences(), Preferences(language: "Italian"), Preferences(channel: "E-mail")] {
                #expect(await refusal { _ = try await ledger.prefer(preferences: wrong, a) } == "invalid")
            }
            try await database.expectResolved(workspace)
            try await expectDenseJournal(database, workspace)
        }
    }
}

extension Ledger {
    fileprivate func prefer(preferences: Preferences, _ id: HubID) async throws -> Recorded {
        try await prefer(preferences, of: Mention(id), by: Speaker("anna"))
    }
}
