internal import Contact

/// What a mail may be made of. Looked at before the parser sees it, because a parser makes an object of each field, part
/// and address, and 25 MB can hold millions of them.
enum MailShape {
    static let mostBytes = RawInput.mostWhole
    /// Of a refused mail that is longer.
    static let keptOfLonger = 64 << 10
    /// Lines that begin with `--`: each may open a part. A patch of ten thousand changes has fewer.
    static let mostDelimiters = 20_000
    /// Lines of header blocks: those at the beginning, after a delimiter, or in one run of more than 1,000.
    static let mostFields = 50_000
    /// One field with its continuation lines: five hundred recipients take half of it.
    static let longestField = 64 << 10
    /// Nesting of parts that is followed; the parser itself stops at 1,024.
    static let deepest = 50
    /// Parts that are read and listed.
    static let mostParts = 1_000

    /// The mail without what programs leave in front of it: empty lines, a byte order mark, the From_ line of a mailbox.
    /// Line ends of CR alone become LF.
    static func beginning(_ bytes: [UInt8]) -> [UInt8] {
        var mail = bytes[...]
        if mail.starts(with: [0xEF, 0xBB, 0xBF]) { mail = mail.dropFirst(3) }
        while let line = blankLine(mail) { mail = mail.dropFirst(line) }
        let hasReturnsAlone = !mail.prefix(64 << 10).contains(0x0A) && mail.prefix(64 << 10).contains(0x0D)
        if hasReturnsAlone {
            mail = mail.map { $0 == 0x0D ? 0x0A : $0 }[...]
        }
        let from = Array("From ".utf8)
        if mail.starts(with: from) || mail.starts(with: [0x3E] + from) {
            mail = mail.drop { $0 != 0x0A }.dropFirst()
        }
        return mail.count == bytes.count && !hasReturnsAlone ? bytes : Array(mail)
    }

    /// The length of a line of nothing but white space, with its end; nil where what begins here is something else.
    private static func blankLine(_ mail: ArraySlice<UInt8>) -> Int? {
        guard let place = mail.prefix(1_000).firstIndex(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else {
            return nil
        }
        return mail[place] == 0x0A ? place - mail.startIndex + 1 : nil
    }

    /// Why the parser must not see it; nil where it may.
    static func refusal(_ bytes: [UInt8]) -> Refusal? {
        let span = bytes.span
        var delimiters = 0
        var fields = 0
        var run = 0
        var fieldLength = 0
        var isHeader = true
        var start = 0
        while start < span.count {
            var end = start
            while end < span.count, span[end] != 0x0A { end += 1 }
            let length = end - start
            let first = length > 0 ? span[start] : 0x0D
            if length >= 2, first == 0x2D, span[start + 1] == 0x2D {
                delimiters += 1
                isHeader = true
                run = 0
                fieldLength = 0
            } else if length == 0 || (length == 1 && first == 0x0D) {
                isHeader = false
                run = 0
                fieldLength = 0
            } else if first == 0x20 || first == 0x09 {
                fieldLength += length
            } else if looksLikeField(span, start, end) {
                fieldLength = length
                run += 1
                if isHeader { fields += 1 } else if run > 1_000 { fields += 1 }
            } else {
                fieldLength = isHeader ? fieldLength : 0
                if !isHeader { run = 0 }
            }
            // A body may hold a line of any length; a header block, whose fields the parser takes apart, may not.
            if isHeader, fieldLength > longestField {
                return Refusal(.tooLarge, "a header field is longer than \(longestField) bytes")
            }
            start = end + 1
        }
        if delimiters > mostDelimiters {
            return Refusal(.tooLarge, "more than \(mostDelimiters) lines could each begin a part")
        }
        return fields > mostFields ? Refusal(.tooLarge, "it has more than \(mostFields) header fields") : nil
    }

    /// `Name:`, within its first 100 bytes.
    private static func looksLikeField(_ span: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var place = start
        while place < min(end, start + 100) {
            let byte = span[place]
            if byte == 0x3A { return place > start }
            guard (0x21...0x7E).contains(byte) else { return false }
            place += 1
        }
        return false
    }
}
