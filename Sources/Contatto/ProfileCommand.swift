import ArgumentParser
internal import Contact
internal import Storage

struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Who is this, and what happened?",
        subcommands: [Show.self, Explain.self, Search.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a profile: identifiers, traits, latest interactions.",
            discussion: """
                An id that was absorbed by a merge answers with its survivor, and says so.

                Example: contatto profile show email:maria.rossi@example.it
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE, or KIND:SCOPE/VALUE.") var profile: String
        @Flag(help: "One JSON object a profile.") var json = false

        func run() async throws {
            try await hub.withHub("profile") { hub in
                let profiles = Profiles(hub.database, workspace: hub.workspace, key: hub.key)
                for found in try await find(profile, profiles, hub.workspace) {
                    let timeline = try await profiles.timeline(found.id)
                    if json { ProfileText.writeJSON(found, timeline) } else { ProfileText.write(found, timeline) }
                }
            }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why the facets of a profile are one customer.",
            discussion: "Example: contatto profile explain 0193c1de-0000-4000-8000-000000000000")

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE, or KIND:SCOPE/VALUE.") var profile: String
        @Flag(help: "One JSON object a profile.") var json = false

        func run() async throws {
            try await hub.withHub("profile") { hub in
                let profiles = Profiles(hub.database, workspace: hub.workspace, key: hub.key)
                for found in try await find(profile, profiles, hub.workspace) {
                    if json { ProfileText.explainJSON(found) } else { ProfileText.explain(found) }
                }
            }
        }
    }
}

/// The profiles a person may mean by an id or an identifier.
private func find(_ text: String, _ profiles: Profiles, _ workspace: Workspace) async throws -> [Profile] {
    if let id = HubID(text) {
        switch try await profiles.profile(id) {
        case .profile(let profile): return [profile]
        case .gone: throw Ending(.failed, "profile \(id) was erased")
        case nil: throw Ending(.failed, "no profile ever had the id \(id)")
        }
    }
    guard let colon = text.firstIndex(of: ":") else {
        throw Ending(.usage, "\(text) is neither an id nor KIND:VALUE, as email:maria@example.it")
    }
    let kind = String(text[..<colon])
    var value = String(text[text.index(after: colon)...])
    var scope: String?
    if IdentifierKind(name: kind)?.scope != nil, let slash = value.firstIndex(of: "/") {
        scope = String(value[..<slash])
        value = String(value[value.index(after: slash)...])
    }
    let identifier: Identifier
    do throws(Refusal) {
        identifier = try Normaliser(region: workspace.region).identifier(kind: kind, scope: scope, value: value)
    } catch {
        throw Ending(.usage, "\(error.detail); \(error.reason.whatToDo)")
    }
    var found: [Profile] = []
    for id in try await profiles.profiles(showing: identifier) {
        if case .profile(let profile) = try await profiles.profile(id) { found.append(profile) }
    }
    guard !found.isEmpty else { throw Ending(.failed, "nobody has shown \(identifier)") }
    return found
}
