import ArgumentParser
internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Storage

struct ContentionOptions: ParsableArguments {
    @Option(help: "The program that makes the databases; default: `contatto` beside this one.") var contatto: String?
    @Option(help: "Transactions of each variant.") var transactions = 3000
    @Option(help: "Processes at once.") var workers = 4
    @Option(help: "Only this variant: none, unsorted or unlocked; default: all.") var control: String?
    @Option(help: "Seed of the lines and of the chances.") var seed: UInt64 = 2026
}

struct Contention: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let processes contend for the same new facets, beside two controls that must fail.",
        discussion: "Example: ledger-trial contention --transactions 3000 --workers 4")

    @OptionGroup var options: ContentionOptions

    func validate() throws {
        guard let control = options.control else { return }
        guard Ledger.Control.all.contains(where: { $0.name == control }) else {
            throw ValidationError("--control is none, unsorted or unlocked")
        }
    }

    func run() async throws {
        var report = Report()
        try await ContentionTrial(options).run(&report)
        try finish(report)
    }
}

/// The four variants, each in a database of its own.
struct ContentionTrial {
    private struct Variant {
        let name: String
        let control: Ledger.Control
        /// Whether processes are killed and backends terminated.
        let isDisturbed: Bool
    }

    /// What is said of a variant in the table.
    private struct Row {
        let variant: Variant
        let outcome: Crew.Outcome
        let deadlocks: Int
        let checks: Report?
        let elapsed: Duration
    }

    private static let variants = [
        Variant(name: "sorted, locked", control: .none, isDisturbed: false),
        Variant(name: "the same, killed", control: .none, isDisturbed: true),
        Variant(name: "control: unsorted", control: .unsorted, isDisturbed: false),
        Variant(name: "control: unlocked", control: .unlocked, isDisturbed: false),
    ]

    private let options: ContentionOptions

    init(_ options: ContentionOptions) { self.options = options }

    func run(_ report: inout Report) async throws {
        let lines = ContendedLines(seed: options.seed, batches: options.transactions)
        let expected = try lines.expected()
        let house = try await House.open(contatto: options.contatto)
        say(
            """
            contention: \(options.workers) processes, \(options.transactions) transactions, \(lines.count) \
            interactions of \(expected.facets.count) facets, seed \(options.seed)
            """)
        var rows: [Row] = []
        for (number, variant) in Self.variants.enumerated()
        where options.control == nil || options.control == variant.control.name {
            rows.append(try await run(variant, in: "contention\(number)", lines, expected, house))
        }
        show(rows)
        for row in rows { judge(row, &report) }
        let words = house.lastWords()
        if !report.failed.isEmpty, !words.isEmpty { say("the processes' last words:\n\(words)") }
    }

    private func run(
        _ variant: Variant, in name: String, _ lines: ContendedLines, _ expected: Expected, _ house: House
    ) async throws -> Row {
        let workspace = try await house.makeDatabase(name)
        var lines = lines
        // It has to deadlock, nothing else, and does so from the start.
        if variant.control == .unsorted { lines.batches = max(1, lines.batches / 4) }
        let before = house.loggedDeadlocks
        let start = ContinuousClock.now
        let crew = Crew(
            lines: lines, control: variant.control, database: house.server.uri(database: name), errors: house.errors)
        let torment = variant.isDisturbed ? Task { try await disturb(crew, name, house) } : nil
        try await withThrowingTaskGroup(of: Void.self) { group in
            for place in 0..<options.workers { group.addTask { try await onThread { try crew.work(place) } } }
            try await group.waitForAll()
        }
        torment?.cancel()
        try await torment?.value
        let elapsed = ContinuousClock.now - start
        let database = try house.connect(name)
        let checks =
            variant.control == .unsorted
            ? nil
            : try await Verification(database: database, workspace: workspace, expected: expected).report(
                silently: true)
        await database.close()
        let counted = Int(try await house.countedDeadlocks(name))
        return Row(
            variant: variant, outcome: crew.outcome, deadlocks: max(counted, house.loggedDeadlocks - before),
            checks: checks, elapsed: elapsed)
    }

    /// Terminates a backend every 30 transactions and kills a process every 60, at no beat of theirs.
    private func disturb(_ crew: Crew, _ name: String, _ house: House) async throws {
        let database = try house.connect(name)
        var terminations = 30
        var kills = 60
        while !Task.isCancelled {
            let stored = crew.outcome.stored
            if stored >= terminations {
                terminations += 30
                do throws(DatabaseError) {
                    if try await terminate(database) == 1 { crew.terminated() }
                } catch {
                    // Everything was stored meanwhile, and this is told to end.
                    guard Task.isCancelled else { throw error }
                }
            }
            if stored >= kills {
                kills += 60
                crew.kill()
            }
            // Cancelled when everything is stored: then there is nothing more to disturb.
            try? await Task.sleep(for: .milliseconds(Int.random(in: 1...9)))
        }
        await database.close()
    }

    /// Terminates a backend of a worker; how many there were to choose from, at most one.
    private func terminate(_ database: Database) async throws(DatabaseError) -> Int {
        try await database.session { (session: borrowing Session) throws(DatabaseError) -> Int in
            try session.query(
                text: """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
                      AND application_name = 'trial worker' AND state <> 'idle' ORDER BY random() LIMIT 1
                    """
            ).count
        }
    }

    private func show(_ rows: [Row]) {
        var table = [
            [
                "VARIANT", "TRANSACTIONS", "SECONDS", "DEADLOCKS", "KILLED", "TERMINATED", "FAILED", "PARTITION",
                "POSITIONS", "JOURNAL ITEMS", "CHECKS",
            ]
        ]
        for row in rows {
            let failed = row.checks.map { Set($0.failed) }
            let word = { (name: String) in failed.map { $0.contains(name) ? "WRONG" : "right" } ?? "-" }
            table.append([
                row.variant.name, "\(row.outcome.stored)", seconds(row.elapsed), "\(row.deadlocks)",
                "\(row.outcome.killed)", "\(row.outcome.terminated)", "\(row.outcome.failures.count)",
                word(Checks.partitionName), word(Checks.positionsName), word(Checks.journalName),
                row.checks.map { "\($0.held) of \($0.names.count)" } ?? "-",
            ])
        }
        let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        for row in table {
            say(
                "  "
                    + zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
                    .joined(separator: "  "))
        }
    }

    private func judge(_ row: Row, _ report: inout Report) {
        let name = row.variant.name
        let failed = row.checks?.failed ?? []
        switch row.variant.control {
        case .none:
            report.check("\(name): no deadlock", "\(row.deadlocks)", row.deadlocks == 0)
            report.check(
                "\(name): everything is as it was sent",
                failed.isEmpty ? "\(row.checks?.held ?? 0) checks" : failed.joined(separator: "; "), failed.isEmpty)
            report.check(
                "\(name): no batch failed", row.outcome.failures.first ?? "0", row.outcome.failures.isEmpty)
            if row.variant.isDisturbed {
                report.check(
                    "\(name): processes and backends were killed",
                    "\(row.outcome.killed) and \(row.outcome.terminated)",
                    row.outcome.killed > 0 && row.outcome.terminated > 0)
            }
        case .unsorted:
            report.check("\(name): it deadlocks, so a deadlock would be seen", "\(row.deadlocks)", row.deadlocks > 0)
        case .unlocked:
            report.check(
                "\(name): its partition differs, so a wrong one would be seen",
                failed.joined(separator: "; "), failed.contains(Checks.partitionName))
        }
    }
}
