internal import Contact

/// The id of a mail at its source: `<message-id>#` and 8 bytes of SHA-256, in hexadecimal, over its decoded content.
///
/// The hash is over the leaves of the mail in order: of each its type and the SHA-256 of its decoded octets, text with bare
/// line ends and without what a mailbox or a transport adds (``MailContent``). Header fields do not count but for a mail
/// without Message-ID, of which From, Date and Subject stand in for it. So one mail has one id however it was carried, and
/// two mails that share a Message-ID have two.
enum MailIdentity {
    /// Longer ones are shortened to their own hash.
    private static let longest = 300

    static func id(_ message: MimeMessage) -> String {
        var content = Digest()
        for leaf in message.root.leaves {
            content.update(Array("\(leaf.type)\n".utf8)[...])
            content.update(leaf.sha256[...])
        }
        let hash = content.finished()
        let own = messageID(message.headers) ?? substitute(message.headers, hash)
        return "\(own)#\(Hexadecimal.text(Array(hash.prefix(8))))"
    }

    /// `<…>`; nil where there is none to be used.
    static func messageID(_ headers: MailHeaders) -> String? {
        guard let raw = headers.all("message-id").first?.raw else { return nil }
        let bare = raw.filter { !$0.isWhitespace && $0 != "<" && $0 != ">" }
        let inside = headers.messageIDs("message-id").first ?? "<\(bare)>"
        guard inside.utf8.count > 2 else { return nil }
        return shortened(inside)
    }

    /// As an id may stand in an interaction: without control characters, not too long, in one composed form.
    static func shortened(_ id: String) -> String {
        let id = Text.nfc(
            String(String.UnicodeScalarView(id.unicodeScalars.filter { $0.properties.generalCategory != .control })))
        guard id.utf8.count > longest else { return id }
        return "<sha256.\(Hexadecimal.text(Digest.sha256(Array(id.utf8))))>"
    }

    private static func substitute(_ headers: MailHeaders, _ content: [UInt8]) -> String {
        let parts = ["from", "date", "subject"].map { headers[$0] ?? "" }
        let hash = Digest.sha256(Array(parts.joined(separator: "\n").utf8) + content)
        return "<none.\(Hexadecimal.text(Array(hash.prefix(16))))>"
    }
}
