internal import Contact

/// The subject of a conversation: what is left of a mail's when answers, forwards, lists and automatic replies have added theirs.
struct MailSubject: Sendable {
    /// Folded (``Text/fold(_:)``); empty where nothing is left. At most 200 bytes.
    let base: String
    /// An automatic reply's words stood before it.
    let isAutomatic: Bool

    init(_ subject: String) {
        var rest = Text.fold(MailBody.prefix(subject, 1_000))[...]
        var isAutomatic = false
        while true {
            rest = rest.drop { $0 == " " }
            if let length = Self.prefix(rest) {
                rest = rest.dropFirst(length)
            } else if rest.first == "[", let end = rest.prefix(60).firstIndex(of: "]"),
                rest[rest.index(after: end)...].contains(where: { $0 != " " })
            {
                rest = rest[rest.index(after: end)...]
            } else if let length = AutomaticReply.opening(rest) {
                isAutomatic = true
                rest = rest.dropFirst(length)
            } else {
                break
            }
        }
        self.isAutomatic = isAutomatic
        let base = Self.none.contains(String(rest)) ? "" : String(rest)
        self.base = MailBody.prefix(base, 200)
    }

    /// What programs put before the subject of an answer or of a mail that is passed on, folded.
    private static let prefixes: Set<String> = [
        "re", "r", "aw", "sv", "vs", "antw", "odp", "ref", "rif", "res", "rv", "tr", "fw", "fwd", "wg", "i", "inoltra",
        "inoltro", "enc", "doorst", "pd", "vb", "ynt", "ilt", "ri", "rep", "fs", "vl", "tov", "va", "atb", "bls", "trs",
        "vid", "bv", "απ", "σχετ", "πρθ", "ответ", "отв", "пересл", "回复", "回覆", "答复", "回", "转发", "轉寄", "返信", "転送",
        "답장", "회신", "전달", "رد", "تر", "השב", "הועבר", "risposta", "antwort", "reponse", "respuesta",
    ]
    private static let none: Set<String> = [
        "(no subject)", "(nessun oggetto)", "(senza oggetto)", "(kein betreff)", "(sans objet)", "(sin asunto)",
    ]

    /// The length of `re:`, `re[5]:`, `aw (2):`, `r: ` in characters.
    private static func prefix(_ text: Substring) -> Int? {
        guard let colon = text.prefix(24).firstIndex(where: { $0 == ":" || $0 == "：" }) else { return nil }
        var word = text[..<colon]
        while let last = word.last, "0123456789[]()^ ".contains(last) { word.removeLast() }
        return prefixes.contains(String(word)) ? text.distance(from: text.startIndex, to: colon) + 1 : nil
    }
}
