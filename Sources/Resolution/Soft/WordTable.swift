/// Words that are known beforehand and what is known of each, found by their ``SpellingHash`` alone.
///
/// A record is read by some dozens of such look-ups; a dictionary of texts, which hashes them anew and guards against
/// chosen keys, took a third of that time. The words here are the program's own or a model's.
struct WordTable<Value: Sendable>: Sendable {
    private var hashes: [UInt64]
    private var values: [Value]
    /// The number of places less one; a power of two, at most half of them taken.
    private let mask: Int
    private let absent: Value

    init(_ known: some Collection<(key: UInt64, value: Value)>, absent: Value) {
        var size = 4
        while size < 2 * known.count { size *= 2 }
        mask = size - 1
        hashes = [UInt64](repeating: 0, count: size)
        values = [Value](repeating: absent, count: size)
        self.absent = absent
        for (key, value) in known {
            let place = place(of: key)
            hashes[place] = key
            values[place] = value
        }
    }

    /// What is known of a word, or else what is said of words that are not.
    subscript(hash: UInt64) -> Value { values[place(of: hash)] }

    /// Where the word stands, or would. A hash of 0, which no known word has, finds an empty place.
    private func place(of hash: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: hash) & mask
        while hashes[place] != 0, hashes[place] != hash { place = (place + 1) & mask }
        return place
    }
}
