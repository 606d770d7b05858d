/// A street as it stands in one field: the names of up to two lines, and the house number.
struct StreetReading: Sendable {
    /// One line: what the street or hamlet is called, without the word for street, articles and numbers.
    struct Line: Sendable {
        let name: Spelling
        let hash: UInt64
        let letters: UInt32
        /// ``StreetWords/Meaning/kind`` of the word for street; 0 = none was written.
        let kind: UInt8
        /// Of four letters and more.
        let longWords: Words
        let lastWord: UInt64
    }

    struct Civic: Sendable {
        let number: Spelling
        let hash: UInt64
        /// What follows it: `b`, `bis`; a second number.
        let suffix: Spelling
        let suffixHash: UInt64

        init(number: Spelling, suffix: Spelling) {
            self.number = number
            hash = number.hash
            self.suffix = suffix
            suffixHash = suffix.hash
        }
    }

    private(set) var first: Line?
    /// Never without ``first``.
    private(set) var second: Line?
    private(set) var civic: Civic?

    var lines: [Line] { [first, second].compactMap(\.self) }

    /// The most lines and, of each, words that are read.
    private static let most = (lines: 8, words: 16)

    init(_ street: String) {
        guard !street.isEmpty else { return }
        var text = StreetText()
        var rest: [StreetText.Word] = []
        var segments = 0
        let bytes = street.utf8.prefix(SoftRecord.longest)
        var start = bytes.startIndex
        while start < bytes.endIndex, segments < Self.most.lines {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: ",")) ?? bytes.endIndex
            defer { start = end < bytes.endIndex ? bytes.index(after: end) : end }
            guard start < end else { continue }
            segments += 1
            var words = text.words(bytes[start..<end], most: Self.most.words)
            if civic == nil { civic = text.takeCivic(&words) }
            guard let line = text.line(words) else { continue }
            if first == nil {
                first = line
            } else if second == nil {
                second = line
            } else {
                rest += words
            }
        }
        // The third line and what follows belong to the second.
        guard !rest.isEmpty, let last = second else { return }
        rest.insert(text.word(last.name), at: 0)
        second = text.line(rest) ?? last
    }
}

extension StreetReading.Line {
    func likeness(to other: Self) -> StreetLevel {
        if hash == other.hash { return kind == other.kind || kind == 0 || other.kind == 0 ? .exact : .sameName }
        // `giuseppe garibaldi`, `g garibaldi`, `garibaldi`
        if lastWord == other.lastWord, longWords.count > 0, other.longWords.count > 0,
            longWords.count == 1 || other.longWords.count == 1
        {
            return .sameName
        }
        if min(name.count, other.name.count) >= 4, Likeness.mayBeOneEdit(letters, other.letters),
            Likeness.isOneEdit(name, other.name)
        {
            return .near
        }
        let alike =
            Likeness.mayReach(8_500, name, letters, other.name, other.letters)
            ? Likeness.jaroWinkler(name, other.name) : 0
        if alike >= 9_200 { return .near }
        return alike >= 8_500 || longWords.meet(other.longWords) ? .similar : .other
    }
}
