import CLibPQ

/// A place of the pool: a thread, and the connection it keeps, makes anew when lost, and alone may touch.
///
/// Unchecked: `connection` and `failures` are used on the thread; the thread of cancel requests reads `connection` only
/// in `Ticket.deliver`, whose lock orders it after the job's beginning and before its end.
@safe
final class Link: @unchecked Sendable {
    enum Mode: Sendable {
        case transaction(readOnly: Bool, opening: String)
        case plain
    }

    private let settings: ConnectionSettings
    private let thread = WorkerThread()
    private let canceller: WorkerThread
    private let wake: Int32
    private var connection: Connection?
    /// Attempts to connect that failed in a row.
    private var failures = 0

    init(_ settings: ConnectionSettings, canceller: WorkerThread) {
        self.settings = settings
        self.canceller = canceller
        wake = contatto_wake_open()
        precondition(wake >= 0, "the system refused another descriptor: raise the limit of open files")
    }

    deinit {
        contatto_wake_close(wake)
    }

    /// Runs `body` on the thread once connected, then `release`, then `finish`.
    ///
    /// If the task walks away first, `finish` is not called; `release` always is.
    func run<Value: Sendable>(
        _ mode: Mode, _ ticket: Ticket, until deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable (borrowing Session) throws(DatabaseError) -> Verdict<Value>,
        release: @escaping @Sendable () -> Void,
        finish: @escaping @Sendable (Result<Value, DatabaseError>) -> Void
    ) {
        let isTaken = thread.enqueue { [self] in
            let result: Result<Value, DatabaseError>
            do throws(DatabaseError) {
                let connection = try ready(mode, ticket, until: deadline)
                guard ticket.begin() else {
                    connection.rollBack()
                    return release()
                }
                result = perform(mode, ticket, connection, body)
            } catch {
                guard ticket.begin() else { return release() }
                _ = ticket.close()
                result = .failure(error)
            }
            if connection?.isBroken == true { connection = nil }
            release()
            finish(result)
        }
        if !isTaken, ticket.begin() { finish(.failure(.closed)) }
    }

    /// The task was cancelled.
    func cancel(_ ticket: Ticket) {
        ticket.cancel(
            wake: { contatto_wake(wake) },
            send: { sendCancel(ticket) })
    }

    /// Closes the connection and ends the thread, after the job it may have.
    func shutDown(_ done: @escaping @Sendable () -> Void = {}) {
        thread.enqueue { [self] in
            connection = nil
            done()
        }
        thread.stop()
    }

    /// Cancel requests block, so they are sent by a thread that is neither this one nor one of Swift's.
    private func sendCancel(_ ticket: Ticket) {
        canceller.enqueue { [self] in
            ticket.deliver {
                guard let cancelHandle = unsafe connection?.cancelHandle else { return }
                // A request that cannot be sent is sent again while the statement runs: see Connection.sleep.
                unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
                    _ = unsafe PQcancel(cancelHandle, reason.baseAddress, Int32(reason.count))
                }
            }
        }
    }

    /// A connection on which the transaction, if there is to be one, has begun.
    private func ready(
        _ mode: Mode, _ ticket: Ticket, until deadline: ContinuousClock.Instant
    ) throws(DatabaseError) -> Connection {
        while true {
            let connection = try connected(ticket, until: deadline)
            guard case .transaction(let readOnly, let opening) = mode else { return connection }
            do throws(DatabaseError) {
                try connection.begin(readOnly: readOnly, opening: opening)
                return connection
            } catch {
                connection.rollBack()
                // Nothing was done yet: a connection that turns out to be dead is simply replaced.
                guard error.isConnectionLost, ContinuousClock.now < deadline, !ticket.isAbandoned else { throw error }
                self.connection = nil
            }
        }
    }

    private func connected(_ ticket: Ticket, until deadline: ContinuousClock.Instant) throws(DatabaseError)
        -> Connection
    {
        if let connection, connection.isAlive() { return connection }
        connection = nil
        while true {
            do throws(Connection.Refusal) {
                let made = try Connection.make(settings, wake: wake)
                failures = 0
                connection = made
                return made
            } catch {
                failures += 1
                let pause = backOff()
                guard !error.isPermanent, !ticket.isAbandoned, ContinuousClock.now + pause < deadline else {
                    throw error.error
                }
                ticket.pause(pause)
            }
        }
    }

    /// Doubles from 25 ms to 2 s, and anything between half and all of it, so that many do not return as one.
    private func backOff() -> Duration {
        let longest = min(2_000, 25 << min(failures, 7))
        return .milliseconds(Int.random(in: (longest / 2)...longest))
    }

    private func perform<Value: Sendable>(
        _ mode: Mode, _ ticket: Ticket, _ connection: Connection,
        _ body: (borrowing Session) throws(DatabaseError) -> Verdict<Value>
    ) -> Result<Value, DatabaseError> {
        let isTransaction = if case .transaction = mode { true } else { false }
        connection.ticket = ticket
        connection.requestAgain = { [self] in
            if ticket.requestAgain() { sendCancel(ticket) }
        }
        connection.commitsEachStatement = !isTransaction
        let verdict: Result<Verdict<Value>, DatabaseError>
        do throws(DatabaseError) {
            verdict = .success(try body(Session(connection)))
        } catch {
            verdict = .failure(error)
        }
        let wasCancelled = ticket.close()
        connection.ticket = nil
        connection.requestAgain = {}
        connection.commitsEachStatement = false
        if wasCancelled { contatto_wake_drain(wake) }
        switch verdict {
        case .failure(let error):
            connection.rollBack()
            return .failure(error)
        case .success(.rollback(let value)):
            connection.rollBack()
            return .success(value)
        case .success(.commit(let value)):
            guard isTransaction else {
                // A body may leave a transaction of its own open: nobody else is to find it.
                connection.rollBack()
                return .success(value)
            }
            return commit(value, on: connection, wasCancelled)
        }
    }

    private func commit<Value: Sendable>(
        _ value: Value, on connection: Connection, _ wasCancelled: Bool
    ) -> Result<Value, DatabaseError> {
        guard !wasCancelled else {
            connection.rollBack()
            return .failure(.cancelled("COMMIT, not yet sent"))
        }
        do throws(DatabaseError) {
            try connection.commit()
            return .success(value)
        } catch {
            if connection.transactionStatus != PQTRANS_IDLE { connection.rollBack() }
            return .failure(error)
        }
    }
}
