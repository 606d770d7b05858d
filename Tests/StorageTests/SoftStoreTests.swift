import Contact
import ContactTesting
import GroundTruth
import Postgres
import Resolution
import Testing

@testable import Storage

/// Soft evidence as the hub stores it, step by step, is what comparing all records at once says.
@Suite struct SoftStoreTests {
    /// Rows with errors as interactions: each shows an account of its own, some also what another of that person shows.
    static func lines(_ seed: UInt64, persons: Int) -> [[UInt8]] {
        var random = Seeded(seed)
        return DirtyRecords(persons: persons, seed: seed).rows.enumerated().map { number, row in
            let person = row[11]
            var shown = [("ticket_requester", "r\(number)", "presented")]
            if !row[8].isEmpty {
                shown.append(("email", row[8], Int.random(in: 0..<4, using: &random) == 0 ? "presented" : "claimed"))
            }
            if Int.random(in: 0..<10, using: &random) == 0 {
                let odd = Int.random(in: 0..<5, using: &random) == 0 ? "x" : ""
                shown.append(("customer_number", person + odd, "presented"))
            }
            let identifiers = shown.map { kind, value, assurance in
                let scope = kind == "email" ? "" : #""scope":"desk","#
                return #"{"kind":"\#(kind)",\#(scope)"value":"\#(value)","assurance":"\#(assurance)"}"#
            }
            let (name, street) = ("\(row[0]) \(row[1])", "\(row[4]) \(row[3])")
            let birth =
                row[2].count == 8 ? "\(row[2].prefix(4))-\(row[2].dropFirst(4).prefix(2))-\(row[2].suffix(2))" : row[2]
            return Array(
                #"""
                {"v":1,"source":"shop","id":"s\#(number)","channel":"ticket","occurred_at":"2026-05-04T10:00:00Z",\#
                "identifiers":[\#(identifiers.joined(separator: ","))],"attributes":{"name":"\#(name)",\#
                "birth_date":"\#(birth)","address":{"street":"\#(street)","city":"\#(row[6])","postcode":"\#(row[7])"}}}
                """#.utf8)
        }
    }

    private static func narrow(_ wide: Int) -> SoftParameters {
        var parameters = SoftParameters.standard
        parameters.wide = wide
        return parameters
    }

    private func apply(_ ledger: Ledger) async throws { while try await ledger.applyRules() != nil {} }

    /// Workers of one process learn from each other what was stored while they waited; those of several search again.
    @Test(
        arguments: [(1, 50, 1, 1), (2, 4, 2, 2), (3, 3, 4, 4), (4, 4, 6, 1), (5, 50, 6, 1), (6, 3, 6, 2)]
            as [(UInt64, Int, Int, Int)])
    func `Any order, any batches and any number of workers compare and join what the whole set says`(
        seed: UInt64, wide: Int, workers: Int, processes: Int
    ) async throws {
        let lines = Self.lines(seed, persons: 40)
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            if wide < 50 {
                _ = try await ledger.use(Self.narrow(wide), records: 0, who: "test")
                try await apply(ledger)
            }
            var random = Seeded(seed &+ 900)
            let shuffled = lines.shuffled(using: &random)
            let ledgers = (0..<processes).map { _ in
                workspace.ledger { ($0.transactionItems, $0.worthAnother) = (8, 1) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<workers {
                    let mine = shuffled.enumerated().filter { $0.offset % workers == worker }.map(\.element)
                    var random = Seeded(seed &+ UInt64(worker))
                    group.addTask {
                        let ledger = ledgers[worker % processes]
                        var rest = mine[...]
                        while !rest.isEmpty {
                            let size = Int.random(in: 1...12, using: &random)
                            _ = try await ledger.accept(TestDatabase.batch(Array(rest.prefix(size))))
                            rest = rest.dropFirst(size)
                        }
                    }
                }
                try await group.waitForAll()
            }
            if workers > 1 {
                let (ahead, again) = ledgers.reduce(into: (0, 0)) { sum, ledger in
                    sum = (sum.0 + ledger.counts.searchedAhead, sum.1 + ledger.counts.searchedAgain)
                }
                #expect(processes == 1 ? ahead > 0 && again == 0 : again > 0, "\(ahead) learnt, \(again) searched")
            }
            try await database.expectResolved(workspace)
            let edges = try await database.superuser.int64("SELECT count(*) FROM soft_edge WHERE verdict = 2")
            #expect(edges > 0, "nothing joins: the case tries nothing")
            if wide < 50 {
                let wide = try await database.superuser.int64("SELECT count(*) FROM soft_wide")
                #expect(wide > 0, "no key is wide: the case tries nothing")
            }

            // Decided, taken back, and erased: each is as if it had been so from the beginning.
            let profiles = try await database.superuser.texts(
                "SELECT profile::text FROM profile WHERE facets > 1 ORDER BY birth LIMIT 3"
            ).compactMap { HubID($0) }
            var decisions: [HubID] = []
            for profile in profiles {
                let facets = try await database.superuser.texts(
                    "SELECT facet::text FROM facet WHERE profile = '\(profile)' ORDER BY facet"
                ).compactMap { HubID($0) }
                guard facets.count > 1 else { continue }
                let decided = try await ledger.decide(.notSame([facets[0]], [facets[1]]), who: "anna", why: "two")
                decisions.append(try #require(decided.decision))
                try await database.expectResolved(workspace)
            }
            for decision in decisions.dropLast() { _ = try await ledger.revoke(decision, who: "anna") }
            try await database.expectResolved(workspace)
            let facets = try await database.superuser.texts("SELECT facet::text FROM facet ORDER BY facet")
            for (number, facet) in facets.enumerated() where number % 5 == 0 {
                _ = try await ledger.erase([try #require(HubID(facet))])
                if number % 20 == 0 { try await database.expectResolved(workspace) }
            }
            try await database.expectResolved(workspace)
            try await expectNothingOrphaned(database, workspace)
            try await expectDenseJournal(database, workspace)
        }
    }

    @Test func `A new model, and rules that ask instead of joining, are taken to what is stored in steps`() async throws
    {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            _ = try await ledger.accept(TestDatabase.batch(Self.lines(7, persons: 50)))
            try await database.expectResolved(workspace)
            let joined = try await database.superuser.int64("SELECT count(*) FROM profile WHERE facets > 0")

            var hard = Self.narrow(3)
            hard.join += 8 * 1_024
            _ = try await ledger.use(hard, records: 0, who: "anna")
            try await apply(ledger)
            try await database.expectResolved(workspace)
            #expect(try await database.superuser.int64("SELECT count(*) FROM profile WHERE facets > 0") > joined)

            _ = try await ledger.use(.standard, records: 0, who: "anna")
            try await apply(ledger)
            try await database.expectResolved(workspace)
            #expect(try await database.superuser.int64("SELECT count(*) FROM profile WHERE facets > 0") == joined)

            var rules = Rules.standard
            rules.soft = .ask
            _ = try await ledger.change(rules: rules, who: "anna", why: "try")
            try await apply(ledger)
            try await database.expectResolved(workspace, rules: rules)
            let apart = try await database.superuser.int64("SELECT count(*) FROM profile WHERE facets > 0")
            #expect(apart > joined)
            let profiles = Profiles(workspace.hub, workspace: workspace.workspace, key: workspace.key)
            let reviews = try await profiles.reviews(limit: 100)
            let first = try #require(reviews.first { $0.reasons == [.unsure] })
            let pair = try #require(try await profiles.explain(first.a, first.b))
            #expect(pair.alike != nil)
            _ = try await ledger.decide(.same(first.a, first.b), who: "anna", why: "seen them")
            let left = try await profiles.reviews(limit: 100)
            #expect(!left.contains { $0.a == first.a && $0.b == first.b })
        }
    }

    @Test func `Facets of before there were records are given theirs`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            _ = try await ledger.accept(TestDatabase.batch(Self.lines(8, persons: 50)))
            let expected = try await database.superuser.int64("SELECT count(*) FROM profile WHERE facets > 0")
            // As an earlier version left it: nothing compared, nothing joined by it.
            var rules = Rules.standard
            rules.soft = .off
            _ = try await ledger.change(rules: rules, who: "test", why: "as before")
            try await apply(ledger)
            try await database.superuser.run(
                """
                UPDATE facet SET soft = NULL; DELETE FROM soft_record; DELETE FROM soft_key; DELETE FROM soft_edge;
                DELETE FROM soft_wide; DELETE FROM soft_model; UPDATE journal SET model = 0
                """)
            _ = try await ledger.change(rules: .standard, who: "test", why: "again")
            try await apply(workspace.ledger())
            try await database.expectResolved(workspace)
            #expect(try await database.superuser.int64("SELECT count(*) FROM profile WHERE facets > 0") == expected)
        }
    }

    @Test func `A model is learnt from what is stored, and too little of it is said`() async throws {
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let ledger = workspace.ledger()
            let few = await error { _ = try await ledger.train(who: "anna") }
            #expect("\(few.map { "\($0)" } ?? "")".contains("there are 0 records"))
            _ = try await ledger.accept(TestDatabase.batch(Self.lines(9, persons: 130)))
            let trained = try await ledger.train(who: "anna")
            #expect(trained.version == 2 && trained.records > 200 && trained.labels > 0)
            try await apply(ledger)
            try await database.expectResolved(workspace)
        }
    }
}

extension TestDatabase {
    /// That records, keys and edges are what the facets say, and nothing else; returns the edges.
    func expectCompared(_ workspace: TestWorkspace, _ facets: [ResolverFacet]) async throws -> SoftEvidence {
        let model = try await superuser.transaction { (session: borrowing Session) throws(DatabaseError) -> SoftModel in
            let head = try JournalHead(try session.execute(.intakeStart, [.int8(workspace.id)]), 0)
            return try SoftModels.read(head.model, workspace.workspace, in: session)
        }
        var records: [Int64: SoftRecord] = [:]
        for facet in facets {
            let record = PreparedSoft(facet.content, model)
            #expect(record?.id == facet.soft)
            if let record { records[record.id] = record.record }
        }
        let ids = records.keys.sorted()
        let evidence = SoftEvidence(model: model, comparing: facets)
        let entries = ids.compactMap { records[$0].map(model.prepare) }
        let stored = try await superuser.texts("SELECT record::text FROM soft_record WHERE workspace = \(workspace.id)")
        #expect(Set(stored) == Set(ids.map { "\($0)" }))
        let edges = try await superuser.texts(
            """
            SELECT record || ' ' || other || ' ' || weight || ' ' || verdict FROM soft_edge
            WHERE workspace = \(workspace.id)
            """)
        let told = evidence.pairs.flatMap { pair in
            [(pair.a, pair.b), (pair.b, pair.a)].map { "\($0.0) \($0.1) \(pair.weight) \(pair.joins ? 2 : 1)" }
        }
        #expect(Set(edges).symmetricDifference(told) == [])
        var holders: [Int64: Int] = [:]
        for entry in entries { for key in entry.blockingKeys.all { holders[key.hash, default: 0] += 1 } }
        var keys: Set<String> = []
        for (id, entry) in zip(ids, entries) {
            let own = entry.blockingKeys
            for (key, finer) in zip(own.plain, own.refined) {
                keys.insert("\(key.hash) \(id)")
                guard holders[key.hash, default: 0] > model.parameters.wide else { continue }
                for one in finer { keys.insert("\(one.hash) \(id)") }
            }
        }
        let found = try await superuser.texts(
            "SELECT DISTINCT key || ' ' || record FROM soft_key WHERE workspace = \(workspace.id)")
        #expect(Set(found).symmetricDifference(keys) == [])
        return evidence
    }
}
