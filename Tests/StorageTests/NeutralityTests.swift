import Contact
import ContactTesting
import Foundation
import GroundTruth
import Postgres
import Storage
import Testing

/// Any order, any batching, any number of workers, any replay give the same answer as the reference, which shares no code
/// with the hub.
@Suite struct NeutralityTests {
    private static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["CI_LONG"] == nil ? [1, 2] : Array(1...12)

    /// Every seed with every number of workers in the long form; otherwise each number is tried once.
    private static func runs(_ workers: [Int]) -> [(UInt64, Int)] {
        seeds.count > 2
            ? seeds.flatMap { seed in workers.map { (seed, $0) } }
            : workers.enumerated().map { (seeds[$0.offset % seeds.count], $0.element) }
    }

    @Test(arguments: runs([1, 2, 4, 8]))
    func `Any order, any batches and any number of workers give the answer of the reference`(
        seed: UInt64, workers: Int
    ) async throws {
        // Longer than the gaps, so that numbers pass from one holder to the next, and few interactions a month, so that
        // there are gaps.
        let persons = 120 + 15 * Int(seed % 5)
        let settings = { (settings: inout Generator.Settings) in
            settings.phoneRecycledPerYear = 0.2
            settings.personsPerKiosk = 60
            settings.outgoingToThreeShare = 0.05
            settings.interactionsPerMonth = seed.isMultiple(of: 4) ? 1.5 : 0.35
        }
        let lines = generated(seed: seed, persons: persons, months: 36 + 12 * Int(seed % 2), settings)
        var reference = Reference()
        for line in lines { try reference.add(line) }
        let expected = reference.answer()
        try #require(expected.profiles.contains { $0.kind == .shared })

        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await workspace.joinExactly()
            var random = Seeded(seed &* 1000 + UInt64(workers))
            try await Self.send(lines, workers, &random, to: workspace, database)
            let answer = try await database.answer(workspace)
            let difference = expected.firstDifference(from: answer)
            #expect(difference == nil, "seed \(seed), \(workers) workers")
            #expect(answer == expected)
            #expect(answer.interactions == lines.count)
            #expect(answer.facets == reference.facetTexts.count)
            try await expectDenseJournal(database, workspace)
            try await expectNothingOrphaned(database, workspace)

            let before = try await database.digests()
            try await Self.send(lines, workers, &random, to: workspace, database)
            let after = try await database.digests()
            #expect(before == after, "a replay changed \(before.filter { after[$0.key] != $0.value }.keys)")
        }
    }

    @Test(arguments: runs([1, 3, 8]))
    func `Decisions, erasures, new rules and public keys in the midst of it give the answer of the reference`(
        seed: UInt64, workers: Int
    ) async throws {
        let lines = generated(seed: 50 + seed, persons: 70, months: 36) { settings in
            settings.phoneRecycledPerYear = 0.3
            settings.personsPerKiosk = 15
            settings.householdShare = 0.5
            settings.interactionsPerMonth = 0.5
        }
        var random = Seeded(seed &* 2000 + UInt64(workers))
        let sent = Sent.some(lines, &random).shuffled(using: &random)
        let (before, during) = (Array(sent.prefix(sent.count / 2)), Array(sent.dropFirst(sent.count / 2)))
        var reference = Reference()
        for one in sent { try reference.add(one.line, isPublic: one.isPublic) }
        let undecided = reference.answer()
        // As if nothing had come under a public key: what the standings decide is seen.
        var trusting = Reference()
        for one in sent { try trusting.add(one.line) }
        try #require(trusting.answer().firstDifference(from: undecided) != nil)

        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await workspace.joinExactly()
            try await Self.send(before, workers, &random, to: workspace, database)
            let ledger = workspace.ledger(on: try database.process())
            var deciding = try Deciding(
                reference, ledger, workspace, seed: seed, sent: before, toCome: during)
            let sending = random
            async let rest: Void = {
                var random = sending
                try await Self.send(during, workers, &random, to: workspace, database)
            }()
            for _ in 0..<40 { try await deciding.step() }
            try await rest
            try await deciding.finish()
            let expected = deciding.reference.answer()
            try #require(expected.firstDifference(from: undecided) != nil)
            let answer = try await database.answer(workspace)
            let difference = expected.firstDifference(from: answer)
            #expect(difference == nil, "seed \(seed), \(workers) workers")
            #expect(answer == expected)
            try await expectDenseJournal(database, workspace)
            try await expectNothingOrphaned(database, workspace)
            let was = try await database.digests()
            try await Self.send(sent, workers, &random, to: workspace, database)
            let after = try await database.digests()
            #expect(was == after, "a replay changed \(was.filter { after[$0.key] != $0.value }.keys)")
        }
    }

    /// The comparisons above can fail.
    @Test func `A wrong answer is told from a right one`() async throws {
        let lines = generated(seed: 77, persons: 20, months: 12)
        var reference = Reference()
        for line in lines { try reference.add(line) }
        let expected = reference.answer()
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            try await workspace.joinExactly()
            var random = Seeded(1)
            try await Self.send(lines, 1, &random, to: workspace, database)
            let before = try await database.digests()
            try await database.superuser.run(
                """
                UPDATE facet SET profile = (SELECT profile FROM profile WHERE facets > 0 AND profile <> facet.profile
                  ORDER BY profile LIMIT 1) WHERE facet = (SELECT min(facet::text)::uuid FROM facet)
                """)
            let moved = try await database.answer(workspace)
            #expect(expected.firstDifference(from: moved) != nil)
            let after = try await database.digests()
            #expect(before.filter { after[$0.key] != $0.value }.keys.sorted() == ["facet"])

            // An interaction that was lost.
            var other = Reference()
            for line in lines.dropLast() { try other.add(line) }
            let lost = other.answer()
            #expect(expected.firstDifference(from: lost) != nil)
        }
    }

    private static func send(
        _ lines: [[UInt8]], _ workers: Int, _ random: inout Seeded, to workspace: TestWorkspace,
        _ database: TestDatabase
    ) async throws {
        try await send(lines.map { Sent(line: $0) }, workers, &random, to: workspace, database)
    }

    /// Each worker has its own ledger and its own connections, as a process has, and sends several batches at once.
    private static func send(
        _ lines: [Sent], _ workers: Int, _ random: inout Seeded, to workspace: TestWorkspace,
        _ database: TestDatabase
    ) async throws {
        var batches: [[Sent]] = []
        var rest = lines.shuffled(using: &random)[...]
        while !rest.isEmpty {
            let size = [1, 7, 60, 400, 1000].randomElement(using: &random) ?? 1
            batches.append(Array(rest.prefix(Int.random(in: 1...size, using: &random))))
            rest = rest.dropFirst(batches.last?.count ?? 0)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                let ledger = workspace.ledger(on: try database.process()) {
                    $0.transactionItems = 1_000
                    $0.answersProfiles = worker.isMultiple(of: 2)
                }
                for lane in 0..<2 {
                    let mine = batches.enumerated().filter { $0.offset % (2 * workers) == 2 * worker + lane }
                        .map(\.element)
                    group.addTask {
                        for lines in mine {
                            let receipt = try await ledger.accept(Sent.batch(lines))
                            guard receipt.outcomes.count == lines.count else { throw Problem("an item without answer") }
                            for case .refused(let refusal) in receipt.outcomes { throw refusal }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
