/// The addresses that are not for the public, and what they are.
///
/// Source: IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890 and its successors), with multicast and what was
/// withdrawn. Some of it says "globally reachable" there (192.88.99.0/24, parts of 192.0.0.0/24 and 2001::/23): it
/// leads through relays to addresses that cannot be judged here, or to no company's server.
enum SpecialAddresses {
    /// What an address is, if it is not public.
    static func name(of address: IPAddress) -> String? {
        if let row = table.first(where: { $0.range.contains(address) }) { return row.name }
        guard address.version == .six else { return nil }
        if let inner = carried(by: address) {
            return name(of: inner).map { "stands for \(inner), which \($0)" }
        }
        // All that was ever given out to the public (IANA, IPv6 Address Space).
        return AddressRange.six(0x2000, 0, 3).contains(address) ? nil : "is outside the public part of IPv6 (2000::/3)"
    }

    /// The networks that companies number themselves (RFC 1918, RFC 4193).
    static let privateNetworks: [AddressRange] = [
        .four(10, 0, 0, 8), .four(172, 16, 0, 12), .four(192, 168, 0, 16), .six(0xFC00, 0, 7),
    ]

    /// The IPv4 address that a gateway makes of an IPv6 one: NAT64 (RFC 6052, 2.1) and 6to4 (RFC 3056, 2).
    private static func carried(by address: IPAddress) -> IPAddress? {
        if AddressRange.six(0x0064, 0xFF9B, 96).contains(address) {
            return IPAddress(v4: UInt32(truncatingIfNeeded: address.bits))
        }
        if AddressRange.six(0x2002, 0, 16).contains(address) {
            return IPAddress(v4: UInt32(truncatingIfNeeded: address.bits >> 80))
        }
        return nil
    }

    private static let table: [(range: AddressRange, name: String)] = [
        (.four(0, 0, 0, 8), "means this machine (RFC 791)"),
        (.four(10, 0, 0, 8), "is private (RFC 1918)"),
        (.four(100, 64, 0, 10), "is shared by a provider's customers (RFC 6598)"),
        (.four(127, 0, 0, 8), "is this machine itself (RFC 1122)"),
        (.four(169, 254, 0, 16), "is of the local link (RFC 3927), where clouds keep credentials"),
        (.four(172, 16, 0, 12), "is private (RFC 1918)"),
        (.four(192, 0, 0, 24), "is for protocols (RFC 6890)"),
        (.four(192, 0, 2, 24), "is for documentation (RFC 5737)"),
        (.four(192, 88, 99, 24), "is a relay's (RFC 7526)"),
        (.four(192, 168, 0, 16), "is private (RFC 1918)"),
        (.four(198, 18, 0, 15), "is for measurements (RFC 2544)"),
        (.four(198, 51, 100, 24), "is for documentation (RFC 5737)"),
        (.four(203, 0, 113, 24), "is for documentation (RFC 5737)"),
        (.four(224, 0, 0, 4), "is for many machines at once (RFC 5771)"),
        (.four(240, 0, 0, 4), "is reserved (RFC 1112)"),
        (AddressRange(IPAddress(v6: 0), 128), "means this machine (RFC 4291)"),
        (AddressRange(IPAddress(v6: 1), 128), "is this machine itself (RFC 4291)"),
        (.six(0x0064, 0xFF9B, 0x0001, 48), "is translated to a private network (RFC 8215)"),
        (.six(0x0100, 0, 64), "is thrown away (RFC 6666)"),
        (.six(0x2001, 0, 23), "is for protocols, Teredo among them (RFC 2928, RFC 4380)"),
        (.six(0x2001, 0x0DB8, 32), "is for documentation (RFC 3849)"),
        (.six(0x3FFF, 0, 20), "is for documentation (RFC 9637)"),
        (.six(0x5F00, 0, 16), "is for segment routing (RFC 9602)"),
        (.six(0xFC00, 0, 7), "is private (RFC 4193)"),
        (.six(0xFE80, 0, 10), "is of the local link (RFC 4291)"),
        (.six(0xFEC0, 0, 10), "is private, of a kind withdrawn (RFC 3879)"),
        (.six(0xFF00, 0, 8), "is for many machines at once (RFC 4291)"),
    ]
}

extension AddressRange {
    /// From the first three numbers of an IPv4 address.
    fileprivate static func four(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ length: Int) -> AddressRange {
        AddressRange(IPAddress(v4: a << 24 | b << 16 | c << 8), length)
    }

    /// From the first groups of an IPv6 address.
    fileprivate static func six(_ a: UInt128, _ b: UInt128, _ c: UInt128, _ length: Int) -> AddressRange {
        AddressRange(IPAddress(v6: a << 112 | b << 96 | c << 80), length)
    }

    fileprivate static func six(_ a: UInt128, _ b: UInt128, _ length: Int) -> AddressRange { six(a, b, 0, length) }
}
