/// What in an address is not for the record: credentials, and data that says who somebody is.
enum Secrets {
    /// A parameter of which one word is one of these is masked: `reset_token`, `customerEmail`, `user[phone]`.
    private static let words: Set<String> = [
        "token", "pass", "password", "passwd", "passphrase", "pwd", "psw", "pin", "otp", "secret", "key", "apikey",
        "auth", "authorization", "bearer", "jwt", "credential", "credentials", "csrf", "ticket", "session", "sessionid",
        "sid", "jsessionid", "phpsessid", "signature", "sig", "hmac", "login", "username", "email", "mail", "pec",
        "phone", "telephone", "telefono", "tel", "cellulare", "cell", "birthday", "birthdate", "birth", "dob",
        "nascita", "cf", "fiscale", "codicefiscale", "iban", "card", "cvv", "cvc", "surname", "lastname", "firstname",
        "cognome", "nome",
    ]
    /// Found anywhere in a name written without any break: `accesstoken`.
    private static let stems = ["token", "passw", "secret", "email", "apikey", "sessionid", "telefono", "cellulare"]
    /// What mail services append to name the one person a mail went to.
    private static let recipients: Set<String> = [
        "mc_eid", "mkt_tok", "vero_id", "oly_enc_id", "oly_anon_id", "_hsenc", "_ke", "_kx", "ml_subscriber",
        "ml_subscriber_hash", "dm_i", "ck_subscriber_id", "bsft_uid",
    ]

    private static let marks = Array("?&#;/".utf8)

    /// How many parameters of an address within a value are looked at.
    private static let mostNested = 64

    /// Whether a parameter of this name is masked whatever its value.
    static func isName(_ name: some StringProtocol) -> Bool { isName(Array(name.utf8.prefix(longestName))[...]) }

    /// The same of a name's bytes. It is asked of each part of each address: it allocates nothing.
    static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        let name = name.prefix(longestName)
        if recipientNames.contains(where: { isSame($0, name) }) || stemNames.contains(where: { contains(name, $0) }) {
            return true
        }
        var word = PackedWord(), previous = UInt8(0)
        for byte in name {
            let isUpper = (0x41...0x5A).contains(byte), wasLower = (0x61...0x7A).contains(previous)
            if !WrittenText.isLetter(byte) || isUpper && wasLower {
                if packedWords.contains(word) { return true }
                word = PackedWord()
            }
            if WrittenText.isLetter(byte) { word.append(WrittenText.lowerCased(byte)) }
            previous = byte
        }
        return packedWords.contains(word)
    }

    private static let longestName = 256
    private static let packedWords = Set(words.map { PackedWord(Array($0.utf8)[...]) })
    private static let stemNames = stems.map { Array($0.utf8) }
    private static let recipientNames = recipients.map { Array($0.utf8) }

    private static func isSame(_ name: [UInt8], _ written: ArraySlice<UInt8>) -> Bool {
        name.count == written.count && zip(name, written).allSatisfy { $0 == WrittenText.lowerCased($1) }
    }

    /// Whether a value shows a secret by its own look, at whatever depth it is escaped: a mail address, a signed
    /// token, or an address within that has a parameter to be masked.
    static func isShown(in written: ArraySlice<UInt8>) -> Bool {
        guard isSuspicious(written) else { return false }
        var bytes = written
        // Four times: a mail program's redirect around a login's redirect around a page is three.
        for _ in 0..<5 {
            if hasMailAddress(bytes) || isSignedToken(bytes) || hasNestedSecret(bytes) { return true }
            guard bytes.contains(UInt8(ascii: "%")) else { return false }
            bytes = WrittenText.decoded(bytes)[...]
        }
        // Deeper than anything a site builds: hidden on purpose.
        return bytes.contains(UInt8(ascii: "%")) && WrittenText.decoded(bytes).count < bytes.count
    }

    /// One look at what nearly every value is: none of the characters a secret could not do without.
    private static func isSuspicious(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.contains { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "=") }
            || bytes.starts(with: "eyJ".utf8)
    }

    static func isShown(in text: String) -> Bool { isShown(in: Array(text.utf8)[...]) }

    private static func hasMailAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        for at in bytes.indices where bytes[at] == UInt8(ascii: "@") {
            guard at > bytes.startIndex, isAtom(bytes[at - 1]) else { continue }
            let domain = bytes[(at + 1)...].prefix(253).prefix { isAtom($0) && $0 != UInt8(ascii: "+") }
            let labels = domain.split(separator: UInt8(ascii: "."))
            // Not only the last label: what follows an address without a break is often no part of it.
            guard labels.dropFirst().contains(where: { $0.count >= 2 && $0.prefix(2).allSatisfy(isDomainLetter) })
            else { continue }
            return true
        }
        return false
    }

    private static func isAtom(_ byte: UInt8) -> Bool {
        WrittenText.isLetter(byte) || WrittenText.isDigit(byte) || byte >= 0x80 || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+")
    }

    private static func isDomainLetter(_ byte: UInt8) -> Bool { WrittenText.isLetter(byte) || byte >= 0x80 }

    /// A JSON Web Token: three parts, the first the base64url of `{"`.
    private static func isSignedToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count > 30 && bytes.starts(with: "eyJ".utf8) && bytes.count { $0 == UInt8(ascii: ".") } >= 2
    }

    private static func hasNestedSecret(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.contains(UInt8(ascii: "=")) else { return false }
        let pieces = bytes.split(maxSplits: mostNested, whereSeparator: { marks.contains($0) })
        // More than any page's address has: not looked through, hence not shown.
        guard pieces.count <= mostNested else { return true }
        for piece in pieces {
            guard let equals = piece.firstIndex(of: UInt8(ascii: "=")), equals > piece.startIndex else { continue }
            if isName(piece[..<equals].suffix(64)) { return true }
        }
        return false
    }

    private static func contains(_ bytes: ArraySlice<UInt8>, _ stem: [UInt8]) -> Bool {
        guard bytes.count >= stem.count else { return false }
        for start in bytes.startIndex...(bytes.endIndex - stem.count)
        where WrittenText.lowerCased(bytes[start]) == stem[0] && isSame(stem, bytes[start..<(start + stem.count)]) {
            return true
        }
        return false
    }
}

/// A short word in two machine words, compared and hashed without a String; a longer one is like no other.
struct PackedWord: Hashable, Sendable {
    private var high: UInt64 = 0
    private var low: UInt64 = 0
    private var count = 0

    init() {}

    /// Lower case where `text` is of another.
    init(_ text: ArraySlice<UInt8>) {
        for byte in text { append(WrittenText.lowerCased(byte)) }
    }

    mutating func append(_ byte: UInt8) {
        count += 1
        guard count <= 16 else { return }
        high = high << 8 | low >> 56
        low = low << 8 | UInt64(byte)
    }
}
