/// Values that stand where an identifier should and name nobody. Every system has some; taken for identifiers
/// they would join thousands of people into one.
enum Placeholder {
    /// Of any kind: the words programs write for nothing, and values made of one character.
    static func isOne(_ value: String) -> Bool {
        guard Text.isASCII(value) else { return false }
        let bytes = value.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        if words.contains(String(decoding: bytes, as: UTF8.self)) { return true }
        let essence = bytes.filter(isLetterOrDigit)
        // `-`, `--`, `???`; zeros with or without separators, as in the nil UUID; `ffffffff-ffff-…`, `xxxxxxxx`.
        guard let first = essence.first else { return true }
        guard essence.allSatisfy({ $0 == first }) else { return false }
        return first == UInt8(ascii: "0") || essence.count >= 8
            || (essence.count >= 3 && first == UInt8(ascii: "x"))
    }

    /// Addresses typed to get past a form: `test@test.it`, `asd@asd.com`, `nomail@…`, anything under `.invalid`.
    static func isAddress(local: String, domain: String) -> Bool {
        if nobody.contains(local) { return true }
        let labels = domain.split(separator: ".")
        guard let first = labels.first, let top = labels.last else { return false }
        if top == "invalid" || top == "localhost" { return true }
        if keyboard.contains(local), local == first { return true }
        // `a@a.it`, `xx@xx.xx`: one letter over and over, on both sides.
        guard local == first, let letter = local.first else { return false }
        return local.allSatisfy { $0 == letter }
    }

    /// Addresses that stand for a message or a thread and not for a person: reply tokens, bounces, forwards that
    /// were rewritten on the way (SRS, BATV).
    static func isRelay(local: String, domain: String) -> Bool {
        let labels = domain.split(separator: ".")
        // Below a domain of its own only: reply.it is a company.
        if labels.count > 2, let first = labels.first, relayHosts.contains(String(first)) { return true }
        if local.hasPrefix("srs0=") || local.hasPrefix("srs1=") || local.hasPrefix("srs0+") || local.hasPrefix("srs1+")
            || local.hasPrefix("prvs=") || local.hasPrefix("msprvs")
        {
            return true
        }
        guard let cut = local.firstIndex(where: { $0 == "+" || $0 == "-" || $0 == "_" || $0 == "=" }),
            relayWords.contains(String(local[..<cut]))
        else { return false }
        let token = local[local.index(after: cut)...].utf8
        // A tag somebody chose is short and has no digits; a token is long, or has some.
        return token.count >= 16 || (token.count >= 6 && token.contains { (0x30...0x39).contains($0) })
    }

    /// All but a few digits are the same, or they run up or down: typed, not dialled.
    static func isMadeUp(digits: [UInt8]) -> Bool {
        guard digits.count >= 6, let last = digits.last else { return true }
        let same = digits.reversed().prefix { $0 == last }.count
        if same >= 7 || same >= digits.count - 1 { return true }
        let steps = zip(digits.dropFirst(), digits).map { (Int($0) - Int($1) + 10) % 10 }
        return steps.allSatisfy { $0 == 1 } || steps.allSatisfy { $0 == 9 }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static let words: Set<String> = [
        "null", "(null)", "nil", "none", "(none)", "undefined", "nan", "n/a", "n.a.", "n.d.", "not set",
        "(not set)", "notset", "unset", "empty", "(empty)", "anonymous", "anonimo", "anonima",
        "guest", "ospite", "unknown", "sconosciuto", "nessuno", "nessuna", "default", "true", "false", "-1", "0",
        "[object object]", "object object", "[object]", "%s", "%d", "{}", "[]", "\"\"", "''", "<nil>", "<null>",
        "{{user_id}}", "{{email}}", "{{id}}", "${id}", "none provided", "not provided",
    ]
    private static let nobody: Set<String> = [
        "null", "undefined", "none", "nan", "nessuno", "nessuna", "anonymous", "anonimo", "anonima", "unknown",
        "sconosciuto", "noemail", "no-email", "no.email", "no_email", "nomail", "no-mail", "no.mail", "no_mail",
        "senzamail",
        "senza.mail", "nonhomail", "non.ha.mail", "nonpresente", "non.presente", "noaddress", "fake", "fakeemail",
        "notvalid", "invalid", "example",
    ]
    private static let keyboard: Set<String> = [
        "test", "prova", "asd", "asdf", "asdasd", "qwe", "qwerty", "abc", "aaa", "xxx", "mail", "email", "none", "no",
        "ciao", "pippo", "user", "example", "demo", "domain", "address", "foo", "foobar",
    ]
    private static let relayHosts: Set<String> = [
        "reply", "replies", "bounce", "bounces", "unsubscribe",
    ]
    private static let relayWords: Set<String> = [
        "reply", "replies", "bounce", "bounces", "unsubscribe", "unsub", "return", "returns", "verp", "incoming",
        "notification", "notifications", "comment", "discussion", "ticket", "conversation", "thread", "owner", "fbl",
    ]
}

/// Local parts of addresses that belong to a function and not to a person.
enum RoleAddress {
    static func isOne(_ local: Substring) -> Bool {
        if names.contains(String(local)) || prefixes.contains(where: { local.utf8.starts(with: $0.utf8) }) {
            return true
        }
        // A household's: half of the family never states a name, so nothing else would tell.
        let word = local.utf8.prefix { ![0x2E, 0x2D, 0x5F, 0x2B].contains($0) }
        if households.contains(String(word) ?? "") { return true }
        // `info2` is as much a role as `info`.
        guard let last = local.utf8.last, (0x30...0x39).contains(last) else { return false }
        let digits = local.utf8.reversed().prefix { (0x30...0x39).contains($0) }.count
        return names.contains(String(local.utf8.dropLast(digits)) ?? "")
    }

    private static let households: Set<String> = ["famiglia", "fam", "family", "familie", "famille", "casa"]
    private static let prefixes = [
        "noreply", "no-reply", "no_reply", "no.reply", "donotreply", "do-not-reply", "do_not_reply", "info.", "info-",
        "info_", "segreteria.", "ufficio.",
    ]
    private static let names: Set<String> = [
        // RFC 2142
        "info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet",
        "news", "webmaster", "www", "uucp", "ftp",
        // Usual elsewhere
        "admin", "administrator", "root", "mailer-daemon", "daemon", "nobody", "help", "helpdesk", "service",
        "customerservice", "customer.service", "customercare", "contact", "contacts", "hello", "hi", "office", "team",
        "staff", "jobs", "hr", "billing", "accounting", "accounts", "invoice", "invoices", "orders", "order", "shop",
        "store", "newsletter", "notifications", "notification", "press", "privacy", "dpo", "legal", "feedback", "mail",
        "email", "enquiries", "enquiry", "reception", "booking", "bookings", "reservations", "bounce", "bounces",
        "list",
        // Italian
        "notifiche", "notifica", "amministrazione", "segreteria", "ordini", "ordine", "assistenza", "assistenzaclienti",
        "assistenza.clienti", "servizioclienti", "servizio.clienti", "clienti", "contatti", "contatto", "commerciale",
        "vendite", "acquisti", "fatture", "fatturazione", "fattura", "contabilita", "direzione", "ufficio",
        "ufficioacquisti", "ufficio.acquisti", "ufficiotecnico", "ufficio.tecnico", "ufficiocommerciale",
        "ufficio.commerciale", "ufficiostampa", "ufficio.stampa", "stampa", "protocollo", "protocollogenerale", "urp",
        "personale", "risorseumane", "risorse.umane", "curriculum", "cv", "lavoro", "reclami", "prenotazioni",
        "prenotazione", "magazzino", "logistica", "spedizioni", "tecnico", "supporto", "presidenza", "sindaco",
        "comune", "biblioteca", "studio", "negozio", "redazione", "posta", "pec", "centralino",
        "preventivi", "preventivo", "garanzia", "resi", "nonrispondere", "non-rispondere", "non.rispondere",
    ]
}
