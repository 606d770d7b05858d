/// What a server says of itself or of a command: `OK [UIDNEXT 5] Predicted`.
package struct IMAPStatus: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case ok = "OK"
        case no = "NO"
        case bad = "BAD"
        case bye = "BYE"
        case preauth = "PREAUTH"
    }

    package let kind: Kind
    /// The response code's name, in capitals; empty where there is none.
    package let code: String
    /// What follows the code's name between the brackets.
    package let argument: String
    /// For people.
    package private(set) var text: String

    init(_ reader: inout IMAPScanner) throws(IMAPScanner.Unexpected) {
        guard let kind = Kind(rawValue: try reader.name()) else { throw IMAPScanner.Unexpected() }
        self.kind = kind
        reader.skipSpaces()
        var code = ""
        var argument = ""
        var ahead = reader
        // A bracket that does not close belongs to the text.
        if reader.byte == UInt8(ascii: "["), let inside = try? ahead.bracketed() {
            reader = ahead
            reader.skipSpaces()
            let parts = inside.split(separator: 0x20, maxSplits: 1)
            code = IMAPScanner.upper(parts.first ?? [])
            // CAPABILITY is the longest of them.
            argument = parts.count > 1 ? String(decoding: parts[1].prefix(8 << 10), as: UTF8.self) : ""
        }
        self.code = code
        self.argument = argument
        text = reader.rest()
    }

    /// The same with dots for what nobody may read: servers may repeat what they were told.
    func hiding(_ secrets: [String]) -> IMAPStatus {
        var status = self
        for secret in secrets {
            status.text = status.text.replacing(secret, with: "...")
            // Where the text was cut, it may end with the beginning of one.
            var tail = secret.prefix(status.text.count)
            while tail.count >= 8, !status.text.hasSuffix(tail) { tail.removeLast() }
            if tail.count >= 8 { status.text = String(status.text.dropLast(tail.count)) + "..." }
        }
        return status
    }

    /// The number that the code gives, if it gives one.
    package var number: UInt32? { UInt32(argument) }
}
