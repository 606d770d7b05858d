/// What an endpoint answered. A redirect is an answer like any other: it is not followed.
package struct WebhookAnswer: Hashable, Sendable {
    package let status: Int
    /// How long the endpoint wants to be left alone, from now; at most ``RetryAfter/most``.
    package let retryAfter: Duration?
    /// From the look-up of the name to the end of the answer.
    package let latency: Duration
    /// The beginning of the body, of at most ``textBytes`` bytes: UTF-8 with � for what is none and for control
    /// characters other than line ends and tabs.
    package let text: String
    /// Whether the body came to its end: false where it was too long, broke off or took too long. The status stands.
    package let isWhole: Bool

    /// Bytes of an answer that are kept for the log.
    package static let textBytes = 1_024
    /// Bytes of an answer, its head with it, after which the connection is dropped.
    package static let mostBytes = 64 << 10

    /// Whether the endpoint took the webhook (2xx).
    package var isSuccess: Bool { (200..<300).contains(status) }

    /// Repairs the beginning of a body, which has up to three bytes more than are shown: enough to see whether a
    /// character is cut.
    static func text(_ bytes: [UInt8]) -> String {
        var end = min(bytes.count, textBytes)
        if bytes.count > end {
            // Back to where the character begins that would be cut.
            var start = end
            while start > end - 3, bytes[start] & 0xC0 == 0x80 { start -= 1 }
            if bytes[start] & 0xC0 == 0xC0 { end = start }
        }
        let text = String(decoding: bytes[..<end], as: UTF8.self)
        var repaired = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && !"\r\n\t".unicodeScalars.contains(scalar)
            repaired.append(isControl ? "\u{FFFD}" : scalar)
        }
        return String(repaired)
    }
}
