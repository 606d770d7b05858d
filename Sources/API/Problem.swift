internal import Contact
package import HTTPTypes
internal import Postgres

/// An error as it is told over HTTP: problem+json (RFC 9457), which says what to do.
package struct Problem: Error, Sendable {
    package let status: HTTPResponse.Status
    /// The NAME of `urn:contatto:error:NAME`.
    package let name: String
    package let title: String
    /// What is wrong in this very request; without personal data.
    package let detail: String
    package let whatToDo: String
    /// Fields the answer bears: `Allow`, `Retry-After`, `WWW-Authenticate`.
    package var fields = HTTPFields()
    /// Further members of the body, for programs: JSON values.
    var members: [(String, [UInt8])] = []

    package init(
        _ status: HTTPResponse.Status, _ name: String, _ title: String, _ detail: String, whatToDo: String,
        fields: HTTPFields = [:]
    ) {
        self.status = status
        self.name = name
        self.title = title
        self.detail = detail
        self.whatToDo = whatToDo
        self.fields = fields
    }

    package var body: [UInt8] {
        JSONWriter.object(
            [
                ("type", JSONWriter.string("urn:contatto:error:\(name)")), ("title", JSONWriter.string(title)),
                ("status", JSONWriter.number(Int64(status.code))), ("detail", JSONWriter.string(detail)),
                ("what_to_do", JSONWriter.string(whatToDo)),
            ] + members)
    }
}

extension Problem {
    static func retry(_ seconds: Int) -> HTTPFields { [.retryAfter: String(seconds)] }

    static let notFound = Problem(
        .notFound, "not_found", "There is nothing here", "no route has this path",
        whatToDo: "check the path; the hub's routes begin with /v1/")

    static func methodNotAllowed(_ allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(
            .methodNotAllowed, "method_not_allowed", "Not with this method", "this path takes \(list)",
            whatToDo: "send the request with \(list)", fields: [.allow: list])
    }

    static func unauthorized(_ detail: String, given: Bool) -> Problem {
        let challenge = given ? "Bearer realm=\"contatto\", error=\"invalid_token\"" : "Bearer realm=\"contatto\""
        return Problem(
            .unauthorized, "unauthorized", "A key is needed", detail,
            whatToDo: "send `Authorization: Bearer KEY`; `contatto key create --role ROLE` makes a key",
            fields: [.wwwAuthenticate: challenge])
    }

    static func forbidden(_ detail: String, _ whatToDo: String) -> Problem {
        Problem(.forbidden, "forbidden", "This key may not do that", detail, whatToDo: whatToDo)
    }

    static func badRequest(_ name: String, _ title: String, _ detail: String, _ whatToDo: String) -> Problem {
        Problem(.badRequest, name, title, detail, whatToDo: whatToDo)
    }

    static func tooLarge(_ limit: Int) -> Problem {
        Problem(
            .contentTooLarge, "body_too_large", "The body is too large",
            "one JSON text may have \(limit) bytes and \(InteractionsBody.mostElements) elements",
            whatToDo: "send one object a line, with Content-Type: application/x-ndjson: those may be any number")
    }

    static let bodyBroken = badRequest(
        "body_broken", "The body ended too early",
        "the connection or the body ended before what its head announced",
        "send it again: what was not acknowledged may have been stored, and twice is harmless")

    static let slow = Problem(
        .requestTimeout, "too_slow", "The request came too slowly",
        "nothing, or almost nothing, came for longer than the hub waits",
        whatToDo: "send it again, over a connection that is quicker or with smaller pauses")

    static let busy = Problem(
        .serviceUnavailable, "busy", "The hub has as much to store as it can take",
        "what was sent before is still waiting to be stored", whatToDo: "send it again after the stated seconds",
        fields: retry(5))

    static let stopping = Problem(
        .serviceUnavailable, "stopping", "The hub is stopping", "it takes no more of this request",
        whatToDo: "send what was not acknowledged again, after the stated seconds", fields: retry(5))

    static let unavailable = Problem(
        .serviceUnavailable, "database_unavailable", "The database cannot be reached",
        "nothing can be read or stored now", whatToDo: "send it again after the stated seconds", fields: retry(5))

    static let failure = Problem(
        .internalServerError, "internal", "The hub failed", "something in the hub went wrong; its log says what",
        whatToDo: "send it again; if it fails again, tell whoever runs the hub")

    static func of(_ error: IntakeError) -> Problem {
        switch error {
        case .unavailable: .unavailable
        case .cursorLost:
            Problem(
                .conflict, "cursor_lost", "Somebody else reads this source", "its cursor was moved meanwhile",
                whatToDo: "stop reading this source here, or there")
        case .cancelled: .stopping
        }
    }

    static func of(_ error: DatabaseError) -> Problem {
        error.state == .queryCancelled && !error.isCancelled
            ? .tookTooLong
            : error.isConnectionLost || error.kind == .pool || error.isRetryable || error.isCancelled
                ? .unavailable : .failure
    }
}
