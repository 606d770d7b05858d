/// A connection lent to one closure, on the connection's own thread.
///
/// Everything here blocks that thread and no other. It cannot leave the closure.
package struct Session: ~Copyable {
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// Runs a statement that is prepared once a connection, with binary parameters and results.
    package func execute(_ sql: StaticString, _ parameters: [Parameter] = []) throws(DatabaseError) -> Rows {
        try connection.execute(sql, parameters)
    }

    /// Runs all of them in one round trip and returns their results in order.
    ///
    /// The first error is thrown and what follows it is not run. In a session without a transaction the pipeline is one
    /// by itself: all of it is stored, or nothing. Statements at the places `unprepared` are planned for this run alone.
    package func pipeline(
        _ statements: [(StaticString, [Parameter])], unprepared: Set<Int> = []
    ) throws(DatabaseError) -> [Rows] {
        try connection.pipeline(statements, unprepared: unprepared)
    }

    /// Runs a text of one or more statements, without parameters or results.
    package func run(_ script: String) throws(DatabaseError) {
        try connection.run(script)
    }

    /// Runs a statement made at run time, unprepared: for tests and administration.
    package func query(text: String, _ parameters: [Parameter] = []) throws(DatabaseError) -> Rows {
        try connection.query(text, parameters)
    }

    /// Runs a `COPY … FROM STDIN`, fed by the closure, and returns the number of rows stored.
    ///
    /// An error thrown by the closure ends the COPY, stores nothing of it, and is thrown on.
    package func copyIn(
        _ statement: String, _ feed: (inout CopyWriter) throws(DatabaseError) -> Void
    ) throws(DatabaseError) -> Int {
        try connection.copyIn(statement, feed)
    }

    package var backendPID: Int32 { connection.backendPID }
    /// 150018 for 15.18.
    package var serverVersion: Int32 { connection.serverVersion }
    /// The task that waits for this closure was cancelled: the next statement would throw.
    package var isCancelled: Bool { connection.ticket?.isCancelRequested ?? false }
}

/// How a transaction ends, decided by its body.
package enum Verdict<Value: Sendable>: Sendable {
    case commit(Value)
    case rollback(Value)
}
