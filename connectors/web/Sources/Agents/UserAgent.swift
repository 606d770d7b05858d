/// What a User-Agent field says of who sent it.
///
/// Told from the field alone, so a machine that copies a browser's field word for word is a person here. A field is
/// a machine's if it names one, carries a machine's word or an address to write to, or has not the form of a
/// browser or an app. Browsers on desktops write a closed set of words: one of its own gives a machine away too.
struct UserAgent: Hashable, Sendable {
    enum Kind: String, Sendable {
        case person, bot
        case aiCrawler = "ai_crawler"
        case aiFetcher = "ai_fetcher"
    }

    enum Device: String, Sendable { case desktop, phone, tablet, television, other }

    let kind: Kind
    /// Of a machine: the name it goes by (`GPTBot`), or of a browser (`Firefox`).
    let name: String?
    /// Windows, macOS, iOS, Android, Linux, ChromeOS…; nothing for a machine, whose word on it is worth nothing.
    let system: String?
    let device: Device

    init(_ text: String) {
        let scan = UserAgentScan(text)
        let form = UserAgentForm(scan)
        if let machine = form.machine {
            kind = machine.kind
            name = machine.name
            system = nil
            device = .other
        } else {
            kind = .person
            name = form.browser
            system = form.system
            device = form.device
        }
    }
}
