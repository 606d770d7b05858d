internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// How the certificates of receivers are looked at: trusted is what this machine trusts, and what was added.
package struct WebhookTLS: Sendable {
    private let context: NIOSSLContext

    /// Why no certificates can be checked, in words for whoever runs the hub.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Reads the machine's trusted certificates, once. The further ones, of an operator's own authority, are in PEM, one
    /// after the other.
    package static func make(trusting authorities: String? = nil) async throws(Failure) -> WebhookTLS {
        let reading: Result<NIOSSLContext, any Error>
        do {
            // Hundreds of files, on a thread for such things.
            reading = .success(try await NIOThreadPool.singleton.runIfActive { try context(authorities) })
        } catch {
            reading = .failure(error)
        }
        switch reading {
        case .success(let context): return WebhookTLS(context: context)
        case .failure(let error as Failure): throw error
        case .failure(let error): throw Failure(description: "no trusted certificates can be read: \(error)")
        }
    }

    private static func context(_ authorities: String?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // A receiver that does not answer the end of TLS keeps no socket for longer than this.
        configuration.shutdownTimeout = .seconds(1)
        if let authorities {
            guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(authorities.utf8)), !certificates.isEmpty
            else { throw Failure(description: "the added certificates are not PEM: give -----BEGIN CERTIFICATE-----") }
            configuration.additionalTrustRoots = [.certificates(certificates)]
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// For one connection. An address is not named to the server; its certificate must name the address.
    func handler(for url: WebhookURL) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: url.address == nil ? url.host : nil)
    }
}
