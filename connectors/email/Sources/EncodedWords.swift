/// Encoded words (RFC 2047) as gmime reads them rightly.
///
/// gmime takes a run of words in base64 for one stream, for the sake of programs that cut a character in two, and loses
/// what comes after a word that ends in `=`, as every word may. Quoted-printable has no end: spelt in it, the same bytes
/// come out whole.
enum EncodedWords {
    private static let open = Array("=?".utf8)
    private static let close = Array("?=".utf8)

    /// The text with its base64 words in quoted-printable; all else as it was.
    static func requoted(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var place = 0
        while place < text.count {
            if text[place] == open[0], let (word, end) = word(text, at: place) {
                result += word
                place = end
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return result
    }

    /// The word that begins here, spelt anew where it is base64, and where it ends; nil where none does. A word is passed
    /// over whole: the `=` that ends one begins no other.
    private static func word(_ text: [UInt8], at start: Int) -> (word: [UInt8], end: Int)? {
        guard text[start...].starts(with: open) else { return nil }
        // RFC 2047 has words of 75 bytes; what programs write is longer, and no charset's name is.
        let names = text[(start + 2)...].prefix(64)
        guard let mark = names.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "=") }),
            mark + 2 < text.count, text[mark] == UInt8(ascii: "?"), text[mark + 2] == UInt8(ascii: "?"),
            let end = text[(mark + 3)...].firstIndex(of: UInt8(ascii: "?")), text[end...].starts(with: close)
        else { return nil }
        let written = text[(mark + 3)..<end]
        switch text[mark + 1] | 0x20 {
        case UInt8(ascii: "q") where !written.contains { $0 <= 0x20 }:
            return (Array(text[start..<(end + 2)]), end + 2)
        case UInt8(ascii: "b"):
            guard let bytes = decoded(written) else { return nil }
            var word = Array(text[start..<mark]) + Array("?Q?".utf8)
            for byte in bytes {
                word.append(UInt8(ascii: "="))
                word += [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x37 + $0 }
            }
            return (word + close, end + 2)
        default: return nil
        }
    }

    /// nil for what is not base64.
    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for letter in text {
            let value: UInt8
            switch letter {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = letter - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = letter - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = letter - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="): continue
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
