/// What is promised of a measurement, printed beside it; nothing fails over it.
enum Promise {
    /// `1.07 (at most 1.2: within)`.
    static func told(_ ratio: Double, atMost bound: Double, digits: Int = 2) -> String {
        let isKept = ratio <= bound
        return "\(Spread.rounded(ratio, digits: digits)) (at most \(text(bound)): \(isKept ? "within" : "BEYOND"))"
    }

    /// `0.9871 (at least 0.98: within)`.
    static func told(_ value: Double, atLeast bound: Double, digits: Int = 4) -> String {
        // As it is printed: a bound of four places holds for four places.
        let isKept = Spread.rounded(value, digits: digits) >= Spread.rounded(bound, digits: digits)
        return
            "\(Spread.rounded(value, digits: digits)) (at least \(text(bound)): \(isKept ? "within" : "BEYOND"))"
    }

    private static func text(_ bound: Double) -> String {
        bound == bound.rounded() ? Spread.rounded(bound, digits: 0) : "\(bound)"
    }
}

/// Times of one thing done often, in milliseconds.
struct Latencies {
    private(set) var sorted: [Double]

    init(_ milliseconds: [Double]) { sorted = milliseconds.sorted() }

    var count: Int { sorted.count }
    var median: Double { at(0.5) }
    var most: Double { sorted.last ?? 0 }

    /// The least that at least this share of them do not exceed.
    func at(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let rank = (share * Double(sorted.count)).rounded(.up)
        return sorted[min(sorted.count, max(1, Int(rank))) - 1]
    }

    static func text(_ milliseconds: Double) -> String {
        Spread.rounded(milliseconds, digits: milliseconds < 1 ? 3 : milliseconds < 100 ? 2 : 0) + " ms"
    }
}
