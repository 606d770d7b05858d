import CLibPQ

/// The way into a COPY. What is written leaves in pieces of 64 kB, and writing waits while the server does not take it.
package struct CopyWriter: ~Copyable {
    private let connection: Connection
    private let label: StatementLabel
    private var buffer: [UInt8] = []
    private static let piece = 65_536

    init(_ connection: Connection, _ label: StatementLabel) {
        self.connection = connection
        self.label = label
        buffer.reserveCapacity(Self.piece + 4096)
    }

    package mutating func write(_ bytes: [UInt8]) throws(DatabaseError) {
        buffer.append(contentsOf: bytes)
        try flushIfFull()
    }

    package mutating func write(_ bytes: ArraySlice<UInt8>) throws(DatabaseError) {
        buffer.append(contentsOf: bytes)
        try flushIfFull()
    }

    package mutating func write(text: String) throws(DatabaseError) {
        buffer.append(contentsOf: text.utf8)
        try flushIfFull()
    }

    /// What a COPY in binary format begins with.
    package mutating func binaryHeader() throws(DatabaseError) {
        // The signature, then flags and the length of an extension, both 0.
        buffer.append(contentsOf: [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00])
        buffer.append(contentsOf: [0, 0, 0, 0, 0, 0, 0, 0])
        try flushIfFull()
    }

    /// One row of a COPY in binary format.
    package mutating func binaryRow(_ fields: [Parameter]) throws(DatabaseError) {
        try connection.check(label, fields)
        append(UInt16(truncatingIfNeeded: fields.count))
        for field in fields { append(field) }
        try flushIfFull()
    }

    /// What a COPY in binary format ends with.
    package mutating func binaryTrailer() throws(DatabaseError) {
        buffer.append(contentsOf: [0xFF, 0xFF])
        try flushIfFull()
    }

    mutating func flush() throws(DatabaseError) {
        guard !buffer.isEmpty else { return }
        try connection.putCopy(buffer, label)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func flushIfFull() throws(DatabaseError) {
        if buffer.count >= Self.piece { try flush() }
    }

    private mutating func append(_ field: Parameter) {
        switch field.value {
        case .null:
            append(UInt32.max)
        case .short(let high, let low, let count):
            append(UInt32(count))
            for index in 0..<count {
                let word = index < 8 ? high : low
                buffer.append(UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index & 7))))
            }
        case .text(let text):
            append(UInt32(truncatingIfNeeded: text.utf8.count))
            buffer.append(contentsOf: text.utf8)
        case .bytes(let bytes):
            append(UInt32(truncatingIfNeeded: bytes.count))
            buffer.append(contentsOf: bytes)
        case .prefix(let bytes, let count):
            append(UInt32(truncatingIfNeeded: count))
            buffer.append(contentsOf: bytes.prefix(count))
        }
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        var shift = value.bitWidth
        while shift > 0 {
            shift -= 8
            buffer.append(UInt8(truncatingIfNeeded: value >> type(of: value).init(truncatingIfNeeded: shift)))
        }
    }
}

extension Connection {
    /// Runs a `COPY … FROM STDIN` and returns the number of rows it stored.
    func copyIn(
        _ statement: String, _ feed: (inout CopyWriter) throws(DatabaseError) -> Void
    ) throws(DatabaseError) -> Int {
        let label = StatementLabel.text(statement)
        try check(label)
        guard unsafe PQsendQuery(handle, statement) == 1 else { throw lost(label) }
        let opening = unsafe nextResult()
        guard let result = unsafe opening else { throw lost(label) }
        guard unsafe PQresultStatus(result) == PGRES_COPY_IN else {
            let failure = unsafe refusal(result, label)
            throw failure
        }
        unsafe PQclear(result)
        do throws(DatabaseError) {
            var writer = CopyWriter(self, label)
            try feed(&writer)
            try writer.flush()
        } catch {
            throw abort(label, error)
        }
        guard unsafe PQputCopyEnd(handle, nil) == 1 else { throw lost(label) }
        let ending = try unsafe finish(label)
        defer { unsafe PQclear(ending) }
        return unsafe text(PQcmdTuples(ending)).flatMap { Int($0) } ?? 0
    }

    /// Sends a piece and waits until the system has taken all of it.
    fileprivate func putCopy(_ bytes: [UInt8], _ label: StatementLabel) throws(DatabaseError) {
        try check(label)
        let (readsBefore, noticesBefore) = (readCount, noticeCount)
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            unsafe PQputCopyData(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        }
        guard sent == 1 else { throw lost(label) }
        var unsent = unsafe PQflush(handle)
        while unsent == 1 {
            if let ticket, ticket.isCancelRequested { throw .cancelled(label.name) }
            guard sleep(writing: true) else { throw lost(label) }
            unsent = unsafe PQflush(handle)
        }
        guard unsent == 0 else { throw lost(label) }
        if hasFailed(readsBefore, noticesBefore) { throw stopped(label) }
    }

    /// During a COPY the server sends nothing but notices, until it has failed, and libpq keeps that to itself up to
    /// the end of the data. Something that came and is not a notice therefore means: stop sending.
    private func hasFailed(_ readsBefore: Int, _ noticesBefore: Int) -> Bool {
        let isReadable = unsafe contatto_wait(PQsocket(handle), 0, -1, 0) != 0
        if isReadable, unsafe PQconsumeInput(handle) != 1 { return true }
        guard isReadable || readCount > readsBefore else { return false }
        _ = unsafe PQisBusy(handle)
        if noticeCount > noticesBefore { return false }
        // A notice may come in two parts; what is still not one after a tenth of a second is the error.
        _ = unsafe contatto_wait(PQsocket(handle), 0, -1, 100)
        guard unsafe PQconsumeInput(handle) == 1 else { return true }
        _ = unsafe PQisBusy(handle)
        return noticeCount == noticesBefore
    }

    private func stopped(_ label: StatementLabel) -> DatabaseError {
        DatabaseError(.server, stoppedByServer, statement: label.name)
    }

    /// Ends the COPY without storing anything. The server's own reason, if it had one, goes before the feeder's.
    private func abort(_ label: StatementLabel, _ reason: DatabaseError) -> DatabaseError {
        guard !isBroken, unsafe PQputCopyEnd(handle, "given up by the sender") == 1 else { return reason }
        do throws(DatabaseError) {
            let result = try unsafe finish(label)
            unsafe PQclear(result)
            return reason
        } catch {
            return reason.message == stoppedByServer || error.isConnectionLost ? error : reason
        }
    }

    @unsafe
    private func refusal(_ result: OpaquePointer, _ label: StatementLabel) -> DatabaseError {
        let status = unsafe PQresultStatus(result)
        let isError = status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE
        let failure =
            unsafe isError
            ? error(result, label) : DatabaseError(.usage, "not a COPY … FROM STDIN", statement: label.name)
        unsafe PQclear(result)
        if status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH {
            isDiscarded = true
        } else {
            while let rest = unsafe nextResult() { unsafe PQclear(rest) }
        }
        return failure
    }
}

private let stoppedByServer = "the server stopped taking the data"
