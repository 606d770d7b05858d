/// Comments (RFC 5322, 3.2.2) that nothing closes: gmime 3.2.13, which Debian 12 has, never frees the address before such
/// a comment where its domain is a literal (its issue 159), and the address may be as long as a field. The `(` becomes a
/// blank before the parser sees it: what follows a comment without end was no part of an address either.
enum UnclosedComments {
    /// The fields that the parser takes for addresses by itself.
    private static let fields = ["from", "sender", "reply-to", "to", "cc", "bcc"].map { Array($0.utf8) }

    /// One field's text.
    static func blanked(_ field: [UInt8]) -> [UInt8] {
        guard field.contains(UInt8(ascii: "(")) else { return field }
        var field = field
        blank(&field, field.indices)
        return field
    }

    /// A mail, its address fields and those of the mails in it: what stands at its beginning, after a delimiter, or where
    /// a block of fields that announces a message has ended.
    static func blanked(mail: [UInt8]) -> [UInt8] {
        guard mail.contains(UInt8(ascii: "(")) else { return mail }
        var mail = mail
        var isHeader = true
        var announces = false
        var isDigest = false
        var field: Range<Int>?
        var start = 0
        while start < mail.count {
            let end = mail[start...].firstIndex(of: 0x0A) ?? mail.count
            let line = mail[start..<end]
            let isFolded = line.first == 0x20 || line.first == 0x09
            if isHeader, isFolded, let begun = field {
                field = begun.lowerBound..<end
            } else {
                if let ended = field { blank(&mail, ended) }
                field = isHeader && !isFolded && isAddresses(line) ? start..<end : nil
            }
            if line.starts(with: [0x2D, 0x2D]) {
                (isHeader, announces) = (true, isDigest)
            } else if line.isEmpty || line.elementsEqual([0x0D]) {
                (isHeader, announces) = (announces, false)
            } else if isHeader {
                let text = String(decoding: line.prefix(1_000), as: UTF8.self).lowercased()
                announces = announces || text.contains("message/")
                // Its parts need not say that they are messages (RFC 2046, 5.1.5).
                isDigest = isDigest || text.contains("digest")
            }
            start = end + 1
        }
        if let ended = field { blank(&mail, ended) }
        return mail
    }

    /// gmime counts a comment's parentheses from wherever it takes one to begin: a `(` that is escaped or quoted for
    /// some is none, and for others is.
    private static func blank(_ bytes: inout [UInt8], _ range: Range<Int>) {
        var open: [(place: Int, depth: Int)] = []
        var depth = 0
        var isEscaped = false
        for place in range {
            let byte = bytes[place]
            if byte == UInt8(ascii: "(") {
                if !isEscaped { depth += 1 }
                open.append((place, depth))
            } else if byte == UInt8(ascii: ")"), !isEscaped {
                while let last = open.last, last.depth >= depth { open.removeLast() }
                depth = max(0, depth - 1)
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        for (place, _) in open { bytes[place] = 0x20 }
    }

    private static func isAddresses(_ line: ArraySlice<UInt8>) -> Bool {
        guard let colon = line.prefix(64).firstIndex(of: UInt8(ascii: ":")) else { return false }
        let name = line[..<colon].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return fields.contains { name.starts(with: $0) && name[$0.count...].allSatisfy { $0 == 0x20 || $0 == 0x09 } }
    }
}
