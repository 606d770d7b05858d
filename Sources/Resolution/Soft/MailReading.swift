/// An address as it is compared.
struct MailReading: Sendable {
    let full: Spelling
    let local: Spelling
    let fullHash: UInt64
    let localHash: UInt64
    let domainHash: UInt64
    /// Anybody may have a mailbox there.
    let isPublic: Bool
    /// The local part is made of the name beside it: `mario.rossi`, `mrossi`, `rossi77`.
    let isMadeOfName: Bool
    /// The digits of the local part: what one that is made of the name says beyond it.
    private let digits: Int
    private let digitsHash: UInt64
    private let lettersHash: UInt64

    init?(_ address: String, _ name: NameReading) {
        let bytes = address.utf8.prefix(SoftRecord.longest)
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), at > bytes.startIndex else { return nil }
        full = Spelling(bytes)
        local = Spelling(bytes[..<at])
        fullHash = SpellingHash.of(bytes)
        localHash = SpellingHash.of(bytes[..<at])
        domainHash = SpellingHash.of(bytes[bytes.index(after: at)...])
        isPublic = Self.providers[domainHash]
        var letters = Spelling()
        var digits = Spelling()
        for place in 0..<local.count {
            let byte = local[place]
            if (0x61...0x7A).contains(byte) || byte >= 0x80 { letters.append(byte) }
            if (0x30...0x39).contains(byte) { digits.append(byte) }
        }
        self.digits = digits.count
        digitsHash = (0..<digits.count).reduce(0) { $0 &* 10 &+ UInt64(digits[$1] &- 0x2F) }
        lettersHash = (0..<letters.count).reduce(0xCBF2_9CE4_8422_2325) {
            ($0 ^ UInt64(letters[$1])) &* 0x100_0000_01B3
        }
        isMadeOfName = Self.isMade(letters, from: 0, of: name, used: 0)
    }

    /// Digits may be anybody's, but four and more are a year or a number of one's own.
    private var repeatsName: Bool { isMadeOfName && digits < 4 }

    /// Whether letters, from one place on, are made of the parts of the name or their beginnings, one after the other, in
    /// any order; `used` has a bit for each part that is taken.
    private static func isMade(
        _ letters: Spelling, from start: Int, of name: NameReading, used: UInt8
    ) -> Bool {
        if start == letters.count { return true }
        for part in 0..<3 where used & (1 << UInt8(part)) == 0 {
            let common =
                switch part {
                case 0: begin(letters, start, name.given)
                case 1: begin(letters, start, name.surname)
                default: begin(letters, start, name.single)
                }
            guard common > 0 else { continue }
            if isMade(letters, from: start + common, of: name, used: used | 1 << UInt8(part)) { return true }
        }
        return false
    }

    /// How many letters of the part stand there.
    private static func begin(_ letters: Spelling, _ start: Int, _ part: NamePart?) -> Int {
        guard let part else { return 0 }
        var common = 0
        while common < min(part.full.count, letters.count - start), part.full[common] == letters[start + common] {
            common += 1
        }
        return common
    }

    /// Nil where nothing follows: the addresses are alike because the names are, and of two people of one name each has
    /// another number behind it (of generated customers joined by name and address alone 158 of 889 were two).
    func likeness(to other: MailReading) -> EmailLevel? {
        if fullHash == other.fullHash { return .exact }
        if digitsHash != other.digitsHash {
            if lettersHash == other.lettersHash || isMadeOfName && other.isMadeOfName { return nil }
        } else if isMadeOfName, other.isMadeOfName, digits < 2 {
            return nil
        }
        if localHash == other.localHash, local.count >= 3 {
            if Likeness.isOneEdit(full, other.full) { return .oneEdit }
            return repeatsName || other.repeatsName || local.count < 6 ? .sameName : .sameLocal
        }
        // Of short ones any two are a slip or two apart: `a@` and `p1@` at one domain are two mailboxes.
        let shorter = min(local.count, other.local.count)
        if shorter >= 4, Likeness.isOneEdit(full, other.full) { return .oneEdit }
        if shorter >= 6, Likeness.isTwoEdits(full, other.full) { return .twoEdits }
        if domainHash == other.domainHash, !isPublic, local[0] == other.local[0] { return .sameDomain }
        return .other
    }

    private static let providers = WordTable<Bool>(
        """
        gmail.com libero.it virgilio.it alice.it tin.it tim.it hotmail.it hotmail.com outlook.it outlook.com live.it live.com
        yahoo.it yahoo.com icloud.com me.com tiscali.it fastwebnet.it inwind.it iol.it email.it msn.com protonmail.com
        proton.me gmx.de gmx.net web.de t-online.de orange.fr free.fr laposte.net wanadoo.fr aol.com mail.com
        pec.it legalmail.it postecert.it arubapec.it aruba.it poste.it vodafone.it
        """.split(whereSeparator: \.isWhitespace).map { (SpellingHash.of($0.utf8), true) }, absent: false)
}
