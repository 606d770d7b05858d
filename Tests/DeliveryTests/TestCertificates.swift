import Foundation
import NIOSSL

/// Certificates made with the `openssl` command, of an authority of their own.
struct TestCertificates {
    private let folder: URL
    /// The authority's own certificate, in PEM.
    let authority: String

    static func make() async throws -> TestCertificates {
        let folder = FileManager.default.temporaryDirectory.appending(path: "webhook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await openssl(
            folder, "req", "-new", "-x509", "-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-subj", "/CN=Contatto webhook tests", "-out", "root.crt", "-keyout", "root.key")
        let authority = try String(contentsOf: folder.appending(path: "root.crt"), encoding: .utf8)
        return TestCertificates(folder: folder, authority: authority)
    }

    /// A server that shows a certificate for a name; with fewer than no days it has expired.
    func server(for name: String, days: Int = 2, isSelfSigned: Bool = false) async throws -> NIOSSLContext {
        let file = UUID().uuidString
        let kind = name.allSatisfy { $0.isNumber || $0 == "." } ? "IP" : "DNS"
        try Data("subjectAltName=\(kind):\(name)\n".utf8).write(to: folder.appending(path: file + ".ext"))
        try await Self.openssl(
            folder, "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj",
            "/CN=\(name)", "-out", file + ".csr", "-keyout", file + ".key")
        let signer =
            isSelfSigned
            ? ["-signkey", file + ".key"] : ["-CA", "root.crt", "-CAkey", "root.key", "-CAcreateserial"]
        try await Self.openssl(
            folder,
            ["x509", "-req", "-days", "\(days)", "-in", file + ".csr"] + signer
                + ["-extfile", file + ".ext", "-out", file + ".crt"])
        let path = folder.appending(path: file).path
        let chain = try NIOSSLCertificate.fromPEMFile(path + ".crt").map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: path + ".key", format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }

    /// What is left in a temporary folder harms nobody.
    func remove() { try? FileManager.default.removeItem(at: folder) }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func openssl(_ folder: URL, _ arguments: String...) async throws {
        try await openssl(folder, arguments)
    }

    private static func openssl(_ folder: URL, _ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        guard status == 0 else { throw Failure(description: "openssl \(arguments) ended with \(status)") }
    }
}
