import Foundation

/// A program run to its end, with what it printed.
struct Command {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let program: String
    let arguments: [String]

    init(_ program: String, _ arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }

    /// Returns what it printed; throws it, with the exit code, when that is not 0.
    @discardableResult
    func run(in folder: String? = nil) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.standardInput = FileHandle.nullDevice
        // A file and not a pipe: a daemon that the program leaves behind would keep a pipe open.
        let output = FileManager.default.temporaryDirectory.appending(path: "contatto-output-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: output) }  // Left behind in a temporary folder it harms nobody.
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        try handle.close()
        let printed = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        guard status == 0 else {
            throw Failure(
                description: "\(program) \(arguments.joined(separator: " ")) ended with \(status): \(printed)")
        }
        return printed
    }

    /// The first of these that is there and can be run.
    static func find(_ name: String, in folders: [String] = []) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let candidates = folders + path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/sbin", "/bin"]
        for folder in candidates where FileManager.default.isExecutableFile(atPath: folder + "/" + name) {
            return folder + "/" + name
        }
        throw Failure(description: "\(name) is not installed: looked in \(candidates.joined(separator: ", "))")
    }
}
