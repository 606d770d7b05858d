/// What goes wrong when somebody types what is true.
struct DirtyErrors {
    var random: SplitMix64
    /// Nothing goes wrong and nothing is left out but what anybody leaves out.
    let isClean: Bool

    init(_ random: SplitMix64, isClean: Bool) {
        self.random = random
        self.isClean = isClean
    }

    mutating func happens(_ probability: Double) -> Bool {
        let chance = random.chance(probability)
        return chance && !isClean
    }

    /// Left out; in a clean row half as often.
    mutating func missing(_ probability: Double, _ text: String) -> String {
        random.chance(isClean ? probability / 2 : probability) ? "" : text
    }

    /// Every tenth text with one slip of the fingers, every fiftieth with two.
    mutating func typed(_ text: String) -> String {
        var letters = Array(text)
        if happens(0.12) { slip(&letters, "abcdefghijklmnopqrstuvwxyz") }
        if happens(0.02) { slip(&letters, "abcdefghijklmnopqrstuvwxyz") }
        return String(letters)
    }

    mutating func number(_ text: String) -> String {
        var letters = Array(text)
        if happens(0.06) { slip(&letters, "0123456789") }
        return String(letters)
    }

    mutating func date(_ date: (year: Int, month: Int, day: Int)) -> String {
        var (year, month, day) = date
        if happens(0.01), day <= 12 { (month, day) = (day, month) }
        if happens(0.03) { day = 1 + random.below(28) }
        if happens(0.015) { month = 1 + random.below(12) }
        if happens(0.02) { year += [-10, -1, 1, 10][random.below(4)] }
        if happens(0.01) { (year, month, day) = (1930 + random.below(75), 1 + random.below(12), 1 + random.below(28)) }
        return "\(year)-\(Calendar.digits(month, 2))-\(Calendar.digits(day, 2))"
    }

    /// A letter put in, left out, hit wrong, or changed with its neighbour.
    private mutating func slip(_ letters: inout [Character], _ alphabet: String) {
        guard letters.count > 1 else { return }
        let place = random.below(letters.count)
        let letter = random.pick(Array(alphabet))
        switch random.below(4) {
        case 0: letters.insert(letter, at: place)
        case 1: letters.remove(at: place)
        case 2: letters[place] = letter
        default: if place > 0 { letters.swapAt(place - 1, place) }
        }
    }
}
