/// A given name or a surname as it is compared: letters alone, and what follows from them.
struct NamePart: Sendable {
    /// Its words, without apostrophes and hyphens.
    let words: [[UInt8]]
    /// All letters in one word: `delucas`, `mariarosa`.
    let full: [UInt8]
    let fullHash: UInt64
    let letters: UInt32
    /// Without particles.
    let bareHash: UInt64
    let wordHashes: [UInt64]
    let soundHash: UInt64
    /// For blocking.
    let skeleton: UInt64
    /// Of the first word, see ``Nicknames``.
    let roots: [UInt16]
    /// A single letter.
    let isInitial: Bool

    /// The longest part that is compared, in bytes.
    static let longest = 40

    /// Nil without a letter.
    init?(words all: [[UInt8]]) {
        let words = all.filter { !$0.isEmpty }
        guard !words.isEmpty else { return nil }
        self.words = words
        full = Array(words.joined().prefix(Self.longest))
        fullHash = Likeness.hash(full)
        letters = Likeness.letters(full)
        let bare = words.filter { !Particles.isOne($0) }
        let core = bare.isEmpty ? full : Array(bare.joined().prefix(Self.longest))
        bareHash = Likeness.hash(core)
        wordHashes = words.filter { $0.count >= 3 && !Particles.isOne($0) }.map { Likeness.hash($0) }
        soundHash = Likeness.hash(ItalianSound.key(full))
        skeleton = Likeness.hash(ItalianSound.skeleton(core))
        var roots = Nicknames.roots(of: String(decoding: words[0], as: UTF8.self))
        if words.count > 1 { roots += Nicknames.roots(of: String(decoding: full, as: UTF8.self)) }
        self.roots = roots
        isInitial = full.count == 1
    }

    /// How near two parts are.
    func likeness(to other: NamePart) -> NameLevel {
        if fullHash == other.fullHash { return .exact }
        if isInitial || other.isInitial { return full[0] == other.full[0] ? .initial : .clash }
        if bareHash == other.bareHash || sharesWord(other) { return .partial }
        if !roots.isEmpty, roots.contains(where: other.roots.contains) { return .nickname }
        if soundHash == other.soundHash { return .sound }
        if full.count >= 4, full.count == other.full.count, differsInEnding(other) { return .ending }
        guard Likeness.mayReach(7_600, full, letters, other.full, other.letters) else {
            return min(full.count, other.full.count) >= 4 && Likeness.isOneEdit(full, other.full) ? .near : .clash
        }
        if min(full.count, other.full.count) >= 4, Likeness.isOneEdit(full, other.full) { return .near }
        let alike = Likeness.jaroWinkler(full, other.full)
        if alike >= 9_200 { return .near }
        if alike >= 8_800 { return .similar }
        return alike >= 7_600 ? .faint : .clash
    }

    /// One word in common, where one of the two has several: the second name left out, or one of two surnames.
    private func sharesWord(_ other: NamePart) -> Bool {
        guard words.count > 1 || other.words.count > 1 else { return beginsWith(other) || other.beginsWith(self) }
        return wordHashes.contains(where: other.wordHashes.contains) || beginsWith(other) || other.beginsWith(self)
    }

    /// `mariarosa` begins with `maria`: a double name in one word.
    private func beginsWith(_ other: NamePart) -> Bool {
        other.full.count >= 4 && full.count >= other.full.count + 3 && full.starts(with: other.full)
    }

    /// `mario` and `maria`, `francesco` and `francesca`: as a rule two persons, though they look alike.
    private func differsInEnding(_ other: NamePart) -> Bool {
        let end = full.count - 1
        return ItalianSound.isVowel(full[end]) && ItalianSound.isVowel(other.full[end])
            && full[..<end].elementsEqual(other.full[..<end])
    }
}
