internal import API
import ArgumentParser
internal import Contact
internal import Storage

struct MemoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory", abstract: "What people remember for a customer: why he chose, what was promised.",
        subcommands: [Add.self, List.self, Close.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write down what you heard.",
            discussion: """
                Words that speak of health, faith or politics are asked about once more. What is written is never changed: \
                close it, or write another in its place with --supersedes.

                Example: contatto memory add email:maria.rossi@example.it promised "call her about the oven" \
                --by 2026-12-01T18:00:00+01:00
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE that only one profile shows.") var profile: String
        @Argument(
            help: "chose_because, worried_about, convinced_by, prefers, promised, greet_so or thanks_due.")
        var kind: String
        @Argument(help: "The words, up to 2,000 characters.") var text: String
        @Option(help: "Of a promise: by when, as 2026-12-01T18:00:00+01:00.") var by: String?
        @Option(help: "Who heard it; default: you.") var heardBy: String?
        @Option(help: "When; default: now.") var at: String?
        @Option(help: "The interaction in which it was said.") var interaction: String?
        @Option(help: "An open one whose place it takes.") var supersedes: String?
        @Flag(help: "The customer wants it kept, whatever the words may speak of.") var confirmed = false
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            try await hub.withHub("memory") { hub in
                let said = MemorySaid(
                    try Spoken.word(kind, of: "the kind"), text, heardBy: heardBy,
                    heardAt: try at.map { try Spoken.moment($0, of: "--at") },
                    dueAt: try by.map { try Spoken.moment($0, of: "--by") }, isConfirmed: confirmed,
                    supersedes: try supersedes.map { try Spoken.id($0, of: "--supersedes") })
                let interaction = try self.interaction.map { try Spoken.id($0, of: "--interaction") }
                let mention = try await Subject.mention(profile, in: interaction, hub)
                let made = try await hub.ledger().remember(said, of: mention, by: Speaker(LoginName.current))
                if json { return StandardOutput.write(RecordJSON.recorded(made)) }
                StandardOutput.write("\(made.recorded.isKnown ? "known already: " : "")memory \(made.memory.id)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is remembered for a customer: open promises first, by when they are due.",
            discussion: "Example: contatto memory list email:maria.rossi@example.it")

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE that only one profile shows.") var profile: String
        @Option(help: "How many at most.") var limit = 50
        @Flag(help: "One JSON object a line.") var json = false

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is a number from 1") }
        }

        func run() async throws {
            try await hub.withHub("memory") { hub in
                let found = try await Subject.profile(profile, hub)
                var left = limit
                var place: Profiles.MemoryPlace?
                while left > 0 {
                    let page = try await hub.profiles().memories(of: found.id, after: place, limit: min(left, 200))
                    for memory in page {
                        if json {
                            StandardOutput.write(RecordJSON.memory(memory))
                        } else {
                            RecordText.write(memory)
                        }
                    }
                    guard let last = page.last, page.count == min(left, 200) else { return }
                    place = Profiles.MemoryPlace(last)
                    left -= page.count
                }
            }
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that it is kept, done or outdated: its words stay.",
            discussion: """
                Example: contatto memory close 0193c1de-0000-4000-8000-000000000000 --as kept --why "called her on Monday"
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "Its id: `contatto memory list` shows it.") var memory: String
        @Option(name: .customLong("as"), help: "kept (a promise), done (anything else) or outdated.") var end: String
        @Option(help: "The reason: it is kept with your name, for those who ask later.") var why: String
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            try await hub.withHub("memory") { hub in
                let made = try await hub.ledger().close(
                    memory: try Spoken.id(memory, of: "the memory"), as: try Spoken.word(end, of: "--as"), why: why,
                    by: Speaker(LoginName.current))
                if json { return StandardOutput.write(RecordJSON.recorded(made)) }
                RecordText.write(made.memory)
            }
        }
    }
}

extension ProfileCommand {
    struct Prefer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record how a customer wants to be met: your word goes before what sources say.",
            discussion: "Example: contatto profile prefer email:maria.rossi@example.it --tone lei --language it")

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE that only one profile shows.") var profile: String
        @Option(help: "lei or tu.") var tone: String?
        @Option(help: "A language tag, as it or de-CH.") var language: String?
        @Option(help: "A channel, as email or phone.") var channel: String?
        @Flag(help: "One JSON object.") var json = false

        func validate() throws {
            guard tone != nil || language != nil || channel != nil else {
                throw ValidationError("say what is preferred, with --tone, --language or --channel")
            }
        }

        func run() async throws {
            try await hub.withHub("profile") { hub in
                let preferences = Preferences(
                    tone: try tone.map { try Spoken.word($0, of: "--tone") }, language: language, channel: channel)
                let mention = try await Subject.mention(profile, hub)
                let recorded = try await hub.ledger().prefer(preferences, of: mention, by: Speaker(LoginName.current))
                if json { return StandardOutput.write(JSONWriter.object(RecordJSON.recorded(recorded))) }
                StandardOutput.write("recorded for profile \(recorded.profile)")
            }
        }
    }
}
