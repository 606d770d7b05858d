internal import API
import ArgumentParser
internal import Contact
internal import Storage

struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent", abstract: "What a customer agrees to and refuses, and whether he may be met.",
        subcommands: [Record.self, List.self, Check.self])

    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record what a customer has said about a purpose.",
            discussion: """
                Nothing is overwritten: what is said later counts from then on. Of the facets of a customer the strictest \
                counts, so that two who are merged are refused what either refused. Asked for as KIND:VALUE, it hangs \
                on the facet that shows that value.

                Example: contatto consent record email:maria.rossi@example.it --purpose marketing --channel email \
                --state granted --basis consent --text-version 2026-05
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE that only one profile shows.") var profile: String
        @Option(help: "service, marketing, profiling or analytics.") var purpose: String
        @Option(help: "A channel, as email or sms; default: all.") var channel: String?
        @Option(help: "granted, denied or withdrawn.") var state: String
        @Option(
            help: """
                What makes it lawful, of what is granted: consent, contract, legal_obligation, vital_interests, \
                public_task or legitimate_interest.
                """)
        var basis: String?
        @Option(help: "The version of the text that was shown.") var textVersion: String?
        @Option(help: "When it was said, as 2026-11-21T20:52:07+01:00; default: now.") var at: String?
        @Option(help: "What shows it: words, or where they are.") var proof: String?
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            try await hub.withHub("consent") { hub in
                guard let state = ConsentState(name: state) else {
                    throw Ending(.usage, "--state is granted, denied or withdrawn")
                }
                let said = ConsentSaid(
                    state, for: try Spoken.word(purpose, of: "--purpose"), on: channel == "all" ? nil : channel,
                    basis: try basis.map { try Spoken.word($0, of: "--basis") }, textVersion: textVersion,
                    at: try at.map { try Spoken.moment($0, of: "--at") }, proof: proof)
                let mention = try await Subject.mention(profile, hub)
                let made = try await hub.ledger().record(said, of: mention, by: Speaker(LoginName.current))
                if json { return StandardOutput.write(RecordJSON.recorded(made, as: said)) }
                let isNew = made.recorded.isKnown ? "known already: " : ""
                StandardOutput.write("\(isNew)\(RecordText.words(made.statement))")
                StandardOutput.write("  facet \(made.recorded.facet) of profile \(made.recorded.profile)")
                guard made.standing.id != made.statement.id else { return }
                StandardOutput.write("  what counts is another: \(RecordText.words(made.standing))")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what a customer has said, the latest first.",
            discussion: "Example: contatto consent list email:maria.rossi@example.it")

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE that only one profile shows.") var profile: String
        @Option(help: "How many at most.") var limit = 50
        @Flag(help: "One JSON object a line.") var json = false

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is a number from 1") }
        }

        func run() async throws {
            try await hub.withHub("consent") { hub in
                let found = try await Subject.profile(profile, hub)
                var left = limit
                var place: (at: Int64, id: HubID)?
                while left > 0 {
                    let page = try await hub.profiles().consents(of: found.id, before: place, limit: min(left, 200))
                    for said in page {
                        if json {
                            StandardOutput.write(RecordJSON.statement(said))
                        } else {
                            StandardOutput.write(RecordText.words(said))
                        }
                    }
                    guard let last = page.last, page.count == min(left, 200) else { return }
                    place = (last.statedAt, last.id)
                    left -= page.count
                }
            }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a customer may be met for a purpose on a channel, and why.",
            discussion: """
                Exit status 0: he may; 1: he may not.

                Example: contatto consent check email:maria.rossi@example.it --purpose marketing --channel email
                """)

        @OptionGroup var hub: HubOptions
        @Argument(help: "A profile's id, or KIND:VALUE that only one profile shows.") var profile: String
        @Option(help: "service, marketing, profiling or analytics.") var purpose: String
        @Option(help: "A channel, as email or sms.") var channel: String
        @Flag(help: "One JSON object.") var json = false

        func validate() throws {
            guard ConsentSaid.isChannel(channel) else {
                throw ValidationError("--channel is one channel, written as it is recorded: email, sms")
            }
        }

        func run() async throws {
            try await hub.withHub("consent") { hub in
                let id = try await Subject.profile(profile, hub).id
                let purpose: ConsentPurpose = try Spoken.word(self.purpose, of: "--purpose")
                guard let permission = try await hub.profiles().mayContact(id, for: purpose, on: channel) else {
                    throw Ending(.failed, "profile \(id) was erased")
                }
                if json {
                    StandardOutput.write(RecordJSON.permission(permission))
                } else {
                    StandardOutput.write("\(permission.isAllowed ? "yes" : "no"): \(permission.reason.words)")
                    if let said = permission.statement { StandardOutput.write("  \(RecordText.words(said))") }
                }
                guard permission.isAllowed else { throw Ending(.failed, "\(permission.reason.words)") }
            }
        }
    }
}
