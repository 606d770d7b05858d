internal import API
import ArgumentParser
internal import Contact
internal import FoundationEssentials
internal import Resolution
internal import Storage

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "What may join two showings into one customer: show it, try it, change it.",
        subcommands: [Show.self, Preview.self, Set.self, Apply.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the rules that hold.",
            discussion: "Example: contatto rules show --json > rules.json")

        @OptionGroup var hub: HubOptions
        @Flag(help: "The rules alone, as one JSON object: what `rules preview` and `rules set` take.") var json = false

        func run() async throws {
            try await hub.withHub("rules") { hub in
                let (version, rules, isApplied) = try await hub.profiles().rules()
                if json {
                    StandardOutput.write(rules.json)
                } else {
                    RulesText.write(rules, version: version, isApplied: isApplied)
                }
            }
        }
    }

    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what rules would do to all that is there, and change nothing.",
            discussion: """
                The file names what is to change: {"kinds":{"phone":{"links":"verified"}}}; the rest stays as it is.

                Example: contatto rules preview rules.json
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "The rules, as JSON.") var file: String
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            try await hub.withHub("rules") { hub in
                let preview = try await hub.profiles().preview(rules: try await read(file, hub))
                if json { StandardOutput.write(RulesJSON.preview(preview)) } else { RulesText.write(preview) }
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change the rules: at once for what comes, then step by step for what is there.",
            discussion: """
                The file names what is to change; the rest stays as it is, also where somebody else changes it at the same \
                time. With --expected-version nothing is changed if others have been faster. Where the second part is cut \
                off, `contatto serve` goes on with it, or `contatto rules apply`.

                Example: contatto rules set rules.json --why "phones are handed on too often"
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "The rules, as JSON.") var file: String
        @Option(help: "The reason: it is kept with your name, for those who ask later.") var why: String
        @Option(help: "Only if these are the rules that hold.") var expectedVersion: Int32?
        @Flag(help: "One JSON object.") var json = false

        func validate() throws {
            guard why.contains(where: { !$0.isWhitespace }) else { throw ValidationError("say the reason with --why") }
        }

        func run() async throws {
            try await hub.withHub("rules") { hub in
                let ledger = hub.ledger()
                let change = try await ledger.change(
                    by: try bytes(file), expected: expectedVersion, who: LoginName.current, why: why)
                let version: Int32
                switch change {
                case .made(let made, _): version = made
                case .unusable(let error): throw unusable(error, file)
                case .overtaken(let current):
                    throw Ending(
                        .failed,
                        "rules \(current) hold, so nothing was changed; `contatto rules show --json` prints them")
                }
                if !json { StandardOutput.write("rules \(version) hold for what comes") }
                RulesText.write(try await applyRules(ledger), version: version, json: json)
            }
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring what is there to the rules that hold, where that was cut off.",
            discussion: "Example: contatto rules apply")

        @OptionGroup var hub: HubOptions
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            try await hub.withHub("rules") { hub in
                let version = try await hub.profiles().rules().version
                RulesText.write(try await applyRules(hub.ledger()), version: version, json: json)
            }
        }
    }
}

/// The rules of a file, over those that hold.
private func read(_ file: String, _ hub: Hub) async throws -> Rules {
    let bytes = try bytes(file)
    let current = try await hub.profiles().rules().rules
    do throws(RulesError) { return try Rules(json: bytes, over: current) } catch { throw unusable(error, file) }
}

private func bytes(_ file: String) throws -> [UInt8] {
    do { return [UInt8](try Data(contentsOf: URL(filePath: file))) } catch {
        throw Ending(.usage, "the file \(file) cannot be read")
    }
}

private func unusable(_ error: RulesError, _ file: String) -> Ending {
    Ending(.usage, "\(file): \(error); `contatto rules show --json` prints the rules that hold")
}

/// All steps that are left, and what they came to; progress on a terminal.
func applyRules(_ ledger: Ledger) async throws -> AppliedRules {
    var applied = AppliedRules()
    defer { if StandardError.isTerminal { StandardError.progress("") } }
    while let step = try await ledger.applyRules() {
        applied.add(step)
        if StandardError.isTerminal { StandardError.progress("\(step.stage): \(applied.words)") }
        try Task.checkCancellation()
    }
    return applied
}
