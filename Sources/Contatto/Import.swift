import ArgumentParser
internal import Contact
internal import Storage

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store what a file holds.", subcommands: [Interactions.self, Email.self])

    struct Interactions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store interactions, one JSON object a line.",
            discussion: """
                Sources that the lines name are made. Twice stores nothing twice, so an import that was interrupted is \
                simply run again. A refused line is kept with its reason and does not stop the rest; the exit status \
                is then 2. With --json one line is written for each stored batch, when it is durable.

                Example: contatto generate --seed 1 --persons 100 | contatto import interactions -
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "A file of NDJSON, or - for standard input.") var file: String
        @Option(help: "Source of the lines that name none.") var source: String?
        @Option(help: "The most a line may vouch for an identifier: claimed, presented or verified.")
        var trust = "verified"
        @Flag(help: "One JSON object for each stored batch, and one with the totals.") var json = false

        func run() async throws {
            guard let trust = Assurance(name: trust) else {
                throw ValidationError("--trust is claimed, presented or verified")
            }
            try await hub.withHub("import") { hub in
                var settings = Ledger.Settings()
                settings.registersSources = true
                settings.answersProfiles = false
                let ledger = Ledger(
                    hub.database, workspace: hub.workspace, key: hub.key, settings: settings, now: currentMicroseconds)
                let run = ImportRun(
                    intake: ledger, workspace: hub.workspace, source: source, trust: trust, writesBatches: json)
                let totals = try await run.import(try LineReader(path: file))
                if StandardError.isTerminal && !json { StandardError.write("") }
                totals.show(json: json)
                if totals.refused > 0 {
                    throw Ending(
                        .refusals, "\(totals.refused) lines were refused; `contatto stats` counts them by reason")
                }
            }
        }
    }
}
