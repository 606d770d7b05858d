import CLibPQ

/// Making a connection: each host in turn, each with its own time.
extension Connection {
    /// Why no connection was made, and whether trying again is of use.
    struct Refusal: Error {
        var error: DatabaseError
        var isPermanent: Bool
    }

    static func make(_ settings: ConnectionSettings, wake: Int32) throws(Refusal) -> Connection {
        var refusal: Refusal?
        for options in settings.attempts {
            do throws(Refusal) {
                let connection = try open(options, settings, wake: wake)
                try connection.setUp(settings)
                return connection
            } catch {
                // One host whose refusal may pass is reason enough to try them all again.
                if refusal == nil || !error.isPermanent { refusal = error }
            }
        }
        throw refusal ?? Refusal(error: DatabaseError(.usage, "no host to connect to"), isPermanent: true)
    }

    private static func open(
        _ options: [(keyword: String, value: String)], _ settings: ConnectionSettings, wake: Int32
    ) throws(Refusal) -> Connection {
        guard let handle = unsafe start(options) else {
            throw Refusal(error: DatabaseError(.connection, "no memory for a connection"), isPermanent: false)
        }
        // Verbose, because only then does the text of a refusal hold its SQLSTATE, and libpq gives it nowhere else.
        unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        let deadline = ContinuousClock.now + settings.connectTimeout
        var isWriting = true
        var timedOut = false
        polling: while unsafe PQstatus(handle) != CONNECTION_BAD {
            let left = (deadline - .now).milliseconds
            guard left > 0 else {
                timedOut = true
                break
            }
            let seen = unsafe contatto_wait_either(PQsocket(handle), isWriting ? 1 : 0, -1, Int32(min(left, 60_000)))
            guard seen != 0 else { continue }
            switch unsafe PQconnectPoll(handle) {
            case PGRES_POLLING_OK: return unsafe Connection(handle, wake: wake)
            case PGRES_POLLING_READING: isWriting = false
            case PGRES_POLLING_WRITING: isWriting = true
            default: break polling
            }
        }
        let words = unsafe text(PQerrorMessage(handle)) ?? ""
        unsafe PQfinish(handle)
        throw refusal(timedOut ? "no answer within \(settings.connectTimeout)" : words, settings)
    }

    private static func start(_ options: [(keyword: String, value: String)]) -> OpaquePointer? {
        let strings = options.map { [CChar]($0.keyword.utf8CString) + [CChar]($0.value.utf8CString) }
        let starts = options.map { $0.keyword.utf8.count + 1 }
        let arena = strings.flatMap { $0 }
        return unsafe arena.withUnsafeBufferPointer { arena in
            var keywords: [UnsafePointer<CChar>?] = unsafe []
            var values: [UnsafePointer<CChar>?] = unsafe []
            var position = 0
            for (string, start) in zip(strings, starts) {
                unsafe keywords.append(arena.baseAddress.map { unsafe $0 + position })
                unsafe values.append(arena.baseAddress.map { unsafe $0 + position + start })
                position += string.count
            }
            unsafe keywords.append(nil)
            unsafe values.append(nil)
            return unsafe PQconnectStartParams(keywords, values, 0)
        }
    }

    /// Times, settings and the role of a new session.
    private func setUp(_ settings: ConnectionSettings) throws(Refusal) {
        do throws(DatabaseError) {
            try run(settings.preamble)
            if let role = settings.role { try run("SET ROLE \(quoted(identifier: role))") }
        } catch {
            var error = error
            if let role = settings.role, error.statement.hasPrefix("SET ROLE") {
                let user = unsafe text(PQuser(handle)) ?? "the user"
                error.message = "cannot take on the role \(role): \(error.message)"
                error.hint = "as a superuser: GRANT \(quoted(identifier: role)) TO \(quoted(identifier: user))"
            }
            throw Refusal(error: error, isPermanent: !error.isRetryable)
        }
    }

    private static func refusal(_ words: String, _ settings: ConnectionSettings) -> Refusal {
        let state = sqlState(in: words)
        var words = oneLine(words)
        if let location = words.firstRange(of: "; LOCATION:") { words = String(words[..<location.lowerBound]) }
        let error = DatabaseError(
            .connection, "cannot connect to \(settings.redacted): \(words)", state: state ?? .connectionFailure)
        let passing: [SQLState] = [.cannotConnectNow, .adminShutdown, .crashShutdown, .tooManyConnections]
        let isPermanent =
            if let state {
                !passing.contains(state) && !["08", "53"].contains(state.errorClass)
            } else {
                // What waiting cannot mend: who they are, and who we are. "SSL error" alone may be a server going down.
                ["certificate", "does not support SSL", "password", "authentication", "invalid "].contains(
                    where: words.contains)
            }
        return Refusal(error: error, isPermanent: isPermanent)
    }

    /// The five characters in "FATAL:  57P03: the database system is starting up".
    private static func sqlState(in words: String) -> SQLState? {
        let bytes = Array(words.utf8)
        let isCode: (UInt8) -> Bool = { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        guard bytes.count >= 10 else { return nil }
        for start in 0...(bytes.count - 10)
        where bytes[start] == 0x3A && bytes[start + 1] == 0x20 && bytes[start + 2] == 0x20 && bytes[start + 8] == 0x3A {
            let code = bytes[(start + 3)..<(start + 8)]
            if code.allSatisfy(isCode) { return SQLState(String(decoding: code, as: UTF8.self)) }
        }
        return nil
    }
}
