/// The words of a name, in one array of letters: what ``NameReading`` cuts in two.
struct NameWords {
    struct Word {
        /// Where its letters stand.
        let bytes: Range<Int>
        let hash: UInt64
        let role: Particles.Role
        /// Belongs to the word before, which is a particle.
        let isJoined: Bool
    }

    private(set) var letters: [UInt8] = []
    private(set) var words: [Word] = []

    /// The most words that are read of either side of a comma.
    private static let most = 8

    init(capacity: Int) { letters.reserveCapacity(capacity) }

    /// Reads words, a particle with the word it belongs to; whatever is no letter falls away.
    mutating func append(_ text: Substring.UTF8View) {
        var chunks = 0
        var isInChunk = false
        var isJoined = false
        var start = letters.count
        var hash = SpellingHash()
        for byte in text {
            guard !Self.isBreak(byte) else {
                isInChunk = false
                isJoined = end(start, hash, isJoined)
                (start, hash) = (letters.count, SpellingHash())
                continue
            }
            if !isInChunk {
                guard chunks < Self.most else { return }
                chunks += 1
                isInChunk = true
            }
            guard Self.isLetter(byte), letters.count - start < NamePart.longest else { continue }
            letters.append(byte)
            hash.add(byte)
        }
        _ = end(start, hash, isJoined)
    }

    /// Ends the word that begins at a place, if any; returns whether the next word belongs to the last one.
    private mutating func end(_ start: Int, _ hash: SpellingHash, _ isJoined: Bool) -> Bool {
        guard letters.count > start else { return isJoined }
        let role = Particles.role(of: hash.value)
        words.append(Word(bytes: start..<letters.count, hash: hash.value, role: role, isJoined: isJoined))
        return role != .none
    }

    /// Of several words in one.
    func hash(_ numbers: Range<Int>) -> UInt64 {
        if numbers.count == 1 { return words[numbers.lowerBound].hash }
        var hash = SpellingHash()
        for word in words[numbers] { for place in word.bytes { hash.add(letters[place]) } }
        return hash.value
    }

    private static func isBreak(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
    }

    /// Letters of any script; digits and signs are no part of a name.
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || byte >= 0x80 }
}
