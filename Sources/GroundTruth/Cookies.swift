extension Generator {
    /// The cookie a person's browser carries on a site at a moment. It is replaced at intervals that begin at a
    /// different moment for each person, and is derived rather than remembered.
    func cookie(_ person: Person, _ site: String, _ moment: Int64) -> String {
        let life = Double(12 * Calendar.month) / Swift.max(settings.cookiesReplacedPerYear, 0.01)
        let phase = Double(scrambled(UInt64(person.index) &+ settings.seed) >> 11) * 0x1p-53 * life
        let turn = Int((Double(moment - settings.start) + phase) / life)
        return token(10, person.index &* 1024 &+ turn, site)
    }

    func kioskCookie(_ kiosk: Int) -> String { token(11, kiosk, "") }
    func device(_ person: Person) -> String { token(12, person.index, "") }

    /// A person has another account on each site.
    func userID(_ person: Person, _ site: String) -> String { "u-" + token(13, person.index, site) }

    private func token(_ purpose: UInt64, _ index: Int, _ site: String) -> String {
        let base = settings.seed &+ site.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }
        let text = String(seed(base, purpose, index), radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
