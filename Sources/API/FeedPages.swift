internal import Contact
internal import Delivery
internal import HTTPTypes
internal import Postgres
internal import Storage

/// The answers about changes: pages of them, and the snapshot that a reader begins with.
struct FeedPages: Sendable {
    static let usualChanges = 100
    private static let mostProfiles = 1_000
    private static let usualProfiles = 200
    /// The longest a page is waited for.
    static let longestWait = 60

    /// What a reader wants, as the query says it.
    struct Wish: Sendable {
        var after: JournalCursor
        var filter: Changes.Filter
        var payload: Payload
        var limit: Int
        var wait: Duration
    }

    let workspace: OpenWorkspace

    private var journal: Changes { workspace.tail.journal }

    /// Reads the query; `last` is the Last-Event-ID of a stream that is taken up again.
    func wish(_ exchange: Exchange, isStream: Bool, last: String?) async throws -> Wish {
        let limit = try PageCursor.limit(
            exchange.query("limit"), usually: Self.usualChanges, atMost: Changes.mostOfPage)
        var wait = 0
        if let text = try exchange.query("wait") {
            guard let seconds = Int(text), (0...Self.longestWait).contains(seconds) else {
                throw Self.invalid("wait is not a number of seconds from 0 to \(Self.longestWait)", "wait=30")
            }
            wait = seconds
        }
        return Wish(
            after: try await place(try last ?? exchange.query("after"), isStream: isStream),
            filter: try filter(exchange), payload: try Self.payload(exchange.query("payload")), limit: limit,
            wait: .seconds(wait))
    }

    static func payload(_ text: String?) throws(Problem) -> Payload {
        guard let text else { return .thin }
        guard let payload = Payload(rawValue: text) else {
            throw invalid("payload is neither thin nor full", "payload=full")
        }
        return payload
    }

    private func place(_ text: String?, isStream: Bool) async throws -> JournalCursor {
        switch text {
        case nil, "":
            let (oldest, end) = try await journal.bounds()
            return isStream ? end : oldest
        case "oldest": return try await journal.bounds().oldest
        case "now": return try await journal.bounds().end
        case let text?:
            guard let cursor = JournalCursor(text) else {
                throw Self.invalid(
                    "after is not a cursor of this hub", "the `next` of a page as it came, oldest or now")
            }
            return cursor
        }
    }

    private func filter(_ exchange: Exchange) throws(Problem) -> Changes.Filter {
        var filter = Changes.Filter()
        if let text = try exchange.query("types"), !text.isEmpty { filter.types = try Self.types(text) }
        if let text = try exchange.query("profile") {
            guard let id = HubID(text) else { throw Self.invalid("profile is no id", "the id of a profile, a UUID") }
            filter.profile = id
        }
        return filter
    }

    static func types(_ text: String) throws(Problem) -> Set<ChangeType> {
        var types: Set<ChangeType> = []
        for part in text.split(separator: ",") {
            guard let named = ChangeType.named(String(part)) else {
                let names = ChangeType.allCases.map(\.name).joined(separator: ", ")
                throw invalid("types names what is none", "types of \(names), or a family as profile.*")
            }
            types.formUnion(named)
        }
        return types
    }

    private static func invalid(_ detail: String, _ whatToDo: String) -> Problem {
        .badRequest("query_invalid", "The query cannot be used", detail, "give \(whatToDo)")
    }

    /// A page, waited for where there is nothing yet.
    func page(_ wish: Wish) async throws -> Changes.Page {
        let deadline = ContinuousClock.now + wish.wait
        var after = wish.after
        while true {
            let rung = workspace.bell.count
            let page = try Self.page(
                try await journal.page(after: after, limit: wish.limit, filter: wish.filter), in: workspace)
            let left = deadline - .now
            guard page.changes.isEmpty, left > .zero, !Task.isCancelled else { return page }
            after = page.next
            if page.isLast { await workspace.bell.wait(beyond: rung, atMost: min(left, .seconds(1))) }
        }
    }

    /// What a reading came to, where it is a page.
    static func page(_ reading: Changes.Reading, in workspace: OpenWorkspace) throws(Problem) -> Changes.Page {
        switch reading {
        case .page(let page): return page
        case .otherEpoch(let now): throw .feedBegunAnew(now)
        case .behind(let oldest): throw .feedForgotten(oldest)
        case .ahead(let end):
            var problem = Problem.badRequest(
                "cursor_ahead", "The cursor cannot be used", "the journal has not come so far",
                "give the `next` of a page as it came")
            problem.members = [("end", JSONWriter.string(end.description))]
            throw problem
        }
    }

    func known(_ page: Changes.Page, _ payload: Payload) async throws -> EventWriter.Known? {
        payload == .full ? try await EventWriter.Known.of(page.changes, in: journal) : nil
    }

    /// A page as JSON, or as a batch of CloudEvents.
    func answer(_ page: Changes.Page, _ wish: Wish, isBatch: Bool) async throws -> Answer {
        let known = try await known(page, wish.payload)
        var writer = EventWriter(workspace: workspace.workspace.id, epoch: page.next.epoch)
        var body = Array((isBatch ? "[" : #"{"changes":["#).utf8)
        body.reserveCapacity(page.changes.count * 480 + 200)
        for (place, change) in page.changes.enumerated() {
            if place > 0 { body.append(UInt8(ascii: ",")) }
            writer.append(change, known, to: &body)
        }
        body.append(UInt8(ascii: "]"))
        let cursor = page.next.description
        if !isBatch {
            body += #","next":"\#(cursor)","end":"\#(page.next.epoch).\#(page.end)","more":\#(!page.isLast)}"#.utf8
        }
        var answer = Answer(
            contentType: isBatch ? "application/cloudevents-batch+json" : "application/json",
            fields: [.cacheControl: "no-store"], body)
        if let name = HTTPField.Name("Contatto-Next") { answer.fields[name] = cursor }
        return answer
    }

    /// All living profiles, a page at a time, and where to read on from.
    func snapshot(_ exchange: Exchange) async throws -> Answer {
        guard try exchange.query("snapshot") != nil else {
            throw Self.invalid("the list of profiles is a snapshot, and has to be asked for as one", "?snapshot")
        }
        let limit = try PageCursor.limit(
            exchange.query("limit"), usually: Self.usualProfiles, atMost: Self.mostProfiles)
        var begun: (cursor: JournalCursor, after: HubID)?
        if let text = try exchange.query("after"), !text.isEmpty {
            // The place where the first page began to read travels with it.
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let cursor = JournalCursor(String(parts[0])), let id = HubID(String(parts[1]))
            else {
                throw Self.invalid("after is not a `next` of a snapshot", "the `next` of a page as it came")
            }
            begun = (cursor, id)
        }
        let (profiles, end) = try await journal.snapshot(after: begun?.after, limit: limit)
        let cursor = begun?.cursor ?? end
        guard cursor.epoch == end.epoch else { throw Problem.feedBegunAnew(end) }
        let next = profiles.count == limit ? profiles.last.map { "\(cursor)/\($0.id)" } : nil
        var answer = Answer.json(
            JSONWriter.object([
                ("profiles", JSONWriter.array(profiles.map(StateJSON.profile))),
                ("next", next.map(JSONWriter.string) ?? JSONWriter.null),
                ("changes", JSONWriter.string(cursor.description)),
            ]), fields: [.cacheControl: "no-store"])
        // Of everybody, one after the other: counted in the audit log, not listed.
        answer.answered = profiles.count
        return answer
    }
}

extension Problem {
    private static let wayBack =
        "begin anew: read GET /v1/profiles?snapshot page by page, then changes after the cursor its pages give as `changes`"

    /// The journal is another one: a restore, or a promotion that may have lost something.
    static func feedBegunAnew(_ now: JournalCursor) -> Problem {
        var problem = Problem(
            .gone, "epoch_ended", "The journal was begun anew", "the cursor is of another epoch of the journal",
            whatToDo: wayBack)
        problem.members = snapshot + [("end", JSONWriter.string(now.description))]
        return problem
    }

    /// Never a silent gap: what comes next is no longer kept.
    static func feedForgotten(_ oldest: JournalCursor) -> Problem {
        var problem = Problem(
            .gone, "changes_gone", "The changes are no longer kept",
            "what comes next after the cursor is older than what is kept", whatToDo: wayBack)
        problem.members = snapshot + [("oldest", JSONWriter.string(oldest.description))]
        return problem
    }

    private static let snapshot = [("snapshot", JSONWriter.string("/v1/profiles?snapshot"))]
}
