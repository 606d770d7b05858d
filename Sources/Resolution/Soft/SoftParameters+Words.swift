extension SoftParameters {
    /// What each level of a field counts in bits, as text; of levels whose values count by how rare they are, nothing.
    package func bits(of field: SoftField) -> [(level: String, bits: String)] {
        let levels = levels(field)
        return field.levels.dropFirst().enumerated().map { place, name in
            let isShare = place == 0 && [.given, .surname, .street, .locality].contains(field)
            let bits = Bits.log2(levels.m[place], over: levels.u[place])
            return (name, isShare ? "by rarity" : Self.tenths(bits))
        }
    }

    package var joinBits: String { Self.tenths(join) }
    package var reviewBits: String { Self.tenths(review) }

    private static func tenths(_ bits: Int) -> String {
        let tenths = (abs(bits) * 10 + Bits.one / 2) / Bits.one
        return "\(bits < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }
}
