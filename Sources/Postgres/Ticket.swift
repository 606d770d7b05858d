/// One job on a connection, as seen from the task that waits for it.
///
/// Cancelling goes through here, so that a cancel request can only ever meet the job it was meant for: it is sent while
/// the job's statements run, and the connection's thread leaves that phase only when no request is on its way.
final class Ticket: Sendable {
    private enum Phase {
        /// The thread has not begun: the task may simply walk away.
        case waiting
        case walkedAway
        /// Statements run, and may be cancelled.
        case running
        /// COMMIT or ROLLBACK: nothing is cancelled any more.
        case closing
    }

    private struct State {
        var phase = Phase.waiting
        var isRequested = false
        /// A cancel request is queued or on its way to the server.
        var isInFlight = false
        var abandon: (@Sendable () -> Void)?
    }

    private let state = Monitor(State())

    /// `abandon` runs once, if the task is cancelled before its job began.
    func onAbandoned(_ abandon: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            if state.phase == .walkedAway { return true }
            state.abandon = abandon
            return false
        }
        if now { abandon() }
    }

    var isAbandoned: Bool { state.withLock { $0.phase == .walkedAway } }
    var isCancelRequested: Bool { state.withLock { $0.isRequested } }

    /// Sleeps, less long if the task walks away.
    func pause(_ duration: Duration) {
        _ = state.wait(atMost: duration) { $0.phase == .walkedAway ? true : nil }
    }

    /// The thread begins; false if the task has walked away.
    func begin() -> Bool {
        state.withLock { state in
            guard state.phase == .waiting else { return false }
            state.phase = .running
            state.abandon = nil
            return true
        }
    }

    /// The task is cancelled. `wake` wakes the connection's thread, `send` has the cancel request sent elsewhere.
    func cancel(wake: () -> Void, send: () -> Void) {
        let (abandon, isRunning): ((@Sendable () -> Void)?, Bool) = state.change { state in
            switch state.phase {
            case .waiting:
                state.phase = .walkedAway
                defer { state.abandon = nil }
                return (state.abandon, false)
            case .running where !state.isRequested:
                state.isRequested = true
                state.isInFlight = true
                // Under the lock: once the thread has left this phase nobody may wake it in this job's name.
                wake()
                return (nil, true)
            case .running, .closing, .walkedAway:
                return (nil, false)
            }
        }
        abandon?()
        if isRunning { send() }
    }

    /// A request came too early to find the statement it was meant for: one more. False if one is on its way still.
    func requestAgain() -> Bool {
        state.withLock { state in
            guard state.phase == .running, state.isRequested, !state.isInFlight else { return false }
            state.isInFlight = true
            return true
        }
    }

    /// Sends what was requested, on a thread that may block; not at all if the job has moved on meanwhile.
    func deliver(_ request: () -> Void) {
        if state.withLock({ $0.phase == .running }) { request() }
        state.change { $0.isInFlight = false }
    }

    /// No further statement may be cancelled. Returns when no request is on its way; true if one had been made.
    func close() -> Bool {
        state.wait { state in
            state.phase = .closing
            return state.isInFlight ? nil : state.isRequested
        }
    }
}
