import ArgumentParser

/// What is measured of who is who on the hub's own tables.
struct WhoIsWhoOptions: ParsableArguments {
    @Flag(help: "Only merging and splitting profiles that hold much, beside those that hold little.") var merges = false
    @Option(help: "Interactions of each profile that holds much.") var heavy = 100_000
    @Flag(help: "Only very many new facets that show one value.") var storm = false
    @Option(help: "How many of them.") var stormFacets = 100_000

    /// Whether nothing else is asked for.
    var isAlone: Bool { merges || storm }

    /// Runs what is asked for; in a smoke all of it, small.
    func run(_ bench: Bench, smoke: Bool) async throws {
        if merges || smoke {
            try await MergeBenchmark(
                large: smoke ? 1_000 : heavy, small: 10, pairs: smoke ? 1 : 2, times: smoke ? 2 : 20, bench: bench
            ).run()
        }
        if storm || smoke {
            try await StormBenchmark(
                facets: smoke ? 2_000 : stormFacets, batches: smoke ? [500] : [100, 5_000], bench: bench
            ).run()
        }
    }
}
