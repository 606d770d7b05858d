/// A range of telephone numbers that are handed out one after the other, in an order that looks random.
struct PhonePlan: Sendable {
    let country: String
    /// Beginnings of the national number.
    let prefixes: [String]
    /// How many digits follow the prefix.
    let digits: Int

    static let italianMobile = PhonePlan(
        country: "39",
        prefixes: ["320", "328", "329", "333", "334", "335", "338", "339", "340", "345", "347", "348", "349", "366"],
        digits: 7)
    static let germanMobile = PhonePlan(country: "49", prefixes: ["1511", "1601", "1701"], digits: 7)
    static let frenchMobile = PhonePlan(country: "33", prefixes: ["61", "62", "66"], digits: 7)
    static let romanianMobile = PhonePlan(country: "40", prefixes: ["722", "744"], digits: 6)
    static let britishMobile = PhonePlan(country: "44", prefixes: ["7400", "7401"], digits: 6)

    static func fixed(_ prefix: String, digits: Int) -> PhonePlan {
        PhonePlan(country: "39", prefixes: [prefix], digits: digits)
    }

    /// The number with an ordinal: different for every ordinal below a seventh of the range. Numbers that look made up
    /// are never handed out: a reader rightly refuses them.
    func number(_ ordinal: Int) -> PhoneNumber {
        var range = prefixes.count
        for _ in 0..<digits { range *= 10 }
        for step in 0..<7 {
            let number = spelt(ordinal + step * (range / 7))
            if !Self.looksMadeUp(number.national) { return number }
        }
        return spelt(ordinal + 1)
    }

    /// Five digits in a row that are equal or count upwards or downwards.
    private static func looksMadeUp(_ national: String) -> Bool {
        let digits = national.utf8.map { Int($0) }
        for step in -1...1 {
            var run = 1
            for (earlier, later) in zip(digits, digits.dropFirst()) {
                run = later - earlier == step ? run + 1 : 1
                if run >= 5 { return true }
            }
        }
        return false
    }

    private func spelt(_ ordinal: Int) -> PhoneNumber {
        var range = prefixes.count
        for _ in 0..<digits { range *= 10 }
        // A prime beyond every range here, so that multiplying permutes it.
        let place = (ordinal % range) * 982_451_653 % range
        return PhoneNumber(
            country: country,
            national: prefixes[place % prefixes.count] + Calendar.digits(place / prefixes.count, digits))
    }
}

/// A telephone number, which is canonically `+` country national.
struct PhoneNumber: Hashable, Sendable {
    let country: String
    let national: String

    var canonical: String { "+\(country)\(national)" }
    /// Italian fixed lines begin with 0, which stays in the canonical spelling.
    var isFixedLine: Bool { country == "39" && national.hasPrefix("0") }
    var kind: String { isFixedLine ? "landline" : "phone" }

    /// One of the ways in which people type it.
    func typed(_ random: inout SplitMix64) -> String {
        let head = national.prefix(isFixedLine ? 2 : 3)
        let tail = national.dropFirst(head.count)
        switch random.below(country == "39" ? 8 : 5) {
        case 0: return canonical
        case 1: return "+\(country) \(head) \(tail)"
        case 2: return "00\(country)\(national)"
        case 3: return "00\(country) \(head) \(tail.prefix(3)) \(tail.dropFirst(3))"
        case 4: return "+\(country) \(head)-\(tail)"
        // A number without a country is one of the workspace's region, Italy.
        case 5: return national
        case 6: return "\(head)/\(tail)"
        default: return "\(head) \(tail.prefix(3)) \(tail.dropFirst(3))"
        }
    }
}
