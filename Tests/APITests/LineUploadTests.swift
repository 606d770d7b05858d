import Contact
import ContactTesting
import HummingbirdCore
import NIOCore
import Postgres
import Storage
import Testing

@testable import API

/// Stores every batch but the second, which it gives up once the third is stored.
private struct SecondFails: Intake {
    struct State {
        var begun = 0
        var stored = 0
    }

    let ledger: Ledger
    let state = Monitor(State())

    func accept(_ batch: Batch) async throws(IntakeError) -> Receipt {
        let number = state.withLock { state in
            state.begun += 1
            return state.begun
        }
        guard number == 2 else {
            let receipt = try await ledger.accept(batch)
            state.withLock { $0.stored += 1 }
            return receipt
        }
        do {
            try await LiveHub.eventually("the third batch is stored") { state.withLock { $0.stored } == 2 }
        } catch {
            throw .cancelled
        }
        throw .unavailable("as planned")
    }
}

@Suite struct LineUploadTests {
    @Test func `no line is acknowledged behind a batch that was not stored`() async throws {
        try await LiveHub.with { hub in
            let key = try await hub.key(.connector, source: "shop")
            guard let workspace = try await hub.desk.workspaces.open(hub.workspace.id) else {
                throw Wire.Failure(description: "the workspace is not there")
            }
            let voice = try Voice(try await hub.desk.keys.key("Bearer \(key)"), normaliser: workspace.normaliser)
            let intake = SecondFails(ledger: workspace.ledger)
            let upload = LineUpload(
                intake: intake, workspace: workspace, voice: voice, source: nil, now: LiveHub.now)
            let pieces = Pieces()
            let (body, sender) = RequestBody.makeStream()
            let acknowledged = Monitor<[UInt8]>([])
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await pieces.fill(from: body) }
                tasks.addTask {
                    for number in 1...3 {
                        await sender.yield(ByteBuffer(string: line("\(number)") + "\n"))
                        // Each a batch of its own.
                        try await LiveHub.eventually("batch \(number) is begun") {
                            intake.state.withLock { $0.begun } == number
                        }
                    }
                    sender.finish()
                }
                await #expect(throws: IntakeError.self) {
                    try await upload.run([], pieces, budget: BudgetShare(Budget(1 << 20))) { line in
                        acknowledged.withLock { $0 += line.bytes + [10] }
                    }
                }
                try await tasks.waitForAll()
            }
            let answers = acknowledged.withLock { $0 }.split(separator: 10)
            #expect(answers.count == 1, "\(String(decoding: acknowledged.withLock { $0 }, as: UTF8.self))")
            #expect(try await hub.stored() == 2)
        }
    }
}
