internal import Contact

/// Text from bytes that may lie about their charset.
enum Charset {
    /// What was read, and `charset_guessed` where the label was of no use.
    struct Reading {
        var text: String
        var flags: Set<String> = []
    }

    /// In this order: UTF-8 where the bytes are and hold anything beyond ASCII (nothing else looks like it by chance); the
    /// label; Windows-1252, which is what mislabelled western text is. Never fails.
    static func read(_ bytes: [UInt8], label: String?) -> Reading {
        var bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        let label = (label ?? "").lowercased().filter { !$0.isWhitespace && $0 != "\"" }
        let isWide = label.hasPrefix("utf-16") || label.hasPrefix("utf-32") || label.hasPrefix("ucs-")
        let isEscaped = label.hasPrefix("iso-2022") || label.hasPrefix("hz") || label.hasPrefix("utf-7")
        if !isWide, !isEscaped, String(validating: bytes, as: UTF8.self) != nil {
            return stored(bytes, flags: [])
        }
        switch label {
        case "", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "x-unknown", "default", "iso-8859-1",
            "windows-1252", "cp1252", "latin1", "ansi":
            let isDeclared = ["iso-8859-1", "windows-1252", "cp1252", "latin1"].contains(label)
            // Nearly all of it UTF-8: some damaged bytes, not another charset.
            if label.hasPrefix("utf"), isMostlyUTF8(bytes) { return stored(bytes, flags: []) }
            return stored(Windows1252.utf8(bytes), flags: isDeclared ? [] : ["charset_guessed"])
        default:
            if let text = GMime.utf8(bytes, charset: label) { return stored(text, flags: []) }
            if String(validating: bytes, as: UTF8.self) != nil { return stored(bytes, flags: ["charset_guessed"]) }
            return stored(Windows1252.utf8(bytes), flags: ["charset_guessed"])
        }
    }

    private static func stored(_ bytes: [UInt8], flags: Set<String>) -> Reading {
        let (text, repairs) = Text.repaired(bytes)
        var reading = Reading(text: text, flags: flags)
        if repairs.contains(.utf8) { reading.flags.insert("utf8_repaired") }
        if repairs.contains(.nul) { reading.flags.insert("nul_replaced") }
        return reading
    }

    /// Well-formed sequences beyond ASCII, which stand in other text by chance alone, and not many stray bytes for each.
    private static func isMostlyUTF8(_ bytes: [UInt8]) -> Bool {
        var good = 0
        var place = 0
        var beyond = 0
        while place < bytes.count {
            let byte = bytes[place]
            let length = byte < 0x80 ? 1 : byte < 0xC2 ? 0 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 0
            if length > 1, place + length <= bytes.count,
                bytes[place + 1..<place + length].allSatisfy({ $0 & 0xC0 == 0x80 })
            {
                good += 1
                place += length
            } else {
                if byte >= 0x80 { beyond += 1 }
                place += 1
            }
        }
        return good > 0 && good * 4 >= beyond
    }
}

/// Windows-1252, of which ISO 8859-1 is a part in all mail that is written.
enum Windows1252 {
    static func utf8(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                output.append(byte)
            } else {
                let scalar = byte < 0xA0 ? high[Int(byte - 0x80)] : UInt16(byte)
                if scalar < 0x800 {
                    output += [UInt8(0xC0 | scalar >> 6), UInt8(0x80 | scalar & 0x3F)]
                } else {
                    output += [
                        UInt8(0xE0 | scalar >> 12), UInt8(0x80 | scalar >> 6 & 0x3F), UInt8(0x80 | scalar & 0x3F),
                    ]
                }
            }
        }
        return output
    }

    /// 0x80 to 0x9F; the five that are not assigned become U+FFFD.
    static let high: [UInt16] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
        0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0xFFFD, 0x017E, 0x0178,
    ]
}
