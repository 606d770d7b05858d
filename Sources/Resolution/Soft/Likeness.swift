/// How alike two short spellings are, on bytes and in integers: the same answer on every machine, either way round.
enum Likeness {
    /// The longest spelling that is compared; what follows is not looked at.
    static let longest = 64

    /// Which letters a spelling has, a bit each; bytes beyond a to z share the other bits.
    static func letters(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0) { $0 | 1 << UInt32($1 >= 0x61 && $1 <= 0x7A ? $1 - 0x61 : 26 + $1 % 6) }
    }

    /// Whether Jaro–Winkler may reach a value, by the letters alone: nearly all strangers are told apart by this.
    static func mayReach(
        _ least: Int, _ a: [UInt8], _ aLetters: UInt32, _ b: [UInt8], _ bLetters: UInt32
    ) -> Bool {
        guard !a.isEmpty, !b.isEmpty, a.count <= longest, b.count <= longest else { return true }
        // A letter that the other has not is paired with none.
        let common = min(
            a.count - (aLetters & ~bLetters).nonzeroBitCount, b.count - (bLetters & ~aLetters).nonzeroBitCount)
        guard common > 0 else { return false }
        let jaro = (10_000 * common / a.count + 10_000 * common / b.count + 10_000) / 3 + 1
        // The most that a common beginning adds.
        let prefix = a[0] != b[0] ? 0 : min(4, common)
        return jaro + prefix * (10_000 - min(jaro, 10_000)) / 10 >= least
    }

    /// Jaro–Winkler (Winkler 1990: up to four common first letters, a tenth of the rest for each) in ten-thousandths.
    static func jaroWinkler(_ a: [UInt8], _ b: [UInt8]) -> Int {
        // Which letters are paired depends on which side one begins with, so the side is a rule.
        a.count < b.count || (a.count == b.count && a.lexicographicallyPrecedes(b)) ? ordered(a, b) : ordered(b, a)
    }

    private static func ordered(_ short: [UInt8], _ long: [UInt8]) -> Int {
        let lengths = (min(short.count, longest), min(long.count, longest))
        guard lengths.0 > 0 else { return lengths.1 == 0 ? 10_000 : 0 }
        let reach = max(0, lengths.1 / 2 - 1)
        var inShort: UInt64 = 0
        var inLong: UInt64 = 0
        for place in 0..<lengths.0 {
            let letter = short[place]
            var other = max(0, place - reach)
            let end = min(lengths.1, place + reach + 1)
            while other < end {
                if inLong & (1 << UInt64(other)) == 0, long[other] == letter {
                    inShort |= 1 << UInt64(place)
                    inLong |= 1 << UInt64(other)
                    break
                }
                other += 1
            }
        }
        let common = inShort.nonzeroBitCount
        guard common > 0 else { return 0 }
        var moved = 0
        var (left, right) = (inShort, inLong)
        while left != 0 {
            if short[left.trailingZeroBitCount] != long[right.trailingZeroBitCount] { moved += 1 }
            left &= left - 1
            right &= right - 1
        }
        let jaro =
            (10_000 * common / lengths.0 + 10_000 * common / lengths.1
                + 10_000 * (2 * common - moved) / (2 * common)) / 3
        var prefix = 0
        while prefix < min(4, lengths.0), short[prefix] == long[prefix] { prefix += 1 }
        return jaro + prefix * (10_000 - jaro) / 10
    }

    /// Whether one letter was left out, put in or replaced, or two neighbours changed places; false for equals.
    static func isOneEdit(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        let (short, long) = a.count <= b.count ? (a, b) : (b, a)
        guard long.count - short.count <= 1 else { return false }
        var start = 0
        while start < short.count, short[start] == long[start] { start += 1 }
        var tail = 0
        while tail < short.count - start, short[short.count - 1 - tail] == long[long.count - 1 - tail] { tail += 1 }
        let rest = (short.count - start - tail, long.count - start - tail)
        switch rest {
        case (0, 1), (1, 1): return true
        case (2, 2): return short[start] == long[start + 1] && short[start + 1] == long[start]
        default: return false
        }
    }

    /// Whether at most two such edits lead from one to the other (optimal string alignment).
    static func isTwoEdits(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard abs(a.count - b.count) <= 2, a.count <= longest, b.count <= longest else { return false }
        let far = 3
        var before: [Int] = []
        var last = (0...b.count).map { min($0, far) }
        var i = 1
        while i <= a.count {
            var row = [Int](repeating: far, count: b.count + 1)
            if i <= 2 { row[0] = i }
            var j = max(1, i - 2)
            while j <= min(b.count, i + 2) {
                var best = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                best = min(best, last[j] + 1, row[j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, before[j - 2] + 1) }
                row[j] = min(best, far)
                j += 1
            }
            before = last
            last = row
            i += 1
        }
        return last[b.count] <= 2
    }

    /// FNV-1a, 64 bits, and a last mixing: what two spellings are compared by where only equality counts, and what
    /// blocking keys are made of. Stable for ever.
    static func hash(_ bytes: some Sequence<UInt8>, seed: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        var state = seed
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        state = (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return state ^ (state >> 29)
    }
}
