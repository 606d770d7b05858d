import Contact
import ContactTesting
import Postgres
import Resolution
import Testing

@testable import Storage

/// What customers agree to, on a real database, through merges, splits and erasures.
@Suite struct ConsentTests {
    private static let anna = Speaker("anna")
    private static let day: Int64 = 86_400_000_000

    private func profile(_ ledger: Ledger, _ line: [UInt8]) async throws -> HubID {
        guard case .accepted(_, let profile?) = try await ledger.accept(TestDatabase.batch([line])).outcomes[0] else {
            throw Problem("not accepted")
        }
        return profile
    }

    private func email(_ value: String) throws -> Identifier {
        try Normaliser().identifier(kind: "email", scope: nil, value: value)
    }

    /// Of every living profile what is answered is what the pure function says of the statements on its facets.
    private func expectFold(
        _ said: [HubID: ConsentStatement], _ database: TestDatabase, _ profiles: Profiles
    ) async throws {
        let rows = try await database.superuser.texts(
            "SELECT facet.profile || ' ' || facet || ' ' || kind FROM facet JOIN profile USING (workspace, profile) ORDER BY 1"
        )
        var homes: [HubID: (facets: Set<HubID>, isShared: Bool)] = [:]
        for row in rows {
            let parts = row.split(separator: " ")
            guard let profile = HubID(String(parts[0])), let facet = HubID(String(parts[1])) else { continue }
            homes[profile, default: ([], false)].facets.insert(facet)
            homes[profile]?.isShared = parts[2] == "1"
        }
        for (profile, home) in homes {
            let expected = Consents(said.values.filter { home.facets.contains($0.facet) })
            guard case .profile(let shown)? = try await profiles.profile(profile) else { throw Problem("lost") }
            #expect(shown.consents.standings.map(\.statement) == expected.standings.map(\.statement))
            let history = try await profiles.consents(of: profile, limit: 1_000)
            #expect(Set(history.map(\.id)) == Set(said.values.filter { home.facets.contains($0.facet) }.map(\.id)))
            for purpose in ConsentPurpose.allCases {
                for channel in ["email", "sms"] {
                    let found = try #require(try await profiles.mayContact(profile, for: purpose, on: channel))
                    let wanted = expected.mayContact(for: purpose, on: channel, isNobodys: home.isShared)
                    #expect(found.reason == wanted.reason && found.statement == wanted.statement)
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `Among merges, splits and erasures what holds is what the pure function says`(seed: UInt64) async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            var random = Seeded(seed)
            var born: [HubID] = []
            for number in 0..<8 {
                let id = try await profile(ledger, line("\(number)", [("email", "p\(number)@example.com")]))
                born.append(id)
                if number.isMultiple(of: 3) {
                    let both = [("email", "p\(number)@example.com"), ("phone", "+39347123450\(number)")]
                    _ = try await profile(ledger, line("b\(number)", both))
                }
            }
            var said: [HubID: ConsentStatement] = [:]
            var made: [HubID] = []
            var counts = (recorded: 0, known: 0, decided: 0, erased: 0)
            for step in 0..<70 {
                let one = born[Int.random(in: 0..<born.count, using: &random)]
                let other = born[Int.random(in: 0..<born.count, using: &random)]
                do {
                    switch Int.random(in: 0..<12, using: &random) {
                    case 0, 1, 2:
                        let word: Said =
                            Int.random(in: 0..<3, using: &random) > 0
                            ? .same(one, other) : .notSame([one], [other])
                        made.append(try #require(try await ledger.decide(word, who: "t", why: "").decision))
                    case 3, 4:
                        guard let last = made.popLast() else { continue }
                        _ = try await ledger.revoke(last, who: "t")
                    case 5 where step.isMultiple(of: 5):
                        let facets = try await database.superuser.texts("SELECT facet::text FROM facet ORDER BY 1")
                        guard let facet = facets.randomElement(using: &random).flatMap({ HubID($0) }) else { continue }
                        _ = try await ledger.erase([facet])
                        said = said.filter { $0.value.facet != facet }
                        counts.erased += 1
                    default:
                        let state = ConsentState.allCases.randomElement(using: &random) ?? .denied
                        let purposes = ConsentPurpose.allCases
                        let stated = ConsentSaid(
                            state, for: purposes.randomElement(using: &random) ?? .service,
                            on: [nil, "email", "sms"].randomElement(using: &random) ?? nil,
                            basis: state == .granted ? .consent : nil,
                            at: TestDatabase.now - Int64.random(in: 0...20, using: &random) * Self.day)
                        let recorded = try await ledger.record(stated, of: Mention(one), by: Self.anna)
                        #expect(recorded.recorded.isKnown == (said[recorded.statement.id] != nil))
                        said[recorded.statement.id] = recorded.statement
                        counts.recorded += 1
                        let again = try await ledger.record(stated, of: Mention(one), by: Self.anna)
                        #expect(again.recorded.isKnown && again.statement.id == recorded.statement.id)
                        counts.known += 1
                    }
                    counts.decided = made.count
                } catch let error as DecisionError {
                    guard case .database = error.kind else { continue }
                    throw error
                } catch let error as RecordError {
                    switch error.kind {
                    case .gone, .conflict: continue
                    default: throw error
                    }
                }
                if step.isMultiple(of: 6) { try await expectFold(said, database, profiles) }
            }
            try await expectFold(said, database, profiles)
            #expect(counts.recorded > 20, "\(counts)")
            try await expectNothingOrphaned(database, workspace)
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `Two who were said to be one are refused what either refused, and have their own again`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let a = try await profile(ledger, line("1", [("email", "a@example.com")]))
            let b = try await profile(ledger, line("2", [("email", "b@example.com")]))
            let grant = ConsentSaid(.granted, for: .marketing, on: "email", basis: .consent, textVersion: "2026-05")
            let first = try await ledger.record(grant, of: Mention(a), by: Self.anna)
            #expect(!first.recorded.isKnown && first.standing.id == first.statement.id)
            _ = try await ledger.record(ConsentSaid(.denied, for: .marketing), of: Mention(b), by: Self.anna)
            func reasons() async throws -> [ContactPermission.Reason?] {
                var found: [ContactPermission.Reason?] = []
                for id in [a, b] {
                    found.append(try await profiles.mayContact(id, for: .marketing, on: "email")?.reason)
                }
                return found
            }
            #expect(try await reasons() == [.granted, .denied])
            let decided = try await ledger.decide(.same(a, b), who: "anna", why: "")
            #expect(try await reasons() == [.denied, .denied])
            // Of the id that was absorbed too: it hangs on the facet that the id was born with, and goes where that goes.
            let meanwhile = try await ledger.record(
                ConsentSaid(.granted, for: .analytics, basis: .legitimateInterest), of: Mention(b), by: Self.anna)
            #expect(try await profiles.mayContact(a, for: .analytics, on: "web")?.isAllowed == true)
            _ = try await ledger.revoke(try #require(decided.decision), who: "anna")
            #expect(try await reasons() == [.granted, .denied])
            #expect(try await profiles.mayContact(a, for: .analytics, on: "web")?.reason == .nothingSaid)
            #expect(try await profiles.mayContact(b, for: .analytics, on: "web")?.statement == meanwhile.statement)
        }
    }

    @Test
    func `A statement hangs on the facet that shows the identifier alone, and a connector's on what it has shown`()
        async throws
    {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let a = try await profile(ledger, line("1", [("email", "a@example.com"), ("email", "b@example.com")]))
            _ = try await profile(ledger, line("2", [("email", "b@example.com")], source: "desk"))
            let grant = ConsentSaid(.granted, for: .marketing, basis: .consent, at: TestDatabase.now - 5)
            let shown = try await database.superuser.texts(
                "SELECT facet::text FROM facet_identifier GROUP BY facet HAVING count(*) = 1")
            let on = try await ledger.record(grant, of: Mention(a, showing: email("b@example.com")), by: Self.anna)
            #expect(shown == ["\(on.recorded.facet)"])
            let born = try await ledger.record(grant, of: Mention(a), by: Self.anna)
            #expect(born.recorded.facet != on.recorded.facet)
            let desk = Speaker("source desk", source: "desk")
            let own = try await ledger.record(grant, of: Mention(a), by: desk)
            #expect(own.recorded.facet == on.recorded.facet && own.statement.source == "desk")
            _ = try await profile(ledger, line("3", [("email", "other@example.com")], source: "till"))
            let till = Speaker("source till", source: "till")
            let refused = await error { _ = try await ledger.record(grant, of: Mention(a), by: till) }
            guard case .forbidden? = (refused as? RecordError)?.kind else {
                Issue.record("\(String(describing: refused))")
                return
            }
            let unknown = await error {
                _ = try await ledger.record(grant, of: Mention(a, showing: email("c@example.com")), by: Self.anna)
            }
            guard case .unknown? = (unknown as? RecordError)?.kind else {
                Issue.record("\(String(describing: unknown))")
                return
            }
            let interactions = try await database.superuser.texts(
                "SELECT interaction::text FROM interaction JOIN source USING (workspace, source) WHERE name = 'desk'")
            let said = try #require(interactions.first.flatMap { HubID($0) })
            let there = try await ledger.record(grant, of: Mention(a, in: said), by: Self.anna)
            #expect(there.recorded.facet == on.recorded.facet && there.statement.source == "desk")
        }
    }

    @Test func `What is said is told in the same commit, once, and nothing is overwritten`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let changes = Changes(workspace.hub, workspace: workspace.workspace)
            let a = try await profile(ledger, line("1", [("email", "a@example.com")]))
            let start = try await changes.bounds().end
            let grant = ConsentSaid(.granted, for: .marketing, on: "email", basis: .consent, proof: "on paper")
            let granted = try await ledger.record(grant, of: Mention(a), by: Self.anna)
            #expect(granted.recorded.cursor.position == start.position + 1)
            let again = try await ledger.record(grant, of: Mention(a), by: Self.anna)
            #expect(again.recorded.isKnown && again.recorded.cursor == granted.recorded.cursor)
            let later = workspace.ledger(now: TestDatabase.now + 1)
            let withdrawn = try await later.record(
                ConsentSaid(.withdrawn, for: .marketing), of: Mention(a), by: Self.anna)
            // Said again after something else, it is said anew.
            let anew = try await workspace.ledger(now: TestDatabase.now + 2).record(
                grant, of: Mention(a), by: Self.anna)
            #expect(!anew.recorded.isKnown && anew.standing.id == anew.statement.id)
            // What was said before and comes later does not count.
            var late = ConsentSaid(.denied, for: .marketing, on: "email")
            late.at = TestDatabase.now - Self.day
            let old = try await ledger.record(late, of: Mention(a), by: Self.anna)
            #expect(!old.recorded.isKnown && old.standing.id == anew.statement.id)
            guard case .page(let page) = try await changes.page(after: start, limit: 10) else {
                throw Problem("no page")
            }
            #expect(
                page.changes.map(\.type) == [.consentGranted, .consentDenied, .consentGranted, .consentDenied])
            #expect(page.changes.allSatisfy { $0.profile == a && $0.version == nil })
            let body = try JSONValue(page.changes[1].body)
            #expect(body["consent"]?.string == "\(withdrawn.statement.id)" && body["state"]?.string == "withdrawn")
            #expect(body["channel"]?.string == "all" && body["proof"] == nil)
            let history = try await profiles.consents(of: a)
            #expect(history.map(\.id) == [anew, withdrawn, granted, old].map(\.statement.id))
            #expect(history[2].proof == "on paper" && history[2].who == "anna")
            let rest = try await profiles.consents(
                of: a, before: (history[1].statedAt, history[1].id), limit: 1)
            #expect(rest.map(\.id) == [granted.statement.id])
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `What several people share is refused by any of them, and granted by none`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let desk = try await profile(ledger, line("1", [("email", "info@example.com")]))
            let grant = ConsentSaid(.granted, for: .marketing, basis: .consent)
            let refused = await error { _ = try await ledger.record(grant, of: Mention(desk), by: Self.anna) }
            guard case .conflict? = (refused as? RecordError)?.kind else {
                Issue.record("\(String(describing: refused))")
                return
            }
            _ = try await ledger.record(ConsentSaid(.denied, for: .marketing), of: Mention(desk), by: Self.anna)
            #expect(try await profiles.mayContact(desk, for: .marketing, on: "email")?.reason == .denied)
            #expect(try await profiles.mayContact(desk, for: .profiling, on: "email")?.reason == .nobodys)
            #expect(try await profiles.mayContact(.random(), for: .service, on: "email") == nil)
            // In another spelling the refusal would be passed over.
            for channel in ["Email", "all", ""] {
                #expect(
                    await error { _ = try await profiles.mayContact(desk, for: .marketing, on: channel) } != nil)
            }
        }
    }

    @Test func `What is erased takes what was said along, and what cannot have been said is refused`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let a = try await profile(ledger, line("1", [("email", "a@example.com")]))
            let grant = ConsentSaid(.granted, for: .marketing, basis: .consent)
            _ = try await ledger.record(grant, of: Mention(a), by: Self.anna)
            var faults = [grant, grant, grant, grant]
            faults[0].basis = nil
            faults[1].at = TestDatabase.now + 1
            faults[2].channel = "E-mail"
            faults[3].proof = String(repeating: "x", count: 2_001)
            for fault in faults {
                let refused = await error { _ = try await ledger.record(fault, of: Mention(a), by: Self.anna) }
                guard case .invalid? = (refused as? RecordError)?.kind else {
                    Issue.record("\(fault): \(String(describing: refused))")
                    continue
                }
            }
            _ = try await ledger.erase([a])
            #expect(try await database.superuser.int64("SELECT count(*) FROM consent") == 0)
            #expect(try await profiles.mayContact(a, for: .service, on: "email") == nil)
            let gone = await error { _ = try await ledger.record(grant, of: Mention(a), by: Self.anna) }
            guard case .gone? = (gone as? RecordError)?.kind else {
                Issue.record("\(String(describing: gone))")
                return
            }
        }
    }
}
