/// The host of an address, in the one spelling in which hosts are compared.
enum HostName {
    /// DNS carries no longer name (RFC 1035, 2.3.4).
    static let longest = 253

    /// Lower case, internationalised labels in their ASCII form, without one trailing dot; an IPv6 address with its
    /// brackets. Nil where a browser could not ask for it: forbidden characters, empty labels, too long.
    static func canonical(_ written: ArraySlice<UInt8>) -> String? {
        // An escape takes three bytes for one, a character of an internationalised name up to twelve.
        guard !written.isEmpty, written.count <= 4_096 else { return nil }
        if written.first == UInt8(ascii: "[") { return address(written) }
        var bytes = WrittenText.decoded(written)
        if bytes.contains(where: { $0 >= 0x80 }) {
            guard let ascii = asciiForm(bytes) else { return nil }
            bytes = ascii
        }
        for index in bytes.indices { bytes[index] = WrittenText.lowerCased(bytes[index]) }
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard (1...longest).contains(bytes.count), bytes.allSatisfy(isAllowed) else { return nil }
        var previous = UInt8(ascii: ".")
        for byte in bytes {
            if byte == UInt8(ascii: "."), previous == byte { return nil }
            previous = byte
        }
        return previous == UInt8(ascii: ".") ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static func address(_ written: ArraySlice<UInt8>) -> String? {
        guard written.count <= 64, written.last == UInt8(ascii: "]") else { return nil }
        let inner = written.dropFirst().dropLast()
        guard inner.contains(UInt8(ascii: ":")),
            inner.allSatisfy({ WrittenText.hex($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
        else { return nil }
        return String(decoding: written.map(WrittenText.lowerCased), as: UTF8.self)
    }

    /// Full-width letters and the other full stops are what browsers take them for (UTS #46); other mappings are
    /// left to the browsers, which send the ASCII form anyway.
    private static func asciiForm(_ bytes: [UInt8]) -> [UInt8]? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var labels: [[Unicode.Scalar]] = [[]]
        for scalar in text.lowercased().unicodeScalars {
            switch scalar.value {
            case 0x2E, 0x3002, 0xFF0E, 0xFF61: labels.append([])
            case 0xFF01...0xFF5E:
                guard let plain = Unicode.Scalar(scalar.value - 0xFEE0) else { return nil }
                labels[labels.count - 1].append(plain)
            // Invisible characters, which would make two hosts look like one.
            case 0x80...0xA0, 0xAD, 0x200B...0x200F, 0x2028...0x202F, 0x2060...0x206F, 0x3000, 0xFEFF, 0xFFFD:
                return nil
            default: labels[labels.count - 1].append(scalar)
            }
        }
        var result: [UInt8] = []
        for (index, label) in labels.enumerated() {
            if index > 0 { result.append(UInt8(ascii: ".")) }
            if label.allSatisfy(\.isASCII) {
                result += label.map { UInt8(truncatingIfNeeded: $0.value) }
            } else if let ascii = Punycode.label(label) {
                result += ascii.utf8
            } else {
                return nil
            }
        }
        return result
    }

    /// Letters, digits, hyphen and dot; the underscore is in the names of Android packages and of old hosts.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        WrittenText.isLetter(byte) || WrittenText.isDigit(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }
}
