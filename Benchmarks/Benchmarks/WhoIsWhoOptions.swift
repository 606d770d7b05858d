import ArgumentParser

/// What is measured of who is who on the hub's own tables.
struct WhoIsWhoOptions: ParsableArguments {
    @Flag(help: "Only merging and splitting profiles that hold much, beside those that hold little.") var merges = false
    @Option(help: "Interactions of each profile that holds much.") var heavy = 100_000
    @Flag(help: "Only very many new facets that show one value.") var storm = false
    @Option(help: "How many of them.") var stormFacets = 100_000

    @Flag(help: "Only what anybody may post about a customer under a public key.") var hostile = false
    @Option(help: "How many such posts.") var posts = 10_000
    @Flag(help: "Only records that nothing but what they say can join, beside Splink, and the tables of customers.")
    var soft = false
    @Option(help: "How many generated records.") var records = 100_000
    @Option(help: "Records that come in one at a time.") var singles = 1_000
    @Option(help: "With --soft: one record also with so many there, as 1000000; some minutes more.") var many = 0
    @Flag(help: "With --soft: no tables of customers.") var noCorpora = false
    @Option(help: "The script that runs Splink.") var splinkScript = "Benchmarks/Splink/link.py"
    @Flag(help: "Only the tables of customers, through the hub.") var corpora = false

    /// Whether nothing else is asked for.
    var isAlone: Bool { merges || storm || hostile || soft || corpora }

    /// Runs what is asked for; in a smoke all of it, small.
    func run(_ bench: Bench, tables: String, smoke: Bool) async throws {
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
        if hostile || smoke { try await HostileBenchmark(posts: smoke ? 500 : posts, bench: bench).run() }
        if soft || smoke {
            // Without Splink: a smoke installs nothing.
            try await SoftBenchmark(
                records: smoke ? 1_000 : records, singles: smoke ? 40 : singles, many: smoke ? 2_000 : many,
                script: smoke ? nil : splinkScript, bench: bench
            ).run()
        }
        if corpora || soft && !noCorpora || smoke {
            try await CorporaBenchmark(folder: tables, most: smoke ? 100 : .max, bench: bench).run()
        }
    }
}
