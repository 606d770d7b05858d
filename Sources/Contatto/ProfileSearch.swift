import ArgumentParser
internal import Contact
internal import Storage

extension ProfileCommand {
    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find profiles by part of a name, an address, a number.",
            discussion: """
                Every word must be found; accents and case do not matter, and a number may be typed with spaces.

                Example: contatto profile search "maria ross"
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "What to look for.") var text: String
        @Option(help: "Most profiles to show, 1 to 200.") var limit = 20
        @Flag(help: "One JSON object a profile.") var json = false

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit is 1 to 200") }
        }

        func run() async throws {
            try await hub.withHub("profile") { hub in
                let profiles = Profiles(hub.database, workspace: hub.workspace, key: hub.key)
                let found = try await profiles.search(text, limit: limit)
                if json { found.forEach(write) } else if !found.isEmpty { show(found) }
                guard !found.isEmpty else { throw Ending(.failed, "nothing was found") }
            }
        }

        private func show(_ found: [Profiles.Match]) {
            var table = Table("PROFILE", "NAME", "IDENTIFIERS", "LAST")
            for one in found {
                table.add(
                    one.profile.description, one.kind == "shared" ? "(shared)" : one.names.first ?? "–",
                    one.identifiers.map(\.description).joined(separator: ", "), month(one))
            }
            table.print()
        }

        private func write(_ one: Profiles.Match) {
            StandardOutput.write(
                JSONWriter.object([
                    ("id", JSONWriter.string(one.profile.description)), ("kind", JSONWriter.string(one.kind)),
                    ("names", JSONWriter.array(one.names.map(JSONWriter.string))),
                    (
                        "identifiers",
                        JSONWriter.array(
                            one.identifiers.map {
                                JSONWriter.object([
                                    ("kind", JSONWriter.string($0.kind.name)), ("scope", JSONWriter.string($0.scope)),
                                    ("value", JSONWriter.string($0.value)),
                                ])
                            })
                    ),
                    ("last_month", JSONWriter.string(month(one))),
                ]))
        }

        private func month(_ one: Profiles.Match) -> String {
            String(Timestamp.text(Int64(one.lastMonth) * 86_400_000_000).prefix(7))
        }
    }
}
