import CLibPQ

/// One connection to the server, used by one thread only.
///
/// It never blocks inside libpq: it sends, flushes and reads as the socket allows and sleeps in `settle`, where a
/// cancelled task can wake it, and where it reads while it still writes. Two full socket buffers cannot stop it.
@safe
final class Connection {
    /// What was prepared under which name; the types are part of it, for the same text may come with others.
    struct Preparation {
        let name: String
        let types: [OID]
    }

    let handle: OpaquePointer
    /// Used by the thread that sends cancel requests, and only while a job runs here.
    let cancelHandle: OpaquePointer?
    let wake: Int32
    /// The job whose task may cancel what runs; nil while nothing may be cancelled.
    var ticket: Ticket?
    /// Has a cancel request sent once more, by another thread.
    var requestAgain: () -> Void = {}
    /// Whether each statement commits by itself, so that one whose answer was lost may have been stored.
    var commitsEachStatement = false
    /// Keyed by the address of the statement's literal.
    var prepared: [UInt: [Preparation]] = [:]
    var preparedCount = 0
    /// A commit stands on this server, but nobody waits for the standby's word any more.
    var missedStandby = false
    var noticeCount = 0
    var readCount = 0
    /// Out of step with the server: not to be used again.
    var isDiscarded = false

    /// Takes over a connection that stands.
    @unsafe
    init(_ handle: OpaquePointer, wake: Int32) {
        unsafe self.handle = unsafe handle
        unsafe cancelHandle = PQgetCancel(handle)
        self.wake = wake
        unsafe PQsetnonblocking(handle, 1)
        unsafe PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        unsafe PQsetNoticeReceiver(handle, receiveNotice, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        unsafe PQfreeCancel(cancelHandle)
        unsafe PQfinish(handle)
    }

    var isBroken: Bool { unsafe isDiscarded || PQstatus(handle) == CONNECTION_BAD }
    var transactionStatus: PGTransactionStatusType { unsafe PQtransactionStatus(handle) }
    var backendPID: Int32 { unsafe PQbackendPID(handle) }
    var serverVersion: Int32 { unsafe PQserverVersion(handle) }

    /// Whether an idle connection is still good; costs one system call when it is.
    func isAlive() -> Bool {
        guard !isBroken, transactionStatus == PQTRANS_IDLE else { return false }
        // Several rounds: a server that says farewell sends a message first and closes after it.
        for _ in 0..<4 {
            guard unsafe contatto_wait(PQsocket(handle), 0, -1, 0) != 0 else { return true }
            guard unsafe PQconsumeInput(handle) == 1 else { return false }
            _ = unsafe PQisBusy(handle)
            if isBroken { return false }
        }
        return false
    }

    /// Sends what is unsent and sleeps until a result can be taken without waiting.
    func settle() {
        while true {
            let unsent = unsafe PQflush(handle)
            // A failed write is reported by the result that follows; the server's last words may be part of it.
            if unsent < 0 { return }
            if unsafe PQisBusy(handle) == 0 { return }
            guard sleep(writing: unsent > 0) else { return }
        }
    }

    /// Sleeps until the socket can be read, or written if asked, and reads; false when the connection is lost.
    func sleep(writing: Bool) -> Bool {
        let isCancelling = ticket?.isCancelRequested ?? false
        // A cancel request finds the server idle if it overtakes the statement it was meant for, and then does
        // nothing. So while the answer stays out it is sent again; 100 ms are many round trips and no burden.
        let seen = unsafe contatto_wait(
            PQsocket(handle), writing ? 1 : 0, ticket == nil || isCancelling ? -1 : wake, isCancelling ? 100 : -1)
        if isCancelling, seen == 0 { requestAgain() }
        guard seen & Int32(contatto_readable) != 0 else { return true }
        readCount += 1
        return unsafe PQconsumeInput(handle) == 1
    }

    /// The next result, or nil at the end of a statement's results.
    @unsafe
    func nextResult() -> OpaquePointer? {
        settle()
        return unsafe PQgetResult(handle)
    }

    /// Throws if nothing should be sent: the task is cancelled, the connection lost, a parameter impossible.
    func check(_ label: StatementLabel, _ parameters: [Parameter] = []) throws(DatabaseError) {
        if let ticket, ticket.isCancelRequested { throw .cancelled(label.name) }
        if isBroken {
            throw DatabaseError(
                .connection, "the connection was lost before this statement", state: .connectionFailure,
                statement: label.name)
        }
        for (index, parameter) in parameters.enumerated() {
            if parameter.hasNUL {
                throw DatabaseError(
                    .usage, "parameter $\(index + 1) holds a NUL character, which PostgreSQL cannot store in a text",
                    state: .characterNotInRepertoire, hint: "refuse it, or take it out, before it comes here",
                    statement: label.name)
            }
            if parameter.value.size > 1_000_000_000 {
                throw DatabaseError(
                    .usage, "parameter $\(index + 1) is longer than the gigabyte PostgreSQL takes",
                    statement: label.name)
            }
        }
    }

    /// Takes all results of what was sent outside a pipeline and returns the last; the first error is thrown.
    @unsafe
    func finish(_ label: StatementLabel) throws(DatabaseError) -> OpaquePointer? {
        var last: OpaquePointer?
        var failure: DatabaseError?
        while let result = unsafe nextResult() {
            switch unsafe PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                unsafe PQclear(last)
                unsafe last = unsafe result
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                unsafe PQclear(result)
                isDiscarded = true
                failure = failure ?? DatabaseError(.usage, "COPY must be sent through copyIn", statement: label.name)
                unsafe PQclear(last)
                unsafe last = nil
                // In the middle of a copy nothing else can be said on this connection.
                throw failure ?? .cancelled(label.name)
            default:
                failure = unsafe failure ?? error(result, label)
                unsafe PQclear(result)
            }
        }
        if failure == nil, missedStandby { failure = standbyMissed(label) }
        if failure == nil, unsafe PQstatus(handle) == CONNECTION_BAD { failure = lost(label) }
        if let failure {
            unsafe PQclear(last)
            throw failure
        }
        return unsafe last
    }

    /// What a failed result says.
    @unsafe
    func error(_ result: OpaquePointer, _ label: StatementLabel) -> DatabaseError {
        guard let code = unsafe text(contatto_sqlstate(result)) else {
            // Without an SQLSTATE it is libpq itself that speaks.
            let message = unsafe text(PQresultErrorMessage(result)) ?? "no reason was given"
            if isBroken { return lost(label, message) }
            return DatabaseError(.usage, oneLine(message), statement: label.name)
        }
        var error = DatabaseError(
            .server, unsafe text(contatto_message(result)) ?? "no message", state: SQLState(code),
            hint: unsafe text(contatto_hint(result)), statement: label.name)
        error.detail = unsafe text(contatto_detail(result))
        error.table = unsafe text(contatto_table(result))
        error.column = unsafe text(contatto_column(result))
        error.constraint = unsafe text(contatto_constraint(result))
        error.sourceFunction = unsafe text(contatto_source_function(result))
        if let severity = unsafe text(contatto_severity(result)), severity == "FATAL" || severity == "PANIC" {
            isDiscarded = true
            error.kind = .connection
            error.outcome = commitsEachStatement ? .unknown : .failed
        } else if error.state == .queryCancelled, ticket?.isCancelRequested == true {
            error.kind = .cancelled
        }
        return error
    }

    func lost(_ label: StatementLabel, _ message: String? = nil) -> DatabaseError {
        let reason = unsafe message ?? text(PQerrorMessage(handle)) ?? ""
        return DatabaseError(
            .connection, "the connection to the database was lost: \(oneLine(reason))", state: .connectionFailure,
            statement: label.name, outcome: commitsEachStatement ? .unknown : .failed)
    }

    func standbyMissed(_ label: StatementLabel) -> DatabaseError {
        missedStandby = false
        return DatabaseError(
            .server, "the commit was not confirmed by a synchronous standby: somebody cancelled the wait for it",
            state: SQLState("01000"), hint: "look at the standby, and at who cancels backends", statement: label.name,
            outcome: .unknown)
    }
}

/// The notices that matter are those by which the server takes back a promise; their words are translated, the
/// function they come from is not.
private func receiveNotice(_ argument: UnsafeMutableRawPointer?, _ notice: OpaquePointer?) {
    guard let argument = unsafe argument, let notice = unsafe notice else { return }
    let connection = unsafe Unmanaged<Connection>.fromOpaque(argument).takeUnretainedValue()
    connection.noticeCount += 1
    if unsafe text(contatto_source_function(notice)) == "SyncRepWaitForLSN" { connection.missedStandby = true }
}

/// A C string of libpq's, copied; nil stays nil.
@unsafe
func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
}

@unsafe
func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
}

func oneLine(_ message: String) -> String {
    message.split(whereSeparator: \.isNewline).map { $0.drop { $0.isWhitespace } }.joined(separator: "; ")
}
