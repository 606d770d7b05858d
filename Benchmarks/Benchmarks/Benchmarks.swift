import ArgumentParser

/// Measures what the hub promises about speed: release builds, ratios to something measured in the same run, the
/// disk's flush rate beside every figure about writing. It asserts nothing.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measure the intake beside a plain COPY of the same rows, and its peak memory.",
        discussion: "Example: benchmarks --rows 200000 --runs 3")

    @Option(help: "Interactions of each measured import.") var rows = 200_000
    @Option(help: "Customers that are known before.") var known = 20_000
    @Option(help: "How often each figure is taken; the median is what counts.") var runs = 3
    @Option(help: "The contatto that is measured; default: the one beside this program.") var contatto: String?
    @Flag(help: "Leave out the peak memory.") var intakeOnly = false
    @Flag(help: "Small and quick: only to see that it works.") var smoke = false

    func run() async throws {
        let bench = try await Bench(contatto: contatto)
        // First: a child's peak counts from its parent's size, which is small yet.
        if !intakeOnly {
            try await MemoryBenchmark(fileMegabytes: smoke ? 16 : 1024, bench: bench).run()
        }
        try await IntakeBenchmark(
            rows: smoke ? 10_000 : rows, known: smoke ? 2_000 : known, runs: smoke ? 1 : runs, bench: bench
        ).run()
        try await bench.end()
    }
}
