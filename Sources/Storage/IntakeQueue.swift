internal import Contact
internal import Postgres

/// Gathers what arrives while transactions are under way, so that it becomes the next one: group commit.
///
/// At most `inFlight` transactions of the workspace run at once; while one holds the journal row and flushes, the
/// next one copies. Whoever submits while `mostItems` or `mostBytes` wait is held until there is room: that is how a
/// source is pushed back.
final class IntakeQueue: Sendable {
    struct Limits: Sendable {
        /// Items of one transaction, unless a single batch has more.
        var transactionItems = 5_000
        /// Bytes of one transaction, unless a single batch has more.
        var transactionBytes = 16 << 20
        var mostItems = 20_000
        var mostBytes = 64 << 20
        var inFlight = 2
        /// Items that wait, from which on a transaction is begun beside another: with 128, 512 senders of single events filled
        /// transactions of 140.
        var worthAnother = 256
    }

    /// What it holds now; `held` counts those it holds outside.
    struct Load: Sendable {
        let items: Int
        let bytes: Int
        let running: Int
        let held: Int
    }

    typealias Store = @Sendable ([PreparedBatch]) async -> [Result<Receipt, IntakeError>]

    /// A class: it is moved from the queue to its transaction, among thousands.
    private final class Entry: Sendable {
        let batch: PreparedBatch
        let answer: CheckedContinuation<Result<Receipt, IntakeError>, Never>

        init(_ batch: PreparedBatch, _ answer: CheckedContinuation<Result<Receipt, IntakeError>, Never>) {
            self.batch = batch
            self.answer = answer
        }
    }

    private struct State {
        var waiting: [Entry] = []
        /// Also of those who were let in and are about to wait.
        var waitingItems = 0
        var waitingBytes = 0
        var running = 0
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let limits: Limits
    /// A lock and no actor: with events that come one at a time, going to an actor and back took longer than reading them.
    private let state = Monitor(State())

    init(_ limits: Limits) { self.limits = limits }

    var load: Load {
        state.withLock {
            Load(items: $0.waitingItems, bytes: $0.waitingBytes, running: $0.running, held: $0.held.count)
        }
    }

    /// Whether somebody is held.
    var isHolding: Bool { state.withLock { !$0.held.isEmpty } }

    /// Returns when the batch is stored or cannot be. Cancelling the caller takes nothing back: a transaction that
    /// may have begun is never left in doubt.
    func submit(_ batch: PreparedBatch, storing store: @escaping Store) async throws(IntakeError) -> Receipt {
        // Newcomers stand behind those who are held, and who was let go too early keeps his place.
        var isNewcomer = true
        while true {
            if Task.isCancelled {
                releaseNext()
                throw .cancelled
            }
            if admit(batch, isNewcomer) { break }
            await hold(batch, isNewcomer)
            isNewcomer = false
        }
        let result = await withCheckedContinuation { answer in
            let begun = state.withLock { state in
                state.waiting.append(Entry(batch, answer))
                return begin(&state)
            }
            run(begun, store)
        }
        return try result.get()
    }

    /// Lets a batch in, if there is room for it.
    private func admit(_ batch: PreparedBatch, _ isNewcomer: Bool) -> Bool {
        let (isIn, next) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !isFull(for: batch, state), !isNewcomer || state.held.isEmpty else { return (false, nil) }
            state.waitingItems += batch.count
            state.waitingBytes += batch.bytes
            return (true, state.held.isEmpty ? nil : state.held.removeFirst())
        }
        next?.resume()
        return isIn
    }

    /// Returns when he may look again.
    private func hold(_ batch: PreparedBatch, _ isNewcomer: Bool) async {
        await withCheckedContinuation { place in
            let isHeld = state.withLock { state in
                // What waited may have gone since.
                guard isFull(for: batch, state) || (isNewcomer && !state.held.isEmpty) else { return false }
                state.held.insert(place, at: isNewcomer ? state.held.endIndex : state.held.startIndex)
                return true
            }
            if !isHeld { place.resume() }
        }
    }

    /// Takes what the next transactions store.
    private func begin(_ state: inout State) -> [[Entry]] {
        var begun: [[Entry]] = []
        while state.running < limits.inFlight, !state.waiting.isEmpty, state.running == 0 || isWorthAnother(state) {
            var (count, items, bytes) = (0, 0, 0)
            for next in state.waiting {
                guard
                    count == 0
                        || (items + next.batch.count <= limits.transactionItems
                            && bytes + next.batch.bytes <= limits.transactionBytes)
                else { break }
                count += 1
                items += next.batch.count
                bytes += next.batch.bytes
            }
            begun.append(Array(state.waiting.prefix(count)))
            state.waiting.removeFirst(count)
            state.waitingItems -= items
            state.waitingBytes -= bytes
            state.running += 1
        }
        return begun
    }

    /// A further transaction waits for the journal's row anyway: few items are better off in the next one, and the next one
    /// with them.
    private func isWorthAnother(_ state: State) -> Bool {
        state.waitingItems >= limits.worthAnother || state.waitingBytes >= limits.transactionBytes
    }

    private func isFull(for batch: PreparedBatch, _ state: State) -> Bool {
        state.waitingItems > 0
            && (state.waitingItems + batch.count > limits.mostItems || state.waitingBytes > limits.mostBytes)
    }

    /// Lets the first of those who are held look again; he lets the next one look when he is in.
    private func releaseNext() {
        let next = state.withLock { $0.held.isEmpty ? nil : $0.held.removeFirst() }
        next?.resume()
    }

    private func run(_ begun: [[Entry]], _ store: @escaping Store) {
        guard !begun.isEmpty else { return }
        // A bridge: who submitted may be cancelled, what is being stored may not.
        for entries in begun { Task { await self.run(entries, store) } }
        releaseNext()
    }

    @concurrent
    private func run(_ taken: [Entry], _ store: @escaping Store) async {
        let results = await store(taken.map(\.batch))
        let begun = state.withLock { state in
            state.running -= 1
            return begin(&state)
        }
        run(begun, store)
        for (entry, result) in zip(taken, results) { entry.answer.resume(returning: result) }
    }
}
