internal import Contact
internal import Postgres
internal import Storage

/// The intake as one follower has it: each step moves the source's cursor, under the fence of the lease it was taken with.
actor Feed: SourceFeed {
    nonisolated let clock: any Clock<Duration>
    private(set) var cursor: String

    private let intake: any Intake
    private let lease: Lease
    private let condition: Condition
    private let pace: Pace?
    private let time: @Sendable () -> Int64
    private var isBusy = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    init(
        _ intake: any Intake, lease: Lease, cursor: String, condition: Condition, pace: Pace?,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Int64
    ) {
        self.intake = intake
        self.lease = lease
        self.cursor = cursor
        self.condition = condition
        self.pace = pace
        self.clock = clock
        time = now
    }

    nonisolated func now() -> Int64 { time() }

    func accept(
        _ items: [IntakeItem], moving move: @escaping @Sendable (String) throws -> String
    ) async throws -> Receipt {
        let receipt = try await store(items, moving: move)
        // After it was stored, and for this caller alone: who brings what is new does not wait for who brings what is old.
        try await pace?.wait(for: items.count)
        return receipt
    }

    private func store(
        _ items: [IntakeItem], moving move: @Sendable (String) throws -> String
    ) async throws -> Receipt {
        await enter()
        defer { leave() }
        try Task.checkCancellation()
        let next = try move(cursor)
        // Also where it moves nothing: whoever has lost the lease stores nothing.
        let step = CursorStep(source: lease.name, fence: lease.fence, from: cursor, to: next)
        let receipt = try await intake.accept(Batch(items, source: lease.name, cursor: step))
        cursor = next
        if !items.isEmpty { condition.stored(at: time()) }
        return receipt
    }

    nonisolated func seen(waiting: Int, progress: String?) {
        condition.seen(waiting: waiting, progress: progress, at: time())
    }

    /// Callers go one after the other, as they came.
    private func enter() async {
        guard isBusy else {
            isBusy = true
            return
        }
        await withCheckedContinuation { queue.append($0) }
    }

    private func leave() {
        if queue.isEmpty { isBusy = false } else { queue.removeFirst().resume() }
    }
}

/// How a source is, as its follower and its runner see it; read at each renewal of the lease.
final class Condition: Sendable {
    private struct State {
        var health = SourceHealth()
        /// Something was stored, or the other side has answered, since this attempt began.
        var hasStored = false
        var hasSeen = false
    }

    private let state = Monitor(State())

    var health: SourceHealth { state.withLock { $0.health } }
    var hasStored: Bool { state.withLock { $0.hasStored } }
    var hasSeen: Bool { state.withLock { $0.hasSeen } }

    func seen(waiting: Int, progress: String?, at now: Int64) {
        state.withLock { state in
            state.health.seenAt = now
            state.health.waiting = Int64(waiting)
            state.health.progress = progress
            state.health.failure = nil
            state.hasSeen = true
        }
    }

    func stored(at now: Int64) {
        state.withLock { state in
            state.health.storedAt = now
            state.hasStored = true
        }
    }

    /// A new attempt begins; what failed before is told until the other side answers.
    func begin() {
        state.withLock { state in
            state.hasStored = false
            state.hasSeen = false
        }
    }

    func failed(_ failure: SourceHealth.Failure) {
        state.withLock { $0.health.failure = failure }
    }
}
