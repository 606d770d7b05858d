internal import Contact
internal import HTTPTypes
internal import Postgres
internal import Storage

/// The answers about profiles.
struct Pages: Sendable {
    private static let mostInteractions = 200
    private static let usualInteractions = 20

    let workspace: OpenWorkspace

    func profile(_ id: String) async throws -> Answer {
        Self.answer(try await find(id), others: nil)
    }

    /// The profile that showed the identifier last, and the ids of others that showed it too.
    func profile(kind: String, value: String) async throws -> Answer {
        guard let known = IdentifierKind(name: kind) else {
            throw Problem.badRequest(
                "identifier_invalid", "There is no such kind of identifier", "the kind is not one of those that exist",
                "use one of \(IdentifierKind.all.map(\.name).joined(separator: ", "))")
        }
        var value = value
        var scope: String?
        if known.scope != nil, let slash = value.firstIndex(of: "/") {
            scope = String(value[..<slash])
            value = String(value[value.index(after: slash)...])
        }
        let identifier: Identifier
        do throws(Refusal) {
            identifier = try workspace.normaliser.identifier(kind: kind, scope: scope, value: value)
        } catch {
            throw Problem.badRequest(
                error.reason.rawValue, "The identifier cannot be read", error.detail, error.reason.whatToDo)
        }
        let ids = try await workspace.profiles.profiles(showing: identifier)
        for (place, id) in ids.enumerated() {
            // Between the two reads it may have been erased: the next one then.
            guard case .profile(let profile) = try await workspace.profiles.profile(id) else { continue }
            return Self.answer(profile, others: Array(ids[(place + 1)...]))
        }
        throw Problem(
            .notFound, "profile_unknown", "Nobody has shown it", "no profile shows this identifier",
            whatToDo: "check the spelling; a value of a kind with a scope is written SCOPE/VALUE")
    }

    func timeline(_ id: String, before: String?, limit: String?) async throws -> Answer {
        var count = Self.usualInteractions
        if let limit {
            guard let number = Int(limit), (1...Self.mostInteractions).contains(number) else {
                throw Problem.badRequest(
                    "limit_invalid", "The limit cannot be used", "limit is not a number from 1 to 200",
                    "leave it out, or give a number from 1 to 200")
            }
            count = number
        }
        var place: TimelinePlace?
        if let before {
            place = TimelinePlace(cursor: before)
            guard place != nil else {
                throw Problem.badRequest(
                    "cursor_invalid", "The cursor cannot be used", "before is not a `next` of this hub",
                    "leave it out for the latest interactions, or give the `next` of a page as it came")
            }
        }
        let profile = try await find(id)
        // One more than asked for tells whether there is a next page.
        var entries = try await workspace.profiles.timeline(profile.id, before: place, limit: count + 1)
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
                ("interactions", JSONWriter.array(entries.map(ProfileJSON.interaction))),
                ("next", next.map(JSONWriter.string) ?? JSONWriter.null),
            ]), fields: Self.link(profile, to: "/interactions"))
    }

    private func find(_ text: String) async throws -> Profile {
        guard let id = HubID(text) else {
            throw Problem.badRequest(
                "id_invalid", "That is no id", "the id of a profile is a UUID",
                "give a profile's id, or ask by identifier: /v1/profiles/by/email/anna@example.it")
        }
        switch try await workspace.profiles.profile(id) {
        case .profile(let profile): return profile
        case .gone:
            throw Problem(
                .gone, "profile_gone", "The profile was erased", "this id was a customer's, who was erased",
                whatToDo: "forget the id")
        case nil:
            throw Problem(
                .notFound, "profile_unknown", "There is no such profile", "no profile ever had this id",
                whatToDo: "check the id; an id of another workspace is not known here")
        }
    }

    private static func answer(_ profile: Profile, others: [HubID]?) -> Answer {
        var members = ProfileJSON.head(profile)
        members.insert(("canonical", JSONWriter.string(profile.id.description)), at: 1)
        members += ProfileJSON.known(profile) + ProfileJSON.reasons(profile)
        if let others {
            members.append(("others", JSONWriter.array(others.map { JSONWriter.string($0.description) })))
        }
        return .json(JSONWriter.object(members), fields: link(profile, to: ""))
    }

    /// Where the survivor is, for an id that was absorbed.
    private static func link(_ profile: Profile, to page: String) -> HTTPFields {
        guard profile.redirectedFrom != nil, let name = HTTPField.Name("Link") else { return [:] }
        return [name: "</v1/profiles/\(profile.id)\(page)>; rel=\"canonical\""]
    }
}

extension TimelinePlace {
    fileprivate init(_ entry: TimelineEntry) {
        self.init(occurredAt: entry.occurredAt, interaction: entry.interaction)
    }

    /// Opaque: 24 bytes in hexadecimal digits.
    fileprivate var cursor: String {
        let time = UInt64(bitPattern: occurredAt)
        let bytes = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: time >> UInt64($0)) }
        return Hexadecimal.text(bytes + interaction.bytes)
    }

    fileprivate init?(cursor: String) {
        guard cursor.utf8.count == 48, let bytes = Hexadecimal.bytes(cursor) else { return nil }
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        let time = Int64(bitPattern: number(bytes[0..<8]))
        // Years 1 to 9999: what lies beyond is no time that the hub has given out.
        guard (-62_135_596_800_000_000...253_402_300_799_999_999).contains(time) else { return nil }
        self.init(
            occurredAt: time, interaction: HubID(high: number(bytes[8..<16]), low: number(bytes[16..<24])))
    }
}
