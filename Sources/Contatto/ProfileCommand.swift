internal import API
import ArgumentParser
internal import Contact
internal import Storage

struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Who is this, and what happened?",
        subcommands: [Show.self, Explain.self, Search.self, Erase.self, Prefer.self])

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
                for found in try await Subject.profiles(profile, hub) {
                    let timeline = try await hub.profiles().timeline(found.id)
                    if json { ProfileText.writeJSON(found, timeline) } else { ProfileText.write(found, timeline) }
                }
            }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say why the facets of a profile are one customer, and what was not believed.",
            discussion: """
                Under each link stand the first and the last interaction on either side that showed it.
                With --with, why it and another, each a profile or a facet, are one customer or are not.

                Example: contatto profile explain email:maria.rossi@example.it --with email:mario.rossi@example.it
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE, or KIND:SCOPE/VALUE.") var profile: String
        @Option(help: "Another profile, or a facet: an id, or KIND:VALUE that only one profile shows.")
        var with: String?
        @Flag(help: "One JSON object a profile.") var json = false

        func run() async throws {
            try await hub.withHub("profile") { hub in
                guard let with else {
                    for found in try await Subject.profiles(profile, guesses: true, hub) {
                        let shown = try await hub.profiles().shown(found.evidence, found.refused)
                        if json { ProfileText.explainJSON(found, shown) } else { ProfileText.explain(found, shown) }
                    }
                    return
                }
                for (one, other) in try await Subject.pairs(profile, with, hub) {
                    guard let pair = try await hub.profiles().explain(one, other) else {
                        throw Ending(.failed, "\(one) or \(other) is neither a living profile nor a facet")
                    }
                    let shown = try await hub.profiles().shown(pair.links, pair.refused)
                    if json {
                        StandardOutput.write(JSONWriter.object(DecisionJSON.pair(pair, shown: shown)))
                    } else {
                        ProfileText.explain(pair, shown)
                    }
                }
            }
        }
    }
}
