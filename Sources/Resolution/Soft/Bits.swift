/// Evidence in 1,024ths of a bit. Integers, so that sums are exact: the same on every machine and in any order.
enum Bits {
    static let one = 1_024

    /// log2 of a positive whole number, by repeated squaring; of what is not positive, that of 1.
    static func log2(of number: Int) -> Int {
        guard number > 1 else { return 0 }
        let whole = Int.bitWidth - 1 - number.leadingZeroBitCount
        // The number as 1.x with 31 bits behind the point.
        var mantissa = whole > 31 ? UInt64(number) >> UInt64(whole - 31) : UInt64(number) << UInt64(31 - whole)
        var fraction = 0
        for _ in 0..<12 {
            mantissa = (mantissa * mantissa) >> 31
            fraction <<= 1
            if mantissa >= 1 << 32 {
                fraction |= 1
                mantissa >>= 1
            }
        }
        return whole * one + (fraction + 2) >> 2
    }

    /// log2 of a ratio of two positive whole numbers.
    static func log2(_ numerator: Int, over denominator: Int) -> Int { log2(of: numerator) - log2(of: denominator) }

    /// 2 to the power of so many bits. Square roots and products alone, which IEEE 754 rounds the same everywhere.
    static func odds(_ bits: Int) -> Double {
        guard bits > -62 * one else { return 0 }
        guard bits < 62 * one else { return Double(UInt64(1) << 62) }
        let whole = bits >> 10
        var odds = whole >= 0 ? Double(UInt64(1) << UInt64(whole)) : 1 / Double(UInt64(1) << UInt64(-whole))
        for (place, root) in roots.enumerated() where bits & (512 >> place) != 0 { odds *= root }
        return odds
    }

    /// 2^(1/2), 2^(1/4), … 2^(1/1024).
    private static let roots: [Double] = {
        var root = 2.0
        return (0..<10).map { _ in
            root = root.squareRoot()
            return root
        }
    }()
}
