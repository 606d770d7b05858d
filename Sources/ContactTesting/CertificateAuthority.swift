import Foundation

/// A private certificate authority, made with the `openssl` command, for tests of TLS.
package struct CertificateAuthority: Sendable {
    /// The path of its own certificate: what `sslrootcert` is set to.
    package let certificate: String
    private let key: String
    private let folder: String
    private let openssl: String

    /// Makes one; its files are put into `folder` under names that begin with `name`.
    package static func make(in folder: String, named name: String) async throws -> CertificateAuthority {
        let openssl = try Command.find("openssl")
        let authority = CertificateAuthority(
            certificate: "\(folder)/\(name)-root.crt", key: "\(folder)/\(name)-root.key", folder: folder,
            openssl: openssl)
        try await Command(
            openssl,
            [
                "req", "-new", "-x509", "-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-subj", "/CN=Contatto test \(name)", "-out", authority.certificate, "-keyout", authority.key,
            ]
        ).run()
        return authority
    }

    /// A server's key and certificate for a host name; with fewer than no days it has expired.
    package func issue(for host: String, days: Int = 2) async throws -> TestServer.TLSFiles {
        let start = "\(folder)/\(host)"
        try await Command(
            openssl,
            [
                "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=\(host)",
                "-out", start + ".csr", "-keyout", start + ".key",
            ]
        ).run()
        try Data("subjectAltName=DNS:\(host)\n".utf8).write(to: URL(fileURLWithPath: start + ".ext"))
        try await Command(
            openssl,
            [
                "x509", "-req", "-days", "\(days)", "-in", start + ".csr", "-CA", certificate, "-CAkey", key,
                "-CAcreateserial",
                "-extfile", start + ".ext", "-out", start + ".crt",
            ]
        ).run()
        return TestServer.TLSFiles(certificate: start + ".crt", key: start + ".key")
    }
}
