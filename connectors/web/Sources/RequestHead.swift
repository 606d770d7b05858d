internal import Contact
internal import HTTPTypes

/// Texts from outside, cut at a character.
enum Clipped {
    static func text(_ text: String, _ bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            text.utf8.formIndex(before: &end)
        }
        return String(text[..<end])
    }
}

/// What the head of a request says of the visitor, where it is his own browser that sends it.
struct RequestHead: Sendable {
    /// The browser's own name for itself; nil where a program of the site's speaks for the visitor.
    let browser: String?
    let language: String?
    let remote: String?
    /// Whoever it is that sends, as far as the head tells: to tell two events from one.
    let sender: String
    /// Sec-GPC (Global Privacy Control), DNT, or Snowplow's SP-Anonymous.
    let refusesTracking: Bool

    /// Fields that say no, and with what value; nil = any.
    private static let refusals: [(name: HTTPField.Name, value: String?)] = [
        ("Sec-GPC", "1"), ("DNT", "1"), ("SP-Anonymous", nil),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }

    init(_ request: OpenRequest) {
        let agent = request.head.headerFields[.userAgent] ?? ""
        // Libraries of languages do not run pages: one of those sends events that happened elsewhere, for people.
        let isBrowser = agent.hasPrefix("Mozilla/") || agent.hasPrefix("Opera/")
        browser = isBrowser || AgentMemory.shared.agent(agent).kind.isOfAI ? agent : nil
        language = isBrowser ? request.head.headerFields[.acceptLanguage].flatMap(Self.firstLanguage) : nil
        remote = isBrowser ? request.remote : nil
        sender = "\(request.remote ?? "") \(agent)"
        let fields = request.head.headerFields
        refusesTracking = Self.refusals.contains { name, value in
            value.map { fields[name] == $0 } ?? fields.contains(name)
        }
    }

    /// `it-IT` of `it-IT,it;q=0.9,en;q=0.8`.
    private static func firstLanguage(_ field: String) -> String? {
        let first = field.prefix { $0 != "," && $0 != ";" }.filter { $0 != " " }
        guard (2...35).contains(first.utf8.count), first.utf8.allSatisfy({ $0 < 0x80 }), first != "*" else {
            return nil
        }
        return String(first)
    }
}

extension UserAgent.Kind {
    var isOfAI: Bool { self == .aiCrawler || self == .aiFetcher }
}
