import ArgumentParser
internal import ContactTesting
internal import Foundation
internal import GroundTruth
internal import Postgres
internal import Storage

struct ServiceOptions: ParsableArguments {
    @Option(help: "The program under trial; default: `contatto` beside this one.") var contatto: String?
    @Option(help: "Interactions posted over HTTP.") var interactions = 100_000
    @Option(help: "Mails imported meanwhile.") var mails = 10_000
    @Option(help: "Seconds over which they are sent, at a steady rate.") var seconds = 120
    @Option(help: "SIGKILLs of a server or an import.") var kills = 20
    @Option(help: "SIGKILLs of PostgreSQL.") var serverKills = 5
    @Option(help: "Interactions posted to a hub on its embedded cluster.") var embedded = 3000
    @Option(help: "Seed of the interactions and of the chances.") var seed: UInt64 = 2026
}

struct Service: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Post to two servers and import mail through SIGKILLs of all of them, and count what arrived.",
        discussion: "Example: ledger-trial service --interactions 100000 --mails 10000 --seconds 120 --kills 20")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        var report = Report()
        let house = try await House.open(contatto: options.contatto)
        try await ServiceTrial(options).run(house, &report)
        try await AdoptionTrial(options).run(house, &report)
        try await house.server.stop()
        try finish(report)
    }
}

/// Two servers on one database and those who post to them, a Maildir and its imports, and what befalls them.
struct ServiceTrial {
    private static let servers = 2
    private static let clientsOfServer = 4
    private static let database = "service"
    private let options: ServiceOptions
    private let length: Duration

    init(_ options: ServiceOptions) {
        self.options = options
        length = .seconds(options.seconds)
    }

    /// All that is made before the first second.
    private struct Stage {
        let folder: URL
        let shop: (workspace: Int64, expected: Expected)
        let post: (workspace: Int64, expected: Expected)
        let posters: [Poster]
        let servers: [Served]
        let mail: MailRuns
        let serverPlans: [[Plan]]
        let mailPlans: [Plan]
    }

    func run(_ house: House, _ report: inout Report) async throws {
        var random = SplitMix64(seed: options.seed)
        let stage = try await prepare(house, &random)
        let rate = options.interactions / max(1, options.seconds)
        say(
            """
            service: \(options.interactions) interactions at \(rate) a second to \(Self.servers) servers, \
            \(options.mails) mails, seed \(options.seed)
            """)
        let moments = (0..<options.serverKills).map { number in
            length * ((Double(number) + Double.random(in: 0.1...0.9, using: &random)) / Double(options.serverKills))
        }
        let pace = Pace(length: length)
        async let outages = house.killServer(counting: Self.database, at: moments, pace)
        let mails = try await carryOut(stage, pace)
        let elapsed = pace.elapsed
        let countedBefore = try await outages
        describe(stage, mails, elapsed)
        judge(stage, mails, elapsed, countedBefore.count, &report)

        let database = try house.connect(Self.database)
        say(" what was posted:")
        let shop = Verification(
            database: database, workspace: stage.shop.workspace, expected: stage.shop.expected)
        report.add(try await shop.report())
        try await shop.tryFaults(&report)
        say(" what was in the mails:")
        let post = Verification(
            database: database, workspace: stage.post.workspace, expected: stage.post.expected)
        report.add(try await post.report())
        // Nothing in a mail joins two customers, and no trait is observed in one: there are no rows for these.
        try await post.tryFaults(without: [.chain, .trait], &report)
        let counted = try await house.countedDeadlocks(Self.database) + countedBefore.reduce(0, +)
        let logged = house.loggedDeadlocks
        report.check("No deadlock", "\(counted) counted, \(logged) logged", counted == 0 && logged == 0)
        await database.close()
        try FileManager.default.removeItem(at: stage.folder)
        let words = house.lastWords()
        if !report.failed.isEmpty, !words.isEmpty { say("the processes' last words:\n\(words)") }
        if !report.failed.isEmpty { say("the server's last words:\n\(house.server.log.suffix(2000))") }
    }

    private func prepare(_ house: House, _ random: inout SplitMix64) async throws -> Stage {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ledger-trial-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (lines, posted) = try Expected.generated(options.interactions, seed: options.seed)
        let mails = try GeneratedMail(options.mails, seed: options.seed + 1, in: folder.path + "/staged")
        let shop = try await house.makeDatabase(Self.database)
        let post = try await house.addWorkspace("mail", in: Self.database)
        let database = ["--database", house.server.uri(database: Self.database)]
        let own = ["--set", "own=\(GeneratedMail.company)", "--workspace", "mail"]
        try house.run(["source", "add", "email", "--name", "mail"] + own + database)
        try house.makeSources(["--workspace", "trial"] + database)
        let key = try house.makeKey(["--workspace", "trial"] + database)

        let ofMail = options.kills / 5
        let plans = Plan.draw(kills: options.kills - ofMail, processes: Self.servers, over: length, using: &random)
        let parcels = share(Parcel.cut(lines.count, over: length, using: &random), &random)
        let ports = try (0..<Self.servers).map { _ in try Served.freePort() }
        let posters = zip(ports, parcels).map { Poster(port: $0, key: key, lines: lines, parcels: $1) }
        let servers = zip(posters, plans).enumerated().map { place, one in
            let (poster, plans) = one
            return Served(
                house.contatto, port: ports[place], database: database, errors: house.errors, plans: plans.count
            ) { (poster.unacknowledged, poster.answered) }
        }
        return Stage(
            folder: folder, shop: (shop, posted), post: (post, mails.expected),
            posters: posters, servers: servers,
            mail: try MailRuns(
                house.contatto, ["--source", "mail", "--workspace", "mail"] + database, errors: house.errors,
                staged: mails.files, target: folder.path + "/mail"),
            serverPlans: plans,
            mailPlans: Plan.draw(kills: ofMail, processes: 1, at: Plan.inside, over: length * 0.75, using: &random)
                .flatMap { $0 })
    }

    /// Each parcel goes to one of the servers; one in ten to both.
    private func share(_ parcels: [Parcel], _ random: inout SplitMix64) -> [[Parcel]] {
        var own: [[Parcel]] = Array(repeating: [], count: Self.servers)
        for parcel in parcels {
            let one = Int.random(in: 0..<Self.servers, using: &random)
            let isForAll = Int.random(in: 0..<10, using: &random) == 0
            for server in own.indices where server == one || isForAll { own[server].append(parcel) }
        }
        return own
    }

    /// Runs it all, each on threads of its own, until nothing is left to send and to kill.
    private func carryOut(_ stage: Stage, _ pace: Pace) async throws -> MailRuns.Outcome {
        try await withThrowingTaskGroup(of: MailRuns.Outcome?.self) { group in
            for (server, plans) in zip(stage.servers, stage.serverPlans) {
                group.addTask {
                    try await onThread { try server.run(plans, pace) }
                    return nil
                }
            }
            let length = length
            group.addTask {
                try await onThread { try stage.mail.run(stage.mailPlans, pace, over: length) }
            }
            for (server, poster) in zip(stage.servers, stage.posters) {
                group.addTask {
                    await withTaskGroup(of: Void.self) { clients in
                        for _ in 0..<Self.clientsOfServer {
                            // It throws nothing: what goes wrong is in its outcome.
                            clients.addTask { try? await onThread { poster.post(pace) { server.isOwed } } }
                        }
                    }
                    server.stop()
                    return nil
                }
            }
            return try await group.reduce(into: MailRuns.Outcome()) { all, one in if let one { all = one } }
        }
    }

    private func describe(_ stage: Stage, _ mails: MailRuns.Outcome, _ elapsed: Duration) {
        let posted = stage.posters.map(\.outcome)
        let sum = { (value: (Poster.Outcome) -> Int) in posted.map(value).reduce(0, +) }
        let runs = stage.servers.map(\.outcome)
        say(
            """
              \(sum { $0.requests }) requests over \(sum { $0.connections }) connections; \(sum { $0.sent }) lines, \
            \(sum { $0.sent } - options.interactions) of them to both; \(sum { $0.late }) more than a second behind their time, \
            none more than \(seconds(posted.map(\.latest).max() ?? .zero)); all done \(seconds(elapsed)) after the start
              \(sum { $0.broken }) requests broke or found nobody, \(sum { $0.unavailable }) were asked to come again, \
            \(sum { $0.failed }) failed otherwise; \(sum { $0.partly }) uploads were acknowledged in part
              sent again: \(sum { $0.sentAgain }); once more, to reach a crash point: \(sum { $0.replayed }); accepted \
            \(sum { $0.accepted }), known \(sum { $0.known })
              \(runs.map(\.runs).reduce(0, +)) servers, of which \(runs.map(\.gaveUp).reduce(0, +)) gave up and asked to \
            be started again; the slowest start took \(seconds(runs.map(\.slowestStart).max() ?? .zero)), the slowest stop \
            in order \(seconds(runs.map(\.stopped).max() ?? .zero))
              \(mails.runs) imports of the Maildir, of which \(mails.gaveUp) gave up
            """)
        let kills = runs.flatMap(\.kills)
        for point in CrashPoint.allCases {
            let visits = kills.filter { $0.point == point }.map {
                "visit \($0.visit) with \($0.unacknowledged) unacknowledged"
            }
            let imports = mails.kills.count { $0 == point }
            guard !visits.isEmpty || imports > 0 else { continue }
            let list = visits.joined(separator: ", ")
            say("  killed at \(point.rawValue): servers \(visits.count) (\(list)), imports \(imports)")
        }
        let anywhere = kills.filter { $0.point == nil }.map { "\($0.unacknowledged)" }
        say(
            """
              killed anywhere: servers \(anywhere.count) (unacknowledged: \(anywhere.joined(separator: ", "))), imports \
            \(mails.kills.count { $0 == nil })
            """)
    }

    private func judge(
        _ stage: Stage, _ mails: MailRuns.Outcome, _ elapsed: Duration, _ serverKills: Int, _ report: inout Report
    ) {
        let runs = stage.servers.map(\.outcome)
        let posted = stage.posters.map(\.outcome)
        let faults = runs.flatMap(\.faults) + mails.faults
        report.check(
            "Processes end only as planned", faults.isEmpty ? "0 others" : faults.joined(separator: "; "),
            faults.isEmpty)
        let strange = posted.flatMap(\.faults)
        report.check(
            "Every answer is one a client can go by",
            strange.isEmpty ? "0 others" : "\(strange.count): " + strange.prefix(3).joined(separator: "; "),
            strange.isEmpty)
        let kills = runs.flatMap(\.kills)
        report.check(
            "Servers and imports were killed", "\(kills.count) and \(mails.kills.count) times",
            kills.count + mails.kills.count == options.kills)
        let between = kills.filter { kill in kill.point.map(Plan.between.contains) ?? false }
        let named = between.count + mails.kills.count { $0 != nil }
        report.check(
            "Three of four of them at named points between receive and acknowledgement",
            "\(named), servers with \(between.map(\.unacknowledged).min() ?? 0) lines unacknowledged or more",
            named * 4 >= options.kills * 3 && between.allSatisfy { $0.unacknowledged > 0 })
        report.check("PostgreSQL was killed", "\(serverKills) times", serverKills == options.serverKills)
        report.check(
            "Clients posted at their rate to the end", "\(seconds(elapsed)) of \(options.seconds) s", elapsed >= length)
        let accepted = posted.map(\.accepted).reduce(0, +)
        let unacknowledged = posted.map(\.unacknowledged).reduce(0, +)
        let refused = posted.map(\.refused).reduce(0, +)
        report.check(
            "Every line was acknowledged, none refused, and none accepted twice",
            "\(unacknowledged) unacknowledged, \(refused) refused, \(accepted) accepted of \(options.interactions)",
            unacknowledged == 0 && refused == 0 && accepted <= options.interactions)
    }
}
