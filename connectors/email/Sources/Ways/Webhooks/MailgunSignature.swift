internal import Contact
internal import Crypto
internal import NIOConcurrencyHelpers

/// Whether Mailgun sent a request, and now: HMAC-SHA-256 under the account's signing key over timestamp and token.
///
/// The signature says nothing of the mail, so a request that was overheard could carry another one: it is good for five
/// minutes, and each token within them for one mail. The same request may come twice, as Mailgun sends it again when our
/// answer was lost: that is stored once. The tokens are remembered by this process alone.
enum MailgunSignature {
    enum Fault: Error { case missing, wrong, old, used }

    private static let window: Int64 = 300 * 1_000_000
    /// Within five minutes; beyond it the request is put off.
    private static let mostTokens = 100_000

    private struct Token: Hashable {
        let key: [UInt8]
        let token: String
    }

    private static let tokens = NIOLockedValueBox<[Token: (until: Int64, request: [UInt8])]>([:])

    /// `request` is a hash of the mail; `now` in microseconds since 1970.
    static func check(_ fields: FormFields, key: Secret, request: [UInt8], now: Int64) throws(Fault) {
        guard let timestamp = fields["timestamp"], let token = fields["token"], let signature = fields["signature"],
            let seconds = Int64(timestamp), !token.isEmpty
        else { throw .missing }
        // Compares in constant time.
        guard let code = Hexadecimal.bytes(signature),
            HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: Array((timestamp + token).utf8),
                using: SymmetricKey(data: Array(key.revealed.utf8)))
        else { throw .wrong }
        let (at, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !isTooLarge, at.magnitude < 1 << 62, abs(now - at) <= window else { throw .old }
        let place = Token(key: Digest.sha256(Array(key.revealed.utf8)), token: token)
        let isGood = tokens.withLockedValue { tokens in
            if let known = tokens[place], known.until >= now { return known.request == request }
            if tokens.count >= mostTokens { tokens = tokens.filter { $0.value.until >= now } }
            guard tokens.count < mostTokens else { return false }
            tokens[place] = (at + window, request)
            return true
        }
        guard isGood else { throw .used }
    }
}
