/// Text as addresses write it, read and made fit to be shown and stored.
enum WrittenText {
    /// The bytes that `%XX` stand for, once; what is no such escape stays as it is written.
    static func decoded(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < bytes.endIndex, let high = hex(bytes[index + 1]),
                let low = hex(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
                index += 1
            }
        }
        return result
    }

    /// A text of these bytes, repaired where they are not UTF-8, U+0000 (which PostgreSQL cannot hold) replaced.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }

    /// One line of at most `limit` bytes of UTF-8, without space around it and without characters that control a
    /// terminal, break a line or turn the direction of what follows. Nil where nothing is left.
    static func line(_ text: String, limit: Int = 200) -> String? {
        if !text.isEmpty, text.utf8.count <= limit, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return text }
        var result = String.UnicodeScalarView()
        var count = 0, pending = String.UnicodeScalarView()
        // What is dropped is bounded too: a value of control characters alone is none.
        for scalar in text.unicodeScalars.prefix(limit * 4) where !isControl(scalar) {
            count += UTF8.width(scalar)
            guard count <= limit else { break }
            if scalar.properties.isWhitespace {
                if result.isEmpty { count -= UTF8.width(scalar) } else { pending.append(scalar) }
            } else {
                result.append(contentsOf: pending)
                pending = String.UnicodeScalarView()
                result.append(scalar)
            }
        }
        return result.isEmpty ? nil : String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: true
        default: false
        }
    }

    static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    static func lowerCased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension UTF8 {
    /// How many bytes a scalar takes.
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case ..<0x80: 1
        case ..<0x800: 2
        case ..<0x1_0000: 3
        default: 4
        }
    }
}
