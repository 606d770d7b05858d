internal import ContactTesting
internal import Foundation
internal import Postgres
internal import Storage

/// `contatto import interactions` beside a plain COPY of the rows it has stored.
struct IntakeBenchmark {
    /// 27 November 2026: the partitions of the lines' months exist.
    private static let now: Int64 = 1_795_737_600_000_000
    private static let batch = 5_000

    let rows: Int
    let known: Int
    let runs: Int
    let contatto: String
    let server: TestServer
    let folder: URL

    init(rows: Int, known: Int, runs: Int, contatto: String?) async throws {
        self.rows = rows
        self.known = known
        self.runs = runs
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        self.contatto = contatto ?? own.appendingPathComponent("contatto").path
        server = try await TestServer.start(settings: [
            "shared_buffers": "2GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "wal_compression": "lz4",
            "jit": "off",
        ])
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("contatto-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func run() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }  // scratch of this run; nothing depends on it
        print("flushes of 8 kB a second before: \(flushRate(in: folder.path))")
        let preload = folder.appendingPathComponent("preload.ndjson")
        try Data(Lines.preload(known)).write(to: preload)
        var copies: [Double] = []
        var imports: [Int: [Double]] = [:]
        let shares = [0, 100, 360]
        for run in 0..<runs {
            for share in shares {
                let schema = "bench_\(run)_\(share)"
                try await migrate(schema)
                try contatto(["import", "interactions", preload.path], schema)
                let file = folder.appendingPathComponent("run.ndjson")
                var lines = Lines(seed: UInt64(run + 1), known: known)
                try Data(lines.make(rows, newPerMille: share)).write(to: file)
                try await checkpoint()
                let seconds = try contatto(["import", "interactions", file.path], schema)
                imports[share, default: []].append(Double(rows) / seconds)
                if share == 0 { copies.append(try await copy(schema)) }
                try await drop(schema)
            }
        }
        report(copies, imports, shares)
        print("flushes of 8 kB a second after: \(flushRate(in: folder.path))")
        try await server.stop()
    }

    private func report(_ copies: [Double], _ imports: [Int: [Double]], _ shares: [Int]) {
        let copy = Spread(copies)
        print("\(rows) rows, \(known) customers known, \(runs) runs; rows/s as low – median – high")
        print("plain COPY, owner, no row-level security, 1 connection: \(copy.thousands)")
        for share in shares {
            let spread = Spread(imports[share] ?? [])
            let ratio = Spread.rounded(spread.median / max(1, copy.median), digits: 2)
            print("contatto import, \(share / 10)% new facets: \(spread.thousands); \(ratio) of COPY")
        }
    }

    /// COPY of the final rows, as they stand, into empty tables with the same columns, keys, indexes and partitions.
    private func copy(_ schema: String) async throws -> Double {
        let target = schema + "_copy"
        try await migrate(target)
        let database = try owner(target)
        try await database.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run(
                """
                ALTER TABLE interaction NO FORCE ROW LEVEL SECURITY; ALTER TABLE interaction DISABLE ROW LEVEL SECURITY;
                ALTER TABLE interaction_key NO FORCE ROW LEVEL SECURITY;
                ALTER TABLE interaction_key DISABLE ROW LEVEL SECURITY
                """)
        }
        let keys = try dump(schema, "interaction_key")
        let interactions = try dump(schema, "interaction")
        try await checkpoint()
        let clock = ContinuousClock()
        let start = clock.now
        for (keys, interactions) in zip(keys, interactions) {
            try await database.transaction { (session: borrowing Session) throws(DatabaseError) in
                _ = try session.copyIn("COPY interaction_key FROM STDIN") {
                    (writer: inout CopyWriter) throws(DatabaseError) in try writer.write(keys)
                }
                _ = try session.copyIn("COPY interaction FROM STDIN") {
                    (writer: inout CopyWriter) throws(DatabaseError) in try writer.write(interactions)
                }
            }
        }
        let seconds = start.duration(to: clock.now).inSeconds
        await database.close()
        try await drop(target)
        return Double(rows) / seconds
    }

    /// The measured rows as COPY's text, cut into batches.
    private func dump(_ schema: String, _ table: String) throws -> [[UInt8]] {
        let file = folder.appendingPathComponent("\(table).copy")
        let condition =
            table == "interaction"
            ? "body->>'id' LIKE 'run-%'"
            : "interaction IN (SELECT interaction FROM \(schema).interaction WHERE body->>'id' LIKE 'run-%')"
        try execute(
            "psql",
            [
                "-q", "-d", server.uri(), "-c",
                "\\copy (SELECT * FROM \(schema).\(table) WHERE \(condition)) TO '\(file.path)'",
            ])
        var batches: [[UInt8]] = []
        var start = 0, lines = 0
        let bytes = [UInt8](try Data(contentsOf: file))
        for place in bytes.indices where bytes[place] == 10 {
            lines += 1
            if lines == Self.batch || place == bytes.count - 1 {
                batches.append(Array(bytes[start...place]))
                start = place + 1
                lines = 0
            }
        }
        return batches
    }

    private func owner(_ schema: String) throws -> Database {
        var settings = try ConnectionSettings(uri: server.uri())
        settings.role = "contatto_owner"
        settings.searchPath = [schema]
        return Database(settings, connections: 1)
    }

    private func migrate(_ schema: String) async throws {
        _ = try await Migration(try ConnectionSettings(uri: server.uri()), schema: schema).run(now: Self.now)
        var hub = try ConnectionSettings(uri: server.uri())
        hub.role = "contatto_hub"
        hub.searchPath = [schema]
        let database = Database(hub, connections: 1)
        _ = try await Workspaces(database).add("main", now: Self.now)
        await database.close()
    }

    private func administrate(_ statement: String) async throws {
        let database = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
        try await database.session { (session: borrowing Session) throws(DatabaseError) in try session.run(statement) }
        await database.close()
    }

    private func checkpoint() async throws { try await administrate("CHECKPOINT") }
    private func drop(_ schema: String) async throws { try await administrate("DROP SCHEMA \(schema) CASCADE") }

    /// Runs the real command and returns its wall time in seconds, start and end of the process included.
    @discardableResult
    private func contatto(_ arguments: [String], _ schema: String) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try execute(
            contatto, arguments, environment: ["CONTATTO_DATABASE": server.uri(), "CONTATTO_SCHEMA": schema])
        return start.duration(to: clock.now).inSeconds
    }

    private func execute(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.contains("/") ? program : "/usr/bin/env")
        process.arguments = program.contains("/") ? arguments : [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(program: program, status: process.terminationStatus) }
    }

    struct Failure: Error {
        let program: String
        let status: Int32
    }
}
