/// What kind of mail it is, beside what it says. Such mail is stored like any other, and flagged.
struct MailMarks: Sendable {
    /// `auto_reply`, `bounce`, `delivery_receipt`, `list`, `newsletter`.
    private(set) var flags: Set<String> = []
    /// What it reports of another mail.
    let bounce: Bounce?

    init(_ message: MimeMessage, text: String) {
        let headers = message.headers
        bounce = Bounce.read(message, text: text)
        if let list = headers["list-id"] ?? headers["list-post"] ?? headers["mailing-list"], !list.isEmpty {
            flags.insert("list")
        }
        let precedence = headers.keyword("precedence")
        if precedence == "list" { flags.insert("list") }
        if let bounce {
            flags.insert(bounce.isDelivered ? "delivery_receipt" : "bounce")
        } else if message.root.type == "multipart/report" {
            // A notification that a mail was shown or deleted, or a complaint: a program's word.
            flags.insert("auto_reply")
        }
        if AutomaticReply.isOne(headers) { flags.insert("auto_reply") }
        if Self.isNewsletter(headers, precedence) { flags.insert("newsletter") }
    }

    /// Sent to many at once by a program for that, and not by a list on which people write: who sends such mail says how to leave
    /// it (RFC 2369, RFC 8058), and where one may write to a list (List-Post, List-Id with an answer to another's mail) it is one.
    private static func isNewsletter(_ headers: MailHeaders, _ precedence: String?) -> Bool {
        guard headers.has("list-unsubscribe"), !headers.has("in-reply-to"), !headers.has("references") else {
            return false
        }
        if let post = headers["list-post"], !post.lowercased().contains("no") || post.contains("@") { return false }
        return precedence == "bulk" || precedence == "junk" || headers.has("list-unsubscribe-post")
            || headers.has("feedback-id") || headers.has("x-campaign") || headers.has("x-campaignid")
            || headers.has("x-mailer-recptid") || headers.has("x-csa-complaints")
    }
}
