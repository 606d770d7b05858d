/// A mail's text taken apart: what its sender wrote now, and what he repeats of others.
///
/// One function from a text to its parts, in time that grows with the text alone. Nothing is destroyed: the parts stand beside
/// the text. Marks that programs leave (``QuoteMarks``) decide, in this order: a line `-----Original Message-----` or a copied head
/// of a mail ends what was written; so does `On … wrote:` where what follows is not marked with `>`. Lines with `>` are
/// repeated; between answers they stay in ``reply``, because an answer between them means nothing without. Where only such a mark and
/// nothing else stands above, as in a mail that is passed on without a word, the whole is the reply.
struct QuotedText: Sendable {
    /// What to show of it first: what the sender wrote, without signature and without what nobody answers below. The whole
    /// text where nothing else is left.
    let reply: String
    /// All that the sender wrote, with the signature and without any repeated line; empty where he wrote nothing.
    let written: String
    /// Place in UTF-8 bytes of the text where the first repeated part begins; nil where there is none.
    let quotedAt: Int?

    /// `mark` is a place in UTF-8 bytes at which the mail's own HTML says that something repeated begins.
    init(_ text: String, mark: Int? = nil) {
        var parts = TextLines(text, mark: mark)
        parts.classify()
        parts.findSignatures()
        parts.settleQuotes()
        quotedAt = parts.firstQuoted.map {
            text.utf8.distance(from: text.startIndex, to: parts.lines[$0].startIndex)
        }
        let kept = parts.joined { $0 == .text || $0 == .answered }
        reply = kept.isEmpty ? text : kept
        written = parts.joined { $0 == .text || $0 == .signature }
    }
}

/// The lines of a text and what each is.
private struct TextLines {
    enum Kind: UInt8 {
        case blank, text, signature
        /// With `>` before it, and nothing of the sender's below that answers it.
        case quoted
        /// With `>` before it, and shown because it is answered.
        case answered
        /// `On … wrote:`
        case attribution
        /// Below what was written.
        case rest
    }

    let lines: [Substring]
    var kinds: [Kind]
    /// The line that begins what the sender repeats.
    private(set) var firstQuoted: Int?
    private let markedLine: Int?

    init(_ text: String, mark: Int?) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        kinds = [Kind](repeating: .rest, count: lines.count)
        var marked: Int?
        if let mark, mark <= text.utf8.count {
            let place = text.utf8.index(text.startIndex, offsetBy: mark)
            marked = lines.lastIndex { $0.startIndex <= place }
        }
        markedLine = marked
    }

    mutating func classify() {
        var place = 0
        var hasText = false
        while place < lines.count {
            let line = lines[place]
            if QuoteMarks.isBlank(line) {
                kinds[place] = .blank
                place += 1
            } else if QuoteMarks.isQuoted(line) {
                kinds[place] = .quoted
                begin(place)
                place += 1
            } else if QuoteMarks.isSeparator(line) || QuoteMarks.isHead(lines, place) {
                begin(place)
                return
            } else if let length = QuoteMarks.attribution(lines, place) ?? markedAttribution(place) {
                begin(place)
                // Without `>` below it, all that follows is repeated; at the very top the answer may stand anywhere in it.
                let next = lines[(place + length)...].firstIndex { !QuoteMarks.isBlank($0) } ?? lines.count
                let isFollowed = next < lines.count && QuoteMarks.isQuoted(lines[next])
                if hasText, !isFollowed { return }
                for line in place..<(place + length) { kinds[line] = .attribution }
                place += length
            } else if place == markedLine {
                begin(place)
                return
            } else {
                kinds[place] = .text
                hasText = true
                place += 1
            }
        }
    }

    private mutating func begin(_ line: Int) { if firstQuoted == nil { firstQuoted = line } }

    /// How many lines stand between the mail's own mark and lines with `>`: an attribution in words that no rule knows.
    private func markedAttribution(_ place: Int) -> Int? {
        guard place == markedLine else { return nil }
        return lines[place..<min(place + 6, lines.count)].firstIndex(where: QuoteMarks.isQuoted).map { $0 - place }
    }

    /// Marks signatures at the end of each run of written lines.
    mutating func findSignatures() {
        var start = 0
        while start < lines.count {
            guard kinds[start] == .text || kinds[start] == .blank else {
                start += 1
                continue
            }
            let end = kinds[start...].firstIndex { $0 != .text && $0 != .blank } ?? lines.count
            if let first = MailSignature.begins(in: lines[start..<end]) {
                for line in first..<end where kinds[line] == .text { kinds[line] = .signature }
            }
            start = end
        }
    }

    /// Decides which repeated lines are answered: those with words of the sender's below. One block above all he wrote, under its
    /// attribution, is what his program put there.
    mutating func settleQuotes() {
        guard let last = kinds.lastIndex(of: .text), let first = kinds.firstIndex(of: .text) else { return }
        var blocks = 0
        var isInside = false
        for line in 0..<last {
            switch kinds[line] {
            case .quoted:
                if !isInside { blocks += 1 }
                isInside = true
            case .blank: break
            default: isInside = false
            }
        }
        guard let quoted = kinds.firstIndex(of: .quoted), quoted < last else { return }
        let isIntroduced = kinds[..<quoted].contains(.attribution)
        if blocks == 1, isIntroduced, quoted < first { return }
        for line in 0..<last where kinds[line] == .quoted { kinds[line] = .answered }
    }

    /// The lines of some kinds, with the blank ones between them; no more than one of these where something is left out.
    func joined(_ isKept: (Kind) -> Bool) -> String {
        var kept: [Substring] = []
        var blanks: [Substring] = []
        var hasGap = false
        for (line, kind) in zip(lines, kinds) {
            if kind == .blank {
                blanks.append(line)
            } else if isKept(kind) {
                if !kept.isEmpty { kept += hasGap ? blanks.prefix(1) : blanks[...] }
                blanks = []
                hasGap = false
                kept.append(line)
            } else {
                hasGap = true
            }
        }
        return kept.joined(separator: "\n")
    }
}
