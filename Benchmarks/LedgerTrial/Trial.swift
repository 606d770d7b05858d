import ArgumentParser
internal import ContactTesting

/// Trials of the intake against a real server, with real processes that are really killed (DESIGN.md section 5).
@main
struct Trial: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger-trial",
        abstract: "See whether everything arrives once, whatever is killed, and whether a fault would be seen.",
        subcommands: [Crashes.self, Contention.self, Service.self, Mailbox.self, Feed.self, Short.self, Worker.self])
}

/// The last line, and the exit status.
func finish(_ report: Report) throws {
    guard report.failed.isEmpty else {
        say("ledger trial: \(report.failed.count) of \(report.held + report.failed.count) checks FAILED:")
        for name in report.failed { say("  \(name)") }
        throw ExitCode.failure
    }
    say("ledger trial: \(report.held) checks held")
}

struct Short: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "All the trials in a form that takes four minutes or so.", discussion: "Example: ledger-trial short")

    @Option(help: "The program under trial; default: `contatto` beside this one.") var contatto: String?
    @Option(help: "Seed of everything; default: another each time.") var seed: UInt64?

    func run() async throws {
        // Other chances each time: what one run does not meet, another will; the seed is printed.
        let seed = seed ?? UInt64.random(in: 1...999_999)
        var report = Report()
        let common = ["--seed", "\(seed)"] + (contatto.map { ["--contatto", $0] } ?? [])
        let crashes = ["--interactions", "10000", "--seconds", "15", "--kills", "6", "--server-kills", "1"]
        try await CrashTrial(CrashOptions.parse(crashes + common)).run(&report)
        try await ContentionTrial(ContentionOptions.parse(["--transactions", "600"] + common)).run(&report)
        let service = [
            "--interactions", "10000", "--mails", "1000", "--seconds", "20", "--kills", "6", "--server-kills", "1",
            "--embedded", "1000",
        ]
        let options = try ServiceOptions.parse(service + common)
        let house = try await House.open(contatto: options.contatto)
        try await ServiceTrial(options).run(house, &report)
        try await AdoptionTrial(options).run(house, &report)
        let mailbox = ["--mails", "300", "--seconds", "20", "--kills", "3", "--server-kills", "1", "--restarts", "1"]
        try await MailboxTrial(MailboxOptions.parse(mailbox + common)).run(house, &report)
        let feed = ["--interactions", "800", "--seconds", "22", "--kills", "4"]
        try await FeedTrial(FeedOptions.parse(feed + common)).run(house, &report)
        try await house.server.stop()
        try finish(report)
    }
}
