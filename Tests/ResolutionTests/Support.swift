import Contact

@testable import Resolution

/// SplitMix64: the same cases in every run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Parts that show a few values so often that they meet, chain and miss one another by a period.
func randomParts(_ random: inout Seeded, most: Int = 14) -> [Part] {
    let values = Int.random(in: 1...8, using: &random)
    // A kind either changes hands or does not, so a value has one gap wherever it is shown.
    let gaps = (0..<values).map { _ -> Int16? in [nil, 0, 1, 2].randomElement(using: &random) ?? nil }
    return (0..<Int.random(in: 0...most, using: &random)).map { _ in
        Part(
            (0..<Int.random(in: 0...3, using: &random)).map { _ in
                let value = Int.random(in: 0..<values, using: &random)
                return Showing(
                    value: HubID(high: 7, low: UInt64(value)), period: Int16.random(in: 4040...4054, using: &random),
                    gap: gaps[value])
            })
    }
}

/// The definition itself, without a thought for speed: two showings of one value belong to one holder if the kind
/// never changes hands, or if one can step from one to the other over showings of the value, none of the steps
/// leaving more than `gap` empty periods; and being one customer is the closure of that.
func bruteForce(_ parts: [Part]) -> [Int] {
    func isStep(_ a: Showing, _ b: Showing) -> Bool {
        guard a.value == b.value else { return false }
        guard let gap = a.gap else { return true }
        return abs(Int(a.period) - Int(b.period)) <= Int(gap) + 1
    }
    var group = Array(parts.indices)
    var isChanging = true
    while isChanging {
        isChanging = false
        for a in parts.indices {
            for b in parts.indices where group[a] != group[b] {
                let meets = parts[a].showings.contains { one in parts[b].showings.contains { isStep(one, $0) } }
                guard meets else { continue }
                let (low, high) = (min(group[a], group[b]), max(group[a], group[b]))
                for place in parts.indices where group[place] == high { group[place] = low }
                isChanging = true
            }
        }
    }
    return numbered(group)
}

/// Groups numbered by their first part.
func numbered(_ groups: [Int]) -> [Int] {
    var numbers: [Int: Int] = [:]
    return groups.map { group in
        let number = numbers[group] ?? numbers.count
        numbers[group] = number
        return number
    }
}
