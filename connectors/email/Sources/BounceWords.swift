/// The words by which servers say that a mail was not delivered; lower-case. Data, and the reading of it.
enum BounceWords {
    private static let daemons = ["mailer-daemon", "mailerdaemon", "postmaster", "post_master", "mail.delivery.system"]

    /// A server's own address.
    static func isDaemon(_ address: String) -> Bool {
        let local = address.lowercased().prefix { $0 != "@" }
        return daemons.contains { local.hasPrefix($0) }
    }

    private static let subjects = [
        "undelivered mail", "undeliverable", "undeliver", "delivery status notification", "delivery failure",
        "mail delivery fail", "failure notice", "failure delivery", "failed delivery", "returned mail",
        "mail delivery system",
        "message delivery fail", "email delivery failure", "delivery has failed", "mail system error",
        "could not be delivered",
        "not delivered", "non-delivery", "non delivery", "nondeliverable", "nondelivery", "delivery problem",
        "error sending your mail", "delayed", "delivery report", "notifica dello stato del recapito",
        "mancata consegna",
        "mancato recapito", "recapito non riuscito", "messaggio non recapitabile", "non recapitabile",
        "impossibile recapitare",
        "avviso di mancata consegna", "errore di consegna", "unzustellbar", "nicht zugestellt", "fehlgeschlagen",
        "non remis", "échec de la remise", "no se puede entregar", "no entregado", "não foi possível entregar",
        "onbestelbaar", "kan niet worden bezorgd", "odeslání se nezdařilo", "не доставлено", "недоставленное",
        "failure",
        "mail could not", "mail failed", "postmaster notify", "returned to sender", "rejected", "cannot deliver",
        "warning: message",
    ]

    private static let phrases = [
        "could not be delivered", "couldn't be delivered", "can't be delivered", "cannot be delivered", "not delivered",
        "was not delivered", "wasn't able to deliver", "unable to deliver", "undeliverable", "undelivered",
        "delivery has failed", "delivery failed", "delivery to the following", "failed to deliver", "did not reach",
        "permanent fatal errors", "permanent error", "returned permanent errors", "following addresses",
        "following address",
        "following recipient", "transcript of session", "failure reasons", "failed addresses", "no valid recipients",
        "error delivering your mail", "rejected by",
        "has been returned", "returning message", "returned message", "original message follows", "no such user",
        "user unknown", "unknown user", "unknown recipient", "invalid user", "mailbox is full", "mailbox exceeds",
        "mailbox unavailable", "does not exist", "delivery errors", "had trouble delivering", "message has not been",
        "has been delayed", "delivery is delayed", "will be retried", "non è stato recapitato", "non è stato possibile",
        "impossibile recapitare", "non recapitato", "mancata consegna", "casella piena", "utente sconosciuto",
        "konnte nicht zugestellt", "n'a pas pu être remis", "no se ha podido entregar", "não pôde ser entregue",
        "kon niet worden", "не удалось доставить", "не было доставлено", "配信できません", "送信できませんでした", "お届けできません",
    ]

    private static let delays = [
        "delay", "warning", "still being retried", "will be retried", "will keep trying", "will continue to try",
        "delivery to the following recipient has been delayed", "in ritardo", "verzögert", "retardé",
    ]

    /// Whether a mail without a report for programs is a server's report all the same: from a server or with an empty
    /// return path, with the words of one in its subject or its text.
    static func isReport(_ headers: MailHeaders, text: String) -> Bool {
        let from = headers["from"]?.lowercased() ?? ""
        let isDaemon =
            from.contains("mailer-daemon") || from.contains("mailerdaemon") || from.contains("mail delivery s")
        let isServer = isDaemon || from.contains("mail deliver ") || daemons.contains { from.contains($0) }
        let comesFromNobody = headers["return-path"]?.filter { !$0.isWhitespace } == "<>"
        guard isServer || comesFromNobody || from.isEmpty else { return false }
        let subject = headers["subject"]?.lowercased() ?? ""
        let speaks = MailBody.prefix(text, 16 << 10).lowercased()
        let names = phrases.contains { speaks.contains($0) }
        let isNamed = subjects.contains { subject.contains($0) }
        if names, isNamed { return true }
        // A person may write as postmaster; and with an empty return path people's programs answer for them (RFC 3834).
        if isDaemon || (isServer && comesFromNobody) { return names || isNamed }
        return names && (comesFromNobody || from.isEmpty) && !AutomaticReply.isOne(headers)
    }

    /// Whether it is still tried.
    static func isDelay(_ headers: MailHeaders, text: Substring) -> Bool {
        let subject = headers["subject"]?.lowercased() ?? ""
        let says = delays.contains { subject.contains($0) }
        return says && !subject.contains("fail") && !subject.contains("returned")
    }

    /// The first enhanced status (RFC 3463) in a text: `5.1.1`.
    static func status(_ text: String) -> String? { status(in: text[...]) }

    private static func status(in text: Substring) -> String? {
        let bytes = Array(text.utf8.prefix(64 << 10))
        func isDigit(_ place: Int) -> Bool { place < bytes.count && (0x30...0x39).contains(bytes[place]) }
        var place = 0
        while place + 4 < bytes.count {
            guard bytes[place] == 0x34 || bytes[place] == 0x35 || bytes[place] == 0x32, bytes[place + 1] == 0x2E,
                place == 0 || !(isDigit(place - 1) || bytes[place - 1] == 0x2E)
            else {
                place += 1
                continue
            }
            var end = place + 2
            while isDigit(end), end - place < 5 { end += 1 }
            let dot = end
            guard dot > place + 2, dot < bytes.count, bytes[dot] == 0x2E else {
                place += 1
                continue
            }
            end = dot + 1
            while isDigit(end), end - dot < 4 { end += 1 }
            // Not the beginning of an address in numbers.
            let isWhole = end > dot + 1 && !(end < bytes.count && bytes[end] == 0x2E && isDigit(end + 1))
            if isWhole, !isDigit(end) { return String(decoding: bytes[place..<end], as: UTF8.self) }
            place = end
        }
        return nil
    }

    /// What the words of a report mean, where it states no status: by its code of RFC 3463 or RFC 5321, else by what it says.
    static func status(ofWords words: Substring) -> String? {
        if let status = status(in: words), status.first != "2" { return status }
        let text = words.prefix(16 << 10).lowercased()
        for (code, said) in meanings where said.contains(where: { text.contains($0) }) { return code }
        // `550 …`, at the beginning of a word.
        for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "." && $0 != "#" })
            .prefix(4_000) where word.utf8.count == 3 && UInt16(word) != nil
        {
            if word.hasPrefix("55") || word.hasPrefix("54") || word.hasPrefix("50") { return "5.0.0" }
            if word.hasPrefix("45") || word.hasPrefix("42") || word.hasPrefix("44") { return "4.0.0" }
        }
        return nil
    }

    private static let meanings: [(String, [String])] = [
        ("4.4.7", ["delayed", "will be retried", "will keep trying", "still being retried", "temporar"]),
        (
            "4.4.1",
            [
                "connection refused", "timed out", "not responding", "no route to host", "could not connect",
                "lookup failure", "unable to connect",
            ]
        ),
        (
            "5.2.2",
            [
                "mailbox is full", "mailbox full", "over quota", "quota exceeded", "exceeded quota",
                "exceeds allowed size",
                "casella piena", "mailbox exceeds", "storage", "over the maximum",
            ]
        ),
        (
            "5.1.1",
            [
                "user unknown", "unknown user", "no such user", "does not exist", "doesn't exist", "unknown recipient",
                "not listed in", "no mailbox here", "invalid recipient", "invalid user", "unrouteable address",
                "recipient name is not recognized", "address rejected", "utente sconosciuto", "address not found",
                "couldn't be found", "not found", "unknown address", "no such address", "unknown or illegal alias",
            ]
        ),
        (
            "5.1.2",
            ["host unknown", "unknown host", "domain not found", "name service error", "no mx", "host not found"]
        ),
        ("5.3.4", ["too large", "size limit", "exceeds the maximum", "too big"]),
        (
            "5.7.1",
            [
                "spam", "blocked", "blacklist", "access denied", "policy", "not allowed", "rejected", "refused",
                "prohibited",
            ]
        ),
    ]

    /// One word for why: `unknown_address`, `unknown_host`, `mailbox_full`, `mailbox_disabled`, `too_large`, `refused`,
    /// `unreachable`, or `other`.
    static func reason(status: String?, diagnostic: String) -> String {
        let status = status.flatMap { $0.hasSuffix(".0.0") ? nil : $0 } ?? self.status(ofWords: diagnostic[...]) ?? ""
        let detail = status.drop { $0 != "." }.dropFirst()
        switch detail {
        case "1.1", "1.0", "1.3", "1.6", "1.10": return "unknown_address"
        case "1.2": return "unknown_host"
        case "2.1", "2.0": return "mailbox_disabled"
        case "2.2": return "mailbox_full"
        case "2.3", "3.4": return "too_large"
        case _ where detail.hasPrefix("7."): return "refused"
        case _ where detail.hasPrefix("4."): return "unreachable"
        default: return "other"
        }
    }

    /// The addresses in a text, in order, each once.
    static func addresses(in text: Substring, most: Int) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        let separators: Set<Character> = [
            " ", "\t", "\n", "\r\n", "\r", "<", ">", "(", ")", "[", "]", ",", ";", "\"", "'", "`", "*", "=", "“", "”",
        ]
        for word in text.prefix(256 << 10).split(whereSeparator: { separators.contains($0) }) {
            guard word.utf8.count <= 320, word.utf8.contains(0x40) else { continue }
            var word = word
            for prefix in ["mailto:", "to:", "rcpt:", "rfc822:"] where word.lowercased().hasPrefix(prefix) {
                word = word.dropFirst(prefix.count)
            }
            while let last = word.last, ".:!?".contains(last) { word.removeLast() }
            guard let at = word.lastIndex(of: "@"), at > word.startIndex else { continue }
            let domain = word[word.index(after: at)...]
            guard domain.contains(where: \.isLetter), !domain.contains(":"), !domain.contains("/"),
                !word[..<at].contains(":"), seen.insert(word.lowercased()).inserted
            else { continue }
            found.append(String(word))
            if found.count == most { break }
        }
        return found
    }

    /// What is said of one address, where a report names several; nil where it is not named.
    static func lines(about address: String, in words: Substring) -> Substring? {
        guard let place = words.firstRange(of: address) else { return nil }
        return words[place.lowerBound...].prefix(600)
    }

    /// The line of a report in which a server answers: with a code of RFC 5321.
    static func diagnostic(in words: Substring) -> String? {
        for line in words.prefix(64 << 10).split(whereSeparator: \.isNewline) where line.utf8.count <= 2_000 {
            let states = line.split(separator: " ").contains { word in
                let code = word.drop { $0 == "(" || $0 == "<" }
                let digits = code.prefix { $0.isASCII && $0.isNumber }
                guard digits.count == 3, digits.first == "4" || digits.first == "5" else { return false }
                return code.count == 3 || code.dropFirst(3).first == "-" || code.dropFirst(3).first == "#"
            }
            if states { return HeaderText.trimmed(String(line.prefix(600))) }
        }
        return nil
    }
}
