internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// How a server's certificate is looked at.
struct IMAPTLS: Sendable {
    private let context: NIOSSLContext
    private let name: String?
    /// Set: the certificate is kept for looking at, and the handshake fails in any case.
    private let seen: NIOLockedValueBox<[NIOSSLCertificate]>?

    /// Reads the machine's trusted certificates, which takes a while: on a thread for such things.
    static func make(_ settings: IMAPSettings) async throws -> IMAPTLS {
        let context = try await NIOThreadPool.singleton.runIfActive {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if !settings.authorities.isEmpty { configuration.trustRoots = .certificates(settings.authorities) }
            return try NIOSSLContext(configuration: configuration)
        }
        return IMAPTLS(context, settings.address.isNumeric ? nil : settings.address.host, nil)
    }

    private init(_ context: NIOSSLContext, _ name: String?, _ seen: NIOLockedValueBox<[NIOSSLCertificate]>?) {
        self.context = context
        self.name = name
        self.seen = seen
    }

    /// The same, for a connection that only asks which certificate is shown.
    var asking: IMAPTLS { IMAPTLS(context, name, NIOLockedValueBox([])) }

    /// The server's own certificate, once it was asked for.
    var certificate: NIOSSLCertificate? { seen?.withLockedValue { $0.first } }

    func handler() throws -> NIOSSLClientHandler {
        guard let seen else { return try NIOSSLClientHandler(context: context, serverHostname: name) }
        let keep: NIOSSLCustomVerificationCallback = { certificates, promise in
            seen.withLockedValue { $0 = certificates }
            promise.succeed(.failed)
        }
        return try NIOSSLClientHandler(context: context, serverHostname: name, customVerificationCallback: keep)
    }
}
