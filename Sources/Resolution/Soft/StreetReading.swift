/// A street as it stands in one field: the names of up to two lines, and the house number.
struct StreetReading: Sendable {
    /// One line: what the street or hamlet is called, without the word for street, articles and numbers.
    struct Line: Sendable {
        let name: [UInt8]
        let hash: UInt64
        let letters: UInt32
        /// ``StreetWords/kind(of:)`` of the word for street; 0 = none was written.
        let kind: UInt8
        /// Its words of four letters and more.
        let longWords: [UInt64]
        let lastWord: UInt64
        /// For blocking.
        let skeleton: UInt64
    }

    struct Civic: Equatable, Sendable {
        let number: [UInt8]
        /// What follows it: `b`, `bis`; a second number.
        let suffix: [UInt8]
    }

    let lines: [Line]
    let civic: Civic?

    init(_ street: String) {
        var lines: [Line] = []
        var civic: Civic?
        var rest: [[UInt8]] = []
        for segment in Array(street.utf8.prefix(SoftRecord.longest)).split(separator: UInt8(ascii: ",")).prefix(8) {
            var words = Self.words(segment)
            if civic == nil { civic = Self.takeCivic(&words) }
            guard let line = Self.line(words) else { continue }
            if lines.count < 2 { lines.append(line) } else { rest += words }
        }
        // The third line and what follows belong to the second.
        if !rest.isEmpty, let last = lines.last, let more = Self.line([last.name] + rest) { lines[1] = more }
        self.lines = lines
        self.civic = civic
    }

    /// Split at spaces and full stops; apostrophes separate (`dell'orto`), slashes and hyphens stay.
    private static func words(_ segment: ArraySlice<UInt8>) -> [[UInt8]] {
        // `p.zza`, `v.le`, `c.so`, `c.da`: abbreviations whose stop is within.
        var words: [[UInt8]] = []
        for chunk in segment.split(separator: UInt8(ascii: " ")).prefix(16) {
            let bare = Array(chunk.filter { $0 != UInt8(ascii: ".") })
            if StreetWords.kind(of: bare) != 0 || StreetWords.isNumberWord(bare) {
                words.append(bare)
                continue
            }
            words += chunk.split { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "'") }.map { Array($0) }
        }
        return words
    }

    private static func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }

    /// Takes the house number out: the first word of an English line, else the last number that is no date and no flat.
    private static func takeCivic(_ words: inout [[UInt8]]) -> Civic? {
        // Numbers within the house say nothing of the street: left out, with the word before them.
        var kept: [[UInt8]] = []
        var place = 0
        while place < words.count {
            if StreetWords.isInside(words[place]), place + 1 < words.count, words[place + 1].count <= 4 {
                place += 2
                continue
            }
            kept.append(words[place])
            place += 1
        }
        func isCivic(_ place: Int) -> Bool {
            guard isDigit(kept[place].first), kept[place].count <= 12 else { return false }
            guard place + 1 < kept.count else { return true }
            return !StreetWords.isMonth(kept[place + 1])
        }
        let found = kept.indices.first == 0 && isCivic(0) ? 0 : kept.indices.last(where: isCivic)
        guard let found else {
            words = kept.filter { !StreetWords.isNumberWord($0) }
            return nil
        }
        let word = kept.remove(at: found)
        let number = Array(word.prefix(while: isDigit).drop { $0 == 0x30 }.prefix(6))
        var suffix = Array(word.drop(while: isDigit).filter { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "-") })
        // `12 b`, `12 bis`
        if suffix.isEmpty, found > 0, found < kept.count, kept[found].count == 1 || StreetWords.isBis(kept[found]) {
            suffix = kept.remove(at: found)
        }
        words = kept.filter { !StreetWords.isNumberWord($0) }
        return Civic(number: number, suffix: Array(suffix.prefix(6)))
    }

    private static func line(_ all: [[UInt8]]) -> Line? {
        var words = all
        var kind: UInt8 = 0
        if words.count > 1 {
            // Italian begins with the word for street, English ends with it.
            if let first = words.first, StreetWords.leads(first) {
                kind = StreetWords.kind(of: first)
                words.removeFirst()
            } else if let last = words.last, StreetWords.kind(of: last) != 0 {
                kind = StreetWords.kind(of: last)
                words.removeLast()
            }
        } else if let only = words.first, let (stem, found) = StreetWords.stem(of: only) {
            (words, kind) = ([stem], found)
        }
        let telling = words.filter { !StreetWords.isArticle($0) }
        if !telling.isEmpty { words = telling }
        let name = Array(words.joined().prefix(Likeness.longest))
        guard let last = words.last, name.contains(where: { !isDigit($0) }) else { return nil }
        return Line(
            name: name, hash: Likeness.hash(name), letters: Likeness.letters(name), kind: kind,
            longWords: words.filter { $0.count >= 4 }.map { Likeness.hash($0) }, lastWord: Likeness.hash(last),
            skeleton: Likeness.hash(ItalianSound.skeleton(name)))
    }
}

extension StreetReading.Line {
    func likeness(to other: Self) -> StreetLevel {
        if hash == other.hash { return kind == other.kind || kind == 0 || other.kind == 0 ? .exact : .sameName }
        // `giuseppe garibaldi`, `g garibaldi`, `garibaldi`
        if lastWord == other.lastWord, !longWords.isEmpty, !other.longWords.isEmpty,
            longWords.count == 1 || other.longWords.count == 1
        {
            return .sameName
        }
        if min(name.count, other.name.count) >= 4, Likeness.isOneEdit(name, other.name) { return .near }
        let alike =
            Likeness.mayReach(8_500, name, letters, other.name, other.letters)
            ? Likeness.jaroWinkler(name, other.name) : 0
        if alike >= 9_200 { return .near }
        if alike >= 8_500 || longWords.contains(where: other.longWords.contains) { return .similar }
        return .other
    }
}
