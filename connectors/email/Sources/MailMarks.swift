/// What kind of mail it is, beside what it says. Such mail is stored like any other, and flagged.
struct MailMarks: Sendable {
    /// `auto_reply`, `bounce`, `list`.
    private(set) var flags: Set<String> = []
    /// Of a bounce: the fields of its first report, and the Message-ID of what came back.
    private(set) var bounce: [(name: String, value: String)] = []

    init(_ message: MimeMessage) {
        let headers = message.headers
        if let list = headers["list-id"] ?? headers["list-post"] ?? headers["mailing-list"], !list.isEmpty {
            flags.insert("list")
        }
        let precedence = headers.keyword("precedence")
        if precedence == "list" { flags.insert("list") }
        let isReport = message.root.type == "multipart/report"
        let from = headers["from"]?.lowercased() ?? ""
        let comesFromNobody =
            headers["return-path"]?.filter { !$0.isWhitespace } == "<>" || from.contains("mailer-daemon")
        let kind = message.root.reportType ?? ""
        if (isReport && (kind.isEmpty || kind == "delivery-status"))
            || headers.has("x-failed-recipients") || (comesFromNobody && from.contains("mailer-daemon"))
        {
            flags.insert("bounce")
            readReport(message.root)
        } else if isReport {
            // A disposition notification: a program's word that a mail was shown or deleted.
            flags.insert("auto_reply")
        }
        if let submitted = headers.keyword("auto-submitted"), submitted != "no", !submitted.isEmpty {
            flags.insert("auto_reply")
        }
        if precedence == "auto_reply" || headers.has("x-autoreply") || headers.has("x-autorespond")
            || headers.has("x-autoresponse") || headers.keyword("x-auto-response-from") != nil
            || Self.opensAsAutoReply(headers["subject"] ?? "")
        {
            flags.insert("auto_reply")
        }
    }

    private mutating func readReport(_ root: MimePart) {
        for part in root.leaves {
            if let id = part.enclosed.flatMap(MailIdentity.messageID) {
                bounce.append(("original", id))
            } else if part.type == "message/delivery-status" || part.type == "message/global-delivery-status" {
                for (field, name) in [("action", "action"), ("status", "status")] {
                    if let value = Self.value(of: field, in: part.content) { bounce.append((name, value)) }
                }
                if let value = Self.value(of: "final-recipient", in: part.content),
                    let semicolon = value.firstIndex(of: ";")
                {
                    let address = value[value.index(after: semicolon)...].trimmingPrefix { $0 == " " }
                    bounce.append(("recipient", String(address)))
                }
            } else if part.type == "text/rfc822-headers", let id = Self.value(of: "message-id", in: part.content) {
                bounce.append(("original", MailIdentity.shortened(id)))
            }
        }
    }

    /// The first field of a name in a block of fields that is a part's content.
    private static func value(of name: String, in content: [UInt8]) -> String? {
        for line in content.prefix(65_536).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            guard line.count <= 1_000, let colon = line.firstIndex(of: 0x3A),
                String(decoding: line[..<colon], as: UTF8.self).lowercased() == name
            else { continue }
            let value = HeaderText.trimmed(String(decoding: line[(colon + 1)...], as: UTF8.self))
            return value.isEmpty ? nil : HeaderText.storable(value)
        }
        return nil
    }

    private static let openings = [
        "automatic reply:", "auto-reply:", "autoreply:", "out of office", "risposta automatica", "fuori ufficio",
        "assente dall'ufficio", "abwesenheitsnotiz", "automatische antwort", "réponse automatique",
        "respuesta automática", "resposta automática", "autosvar", "automatisch antwoord",
    ]

    private static func opensAsAutoReply(_ subject: String) -> Bool {
        let subject = subject.lowercased()
        return openings.contains { subject.hasPrefix($0) }
    }
}
