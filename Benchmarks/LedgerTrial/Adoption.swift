internal import ContactTesting
internal import Foundation
internal import GroundTruth
internal import Postgres
internal import Synchronization

/// A hub that owns its database, is killed while it is being posted to, and is started again.
struct AdoptionTrial {
    private static let kills = 3
    private static let clients = 3
    private static let length: Duration = .seconds(12)
    private let options: ServiceOptions

    init(_ options: ServiceOptions) { self.options = options }

    func run(_ house: House, _ report: inout Report) async throws {
        let (lines, expected) = try Expected.generated(options.embedded, seed: options.seed + 2)
        // Not below the temporary folder of a user, which PostgreSQL's own may not be let into.
        let folder = "/tmp/ledger-trial-embedded-\(getpid())"
        let choice = ["--database", "embedded:\(folder)"]
        say("adoption: \(lines.count) interactions to a hub on its own cluster, seed \(options.seed)")
        try begin(lines, choice, house)
        let key = try house.makeKey(choice)

        var random = SplitMix64(seed: options.seed + 3)
        let length = Self.length * min(1, Double(options.seconds) / 60)
        let plans = (0..<Self.kills).map { number in
            Plan(death: .anywhere, due: length * ((Double(number) + 0.5) / Double(Self.kills)))
        }
        let port = try Served.freePort()
        let poster = Poster(
            port: port, key: key, lines: lines, parcels: Parcel.cut(lines.count, over: length, using: &random))
        let server = Served(house.contatto, port: port, database: choice, errors: house.errors, plans: plans.count) {
            (poster.unacknowledged, poster.answered)
        }
        let postmaster = Postmaster(of: folder)
        let watch = Task { await postmaster.watch() }
        let pace = Pace(length: length)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await onThread { try server.run(plans, pace) } }
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for _ in 0..<Self.clients {
                    clients.addTask { try await onThread { poster.post(pace) { server.isOwed } } }
                }
                try await clients.waitForAll()
            }
            report.add(try await check(expected, folder))
            watch.cancel()
            server.stop()
            try await group.waitForAll()
        }
        judge(server.outcome, poster.outcome, postmaster, &report)
        let words = house.lastWords()
        if !report.failed.isEmpty, !words.isEmpty { say("the processes' last words:\n\(words)") }
        try FileManager.default.removeItem(atPath: folder)
    }

    /// The first start makes the cluster, the schema and the workspace; an import makes the sources.
    private func begin(_ lines: [[UInt8]], _ choice: [String], _ house: House) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "ledger-trial-first-\(getpid())")
        defer { try? FileManager.default.removeItem(at: file) }  // Left behind in a temporary folder it harms nobody.
        try Data(lines.prefix(300).joined(separator: [10])).write(to: file)
        try house.run(["import", "interactions", file.path] + choice)
        try house.joinExactly(choice)
    }

    /// Reads the cluster as its superuser, through its socket, while its owner runs.
    private func check(_ expected: Expected, _ folder: String) async throws -> Report {
        let settings = try ConnectionSettings(uri: "host=\(folder)/run port=5432 user=postgres dbname=postgres")
        let database = Database(settings, connections: 1)
        let workspace = try await database.session { (session: borrowing Session) throws(DatabaseError) -> Int64 in
            try session.query(text: "SELECT workspace FROM contatto.workspace WHERE name = 'main'").int64(0, 0)
        }
        let report = try await Verification(database: database, workspace: workspace, expected: expected).report()
        await database.close()
        return report
    }

    private func judge(
        _ server: Served.Outcome, _ posted: Poster.Outcome, _ postmaster: Postmaster, _ report: inout Report
    ) {
        let unacknowledged = server.kills.map { "\($0.unacknowledged)" }.joined(separator: ", ")
        say(
            """
              \(posted.requests) requests, \(posted.broken) broke or found nobody, \(posted.unavailable) were asked to \
            come again, \(posted.sentAgain) lines sent again; killed with \(unacknowledged) unacknowledged; the slowest \
            start took \(seconds(server.slowestStart)), the stop in order \(seconds(server.stopped))
            """)
        let faults = server.faults + posted.faults
        report.check(
            "The owner ends only as planned, and answers what a client can go by",
            faults.isEmpty ? "0 others" : faults.prefix(5).joined(separator: "; "), faults.isEmpty)
        report.check(
            "The owner of a cluster was killed", "\(server.kills.count) times", server.kills.count == Self.kills)
        report.check(
            "Every line was acknowledged", "\(posted.unacknowledged) unacknowledged, \(posted.refused) refused",
            posted.unacknowledged == 0 && posted.refused == 0)
        let seen = postmaster.seen
        report.check(
            "Its PostgreSQL was adopted each time, not started again", "\(seen.count) seen", seen.count == 1)
        report.check(
            "It ended with the owner that was stopped in order", postmaster.current.map { "\($0) runs" } ?? "none runs",
            postmaster.current == nil)
    }
}

/// The server of an embedded cluster, as its folder tells of it.
private final class Postmaster: Sendable {
    private let file: String
    private let pids = Mutex<Set<Int32>>([])

    init(of folder: String) { file = folder + "/cluster/postmaster.pid" }

    /// Its process; nil while none runs.
    var current: Int32? {
        guard let bytes = FileManager.default.contents(atPath: file) else { return nil }
        let pid = Int32(String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" })
        return pid.flatMap { kill($0, 0) == 0 ? $0 : nil }
    }

    /// All that ran while it was watched.
    var seen: Set<Int32> { pids.withLock { $0 } }

    /// Looks again and again until the task is cancelled.
    func watch() async {
        while !Task.isCancelled {
            if let pid = current { pids.withLock { _ = $0.insert(pid) } }
            try? await Task.sleep(for: .milliseconds(20))  // Cancelled it ends.
        }
    }
}
