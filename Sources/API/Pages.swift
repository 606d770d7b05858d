internal import Contact
internal import Delivery
internal import HTTPTypes
internal import Postgres
internal import Storage

/// The answers about profiles.
struct Pages: Sendable {
    private static let mostInteractions = 200
    private static let usualInteractions = 20
    /// Interactions that are looked at for a page of visits.
    private static let mostSteps = 2_000

    let workspace: OpenWorkspace

    func profile(_ id: String) async throws -> Answer {
        Self.answer(try await find(id), others: nil)
    }

    /// The profile that showed the identifier last, and the ids of others that showed it too.
    func profile(kind: String, value: String) async throws -> Answer {
        let identifier = try identifier(kind, value)
        let ids = try await workspace.profiles.profiles(showing: identifier)
        for (place, id) in ids.enumerated() {
            // Between the two reads it may have been erased: the next one then.
            guard case .profile(let profile) = try await workspace.profiles.profile(id) else { continue }
            return Self.answer(profile, others: Array(ids[(place + 1)...]))
        }
        throw Self.nobody
    }

    /// The same in short, with its latest interactions.
    func glance(kind: String, value: String, interactions: String) async throws -> Answer {
        let count = try PageCursor.limit(
            interactions, usually: Self.usualInteractions, atMost: Self.mostInteractions, named: "interactions")
        let identifier = try identifier(kind, value)
        // One more than asked for tells whether there is a next page.
        guard let glance = try await workspace.profiles.glance(showing: identifier, limit: count + 1) else {
            throw Self.nobody
        }
        let shown = glance.interactions.prefix(count)
        let next = glance.interactions.count > count ? shown.last.map { TimelinePlace($0).cursor } : nil
        return .json(
            JSONWriter.object([
                ("profile", StateJSON.profile(glance.state)),
                ("others", JSONWriter.array(glance.others.map { JSONWriter.string($0.description) })),
                ("interactions", JSONWriter.array(shown.map(StateJSON.interaction))),
                ("next", next.map(JSONWriter.string) ?? JSONWriter.null),
            ])
        ).about([glance.state.id])
    }

    private static let nobody = Problem(
        .notFound, "profile_unknown", "Nobody has shown it", "no profile shows this identifier",
        whatToDo: "check the spelling; a value of a kind with a scope is written SCOPE/VALUE")

    /// As it stands in a path.
    private func identifier(_ kind: String, _ value: String) throws(Problem) -> Identifier {
        guard IdentifierKind(name: kind)?.scope != nil, let slash = value.firstIndex(of: "/") else {
            return try Self.identifier(kind, scope: nil, value: value, workspace.normaliser)
        }
        return try Self.identifier(
            kind, scope: String(value[..<slash]), value: String(value[value.index(after: slash)...]),
            workspace.normaliser)
    }

    /// An identifier as somebody outside spells it.
    static func identifier(
        _ kind: String, scope: String?, value: String, _ normaliser: Normaliser
    ) throws(Problem) -> Identifier {
        guard IdentifierKind(name: kind) != nil else {
            throw Problem.badRequest(
                "identifier_invalid", "There is no such kind of identifier", "the kind is not one of those that exist",
                "use one of \(IdentifierKind.all.map(\.name).joined(separator: ", ")); your own are custom/NAME/VALUE")
        }
        do throws(Refusal) {
            return try normaliser.identifier(kind: kind, scope: scope, value: value)
        } catch {
            throw Problem.badRequest(
                error.reason.rawValue, "The identifier cannot be read", error.detail, error.reason.whatToDo)
        }
    }

    /// Why a profile is one, or why it and another, a profile or a facet, are one or are not.
    func explanation(_ id: String, with other: String?) async throws -> Answer {
        let profile = try await find(id, guesses: true)
        let fields = Self.link(profile, to: "/explain")
        guard let other else {
            let shown = try await workspace.profiles.shown(profile.evidence, profile.refused)
            return .json(
                JSONWriter.object(Self.head(profile) + ProfileJSON.reasons(profile, shown: shown)), fields: fields
            ).about([profile.id])
        }
        guard let second = HubID(other) else { throw Self.noID }
        // An absorbed id stands for what it was born with.
        guard let pair = try await workspace.profiles.explain(profile.redirectedFrom ?? profile.id, second) else {
            if case .gone = try await workspace.profiles.profile(second) { throw Self.gone }
            throw Problem(
                .notFound, "id_unknown", "There is no such id", "no profile and no facet has the id of `with`",
                whatToDo: "check the id; an id of another workspace is not known here")
        }
        let shown = try await workspace.profiles.shown(pair.links, pair.refused)
        return .json(
            JSONWriter.object(Self.head(profile) + DecisionJSON.pair(pair, shown: shown)), fields: fields
        ).about([profile.id, second])
    }

    func timeline(_ id: String, _ asked: TimelineQuery, limit: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: Self.usualInteractions, atMost: Self.mostInteractions)
        let profile = try await find(id)
        // One more than asked for tells whether there is a next page.
        var entries = try await workspace.profiles.timeline(
            profile.id, asked.filter, from: asked.place, oldestFirst: asked.oldestFirst, limit: count + 1)
        let hasMore = entries.count > count
        if hasMore { entries.removeLast() }
        let next = hasMore ? entries.last.map { TimelinePlace($0).cursor } : nil
        return .json(
            JSONWriter.object([
                ("profile", JSONWriter.string(profile.id.description)),
                (
                    "redirected_from",
                    profile.redirectedFrom.map { JSONWriter.string($0.description) } ?? JSONWriter.null
                ),
                ("interactions", JSONWriter.array(entries.map(StateJSON.interaction))),
                ("next", next.map(JSONWriter.string) ?? JSONWriter.null),
            ]), fields: Self.link(profile, to: "/interactions")
        ).about([profile.id])
    }

    /// What the customer did on the web, a visit at a time, the latest first.
    func visits(_ id: String, before: String?, limit: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: 10, atMost: 50)
        var place: TimelinePlace?
        if let before {
            place = TimelinePlace(cursor: before)
            guard place != nil else {
                throw Problem.badRequest(
                    "cursor_invalid", "The cursor cannot be used", "before is not a `next` of this hub",
                    "leave it out for the latest visits, or give the `next` of a page as it came")
            }
        }
        let profile = try await find(id)
        var entries: [TimelineEntry] = []
        var visits: [Visit] = []
        var isAll = false
        var looked = 0
        // One more than asked for tells that the last one is whole; a visit of thousands of steps is cut.
        while visits.count <= count, looked < Self.mostSteps {
            let page = try await workspace.profiles.timeline(profile.id, from: place, limit: Self.mostInteractions)
            looked += page.count
            entries += page.filter { $0.channel == "web" }
            visits = Visit.all(entries.lazy.compactMap { Visit.Step($0) })
            guard page.count == Self.mostInteractions, let last = page.last else {
                isAll = true
                break
            }
            place = TimelinePlace(last)
        }
        let hasMore = visits.count > count || !isAll
        if !isAll, visits.count > 1 { visits.removeLast() }
        visits = Array(visits.prefix(count))
        let shown = visits.reduce(0) { $0 + $1.steps.count }
        let end = shown > 0 ? TimelinePlace(entries[shown - 1]) : place
        let next = hasMore ? end?.cursor : nil
        return .json(
            JSONWriter.object([
                ("profile", JSONWriter.string(profile.id.description)),
                (
                    "redirected_from",
                    profile.redirectedFrom.map { JSONWriter.string($0.description) } ?? JSONWriter.null
                ),
                ("visits", JSONWriter.array(visits.map(\.json))),
                ("next", next.map(JSONWriter.string) ?? JSONWriter.null),
            ]), fields: Self.link(profile, to: "/visits")
        ).about([profile.id])
    }

    /// Hits of the last days, by day, source, kind and machine.
    func hits(days: String?, now: Int64) async throws -> Answer {
        let days = try PageCursor.limit(days, usually: 7, atMost: 366, named: "days")
        let today = now - now % 86_400_000_000
        let start = today - Int64(days - 1) * 86_400_000_000
        let counts = try await workspace.profiles.hits.counts(since: start, limit: 10_000)
        return .json(JSONWriter.object([("hits", JSONWriter.array(counts.map(HitJSON.object)))]))
    }

    func find(_ text: String, guesses: Bool = false) async throws -> Profile {
        guard let id = HubID(text) else { throw Self.noID }
        switch try await workspace.profiles.profile(id, guesses: guesses) {
        case .profile(let profile): return profile
        case .gone: throw Self.gone
        case nil:
            throw Problem(
                .notFound, "profile_unknown", "There is no such profile", "no profile ever had this id",
                whatToDo: "check the id; an id of another workspace is not known here")
        }
    }

    static let noID = Problem.badRequest(
        "id_invalid", "That is no id", "the id of a profile is a UUID",
        "give a profile's id, or ask by identifier: /v1/profiles/by/email/anna@example.it")

    private static let gone = Problem(
        .gone, "profile_gone", "The profile was erased", "this id was a customer's, who was erased",
        whatToDo: "forget the id")

    /// Who it is, and which id is the one to keep.
    private static func head(_ profile: Profile) -> [(String, [UInt8])] {
        var members = ProfileJSON.head(profile)
        members.insert(("canonical", JSONWriter.string(profile.id.description)), at: 1)
        return members
    }

    static func answer(_ profile: Profile, others: [HubID]?) -> Answer {
        var members = head(profile) + ProfileJSON.known(profile) + ProfileJSON.reasons(profile)
        if let others {
            members.append(("others", JSONWriter.array(others.map { JSONWriter.string($0.description) })))
        }
        return .json(JSONWriter.object(members), fields: link(profile, to: "")).about([profile.id] + (others ?? []))
    }

    /// Where the survivor is, for an id that was absorbed.
    static func link(_ profile: Profile, to page: String) -> HTTPFields {
        guard profile.redirectedFrom != nil, let name = HTTPField.Name("Link") else { return [:] }
        return [name: "</v1/profiles/\(profile.id)\(page)>; rel=\"canonical\""]
    }
}

extension TimelinePlace {
    init(_ entry: TimelineEntry) {
        self.init(occurredAt: entry.occurredAt, interaction: entry.interaction)
    }

    var cursor: String { PageCursor.text(occurredAt, interaction) }

    init?(cursor: String) {
        guard let (moment, id) = PageCursor.read(cursor) else { return nil }
        self.init(occurredAt: moment, interaction: id)
    }
}
