internal import Contact

/// A mailbox as LIST shows it (RFC 3501; RFC 6154 for what it is used for).
package struct IMAPMailbox: Hashable, Sendable {
    /// As people write it.
    package let name: String
    /// `\Sent`, `\Noselect`, …, in lower case.
    package let attributes: Set<String>
    package let delimiter: Character?

    init(_ reader: inout IMAPScanner) throws(IMAPScanner.Unexpected) {
        attributes = Set(try reader.words().map { $0.lowercased() })
        reader.skipSpaces()
        delimiter = try reader.string().flatMap { String(decoding: $0.bytes, as: UTF8.self).first }
        reader.skipSpaces()
        name = Self.name(try reader.bytes())
    }

    /// Whether it holds mail at all.
    var isSelectable: Bool { attributes.isDisjoint(with: ["\\noselect", "\\nonexistent"]) }

    /// INBOX is spelt anyhow; other names are not.
    static func isInbox(_ name: String) -> Bool { name.uppercased() == "INBOX" }

    static func name(_ wire: [UInt8]) -> String {
        let name = ModifiedUTF7.decoded(wire)
        return isInbox(name) ? "INBOX" : name
    }
}

/// How names of mailboxes are spelt in ASCII (RFC 3501, 5.1.3): `&` begins UTF-16 in base64 with `,` for `/`, `-` ends it.
package enum ModifiedUTF7 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)

    /// No name is longer, and no part of one: searching for ends that are not there takes time.
    private static let mostDecoded = 4 << 10
    private static let mostEncoded = 1_000

    /// What cannot be decoded stays as it is: a server that uses UTF-8 although nobody enabled it is understood.
    package static func decoded(_ wire: [UInt8]) -> String {
        guard wire.count <= mostDecoded else { return String(decoding: wire, as: UTF8.self) }
        var text = ""
        var plain: [UInt8] = []
        var place = 0
        while place < wire.count {
            guard wire[place] == UInt8(ascii: "&"),
                let end = wire[(place + 1)...].prefix(mostEncoded).firstIndex(of: UInt8(ascii: "-")),
                let units = end == place + 1 ? [0x26] : units(wire[(place + 1)..<end])
            else {
                plain.append(wire[place])
                place += 1
                continue
            }
            text += String(decoding: plain, as: UTF8.self) + String(decoding: units, as: UTF16.self)
            plain = []
            place = end + 1
        }
        return text + String(decoding: plain, as: UTF8.self)
    }

    package static func encoded(_ name: String) -> String {
        var output = ""
        var units: [UInt16] = []
        func flush() {
            guard !units.isEmpty else { return }
            output += "&" + base64(units) + "-"
            units = []
        }
        for scalar in name.unicodeScalars {
            guard (0x20...0x7E).contains(scalar.value) else {
                units += Array(String(scalar).utf16)
                continue
            }
            flush()
            output += scalar == "&" ? "&-" : String(scalar)
        }
        flush()
        return output
    }

    private static func units(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        var units: [UInt16] = []
        var (bits, count): (UInt32, Int) = (0, 0)
        for character in text {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0x3F_FFFF
            count += 6
            if count >= 16 {
                count -= 16
                units.append(UInt16(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // What is left over is padding: less than a digit, and zeros.
        guard count < 6, bits & (1 << UInt32(count) - 1) == 0 else { return nil }
        return units
    }

    private static func base64(_ units: [UInt16]) -> String {
        var output: [UInt8] = []
        var (bits, count): (UInt32, Int) = (0, 0)
        for unit in units {
            bits = (bits & 0x3F) << 16 | UInt32(unit)
            count += 16
            while count >= 6 {
                count -= 6
                output.append(alphabet[Int(bits >> UInt32(count) & 0x3F)])
            }
        }
        if count > 0 { output.append(alphabet[Int(bits << UInt32(6 - count) & 0x3F)]) }
        return String(decoding: output, as: UTF8.self)
    }
}
