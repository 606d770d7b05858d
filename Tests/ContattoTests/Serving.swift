internal import ContactTesting
import Foundation

/// A `contatto` that runs on, until it is stopped; and curl to speak to a `contatto serve`.
final class Serving: Sendable {
    struct Reply: CustomStringConvertible {
        let status: Int
        let text: String
        var description: String { "\(status) \(text)" }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    private let process: Process
    private let folder: URL
    private let ended: AsyncStream<Void>
    let firstLine: String
    let port: Int

    private init(_ process: Process, _ folder: URL, _ ended: AsyncStream<Void>, _ firstLine: String) {
        self.process = process
        self.folder = folder
        self.ended = ended
        self.firstLine = firstLine
        port = firstLine.split(separator: ":").last.flatMap { Int($0) } ?? 0
    }

    /// Returns when its first line on stdout is there.
    static func start(
        _ commands: Commands, _ arguments: [String], as command: [String] = ["serve", "--port", "0"],
        environment: [String: String] = [:]
    ) async throws -> Serving {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = Commands.executable
        process.arguments = command + arguments
        var variables = ProcessInfo.processInfo.environment
        for name in variables.keys where name.hasPrefix("CONTATTO_") { variables[name] = nil }
        variables["CONTATTO_DATABASE"] = commands.server.uri()
        variables["CONTATTO_SCHEMA"] = commands.schema
        process.environment = variables.merging(environment) { $1 }
        for name in ["out", "err"] { try Data().write(to: folder.appendingPathComponent(name)) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: folder.appendingPathComponent("out"))
        process.standardError = try FileHandle(forWritingTo: folder.appendingPathComponent("err"))
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let output = String(decoding: try Data(contentsOf: folder.appendingPathComponent("out")), as: UTF8.self)
            if let end = output.firstIndex(of: "\n") {
                return Serving(process, folder, ended, String(output[..<end]))
            }
            guard process.isRunning, ContinuousClock.now < deadline else {
                let errors = try Data(contentsOf: folder.appendingPathComponent("err"))
                if process.isRunning { process.terminate() }
                throw Failure(description: "\(command[0]) says nothing: \(String(decoding: errors, as: UTF8.self))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func get(_ path: String, key: String) async throws -> Reply {
        try await curl(["-H", "Authorization: Bearer \(key)", "http://127.0.0.1:\(port)\(path)"])
    }

    func post(
        _ body: Data, key: String, type: String = "application/json", method: String = "POST",
        path: String = "/v1/interactions"
    ) async throws -> Reply {
        let file = folder.appendingPathComponent("body")
        try body.write(to: file)
        return try await curl([
            "-H", "Authorization: Bearer \(key)", "-H", "Content-Type: \(type)", "-T", file.path, "-X", method,
            "http://127.0.0.1:\(port)\(path)",
        ])
    }

    private func curl(_ arguments: [String]) async throws -> Reply {
        let name = UUID().uuidString
        let answer = folder.appendingPathComponent(name + ".answer")
        let status = folder.appendingPathComponent(name + ".status")
        for file in [answer, status] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = ["-sS", "--max-time", "300", "-o", answer.path, "-w", "%{http_code}"] + arguments
        process.standardOutput = try FileHandle(forWritingTo: status)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return Reply(
            status: Int(String(decoding: try Data(contentsOf: status), as: UTF8.self)) ?? 0,
            text: String(decoding: try Data(contentsOf: answer), as: UTF8.self))
    }

    /// The most memory it has held, from /proc.
    func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
    }

    /// SIGTERM, without waiting for what follows.
    func terminate() { process.terminate() }

    var isRunning: Bool { process.isRunning }

    /// SIGTERM, and what it has said in its life.
    func stop() async throws -> Commands.Result {
        process.terminate()
        for await _ in ended {}
        defer { try? FileManager.default.removeItem(at: folder) }  // scratch; a leftover harms nobody
        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
        }
        return Commands.Result(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: try text("out"), errors: try text("err"))
    }
}
