internal import Contact
internal import HTTPTypes
internal import Storage

/// The answers about what customers agree to and what people remember for them.
struct RecordPages: Sendable {
    private static let mostListed = 200
    private static let usuallyListed = 50

    let workspace: OpenWorkspace
    let key: Key
    /// What has to be as it was seen.
    var unchanged: Unchanged?

    /// A connector speaks as its source, and for nobody whom that has not shown.
    private var speaker: Speaker {
        key.source.map { Speaker("source \($0)", source: $0) } ?? Speaker(DecisionPages.who(key))
    }

    func record(_ id: String, _ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(
            bytes,
            knowing: [
                "purpose", "channel", "state", "basis", "text_version", "at", "proof", "identifier", "interaction",
            ])
        guard let purpose: ConsentPurpose = try choice("purpose", in: body) else { throw Self.missing("purpose") }
        let states = ConsentState.allCases.map(\.name)
        guard let state = try body.text("state").flatMap({ ConsentState(name: $0) }) else {
            throw BodyObject.invalid("state is none of those that exist", "send as state \(Self.list(states))")
        }
        let channel = try body.text("channel")
        let said = ConsentSaid(
            state, for: purpose, on: channel == "all" ? nil : channel, basis: try choice("basis", in: body),
            textVersion: try body.text("text_version"), at: try time("at", in: body), proof: try body.text("proof"))
        let mention = try mention(id, body)
        let made = try await workspace.ledger.record(said, of: mention, by: speaker)
        return .json(
            RecordJSON.recorded(made, as: said)
        ).about([made.recorded.profile])
    }

    func consents(_ id: String, limit: String?, after: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: Self.usuallyListed, atMost: Self.mostListed)
        var place: (at: Int64, id: HubID)?
        if let after {
            guard let read = PageCursor.read(after) else { throw Self.lostPlace }
            place = (read.moment, read.id)
        }
        let profile = try await Pages(workspace: workspace).find(id)
        // One more than asked for tells whether there is a next page.
        var said = try await workspace.profiles.consents(of: profile.id, before: place, limit: count + 1)
        let hasMore = said.count > count
        if hasMore { said.removeLast() }
        let next = hasMore ? said.last.map { PageCursor.text($0.statedAt, $0.id) } : nil
        return Self.page(
            profile,
            [
                ("standing", RecordJSON.standings(profile.consents)),
                ("consents", JSONWriter.array(said.map(RecordJSON.statement))),
            ], next: next, at: "/consents")
    }

    func remember(_ id: String, _ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(
            bytes,
            knowing: [
                "kind", "text", "by", "heard_by", "at", "identifier", "interaction", "confirmed", "supersedes",
            ])
        guard let kind: MemoryKind = try choice("kind", in: body) else { throw Self.missing("kind") }
        guard let words = try body.text("text") else { throw Self.missing("text") }
        let said = MemorySaid(
            kind, words, heardBy: try body.text("heard_by"), heardAt: try time("at", in: body),
            dueAt: try time("by", in: body), isConfirmed: try body.flag("confirmed"),
            supersedes: try self.id("supersedes", in: body))
        let mention = try mention(id, body)
        let made = try await workspace.ledger.remember(said, of: mention, by: speaker)
        return .json(RecordJSON.recorded(made)).about([made.recorded.profile])
    }

    func memories(_ id: String, limit: String?, after: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: Self.usuallyListed, atMost: Self.mostListed)
        var place: Profiles.MemoryPlace?
        if let after {
            guard let group = after.first?.wholeNumberValue, (0...2).contains(group),
                let read = PageCursor.read(String(after.dropFirst()))
            else { throw Self.lostPlace }
            place = Profiles.MemoryPlace(group: Int16(group), rank: read.moment, memory: read.id)
        }
        let profile = try await Pages(workspace: workspace).find(id)
        var found = try await workspace.profiles.memories(of: profile.id, after: place, limit: count + 1)
        let hasMore = found.count > count
        if hasMore { found.removeLast() }
        let next = hasMore ? found.last.map { Self.text(Profiles.MemoryPlace($0)) } : nil
        return Self.page(
            profile, [("memories", JSONWriter.array(found.map(RecordJSON.memory)))], next: next, at: "/memories")
    }

    func close(_ id: String, _ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(bytes, knowing: ["as", "why"])
        guard let end: MemoryEnd = try choice("as", in: body) else { throw Self.missing("as") }
        guard let memory = HubID(id) else {
            throw Problem.badRequest(
                "id_invalid", "That is no id", "the id of a memory is a UUID",
                "give the id of a memory; GET /v1/profiles/{id}/memories lists them")
        }
        let why = try body.why(isPreview: false)
        let made = try await workspace.ledger.close(
            memory: memory, as: end, why: why, by: speaker, expecting: unchanged?.profiles)
        return .json(RecordJSON.recorded(made)).about([made.recorded.profile])
    }

    func prefer(_ id: String, _ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(bytes, knowing: ["tone", "language", "channel", "identifier", "interaction"])
        let preferences = Preferences(
            tone: try choice("tone", in: body), language: try body.text("language"),
            channel: try body.text("channel"))
        let mention = try mention(id, body)
        let recorded = try await workspace.ledger.prefer(preferences, of: mention, by: speaker)
        return .json(JSONWriter.object(RecordJSON.recorded(recorded))).about([recorded.profile])
    }

    private func mention(_ id: String, _ body: BodyObject) throws -> Mention {
        guard let profile = HubID(id) else { throw Pages.noID }
        var identifier: Identifier?
        if let named = try body.object("identifier", knowing: ["kind", "scope", "value"]) {
            identifier = try Pages.identifier(
                named.text("kind") ?? "", scope: named.text("scope"), value: named.text("value") ?? "",
                workspace.normaliser)
        }
        var mention = Mention(profile, showing: identifier, in: try self.id("interaction", in: body))
        mention.expectation = unchanged?.profiles
        return mention
    }

    /// One of a few words; nil where it is not there.
    private func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, in body: BodyObject
    ) throws(Problem) -> Choice? {
        guard let text = try body.text(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw BodyObject.invalid(
                "\(name) is none of those that exist", "send as \(name) \(Self.list(Choice.allCases.map(\.rawValue)))")
        }
        return choice
    }

    private func time(_ name: String, in body: BodyObject) throws(Problem) -> Int64? {
        guard let text = try body.text(name) else { return nil }
        guard let moment = Timestamp.microseconds(text) else {
            throw BodyObject.invalid(
                "\(name) is no time", "send \(name) as RFC 3339 writes it: 2026-11-21T20:52:07+01:00")
        }
        return moment
    }

    private func id(_ name: String, in body: BodyObject) throws(Problem) -> HubID? {
        guard let text = try body.text(name) else { return nil }
        guard let id = HubID(text) else { throw BodyObject.invalid("\(name) is no UUID", "send an id as \(name)") }
        return id
    }

    private static func page(
        _ profile: Profile, _ members: [(String, [UInt8])], next: String?, at path: String
    ) -> Answer {
        let head: [(String, [UInt8])] = [
            ("profile", JSONWriter.string(profile.id.description)),
            ("redirected_from", profile.redirectedFrom.map { JSONWriter.string($0.description) } ?? JSONWriter.null),
        ]
        return .json(
            JSONWriter.object(head + members + [("next", next.map(JSONWriter.string) ?? JSONWriter.null)]),
            fields: Pages.link(profile, to: path)
        ).about([profile.id])
    }

    private static func text(_ place: Profiles.MemoryPlace) -> String {
        "\(place.group)" + PageCursor.text(place.rank, place.memory)
    }

    private static func list(_ words: [String]) -> String {
        words.count < 2
            ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }

    private static func missing(_ name: String) -> Problem {
        BodyObject.invalid("\(name) is missing", "send \(name), as the README of the hub shows it")
    }

    private static let lostPlace = Problem.badRequest(
        "cursor_invalid", "The cursor cannot be used", "after is not a `next` of this hub",
        "leave it out for the first page, or give the `next` of a page as it came")
}

extension RecordError {
    /// How it is told over HTTP, or the database's own error.
    var told: any Error {
        switch kind {
        case .invalid:
            return BodyObject.invalid(description, "send it so that it can be recorded")
        case .unknown:
            return Problem(
                .notFound, "id_unknown", "There is no such thing", description,
                whatToDo: "check the ids; those of another workspace are not known here")
        case .gone:
            return Problem(
                .gone, "profile_gone", "The profile was erased", description, whatToDo: "forget the id")
        case .conflict:
            return Problem(
                .conflict, "record_conflict", "This cannot be recorded as it stands", description,
                whatToDo: "look at what there is, with GET /v1/profiles/{id}")
        case .changed: return Problem.changedMeanwhile
        case .forbidden:
            return Problem.forbidden(
                description,
                "record it for a profile of which your source has sent an interaction, or use an agent's key")
        case .delicate(let findings):
            // The words go to whoever wrote them, and into no log.
            var problem = Problem(
                .unprocessableContent, "words_delicate", "The text may say more than should be kept",
                "it has words that may speak of somebody's health, faith or politics",
                whatToDo: "leave them out; or, if the customer wants it kept, send it again with \"confirmed\": true")
            problem.members = [("warnings", RecordJSON.warnings(findings))]
            return problem
        case .database(let error): return error
        }
    }
}

extension Exchange {
    /// What is recorded of a customer, and shown of that.
    func recordPage() async throws -> Answer {
        let pages = RecordPages(workspace: workspace, key: key, unchanged: unchanged)
        do {
            switch route.action {
            case .consents: return try await pages.consents(values[0], limit: query("limit"), after: query("after"))
            case .consent: return try await pages.record(values[0], body())
            case .memories: return try await pages.memories(values[0], limit: query("limit"), after: query("after"))
            case .memory: return try await pages.remember(values[0], body())
            case .memoryEnd: return try await pages.close(values[0], body())
            default: return try await pages.prefer(values[0], body())
            }
        } catch let error as RecordError {
            throw error.told
        }
    }
}
