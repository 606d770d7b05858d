internal import Contact
internal import Delivery
internal import HTTPTypes
internal import HummingbirdCore
internal import Storage

/// The answers about one interaction by itself, and about who belongs to an organisation.
struct InteractionPages: Sendable {
    let desk: Desk
    let workspace: OpenWorkspace

    /// The interaction with its message: what was written, and apart from it what it quotes.
    func interaction(_ text: String) async throws -> Answer {
        let id = try Self.id(text)
        guard let one = try await workspace.profiles.interaction(id) else { throw Self.unknown }
        return .json(
            JSONWriter.object([
                ("profile", JSONWriter.string(one.profile.description)),
                ("facet", JSONWriter.string(one.facet.description)),
                ("interaction", StateJSON.interaction(one.entry)), ("message", Self.message(one)),
            ])
        ).about([one.profile])
    }

    /// The bytes as they came. Nothing in them is shown or run by a browser that is led here: they are for saving.
    func original(_ text: String) async throws -> Answer {
        let id = try Self.id(text)
        let budget = BudgetShare(desk.budget)
        guard let one = try await workspace.profiles.interaction(id) else { throw Self.unknown }
        if let length = one.originalBytes { try await budget.take(Int(length), weighed: .received) }
        guard let (channel, bytes) = try await workspace.profiles.original(of: id) else {
            throw Problem(
                .notFound, "original_unknown", "Nothing is kept of it", "no original of this interaction is kept",
                whatToDo: "look at GET /v1/interactions/{id}: what it says is all there is")
        }
        let isMail = channel == "email"
        var fields: HTTPFields = [.contentDisposition: "attachment; filename=\"\(id).\(isMail ? "eml" : "bin")\""]
        fields[.xContentTypeOptions] = "nosniff"
        var answer = Answer(contentType: isMail ? "message/rfc822" : "application/octet-stream", fields: fields, bytes)
        answer.held = budget
        return answer.about([one.profile])
    }

    /// Who belongs to an organisation, a page at a time.
    func people(_ id: String, limit: String?, after: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: 50, atMost: 200)
        var place: HubID?
        if let after {
            place = HubID(after)
            guard place != nil else {
                throw Problem.badRequest(
                    "cursor_invalid", "The cursor cannot be used", "after is not a `next` of this hub",
                    "leave it out for the first page, or give the `next` of a page as it came")
            }
        }
        let profile = try await Pages(workspace: workspace).find(id)
        var people: [Profiles.Colleague] = []
        if profile.kind == "organisation" {
            people = try await workspace.profiles.people(of: profile.id, after: place, limit: count + 1)
        }
        let hasMore = people.count > count
        if hasMore { people.removeLast() }
        let next = hasMore ? people.last?.profile.description : nil
        return .json(
            JSONWriter.object([
                ("profile", JSONWriter.string(profile.id.description)),
                (
                    "redirected_from",
                    profile.redirectedFrom.map { JSONWriter.string($0.description) } ?? JSONWriter.null
                ),
                ("people", JSONWriter.array(people.map(Self.person))),
                ("next", next.map(JSONWriter.string) ?? JSONWriter.null),
            ]), fields: Pages.link(profile, to: "/people")
        ).about(people.map(\.profile))
    }

    private static func person(_ one: Profiles.Colleague) -> [UInt8] {
        JSONWriter.object([
            ("profile", JSONWriter.string(one.profile.description)),
            ("name", one.name.map(JSONWriter.string) ?? JSONWriter.null),
            ("role", one.role.map(JSONWriter.string) ?? JSONWriter.null),
            ("since", one.since.map { JSONWriter.string(Timestamp.text($0)) } ?? JSONWriter.null),
            ("source", one.source.map(JSONWriter.string) ?? JSONWriter.null),
        ])
    }

    /// `reply` and `quoted_at` are what a connector has found, as its detail says; without them all of it is written.
    private static func message(_ one: Profiles.One) -> [UInt8] {
        guard let text = one.text else { return JSONWriter.null }
        var written = text
        var quoted: String?
        var attachments = JSONWriter.array([])
        if let detail = detail(one.entry.body) {
            if let at = detail["quoted_at"]?.integer, at >= 0, at < text.utf8.count {
                let place = text.utf8.index(text.startIndex, offsetBy: Int(at))
                written = String(decoding: text.utf8[..<place], as: UTF8.self)
                quoted = String(decoding: text.utf8[place...], as: UTF8.self)
            }
            if let reply = detail["reply"]?.string { written = reply }
            if let list = detail["attachments"], list.elements != nil { attachments = list.canonical }
        }
        return JSONWriter.object([
            ("subject", one.entry.subject.map(JSONWriter.string) ?? JSONWriter.null),
            ("text", JSONWriter.string(text)), ("written", JSONWriter.string(written)),
            ("quoted", quoted.map(JSONWriter.string) ?? JSONWriter.null), ("attachments", attachments),
            ("original_bytes", one.originalBytes.map(JSONWriter.number) ?? JSONWriter.null),
        ])
    }

    private static func detail(_ body: [UInt8]) -> JSONValue? {
        do throws(Refusal) { return try JSONValue(body)["detail"] } catch { return nil }
    }

    private static func id(_ text: String) throws(Problem) -> HubID {
        guard let id = HubID(text) else {
            throw Problem.badRequest(
                "id_invalid", "That is no id", "the id of an interaction is a UUID",
                "give the `interaction` of a timeline: GET /v1/profiles/{id}/interactions")
        }
        return id
    }

    private static let unknown = Problem(
        .notFound, "id_unknown", "There is no such interaction",
        "no interaction has this id, or it was erased or has expired",
        whatToDo: "check the id; an id of another workspace is not known here")
}

extension Exchange {
    /// What stands beside the profiles: interactions, organisations, and Segment's words for all of it.
    func furtherPage() async throws -> Answer {
        let pages = InteractionPages(desk: desk, workspace: workspace)
        switch route.action {
        case .interaction: return try await pages.interaction(values[0])
        case .original: return try await pages.original(values[0])
        case .people: return try await pages.people(values[0], limit: query("limit"), after: query("after"))
        default:
            let path = String((request.head.path ?? "").prefix { $0 != "?" })
            return try await SegmentPages(workspace: workspace, values: values, path: path).answer(query)
        }
    }
}
