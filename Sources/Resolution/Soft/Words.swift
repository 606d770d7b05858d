/// The hashes of a few words, in place: what two names or streets are asked whether they share one of.
struct Words: Sendable {
    private var hashes = InlineArray<6, UInt64>(repeating: 0)
    private(set) var count = 0

    /// What is beyond six words falls away.
    mutating func append(_ hash: UInt64) {
        guard count < 6 else { return }
        hashes[count] = hash
        count += 1
    }

    func meet(_ other: Words) -> Bool {
        for place in 0..<count {
            for otherPlace in 0..<other.count where hashes[place] == other.hashes[otherPlace] { return true }
        }
        return false
    }
}
