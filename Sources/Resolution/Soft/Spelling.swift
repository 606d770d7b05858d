/// A spelling as it is compared: its first bytes, kept in place, so that neither reading it nor comparing it touches
/// the heap or counts a reference.
struct Spelling: Sendable {
    /// The longest spelling that is compared, in bytes; what follows is not looked at.
    static let longest = 64

    private(set) var bytes = InlineArray<64, UInt8>(repeating: 0)
    private(set) var count = 0

    init() {}

    init(_ bytes: some Sequence<UInt8>, longest: Int = Spelling.longest) {
        for byte in bytes {
            guard count < longest else { break }
            append(byte)
        }
    }

    /// What is beyond ``longest`` falls away.
    mutating func append(_ byte: UInt8) {
        guard count < Self.longest else { return }
        bytes[count] = byte
        count += 1
    }

    var isEmpty: Bool { count == 0 }

    subscript(place: Int) -> UInt8 { bytes[place] }

    /// Which letters it has, a bit each; bytes beyond a to z share the other bits.
    var letters: UInt32 {
        var letters: UInt32 = 0
        for place in 0..<count {
            let byte = bytes[place]
            letters |= 1 << UInt32(byte >= 0x61 && byte <= 0x7A ? byte - 0x61 : 26 + byte % 6)
        }
        return letters
    }

    /// ``SpellingHash`` of all of it.
    var hash: UInt64 {
        var hash = SpellingHash()
        for place in 0..<count { hash.add(bytes[place]) }
        return hash.value
    }

    func starts(with other: Spelling) -> Bool {
        guard count >= other.count else { return false }
        for place in 0..<other.count where bytes[place] != other.bytes[place] { return false }
        return true
    }

    /// As text; what was cut within a letter is repaired.
    var text: String { String(decoding: (0..<count).map { bytes[$0] }, as: UTF8.self) }
}

/// FNV-1a, 64 bits, and a last mixing: what two spellings are compared by where only equality counts, and what
/// blocking keys are made of. Stable for ever.
struct SpellingHash {
    private var state: UInt64

    init(seed: UInt64 = 0xCBF2_9CE4_8422_2325) { state = seed }

    mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }

    var value: UInt64 {
        let mixed = (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ (mixed >> 29)
    }

    static func of(_ bytes: some Sequence<UInt8>, seed: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        var hash = SpellingHash(seed: seed)
        for byte in bytes { hash.add(byte) }
        return hash.value
    }
}
