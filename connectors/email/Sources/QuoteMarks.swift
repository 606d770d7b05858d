internal import Contact

/// The marks that mail programs leave where they repeat an older mail in text. Each looks at a few bounded lines.
enum QuoteMarks {
    static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

    /// `> `, or `AB> ` as programs wrote that put initials there; not the `>From ` of a mailbox.
    static func isQuoted(_ line: Substring) -> Bool {
        let bytes = line.utf8
        guard let mark = bytes.prefix(4).firstIndex(of: 0x3E) else { return false }
        if mark == bytes.startIndex { return !line.hasPrefix(">From ") }
        let before = bytes[..<mark]
        return before.elementsEqual(" ".utf8) || before.allSatisfy { (0x41...0x5A).contains($0) }
    }

    /// `-----Messaggio originale-----`, `Begin forwarded message:`, `---- On … wrote ----`.
    static func isSeparator(_ line: Substring) -> Bool {
        guard line.utf8.count <= 300 else { return false }
        let drawn = "-_=*—– \t>"
        // Most lines are neither, which is told without looking at each of their characters.
        guard line.first.map(drawn.contains) == true || line.hasSuffix(":") else { return false }
        let words = line.lowercased().drop { drawn.contains($0) }
        let isDrawn = words.count < line.count
        guard isDrawn || words.hasSuffix(":") else { return false }
        let isNamed = QuoteWords.separators.contains { separator in
            guard words.hasPrefix(separator) else { return false }
            return words.dropFirst(separator.count).allSatisfy { "-_=*—–: \t".contains($0) }
        }
        if isNamed { return true }
        // Between two lines drawn: the attribution of some web mail.
        guard line.hasPrefix("--"), line.hasSuffix("--"), words.contains(where: \.isNumber) else { return false }
        var end = words
        while let last = end.last, drawn.contains(last) { end.removeLast() }
        return QuoteWords.verbs.contains { end.hasSuffix($0) }
    }

    /// The head of a mail as programs copy it, below a line drawn or not: sender, time and one more, in some language.
    ///
    /// A list of somebody's own (`Da: Milano`, `A: Roma`, `Data: 12/5`) names neither a subject nor an address.
    static func isHead(_ lines: [Substring], _ place: Int) -> Bool {
        var place = place
        let first = lines[place]
        if first.utf8.count >= 5, first.utf8.count <= 300, first.allSatisfy({ "_- *".contains($0) }) {
            place += 1
            while place < lines.count, isBlank(lines[place]) { place += 1 }
        }
        guard place < lines.count, QuoteWords.label(lines[place]) != nil else { return false }
        var found: Set<QuoteWords.Label> = []
        var holdsAddress = false
        for line in lines[place..<min(place + 8, lines.count)] {
            if isBlank(line) { break }
            if let label = QuoteWords.label(line) { found.insert(label) }
            if line.utf8.prefix(300).contains(0x40) { holdsAddress = true }
        }
        return found.count >= 3 && found.contains(.sender) && (found.contains(.subject) || holdsAddress)
    }

    /// How many lines `Il giorno … ha scritto:` takes here; nil where there is none. Programs break such a line anywhere.
    static func attribution(_ lines: [Substring], _ place: Int) -> Int? {
        // It ends with a colon, of one kind or another, on one of its lines: most texts hold none here.
        let mayEnd = lines[place..<min(place + 6, lines.count)].contains { line in
            line.utf8.contains { $0 == 0x3A || $0 == 0xEF }
        }
        guard mayEnd else { return nil }
        let start = lines[place].drop { $0 == " " || $0 == "\t" }
        guard start.utf8.count <= 400, !start.isEmpty, !isQuoted(lines[place]) else { return nil }
        let opening = start.lowercased()
        let opens = QuoteWords.openings.contains { opening.hasPrefix($0) } || opening.first?.isNumber == true
        // What neither begins like one nor names an address is one only on a line of its own.
        let most = opens || opening.contains("@") ? 6 : 1
        var joined = ""
        for length in 1...most where place + length <= lines.count {
            let line = lines[place + length - 1]
            guard line.utf8.count <= 400 else { return nil }
            if length > 1, isBlank(line) {
                // An address that was taken out of its line.
                guard opens, place + length < lines.count, lines[place + length].hasPrefix("<") else { return nil }
                continue
            }
            // The end of an address may begin a line.
            let words = line.drop { $0 == ">" || $0.isWhitespace }.lowercased()
            let isTail = words.isEmpty || words.first == ":" || QuoteWords.verbs.contains { words.hasPrefix($0) }
            if length > 1, isQuoted(line), !isTail { return nil }
            joined += (joined.isEmpty ? "" : " ") + line.lowercased()
            guard joined.utf8.count <= 800 else { return nil }
            while joined.last?.isWhitespace == true { joined.removeLast() }
            if joined.last == ":" || joined.last == "：" {
                return introduces(joined, opens: opens, followedBy: lines[(place + length)...]) ? length : nil
            }
        }
        return nil
    }

    /// Whether a text in lower case that ends with a colon says that somebody wrote what follows.
    private static func introduces(_ text: String, opens: Bool, followedBy rest: ArraySlice<Substring>) -> Bool {
        var end = Substring(text)
        while let last = end.last, last == ":" || last == "：" || last.isWhitespace { end.removeLast() }
        let hasNumber = end.contains(where: \.isNumber)
        let hasAddress = end.contains("@")
        let ends = QuoteWords.verbs.contains { end.hasSuffix($0) }
        let next = rest.prefix(4).first { !isBlank($0) }
        let isAboveQuoted = next.map(isQuoted) ?? false
        if ends { return hasNumber || hasAddress || (opens && isAboveQuoted) }
        // In some languages the name comes after the verb.
        if opens || hasAddress, hasNumber, holdsVerb(String(end)) { return true }
        // In any language: a moment and an address, or either of them right above lines with `>`.
        guard hasNumber, hasAddress || end.contains(":") else { return false }
        if hasAddress, opens, end.hasSuffix(">") { return true }
        return isAboveQuoted && (hasAddress || opens)
    }

    /// Whether a verb stands in the text as words of their own. By bytes: a search among characters, once for each verb,
    /// took four of five seconds of a long text.
    private static func holdsVerb(_ text: String) -> Bool {
        let bytes = Array(Text.nfc(text).utf8)
        return verbs.contains { verb in
            guard bytes.count >= verb.count else { return false }
            return (0...(bytes.count - verb.count)).contains { bytes[$0...].starts(with: verb) }
        }
    }

    private static let verbs = QuoteWords.verbs.map { Array(" \(Text.nfc($0)) ".utf8) }
}
