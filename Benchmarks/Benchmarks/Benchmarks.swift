import ArgumentParser

/// Measures what the hub promises about speed: release builds, ratios to something measured in the same run, the
/// disk's flush rate beside every figure about writing. It asserts nothing about time; a bound on memory that does not
/// hold is a failure.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks",
        abstract: "Measure the intake beside a plain COPY, mail beside notmuch and a bare IDLE client, and the memory.",
        discussion: """
            Example: benchmarks --rows 200000 --mails 10000 --runs 3
            Who is who on the hub's own tables: benchmarks --merges --storm --hostile --soft --many 1000000
            """)

    @Option(help: "Interactions of each measured import.") var rows = 200_000
    @Option(help: "Customers that are known before.") var known = 20_000
    @Option(help: "Mails of each measured import.") var mails = 10_000
    @Option(help: "How often each figure is taken; the median is what counts.") var runs = 3
    @Option(help: "The contatto that is measured; default: the one beside this program.") var contatto: String?
    @Flag(help: "Only the intake.") var intakeOnly = false
    @Flag(help: "Only mail and the hub's memory.") var hubOnly = false
    @Flag(help: "Only a mailbox that is followed.") var mailboxOnly = false
    @Option(help: "Old mails of that mailbox.") var old = 100_000
    @Option(help: "Mails delivered to it one at a time.") var deliveries = 200
    @Flag(help: "Only who is who among generated customers who share homes, computers, mailboxes and numbers.")
    var resolver = false
    @Option(help: "Generated customers of each of its runs.") var sharers = 20_000
    @Flag(help: "Only who is who: tables of customers whose truth is known, and generated ones.") var identity = false
    @Option(help: "Folder with those tables, as CSV.") var identityFolder = "../shared/corpora/identity"
    @Option(help: "Persons of each generated table.") var persons = 5_000
    @Flag(help: "Only the change feed.") var feed = false
    @Option(help: "Interactions of its journal, and of each of its imports.") var feedInteractions = 300_000
    @Option(help: "Only the intake, with so many interactions stored already, as 0,1000000,10000000.") var growth:
        String?
    @Option(help: "Only the search, among so many people, as 10000,1000000.") var search: String?
    @Option(help: "Only reads, with so many profiles and interactions, as 1000000,10000000.") var reads: String?
    @Option(help: "Seconds of each of its figures.") var readSeconds = 20.0
    @Flag(help: "Only what trackers send over HTTP.") var web = false
    @Option(help: "Connections of its single events.") var connections = 512
    @OptionGroup var whoIsWho: WhoIsWhoOptions
    @Flag(help: "Small and quick: only to see that it works.") var smoke = false

    private func webBenchmark(_ bench: Bench) -> WebBenchmark {
        WebBenchmark(
            events: smoke ? 5_000 : rows, singles: (smoke ? 5_000 : rows) / 2, connections: connections,
            known: smoke ? 1_000 : known,
            runs: smoke ? 1 : runs, bench: bench)
    }

    func run() async throws {
        if identity {
            try IdentityBenchmark(folder: identityFolder, generated: smoke ? 500 : persons, orders: 3).run()
            return
        }
        let sharing = ResolverBenchmark(persons: smoke ? 1_000 : sharers, seeds: smoke ? 1 : max(1, runs))
        if resolver {
            sharing.run()
            return
        }
        let bench = try await Bench(contatto: contatto)
        if whoIsWho.isAlone {
            try await whoIsWho.run(bench, tables: identityFolder, smoke: false)
            try await bench.end()
            return
        }
        if feed {
            try await FeedBenchmark(
                interactions: feedInteractions, seconds: 10, idle: 1_000, runs: runs, bench: bench
            ).run()
            try await bench.end()
            return
        }
        if let growth {
            try await GrowthBenchmark(
                sizes: growth.split(separator: ",").compactMap { Int($0) }.sorted(), rows: rows, known: known,
                runs: runs,
                bench: bench
            ).run()
            try await bench.end()
            return
        }
        if let search {
            let sizes = search.split(separator: ",").compactMap { Int($0) }.sorted()
            try await SearchBenchmark(sizes: sizes, queries: 1_000, bench: bench).run()
            try await bench.end()
            return
        }
        if let reads {
            let sizes = reads.split(separator: ",").compactMap { Int($0) }
            guard sizes.count == 2, sizes[0] > 0, sizes[1] >= 1_000 else {
                throw ValidationError("--reads is two numbers: profiles, and at least 1,000 interactions")
            }
            try await ReadsBenchmark(
                world: ReadsWorld(persons: sizes[0], interactions: sizes[1]), seconds: readSeconds, calls: 20_000,
                bench: bench
            ).run()
            try await bench.end()
            return
        }
        if web {
            try await webBenchmark(bench).run()
            try await bench.end()
            return
        }
        var bounds = Bounds()
        // First: a child's peak counts from its parent's size, which is small yet.
        if !intakeOnly, !hubOnly, !mailboxOnly {
            try await MemoryBenchmark(fileMegabytes: smoke ? 16 : 1024, bench: bench).run()
        }
        if !intakeOnly, !mailboxOnly {
            try await HubMemory(
                mailMegabytes: smoke ? 40 : 200, mailboxMegabytes: smoke ? 60 : 1024, bench: bench
            ).run(&bounds)
            try await MailBenchmark(mails: smoke ? 500 : mails, runs: smoke ? 1 : runs, bench: bench).run()
        }
        if !intakeOnly, !hubOnly {
            try await MailboxBenchmark(
                deliveries: smoke ? 10 : deliveries, old: smoke ? 1_000 : old, bench: bench
            ).run(&bounds)
        }
        if !hubOnly, !mailboxOnly {
            try await IntakeBenchmark(
                rows: smoke ? 10_000 : rows, known: smoke ? 2_000 : known, runs: smoke ? 1 : runs, bench: bench
            ).run()
        }
        if !intakeOnly, !hubOnly, !mailboxOnly {
            try await webBenchmark(bench).run()
            sharing.run()
            try await FeedBenchmark(
                interactions: smoke ? 5_000 : feedInteractions, seconds: smoke ? 1 : 10, idle: smoke ? 50 : 1_000,
                runs: smoke ? 1 : runs, bench: bench
            ).run()
            if smoke { try await SearchBenchmark(sizes: [300, 600], queries: 50, bench: bench).run() }
            if smoke {
                try await ReadsBenchmark(
                    world: ReadsWorld(persons: 500, interactions: 5_000), seconds: 0.3, calls: 300, bench: bench
                ).run()
            }
            if smoke { try await whoIsWho.run(bench, tables: identityFolder, smoke: true) }
        }
        try await bench.end()
        guard bounds.broken.isEmpty else {
            print("benchmarks: too much memory: \(bounds.broken.joined(separator: "; "))")
            throw ExitCode.failure
        }
    }
}
