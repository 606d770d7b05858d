/// A pool of connections to one database, each on a thread of its own.
///
/// Connections are made when first needed and made again when lost, with pauses that grow and vary. A task whose
/// statement runs may be cancelled at any moment: the server gives the statement up, the transaction is rolled back, and
/// the connection is lent again only when the cancel request can no longer meet another statement.
package final class Database: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Result<Link, DatabaseError>, Never>
    }

    private struct State {
        var idle: [Link] = []
        var links: [Link] = []
        var waiters: [Waiter] = []
        var nextWaiter: UInt64 = 0
        var isClosed = false
    }

    private let settings: ConnectionSettings
    private let limit: Int
    private let acquireTimeout: Duration
    private let canceller = WorkerThread()
    private let state = Monitor(State())

    /// `acquireTimeout` covers waiting for a free connection and, where the server does not answer, connecting.
    package init(_ settings: ConnectionSettings, connections: Int, acquireTimeout: Duration = .seconds(30)) {
        precondition(connections > 0, "a pool needs at least one connection")
        self.settings = settings
        limit = connections
        self.acquireTimeout = acquireTimeout
    }

    deinit {
        for link in state.withLock({ $0.links }) { link.shutDown() }
    }

    /// BEGIN, the body, COMMIT, in one visit to the connection's thread. A body that throws rolls back.
    ///
    /// `opening` is SQL that goes with the BEGIN, in the same round trip: `SET LOCAL` with values the caller made itself.
    /// A COMMIT that was sent is never cancelled, neither by the task nor by statement_timeout. Errors whose outcome is
    /// `.unknown` come only from COMMIT.
    package func transaction<Value: Sendable>(
        opening: String = "", readOnly: Bool = false,
        _ body: @escaping @Sendable (borrowing Session) throws(DatabaseError) -> Value
    ) async throws(DatabaseError) -> Value {
        try await deciding(opening: opening, readOnly: readOnly) {
            (session: borrowing Session) throws(DatabaseError) -> Verdict<Value> in
            .commit(try body(session))
        }
    }

    /// The same, where the body says how it ends.
    package func deciding<Value: Sendable>(
        opening: String = "", readOnly: Bool = false,
        _ body: @escaping @Sendable (borrowing Session) throws(DatabaseError) -> Verdict<Value>
    ) async throws(DatabaseError) -> Value {
        try await lend(.transaction(readOnly: readOnly, opening: opening), body)
    }

    /// A session without a transaction, where each statement commits by itself: for what cannot be in one.
    ///
    /// A statement whose answer was lost may have been stored, so here any lost connection is `.unknown`, and cancelling
    /// may meet a statement that is just committing.
    package func session<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing Session) throws(DatabaseError) -> Value
    ) async throws(DatabaseError) -> Value {
        try await lend(.plain) { (session: borrowing Session) throws(DatabaseError) -> Verdict<Value> in
            .commit(try body(session))
        }
    }

    /// How its connections stand now; for metrics.
    package struct Load: Sendable {
        package let connections: Int
        package let idle: Int
        /// Tasks that wait for a connection.
        package let waiting: Int
    }

    package var load: Load {
        state.withLock { Load(connections: $0.links.count, idle: $0.idle.count, waiting: $0.waiters.count) }
    }

    /// Refuses new work, lets what runs come to its end, and closes every connection.
    package func close() async {
        let (links, waiters) = state.withLock { state in
            state.isClosed = true
            defer {
                state.waiters = []
                state.links = []
                state.idle = []
            }
            return (state.links, state.waiters)
        }
        for waiter in waiters { waiter.continuation.resume(returning: .failure(.closed)) }
        for link in links {
            await withCheckedContinuation { continuation in
                link.shutDown { continuation.resume() }
            }
        }
    }

    private func lend<Value: Sendable>(
        _ mode: Link.Mode, _ body: @escaping @Sendable (borrowing Session) throws(DatabaseError) -> Verdict<Value>
    ) async throws(DatabaseError) -> Value {
        guard !Task.isCancelled else { throw .cancelled() }
        let deadline = ContinuousClock.now + acquireTimeout
        let link = try await acquire(until: deadline)
        let ticket = Ticket()
        let result: Result<Value, DatabaseError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                ticket.onAbandoned { continuation.resume(returning: .failure(.cancelled())) }
                link.run(mode, ticket, until: deadline, body) {
                    self.release(link)
                } finish: { result in
                    continuation.resume(returning: result)
                }
            }
        } onCancel: {
            link.cancel(ticket)
        }
        return try result.get()
    }

    private func acquire(until deadline: ContinuousClock.Instant) async throws(DatabaseError) -> Link {
        enum Found {
            case link(Link)
            case closed
            case wait(UInt64)
        }
        let found: Found = state.withLock { state in
            if state.isClosed { return .closed }
            // The one used last: its caches are warm, and the others may rest.
            if let link = state.idle.popLast() { return .link(link) }
            if state.links.count < limit {
                let link = Link(settings, canceller: canceller)
                state.links.append(link)
                return .link(link)
            }
            state.nextWaiter += 1
            return .wait(state.nextWaiter)
        }
        switch found {
        case .link(let link): return link
        case .closed: throw .closed
        case .wait(let id): return try await wait(id, until: deadline)
        }
    }

    private func wait(_ id: UInt64, until deadline: ContinuousClock.Instant) async throws(DatabaseError) -> Link {
        // A bridge from time to a continuation, which cannot be waited for in a group: it must be resumed, not left.
        let alarm = Task { [weak self] in
            guard (try? await Task.sleep(until: deadline)) != nil else { return }
            self?.give(up: id, Self.exhausted)
        }
        defer { alarm.cancel() }
        let result: Result<Link, DatabaseError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now: Result<Link, DatabaseError>? = state.withLock { state in
                    if state.isClosed { return .failure(.closed) }
                    // Cancelled before it stood in the line, where the handler would have looked for it.
                    if Task.isCancelled { return .failure(.cancelled()) }
                    if let link = state.idle.popLast() { return .success(link) }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            give(up: id, .cancelled())
        }
        return try result.get()
    }

    private func give(up id: UInt64, _ reason: DatabaseError) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: .failure(reason))
    }

    private func release(_ link: Link) {
        let waiter: Waiter? = state.withLock { state in
            if state.isClosed { return nil }
            guard !state.waiters.isEmpty else {
                state.idle.append(link)
                return nil
            }
            return state.waiters.removeFirst()
        }
        waiter?.continuation.resume(returning: .success(link))
    }

    private static var exhausted: DatabaseError {
        DatabaseError(
            .pool, "no connection became free in time: all of them are in use",
            hint: "look for transactions that take long, or allow more connections")
    }
}
