import Foundation
import Testing

/// What deploy/quickstart says where it cannot begin; that it works is run by deploy/test.
@Suite struct QuickstartTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs the script with nothing on the PATH but a few programs and, where it is given, a `swift` that says `version`.
    private func quickstart(swift version: String?) async throws -> (status: Int32, output: String, errors: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // scratch; a leftover harms nobody
        for name in ["sh", "id", "sed", "head", "dirname", "cat"] {
            let path = ["/bin/", "/usr/bin/"].map { $0 + name }.first(where: FileManager.default.isExecutableFile)
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + name, withDestinationPath: try #require(path))
        }
        if let version {
            try "#!/bin/sh\necho 'Swift version \(version) (swift-\(version)-RELEASE)'\n".write(
                to: folder.appending(path: "swift"), atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: folder.path + "/swift")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [Self.root.path + "/deploy/quickstart", "--folder", folder.path + "/data"]
        process.environment = ["PATH": folder.path, "HOME": folder.path]
        let out = folder.appending(path: "out"), err = folder.appending(path: "err")
        try Data().write(to: out)
        try Data().write(to: err)
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: err)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data"), "nothing may be begun")
        return (
            process.terminationStatus, try String(contentsOf: out, encoding: .utf8),
            try String(contentsOf: err, encoding: .utf8)
        )
    }

    @Test(arguments: [nil, "5.10.1", "6.2.4"])
    func `without a toolchain, or with too old a one, one line says what to install`(version: String?) async throws {
        let result = try await quickstart(swift: version)
        #expect(result.status == 1)
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(result.errors.contains("install a Swift 6.3 toolchain"))
        if let version { #expect(result.errors.contains("this one is \(version.prefix(3))"), "\(result.errors)") }
    }

    @Test func `with a toolchain that will do it goes on`() async throws {
        for version in ["6.3.1", "6.10", "7.0"] {
            // It then misses the next program, which this PATH does not have.
            let result = try await quickstart(swift: version)
            #expect(!result.errors.contains("toolchain"), "\(version): \(result.errors)")
        }
    }
}
