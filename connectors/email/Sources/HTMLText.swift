/// The text of an HTML mail: what is seen, with line ends where blocks end and `> ` before what is quoted.
///
/// Not a browser: tags are read one after the other, and none need be closed. Time and memory grow with the length alone.
struct HTMLText {
    private var output: [UInt8] = []
    private var quoting = 0
    private var isPreformatted = 0
    /// Line ends owed before the next word.
    private var ends = 0
    private var owesSpace = false
    private var isAtStart = true
    /// Elements of which no end was found: looked for once, so that a mail full of them takes no longer.
    private var unclosed: Set<String> = []
    /// An element said that what follows is repeated; the place of it is known when the next word is written.
    private var owesMark = false
    private var mark: Int?
    private var links = 0

    /// Bytes of text that are made at most; a mail keeps less.
    private static let mostOutput = 4 << 20

    /// The text of a document, and what is known of it beside.
    struct Reading: Sendable {
        let text: String
        /// Place in UTF-8 bytes at which the first element stands by which a mail program marks what it repeats.
        let mark: Int?
        let links: Int
    }

    static func reading(_ html: String) -> Reading {
        var reader = HTMLText()
        reader.read(Array(html.utf8))
        return Reading(text: String(decoding: reader.output, as: UTF8.self), mark: reader.mark, links: reader.links)
    }

    static func text(_ html: String) -> String { reading(html).text }

    private mutating func read(_ bytes: [UInt8]) {
        var place = 0
        // Marks before quoted lines make more of a text than there was.
        while place < bytes.count, output.count <= Self.mostOutput {
            let byte = bytes[place]
            if byte == UInt8(ascii: "<"), place + 1 < bytes.count, Self.opensTag(bytes[place + 1]) {
                place = tag(bytes, place)
            } else if byte == UInt8(ascii: "&") {
                let (scalar, length) = HTMLEntity.read(bytes, at: place)
                if let scalar {
                    append(scalar)
                    place += length
                } else {
                    append(byte: byte)
                    place += 1
                }
            } else {
                append(byte: byte)
                place += 1
            }
        }
    }

    private static func opensTag(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "/"), UInt8(ascii: "!"), UInt8(ascii: "?"): true
        default: false
        }
    }

    /// Reads a tag, comment or whatever begins with `<`; the place behind it.
    private mutating func tag(_ bytes: [UInt8], _ start: Int) -> Int {
        if bytes[start...].starts(with: "<!--".utf8) {
            // What is never closed hides the rest in a browser too.
            return Self.find("-->", in: bytes, from: start + 4).map { $0 + 3 } ?? bytes.count
        }
        var place = start + 1
        let isClosing = bytes[place] == UInt8(ascii: "/")
        if isClosing { place += 1 }
        var name: [UInt8] = []
        while place < bytes.count, name.count < 32 {
            let byte = bytes[place] | 0x20
            guard (0x61...0x7A).contains(byte) || (0x30...0x39).contains(bytes[place]) else { break }
            name.append(byte)
            place += 1
        }
        // To the end of the tag, past quoted values.
        var quote: UInt8 = 0
        while place < bytes.count {
            let byte = bytes[place]
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                if bytes[place - 1] == UInt8(ascii: "=") || bytes[place - 1] == 0x20 { quote = byte }
            } else if byte == UInt8(ascii: ">") {
                break
            }
            place += 1
        }
        // A quote that is never closed would swallow the rest.
        if place >= bytes.count, quote != 0 {
            // Once: a mail full of such would be searched again and again.
            guard !unclosed.contains("\"") else { return bytes.count }
            unclosed.insert("\"")
            place = bytes[start...].firstIndex(of: UInt8(ascii: ">")) ?? bytes.count
        }
        place = min(place + 1, bytes.count)
        let word = String(decoding: name, as: UTF8.self)
        if !isClosing, ["script", "style", "title", "head", "noscript", "svg", "template"].contains(word) {
            // What is in the head is not shown; what is never closed is shown after all, without its tags.
            guard !unclosed.contains(word) else { return place }
            if let end = Self.find("</" + word, in: bytes, from: place) { return end }
            unclosed.insert(word)
            return place
        }
        if !isClosing {
            if word == "a" { links += 1 }
            if mark == nil, !owesMark, ["div", "blockquote", "hr", "span", "p", "table", "section"].contains(word),
                QuoteElements.isMark(bytes[start..<place])
            {
                owesMark = true
                ends = max(ends, 1)
            }
        }
        element(word, isClosing)
        return place
    }

    private mutating func element(_ name: String, _ isClosing: Bool) {
        switch name {
        case "br": ends += 1
        case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre":
            ends = max(ends, 2)
            if name == "pre" { isPreformatted = max(0, isPreformatted + (isClosing ? -1 : 1)) }
        case "blockquote":
            ends = max(ends, 1)
            quoting = max(0, min(20, quoting + (isClosing ? -1 : 1)))
        case "div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "address", "body", "html", "hr",
            "center", "form", "fieldset":
            ends = max(ends, 1)
            if name == "li", !isClosing { for byte in "- ".utf8 { append(byte: byte) } }
        case "td", "th": owesSpace = true
        default: break
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        if scalar == "\u{A0}" {
            append(byte: 0x20)
        } else {
            for byte in String(Character(scalar)).utf8 { append(byte: byte) }
        }
    }

    private mutating func append(byte: UInt8) {
        if isPreformatted > 0, byte == 0x0A {
            ends += 1
            return
        }
        if byte == 0x20 || (0x09...0x0D).contains(byte) {
            if isPreformatted > 0, byte == 0x20, ends == 0 {
                flush()
                output.append(0x20)
            } else {
                owesSpace = true
            }
            return
        }
        flush()
        output.append(byte)
    }

    /// Writes what is owed.
    private mutating func flush() {
        if isAtStart {
            isAtStart = false
            ends = 0
            setMark()
            quote()
        } else if ends > 0 {
            for line in 1...min(ends, 3) {
                output.append(0x0A)
                if line == min(ends, 3) { setMark() }
                quote()
            }
        } else if owesSpace {
            output.append(0x20)
        }
        ends = 0
        owesSpace = false
    }

    private mutating func setMark() {
        if owesMark, mark == nil { mark = output.count }
        owesMark = false
    }

    private mutating func quote() {
        for _ in 0..<quoting { output += [UInt8(ascii: ">"), 0x20] }
    }

    /// Where an ASCII text in lower case next stands, in any case.
    private static func find(_ text: String, in bytes: [UInt8], from start: Int) -> Int? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count, start <= bytes.count - wanted.count else { return nil }
        for place in start...(bytes.count - wanted.count) where bytes[place] == wanted[0] {
            var matches = true
            for (offset, byte) in wanted.enumerated() {
                let found = bytes[place + offset]
                let lower = (0x41...0x5A).contains(found) ? found | 0x20 : found
                if lower != byte {
                    matches = false
                    break
                }
            }
            if matches { return place }
        }
        return nil
    }
}
