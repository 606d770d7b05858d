internal import Contact

/// Who a mail was handed over for, and who is told where it cannot be delivered (RFC 5321, section 2.3.1): what only its
/// carrier knows, because a mail that was sent as Bcc does not name its recipient.
struct Envelope: Hashable, Sendable {
    /// Empty for a bounce; nil where the carrier does not say.
    var sender: String?
    var recipients: [String] = []

    /// The mail with the envelope above its header fields, as a mail server that delivers writes it (RFC 5321, section 4.4):
    /// Return-Path, and a Delivered-To for each recipient. Neither is part of a mail's id.
    ///
    /// There is no Received of ours: the reader takes what stands above the first foreign one for the company's own server's
    /// word, and the hub is no server that checks senders. What does not begin as a mail does is left as it came, because
    /// two fields would make a mail of it; so is a mail that is too long and was cut, whose hash is that of what came.
    func above(_ raw: RawInput) -> RawInput {
        guard raw.cut == nil else { return raw }
        let mail = MailShape.beginning(raw.bytes)
        guard let end = mail.firstIndex(of: 0x0A), Self.isField(mail[..<end]) else { return raw }
        let line = end > 0 && mail[end - 1] == 0x0D ? "\r\n" : "\n"
        var fields = ""
        if let sender, Self.isWritable(sender) { fields += "Return-Path: <\(sender)>\(line)" }
        for recipient in recipients where Self.isWritable(recipient) { fields += "Delivered-To: \(recipient)\(line)" }
        let above = Array(fields.utf8)
        guard above.count + mail.count <= MailShape.mostBytes else { return raw }
        return RawInput(above + mail)
    }

    /// Fits into one field, and ends none.
    static func isWritable(_ address: String) -> Bool {
        address.utf8.count <= 512 && hasNoControls(address)
    }

    static func hasNoControls(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }

    private static func isField(_ line: ArraySlice<UInt8>) -> Bool {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return false }
        return line[..<colon].allSatisfy { (0x21...0x7E).contains($0) || $0 == 0x20 || $0 == 0x09 }
    }
}
