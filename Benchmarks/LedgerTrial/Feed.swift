import ArgumentParser
internal import ContactTesting

struct FeedOptions: ParsableArguments {
    @Option(help: "The program under trial; default: `contatto` beside this one.") var contatto: String?
    @Option(help: "Interactions posted over HTTP.") var interactions = 10_000
    @Option(help: "Seconds over which they are posted, at a steady rate.") var seconds = 150
    @Option(help: "SIGKILLs of a delivery worker.") var kills = 20
    @Option(help: "Seed of the interactions and of the moments.") var seed: UInt64 = 2026
}

struct Feed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell nine subscribers of changes through SIGKILLs of the workers, and see what each was told.",
        discussion: "Example: ledger-trial feed --interactions 10000 --seconds 150 --kills 20")

    @OptionGroup var options: FeedOptions

    func run() async throws {
        var report = Report()
        let house = try await House.open(contatto: options.contatto)
        try await FeedTrial(options).run(house, &report)
        try await house.server.stop()
        try finish(report)
    }
}
