internal import Glibc

/// An address of the Internet Protocol, of either version.
///
/// An IPv4 address written as IPv6 (`::ffff:a.b.c.d`, RFC 4291, 2.5.5.2) is the IPv4 address: that is where a connection
/// to it goes.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Version: Hashable, Sendable { case four, six }

    package let version: Version
    /// The address as a number; of IPv4 the lowest 32 bits.
    let bits: UInt128

    /// An IPv4 address, as a number.
    package init(v4 bits: UInt32) {
        version = .four
        self.bits = UInt128(bits)
    }

    /// An IPv6 address, as a number.
    package init(v6 bits: UInt128) {
        let isMapped = bits >> 32 == 0xFFFF
        version = isMapped ? .four : .six
        self.bits = isMapped ? bits & 0xFFFF_FFFF : bits
    }

    /// Reads the usual spelling only: four decimal numbers, or IPv6 (RFC 4291, 2.2) without brackets and zone.
    package init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        var six = in6_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            self.init(v4: UInt32(bigEndian: four.s_addr))
        } else if unsafe inet_pton(AF_INET6, text, &six) == 1 {
            self.init(six)
        } else {
            return nil
        }
    }

    init(_ address: in6_addr) {
        let bits = unsafe withUnsafeBytes(of: address) { bytes in
            unsafe bytes.reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
        }
        self.init(v6: bits)
    }

    package var description: String {
        switch version {
        case .four: (0..<4).map { String(bits >> (24 - 8 * UInt128($0)) & 0xFF) }.joined(separator: ".")
        case .six: sixText
        }
    }

    /// As RFC 5952 has it, which glibc writes.
    private var sixText: String {
        var bytes = bits.bigEndian
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        return unsafe withUnsafePointer(to: &bytes) { pointer in
            guard unsafe inet_ntop(AF_INET6, pointer, &text, socklen_t(text.count)) != nil else { return "" }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

/// All the addresses that begin with the same bits: `10.0.0.0/8` (RFC 4632, 3.1).
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    let first: IPAddress
    /// How many bits are the same.
    let length: Int

    /// Reads `ADDRESS/BITS`, or one address; nil where it is neither or the address has bits beyond.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let first = IPAddress(String(parts[0])) else { return nil }
        let whole = first.version == .four ? 32 : 128
        var length = whole
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), number <= whole
            else { return nil }
            length = number
        }
        self.init(first, length)
        // An address of a net, written for the net, is more likely a mistake than meant.
        guard first.bits & ~mask == 0 else { return nil }
    }

    init(_ first: IPAddress, _ length: Int) {
        self.first = first
        self.length = length
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.version == first.version && address.bits & mask == first.bits
    }

    package var description: String { "\(first)/\(length)" }

    private var mask: UInt128 {
        let whole = first.version == .four ? 32 : 128
        return (UInt128.max << UInt128(whole - length)) & (UInt128.max >> UInt128(128 - whole))
    }
}
