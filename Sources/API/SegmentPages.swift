internal import Contact
internal import HTTPTypes
internal import Storage

/// Segment's Profile API, as far as it reads: the same profiles in the words that its clients know (Segment's documentation,
/// Profile API). The space may be called anything: the key says which workspace is meant.
struct SegmentPages: Sendable {
    private static let usual = 10
    /// Interactions that are looked at for a page of events.
    private static let mostLooked = 2_000

    let workspace: OpenWorkspace
    /// Space, collection, identifier, part.
    let values: [String]
    /// As it was asked for; for the cursors.
    let path: String

    typealias Query = (String) throws(Problem) -> String?

    /// What Segment's clients read of an error.
    static func error(_ problem: Problem) -> [UInt8] {
        let code =
            switch problem.status.code {
            case 401, 403: "authentication_error"
            case 404, 410: "not_found"
            case 429: "rate_limit_error"
            case 500...: "internal_error"
            default: "validation_error"
            }
        return JSONWriter.object([
            ("code", JSONWriter.string(code)), ("message", JSONWriter.string(problem.detail)),
        ])
    }

    func answer(_ query: Query) async throws -> Answer {
        guard (1...64).contains(values[0].utf8.count),
            values[0].utf8.allSatisfy({ Self.isName($0) || 65...90 ~= $0 || $0 == 45 })
        else { throw Self.invalid("a space is up to 64 letters and digits") }
        guard ["users", "accounts"].contains(values[1]) else {
            throw Self.invalid("the collection is neither users nor accounts")
        }
        let most = ["traits": 200, "external_ids": 100, "events": 100, "metadata": 100, "links": 20][values[3]]
        guard let most else { throw Problem.notFound }
        let limit = try PageCursor.limit(query("limit"), usually: Self.usual, atMost: most)
        let flag = try query("verbose") ?? "false"
        guard ["true", "false"].contains(flag) else { throw Self.invalid("verbose is neither true nor false") }
        let profile = try await find()
        let answer =
            switch values[3] {
            case "traits": try traits(of: profile, limit, isVerbose: flag == "true", query)
            case "external_ids": try await externalIDs(of: profile, limit, query)
            case "events": try await events(of: profile, limit, query)
            case "metadata": try await metadata(of: profile)
            default: try await links(of: profile, limit, query)
            }
        return answer.about([profile.id])
    }

    /// Of those that show the identifier the first that is what the collection holds.
    private func find() async throws -> Profile {
        guard let colon = values[2].firstIndex(of: ":") else {
            throw Self.invalid("an identifier is written TYPE:VALUE, as user_id:u1234")
        }
        let (type, value) = (String(values[2][..<colon]), String(values[2][values[2].index(after: colon)...]))
        let isAccount = values[1] == "accounts"
        for identifier in try await identifiers(type, value) {
            for id in try await workspace.profiles.profiles(showing: identifier) {
                guard case .profile(let profile)? = try await workspace.profiles.profile(id),
                    (profile.kind == "organisation") == isAccount
                else { continue }
                return profile
            }
        }
        throw Problem(
            .notFound, "profile_unknown", "Nobody has shown it", "Profile was not found.",
            whatToDo: "check the type and the value; values are percent-encoded")
    }

    /// What a type and a value of Segment's may be here: what a site's trackers show is one of each of its sites.
    private func identifiers(_ type: String, _ value: String) async throws -> [Identifier] {
        let names = [
            "anonymous_id": "cookie", "phone_number": "phone", "ios.id": "device", "android.id": "device",
            "ios.idfa": "device", "android.idfa": "device", "device_id": "device",
        ]
        let name = names[type] ?? type
        guard let kind = IdentifierKind(name: name) else { return [] }
        var scopes: [String?] = [nil]
        if kind.scope == "site" {
            scopes = try await workspace.profiles.sites()
        } else if kind.scope != nil {
            // As in the hub's own addresses: SCOPE/VALUE.
            guard let slash = value.firstIndex(of: "/") else { return [] }
            return [
                try Pages.identifier(
                    name, scope: String(value[..<slash]), value: String(value[value.index(after: slash)...]),
                    workspace.normaliser)
            ]
        }
        var found: [Identifier] = []
        for scope in scopes {
            found.append(try Pages.identifier(name, scope: scope, value: value, workspace.normaliser))
        }
        return found
    }

    // The parts.

    private func traits(of profile: Profile, _ limit: Int, isVerbose: Bool, _ query: Query) throws -> Answer {
        var winners = profile.traits.filter(\.isWinner).map { one in
            (
                name: one.trait, value: one.value, source: JSONWriter.string(one.source),
                at: JSONWriter.string(Timestamp.text(one.occurredAt))
            )
        }
        // Segment keeps these as traits, too.
        for kind in [IdentifierKind.email, .phone] where !winners.contains(where: { $0.name == kind.name }) {
            let shown = ProfileJSON.identifiers(profile).filter { $0.0.kind == kind }
            if let best = shown.max(by: { $0.1 < $1.1 }) {
                winners.append((kind.name, JSONWriter.string(best.0.value), JSONWriter.null, JSONWriter.null))
            }
        }
        switch try query("class") {
        case nil: break
        // The hub computes none.
        case "audience", "computed_trait": winners = []
        default: throw Self.invalid("class is neither audience nor computed_trait")
        }
        if let include = try Self.names(query("include")) { winners.removeAll { !include.contains($0.name) } }
        winners.sort { $0.name < $1.name }
        if let next = try query("next") {
            guard next.utf8.count <= 64, next.utf8.allSatisfy(Self.isName) else { throw Self.lostPlace }
            winners.removeAll { $0.name < next }
        }
        let next = winners.count > limit ? winners[limit].name : nil
        let members = winners.prefix(limit).map { one in
            (
                one.name,
                isVerbose
                    ? JSONWriter.object([("value", one.value), ("source_id", one.source), ("updated_at", one.at)])
                    : one.value
            )
        }
        return page([("traits", JSONWriter.object(members))], next, limit)
    }

    private func externalIDs(of profile: Profile, _ limit: Int, _ query: Query) async throws -> Answer {
        let include = try Self.names(query("include"))
        var first: HubID?
        if let next = try query("next") { first = try Self.id(next) }
        var facets: [HubID: [HubID]] = [:]
        var values: [HubID: Identifier] = [:]
        for facet in profile.facets {
            for shown in facet.identifiers {
                facets[shown.id, default: []].append(facet.id)
                values[shown.id] = shown.identifier
            }
        }
        var sorted = values.filter { include?.contains(Self.type($0.value)) != false }.keys.sorted()
        if let first { sorted.removeAll { $0 < first } }
        let next = sorted.count > limit ? sorted[limit].description : nil
        let page = sorted.prefix(limit)
        let shown = try await workspace.profiles.shown(facets: Set(page.flatMap { facets[$0] ?? [] }).sorted())
        let data = page.compactMap { id -> [UInt8]? in
            guard let identifier = values[id] else { return nil }
            let begun = (facets[id] ?? []).compactMap { shown[$0]?.first }.min { $0.occurredAt < $1.occurredAt }
            return JSONWriter.object(
                [
                    ("source_id", begun.map { JSONWriter.string($0.source) } ?? JSONWriter.null),
                    ("created_at", begun.map { JSONWriter.string(Timestamp.text($0.occurredAt)) } ?? JSONWriter.null),
                    (
                        "first_message_id",
                        begun.map { JSONWriter.string($0.interaction.description) } ?? JSONWriter.null
                    ),
                ] + external(identifier))
        }
        return self.page([("data", JSONWriter.array(data))], next, limit)
    }

    private func events(of profile: Profile, _ limit: Int, _ query: Query) async throws -> Answer {
        var filter = TimelineFilter()
        filter.since = try Self.time(query("start"))
        filter.until = try Self.time(query("end"))
        let (include, exclude) = (try Self.names(query("include")), try Self.names(query("exclude")))
        let sort = try query("sort") ?? "desc"
        guard ["asc", "desc"].contains(sort) else { throw Self.invalid("sort is neither asc nor desc") }
        var place: TimelinePlace?
        if let next = try query("next") {
            place = TimelinePlace(cursor: next)
            guard place != nil else { throw Self.lostPlace }
        }
        var found: [SegmentEvent] = []
        var looked = 0
        var hasMore = true
        while hasMore, found.count < limit, looked < Self.mostLooked {
            let entries = try await workspace.profiles.timeline(
                profile.id, filter, from: place, oldestFirst: sort == "asc", limit: limit + 1)
            hasMore = entries.count > limit
            for entry in entries.prefix(limit) {
                place = TimelinePlace(entry)
                looked += 1
                let event = SegmentEvent(entry)
                guard include?.contains(event.name) != false, exclude?.contains(event.name) != true else { continue }
                found.append(event)
                guard found.count < limit else {
                    hasMore = hasMore || entries.last?.interaction != entry.interaction
                    break
                }
            }
        }
        let homes = try await workspace.profiles.facets(of: found.map(\.entry.interaction))
        let shown = Dictionary(profile.facets.map { ($0.id, $0.identifiers) }) { one, _ in one }
        let data = found.map { event in
            let identifiers = homes[event.entry.interaction].flatMap { shown[$0] } ?? []
            return event.json(
                identifiers.map { JSONWriter.object(external($0.identifier)) }, of: profile.id, in: values[1])
        }
        return page([("data", JSONWriter.array(data))], hasMore ? place?.cursor : nil, limit)
    }

    private func metadata(of profile: Profile) async throws -> Answer {
        let first = try await workspace.profiles.timeline(profile.id, oldestFirst: true, limit: 1).first
        let last = try await workspace.profiles.timeline(profile.id, limit: 1).first
        func time(_ entry: TimelineEntry?) -> [UInt8] {
            entry.map { JSONWriter.string(Timestamp.text($0.occurredAt)) } ?? JSONWriter.null
        }
        func message(_ entry: TimelineEntry?) -> [UInt8] {
            entry.map { JSONWriter.string(SegmentEvent($0).id) } ?? JSONWriter.null
        }
        func source(_ entry: TimelineEntry?) -> [UInt8] {
            entry.map { JSONWriter.string($0.source) } ?? JSONWriter.null
        }
        return .json(
            JSONWriter.object([
                (
                    "metadata",
                    JSONWriter.object([
                        ("created_at", time(first)), ("updated_at", time(last)), ("expires_at", JSONWriter.null),
                        ("first_message_id", message(first)), ("first_source_id", source(first)),
                        ("last_message_id", message(last)), ("last_source_id", source(last)),
                    ])
                )
            ]))
    }

    /// Organisations of a customer, or customers of an organisation.
    private func links(of profile: Profile, _ limit: Int, _ query: Query) async throws -> Answer {
        func link(_ collection: String, _ ids: [[UInt8]]) -> [UInt8] {
            JSONWriter.object([
                ("to_collection", JSONWriter.string(collection)), ("external_ids", JSONWriter.array(ids)),
            ])
        }
        guard profile.kind == "organisation" else {
            var memberships = profile.memberships
            if let next = try query("next") {
                guard next.utf8.count == 32, Hexadecimal.bytes(next) != nil else { throw Self.lostPlace }
                memberships = Array(memberships.drop { Self.place($0) != next })
            }
            let data = memberships.prefix(limit).map { one in
                let id =
                    one.identifier.map { external($0, in: "accounts") } ?? [
                        ("collection", JSONWriter.string("accounts")), ("type", JSONWriter.string("name")),
                        ("id", JSONWriter.string(one.name ?? "")), ("encoding", JSONWriter.string("none")),
                    ]
                return link(
                    "accounts",
                    [
                        JSONWriter.object(
                            [
                                ("source_id", one.source.map(JSONWriter.string) ?? JSONWriter.null),
                                (
                                    "created_at",
                                    one.since.map { JSONWriter.string(Timestamp.text($0)) } ?? JSONWriter.null
                                ),
                            ] + id)
                    ])
            }
            let next = memberships.count > limit ? Self.place(memberships[limit]) : nil
            return page([("data", JSONWriter.array(data))], next, limit)
        }
        var place: HubID?
        if let next = try query("next") { place = try Self.id(next) }
        var people = try await workspace.profiles.people(of: profile.id, after: place, limit: limit + 1)
        let hasMore = people.count > limit
        if hasMore { people.removeLast() }
        var data: [[UInt8]] = []
        for one in people {
            guard case .profile(let person)? = try await workspace.profiles.profile(one.profile) else { continue }
            let ids = ProfileJSON.identifiers(person).prefix(50).map { identifier, _, _ in
                JSONWriter.object(external(identifier, in: "users"))
            }
            data.append(link("users", ids))
        }
        return page([("data", JSONWriter.array(data))], hasMore ? people.last?.profile.description : nil, limit)
    }

    // In Segment's words.

    private func page(_ members: [(String, [UInt8])], _ next: String?, _ limit: Int) -> Answer {
        .json(
            JSONWriter.object(
                members + [
                    (
                        "cursor",
                        JSONWriter.object([
                            ("url", JSONWriter.string(path)), ("has_more", JSONWriter.bool(next != nil)),
                            ("next", JSONWriter.string(next ?? "")), ("limit", JSONWriter.number(Int64(limit))),
                        ])
                    )
                ]))
    }

    private func external(_ identifier: Identifier, in collection: String? = nil) -> [(String, [UInt8])] {
        [
            ("collection", JSONWriter.string(collection ?? values[1])),
            ("type", JSONWriter.string(Self.type(identifier))), ("id", JSONWriter.string(identifier.value)),
            ("encoding", JSONWriter.string("none")),
        ]
    }

    private static func type(_ identifier: Identifier) -> String {
        switch identifier.kind {
        case .cookie: "anonymous_id"
        case .custom: identifier.scope
        default: identifier.kind.name
        }
    }

    /// Opaque, and nobody's words.
    private static func place(_ one: Profile.Membership) -> String {
        let key = one.identifier?.description ?? one.name ?? ""
        return Hexadecimal.text(Array(Digest.sha256(Array(key.utf8)).prefix(16)))
    }

    private static func id(_ text: String) throws(Problem) -> HubID {
        guard let id = HubID(text) else { throw lostPlace }
        return id
    }

    private static func names(_ text: String?) throws(Problem) -> Set<String>? {
        guard let text else { return nil }
        let names = text.split(separator: ",").map(String.init)
        guard text.unicodeScalars.count <= 500 else { throw invalid("a list of names is longer than 500 characters") }
        return Set(names)
    }

    private static func isName(_ byte: UInt8) -> Bool { 97...122 ~= byte || 48...57 ~= byte || byte == 95 }

    /// A day, or a time.
    private static func time(_ text: String?) throws(Problem) -> Int64? {
        guard let text else { return nil }
        guard let time = Timestamp.microseconds(text) ?? Timestamp.microseconds(text + "T00:00:00Z") else {
            throw invalid("start and end are written as 2026-11-23, or with a time as 2026-11-23T08:00:00Z")
        }
        return time
    }

    private static func invalid(_ detail: String) -> Problem {
        .badRequest("query_invalid", "The query cannot be used", detail, "ask as Segment's documentation says")
    }

    private static let lostPlace = Problem.badRequest(
        "cursor_invalid", "The cursor cannot be used", "next is not a `next` of this hub",
        "leave it out for the first page, or give the `next` of a cursor as it came")
}

/// An interaction as Segment tells of an event.
private struct SegmentEvent {
    private static let types: Set<String> = ["page", "screen", "track", "identify", "group", "alias"]

    let entry: TimelineEntry
    private let body: JSONValue?

    init(_ entry: TimelineEntry) {
        self.entry = entry
        do throws(Refusal) { body = try JSONValue(entry.body) } catch { body = nil }
    }

    private var kind: String { body?["kind"]?.string ?? "interaction" }
    private var detail: JSONValue? { body?["detail"] }
    /// What its source calls it.
    var id: String { body?["id"]?.string ?? entry.interaction.description }
    /// What happened: as its site calls it, else its kind.
    var name: String { detail?["event"]?.string ?? detail?["name"]?.string ?? kind }

    func json(_ ids: [[UInt8]], of profile: HubID, in collection: String) -> [UInt8] {
        var context: [(String, [UInt8])] = []
        for part in ["page", "referral", "agent", "language", "ip", "library"] {
            if let value = detail?[part] { context.append((part, value.canonical)) }
        }
        let properties = detail?["properties"].flatMap { $0.members == nil ? nil : $0.canonical }
        return JSONWriter.object([
            ("external_ids", JSONWriter.array(ids)), ("context", JSONWriter.object(context)),
            ("type", JSONWriter.string(Self.types.contains(kind) ? kind : "track")),
            ("message_id", JSONWriter.string(id)), ("source_id", JSONWriter.string(entry.source)),
            ("timestamp", JSONWriter.string(Timestamp.text(entry.occurredAt))),
            ("properties", properties ?? JSONWriter.object([])), ("event", JSONWriter.string(name)),
            ("related", JSONWriter.object([(collection, JSONWriter.string(profile.description))])),
        ])
    }
}
