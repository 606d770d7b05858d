internal import ContactTesting
internal import Foundation
internal import Glibc
internal import Postgres
internal import Storage

/// A server of its own, a scratch folder, and the executable that is measured.
struct Bench {
    /// 27 November 2026: the partitions of the lines' months exist.
    static let now: Int64 = 1_795_737_600_000_000

    let contatto: String
    let server: TestServer
    let folder: URL

    init(contatto: String?) async throws {
        let own = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        self.contatto = contatto ?? own.appendingPathComponent("contatto").path
        server = try await TestServer.start(settings: [
            "shared_buffers": "2GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "wal_compression": "lz4",
            "jit": "off",
        ])
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("contatto-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func end() async throws {
        try FileManager.default.removeItem(at: folder)
        try await server.stop()
    }

    /// The largest resident memory of the commands run so far, in MB (VmHWM of the largest, by getrusage(2)).
    var peakOfCommands: Int {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }

    func owner(_ schema: String) throws -> Database {
        Database(try ConnectionSettings(uri: server.uri()).acting(as: .owner, on: schema), connections: 1)
    }

    func migrate(_ schema: String) async throws {
        _ = try await Migration(try ConnectionSettings(uri: server.uri()), schema: schema).run(now: Self.now)
        let hub = try ConnectionSettings(uri: server.uri()).acting(as: .hub, on: schema)
        let database = Database(hub, connections: 1)
        _ = try await Workspaces(database).add("main", now: Self.now)
        await database.close()
    }

    func administrate(_ statement: String) async throws {
        let database = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
        try await database.session { (session: borrowing Session) throws(DatabaseError) in try session.run(statement) }
        await database.close()
    }

    func checkpoint() async throws { try await administrate("CHECKPOINT") }
    func drop(_ schema: String) async throws { try await administrate("DROP SCHEMA \(schema) CASCADE") }

    /// Runs the real command and returns its wall time in seconds, start and end of the process included.
    @discardableResult
    func contatto(_ arguments: [String], _ schema: String, mayRefuse: Bool = false) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try execute(
            contatto, arguments, environment: environment(schema), accepting: mayRefuse ? [0, 2] : [0])
        return start.duration(to: clock.now).inSeconds
    }

    /// Where the commands find the database.
    func environment(_ schema: String) -> [String: String] {
        ["CONTATTO_DATABASE": server.uri(), "CONTATTO_SCHEMA": schema]
    }

    /// A source of mail, a shop, and a key that speaks for both; the key is returned.
    func makeSources(_ schema: String) throws -> String {
        try contatto(["source", "add", "email", "--name", "mail", "--set", "own=bottega.example"], schema)
        try contatto(["source", "add", "interactions", "--name", "shop", "--set", "channel=store"], schema)
        return try key(["--role", "admin"], schema)
    }

    /// Makes a key, and returns its text.
    func key(_ arguments: [String], _ schema: String) throws -> String {
        let file = folder.appendingPathComponent("key")
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        let output = try FileHandle(forWritingTo: file)
        try execute(
            contatto, ["key", "create"] + arguments, environment: environment(schema), output: output)
        try output.close()
        return String(decoding: try Data(contentsOf: file), as: UTF8.self).filter { $0 != "\n" }
    }

    func execute(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], accepting: [Int32] = [0],
        output: FileHandle = .nullDevice
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.contains("/") ? program : "/usr/bin/env")
        process.arguments = program.contains("/") ? arguments : [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = accepting == [0] ? FileHandle.standardError : FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard accepting.contains(process.terminationStatus) else {
            throw Failure(program: program, status: process.terminationStatus)
        }
    }

    struct Failure: Error {
        let program: String
        let status: Int32
    }
}
