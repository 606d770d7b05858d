internal import ContactTesting
internal import Foundation
internal import Storage

/// pgbench over the statements of a glance, prepared, each in a round trip of its own, as the hub's role in its
/// transaction with its planner's settings.
///
/// Whom it asks about changes with a script of its own, run as often as each of the others and not counted: the
/// identifiers are hashes that pgbench cannot compute.
struct PgbenchReads {
    private static let slots = 8
    /// Transactions of a client in the short run.
    private static let pilot = 300

    let bench: Bench
    let schema: String
    let workspace: Int64
    let persons: Int
    /// Somebody's identifier, as the hub computes it: asked for until the first change.
    let somebody: String

    /// For about so many seconds: as many transactions as a short run says. (pgbench ends a timed run by an alarm, which is blocked
    /// in whatever this program starts.)
    func run(clients: Int, seconds: Double) throws -> TimedLoad.Outcome {
        let begun = ContinuousClock.now
        _ = try run(clients: clients, transactions: Self.pilot)
        let each = (ContinuousClock.now - begun) / .seconds(1) / Double(Self.pilot)
        return try run(clients: clients, transactions: max(Self.pilot, Int(seconds / each)))
    }

    private func run(clients: Int, transactions: Int) throws -> TimedLoad.Outcome {
        let folder = bench.folder.appendingPathComponent("pgbench")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the folder above goes at the end
        let renewing = folder.appendingPathComponent("renew.sql")
        try Data(renewal.utf8).write(to: renewing)
        var arguments = [
            "-n", "-M", "prepared", "-c", "\(clients)", "-j", "\(min(clients, 2))", "-t", "\(transactions)", "-l",
            "--log-prefix=\(folder.path)/log", "--random-seed=7", "-D", "workspace=\(workspace)",
            "-D", "facets=50", "-D", "limit=21", "-D", "never=0001-01-01 00:00:00Z", "-D", "first=0001-01-01",
            "-D", "end=2026-12-01 00:00:00Z", "-D", "least=00000000-0000-0000-0000-000000000000",
        ]
        arguments += ["-f", "\(renewing.path)@1"]
        for slot in 0..<Self.slots {
            let file = folder.appendingPathComponent("read\(slot).sql")
            try Data(script(slot).utf8).write(to: file)
            arguments += ["-D", "i\(slot)=\(somebody)", "-f", "\(file.path)@1"]
        }
        let plans = Profiles.glancing.map { "-c \($0.name)=\($0.value)" }.joined(separator: " ")
        try bench.execute(
            "pgbench", arguments + [bench.server.uri()],
            environment: ["PGOPTIONS": "-c role=contatto_hub -c search_path=\(schema),extension \(plans)"])
        var times: [Double] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasPrefix("log") {
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            for line in text.split(separator: "\n") {
                // Client, number, time in µs, script, and when.
                let words = line.split(separator: " ")
                guard words.count > 3, words[3] != "0", let time = Double(words[2]) else { continue }
                times.append(time / 1_000)
            }
        }
        // Of what the clients were at, only the reads count.
        let spent = times.reduce(0, +) / 1_000 / Double(clients)
        return TimedLoad.Outcome(latencies: Latencies(times), seconds: spent)
    }

    private var renewal: String {
        let picks = (0..<Self.slots).map { "max(identifier::text) FILTER (WHERE person = :p\($0)) AS i\($0)" }
        let sets = (0..<Self.slots).map { "\\set p\($0) random(1, \(persons))\n" }.joined()
        let wanted = (0..<Self.slots).map { ":p\($0)" }.joined(separator: ", ")
        return sets
            + "SELECT \(picks.joined(separator: ", "))\nFROM \(ReadsWorld.table) WHERE person IN (\(wanted)) \\gset\n"
    }

    private func script(_ slot: Int) -> String {
        let asked: [[String]] = [
            ["workspace", "i\(slot)"], ["workspace", "h_profile", "facets"],
            ["workspace", "h_profile", "never", "end", "first", "limit", "end", "least"],
        ]
        var text = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\nSET LOCAL contatto.workspace = '\(workspace)';\n"
        for (place, statement) in Statement.glance.enumerated() {
            var sql = statement.sql.description
            for (number, name) in asked[place].enumerated().reversed() {
                sql = sql.replacingOccurrences(of: "$\(number + 1)", with: ":\(name)")
            }
            text += sql + (place == 0 ? " \\gset h_\n" : ";\n")
        }
        return text + "COMMIT;\n"
    }
}
