internal import Contact
internal import HTTPTypes
internal import HummingbirdCore
package import Storage

/// What is written down of a request.
enum Audited: Sendable {
    case nothing
    /// Answered while its row waits to be written.
    case look
    /// Answered when its row is durable.
    case change
}

extension Route.Action {
    /// Every look at customers and every change; not what is delivered, nor what the hub says of itself.
    var audited: Audited {
        switch self {
        case .interactions, .receiver, .welcome, .health, .readiness, .metrics, .openAPI: .nothing
        case .profile, .profileByIdentifier, .timeline, .visits, .explanation, .hits, .search, .changes, .snapshot,
            .subscriptions, .subscription, .subscriptionAttempts, .subscriptionDead, .decisions, .reviews, .rules,
            .rulePreview, .consents, .memories, .audit, .recognise, .disclosure, .interaction, .original, .people,
            .segment:
            .look
        case .subscribe, .subscriptionChange, .subscriptionRemoval, .subscriptionCommand, .decide, .revocation,
            .ruleChange, .erasure, .consent, .memory, .memoryEnd, .preferences,
            .disclosureChange:
            .change
        }
    }
}

extension Exchange {
    /// Answers, and writes down who asked for what and which profiles the answer was about.
    func auditedPage() async throws -> Answer {
        guard route.action.audited != .nothing else { return try await page() }
        try refuseUnaudited()
        let outcome: Result<Answer, any Error>
        do { outcome = .success(try await page()) } catch { outcome = .failure(error) }
        switch outcome {
        case .success(let answer):
            try await note(answer.status.code, about: answer.profiles, answered: answer.answered)
            return answer
        case .failure(let error):
            // Where nobody is left to be told, nothing was shown.
            if let problem = Responder.problem(error) { try await note(problem.status.code) }
            throw error
        }
    }

    /// What cannot be written down is not shown, and not done.
    func refuseUnaudited() throws(Problem) {
        guard desk.audit.hasRoom else { throw .unaudited }
    }

    func note(
        _ status: Int, about profiles: [HubID] = [], answered: Int? = nil, asked: HubID? = nil
    ) async throws(Problem) {
        let asked = asked ?? (route.pattern.contains("{id}") ? values.first.flatMap { HubID($0) } : nil)
        let isOfProfile = route.pattern.hasPrefix("/v1/profiles/{id}") || route.action == .changes
        // A name that nobody has given to anything might be anything.
        let object = route.pattern.contains("{name}") && status < 400 ? values.first : nil
        let entry = AuditEntry(
            at: desk.now(), who: DecisionPages.who(key), role: key.role.rawValue, action: route.action.rawValue,
            asked: asked, object: object, profiles: (isOfProfile ? asked.map { [$0] } ?? [] : []) + profiles,
            answered: answered ?? profiles.count, status: status, request: requestID)
        if route.action.audited == .change {
            guard await desk.audit.record(entry, in: key.workspace) else { throw .unaudited }
        } else {
            desk.audit.note(entry, in: key.workspace)
        }
    }

    /// The asker's own; anything but a UUID could be somebody's name.
    private var requestID: HubID? {
        HTTPField.Name("X-Request-Id").flatMap { request.headers[$0] }.flatMap { HubID($0) }
    }
}

extension Problem {
    static let unaudited = Problem(
        .serviceUnavailable, "audit_unavailable", "It could not be written down who asked",
        "the audit log takes nothing now; a change may have been made all the same",
        whatToDo: "look whether it was made, and send it again after the stated seconds", fields: retry(5))
}

/// The answers about who looked and who changed.
struct AuditPages: Sendable {
    private static let usual = 50
    private static let most = 200

    let workspace: OpenWorkspace

    func list(_ exchange: Exchange) async throws -> Answer {
        let count = try PageCursor.limit(exchange.query("limit"), usually: Self.usual, atMost: Self.most)
        var place: (at: Int64, id: HubID)?
        if let after = try exchange.query("after") {
            guard let read = PageCursor.read(after) else {
                throw Problem.badRequest(
                    "cursor_invalid", "The cursor cannot be used", "after is not a `next` of this hub",
                    "leave it out for the latest rows, or give the `next` of a page as it came")
            }
            place = (read.moment, read.id)
        }
        var filter = Audit.Filter()
        if let text = try exchange.query("profile") {
            guard let id = HubID(text) else { throw Pages.noID }
            filter.profile = id
        }
        filter.who = try word("who", exchange, atMost: 200) { $0.value > 0x1F }
        filter.action = try word("action", exchange, atMost: 40) { $0.isASCII && $0.properties.isAlphabetic }
        filter.since = try time("since", exchange)
        filter.until = try time("until", exchange)
        // One more than asked for tells whether there is a next page.
        var found = try await workspace.audit.page(filter, before: place, limit: count + 1)
        let hasMore = found.count > count
        if hasMore { found.removeLast() }
        let next = hasMore ? found.last.map { PageCursor.text($0.at, $0.id) } : nil
        return .json(
            JSONWriter.object([
                ("entries", JSONWriter.array(found.map(AuditJSON.entry))),
                ("next", next.map(JSONWriter.string) ?? JSONWriter.null),
            ]))
    }

    private func word(
        _ name: String, _ exchange: Exchange, atMost most: Int, _ may: (Unicode.Scalar) -> Bool
    ) throws(Problem) -> String? {
        guard let text = try exchange.query(name) else { return nil }
        guard (1...most).contains(text.unicodeScalars.count), text.unicodeScalars.allSatisfy(may) else {
            throw Self.invalid(
                "\(name) is empty, has more than \(most) characters, or some that no row has",
                "a value that the rows show")
        }
        return text
    }

    private func time(_ name: String, _ exchange: Exchange) throws(Problem) -> Int64? {
        guard let text = try exchange.query(name) else { return nil }
        guard let moment = Timestamp.microseconds(text) else {
            throw Self.invalid("\(name) is no time", "a time as RFC 3339 writes it: 2026-11-21T20:52:07Z")
        }
        return moment
    }

    private static func invalid(_ detail: String, _ whatToDo: String) -> Problem {
        .badRequest("query_invalid", "The query cannot be used", detail, "give \(whatToDo)")
    }
}

/// A row of the audit log as JSON.
package enum AuditJSON {
    package static func entry(_ entry: AuditEntry) -> [UInt8] {
        func id(_ id: HubID?) -> [UInt8] { id.map { JSONWriter.string($0.description) } ?? JSONWriter.null }
        return JSONWriter.object([
            ("id", JSONWriter.string(entry.id.description)), ("at", JSONWriter.string(Timestamp.text(entry.at))),
            ("who", JSONWriter.string(entry.who)), ("role", JSONWriter.string(entry.role)),
            ("action", JSONWriter.string(entry.action)), ("asked", id(entry.asked)),
            ("object", entry.object.map(JSONWriter.string) ?? JSONWriter.null),
            ("profiles", JSONWriter.array(entry.profiles.map { JSONWriter.string($0.description) })),
            ("answered", JSONWriter.number(Int64(entry.answered))),
            ("status", JSONWriter.number(Int64(entry.status))), ("request", id(entry.request)),
        ])
    }
}
