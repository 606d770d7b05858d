/// The elements by which mail programs mark, in HTML, where what they repeat begins. Data.
///
/// A `blockquote` needs no mark: its lines have `> ` in the text.
enum QuoteElements {
    /// Parts of the value of `class` or `id`: programs that pass a mail on put letters of their own before (`x_gmail_quote`).
    private static let names = [
        // Gmail
        "gmail_quote", "gmail_attr",
        // Yahoo, Proton, Tuta, Zoho, Zimbra
        "yahoo_quoted", "protonmail_quote", "tutanota_quote", "zmail_extra", "zwchr",
        // Outlook on the web, on a Mac, on a telephone, and Hotmail before
        "divrplyfwdmsg", "appendonsend", "olk_src_body_section", "mail-editor-reference-message-container",
        "ms-outlook-mobile-reference-message", "stopspelling",
        // Thunderbird, Roundcube, Apple, Netease
        "moz-cite-prefix", "moz-forward-container", "reply-intro", "applemailquote", "isreplycontent",
        "isforwardcontent",
    ]
    /// The line that Outlook draws above the head of the mail it repeats.
    private static let styles = ["border-top:solid#b5c4df1.0pt", "border-top:solid#e1e1e11.0pt"]

    /// Whether a tag, with its brackets, is such an element.
    static func isMark(_ tag: ArraySlice<UInt8>) -> Bool {
        guard tag.count > 8 else { return false }
        let text = String(decoding: tag.prefix(1_000), as: UTF8.self).lowercased()
        guard text.contains("class") || text.contains("id") || text.contains("style") else { return false }
        if names.contains(where: { text.contains($0) }) { return true }
        guard text.contains("border-top") else { return false }
        let bare = text.filter { !$0.isWhitespace }
        return styles.contains { bare.contains($0) }
    }
}
