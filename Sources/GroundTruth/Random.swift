/// SplitMix64: a stream of 64-bit numbers that depends on its seed alone, on any machine and in any release.
///
/// The standard library's generators and hashes are seeded per process, and libm differs between systems, so
/// everything here is integer arithmetic or an IEEE operation that is exactly rounded.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return scrambled(state)
    }
}

/// The finaliser of SplitMix64: one number, well mixed.
func scrambled(_ number: UInt64) -> UInt64 {
    var z = number
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}

/// A seed for a purpose of its own, so that drawing more in one place changes nothing in another.
func seed(_ base: UInt64, _ purpose: UInt64, _ index: Int) -> UInt64 {
    scrambled(scrambled(base &+ purpose &* 0x9E37_79B9_7F4A_7C15) &+ UInt64(bitPattern: Int64(index)))
}

extension SplitMix64 {
    /// 0 up to, and without, `bound`. The bias of the modulus is below 2⁻³² for every bound used here.
    mutating func below(_ bound: Int) -> Int {
        Int(next() % UInt64(max(bound, 1)))
    }

    /// Above 0, at most 1.
    mutating func unit() -> Double {
        Double((next() >> 11) + 1) * 0x1p-53
    }

    mutating func chance(_ probability: Double) -> Bool {
        unit() <= probability
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[below(choices.count)]
    }

    /// Waiting time until the next of events that come once in `mean`.
    mutating func exponential(mean: Double) -> Double {
        -naturalLogarithm(unit()) * mean
    }

    /// A heavy-tailed rate (Pareto, exponent 2) with the given mean, cut at 30 times the mean.
    mutating func heavyTailed(mean: Double) -> Double {
        min(mean / 2 / unit().squareRoot(), mean * 30)
    }
}

/// ln of a positive number by the series of atanh: the same bits everywhere, which libm does not promise.
func naturalLogarithm(_ x: Double) -> Double {
    let ratio = (x.significand - 1) / (x.significand + 1)
    let square = ratio * ratio
    var power = ratio
    var sum = 0.0
    for odd in stride(from: 1, through: 31, by: 2) {
        sum += power / Double(odd)
        power *= square
    }
    return 2 * sum + Double(x.exponent) * 0.693_147_180_559_945_309_417
}
