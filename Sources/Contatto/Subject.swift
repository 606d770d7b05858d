internal import Contact
internal import Storage

/// Whom or what a command is about, as a person writes it: an id, or KIND:VALUE.
enum Subject {
    static let help = "An id, or KIND:VALUE, or KIND:SCOPE/VALUE."

    static func identifier(_ text: String, in workspace: Workspace) throws -> Identifier {
        guard let colon = text.firstIndex(of: ":") else {
            throw Ending(.usage, "\(text) is not KIND:VALUE, as email:maria@example.it")
        }
        let kind = String(text[..<colon])
        var value = String(text[text.index(after: colon)...])
        var scope: String?
        if IdentifierKind(name: kind)?.scope != nil, let slash = value.firstIndex(of: "/") {
            scope = String(value[..<slash])
            value = String(value[value.index(after: slash)...])
        }
        do throws(Refusal) {
            return try Normaliser(region: workspace.region).identifier(kind: kind, scope: scope, value: value)
        } catch {
            throw Ending(.usage, "\(error.detail); \(error.reason.whatToDo)")
        }
    }

    /// The same as the workspace spells it.
    private static func spelt(_ text: String, _ hub: Hub) async throws -> Identifier {
        try await hub.profiles().spelt(try identifier(text, in: hub.workspace))
    }

    /// The profiles a person may mean; with `guesses`, also what does not join them because anybody can guess it.
    static func profiles(_ text: String, guesses: Bool = false, _ hub: Hub) async throws -> [Profile] {
        let profiles = Profiles(hub.database, workspace: hub.workspace, key: hub.key)
        if let id = HubID(text) {
            switch try await profiles.profile(id, guesses: guesses) {
            case .profile(let profile): return [profile]
            case .gone: throw Ending(.failed, "profile \(id) was erased")
            case nil: throw Ending(.failed, "no profile ever had the id \(id)")
            }
        }
        guard text.contains(":") else {
            throw Ending(.usage, "\(text) is neither an id nor KIND:VALUE, as email:maria@example.it")
        }
        let identifier = try identifier(text, in: hub.workspace)
        var found: [Profile] = []
        for id in try await profiles.profiles(showing: identifier) {
            if case .profile(let profile) = try await profiles.profile(id, guesses: guesses) { found.append(profile) }
        }
        guard !found.isEmpty else { throw Ending(.failed, "nobody has shown \(identifier)") }
        return found
    }

    /// The id a person means: of a profile or a facet, as it stands, or of the only profile that shows a value.
    static func id(_ text: String, _ hub: Hub) async throws -> HubID {
        if let id = HubID(text) { return id }
        let found = try await profiles(text, hub)
        guard found.count == 1 else {
            let ids = found.map(\.id.description).joined(separator: ", ")
            throw Ending(.usage, "\(text) is shown by \(found.count) profiles, so name one of them by its id: \(ids)")
        }
        return found[0].id
    }

    /// Between which ids it is asked why two are one customer, or are not: for each profile that shows the one. Where both are
    /// of one profile, the facets are meant that show the values.
    static func pairs(_ one: String, _ other: String, _ hub: Hub) async throws -> [(HubID, HubID)] {
        let second = HubID(other) == nil ? try await spelt(other, hub) : nil
        guard let first = HubID(one) else {
            let value = try await spelt(one, hub)
            var pairs: [(HubID, HubID)] = []
            for profile in try await profiles(one, hub) {
                let end = try await end(other, second, with: profile.id, showing: value, hub)
                let isOwn = profile.facets.contains { $0.id == end }
                pairs.append((isOwn ? facet(of: profile, value, without: second) : profile.id, end))
            }
            return pairs
        }
        return [(first, try await end(other, second, with: first, showing: nil, hub))]
    }

    private static func end(
        _ text: String, _ value: Identifier?, with first: HubID, showing other: Identifier?, _ hub: Hub
    ) async throws -> HubID {
        guard let value else { return try await id(text, hub) }
        let own = try await profiles(text, hub).first { profile in
            profile.id == first || profile.absorbed.contains(first) || profile.facets.contains { $0.id == first }
        }
        guard let own else { return try await id(text, hub) }
        return facet(of: own, value, without: other)
    }

    /// One that shows a value: rather one that does so without the other, for one that shows both would be all of the answer.
    private static func facet(of profile: Profile, _ value: Identifier, without other: Identifier?) -> HubID {
        let showing = profile.facets.filter { $0.identifiers.contains { $0.identifier == value } }
        let alone = showing.first { !$0.identifiers.contains { $0.identifier == other } }
        return (alone ?? showing.first)?.id ?? profile.id
    }

    static func ids(_ texts: [String], _ hub: Hub) async throws -> [HubID] {
        var ids: [HubID] = []
        for text in texts { ids.append(try await id(text, hub)) }
        return ids
    }
}
