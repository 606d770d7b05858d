import Foundation

/// What has to know Unicode: composition, folding, internationalised domains, repair.
///
/// The only file of this module that imports full Foundation (FORMATS.md, Text).
package enum Text {
    /// What had to be changed in a text to make it storable.
    package struct Repairs: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Bytes that are not UTF-8, or half of a surrogate pair, became U+FFFD.
        package static let utf8 = Repairs(rawValue: 1)
        /// U+0000, which PostgreSQL cannot hold, became U+FFFD.
        package static let nul = Repairs(rawValue: 2)
    }

    /// The text in Unicode normalisation form C.
    package static func nfc(_ text: String) -> String {
        isASCII(text) ? text : text.precomposedStringWithCanonicalMapping
    }

    /// What PostgreSQL's text can hold: U+0000 replaced.
    package static func storable(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }

    package static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    /// Text from bytes of any origin, and what had to be repaired in them.
    package static func repaired(_ bytes: [UInt8]) -> (text: String, repairs: Repairs) {
        var repairs: Repairs = []
        let text: String
        if let exact = String(validating: bytes, as: UTF8.self) {
            text = exact
        } else {
            text = String(decoding: bytes, as: UTF8.self)
            repairs.insert(.utf8)
        }
        guard bytes.contains(0) else { return (text, repairs) }
        repairs.insert(.nul)
        return (String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })), repairs)
    }

    /// The form in which names, companies and places are compared: without case, diacritics, width and extra
    /// space, with one apostrophe; an apostrophe typed for an accent (`Nicolo'`) is left out.
    ///
    /// Its result is part of a facet's content, hence of ``CanonicalBytes/version``.
    package static func fold(_ text: String) -> String {
        guard !isASCII(text) else { return foldedASCII(Array(text.utf8)) }
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            // Before folding, which takes some of these for accents and drops them.
            case "\u{2018}", "\u{2019}", "\u{201B}", "\u{2032}", "\u{02B9}", "\u{02BC}", "\u{FF07}", "\u{00B4}",
                "\u{02BB}", "\u{055A}":
                plain.append("'")
            // Invisible: soft hyphen, zero-width space and joiners, byte order mark.
            case "\u{00AD}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{2060}", "\u{FEFF}": continue
            // Letters with a stroke and ligatures are letters of their own to Unicode; people type them plain.
            case "\u{0142}", "\u{0141}": plain.append("l")
            case "\u{00F8}", "\u{00D8}": plain.append("o")
            case "\u{0111}", "\u{0110}": plain.append("d")
            case "\u{0131}", "\u{0130}": plain.append("i")
            case "\u{00E6}", "\u{00C6}": plain.append(contentsOf: "ae".unicodeScalars)
            case "\u{0153}", "\u{0152}": plain.append(contentsOf: "oe".unicodeScalars)
            case _ where scalar.properties.isWhitespace: plain.append(" ")
            default: plain.append(scalar)
            }
        }
        let folded = String(plain).folding(
            options: [.diacriticInsensitive, .caseInsensitive, .widthInsensitive], locale: nil)
        return foldedASCII(Array(nfc(folded).utf8))
    }

    /// The last step of folding, on UTF-8: ASCII case, apostrophes, spaces. Other bytes stay as they are.
    private static func foldedASCII(_ bytes: [UInt8]) -> String {
        let apostrophe = UInt8(ascii: "'"), space = UInt8(ascii: " ")
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case 0x41...0x5A: result.append(byte | 0x20)
            case UInt8(ascii: "`"), apostrophe: result.append(apostrophe)
            case 0...0x20, 0x7F:
                dropAccentApostrophes(&result)
                if let last = result.last, last != space { result.append(space) }
            default: result.append(byte)
            }
        }
        dropAccentApostrophes(&result)
        if result.last == space { result.removeLast() }
        return String(decoding: result, as: UTF8.self)
    }

    /// `nicolo'` is `nicolò`; `d'angelo` keeps its apostrophe because no word ends there.
    private static func dropAccentApostrophes(_ word: inout [UInt8]) {
        while word.last == UInt8(ascii: "'") { word.removeLast() }
    }

    /// The A-label form of a domain, lower-case, or nil if it is none: at least two labels of letters, digits
    /// and hyphens, at most 253 bytes, not an address in numbers.
    package static func asciiDomain(_ text: String) -> String? {
        var name = text
        if name.hasSuffix(".") { name.removeLast() }
        if !isASCII(name) {
            // Only full Foundation maps (UTS #46) and encodes; what cannot be encoded comes back with `%` and
            // fails below. Characters that would end or escape the host must not reach it.
            guard name.utf8.allSatisfy({ $0 >= 0x80 || isLabelByte($0) || $0 == UInt8(ascii: ".") }) else { return nil }
            var parts = URLComponents()
            parts.scheme = "http"
            parts.host = name
            guard let host = parts.encodedHost, isASCII(host) else { return nil }
            name = host
        }
        let bytes = name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, bytes.count <= 253, labels.allSatisfy({ isLabel(Array($0)) }),
            let top = labels.last, top.contains(where: { !(0x30...0x39).contains($0) })
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isLabel(_ label: [UInt8]) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy(isLabelByte)
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
        default: false
        }
    }
}
