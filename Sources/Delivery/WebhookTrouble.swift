internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// What the network, TLS and the parser throw, as a ``WebhookError``.
enum WebhookTrouble {
    /// A certificate that is not believed, with the certificate if it was shown.
    struct Distrust: Error {
        let certificate: NIOSSLCertificate?
    }

    /// The connection ended before the first byte of an answer.
    struct Silence: Error {}

    static func error(_ error: any Error, _ url: WebhookURL) -> WebhookError {
        let place = url.authority
        switch error {
        case let error as WebhookError: return error
        case is CancellationError: return .cancelled
        case let error as NameLookUp.Failure: return .unknownName("\(url.host) has no address: \(error.text)")
        case let error as Distrust: return .tls(distrust(error.certificate, place))
        case is Silence: return .brokenAnswer("\(place) closed the connection without an answer")
        case ChannelError.connectTimeout: return .noConnection("\(place) does not answer: does a firewall drop it?")
        case let error as HTTPParserError: return .brokenAnswer("what \(place) answers is not HTTP/1.1: \(error)")
        case let error as IOError: return .noConnection(unreachable(error.errnoCode, url))
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            return .tls(handshake(stack.map { "\($0)" }.joined(separator: " "), place))
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return .tls("the certificate of \(place) is for another name than \(url.host)")
        case NIOSSLError.uncleanShutdown: return .tls("\(place) closed the connection during the TLS handshake")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: return .tls("TLS with \(place) failed: \(error)")
        default: return .brokenAnswer("the connection to \(place) broke: \(error)")
        }
    }

    /// Whether a handshake failed for the certificate, of which more can be said once it is looked at.
    static func isDistrust(_ error: any Error) -> Bool {
        guard case NIOSSLError.handshakeFailed(.sslError(let stack)) = error else { return false }
        return stack.contains { "\($0)".contains("CERTIFICATE_VERIFY_FAILED") }
    }

    private static func distrust(_ certificate: NIOSSLCertificate?, _ place: String) -> String {
        let start = "the certificate of \(place)"
        guard let certificate else { return "\(start) is not believed" }
        let now = time(nil)
        if certificate.notValidAfter < now { return "\(start) has expired: the server needs a new one" }
        if certificate.notValidBefore > now { return "\(start) is not valid yet: compare the clocks of both machines" }
        return """
            \(start) is signed by nobody this machine trusts: the server must send its whole chain; an authority of \
            one's own has to be added to the hub
            """
    }

    private static func handshake(_ text: String, _ place: String) -> String {
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "\(place) does not speak TLS on that port"
        }
        if text.contains("EOF during handshake") { return "\(place) closed the connection during the TLS handshake" }
        // BoringSSL's own words, without file and line.
        let parts = text.split(separator: ":")
        return "TLS with \(place) failed: \(parts.count > 4 ? parts[4].prefix { $0 != " " }.lowercased() : text)"
    }

    private static func unreachable(_ code: CInt, _ url: WebhookURL) -> String {
        switch code {
        case ECONNREFUSED: "\(url.host) refuses connections on port \(url.port): is the server up?"
        case ETIMEDOUT: "\(url.authority) does not answer: does a firewall drop it?"
        case ECONNRESET, EPIPE: "\(url.authority) broke the connection off"
        default: "\(url.authority) cannot be reached: \(unsafe String(cString: strerror(code)))"
        }
    }
}
