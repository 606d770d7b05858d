extension SoftTraining {
    /// How common the values are, each record counted by its weight.
    static func frequencies(_ records: [SoftRecord], _ weights: [Double]) -> [String: SoftParameters.Frequencies] {
        var counts: [String: [String: Double]] = [:]
        func count(_ field: String, _ value: Spelling, _ weight: Double) {
            guard !value.isEmpty else { return }
            counts[field, default: [:]][value.text, default: 0] += weight
        }
        for (record, weight) in zip(records, weights) {
            let parts = SoftEntry.Parts(record)
            if let part = parts.name.given { count("given", part.full, weight) }
            if let part = parts.name.surname { count("surname", part.full, weight) }
            for line in parts.street.lines { count("street", line.name, weight) }
            count("city", parts.city, weight)
            count("postcode", parts.postcode, weight)
        }
        return counts.mapValues(Self.table)
    }

    private static func table(_ counts: [String: Double]) -> SoftParameters.Frequencies {
        // Sums in one order, so that they round alike.
        let ordered = counts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let whole = ordered.reduce(0) { $0 + $1.value }
        let scale = Double(SoftParameters.whole) / whole
        var collision = 0.0
        for (_, count) in ordered { collision += (count / whole) * max(0, count - 1) / max(1, whole - 1) }
        // One record more would have had it; never rarer than one in 100,000.
        let unseen = max(Int(scale / 2), 10_000)
        var shares: [String: Int] = [:]
        for (value, count) in ordered where count > 1.5 {
            shares[value] = min(max(Int((count * scale).rounded()), unseen), SoftParameters.whole)
        }
        return SoftParameters.Frequencies(
            shares: shares, unseen: unseen,
            collision: max(Int((collision * Double(SoftParameters.whole)).rounded()), unseen))
    }
}

/// SplitMix64, for pairs drawn the same on every machine.
struct SoftRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 up to, and without, `bound`.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}
