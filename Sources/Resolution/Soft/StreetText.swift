/// The words of a street's lines, in one array of bytes: what ``StreetReading`` is made from.
struct StreetText {
    struct Word {
        /// Where its bytes stand.
        let bytes: Range<Int>
        let hash: UInt64
        let meaning: StreetWords.Meaning
    }

    private var bytes: [UInt8] = []

    /// The word that a name is in itself.
    mutating func word(_ name: Spelling) -> Word {
        let start = bytes.count
        for place in 0..<name.count { bytes.append(name[place]) }
        return word(start..<bytes.count)
    }

    private func word(_ place: Range<Int>) -> Word {
        var hash = SpellingHash()
        for place in place { hash.add(bytes[place]) }
        let value = hash.value
        return Word(bytes: place, hash: value, meaning: StreetWords.meaning(of: value))
    }

    /// Split at spaces and full stops; apostrophes separate (`dell'orto`), slashes and hyphens stay.
    mutating func words(_ segment: Substring.UTF8View, most: Int) -> [Word] {
        var words: [Word] = []
        words.reserveCapacity(8)
        var chunks = 0
        var start = bytes.count
        var hasSign = false
        for byte in segment {
            guard byte == UInt8(ascii: " ") else {
                hasSign = hasSign || Self.isSign(byte)
                bytes.append(byte)
                continue
            }
            if bytes.count > start { chunks += 1 }
            end(start, hasSign, &words)
            (start, hasSign) = (bytes.count, false)
            guard chunks < most else { return words }
        }
        end(start, hasSign, &words)
        return words
    }

    private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: "'") }

    /// Ends a chunk without spaces.
    private mutating func end(_ start: Int, _ hasSign: Bool, _ words: inout [Word]) {
        let chunk = start..<bytes.count
        guard !chunk.isEmpty else { return }
        guard hasSign else { return words.append(word(chunk)) }
        // `p.zza`, `v.le`, `c.so`, `c.da`: abbreviations whose stop is within.
        for place in chunk where bytes[place] != UInt8(ascii: ".") { bytes.append(bytes[place]) }
        let bare = word(chunk.upperBound..<bytes.count)
        guard bare.meaning.kind == 0, !bare.meaning.isNumberWord else { return words.append(bare) }
        var first = chunk.lowerBound
        for place in chunk where Self.isSign(bytes[place]) {
            if first < place { words.append(word(first..<place)) }
            first = place + 1
        }
        if first < chunk.upperBound { words.append(word(first..<chunk.upperBound)) }
    }

    private func isDigit(_ place: Int) -> Bool { (0x30...0x39).contains(bytes[place]) }

    /// Takes the house number out: the first word of an English line, else the last number that is no date and no flat.
    func takeCivic(_ words: inout [Word]) -> StreetReading.Civic? {
        // Numbers within the house say nothing of the street: left out, with the word before them.
        var place = 0
        while place < words.count {
            if words[place].meaning.isInside, place + 1 < words.count, words[place + 1].bytes.count <= 4 {
                words.removeSubrange(place..<place + 2)
            } else {
                place += 1
            }
        }
        func isCivic(_ place: Int) -> Bool {
            let word = words[place].bytes
            guard !word.isEmpty, isDigit(word.lowerBound), word.count <= 12 else { return false }
            return place + 1 == words.count || !words[place + 1].meaning.isMonth
        }
        defer { words.removeAll { $0.meaning.isNumberWord } }
        let found = !words.isEmpty && isCivic(0) ? 0 : words.indices.last(where: isCivic)
        guard let found else { return nil }
        let word = bytes[words.remove(at: found).bytes]
        let digits = word.prefix { (0x30...0x39).contains($0) }
        let number = Spelling(digits.drop { $0 == 0x30 }, longest: 6)
        let sign: (UInt8) -> Bool = { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "-") }
        var suffix = Spelling(word[digits.endIndex...].lazy.filter { !sign($0) }, longest: 6)
        // `12 b`, `12 bis`
        if suffix.isEmpty, found > 0, found < words.count,
            words[found].bytes.count == 1 || words[found].meaning.isBis
        {
            suffix = Spelling(bytes[words.remove(at: found).bytes], longest: 6)
        }
        return StreetReading.Civic(number: number, suffix: suffix)
    }

    /// Nil where nothing is left but numbers.
    func line(_ all: [Word]) -> StreetReading.Line? {
        var words = all[...]
        var kind: UInt8 = 0
        if words.count > 1 {
            // Italian begins with the word for street, English ends with it.
            if let first = words.first, first.meaning.leads {
                kind = first.meaning.kind
                words.removeFirst()
            } else if let last = words.last, last.meaning.kind != 0 {
                kind = last.meaning.kind
                words.removeLast()
            }
        } else if let only = words.first, let ending = StreetWords.ending(of: bytes[only.bytes]) {
            let cut = only.bytes.upperBound - ending
            kind = word(cut..<only.bytes.upperBound).meaning.kind
            words = [word(only.bytes.lowerBound..<cut)]
        }
        let isTelling = words.contains { !$0.meaning.isArticle }
        var name = Spelling()
        var hasLetter = false
        var longWords = Words()
        var last: UInt64?
        for word in words where !isTelling || !word.meaning.isArticle {
            for place in word.bytes where name.count < Spelling.longest {
                name.append(bytes[place])
                hasLetter = hasLetter || !isDigit(place)
            }
            if word.bytes.count >= 4 { longWords.append(word.hash) }
            last = word.hash
        }
        guard let last, hasLetter else { return nil }
        return StreetReading.Line(
            name: name, hash: name.hash, letters: name.letters, kind: kind, longWords: longWords, lastWord: last)
    }
}
