import ArgumentParser

/// Trials of the intake against a real server, with real processes that are really killed (DESIGN.md section 5).
@main
struct Trial: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger-trial",
        abstract: "See whether everything arrives once, whatever is killed, and whether a fault would be seen.",
        subcommands: [Crashes.self])
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
