internal import Contact
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// What goes wrong with a server, in words for whoever set the source up.
enum IMAPTrouble {
    /// What the network or TLS threw. Cancellation stays what it is.
    static func failure(_ error: any Error, _ address: IMAPAddress) -> any Error {
        let place = address.text
        switch error {
        case is CancellationError, is FollowFailure: return error
        case is IMAPWireEnd: return FollowFailure(.time, "\(place) closed the connection")
        case let error as NIOConnectionError: return unconnected(error, address)
        case ChannelError.connectTimeout: return silent(address)
        case let error as IOError: return unreachable(error.errnoCode, address)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return FollowFailure(
                .person,
                "the certificate of \(place) is for another name: set imap to the name it was made for")
        case NIOSSLError.uncleanShutdown: return FollowFailure(.time, "\(place) closed the connection")
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            let text = stack.map { "\($0)" }.joined(separator: " ")
            let isForeign = text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST")
            // Some close without a word when they are spoken to in TLS; so does one that is just going down.
            if isForeign || text.contains("EOF during handshake") {
                return FollowFailure(
                    isForeign ? .person : .time,
                    "port \(address.port) of \(address.host) does not speak TLS: set tls=starttls, or another port")
            }
            if text.contains("CERTIFICATE_VERIFY_FAILED") { return Distrust(address: address) }
            return FollowFailure(.time, "TLS with \(place) failed: \(reason(text))")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return FollowFailure(.time, "TLS with \(place) failed: \(error)")
        default: return FollowFailure(.time, "the connection to \(place) broke: \(error)")
        }
    }

    /// A certificate that was not believed; why, is to be found out.
    struct Distrust: Error {
        let address: IMAPAddress
    }

    /// Why a certificate is not believed.
    static func distrusted(_ certificate: NIOSSLCertificate?, _ address: IMAPAddress, now: Int64) -> FollowFailure {
        let start = "the certificate of \(address.text)"
        guard let certificate else { return FollowFailure(.time, "\(start) cannot be checked") }
        let seconds = now / 1_000_000
        if Int64(certificate.notValidAfter) < seconds {
            let day = Timestamp.text(Int64(certificate.notValidAfter) * 1_000_000).prefix(10)
            return FollowFailure(.person, "\(start) expired on \(day): the mail server needs a new one")
        }
        if Int64(certificate.notValidBefore) > seconds {
            return FollowFailure(.person, "\(start) is not valid yet: compare the clocks of both machines")
        }
        return FollowFailure(
            .person, "\(start) is signed by nobody this machine trusts: set ca to the authority's certificate (PEM)")
    }

    private static func unconnected(_ error: NIOConnectionError, _ address: IMAPAddress) -> FollowFailure {
        // An address may exist in one family only: a name is unknown when it is in both.
        guard let first = error.connectionErrors.first else {
            return FollowFailure(
                .time, "\(address.host) is not the name of a machine: check imap, and this machine's DNS")
        }
        let codes = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
        // Of several addresses, the one that refuses is the one where somebody is.
        if codes.contains(ECONNREFUSED) { return unreachable(ECONNREFUSED, address) }
        if case ChannelError.connectTimeout = first.error { return silent(address) }
        guard let code = codes.first else {
            return FollowFailure(.time, "no connection to \(address.text): \(first.error)")
        }
        return unreachable(code, address)
    }

    private static func unreachable(_ code: CInt, _ address: IMAPAddress) -> FollowFailure {
        switch code {
        case ECONNREFUSED:
            FollowFailure(
                .time,
                "\(address.host) refuses connections on port \(address.port): is the port right, and the server up?")
        case ETIMEDOUT: silent(address)
        case ECONNRESET, EPIPE: FollowFailure(.time, "\(address.text) closed the connection")
        default: FollowFailure(.time, "\(address.text) cannot be reached: \(unsafe String(cString: strerror(code)))")
        }
    }

    static func silent(_ address: IMAPAddress) -> FollowFailure {
        FollowFailure(
            .time,
            "\(address.host) does not answer on port \(address.port): is the port right, or does a firewall drop it?")
    }

    /// BoringSSL's own words, without file and line.
    private static func reason(_ text: String) -> String {
        let parts = text.split(separator: ":").map(String.init)
        return parts.count > 4 ? parts[4].prefix { $0 != " " }.lowercased() : String(text.prefix(200))
    }

    // What the server says

    static func bye(_ status: IMAPStatus, _ address: IMAPAddress) -> FollowFailure {
        let isFull = isTooMany(status)
        return FollowFailure(
            .time, "\(address.text) ended the session: \(status.text)", notBefore: isFull ? .seconds(60) : nil)
    }

    /// A refusal that will pass.
    private static let passing: Set<String> = [
        "UNAVAILABLE", "SERVERBUG", "INUSE", "LIMIT", "OVERQUOTA", "CONTACTADMIN", "EXPUNGEISSUED",
    ]

    static func isPassing(_ status: IMAPStatus) -> Bool { passing.contains(status.code) || isTooMany(status) }

    /// What is wrong with one mail, as some servers say it, stays so: only what holds for all of them passes.
    static func isPassingForMail(_ status: IMAPStatus) -> Bool {
        isPassing(status) && (isTooMany(status) || !["SERVERBUG", "CONTACTADMIN"].contains(status.code))
    }

    private static func isTooMany(_ status: IMAPStatus) -> Bool {
        let text = status.text.lowercased()
        return status.code == "LIMIT" || text.contains("too many") || text.contains("maximum number of connections")
            || text.contains("exceeded") || text.contains("try again later") || text.contains("rate limit")
    }

    static func refused(_ command: String, _ status: IMAPStatus, _ address: IMAPAddress) -> FollowFailure {
        let name = command.prefix { $0 != " " }
        return FollowFailure(
            .time, "\(address.text) refuses \(name): \(status.text)",
            notBefore: isPassing(status) ? .seconds(60) : nil)
    }

    /// A mail that is there and is not given, with the server's words or ours.
    static func withheld(
        _ uid: UInt32, of folder: String, _ words: String, _ status: IMAPStatus, _ address: IMAPAddress
    ) -> FollowFailure {
        FollowFailure(
            .time, "\(address.text) does not give mail \(uid) of \(folder): \(words)",
            notBefore: isPassing(status) ? .seconds(60) : nil)
    }

    /// Why nobody was let in.
    static func locked(_ status: IMAPStatus, _ settings: IMAPSettings) -> FollowFailure {
        let place = settings.address.text
        if isPassing(status) {
            return FollowFailure(
                .time, "\(place) lets \(settings.user) in later: \(status.text)", notBefore: .seconds(60))
        }
        let what: String
        let cure: String
        switch settings.proof {
        case .password:
            (what, cure) = ("password", "check user and password; some providers want one made for programs")
        case .token: (what, cure) = ("token", "get a new one and set token")
        }
        return FollowFailure(
            .person, "\(place) does not take the \(what) of \(settings.user) (\(status.text)): \(cure)")
    }

    /// Why a mailbox cannot be opened.
    static func closed(_ name: String, _ status: IMAPStatus, _ address: IMAPAddress) -> FollowFailure {
        if isPassing(status) {
            return FollowFailure(.time, "\(address.text) does not open \(name) now: \(status.text)")
        }
        if status.code == "NOPERM" || status.text.lowercased().contains("permission") {
            return FollowFailure(
                .person, "no permission to read \(name) on \(address.text): give the user the right r, or leave it out")
        }
        return FollowFailure(.person, "\(address.text) does not open \(name): \(status.text); check folders")
    }
}
