/// Where, in the text of a mail, what others wrote before begins.
struct QuotedText: Sendable {
    /// What the sender wrote now; the whole text where nothing was found, or nothing is left.
    let reply: String
    /// Place in UTF-8 bytes of the text where the first quoted part begins; nil where there is none.
    let quotedAt: Int?

    init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var kept: [Substring] = []
        var first: Substring.Index?
        var place = 0
        func quote(_ line: Int) { if first == nil { first = lines[line].startIndex } }
        while place < lines.count {
            let line = lines[place]
            if Self.isQuoted(line) {
                quote(place)
                place += 1
            } else if Self.isSeparator(line) || Self.isHeaderBlock(lines, place) {
                quote(place)
                place = lines.count
            } else if let length = Self.attribution(lines, place) {
                quote(place)
                var next = place + length
                while next < lines.count, Self.isBlank(lines[next]) { next += 1 }
                // With `>` before what follows, an answer may stand between or below; without, all of it is quoted.
                place = next < lines.count && Self.isQuoted(lines[next]) ? next : lines.count
            } else {
                kept.append(line)
                place += 1
            }
        }
        guard let first else {
            reply = text
            quotedAt = nil
            return
        }
        while kept.last.map(Self.isBlank) == true { kept.removeLast() }
        while kept.first.map(Self.isBlank) == true { kept.removeFirst() }
        reply = kept.isEmpty ? text : kept.joined(separator: "\n")
        quotedAt = text.utf8.distance(from: text.startIndex, to: first)
    }

    private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

    private static func isQuoted(_ line: Substring) -> Bool { line.first == ">" && !line.hasPrefix(">From ") }

    private static let separators = [
        "original message", "messaggio originale", "messaggio inoltrato", "forwarded message", "message d'origine",
        "ursprüngliche nachricht", "mensaje original", "mensagem original", "oorspronkelijk bericht", "reply message",
        "original appointment", "inizio messaggio inoltrato", "begin forwarded message", "original-nachricht",
    ]

    /// `-----Messaggio originale-----`, `Begin forwarded message:`.
    private static func isSeparator(_ line: Substring) -> Bool {
        guard line.utf8.count <= 100 else { return false }
        let words = line.lowercased().drop { "-_=* \t".contains($0) }
        guard words.count < line.count || words.hasSuffix(":") else { return false }
        return separators.contains { separator in
            guard words.hasPrefix(separator) else { return false }
            return words.dropFirst(separator.count).allSatisfy { "-_=*: \t".contains($0) }
        }
    }

    private static let senders = ["from:", "da:", "von:", "de:", "van:", "od:", "från:"]
    private static let dates = [
        "sent:", "date:", "inviato:", "data:", "gesendet:", "datum:", "enviado:", "enviado el:", "envoyé:", "fecha:",
        "verzonden:", "skickat:", "enviada em:", "inviato il:",
    ]

    /// `Da: …` and, within four lines, `Inviato: …`: the head of a mail, as Outlook copies it.
    private static func isHeaderBlock(_ lines: [Substring], _ place: Int) -> Bool {
        func begins(_ line: Substring, _ words: [String]) -> Bool {
            guard line.utf8.count <= 300 else { return false }
            let text = line.drop { "*_ \t".contains($0) }.lowercased()
            return words.contains { text.hasPrefix($0) || text.hasPrefix($0.dropLast() + "*:") }
        }
        var place = place
        // Outlook draws a line above.
        if lines[place].count >= 10, lines[place].allSatisfy({ $0 == "_" || $0 == "-" }) {
            place += 1
            while place < lines.count, isBlank(lines[place]) { place += 1 }
        }
        guard place < lines.count, begins(lines[place], senders) else { return false }
        return lines[(place + 1)..<min(place + 5, lines.count)].contains { begins($0, dates) }
    }

    private static let openings = [
        "on ", "il giorno ", "il ", "in data ", "le ", "el ", "am ", "op ", "em ", "den ", "lun ", "mar ", "mer ",
        "gio ",
        "ven ", "sab ", "dom ", "quoting ", "2", "1", "0", "3", "\"", "da ", "a ",
    ]
    private static let endings = [
        "wrote:", "ha scritto:", "hanno scritto:", "a écrit :", "a écrit:", "écrit :", "escribió:", "schrieb:",
        "schreef:", "escreveu:", "skrev:", "scrive:", "scriveva:", "writes:", "ha scritto :",
    ]

    /// How many lines an attribution (`Il giorno … ha scritto:`) takes here; nil where there is none.
    private static func attribution(_ lines: [Substring], _ place: Int) -> Int? {
        let start = lines[place].drop { $0 == " " || $0 == "\t" }
        guard start.utf8.count <= 400, !start.isEmpty else { return nil }
        let opening = start.lowercased()
        let opens = openings.contains { opening.hasPrefix($0) }
        for length in 1...4 where place + length <= lines.count {
            let last = lines[place + length - 1]
            if length > 1, isBlank(last) || isQuoted(last) { return nil }
            var end = last.suffix(120).lowercased()[...]
            while end.last?.isWhitespace == true { end.removeLast() }
            guard endings.contains(where: { end.hasSuffix($0) }) else {
                // `schrieb Anna <a@b>:`
                if opens, length == 1, end.hasSuffix(":"), end.contains(" schrieb ") { return 1 }
                if !opens { return nil }
                continue
            }
            // Without a known opening it must hold a number, as a date does, or an address.
            guard opens || last.contains(where: \.isNumber) || last.contains("@") else { return nil }
            return length
        }
        return nil
    }
}
