internal import API
import ArgumentParser
internal import Storage

struct ReviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "What waits for a person to say who is who.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the pairs that evidence would join and a rule keeps apart, the largest question first.",
            discussion: """
                `contatto decision same` or `contatto decision not-same` settles one.

                Example: contatto review list --limit 10
                """)

        @OptionGroup var hub: HubOptions
        @Option(help: "How many at most, up to 1,000.") var limit = 50
        @Flag(help: "One JSON object a line.") var json = false

        func validate() throws {
            guard (1...1_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 1000") }
        }

        func run() async throws {
            try await hub.withHub("review") { hub in
                let profiles = hub.profiles()
                let reviews = try await profiles.reviews(limit: limit)
                for review in reviews {
                    if json { StandardOutput.write(DecisionJSON.review(review)) } else { DecisionText.write(review) }
                }
                if reviews.isEmpty, !json { StandardOutput.write("nothing waits for a decision") }
            }
        }
    }
}
