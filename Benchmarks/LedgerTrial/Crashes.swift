import ArgumentParser
internal import ContactTesting
internal import Foundation
internal import GroundTruth
internal import Postgres
internal import Storage

struct CrashOptions: ParsableArguments {
    @Option(help: "The program under trial; default: `contatto` beside this one.") var contatto: String?
    @Option(help: "Interactions the source has.") var interactions = 100_000
    @Option(help: "Seconds over which it sends them, at a steady rate.") var seconds = 120
    @Option(help: "SIGKILLs of an importing process.") var kills = 20
    @Option(help: "SIGKILLs of PostgreSQL.") var serverKills = 5
    @Option(help: "Seed of the interactions and of the chances.") var seed: UInt64 = 2026
    @Option(help: .hidden) var plant: Fault?
}

extension Fault: ExpressibleByArgument {}

struct Crashes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import by two processes through SIGKILLs of them and of PostgreSQL, and count what arrived.",
        discussion: "Example: ledger-trial crashes --interactions 100000 --seconds 120 --kills 20 --server-kills 5")

    @OptionGroup var options: CrashOptions

    func run() async throws {
        var report = Report()
        try await CrashTrial(options).run(&report)
        try finish(report)
    }
}

/// Two importers, their source, and what befalls them.
struct CrashTrial {
    private static let processes = 2
    private static let database = "crashes"
    private let options: CrashOptions
    private let length: Duration

    init(_ options: CrashOptions) {
        self.options = options
        length = .seconds(options.seconds)
    }

    func run(_ report: inout Report) async throws {
        let (lines, expected) = try Expected.generated(options.interactions, seed: options.seed)
        let house = try await House.open(contatto: options.contatto)
        let workspace = try await house.makeDatabase(Self.database)
        var random = SplitMix64(seed: options.seed)
        let plans = Plan.draw(kills: options.kills, processes: Self.processes, over: length, using: &random)
        let pace = Pace(length: length)
        let importers = share(lines, pace, house, &random)
        let moments = (0..<options.serverKills).map { number in
            length * ((Double(number) + Double.random(in: 0.1...0.9, using: &random)) / Double(options.serverKills))
        }
        let rate = lines.count / max(1, options.seconds)
        say("crashes: \(lines.count) interactions at \(rate) a second, seed \(options.seed)")

        async let outages = house.killServer(counting: Self.database, at: moments, pace)
        let outcomes = try await withThrowingTaskGroup(of: Importer.Outcome.self) { group in
            for (importer, own) in zip(importers, plans) {
                group.addTask { try await onThread { try importer.run(own, pace) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let elapsed = pace.elapsed
        let countedBefore = try await outages
        describe(outcomes, elapsed, lines.count)

        judge(outcomes, elapsed, countedBefore.count, &report)
        let database = try house.connect(Self.database)
        let verification = Verification(database: database, workspace: workspace, expected: expected)
        report.add(try await verification.report(planting: options.plant))
        let counted = try await house.countedDeadlocks(Self.database) + countedBefore.reduce(0, +)
        let logged = house.loggedDeadlocks
        report.check("No deadlock", "\(counted) counted, \(logged) logged", counted == 0 && logged == 0)
        if options.plant == nil { try await verification.tryFaults(&report) }
        await database.close()
        let words = house.lastWords()
        if !report.failed.isEmpty, !words.isEmpty { say("the processes' last words:\n\(words)") }
        if !report.failed.isEmpty { say("the server's last words:\n\(house.server.log.suffix(2000))") }
    }

    /// Each line goes to one of the processes; one in ten to both.
    private func share(
        _ lines: [[UInt8]], _ pace: Pace, _ house: House, _ random: inout SplitMix64
    ) -> [Importer] {
        var own: [[Int]] = Array(repeating: [], count: Self.processes)
        for line in lines.indices {
            let one = Int.random(in: 0..<Self.processes, using: &random)
            for process in own.indices where process == one || Int.random(in: 0..<10, using: &random) == 0 {
                own[process].append(line)
            }
        }
        let arguments = [
            "import", "interactions", "-", "--json", "--database", house.server.uri(database: Self.database),
            "--workspace", "trial",
        ]
        return own.map { own in
            Importer(
                house.contatto, arguments, errors: house.errors, lines: own.map { lines[$0] },
                blocks: own.map { pace.block(of: $0, among: lines.count) })
        }
    }

    private func describe(_ outcomes: [Importer.Outcome], _ elapsed: Duration, _ count: Int) {
        let sent = outcomes.map(\.sent).reduce(0, +)
        say(
            """
              sent \(sent) lines, \(sent - count) of them to both processes; \
            \(outcomes.map(\.late).reduce(0, +)) more than a second behind their time, none more than \
            \(seconds(outcomes.map(\.latest).max() ?? .zero)) (a server that is down takes none); all acknowledged \
            \(seconds(elapsed)) after the start
              sent again after a kill: \(outcomes.map(\.sentAgain).reduce(0, +)); once more, to reach a crash point: \
            \(outcomes.map(\.replayed).reduce(0, +))
              \(outcomes.map(\.runs).reduce(0, +)) processes, of which \(outcomes.map(\.gaveUp).reduce(0, +)) gave up \
            and asked to be started again; accepted \(outcomes.map(\.accepted).reduce(0, +)), known \
            \(outcomes.map(\.known).reduce(0, +))
            """)
        let kills = outcomes.flatMap(\.kills)
        for point in CrashPoint.allCases {
            let here = kills.filter { $0.point == point }
            guard !here.isEmpty else { continue }
            let visits = here.map { "visit \($0.visit) with \($0.unacknowledged) unacknowledged" }
            say("  killed at \(point.rawValue): \(here.count) (\(visits.joined(separator: ", ")))")
        }
        let anywhere = kills.filter { $0.point == nil }.map { "\($0.unacknowledged)" }
        say("  killed anywhere: \(anywhere.count) (unacknowledged: \(anywhere.joined(separator: ", ")))")
    }

    private func judge(
        _ outcomes: [Importer.Outcome], _ elapsed: Duration, _ serverKills: Int, _ report: inout Report
    ) {
        let faults = outcomes.flatMap(\.faults)
        report.check(
            "Processes end only as planned", faults.isEmpty ? "0 others" : faults.joined(separator: "; "),
            faults.isEmpty)
        let kills = outcomes.flatMap(\.kills)
        report.check("Importing processes were killed", "\(kills.count) times", kills.count == options.kills)
        let between = kills.filter { kill in kill.point.map(Plan.between.contains) ?? false }
        report.check(
            "Three of four of them at named points between receive and acknowledgement",
            "\(between.count), each with \(between.map(\.unacknowledged).min() ?? 0) lines unacknowledged or more",
            between.count * 4 >= options.kills * 3 && between.allSatisfy { $0.unacknowledged > 0 })
        report.check("PostgreSQL was killed", "\(serverKills) times", serverKills == options.serverKills)
        report.check(
            "The source sent at its rate to the end", "\(seconds(elapsed)) of \(options.seconds) s", elapsed >= length)
        let unacknowledged = outcomes.map(\.unacknowledged).reduce(0, +)
        let disordered = outcomes.map(\.disordered).reduce(0, +)
        let refused = outcomes.map(\.refused).reduce(0, +)
        report.check(
            "Every line was acknowledged, in order, and none refused",
            "\(unacknowledged) unacknowledged, \(disordered) out of order, \(refused) refused",
            unacknowledged == 0 && disordered == 0 && refused == 0)
    }
}
