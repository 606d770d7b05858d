import Contact
import ContactTesting
import GroundTruth
import Postgres
import Resolution
import Testing

@testable import Storage

/// What people decide, take back and erase, on what the hub has joined.
@Suite struct DecisionTests {
    private func living(_ database: TestDatabase) async throws -> Int64 {
        try await database.superuser.int64("SELECT count(*) FROM profile WHERE canonical IS NULL AND NOT gone")
    }

    private func profile(_ ledger: Ledger, _ line: [UInt8]) async throws -> HubID {
        guard case .accepted(_, let profile?) = try await ledger.accept(TestDatabase.batch([line])).outcomes[0] else {
            throw Problem("not accepted")
        }
        return profile
    }

    @Test func `A merge is undone, each id is itself again, and taking that back merges them again`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let a = try await profile(
                ledger, line("1", [("email", "a@example.com")], more: #","traits":{"plan":"pro"}"#))
            let b = try await profile(
                ledger, line("2", [("email", "b@example.com")], more: #","traits":{"plan":"free","town":"Lodi"}"#))
            let joined = try await profile(
                ledger, line("3", [("email", "a@example.com"), ("email", "b@example.com")]))
            #expect(joined == min(a, b) || joined == a || joined == b)
            #expect(try await living(database) == 1)
            let pair = try #require(try await profiles.explain(a, b))
            #expect(pair.profiles.0 == pair.profiles.1 && pair.path.count == 2)

            let preview = try await ledger.decide(.notSame([a], [b]), who: "anna", why: "two people", isPreview: true)
            #expect(preview.split.count == 1 && preview.cursor == nil)
            #expect(try await living(database) == 1)
            #expect(try await profiles.decisions().isEmpty)

            let decided = try await ledger.decide(.notSame([a], [b]), who: "anna", why: "two people")
            #expect(decided.split.map(\.profile) == [joined] && decided.cursor != nil)
            #expect(try await living(database) == 2)
            for (id, plan) in [(a, "\"pro\""), (b, "\"free\"")] {
                guard case .profile(let found)? = try await profiles.profile(id) else { throw Problem("\(id) is lost") }
                #expect(found.id == id && found.redirectedFrom == nil)
                let winner = found.traits.first { $0.trait == "plan" && $0.isWinner }
                #expect(winner.map { String(decoding: $0.value, as: UTF8.self) } == plan)
                #expect(found.refused.count == 1 && found.refused[0].reason == .notSame)
            }
            try await database.expectResolved(workspace)
            #expect(try await profiles.reviews().isEmpty, "what is decided is no question")
            let made = try #require(try await profiles.decisions().first)
            #expect(made.kind == "not_same" && made.who == "anna" && made.left.count == 1 && made.right.count == 1)

            // What arrives after a merge hangs on its own facet: undoing loses nothing.
            let later = try await profile(ledger, line("4", [("email", "b@example.com"), ("phone", "+393471234567")]))
            #expect(later == b)
            let back = try await ledger.revoke(try #require(decided.decision), who: "bruno")
            #expect(back.merged.count == 1)
            #expect(try await living(database) == 1)
            try await database.expectResolved(workspace)
            let twice = await error { _ = try await ledger.revoke(try #require(decided.decision), who: "bruno") }
            #expect("\(twice.map { "\($0)" } ?? "")".contains("revoked before"))
            try await expectNothingOrphaned(database, workspace)
            try await expectDenseJournal(database, workspace)
        }
    }

    private func facets(_ database: TestDatabase, of profile: HubID) async throws -> [HubID] {
        try await database.superuser.texts("SELECT facet::text FROM facet WHERE profile = '\(profile)' ORDER BY 1")
            .compactMap { HubID($0) }
    }

    @Test func `Who was called the same as one from whom a rule keeps him stays contested whatever else is erased`()
        async throws
    {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let a = try await profile(ledger, line("1", [("cookie", "c-aaaaaaaaaa")]))
            let before = try await facets(database, of: a)
            let b = try await profile(ledger, line("2", [("cookie", "c-aaaaaaaaaa"), ("phone", "+393471234567")]))
            #expect(a == b)
            let beside = try #require(try await facets(database, of: a).first { !before.contains($0) })
            let c = try await profile(ledger, line("3", [("email", "c@example.com")]))
            let other = try await facets(database, of: c)
            _ = try await ledger.decide(.same(before[0], other[0]), who: "anna", why: "")
            _ = try await ledger.decide(.notSame([before[0]], [other[0]]), who: "bruno", why: "")
            try await database.expectResolved(workspace)
            _ = try await ledger.erase([beside])
            try await database.expectResolved(workspace)
        }
    }

    @Test func `What an id was born with and comes again after its erasure is somebody new`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let shown = [[("email", "a@example.com")], [("email", "b@example.com")]]
            var facet: [HubID] = []
            for (number, values) in shown.enumerated() {
                let id = try await profile(ledger, line("\(number)", values))
                facet += try await facets(database, of: id)
            }
            _ = try await ledger.decide(.same(facet[0], facet[1]), who: "anna", why: "")
            for (number, values) in shown.enumerated() {
                _ = try await ledger.erase([facet[number]])
                let again = try await profile(ledger, line("again \(number)", values))
                #expect(try await facets(database, of: again) == [facet[number]])
                try await expectNothingOrphaned(database, workspace)
                try await database.expectResolved(workspace)
            }
        }
    }

    @Test(arguments: 0..<6)
    func `After "not the same" nobody follows the other but who lies between, also once a side is erased`(
        number: Int
    ) async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let (left, right) = ("a\(number)@example.com", "b\(number)@example.com")
            var profiles: [HubID] = []
            for (side, email) in [left, right].enumerated() {
                for facet in 0..<4 {
                    let id = "\(side)\(facet)"
                    profiles.append(
                        try await profile(ledger, line(id, [("email", email), ("cookie", "c-77ab19f0\(id)")])))
                }
            }
            #expect(Set(profiles).count == 2)
            let bridge = try await profile(ledger, line("b", [("email", left), ("email", right)]))
            #expect(try await living(database) == 1)
            let decided = try await ledger.decide(.notSame([profiles[0]], [profiles[4]]), who: "t", why: "")
            #expect(decided.split.map(\.profile) == [bridge])
            let sizes = try await database.superuser.texts(
                "SELECT facets::text FROM profile WHERE facets > 0 ORDER BY facets")
            #expect(sizes == ["4", "5"])
            try await database.expectResolved(workspace)
            // Elsewhere a customer with two numbers, one of whose facets was named too: with the other side that is forgotten.
            let two = try await profile(
                ledger, line("x1", [("customer_number", "1"), ("user_id", "u\(number)")]))
            _ = try await profile(ledger, line("x2", [("customer_number", "2"), ("user_id", "u\(number)")]))
            for id in ["x3", "x4"] {
                _ = try await profile(
                    ledger, line(id, [("user_id", "u\(number)"), ("cookie", "c-77ab19f0\(id)")]))
            }
            _ = try await ledger.decide(.notSame([two], [profiles[4]]), who: "t", why: "")
            try await database.expectResolved(workspace)
            _ = try await ledger.erase([profiles[4]])
            try await database.expectResolved(workspace)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    @Test func `A person's word joins what nothing else does, and against two customer numbers too`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let a = try await profile(ledger, line("1", [("customer_number", "1"), ("phone", "+393471234567")]))
            let b = try await profile(ledger, line("2", [("customer_number", "2"), ("email", "b@example.com")]))
            let bridge = try await profile(ledger, line("3", [("phone", "+393471234567"), ("email", "b@example.com")]))
            #expect(try await living(database) == 2 && [a, b].contains(bridge))
            let review = try #require(try await profiles.reviews().first)
            #expect(Set([review.a, review.b]) == [a, b] && review.reasons == [.exclusive])
            let pair = try #require(try await profiles.explain(a, b))
            #expect(pair.path.isEmpty && pair.refused.first?.reason == .exclusive)
            let decided = try await ledger.decide(.same(a, b), who: "anna", why: "he has two cards")
            #expect(decided.merged.count == 1)
            #expect(try await living(database) == 1)
            #expect(try await profiles.reviews().isEmpty)
            try await database.expectResolved(workspace)
            _ = try await ledger.revoke(try #require(decided.decision), who: "anna")
            #expect(try await living(database) == 2)
            try await database.expectResolved(workspace)
            let unknown = await error { _ = try await ledger.decide(.same(a, .random()), who: "x", why: "") }
            #expect("\(unknown.map { "\($0)" } ?? "")".contains("there is no living profile and no facet"))
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `A value that a person calls shared joins nobody, until that is taken back`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            for number in 1...3 {
                _ = try await profile(
                    ledger,
                    line(
                        "\(number)",
                        [("email", "desk@example.com"), ("email", "own\(number)@example.com")]))
            }
            #expect(try await living(database) == 1)
            let desk = try Normaliser().identifier(kind: "email", scope: nil, value: "desk@example.com")
            let decided = try await ledger.decide(.shared(desk), who: "anna", why: "the shop's counter")
            #expect(try await living(database) == 3)
            try await database.expectResolved(workspace)
            // Also what comes later, in whatever half-year.
            _ = try await profile(ledger, line("9", [("email", "desk@example.com")], at: "2019-01-01T10:00:00Z"))
            #expect(try await database.superuser.int64("SELECT count(*) FROM profile WHERE kind = 1") == 1)
            try await database.expectResolved(workspace)
            _ = try await ledger.revoke(try #require(decided.decision), who: "anna")
            #expect(try await living(database) == 1)
            try await database.expectResolved(workspace)
        }
    }

    @Test func `What is erased is as if it had never been, and its id answers that it is gone`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let a = try await profile(
                ledger, line("1", [("email", "a@example.com")], more: #","traits":{"plan":"pro"}"#))
            let b = try await profile(
                ledger, line("2", [("email", "b@example.com")], more: #","traits":{"plan":"free"}"#))
            _ = try await profile(ledger, line("3", [("email", "a@example.com"), ("email", "b@example.com")]))
            let bridge = try #require(
                try await database.superuser.texts(
                    "SELECT facet::text FROM facet_identifier GROUP BY facet HAVING count(*) = 2"
                ).first.flatMap { HubID($0) })
            let preview = try await ledger.erase([bridge], isPreview: true)
            #expect(preview.interactions == 1 && preview.split.count == 1)
            #expect(try await living(database) == 1)
            let erased = try await ledger.erase([bridge])
            #expect(erased.interactions == 1 && erased.erased.isEmpty)
            #expect(try await living(database) == 2)
            try await database.expectResolved(workspace)
            try await expectNothingOrphaned(database, workspace)
            _ = try await ledger.accept(
                TestDatabase.batch([line("3", [("email", "a@example.com"), ("email", "b@example.com")])]))
            #expect(try await living(database) == 2, "a replay brought it back")

            let gone = try await ledger.erase([a])
            #expect(gone.erased == [a] && gone.interactions == 1)
            guard case .gone? = try await profiles.profile(a) else { throw Problem("an erased profile is not gone") }
            guard case .profile(let left)? = try await profiles.profile(b) else { throw Problem("b is lost") }
            #expect(left.traits.filter(\.isWinner).map { String(decoding: $0.value, as: UTF8.self) } == ["\"free\""])
            let again = try await profile(ledger, line("5", [("email", "a@example.com")]))
            #expect(again != a)
            try await database.expectResolved(workspace)
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `What an earlier version has joined is looked at once by the rules`() async throws {
        let lines = generated(seed: 8, persons: 40, months: 24) { $0.personsPerKiosk = 10 }
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            _ = try await ledger.accept(TestDatabase.batch(lines))
            #expect(try await ledger.applyRules() == nil, "a new workspace has nothing to apply")
            // As it stood before: nothing known of shared values, and who shows one is one.
            try await database.superuser.run(
                """
                CREATE TEMPORARY TABLE one ON COMMIT DROP AS SELECT profile, canonical FROM (
                  SELECT DISTINCT profile, min(profile::text) OVER (PARTITION BY identifier)::uuid AS canonical
                  FROM facet JOIN facet_identifier USING (workspace, facet) JOIN shared_run USING (workspace, identifier)
                  ) AS meeting WHERE profile <> canonical;
                DELETE FROM one WHERE canonical IN (SELECT profile FROM one)
                  OR profile IN (SELECT profile FROM one GROUP BY profile HAVING count(*) > 1);
                UPDATE facet SET profile = one.canonical FROM one WHERE one.profile = facet.profile;
                UPDATE profile SET canonical = one.canonical, facets = 0 FROM one WHERE one.profile = profile.profile;
                UPDATE profile SET facets = (SELECT count(*) FROM facet WHERE facet.profile = profile.profile)
                  WHERE canonical IS NULL;
                DELETE FROM rule_set; DELETE FROM shared_run; UPDATE journal SET rules = 0
                """)
            var splits = 0
            while let step = try await ledger.applyRules() { splits += step.split }
            #expect(splits > 0)
            try await database.expectResolved(workspace)
            try await expectNothingOrphaned(database, workspace)
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `Decisions, erasures and rules among traffic give what the whole set gives`(seed: UInt64) async throws {
        let lines = generated(seed: seed, persons: 30, months: 24) { settings in
            settings.personsPerKiosk = 10
            settings.householdShare = 0.6
        }
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            var random = Seeded(seed)
            var rest = lines.shuffled(using: &random)[...]
            var made: [HubID] = []
            var rules = Rules.standard
            while !rest.isEmpty {
                let size = Int.random(in: 1...60, using: &random)
                _ = try await ledger.accept(TestDatabase.batch(Array(rest.prefix(size))))
                rest = rest.dropFirst(size)
                let ids = try await database.superuser.texts(
                    "SELECT facet::text FROM facet UNION SELECT profile::text FROM profile WHERE NOT gone ORDER BY 1"
                ).compactMap { HubID($0) }
                let (a, b) = (ids.randomElement(using: &random)!, ids.randomElement(using: &random)!)
                do {
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0: made.append(try await ledger.decide(.same(a, b), who: "t", why: "").decision!)
                    case 1: made.append(try await ledger.decide(.notSame([a], [b]), who: "t", why: "").decision!)
                    case 2:
                        let shown = try await database.superuser.texts(
                            "SELECT value FROM identifier WHERE kind = 1 ORDER BY identifier")
                        if let value = shown.randomElement(using: &random) {
                            let email = Identifier(kind: .email, scope: "", canonical: value)
                            made.append(try await ledger.decide(.shared(email), who: "t", why: "").decision!)
                        }
                    case 3, 4:
                        if let one = made.randomElement(using: &random) {
                            made.removeAll { $0 == one }
                            _ = try await ledger.revoke(one, who: "t")
                        }
                    case 5: _ = try await ledger.erase([a])
                    case 6:
                        rules.kinds[.email]?.names = Int.random(in: 1...3, using: &random)
                        rules.kinds[.cookie]?.links = Bool.random(using: &random) ? .presented : nil
                        rules.degree = Int.random(in: 3...30, using: &random)
                        _ = try await ledger.change(rules: rules, who: "t", why: "")
                    default: break
                    }
                } catch let error as DecisionError {
                    guard case .database = error.kind else { continue }
                    throw error
                }
                if Bool.random(using: &random) { while try await ledger.applyRules() != nil {} }
            }
            while try await ledger.applyRules() != nil {}
            try await database.expectResolved(workspace, rules: rules)
            try await expectNothingOrphaned(database, workspace)
            try await expectDenseJournal(database, workspace)
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let same = try await profiles.preview(rules: rules)
            #expect(same.merges == 0 && same.splits == 0)
            #expect(try await profiles.rules().isApplied)
            let redirects = try await database.superuser.int64(
                """
                SELECT count(*) FROM profile AS one JOIN profile AS two ON two.profile = one.canonical
                WHERE two.canonical IS NOT NULL OR two.gone
                """)
            #expect(redirects == 0, "a redirect of two hops, or to somebody gone")
        }
    }
}
