import Contact
import ContactTesting
import Synchronization
import Testing

@testable import Storage

@Suite struct QueueTests {
    /// A store that holds what it is given until it is let go, and remembers how much came at once.
    private final class SlowStore: Sendable {
        struct State {
            var transactions: [Int] = []
            var isOpen = false
            var waiting: [CheckedContinuation<Void, Never>] = []
            var running = 0
            var mostRunning = 0
        }
        let state = Mutex(State())

        func store(_ batches: [PreparedBatch]) async -> [Result<Receipt, IntakeError>] {
            state.withLock {
                $0.transactions.append(batches.reduce(0) { $0 + $1.items.count })
                $0.running += 1
                $0.mostRunning = max($0.mostRunning, $0.running)
            }
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
            state.withLock { $0.running -= 1 }
            return batches.map { batch in
                .success(
                    Receipt(
                        outcomes: batch.items.map { _ in .refused(Refusal(.noIdentifier, "")) },
                        epoch: HubID(high: 0, low: 0), position: 0))
            }
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    private func batch(_ items: Int, bytes: Int = 100) -> PreparedBatch {
        let refused = PreparedRefusal(
            id: HubID(high: 1, low: 1), source: "", refusal: Refusal(.noIdentifier, ""), raw: RawInput([]), length: 0,
            sha256: [])
        return PreparedBatch(items: Array(repeating: .refusal(refused), count: items), cursor: nil, bytes: bytes)
    }

    /// Polls: who is held is inside the queue and can tell nobody. What the queue has begun has reached the store.
    private func wait(
        for queue: IntakeQueue, _ store: SlowStore, _ condition: (IntakeQueue.Load) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            let load = queue.load
            if condition(load), store.state.withLock({ $0.running }) == load.running { return }
            guard ContinuousClock.now < deadline else { throw Problem("the queue stays at \(load)") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test(arguments: [(10, 1 << 30), (1_000_000, 1000)])
    func `More than may wait is held until there is room, and then all of it is stored`(
        mostItems: Int, mostBytes: Int
    ) async throws {
        let limits = IntakeQueue.Limits(
            transactionItems: 6, mostItems: mostItems, mostBytes: mostBytes, inFlight: 2, worthAnother: 1)
        let queue = IntakeQueue(limits)
        let store = SlowStore()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await queue.submit(self.batch(3, bytes: 300)) { await store.store($0) }.outcomes.count
                }
            }
            // Two transactions of at least one batch, what may wait, and the rest stands outside.
            try await wait(for: queue, store) { $0.running == 2 && $0.held > 20 && $0.held + $0.items / 3 + 4 >= 38 }
            let load = queue.load
            #expect(load.items <= 10 + 3)
            #expect(load.bytes <= 1000 + 300)
            store.open()
            let answered = try await group.reduce(0, +)
            #expect(answered == 120)
        }
        let load = queue.load
        #expect(load.items == 0 && load.bytes == 0 && load.held == 0 && load.running == 0)
        let state = store.state.withLock { $0 }
        #expect(state.mostRunning == 2)
        #expect(state.transactions.reduce(0, +) == 120)
        #expect(state.transactions.allSatisfy { $0 <= 6 })
        // What came meanwhile went together.
        #expect(state.transactions.contains(6))
    }

    @Test func `Few items wait for the transaction under way, and go with what comes meanwhile`() async throws {
        let queue = IntakeQueue(IntakeQueue.Limits(worthAnother: 5))
        let store = SlowStore()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for count in 1...4 {
                group.addTask { _ = try await queue.submit(self.batch(1)) { await store.store($0) } }
                try await wait(for: queue, store) { $0.running == 1 && $0.items == count - 1 }
            }
            group.addTask { _ = try await queue.submit(self.batch(2)) { await store.store($0) } }
            try await wait(for: queue, store) { $0.running == 2 && $0.items == 0 }
            store.open()
            try await group.waitForAll()
        }
        #expect(store.state.withLock { $0.transactions } == [1, 5])
    }

    @Test func `A batch greater than all limits goes alone`() async throws {
        let limits = IntakeQueue.Limits(transactionItems: 2, mostItems: 4, mostBytes: 10, inFlight: 1)
        let queue = IntakeQueue(limits)
        let store = SlowStore()
        store.open()
        let receipt = try await queue.submit(batch(50, bytes: 5000)) { await store.store($0) }
        #expect(receipt.outcomes.count == 50)
        let none = try await queue.submit(batch(0, bytes: 0)) { await store.store($0) }
        #expect(none.outcomes.isEmpty)
    }

    @Test func `Who is cancelled while held stores nothing, and who is being stored is answered`() async throws {
        let limits = IntakeQueue.Limits(transactionItems: 3, mostItems: 3, mostBytes: 1 << 30, inFlight: 1)
        let queue = IntakeQueue(limits)
        let store = SlowStore()
        let storing = Task { try await queue.submit(batch(3)) { await store.store($0) } }
        try await wait(for: queue, store) { $0.running == 1 }
        let waiting = Task { try await queue.submit(batch(3)) { await store.store($0) } }
        try await wait(for: queue, store) { $0.items == 3 }
        let held = Task { try await queue.submit(batch(3)) { await store.store($0) } }
        try await wait(for: queue, store) { $0.held == 1 }
        for task in [storing, waiting, held] { task.cancel() }
        store.open()
        #expect(try await storing.value.outcomes.count == 3)
        #expect(try await waiting.value.outcomes.count == 3)
        let failure = await error { _ = try await held.value }
        guard case .cancelled = failure as? IntakeError else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(store.state.withLock { $0.transactions } == [3, 3])
    }
}
