/// Why the database did not do what it was asked, and what is known of the state it left.
package struct DatabaseError: Error, Sendable {
    /// What is known about the work that was asked for.
    package enum Outcome: Sendable {
        /// Nothing of it was stored.
        case failed
        /// It may have been stored, or not: the connection was lost while a commit was on its way, or the commit stands
        /// on this server but no standby confirmed it. Only repeating idempotent work, or looking, tells.
        case unknown
    }

    /// Who refused.
    package enum Kind: Sendable {
        /// The server, by an error of its own; `state` says which.
        case server
        /// The connection: it could not be made, or was lost.
        case connection
        /// The Swift task was cancelled.
        case cancelled
        /// No connection of the pool became free in time, or the pool is closed.
        case pool
        /// The caller: a value or a call that cannot be sent, or a result that is not of the type asked for.
        case usage
    }

    package var kind: Kind
    package var state: SQLState?
    package var message: String
    /// May hold values of the row concerned: for logs that may hold them, never for customers.
    package var detail: String?
    package var hint: String?
    package var table: String?
    package var column: String?
    package var constraint: String?
    /// The name of the statement (`/* … */` on its first line), or its beginning; never a value.
    package var statement: String
    package var outcome: Outcome
    /// The server named this function as the origin. Used where messages, being translated, cannot be relied upon.
    var sourceFunction: String?

    package init(
        _ kind: Kind, _ message: String, state: SQLState? = nil, hint: String? = nil, statement: String = "",
        outcome: Outcome = .failed
    ) {
        self.kind = kind
        self.state = state
        self.message = message
        self.hint = hint
        self.statement = statement
        self.outcome = outcome
    }

    /// The same work, done again from the start, may succeed.
    ///
    /// Where `outcome` is `.unknown` that is right only for work that may be done twice.
    package var isRetryable: Bool {
        switch kind {
        case .connection: true
        case .cancelled, .pool, .usage: false
        case .server: isTransientState
        }
    }

    package var isConnectionLost: Bool { kind == .connection }
    package var isCancelled: Bool { kind == .cancelled }

    private var isTransientState: Bool {
        guard let state else { return false }
        switch state {
        case .deadlockDetected, .serializationFailure, .adminShutdown, .crashShutdown, .cannotConnectNow,
            .tooManyConnections, .lockNotAvailable:
            return true
        default:
            return state.errorClass == "08" || isStalePreparation
        }
    }

    /// A prepared statement outlived what it was prepared against (a migration, a DISCARD); prepared afresh it will do.
    var isStalePreparation: Bool {
        state == .invalidStatementName
            || (state == .featureNotSupported && sourceFunction == "RevalidateCachedQuery")
    }
}

extension DatabaseError: CustomStringConvertible {
    package var description: String {
        var text = message
        if let state { text += " [\(state)]" }
        if outcome == .unknown { text += " (it is unknown whether the work was stored)" }
        if !statement.isEmpty { text += " in: \(statement)" }
        if let detail { text += "; \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        return text
    }
}

extension DatabaseError {
    static func cancelled(_ statement: String = "") -> DatabaseError {
        DatabaseError(.cancelled, "the task was cancelled", state: .queryCancelled, statement: statement)
    }

    static let closed = DatabaseError(.pool, "the database was closed")
}

/// What an error calls a statement: its comment, or the beginning of its first line with every quoted value left out.
func statementName(_ sql: some StringProtocol) -> String {
    let text = String(sql.prefix(400))
    let trimmed = text.drop { $0.isWhitespace }
    if trimmed.hasPrefix("/*"), let line = trimmed.split(separator: "*/").first {
        return line.dropFirst(2).trimmingSpaces()
    }
    var name = ""
    var quoted = false
    for character in trimmed {
        if character == "'" {
            quoted.toggle()
            name += quoted ? "'…" : "'"
        } else if !quoted {
            name.append(character.isNewline ? " " : character)
        }
        if name.count >= 120 { return name + "…" }
    }
    return name
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        var rest = drop { $0.isWhitespace }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
