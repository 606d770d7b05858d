/// What the company's own mail server found out about a sender (RFC 8601).
enum AuthenticationResults {
    enum DMARC: Hashable, Sendable {
        /// Passed, for the domain named in From.
        case aligned
        case failed
        /// Not looked at, no policy, or about another domain.
        case nothing
    }

    /// The answer of the topmost field that this server wrote, above all that a foreign server wrote (``TraceFields``). What
    /// stands below was carried in, and anybody may have written it, also under this name.
    static func dmarc(_ headers: MailHeaders, authserv: String?, domain: String) -> DMARC {
        guard let authserv, !domain.isEmpty else { return .nothing }
        for field in TraceFields.own(headers, authserv: authserv) where field.name == "authentication-results" {
            var tokens = Tokens(field.raw)
            guard tokens.word()?.lowercased() == authserv else { continue }
            return read(&tokens, domain: domain.lowercased())
        }
        return .nothing
    }

    private static func read(_ tokens: inout Tokens, domain: String) -> DMARC {
        // A version may stand after the name.
        tokens.skip(to: ";")
        var answer = DMARC.nothing
        while tokens.take(";") {
            guard let method = tokens.word()?.lowercased() else { continue }
            var base = method
            if tokens.take("/") { _ = tokens.word() }
            if let slash = base.firstIndex(of: "/") { base = String(base[..<slash]) }
            guard base == "dmarc", tokens.take("="), let result = tokens.word()?.lowercased() else {
                tokens.skip(to: ";")
                continue
            }
            var from: String?
            while !tokens.isAtEnd, !tokens.isAt(";") {
                guard let property = tokens.word()?.lowercased() else {
                    tokens.drop()
                    continue
                }
                guard tokens.take("=") else { continue }
                let value = tokens.word()
                if property == "header.from" { from = value?.lowercased() }
            }
            if result == "fail" { return .failed }
            guard result == "pass", let from else { continue }
            let named = from.lastIndex(of: "@").map { String(from[from.index(after: $0)...]) } ?? from
            // Some state the organisation's domain for a sender below it; a top-level domain is nobody's.
            if named == domain || (named.contains(".") && domain.hasSuffix("." + named)) { answer = .aligned }
        }
        return answer
    }

    /// Words, quoted strings and marks, with comments left out.
    private struct Tokens {
        private let text: [Character]
        private var place = 0

        init(_ text: String) { self.text = Array(text.prefix(16_384)) }

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return place >= text.count
            }
        }

        mutating func isAt(_ mark: Character) -> Bool {
            skipSpace()
            return place < text.count && text[place] == mark
        }

        mutating func take(_ mark: Character) -> Bool {
            guard isAt(mark) else { return false }
            place += 1
            return true
        }

        mutating func drop() { place += 1 }

        mutating func skip(to mark: Character) {
            while !isAtEnd, text[place] != mark { if word() == nil { place += 1 } }
        }

        mutating func word() -> String? {
            skipSpace()
            guard place < text.count else { return nil }
            var word = ""
            if text[place] == "\"" {
                place += 1
                while place < text.count, text[place] != "\"" {
                    if text[place] == "\\", place + 1 < text.count { place += 1 }
                    word.append(text[place])
                    place += 1
                }
                place += 1
                return word
            }
            while place < text.count, !text[place].isWhitespace, !"();=\"".contains(text[place]) {
                word.append(text[place])
                place += 1
            }
            return word.isEmpty ? nil : word
        }

        private mutating func skipSpace() {
            var depth = 0
            while place < text.count {
                let character = text[place]
                if character == "(" {
                    depth += 1
                } else if depth > 0, character == ")" {
                    depth -= 1
                } else if depth > 0, character == "\\" {
                    place += 1
                } else if depth == 0, !character.isWhitespace {
                    return
                }
                place += 1
            }
        }
    }
}
