/// An address as it is compared.
struct MailReading: Sendable {
    let full: [UInt8]
    let local: [UInt8]
    let fullHash: UInt64
    let localHash: UInt64
    let domainHash: UInt64
    /// Anybody may have a mailbox there.
    let isPublic: Bool
    /// The local part says no more than the name beside it: `mario.rossi`, `mrossi`.
    let repeatsName: Bool

    init?(_ address: String, _ name: NameReading) {
        let bytes = Array(address.utf8.prefix(SoftRecord.longest))
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), at > 0 else { return nil }
        full = Array(bytes.prefix(Likeness.longest))
        local = Array(bytes[..<at].prefix(Likeness.longest))
        let domain = Array(bytes[(at + 1)...])
        fullHash = Likeness.hash(bytes)
        localHash = Likeness.hash(bytes[..<at])
        domainHash = Likeness.hash(domain)
        isPublic = Self.providers.contains(domain)
        let letters = local.filter { (0x61...0x7A).contains($0) || $0 >= 0x80 }
        // Digits may be anybody's, but four and more are a year or a number of one's own.
        let digits = local.count { (0x30...0x39).contains($0) }
        let parts = [name.given, name.surname, name.single].compactMap(\.?.full)
        repeatsName = digits < 4 && Self.isMade(letters, of: parts)
    }

    /// Whether letters are made of the parts or their beginnings, one after the other, in any order.
    private static func isMade(_ letters: [UInt8], of parts: [[UInt8]]) -> Bool {
        if letters.isEmpty { return true }
        for (place, part) in parts.enumerated() {
            var common = 0
            while common < min(part.count, letters.count), part[common] == letters[common] { common += 1 }
            guard common > 0 else { continue }
            var rest = parts
            rest.remove(at: place)
            if isMade(Array(letters[common...]), of: rest) { return true }
        }
        return false
    }

    func likeness(to other: MailReading) -> EmailLevel {
        if fullHash == other.fullHash { return .exact }
        if localHash == other.localHash, local.count >= 3 {
            if Likeness.isOneEdit(full, other.full) { return .oneEdit }
            return repeatsName || other.repeatsName || local.count < 6 ? .sameName : .sameLocal
        }
        if Likeness.isOneEdit(full, other.full) { return .oneEdit }
        if Likeness.isTwoEdits(full, other.full) { return .twoEdits }
        if domainHash == other.domainHash, !isPublic, local.first == other.local.first { return .sameDomain }
        return .other
    }

    private static let providers: Set<[UInt8]> = Set(
        """
        gmail.com libero.it virgilio.it alice.it tin.it tim.it hotmail.it hotmail.com outlook.it outlook.com live.it live.com
        yahoo.it yahoo.com icloud.com me.com tiscali.it fastwebnet.it inwind.it iol.it email.it msn.com protonmail.com
        proton.me gmx.de gmx.net web.de t-online.de orange.fr free.fr laposte.net wanadoo.fr aol.com mail.com
        pec.it legalmail.it postecert.it arubapec.it aruba.it poste.it vodafone.it
        """.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) })
}
