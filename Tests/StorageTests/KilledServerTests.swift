import Contact
import ContactTesting
import GroundTruth
import Postgres
import Storage
import Testing

@Suite struct KilledServerTests {
    @Test(arguments: [false, true])
    func `Nothing is lost and nothing counted twice when PostgreSQL is killed under the intake`(
        comparing: Bool
    ) async throws {
        // Kept as the hub's clusters are: what is acknowledged is on the disk.
        let server = try await TestServer.start(settings: ["deadlock_timeout": "10ms"])
        try await TestDatabase.with(server: server) { database in
            let workspace = try await database.workspace()
            if !comparing { try await workspace.joinExactly() }
            let lines =
                comparing
                ? SoftStoreTests.lines(31, persons: 700)
                : generated(seed: 31, persons: 100, months: 12) { $0.outgoingToThreeShare = 0.1 }
            let batches = stride(from: 0, to: lines.count, by: 25).map { Array(lines[$0..<min($0 + 25, lines.count)]) }
            let ledgers = [workspace.ledger(), workspace.ledger(on: try database.process())]
            let (done, tick) = AsyncStream<Void>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for (place, lines) in batches.enumerated() where place % 4 == worker {
                            try await Self.insist(TestDatabase.batch(lines), on: ledgers[worker % 2])
                            tick.yield()
                        }
                    }
                }
                group.addTask {
                    var stored = 0
                    // In the midst of it, and once more while they are still repeating what the first one cut off.
                    for await _ in done {
                        stored += 1
                        if [10, 30, 31].contains(stored) {
                            try await server.kill()
                            try await server.start()
                        }
                        if stored == batches.count { break }
                    }
                }
                try await group.waitForAll()
            }
            try #require(batches.count > 50)
            if comparing {
                try await database.expectResolved(workspace)
            } else {
                var reference = Reference()
                for line in lines { try reference.add(line) }
                let answer = try await database.answer(workspace)
                let expected = reference.answer()
                let difference = expected.firstDifference(from: answer)
                #expect(difference == nil)
                #expect(answer == expected)
            }
            try await expectDenseJournal(database, workspace)
            try await expectNothingOrphaned(database, workspace)
            for ledger in ledgers { #expect(ledger.counts.deadlocks == 0) }
        }
        try await server.stop()
    }

    /// As a connector does: what could not be taken is sent again.
    private static func insist(_ batch: Batch, on ledger: Ledger) async throws {
        for _ in 0..<100 {
            do throws(IntakeError) {
                _ = try await ledger.accept(batch)
                return
            } catch {
                guard case .unavailable = error else { throw error }
            }
        }
        throw Problem("the batch was not taken in a hundred tries")
    }
}
