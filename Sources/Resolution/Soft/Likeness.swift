/// How alike two short spellings are, on bytes and in integers: the same answer on every machine, either way round.
enum Likeness {
    /// Whether Jaro–Winkler may reach a value, by the letters alone: nearly all strangers are told apart by this.
    static func mayReach(
        _ least: Int, _ a: Spelling, _ aLetters: UInt32, _ b: Spelling, _ bLetters: UInt32
    ) -> Bool {
        guard !a.isEmpty, !b.isEmpty else { return true }
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
    static func jaroWinkler(_ a: Spelling, _ b: Spelling) -> Int {
        // Which letters are paired depends on which side one begins with, so the side is a rule.
        a.count < b.count || (a.count == b.count && precedes(a, b)) ? ordered(a, b) : ordered(b, a)
    }

    private static func precedes(_ a: Spelling, _ b: Spelling) -> Bool {
        for place in 0..<a.count where a[place] != b[place] { return a[place] < b[place] }
        return false
    }

    private static func ordered(_ short: Spelling, _ long: Spelling) -> Int {
        let lengths = (short.count, long.count)
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

    /// Whether one edit may lead from one to the other, by the letters alone.
    static func mayBeOneEdit(_ a: UInt32, _ b: UInt32) -> Bool { (a ^ b).nonzeroBitCount <= 2 }

    /// Whether one letter was left out, put in or replaced, or two neighbours changed places; false for equals.
    static func isOneEdit(_ a: Spelling, _ b: Spelling) -> Bool {
        let (shorter, longer) = (min(a.count, b.count), max(a.count, b.count))
        guard longer - shorter <= 1 else { return false }
        var start = 0
        while start < shorter, a[start] == b[start] { start += 1 }
        var tail = 0
        while tail < shorter - start, a[a.count - 1 - tail] == b[b.count - 1 - tail] { tail += 1 }
        switch (shorter - start - tail, longer - start - tail) {
        case (0, 1), (1, 1): return true
        case (2, 2): return a[start] == b[start + 1] && a[start + 1] == b[start]
        default: return false
        }
    }

    /// Whether at most two such edits lead from one to the other (optimal string alignment).
    ///
    /// Only the five diagonals next to the middle can hold two edits or fewer, so a row of the table is five numbers.
    static func isTwoEdits(_ a: Spelling, _ b: Spelling) -> Bool {
        guard abs(a.count - b.count) <= 2 else { return false }
        let far = 3
        // The cell at place p of row i stands in column i + p - 2.
        var before = SIMD8<Int>(repeating: far)
        var last = SIMD8<Int>(far, far, 0, 1, 2, far, far, far)
        for i in 1..<max(1, a.count + 1) {
            var row = SIMD8<Int>(repeating: far)
            var least = far
            for p in 0..<5 {
                let j = i + p - 2
                guard j >= 0, j <= b.count else { continue }
                var best = min(last[p + 1] + 1, p > 0 ? row[p - 1] + 1 : far)
                if j > 0 {
                    best = min(best, last[p] + (a[i - 1] == b[j - 1] ? 0 : 1))
                    if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, before[p] + 1) }
                }
                row[p] = min(best, far)
                least = min(least, row[p])
            }
            // Two rows without a way are the end of all ways: a swap of neighbours reaches over one.
            let wasNear = last.min() < far
            guard least < far || wasNear else { return false }
            (before, last) = (last, row)
        }
        return last[b.count - a.count + 2] <= 2
    }
}
