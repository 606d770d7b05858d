internal import Contact
internal import HTTPTypes
internal import Postgres
internal import Storage

/// The answers about what people say who is who: decisions, what waits for one, erasures.
struct DecisionPages: Sendable {
    private static let mostListed = 200
    private static let usuallyListed = 50

    let workspace: OpenWorkspace
    let key: Key
    /// What has to be as it was seen.
    var unchanged: Unchanged?

    /// Whose word a decision is.
    static func who(_ key: Key) -> String {
        guard let person = key.person else { return "key \(key.id) (\(key.role.rawValue))" }
        // What is written down with it holds 200 characters.
        let name = person.name.map { ", " + $0.prefix(60) } ?? ""
        return "person \(person.subject.prefix(100))\(name) (\(key.role.rawValue))"
    }

    func decide(_ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(
            bytes, knowing: ["kind", "profiles", "left", "right", "identifier", "why", "preview"])
        let isPreview = try body.flag("preview")
        let said = try said(body)
        let why = try body.why(isPreview: isPreview)
        do throws(DecisionError) {
            return Self.answer(
                try await workspace.ledger.decide(
                    said, who: Self.who(key), why: why, isPreview: isPreview, expecting: unchanged?.profiles), isPreview
            )
        } catch {
            // In words of its own: those of the ledger name the value.
            guard case .shared = said, case .unknown = error.kind else { throw error }
            throw Problem(
                .notFound, "identifier_unknown", "Nobody has shown it", "no profile shows this identifier",
                whatToDo: "check the spelling: a value that nobody shows joins nobody either")
        }
    }

    private func said(_ body: BodyObject) throws(Problem) -> Said {
        let kind = try body.text("kind")
        guard let kind, ["same", "not_same", "shared"].contains(kind) else {
            throw BodyObject.invalid("kind is none of those that exist", "send as kind same, not_same or shared")
        }
        let (left, right) = try sides(body)
        let named = try body.object("identifier", knowing: ["kind", "scope", "value"])
        if kind == "shared" {
            guard let named, left.isEmpty, right.isEmpty else {
                throw BodyObject.invalid(
                    "a decision of kind shared is about a value",
                    "send it as identifier, with kind, value and, where the kind has one, scope; and no profiles")
            }
            return .shared(try identifier(named))
        }
        guard named == nil, !left.isEmpty, !right.isEmpty else {
            throw BodyObject.invalid(
                "a decision of kind \(kind) is about profiles or facets",
                "send the two as profiles, or what stands on each side as left and right; and no identifier")
        }
        if kind == "not_same" { return .notSame(left, right) }
        guard left.count == 1, right.count == 1 else {
            throw BodyObject.invalid(
                "a decision of kind same is about two", "send two profiles or facets, one decision a pair")
        }
        return .same(left[0], right[0])
    }

    private func sides(_ body: BodyObject) throws(Problem) -> ([HubID], [HubID]) {
        let (left, right) = (try body.ids("left") ?? [], try body.ids("right") ?? [])
        guard let pair = try body.ids("profiles") else { return (left, right) }
        guard pair.count == 2, left.isEmpty, right.isEmpty else {
            throw BodyObject.invalid(
                "profiles are two, and stand for left and right", "send two ids as profiles, or left and right")
        }
        return ([pair[0]], [pair[1]])
    }

    private func identifier(_ named: BodyObject) throws(Problem) -> Identifier {
        try Pages.identifier(
            named.text("kind") ?? "", scope: named.text("scope"), value: named.text("value") ?? "",
            workspace.normaliser)
    }

    func revoke(_ id: String, isPreview: Bool) async throws -> Answer {
        guard let id = HubID(id) else {
            throw Problem.badRequest(
                "id_invalid", "That is no id", "the id of a decision is a UUID",
                "give the id of a decision; GET /v1/decisions lists them")
        }
        return Self.answer(
            try await workspace.ledger.revoke(
                id, who: Self.who(key), isPreview: isPreview, expecting: unchanged?.profiles), isPreview)
    }

    func list(limit: String?, after: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: Self.usuallyListed, atMost: Self.mostListed)
        var place: (at: Int64, id: HubID)?
        if let after {
            guard let read = PageCursor.read(after) else {
                throw Problem.badRequest(
                    "cursor_invalid", "The cursor cannot be used", "after is not a `next` of this hub",
                    "leave it out for the latest decisions, or give the `next` of a page as it came")
            }
            place = (read.moment, read.id)
        }
        // One more than asked for tells whether there is a next page.
        var made = try await workspace.profiles.decisions(before: place, limit: count + 1)
        let hasMore = made.count > count
        if hasMore { made.removeLast() }
        let next = hasMore ? made.last.map { PageCursor.text($0.madeAt, $0.id) } : nil
        return .json(
            JSONWriter.object([
                ("decisions", JSONWriter.array(made.map(DecisionJSON.decision))),
                ("next", next.map(JSONWriter.string) ?? JSONWriter.null),
            ]))
    }

    func reviews(limit: String?) async throws -> Answer {
        let count = try PageCursor.limit(limit, usually: Self.usuallyListed, atMost: Self.mostListed)
        let reviews = try await workspace.profiles.reviews(limit: count)
        return .json(
            JSONWriter.object([("reviews", JSONWriter.array(reviews.map(DecisionJSON.review)))])
        ).about(reviews.flatMap { [$0.a, $0.b] })
    }

    func erase(_ bytes: [UInt8]) async throws -> Answer {
        let body = try BodyObject(bytes, knowing: ["ids", "preview"])
        let isPreview = try body.flag("preview")
        guard let ids = try body.ids("ids") else {
            throw BodyObject.invalid("ids is missing", "send as ids the profiles or facets to erase")
        }
        let erased = try await workspace.ledger.erase(ids, isPreview: isPreview)
        return .json(
            JSONWriter.object(
                DecisionJSON.decided(erased, isPreview: isPreview) + [
                    ("not_erased", JSONWriter.string(DecisionJSON.notErased))
                ])
            // By the ids that were asked for, too: one that had been absorbed is found by its own.
        ).about(erased.profilesMet + ids.filter { !erased.profilesMet.contains($0) })
    }

    private static func answer(_ decided: Decided, _ isPreview: Bool) -> Answer {
        .json(JSONWriter.object(DecisionJSON.decided(decided, isPreview: isPreview))).about(decided.profilesMet)
    }
}

extension Decided {
    /// Every profile that it names.
    fileprivate var profilesMet: [HubID] {
        profiles + merged.flatMap { [$0.profile, $0.into] } + split.flatMap { [$0.profile] + $0.into } + erased
    }
}

extension DecisionError {
    /// How it is told over HTTP, or the database's own error.
    var told: any Error {
        switch kind {
        case .unknown:
            Problem(
                .notFound, "id_unknown", "There is no such id", description,
                whatToDo: "check the ids; those of another workspace are not known here")
        case .unusable:
            Problem(
                .conflict, "decision_unusable", "This cannot be decided", description,
                whatToDo: "look at what there is, with GET /v1/decisions and GET /v1/profiles/{id}/explain")
        case .changed: Problem.changedMeanwhile
        case .database(let error): error
        }
    }
}
