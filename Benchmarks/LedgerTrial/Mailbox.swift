import ArgumentParser
internal import ContactTesting
internal import Foundation
internal import GroundTruth
internal import Postgres
internal import Storage

struct MailboxOptions: ParsableArguments {
    @Option(help: "The program under trial; default: `contatto` beside this one.") var contatto: String?
    @Option(help: "Mails delivered.") var mails = 10_000
    @Option(help: "Seconds over which they are delivered.") var seconds = 180
    @Option(help: "SIGKILLs of the worker that holds the source.") var kills = 20
    @Option(help: "SIGKILLs of PostgreSQL.") var serverKills = 5
    @Option(help: "Restarts of Dovecot.") var restarts = 3
    @Option(help: "Seed of the mails and of the chances.") var seed: UInt64 = 2026
}

struct Mailbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow a mailbox by two workers through SIGKILLs of everything, and count what arrived.",
        discussion: "Example: ledger-trial mailbox --mails 10000 --seconds 180 --kills 20")

    @OptionGroup var options: MailboxOptions

    func run() async throws {
        var report = Report()
        let house = try await House.open(contatto: options.contatto)
        try await MailboxTrial(options).run(house, &report)
        try await house.server.stop()
        try finish(report)
    }
}

/// A mailbox on a real Dovecot that fills, two workers for it, and what befalls all of them.
struct MailboxTrial {
    private static let workers = 2
    private static let database = "mailbox"
    private static let source = "mail"
    private static let user = "bottega"
    private let options: MailboxOptions
    private let length: Duration

    init(_ options: MailboxOptions) {
        self.options = options
        length = .seconds(options.seconds)
    }

    /// All that is made before the first second.
    private struct Stage {
        let folder: URL
        let dovecot: DovecotServer
        let workspace: Int64
        let mails: GeneratedMail
        let followers: Followers
        let delivery: MailDelivery
    }

    func run(_ house: House, _ report: inout Report) async throws {
        var random = SplitMix64(seed: options.seed)
        let stage = try await prepare(house, &random)
        let database = try house.connect(Self.database, connections: 2)
        try await FenceLog.begin(in: database)
        say(
            """
            mailbox: \(options.mails) mails over \(options.seconds) s to a mailbox with \(Self.workers) workers, seed \
            \(options.seed)
            """)
        let pace = Pace(length: length)
        let moments = Self.spread(options.serverKills, over: length, &random)
        async let outages = house.killServer(counting: Self.database, at: moments, pace)
        let storms = Self.spread(options.restarts, over: length, &random)
        let renumbering = length * Double.random(in: 0.4...0.6, using: &random)
        async let renumbered = trouble(stage.dovecot, restarts: storms, renumbering: renumbering, pace)
        let isStored = try await carryOut(stage, pace, house)
        let elapsed = pace.elapsed
        let countedBefore = try await outages
        let validities = try await renumbered
        describe(stage, elapsed)
        try await judge(stage, isStored, countedBefore.count, validities, database, &report)

        let verification = Verification(
            database: database, workspace: stage.workspace, expected: stage.mails.expected)
        report.add(try await verification.report())
        // Nothing in a mail joins two customers, and no trait is observed in one: there are no rows for these.
        try await verification.tryFaults(without: [.chain, .trait], &report)
        let counted = try await house.countedDeadlocks(Self.database) + countedBefore.reduce(0, +)
        let logged = house.loggedDeadlocks
        report.check("No deadlock", "\(counted) counted, \(logged) logged", counted == 0 && logged == 0)
        await database.close()
        let words = house.lastWords()
        if !report.failed.isEmpty, !words.isEmpty { say("the processes' last words:\n\(words)") }
        if !report.failed.isEmpty { say("Dovecot's last words:\n\(stage.dovecot.log.suffix(2000))") }
        await stage.dovecot.end()
        try FileManager.default.removeItem(at: stage.folder)
    }

    private static func spread(_ count: Int, over length: Duration, _ random: inout SplitMix64) -> [Duration] {
        (0..<count).map { number in
            length * ((Double(number) + Double.random(in: 0.1...0.9, using: &random)) / Double(count))
        }
    }

    private func prepare(_ house: House, _ random: inout SplitMix64) async throws -> Stage {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mailbox-trial-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let mails = try GeneratedMail(options.mails, seed: options.seed, in: folder.path + "/staged")
        let authority = try await CertificateAuthority.make(in: folder.path, named: "trial")
        var how = DovecotServer.Options()
        how.tls = try await authority.issue(for: "localhost")
        let dovecot = try await DovecotServer.start(how)
        let workspace = try await house.makeDatabase(Self.database)
        let key = folder.path + "/secret.key"
        try Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: key)
        let environment = ["CONTATTO_SECRET_KEY_FILE": key]
        let database = house.server.uri(database: Self.database)
        let certificate = try String(contentsOfFile: authority.certificate, encoding: .utf8)
        let settings = [
            "own=\(GeneratedMail.company)", "imap=imaps://localhost:\(dovecot.ports.imaps)", "user=\(Self.user)",
            "password=\(DovecotServer.password)", "ca=\(certificate)", "folders=INBOX, Sent",
        ]
        _ = try Child.run(
            house.contatto,
            ["source", "add", "email", "--name", Self.source] + settings.flatMap { ["--set", $0] }
                + ["--database", database, "--workspace", "trial"], environment: environment, errors: house.errors)
        let plans = Plan.deaths(options.kills, at: Plan.inside, using: &random)
        let followers = Followers(
            house.contatto, source: Self.source, ["--workspace", "trial"], database: database,
            environment: environment, errors: house.errors, plans: plans,
            // So that the deaths are spread: five seconds pass until the next one has the source, and five steps a second.
            mostVisits: 5 * (options.seconds / max(1, options.kills) - 5))
        return Stage(
            folder: folder, dovecot: dovecot, workspace: workspace, mails: mails, followers: followers,
            delivery: MailDelivery(mails.files, to: Self.user, on: dovecot, deaths: options.kills))
    }

    /// Runs it all until every mail is stored, or nothing has come for minutes; true if every one is.
    private func carryOut(_ stage: Stage, _ pace: Pace, _ house: House) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool?.self) { group in
            for place in 0..<Self.workers {
                group.addTask {
                    try await onThread { try stage.followers.run(place) }
                    return nil
                }
            }
            group.addTask {
                // Also where this fails: the threads of the workers end at nothing else.
                defer { stage.followers.stop() }
                try await stage.delivery.run(pace, over: length) { stage.followers.left }
                return try await waitUntilStored(stage, house)
            }
            return try await group.reduce(into: false) { all, one in if let one { all = one } }
        }
    }

    /// Waits for as many interactions as there are to be, and for the cursor to say that all was read.
    private func waitUntilStored(_ stage: Stage, _ house: House) async throws -> Bool {
        let database = try house.connect(Self.database)
        let wanted = Int64(stage.mails.expected.entries.count)
        let deadline = ContinuousClock.now + .seconds(180)
        var isStored = false
        while !isStored, ContinuousClock.now < deadline {
            do throws(DatabaseError) {
                let (count, cursor) = try await database.session {
                    (session: borrowing Session) throws(DatabaseError) -> (Int64, String) in
                    let rows = try session.query(
                        text: "SELECT count(*), (SELECT cursor FROM contatto.source_cursor) FROM contatto.interaction",
                        [])
                    return (try rows.int64(0, 0), try rows.text(0, 1))
                }
                let places = FenceLog.places(cursor)
                isStored = count >= wanted && places.count == 2 && places.values.allSatisfy { $0["low"] == 1 }
            } catch {
                // PostgreSQL is one of those that are killed.
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        await database.close()
        return isStored
    }

    /// Restarts Dovecot at these moments, and gives INBOX another UIDVALIDITY once. Returns it before and after.
    private func trouble(
        _ dovecot: DovecotServer, restarts: [Duration], renumbering: Duration, _ pace: Pace
    ) async throws -> (before: Int, after: Int) {
        var validities = (before: 0, after: 0)
        for moment in (restarts + [renumbering]).sorted() {
            try await Task.sleep(until: pace.start + moment)
            if moment == renumbering {
                validities.before = try await dovecot.status(of: Self.user, "uidvalidity")
                try await dovecot.renumber(of: Self.user)
                validities.after = try await dovecot.status(of: Self.user, "uidvalidity")
            } else {
                try await dovecot.restart()
            }
        }
        return validities
    }

    private func describe(_ stage: Stage, _ elapsed: Duration) {
        let outcome = stage.followers.outcome
        say(
            """
              \(options.mails) mails delivered, all done \(seconds(elapsed)) after the start; \(outcome.runs) workers, of \
            which \(outcome.gaveUp) gave up and asked to be started again; the source was taken \(outcome.takings) times; \
            the slowest stop in order \(seconds(outcome.slowestStop))
            """)
        for point in CrashPoint.allCases {
            let count = outcome.kills.count { $0 == point }
            if count > 0 { say("  killed at \(point.rawValue): \(count)") }
        }
        say("  killed anywhere: \(outcome.kills.count { $0 == nil })")
    }

    private func judge(
        _ stage: Stage, _ isStored: Bool, _ serverKills: Int, _ validities: (before: Int, after: Int),
        _ database: Database, _ report: inout Report
    ) async throws {
        let outcome = stage.followers.outcome
        report.check(
            "Workers end only as planned", outcome.faults.isEmpty ? "0 others" : outcome.faults.joined(separator: "; "),
            outcome.faults.isEmpty)
        report.check(
            "The worker that holds the source was killed", "\(outcome.kills.count) times",
            outcome.kills.count == options.kills)
        let named = outcome.kills.count { $0 != nil }
        report.check(
            "Three of four of them inside the intake", "\(named) of \(outcome.kills.count)",
            named * 4 >= options.kills * 3 || options.kills < 4)
        report.check("PostgreSQL was killed", "\(serverKills) times", serverKills == options.serverKills)
        report.check(
            "INBOX was given other UIDs once", "UIDVALIDITY \(validities.before), then \(validities.after)",
            validities.after > validities.before && validities.before > 0)
        report.check("All was stored while workers ran", isStored ? "it was" : "it was not", isStored)

        let log = try await FenceLog.read(database)
        if !isStored { try await explain(stage, log, database) }
        let places = Set(log.holders.map { $0.split(separator: "-").dropLast().joined(separator: "-") })
        report.check(
            "The source went from worker to worker", "\(log.holders.count) holders at \(places.count) places",
            // With few deaths the same one may win the race for the lease each time.
            log.holders.count > options.kills && (places.count == Self.workers || options.kills < 10))
        log.check(&report)
        log.tryFaults(&report)
        try await untouched(stage, &report)
    }

    /// How it came that something is missing.
    private func explain(_ stage: Stage, _ log: FenceLog, _ database: Database) async throws {
        say("the cursor's steps, each under its fence:")
        for step in log.steps where step.from != step.to {
            say("  \(step.at) \(step.fence) \(step.worker) \(step.to)")
        }
        let stored = try await database.session {
            (session: borrowing Session) throws(DatabaseError) -> Set<String> in
            let rows = try session.query(
                text: "SELECT DISTINCT split_part(body ->> 'id', '#', 1) FROM contatto.interaction", [])
            var ids: Set<String> = []
            for row in 0..<rows.count { ids.insert(try rows.text(row, 0)) }
            return ids
        }
        let wanted = Set(stage.mails.expected.entries.keys.map { String($0.split(separator: "|")[1]) })
        for id in wanted.subtracting(stored).sorted().prefix(40) {
            let found = try await stage.dovecot.run([
                "-f", "flow", "fetch", "-u", Self.user, "mailbox uid date.saved", "HEADER", "Message-ID", id,
            ])
            say("  missing: \(id) \(found)")
        }
        let refused = try await database.session {
            (session: borrowing Session) throws(DatabaseError) -> [String] in
            let rows = try session.query(text: "SELECT reason || ': ' || detail FROM contatto.refusal LIMIT 40", [])
            return try (0..<rows.count).map { row throws(DatabaseError) in try rows.text(row, 0) }
        }
        for words in refused { say("  refused: \(words)") }
        for folder in ["INBOX", "Sent"] {
            let state = try await stage.dovecot.run([
                "mailbox", "status", "-u", Self.user, "messages uidnext uidvalidity", folder,
            ])
            say("  the server's \(state)")
        }
        let complaints = stage.dovecot.log.split(separator: "\n").filter {
            $0.contains("Error: ") || $0.contains("Warning: ")
        }
        for line in complaints { say("  Dovecot: \(line)") }
    }

    /// The mails lie on the server as they were delivered: all of them, and none marked as read.
    private func untouched(_ stage: Stage, _ report: inout Report) async throws {
        func marked() async throws -> (count: Int, marked: Int) {
            var flags: [String] = []
            for folder in ["INBOX", "Sent"] { flags += try await stage.dovecot.flags(of: Self.user, in: folder) }
            return (flags.count, flags.count { !$0.isEmpty })
        }
        let found = try await marked()
        report.check(
            "No mail on the server was marked or removed", "\(found.count) of \(options.mails), \(found.marked) marked",
            found.count == options.mails && found.marked == 0)
        try await stage.dovecot.run(["flags", "add", "-u", Self.user, "\\Seen", "mailbox", "INBOX", "1"])
        let planted = try await marked().marked
        report.check("A mark that is planted is seen", "\(planted)", planted == 1)
    }
}
