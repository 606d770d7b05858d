import Contact

@testable import EmailConnector

/// What holds of any text of a mail.
enum TextPromises {
    static func read(_ bytes: [UInt8]) {
        let text = Text.repaired(bytes).text
        _ = QuotedText(text)
        let reading = HTMLText.reading(text)
        _ = QuotedText(reading.text, mark: reading.mark)
    }

    static func check(_ bytes: [UInt8]) throws(BrokenPromise) {
        let text = Text.repaired(bytes).text
        try quotes(text, mark: nil)
        let reading = HTMLText.reading(text)
        if let mark = reading.mark {
            try expect((0...reading.text.utf8.count).contains(mark), "the mark of a quote stands in the text")
        }
        try quotes(reading.text, mark: reading.mark)
        try html(text, reading.text)
    }

    private static func quotes(_ text: String, mark: Int?) throws(BrokenPromise) {
        let parts = QuotedText(text, mark: mark)
        let again = QuotedText(text, mark: mark)
        try expect(
            parts.reply == again.reply && parts.written == again.written && parts.quotedAt == again.quotedAt,
            "one text has one reading")
        let all = said(text)
        try expect(isWithin(said(parts.reply), all), "a reply is made of the text's lines, in their order")
        try expect(isWithin(said(parts.written), all), "what was written are the text's lines, in their order")
        if !all.isEmpty { try expect(!said(parts.reply).isEmpty, "where something is said there is a reply") }
        guard let quotedAt = parts.quotedAt else {
            try expect(said(parts.written) == all, "where nothing is repeated all was written")
            return
        }
        let utf8 = Array(text.utf8)
        try expect((0..<max(1, utf8.count)).contains(quotedAt), "a quote begins within the text")
        try expect(quotedAt == 0 || utf8[quotedAt - 1] == 0x0A, "a quote begins where a line does")
        let above = said(String(decoding: utf8[..<quotedAt], as: UTF8.self))
        try expect(said(parts.written).starts(with: above), "what stands above the first quote was written")
    }

    private static func html(_ text: String, _ shown: String) throws(BrokenPromise) {
        // One byte is at most three line ends with twenty quote marks each.
        try expect(shown.utf8.count <= 130 * text.utf8.count, "the text of HTML does not blow up")
        let words = text.utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): escaped += Array("&amp;".utf8)
            case UInt8(ascii: "<"): escaped += Array("&lt;".utf8)
            case UInt8(ascii: ">"): escaped += Array("&gt;".utf8)
            default: escaped.append(byte)
            }
        }
        let back = HTMLText.text(String(decoding: escaped, as: UTF8.self))
        try expect(Array(back.utf8) == Array(words.joined(separator: [0x20])), "text that is escaped comes back")
    }

    /// The lines that hold anything.
    private static func said(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
    }

    private static func isWithin(_ lines: [Substring], _ all: [Substring]) -> Bool {
        var rest = all[...]
        for line in lines {
            guard let place = rest.firstIndex(of: line) else { return false }
            rest = rest[(place + 1)...]
        }
        return true
    }
}
