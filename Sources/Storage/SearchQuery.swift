internal import Contact

/// What a person typed, as it is searched for.
struct SearchQuery {
    /// Further words are left out.
    static let mostWords = 8
    /// Beginnings shorter than this are too many.
    private static let shortestBeginning = 3

    /// One thing that has to be found.
    struct Wanted {
        /// As a person would write it together; folded.
        let word: String
        /// The words it is made of (`anna.rossi` two); one where it is one.
        let parts: [String]
        /// Digits from the last to the first, where it may be the end of a number.
        let number: String?
        /// What was typed of an address behind its local part, without dots; empty where it is no address, or ends there. It
        /// tells those apart who have a local part in common, and excludes nobody: people remember it least.
        let domain: String
        /// As it was typed, folded, with the signs between the letters; they tell `anna.rossi` from `annarossi`.
        let typed: String
    }

    let wanted: [Wanted]
    /// All words, for messages.
    let words: [String]
    /// What may be an identifier or the id of something at its source, as it was typed.
    let whole: String
    let tokens: [String]

    init(_ text: String) {
        let text = Text.storable(text)
        whole = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        tokens = Array(whole.split(separator: " ").map(String.init).prefix(Self.mostWords))
        words = Array(SearchWords.words(text).prefix(2 * Self.mostWords))
        let digits = SearchWords.reversedDigits(text)
        // A number may be typed with spaces, dashes and a plus.
        if digits.count >= 4, text.unicodeScalars.allSatisfy({ "0123456789 +-./()".unicodeScalars.contains($0) }) {
            wanted = [
                Wanted(
                    word: String(digits.reversed()), parts: [], number: Self.number(digits, of: text), domain: "",
                    typed: "")
            ]
            return
        }
        wanted = tokens.compactMap { token in
            var local = token[...]
            var (isAddress, domain) = (false, "")
            if let at = token.lastIndex(of: "@"), at != token.startIndex {
                local = token[..<at]
                domain = SearchWords.together(String(token[token.index(after: at)...]))
                isAddress = true
            }
            let parts = Array(SearchWords.words(String(local)).prefix(Self.mostWords))
            let word = parts.joined()
            guard !word.isEmpty, word.count <= SearchWords.longest else { return nil }
            let digits = SearchWords.reversedDigits(String(local))
            return Wanted(
                word: word, parts: parts, number: !isAddress && digits.count >= 4 ? digits : nil,
                domain: domain.count <= SearchWords.longest ? domain : "", typed: Text.fold(token))
        }
    }

    /// Two noughts in front are a plus.
    private static func number(_ reversed: String, of text: String) -> String {
        text.hasPrefix("00") ? String(reversed.dropLast(2)) : reversed
    }

    // As the database takes it (tsquery). Words are letters and digits only: nothing in them means anything.

    /// Whether a word may be several: `anna.rossi`.
    var isParted: Bool { wanted.contains { $0.parts.count > 1 } }

    /// Every wanted word as it was typed.
    func exactly(_ workspace: Int64, parted: Bool) -> String {
        all(wanted.map { alternatives($0, workspace, beginnings: false, parted: parted) })
    }

    /// The last word as a beginning, as it is while somebody types; of addresses with a domain that much.
    func begun(_ workspace: Int64) -> String {
        all(
            wanted.enumerated().map { place, one in
                one.domain.isEmpty
                    ? alternatives(one, workspace, beginnings: place == wanted.count - 1, parted: false)
                    : Self.lexeme("@", "\(one.word)@\(one.domain)", workspace, isBeginning: true)
            })
    }

    /// Each as it was typed or as a beginning.
    func beginning(_ workspace: Int64) -> String {
        all(wanted.map { alternatives($0, workspace, beginnings: true, parted: true) })
    }

    /// Each maybe misspelt: `near` has for each wanted word those that it may mean. Of addresses, if asked, only at the domain that
    /// was typed, as far as it was.
    func nearly(_ workspace: Int64, near: [[String]], atDomain: Bool = false) -> String {
        all(
            zip(wanted, near).map { one, near in
                let word = alternatives(one, workspace, beginnings: true, parted: true, near: near)
                guard atDomain, !one.domain.isEmpty else { return word }
                return "(\(word)) & \(Self.lexeme(".", one.domain, workspace, isBeginning: true))"
            })
    }

    /// Whether an address was typed, as far as it was.
    var hasDomain: Bool { wanted.contains { !$0.domain.isEmpty } }

    /// Each by itself, for who shows one here and the other there.
    func each(_ workspace: Int64, near: [[String]]) -> [String] {
        zip(wanted, near).map { alternatives($0, workspace, beginnings: true, parted: true, near: $1) }
    }

    /// What makes one match better than another: each word as it was typed, and each domain as far as it was.
    func wishes(_ workspace: Int64) -> [String] {
        wanted.map { alternatives($0, workspace, beginnings: false, parted: true) }
            + wanted.filter { !$0.domain.isEmpty }.map { Self.lexeme(".", $0.domain, workspace, isBeginning: true) }
    }

    private func all(_ groups: [String]) -> String { groups.map { "(\($0))" }.joined(separator: " & ") }

    private static func lexeme(
        _ sign: Character, _ word: String, _ workspace: Int64, isBeginning: Bool = false
    ) -> String {
        "'\(workspace)\(sign)\(word)'" + (isBeginning ? ":*" : "")
    }

    private func alternatives(
        _ one: Wanted, _ workspace: Int64, beginnings: Bool, parted: Bool, near: [String]? = nil
    ) -> String {
        func lexeme(_ sign: Character, _ word: String, isBeginning: Bool = false) -> String {
            Self.lexeme(sign, word, workspace, isBeginning: isBeginning)
        }
        func may(_ word: String) -> Bool { beginnings && word.count >= Self.shortestBeginning }
        var found = [lexeme(".", one.word, isBeginning: may(one.word))]
        if parted, one.parts.count > 1 {
            found.append(
                "(" + one.parts.map { lexeme(".", $0, isBeginning: may($0)) }.joined(separator: " & ") + ")")
        }
        if let number = one.number { found.append(lexeme("#", number, isBeginning: true)) }
        guard let near else { return found.joined(separator: " | ") }
        found += near.filter { $0 != one.word }.map { lexeme(".", $0) }
        found += SearchWords.keys(meantBy: one.word).map { lexeme("~", $0) }
        return found.joined(separator: " | ")
    }

    // Which of those that were found is meant.

    /// How well a profile that shows these words fits: the smaller the better; nil where a wanted word is not among them.
    func distance(to shown: Shown) -> Int? {
        var sum = 0
        for one in wanted {
            guard let best = distance(one, to: shown) else { return nil }
            sum += best
            // Of a word that is no name: somebody reads it off.
            if one.parts.count > 1 || one.word.contains(where: \.isNumber),
                !shown.values.contains(where: { $0.hasPrefix(one.typed) })
            {
                sum += 1
            }
            if !one.domain.isEmpty, !shown.words.contains(where: { $0.hasPrefix(one.domain) }) { sum += 2 }
        }
        return sum
    }

    /// What a profile shows, cut into words.
    struct Shown {
        var words: Set<String> = []
        var numbers: [String] = []
        /// Identifiers as they are spelt.
        var values: [String] = []
    }

    private func distance(_ one: Wanted, to shown: Shown) -> Int? {
        if shown.words.contains(one.word) { return 0 }
        if let number = one.number {
            if shown.numbers.contains(number) { return 0 }
            if shown.numbers.contains(where: { $0.hasPrefix(number) }) { return 1 }
        }
        var best: Int?
        func offer(_ distance: Int) { best = min(best ?? distance, distance) }
        if one.parts.count > 1, one.parts.allSatisfy({ shown.words.contains($0) }) { offer(2) }
        for word in shown.words {
            if one.word.count >= Self.shortestBeginning, word.hasPrefix(one.word) {
                // Typed with a sign in the middle it was an address, sooner than the name of somebody.
                offer(one.parts.count > 1 ? 1 : 3 + min(4, (word.count - one.word.count) / 3))
            }
            if one.word.count >= SearchWords.shortestMisspelt,
                SearchWords.edits(one.word, word, atMost: 1) != nil
            {
                offer(4)
            }
        }
        if one.parts.count > 1, best == nil {
            let isFound = one.parts.allSatisfy { part in
                shown.words.contains { word in
                    (part.count >= Self.shortestBeginning && word.hasPrefix(part))
                        || SearchWords.edits(part, word, atMost: 1) != nil
                }
            }
            if isFound { offer(6) }
        }
        return best
    }
}
