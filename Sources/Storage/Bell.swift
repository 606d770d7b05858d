package import Postgres

/// Rings where the journal of a workspace may have moved: a hint and nothing more. Who hears it looks himself, and who
/// hears nothing looks all the same after a while.
package final class Bell: Sendable {
    private struct State {
        var rung: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var next: UInt64 = 0
    }

    private let state = Monitor(State())
    /// Told of what is rung here, and not of what others have told.
    private let onRung: @Sendable () -> Void

    package init(onRung: @escaping @Sendable () -> Void = {}) { self.onRung = onRung }

    /// How often it has rung; what is seen before looking is waited from afterwards.
    package var count: UInt64 { state.withLock { $0.rung } }

    /// A transaction of this process has moved the journal.
    package func ring() {
        sound()
        onRung()
    }

    /// Another process has said so.
    package func sound() {
        let waiting = state.withLock { state in
            state.rung &+= 1
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when it has rung more than `count` times, or the time is over; at once where the task is cancelled.
    package func wait(beyond count: UInt64, atMost patience: Duration) async {
        let id = state.withLock { state in
            state.next &+= 1
            return state.next
        }
        // A bridge from time to a continuation, which must be resumed and not left.
        let alarm = Task { [weak self] in
            try? await Task.sleep(for: patience)  // cancelled: nobody waits any more, and giving up does nothing
            self?.give(up: id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.rung != count || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            give(up: id)
        }
        alarm.cancel()
    }

    private func give(up id: UInt64) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
}

/// The bells of a process, one a workspace, shared by all that write and read there.
package final class Bells: Sendable {
    private let bells = Monitor<[Int64: Bell]>([:])
    private let onRung: @Sendable (Int64) -> Void

    /// `onRung` is told the workspaces whose bell this process itself rings: for the herald, who tells other processes.
    package init(onRung: @escaping @Sendable (_ workspace: Int64) -> Void = { _ in }) { self.onRung = onRung }

    package func bell(of workspace: Int64) -> Bell {
        bells.withLock { bells in
            if let known = bells[workspace] { return known }
            let onRung = onRung
            let bell = Bell { onRung(workspace) }
            bells[workspace] = bell
            return bell
        }
    }

    /// Every bell: something may have been missed.
    package func soundAll() {
        for bell in bells.withLock({ Array($0.values) }) { bell.sound() }
    }
}

extension Bells {
    /// Tells whoever listens on a channel, at once: the statement commits by itself and stores nothing.
    package static func tell(
        _ message: String, on channel: String, by database: Database
    ) async throws(DatabaseError) {
        try await database.session { (session: borrowing Session) throws(DatabaseError) in
            _ = try session.execute(.bellsTell, [.text(channel), .text(message)])
        }
    }
}

extension Statement {
    static let bellsTell = Statement(
        """
        /* bells.tell */
        SELECT pg_notify($1, $2)
        """)
}
