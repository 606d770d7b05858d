internal import Contact

/// What a report of non-delivery brings back of the mail it is about.
enum ReturnedMail {
    /// The fields of the mail that came back: an enclosed mail, its header fields as a part, or the end of the report's own text.
    static func headers(_ root: MimePart, tail: Substring) -> MailHeaders {
        let leaves = root.leaves
        if let enclosed = leaves.lazy.compactMap(\.enclosed).first(where: { !$0.fields.isEmpty }) { return enclosed }
        let types = ["text/rfc822-headers", "message/rfc822-headers", "message/rfc822", "message/global-headers"]
        if let part = leaves.first(where: { types.contains($0.type) && !$0.content.isEmpty }),
            let headers = parsed(part.content)
        {
            return headers
        }
        // Some servers name neither: a text that begins with fields, behind the words for people.
        for part in leaves.dropFirst().prefix(8) where part.type.hasPrefix("text/") {
            let text = Text.repaired(Array(part.content.prefix(64 << 10))).text
            if let start = fields(in: text), let headers = parsed(Array(text[start...].utf8)) { return headers }
        }
        return tail.isEmpty ? MailHeaders() : parsed(Array(tail.utf8)) ?? MailHeaders()
    }

    /// The words of a report, and the mail that some servers copy below them.
    static func divided(_ text: String) -> (words: Substring, tail: Substring) {
        guard let start = fields(in: text) else { return (text[...], "") }
        return (text[..<start], text[start...])
    }

    private static let names: Set<String> = [
        "received", "return-path", "from", "to", "date", "message-id", "mime-version", "content-type", "subject",
        "references", "in-reply-to", "delivered-to", "dkim-signature", "x-mailer", "reply-to", "user-agent",
    ]

    /// Where the first three fields of a mail's head stand together, with their continuation lines.
    private static func fields(in text: String) -> String.Index? {
        var start: String.Index?
        var found: Set<String> = []
        var lines = 0
        // CR LF is one character, and no `\n`.
        func isLineEnd(_ character: Character) -> Bool { character == "\n" || character == "\r\n" || character == "\r" }
        for line in text.prefix(256 << 10).split(omittingEmptySubsequences: false, whereSeparator: isLineEnd) {
            lines += 1
            if line.first == " " || line.first == "\t" {
                continue
            } else if let name = fieldName(line) {
                if start == nil { start = line.startIndex }
                if names.contains(name) { found.insert(name) }
                // The copied head that some servers tell people of (`To:`, `Subject:`, `Date:`) is no mail.
                if found.count >= 3, found.contains("message-id") || found.contains("received") || found.count >= 5 {
                    return start
                }
            } else {
                start = nil
                found = []
            }
        }
        return nil
    }

    private static func fieldName(_ line: Substring) -> String? {
        guard let colon = line.utf8.prefix(60).firstIndex(of: 0x3A) else { return nil }
        let name = line[..<colon]
        guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return name.lowercased()
    }

    private static func parsed(_ bytes: [UInt8]) -> MailHeaders? {
        let beginning = MailShape.beginning(Array(bytes.prefix(256 << 10)))
        guard MailShape.refusal(beginning) == nil, let headers = GMime.message(beginning)?.headers else { return nil }
        return headers.fields.isEmpty ? nil : headers
    }
}
