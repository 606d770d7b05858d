import CLibPQ

/// Statements, pipelines and the ends of transactions.
extension Connection {
    /// Prepared on first use, in the same round trip.
    func execute(_ sql: StaticString, _ parameters: [Parameter]) throws(DatabaseError) -> Rows {
        let label = StatementLabel.fixed(sql)
        try check(label, parameters)
        guard let preparation = preparation(of: sql, parameters) else {
            return try pipeline([(sql, parameters)])[0]
        }
        let sent = send(preparation, parameters)
        return try rows(sent, label, sql)
    }

    func query(_ sql: String, _ parameters: [Parameter]) throws(DatabaseError) -> Rows {
        let label = StatementLabel.text(sql)
        try check(label, parameters)
        return try rows(sendUnprepared(sql, parameters), label, nil)
    }

    private func sendUnprepared(_ sql: String, _ parameters: [Parameter]) -> Int32 {
        let types = parameters.map(\.type.number)
        return unsafe Arguments.with(parameters) { arguments in
            unsafe PQsendQueryParams(
                handle, sql, arguments.count, types, arguments.values, arguments.lengths, arguments.formats, 1)
        }
    }

    func run(_ script: String) throws(DatabaseError) {
        let label = StatementLabel.text(script)
        try check(label)
        guard unsafe PQsendQuery(handle, script) == 1 else { throw unsent(label) }
        let result = try unsafe finish(label)
        unsafe PQclear(result)
    }

    /// Sends everything, then one sync, and takes the results in order. Statements at the places `unprepared` are planned
    /// for this run alone.
    func pipeline(
        _ statements: [(StaticString, [Parameter])], unprepared: Set<Int> = []
    ) throws(DatabaseError) -> [Rows] {
        guard let first = statements.first else { return [] }
        for (sql, parameters) in statements { try check(.fixed(sql), parameters) }
        guard unsafe PQenterPipelineMode(handle) == 1 else { throw unsent(.fixed(first.0)) }
        var awaited: [Awaited] = []
        awaited.reserveCapacity(statements.count + 1)
        var failure: DatabaseError?
        var fresh: [UInt: [Preparation]] = [:]
        for (place, (sql, parameters)) in statements.enumerated() {
            if unprepared.contains(place) {
                guard sendUnprepared(sql.description, parameters) == 1 else {
                    failure = unsent(.fixed(sql))
                    break
                }
                awaited.append(.rows(sql))
                push()
                continue
            }
            var preparation = preparation(of: sql, parameters, also: fresh)
            if preparation == nil {
                preparation = prepare(sql, parameters, &fresh)
                if let preparation { awaited.append(.preparation(sql, preparation)) }
            }
            guard let preparation, send(preparation, parameters) == 1 else {
                failure = unsent(.fixed(sql))
                break
            }
            awaited.append(.rows(sql))
            push()
        }
        guard unsafe PQpipelineSync(handle) == 1 else {
            isDiscarded = true
            throw failure ?? lost(.fixed(first.0))
        }
        let rows = take(awaited, &failure)
        if unsafe PQexitPipelineMode(handle) != 1 { isDiscarded = true }
        if failure == nil, missedStandby { failure = standbyMissed(.fixed(first.0)) }
        if let failure { throw failure }
        return rows
    }

    /// BEGIN, with whatever the transaction opens with, in one round trip.
    func begin(readOnly: Bool, opening: String) throws(DatabaseError) {
        var script = "BEGIN ISOLATION LEVEL READ COMMITTED"
        if readOnly { script += " READ ONLY" }
        if !opening.isEmpty { script += ";" + opening }
        try run(script)
    }

    /// COMMIT. Whatever leaves room for doubt is thrown as unknown.
    func commit() throws(DatabaseError) {
        let label = StatementLabel.text("COMMIT")
        switch transactionStatus {
        case PQTRANS_INTRANS:
            break
        case PQTRANS_INERROR:
            rollBack()
            throw DatabaseError(
                .usage, "a statement had failed and the transaction went on to commit: it was rolled back",
                state: .inFailedTransaction, statement: label.name)
        case PQTRANS_IDLE:
            throw DatabaseError(
                .usage, "the transaction was ended by one of its own statements", statement: label.name,
                outcome: .unknown)
        default:
            isDiscarded = true
            throw lost(label)
        }
        commitsEachStatement = true
        defer { commitsEachStatement = false }
        // statement_timeout needs no lifting: the server stops that clock before it does what COMMIT says.
        guard unsafe PQsendQuery(handle, "COMMIT") == 1 else { throw lost(label) }
        let result = try unsafe finish(label)
        defer { unsafe PQclear(result) }
        guard unsafe text(PQcmdStatus(result)) == "COMMIT" else {
            throw DatabaseError(.server, "the server rolled the transaction back at COMMIT", statement: label.name)
        }
    }

    /// ROLLBACK, unless there is nothing to roll back. A connection that cannot is discarded: that rolls back too.
    func rollBack() {
        guard !isBroken, transactionStatus != PQTRANS_IDLE else { return }
        do throws(DatabaseError) {
            guard transactionStatus != PQTRANS_ACTIVE else { throw lost(.text("ROLLBACK")) }
            try run("ROLLBACK")
        } catch {
            isDiscarded = true
        }
    }

    private enum Awaited {
        case preparation(StaticString, Preparation)
        case rows(StaticString)
    }

    /// Takes the results up to the sync.
    private func take(_ awaited: [Awaited], _ failure: inout DatabaseError?) -> [Rows] {
        var rows: [Rows] = []
        rows.reserveCapacity(awaited.count)
        var next = 0
        while true {
            guard let result = unsafe nextResult() else {
                // Between the results of two statements stands one nil; on a lost connection they never end.
                if isBroken {
                    failure = failure ?? lost(label(of: awaited, next))
                    return []
                }
                continue
            }
            let label = label(of: awaited, next)
            switch unsafe PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                if next < awaited.count {
                    switch awaited[next] {
                    case .preparation(let sql, let preparation):
                        prepared[address(of: sql), default: []].append(preparation)
                        unsafe PQclear(result)
                    case .rows:
                        rows.append(unsafe Rows(result, label))
                    }
                } else {
                    unsafe PQclear(result)
                }
                next += 1
            case PGRES_PIPELINE_SYNC:
                unsafe PQclear(result)
                return rows
            case PGRES_PIPELINE_ABORTED:
                unsafe PQclear(result)
                next += 1
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                unsafe PQclear(result)
                isDiscarded = true
                failure = failure ?? DatabaseError(.usage, "COPY must be sent through copyIn", statement: label.name)
                return []
            default:
                let new = unsafe error(result, label)
                unsafe PQclear(result)
                forgetIfStale(new, awaited, next)
                failure = failure ?? new
                next += 1
            }
        }
    }

    private func label(of awaited: [Awaited], _ index: Int) -> StatementLabel {
        switch awaited[min(index, awaited.count - 1)] {
        case .preparation(let sql, _), .rows(let sql): .fixed(sql)
        }
    }

    private func rows(_ sent: Int32, _ label: StatementLabel, _ sql: StaticString?) throws(DatabaseError) -> Rows {
        guard sent == 1 else { throw unsent(label) }
        do throws(DatabaseError) {
            guard let result = try unsafe finish(label) else { throw lost(label) }
            return unsafe Rows(result, label)
        } catch {
            if error.isStalePreparation, let sql { forget(sql) }
            throw error
        }
    }

    private func preparation(
        of sql: StaticString, _ parameters: [Parameter], also fresh: [UInt: [Preparation]] = [:]
    ) -> Preparation? {
        func matches(_ preparation: Preparation) -> Bool {
            preparation.types.elementsEqual(parameters.lazy.map(\.type))
        }
        let key = address(of: sql)
        return prepared[key]?.first(where: matches) ?? fresh[key]?.first(where: matches)
    }

    private func prepare(
        _ sql: StaticString, _ parameters: [Parameter], _ fresh: inout [UInt: [Preparation]]
    ) -> Preparation? {
        preparedCount += 1
        let preparation = Preparation(name: "contatto_\(preparedCount)", types: parameters.map(\.type))
        let types = preparation.types.map(\.number)
        let sent = sql.withUTF8Buffer { text in
            // A literal ends with a NUL, as libpq wants it.
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                unsafe PQsendPrepare(handle, preparation.name, text.baseAddress, Int32(types.count), types)
            }
        }
        guard sent == 1 else { return nil }
        fresh[address(of: sql), default: []].append(preparation)
        return preparation
    }

    private func send(_ preparation: Preparation, _ parameters: [Parameter]) -> Int32 {
        unsafe Arguments.with(parameters) { arguments in
            unsafe PQsendQueryPrepared(
                handle, preparation.name, arguments.count, arguments.values, arguments.lengths, arguments.formats, 1)
        }
    }

    /// Keeps libpq's buffer small during a long pipeline: writes as the socket takes it, and reads what comes meanwhile.
    private func push() {
        while unsafe PQflush(handle) == 1 {
            guard sleep(writing: true) else { return }
        }
    }

    private func address(of sql: StaticString) -> UInt {
        precondition(sql.hasPointerRepresentation, "a statement is more than one character")
        return unsafe UInt(bitPattern: sql.utf8Start)
    }

    private func forget(_ sql: StaticString) {
        prepared[address(of: sql)] = nil
    }

    private func forgetIfStale(_ error: DatabaseError, _ awaited: [Awaited], _ index: Int) {
        guard error.isStalePreparation, index < awaited.count, case .rows(let sql) = awaited[index] else { return }
        forget(sql)
    }

    private func unsent(_ label: StatementLabel) -> DatabaseError {
        let reason = unsafe text(PQerrorMessage(handle)) ?? ""
        if isBroken { return lost(label, reason) }
        return DatabaseError(.usage, "the statement could not be sent: \(oneLine(reason))", statement: label.name)
    }
}
