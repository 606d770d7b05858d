internal import Contact

/// What a mail says and what hangs on it.
struct MailBody: Sendable {
    /// The longest text an interaction holds, in UTF-8 bytes; the original holds the rest.
    static let longestText = 1 << 20
    /// Octets that are read as text, of all parts together.
    static let longestPart = 4 << 20

    struct Attachment: Sendable {
        let name: String
        let type: String
        let size: Int
        let sha256: [UInt8]
        let isInline: Bool
    }

    /// Links of one mail that a person may have meant; a mail with more is made to weigh on whoever shows it.
    static let mostLinks = 5_000

    /// Text of one part, and where in it the part's own HTML marks something repeated, in UTF-8 bytes.
    private struct Piece {
        var text: String
        var mark: Int?
    }

    private(set) var text = ""
    /// Where in the text the mail's HTML marks the first repeated part, in UTF-8 bytes.
    private(set) var quoteMark: Int?
    private var links = 0
    private var octetsLeft = MailBody.longestPart
    private(set) var attachments: [Attachment] = []
    private(set) var flags: Set<String> = []

    init(_ root: MimePart) {
        var pieces: [Piece] = []
        read(root, into: &pieces)
        let whole = Self.joined(pieces)
        let left = whole.text.utf8.prefix { $0 == 0x0A || $0 == 0x0D }.count
        quoteMark = whole.mark.map { max(0, $0 - left) }
        text = Self.tidied(whole.text)
        if links > Self.mostLinks { flags.insert("links_cut") }
        if text.utf8.count > Self.longestText {
            flags.insert("text_cut")
            text = Self.prefix(text, Self.longestText)
        }
    }

    private mutating func read(_ part: MimePart, into pieces: inout [Piece]) {
        guard part.isMultipart else {
            if part.disposition != "attachment", part.type == "text/plain" || part.type == "text/html",
                part.filename == nil || pieces.isEmpty
            {
                let piece = piece(of: part)
                if !piece.text.allSatisfy(\.isWhitespace) { pieces.append(piece) }
            } else {
                attach(part)
            }
            return
        }
        guard !part.children.isEmpty else {
            let piece = piece(of: part)
            if !piece.text.allSatisfy(\.isWhitespace) { pieces.append(piece) }
            return
        }
        switch part.type {
        case "multipart/alternative": alternative(part, into: &pieces)
        case "multipart/report":
            // What it says to people comes first; the rest is for programs.
            if let first = part.children.first { read(first, into: &pieces) }
            for leaf in part.children.dropFirst().flatMap(\.leaves) { attach(leaf) }
        default:
            for child in part.children { read(child, into: &pieces) }
        }
    }

    /// The plain form where it says anything, else the last of the others; what is no text in any of them is attached.
    private mutating func alternative(_ part: MimePart, into pieces: inout [Piece]) {
        var plain: Piece?
        var other: Piece?
        for child in part.children {
            if child.type == "text/plain", child.disposition != "attachment" {
                let piece = piece(of: child)
                if plain == nil, !piece.text.allSatisfy(\.isWhitespace) { plain = piece }
            } else {
                var found: [Piece] = []
                read(child, into: &found)
                if !found.isEmpty { other = Self.joined(found) }
            }
        }
        if let piece = plain ?? other { pieces.append(piece) }
    }

    private static func joined(_ pieces: [Piece]) -> Piece {
        guard pieces.count != 1 else { return pieces[0] }
        var whole = Piece(text: "", mark: nil)
        for (place, piece) in pieces.enumerated() {
            if place > 0 { whole.text += "\n\n" }
            if whole.mark == nil, let mark = piece.mark { whole.mark = whole.text.utf8.count + mark }
            whole.text += piece.text
        }
        return whole
    }

    private mutating func attach(_ part: MimePart) {
        guard attachments.count < 200 else {
            flags.insert("attachments_cut")
            return
        }
        let suffix = ["text/plain": "txt", "text/html": "html", "message/rfc822": "eml", "text/calendar": "ics"]
        let name =
            part.filename ?? part.enclosed?["subject"].map { "\($0).eml" }
            ?? "attachment-\(attachments.count + 1).\(suffix[part.type] ?? part.type.split(separator: "/").last.map(String.init) ?? "bin")"
        attachments.append(
            Attachment(
                name: Self.prefix(name, 255), type: Self.prefix(part.type, 127), size: part.size, sha256: part.sha256,
                isInline: part.disposition == "inline" || (part.disposition.isEmpty && part.contentID != nil)))
    }

    private mutating func piece(of part: MimePart) -> Piece {
        var content = part.content
        if content.count > octetsLeft {
            flags.insert("text_cut")
            content = Array(content.prefix(octetsLeft))
        }
        octetsLeft -= content.count
        let reading = Charset.read(content, label: part.charset)
        flags.formUnion(reading.flags)
        if part.type == "text/html" {
            let html = HTMLText.reading(reading.text)
            links += html.links
            return Piece(text: html.text, mark: html.mark)
        }
        let text = Self.bareLines(reading.text)
        links += Self.addresses(in: text)
        return Piece(text: part.isFlowed ? Self.unflowed(text, joinsWords: part.joinsFlowedWords) : text)
    }

    /// How many addresses of the web a plain text holds.
    private static func addresses(in text: String) -> Int {
        var found = 0
        var last: (UInt8, UInt8) = (0, 0)
        for byte in text.utf8 {
            if byte == 0x2F, last == (0x3A, 0x2F) { found += 1 }
            last = (last.1, byte)
        }
        return found
    }

    /// With `\n` alone at line ends.
    private static func bareLines(_ text: String) -> String {
        guard text.utf8.contains(0x0D) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var wasReturn = false
        for byte in text.utf8 {
            if byte == 0x0D {
                bytes.append(0x0A)
            } else if byte != 0x0A || !wasReturn {
                bytes.append(byte)
            }
            wasReturn = byte == 0x0D
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Lines that a program broke (RFC 3676) made whole again.
    private static func unflowed(_ text: String, joinsWords: Bool) -> String {
        var output: [String] = []
        var open = false
        var depth = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let marks = line.prefix { $0 == ">" }.count
            var rest = line.dropFirst(marks)
            if rest.first == " " { rest = rest.dropFirst() }
            let isSignature = rest == "-- "
            let flows = rest.last == " " && !isSignature
            if flows, joinsWords { rest = rest.dropLast() }
            if open, marks == depth, !isSignature, let last = output.indices.last {
                output[last] += rest
            } else {
                output.append(marks > 0 ? String(repeating: ">", count: marks) + " " + rest : String(rest))
            }
            open = flows
            depth = marks
        }
        return output.joined(separator: "\n")
    }

    /// Without blanks at the ends.
    private static func tidied(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { $0 != "\n" && $0 != "\r" }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    /// At most so many bytes, cut between characters.
    static func prefix(_ text: String, _ most: Int) -> String {
        guard text.utf8.count > most else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: most)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }
}
