internal import Contact
internal import Postgres

/// Gathers what arrives while transactions are under way, so that it becomes the next one: group commit.
///
/// At most `inFlight` transactions of the workspace run at once; while one holds the journal row and flushes, the
/// next one copies. Whoever submits while `mostItems` or `mostBytes` wait is held until there is room: that is how a
/// source is pushed back.
actor IntakeQueue {
    struct Limits: Sendable {
        /// Items of one transaction, unless a single batch has more.
        var transactionItems = 5_000
        /// Bytes of one transaction, unless a single batch has more.
        var transactionBytes = 16 << 20
        var mostItems = 20_000
        var mostBytes = 64 << 20
        var inFlight = 2
        /// Items that wait, from which on a transaction is begun beside another.
        var worthAnother = 500
    }

    /// What it holds now; `held` counts those it holds outside.
    struct Load: Sendable {
        let items: Int
        let bytes: Int
        let running: Int
        let held: Int
    }

    var load: Load { Load(items: waitingItems, bytes: waitingBytes, running: running, held: held.count) }

    typealias Store = @Sendable ([PreparedBatch]) async -> [Result<Receipt, IntakeError>]

    private struct Entry {
        let batch: PreparedBatch
        let answer: CheckedContinuation<Result<Receipt, IntakeError>, Never>
    }

    private let limits: Limits
    private var waiting: [Entry] = []
    private var waitingItems = 0
    private var waitingBytes = 0
    private var running = 0
    private var held: [CheckedContinuation<Void, Never>] = [] {
        didSet { if held.isEmpty != oldValue.isEmpty { isHolding.withLock { $0 = !held.isEmpty } } }
    }
    /// Whether somebody is held; can be asked without waiting for the queue, which every request does.
    nonisolated let isHolding = Monitor(false)

    init(_ limits: Limits) { self.limits = limits }

    /// Returns when the batch is stored or cannot be. Cancelling the caller takes nothing back: a transaction that
    /// may have begun is never left in doubt.
    func submit(_ batch: PreparedBatch, storing store: @escaping Store) async throws(IntakeError) -> Receipt {
        // Newcomers stand behind those who are held, and who was let go too early keeps his place.
        var isNewcomer = true
        while isFull(for: batch) || (isNewcomer && !held.isEmpty) {
            await withCheckedContinuation { held.insert($0, at: isNewcomer ? held.endIndex : held.startIndex) }
            isNewcomer = false
        }
        if Task.isCancelled {
            releaseNext()
            throw .cancelled
        }
        waitingItems += batch.count
        waitingBytes += batch.bytes
        releaseNext()
        let result = await withCheckedContinuation { answer in
            waiting.append(Entry(batch: batch, answer: answer))
            start(store)
        }
        return try result.get()
    }

    private func start(_ store: @escaping Store) {
        while running < limits.inFlight, !waiting.isEmpty, running == 0 || isWorthAnother {
            var taken: [Entry] = []
            var items = 0
            var bytes = 0
            while let next = waiting.first,
                taken.isEmpty
                    || (items + next.batch.count <= limits.transactionItems
                        && bytes + next.batch.bytes <= limits.transactionBytes)
            {
                items += next.batch.count
                bytes += next.batch.bytes
                taken.append(waiting.removeFirst())
                waitingBytes -= next.batch.bytes
            }
            waitingItems -= items
            running += 1
            let entries = taken
            // A bridge: who submitted may be cancelled, what is being stored may not.
            Task { await self.run(entries, store) }
        }
        releaseNext()
    }

    /// A further transaction waits for the journal's row anyway: few items are better off in the next one, and the next one
    /// with them.
    private var isWorthAnother: Bool {
        waitingItems >= limits.worthAnother || waitingBytes >= limits.transactionBytes
    }

    private func isFull(for batch: PreparedBatch) -> Bool {
        waitingItems > 0 && (waitingItems + batch.count > limits.mostItems || waitingBytes > limits.mostBytes)
    }

    /// Lets the first of those who are held look again; he lets the next one look when he is in.
    private func releaseNext() {
        if !held.isEmpty { held.removeFirst().resume() }
    }

    private func run(_ taken: [Entry], _ store: @escaping Store) async {
        let results = await store(taken.map(\.batch))
        running -= 1
        start(store)
        for (entry, result) in zip(taken, results) { entry.answer.resume(returning: result) }
    }
}
