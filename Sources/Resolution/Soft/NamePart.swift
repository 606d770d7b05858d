/// A given name or a surname as it is compared: letters alone, and what follows from them.
struct NamePart: Sendable {
    /// All letters in one word, without apostrophes and hyphens: `deluca`, `mariarosa`.
    let full: Spelling
    let fullHash: UInt64
    let letters: UInt32
    /// Without particles.
    let bareHash: UInt64
    let soundHash: UInt64
    /// For blocking, see ``ItalianSound/Key/skeleton``; without particles.
    let skeleton: UInt64
    /// Of three letters and more that are no particles.
    let longWords: Words
    let hasOneWord: Bool
    /// Of the first word, and of all in one; see ``Nicknames``.
    let roots: Nicknames.Roots
    /// A single letter.
    let isInitial: Bool

    /// The longest part that is compared, in bytes.
    static let longest = 40

    /// Takes the words with these numbers; nil without any.
    init?(_ words: NameWords, _ numbers: Range<Int>) {
        guard !numbers.isEmpty else { return nil }
        var full = Spelling()
        var bare = Spelling()
        var longWords = Words()
        for word in words.words[numbers] {
            let isParticle = word.role == .particle
            for place in word.bytes {
                if full.count < Self.longest { full.append(words.letters[place]) }
                if !isParticle, bare.count < Self.longest { bare.append(words.letters[place]) }
            }
            if !isParticle, word.bytes.count >= 3 { longWords.append(word.hash) }
        }
        self.full = full
        fullHash = full.hash
        letters = full.letters
        self.longWords = longWords
        hasOneWord = numbers.count == 1
        isInitial = full.count == 1
        let key = ItalianSound.key(full)
        soundHash = key.sound
        if bare.isEmpty || bare.count == full.count {
            bareHash = fullHash
            skeleton = key.skeleton
        } else {
            bareHash = bare.hash
            skeleton = ItalianSound.key(bare).skeleton
        }
        var roots = Nicknames.roots(of: words.words[numbers.lowerBound].hash)
        if !hasOneWord { roots.formUnion(Nicknames.roots(of: fullHash)) }
        self.roots = roots
    }

    /// How near two parts are.
    func likeness(to other: NamePart) -> NameLevel {
        if fullHash == other.fullHash { return .exact }
        if isInitial || other.isInitial { return full[0] == other.full[0] ? .initial : .clash }
        if bareHash == other.bareHash || sharesWord(other) { return .partial }
        if roots.meet(other.roots) { return .nickname }
        if soundHash == other.soundHash { return .sound }
        if full.count >= 4, full.count == other.full.count, differsInEnding(other) { return .ending }
        if min(full.count, other.full.count) >= 4, Likeness.mayBeOneEdit(letters, other.letters),
            Likeness.isOneEdit(full, other.full)
        {
            return .near
        }
        guard Likeness.mayReach(7_600, full, letters, other.full, other.letters) else { return .clash }
        let alike = Likeness.jaroWinkler(full, other.full)
        if alike >= 9_200 { return .near }
        if alike >= 8_800 { return .similar }
        return alike >= 7_600 ? .faint : .clash
    }

    /// One word in common, where one of the two has several: the second name left out, or one of two surnames.
    private func sharesWord(_ other: NamePart) -> Bool {
        if !hasOneWord || !other.hasOneWord, longWords.meet(other.longWords) { return true }
        return Self.begins(full, with: other.full) || Self.begins(other.full, with: full)
    }

    /// `mariarosa` begins with `maria`: a double name in one word.
    private static func begins(_ long: Spelling, with short: Spelling) -> Bool {
        short.count >= 4 && long.count >= short.count + 3 && long.starts(with: short)
    }

    /// `mario` and `maria`, `francesco` and `francesca`: as a rule two persons, though they look alike.
    private func differsInEnding(_ other: NamePart) -> Bool {
        let end = full.count - 1
        guard ItalianSound.isVowel(full[end]), ItalianSound.isVowel(other.full[end]) else { return false }
        for place in 0..<end where full[place] != other.full[place] { return false }
        return true
    }
}
