internal import API
import ArgumentParser
internal import Contact
internal import Storage

extension ProfileCommand {
    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find profiles by part of a name, an address, a number, or words of a message.",
            discussion: """
                Every word must be found, in what a profile shows or in one of its messages; accents and case do not \
                matter, a letter may be wrong, and the end of a number is enough.

                Example: contatto profile search "maria ross"
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "What to look for.") var text: String
        @Option(help: "Most profiles to show, 1 to 50.") var limit = 20
        @Flag(help: "One JSON object a profile.") var json = false

        func validate() throws {
            guard (1...50).contains(limit) else { throw ValidationError("--limit is 1 to 50") }
        }

        func run() async throws {
            try await hub.withHub("profile") { hub in
                let profiles = Profiles(hub.database, workspace: hub.workspace, key: hub.key)
                // Where no hub is serving nobody else indexes what came in.
                let index = SearchIndex(hub.database, workspace: hub.workspace)
                let step = try await index.catchUp(within: .seconds(60))
                if case .more = step {
                    StandardError.write("contatto: not all is indexed yet: what is missing is not found")
                }
                let found = try await profiles.search(text, limit: limit, now: currentMicroseconds()).matches
                if json { found.forEach(write) } else if !found.isEmpty { show(found) }
                guard !found.isEmpty else { throw Ending(.failed, "nothing was found") }
            }
        }

        private func show(_ found: [Profiles.Match]) {
            var table = Table("PROFILE", "NAME", "IDENTIFIERS", "LAST")
            for one in found {
                table.add(
                    one.profile.description, one.kind == "shared" ? "(shared)" : one.names.first ?? "–",
                    one.identifiers.map(\.description).joined(separator: ", "), SearchJSON.day(one))
            }
            table.print()
        }

        private func write(_ one: Profiles.Match) { StandardOutput.write(SearchJSON.object(one)) }
    }
}
