internal import API
import ArgumentParser
internal import Contact
internal import Storage

struct DecisionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decision", abstract: "Say who is who, where the rules cannot know; and take it back.",
        subcommands: [Same.self, NotSame.self, Shared.self, List.self, Revoke.self])

    /// What every decision takes.
    struct Making: ParsableArguments {
        @OptionGroup var hub: HubOptions
        @Option(help: "The reason: it is kept with your name, for those who ask later.") var why: String?
        @Flag(help: "Say what it would change, and change nothing.") var preview = false
        @Flag(help: "One JSON object.") var json = false

        func validate() throws {
            guard preview || why?.contains(where: { !$0.isWhitespace }) == true else {
                throw ValidationError("say the reason with --why, or see what would change with --preview")
            }
        }

        func run(_ said: (Hub) async throws -> Said) async throws {
            try await hub.withHub("decision") { hub in
                let decided = try await hub.ledger().decide(
                    try await said(hub), who: LoginName.current, why: why ?? "", isPreview: preview)
                DecisionText.write(decided, isPreview: preview, json: json)
            }
        }
    }

    struct Same: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Two are one customer.",
            discussion: """
                Example: contatto decision same email:anna@example.it email:a.rossi@example.com --why "she said so"
                """)

        @Argument(help: "A profile or a facet: an id, or KIND:VALUE that only one profile shows.") var one: String
        @Argument(help: "The other.") var other: String
        @OptionGroup var making: Making

        func run() async throws {
            try await making.run { hub in
                .same(try await Subject.id(one, hub), try await Subject.id(other, hub))
            }
        }
    }

    struct NotSame: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "not-same",
            abstract: "What stands on one side is not the same customer as what stands on the other.",
            discussion: """
                To part a profile, name facets of it: `contatto profile explain` shows them.

                Example: contatto decision not-same FACET --from OTHER-FACET --why "father and son"
                """)

        @Argument(help: "Profiles or facets of one side: ids, or KIND:VALUE that only one profile shows.")
        var one: [String]
        @Option(parsing: .upToNextOption, help: "Those of the other side.") var from: [String]
        @OptionGroup var making: Making

        func run() async throws {
            try await making.run { hub in
                .notSame(try await Subject.ids(one, hub), try await Subject.ids(from, hub))
            }
        }
    }

    struct Shared: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A value is several people's, so that it joins nobody.",
            discussion: "Example: contatto decision shared email:famiglia.rossi@example.it --why \"two of them write\"")

        @Argument(help: "KIND:VALUE, or KIND:SCOPE/VALUE.") var value: String
        @OptionGroup var making: Making

        func run() async throws {
            try await making.run { hub in .shared(try Subject.identifier(value, in: hub.workspace)) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the decisions, the latest first, those taken back too.",
            discussion: "Example: contatto decision list --limit 10")

        @OptionGroup var hub: HubOptions
        @Option(help: "How many at most.") var limit = 50
        @Flag(help: "One JSON object a line.") var json = false

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is a number from 1") }
        }

        func run() async throws {
            try await hub.withHub("decision") { hub in
                let profiles = hub.profiles()
                var left = limit
                var place: (at: Int64, id: HubID)?
                while left > 0 {
                    let page = try await profiles.decisions(before: place, limit: min(left, 200))
                    for made in page {
                        if json {
                            StandardOutput.write(DecisionJSON.decision(made))
                        } else {
                            DecisionText.write(made)
                        }
                    }
                    guard let last = page.last, page.count == min(left, 200) else { return }
                    place = (last.madeAt, last.id)
                    left -= page.count
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a decision back: all is as if it had never been made.",
            discussion: "Example: contatto decision revoke 0193c1de-0000-4000-8000-000000000000")

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its id: `contatto decision list` shows it.") var decision: String
        @Flag(help: "Say what it would change, and change nothing.") var preview = false
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            try await hub.withHub("decision") { hub in
                guard let id = HubID(decision) else {
                    throw Ending(.usage, "\(decision) is no id; `contatto decision list` shows those there are")
                }
                let decided = try await hub.ledger().revoke(id, who: LoginName.current, isPreview: preview)
                DecisionText.write(decided, isPreview: preview, json: json)
            }
        }
    }
}
