internal import Contact

/// One response and a place in it. It calls nothing that calls it again: lists are skipped by counting, however deep.
struct IMAPScanner: Sendable {
    /// Its lines without ends and without literals.
    var text: [UInt8] = []
    /// Each with the place in `text` where it stands.
    var literals: [(place: Int, value: RawInput)] = []
    private(set) var place = 0
    private var nextLiteral = 0

    init() {}

    /// What could not be read as what the grammar wants there.
    struct Unexpected: Error {}

    var isEmpty: Bool { text.isEmpty && literals.isEmpty }

    /// Whether it is a continuation request or a status (`* OK`, `a1 NO`, …), whose rest is text for people.
    var isStatus: Bool {
        if text.first == UInt8(ascii: "+") { return true }
        let words = text.prefix(200).split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count > 1 else { return false }
        guard words[0] == [UInt8(ascii: "*")] else { return true }
        return IMAPStatus.Kind(rawValue: Self.upper(words[1])) != nil
    }

    private var isAtLiteral: Bool { nextLiteral < literals.count && literals[nextLiteral].place == place }

    var isAtEnd: Bool { place == text.count && !isAtLiteral }

    /// The byte here; nil at the end and where a literal stands.
    var byte: UInt8? { isAtLiteral || place >= text.count ? nil : text[place] }

    /// Passes over a byte if it is this one.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard byte == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(Unexpected) {
        guard skip(character) else { throw Unexpected() }
    }

    /// Some servers write more than one.
    mutating func skipSpaces() { while skip(" ") {} }

    /// Bytes up to a space, a parenthesis, a quote, a bracket or the end; none is an error.
    mutating func word() throws(Unexpected) -> ArraySlice<UInt8> {
        let found = take { byte in
            byte > 0x20 && byte != 0x7F && !"()\"[]<>{".utf8.contains(byte)
        }
        guard !found.isEmpty else { throw Unexpected() }
        return found
    }

    /// A word in capitals: names of responses, items and codes are told apart without case.
    mutating func name() throws(Unexpected) -> String { Self.upper(try word()) }

    static func upper(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }, as: UTF8.self)
    }

    mutating func number<Number: FixedWidthInteger>() throws(Unexpected) -> Number {
        let digits = take { (0x30...0x39).contains($0) }
        // Nothing, and what does not fit, are no numbers.
        guard let number = Number(String(decoding: digits, as: UTF8.self)) else { throw Unexpected() }
        return number
    }

    /// A string in any of its forms, or NIL, which is nil.
    mutating func string() throws(Unexpected) -> RawInput? {
        if isAtLiteral {
            nextLiteral += 1
            return literals[nextLiteral - 1].value
        }
        if byte == UInt8(ascii: "\"") { return RawInput(try quoted()) }
        let word = take { $0 > 0x20 && $0 != 0x7F && !"()\"{".utf8.contains($0) }
        guard !word.isEmpty else { throw Unexpected() }
        return Self.upper(word) == "NIL" ? nil : RawInput(Array(word))
    }

    /// A string that must be there, whole.
    mutating func bytes() throws(Unexpected) -> [UInt8] {
        guard let found = try string(), found.cut == nil else { throw Unexpected() }
        return found.bytes
    }

    private mutating func quoted() throws(Unexpected) -> [UInt8] {
        try expect("\"")
        var found: [UInt8] = []
        while var next = byte {
            place += 1
            if next == UInt8(ascii: "\"") { return found }
            if next == UInt8(ascii: "\\") {
                guard let escaped = byte else { throw Unexpected() }
                next = escaped
                place += 1
            }
            found.append(next)
        }
        throw Unexpected()
    }

    /// Words between parentheses: flags, attributes; a keyword may hold brackets.
    mutating func words() throws(Unexpected) -> [String] {
        try expect("(")
        var found: [String] = []
        while true {
            skipSpaces()
            if skip(")") { return found }
            let word = take { $0 > 0x20 && $0 != 0x7F && !"()\"".utf8.contains($0) }
            guard !word.isEmpty else { throw Unexpected() }
            found.append(String(decoding: word, as: UTF8.self))
        }
    }

    /// What stands between brackets, which are passed over too: quoted strings in it may hold brackets.
    mutating func bracketed() throws(Unexpected) -> ArraySlice<UInt8> {
        try expect("[")
        let start = place
        while let next = byte {
            if next == UInt8(ascii: "]") {
                place += 1
                return text[start..<(place - 1)]
            }
            if next == UInt8(ascii: "\"") { _ = try quoted() } else { place += 1 }
        }
        throw Unexpected()
    }

    /// Passes over one value of any kind, lists and all that is in them.
    mutating func skipValue() throws(Unexpected) {
        var depth = 0
        repeat {
            skipSpaces()
            if skip("(") {
                depth += 1
            } else if depth > 0, skip(")") {
                depth -= 1
            } else if byte == UInt8(ascii: "[") {
                _ = try bracketed()
            } else {
                _ = try string()
            }
        } while depth > 0
    }

    /// `1:5,7`; a range may be written backwards (RFC 3501, 9), and `*` is not sent by a server.
    mutating func set() throws(Unexpected) -> [ClosedRange<UInt32>] {
        var found: [ClosedRange<UInt32>] = []
        repeat {
            let first: UInt32 = try number()
            let last: UInt32 = skip(":") ? try number() : first
            found.append(min(first, last)...max(first, last))
        } while skip(",")
        return found
    }

    /// What is left, as text for people.
    mutating func rest() -> String {
        let rest = text[min(place, text.count)...]
        place = text.count
        return Self.legible(rest)
    }

    /// A server's words as they may be shown: one line, 300 bytes at most, without control characters.
    static func legible(_ bytes: ArraySlice<UInt8>) -> String {
        String(
            String.UnicodeScalarView(
                String(decoding: bytes.prefix(300), as: UTF8.self).unicodeScalars.map {
                    $0.properties.generalCategory == .control || $0.properties.generalCategory == .format ? " " : $0
                }))
    }

    private mutating func take(while isWanted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = place
        // Across a literal no word goes on.
        let end = nextLiteral < literals.count ? literals[nextLiteral].place : text.count
        while place < end, isWanted(text[place]) { place += 1 }
        return text[start..<place]
    }
}
