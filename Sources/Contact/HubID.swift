/// An id of the hub: 128 bits, shown as a lower-case UUID, compared and sorted by its bytes as PostgreSQL does.
package struct HubID: Hashable, Comparable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A random id (RFC 9562, version 4).
    package static func random() -> HubID {
        var generator = SystemRandomNumberGenerator()
        return HubID(
            high: (generator.next() & ~0xF000) | 0x4000,
            low: (generator.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000)
    }

    package static func < (a: HubID, b: HubID) -> Bool {
        a.high == b.high ? a.low < b.low : a.high < b.high
    }

    package func hash(into hasher: inout Hasher) {
        // Content ids are the output of a keyed hash: half of one is as good as all of it.
        hasher.combine(high ^ low)
    }
}

extension HubID: CustomStringConvertible, LosslessStringConvertible {
    /// The 16 bytes, most significant first.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: high >> shift)) }
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: low >> shift)) }
        return bytes
    }

    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (place, byte) in bytes.enumerated() {
            if place == 4 || place == 6 || place == 8 || place == 10 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads `8-4-4-4-12` hexadecimal digits of either case; nil for anything else.
    package init?(_ text: String) {
        var nibbles: [UInt8] = []
        for (place, character) in text.utf8.enumerated() {
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(UnicodeScalar(character)).hexDigitValue else { return nil }
            nibbles.append(UInt8(digit))
        }
        guard nibbles.count == 32 else { return nil }
        high = nibbles[..<16].reduce(0) { $0 << 4 | UInt64($1) }
        low = nibbles[16...].reduce(0) { $0 << 4 | UInt64($1) }
    }
}
