internal import ContactTesting
internal import Foundation
internal import Postgres

/// Runs the real executable against a schema of its own on the shared test server.
struct Commands {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    let server: TestServer
    let schema: String

    /// A migrated schema; `drop()` it at the end.
    static func migrated() async throws -> Commands {
        let commands = try await unmigrated()
        _ = try await commands.run(["migrate"])
        return commands
    }

    static func unmigrated() async throws -> Commands {
        let name = "t_" + UUID().uuidString.lowercased().split(separator: "-").joined()
        return Commands(server: try await TestServer.shared(), schema: name)
    }

    func drop() async throws {
        let database = Database(try ConnectionSettings(uri: server.uri()), connections: 1)
        let schema = schema
        try await database.session { (session: borrowing Session) throws(DatabaseError) in
            try session.run("DROP SCHEMA IF EXISTS \(schema) CASCADE")
        }
        await database.close()
    }

    /// Rows of a query as the superuser, which no wall holds back.
    func query(_ sql: String) async throws -> [[String]] {
        var settings = try ConnectionSettings(uri: server.uri())
        settings.searchPath = [schema]
        let database = Database(settings, connections: 1)
        let found = try await database.session {
            (session: borrowing Session) throws(DatabaseError) -> [[String]] in
            let rows = try session.query(text: sql, [])
            var found: [[String]] = []
            for row in 0..<rows.count {
                var cells: [String] = []
                for column in 0..<rows.columnCount { cells.append(try rows.optionalText(row, column) ?? "") }
                found.append(cells)
            }
            return found
        }
        await database.close()
        return found
    }

    /// Runs `contatto` with a standard input, and waits for its end.
    func run(
        _ arguments: [String], input: Data = Data(), environment: [String: String] = [:], output: String? = nil,
        through prefix: [String] = []
    ) async throws -> Result {
        let process = Process()
        let words = prefix + [Self.executable.path] + arguments
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        var variables = ProcessInfo.processInfo.environment
        for name in variables.keys where name.hasPrefix("CONTATTO_") { variables[name] = nil }
        variables["CONTATTO_DATABASE"] = server.uri()
        variables["CONTATTO_SCHEMA"] = schema
        process.environment = variables.merging(environment) { $1 }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // scratch; a leftover harms nobody
        // Files, not pipes: nobody waits for somebody to read.
        let files = try ["in", "out", "err"].map { name in
            let url = folder.appendingPathComponent(name)
            try (name == "in" ? input : Data()).write(to: url)
            return url
        }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: output.map { URL(fileURLWithPath: $0) } ?? files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        // Not waitUntilExit, which would hold one of the few threads that all tests share.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return Result(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
    }

    /// Beside the test bundle, in the same build.
    static var executable: URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        if !FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("contatto").path) {
            folder = Bundle.main.bundleURL
        }
        return folder.appendingPathComponent("contatto")
    }
}
