internal import Contact
internal import Crypto
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Whether Mailgun sent a request, and now: HMAC-SHA-256 under the account's signing key over timestamp and token.
///
/// The signature says nothing of the mail, so a request that was overheard could carry another one: each token is good for
/// one mail, as long as Mailgun may send a request again under its first timestamp. The same request may come twice, as when
/// our answer was lost: that is stored once. The tokens are remembered by this process alone.
enum MailgunSignature {
    enum Fault: Error { case missing, wrong, old, used }

    /// Mailgun sends again after 10, 10, 15, 30, 60, 120 and 240 minutes: 8 hours and 5 minutes, and some for the way.
    private static let longest: Int64 = (8 * 60 + 15) * 60 * 1_000_000
    /// How far Mailgun's clock may be ahead.
    private static let ahead: Int64 = 300 * 1_000_000
    /// Beyond it the oldest are forgotten.
    private static let mostTokens = 100_000

    /// The tokens that were used, each by its hash with that of the key.
    private struct Memory {
        private struct Use {
            let token: [UInt8]
            let until: Int64
        }

        private var requests: [[UInt8]: [UInt8]] = [:]
        /// In the order they came.
        private var uses = CircularBuffer<Use>()

        init() {}

        /// Whether a token was not used, or for the same mail.
        mutating func takes(_ token: [UInt8], for request: [UInt8], until: Int64, now: Int64) -> Bool {
            if let known = requests[token] { return known == request }
            while let oldest = uses.first, oldest.until < now || uses.count >= MailgunSignature.mostTokens {
                requests[oldest.token] = nil
                _ = uses.popFirst()
            }
            requests[token] = request
            uses.append(Use(token: token, until: until))
            return true
        }
    }

    private static let memory = NIOLockedValueBox(Memory())

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
        guard !isTooLarge, at.magnitude < 1 << 62, (now - longest...now + ahead).contains(at) else { throw .old }
        let place = Digest.sha256(Digest.sha256(Array(key.revealed.utf8)) + Array(token.utf8))
        let isGood = memory.withLockedValue { $0.takes(place, for: request, until: at + longest, now: now) }
        guard isGood else { throw .used }
    }
}
