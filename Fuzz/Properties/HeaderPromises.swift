import Contact

@testable import EmailConnector

/// What holds of any header fields of a mail.
enum HeaderPromises {
    /// The settings under which mail is read here: `own`, and with a name of the company's server or without.
    static let settings = make(["authserv": "mx.bottega.example", "trust": "verified"])
    static let withoutServer = make(["trust": "verified"])
    /// 2026-11-03T00:00:00Z.
    static let arrival = Arrival(time: 1_793_664_000_000_000)

    private static func make(_ values: [String: String]) -> EmailSettings {
        do {
            return try EmailSettings(
                SourceSettings(
                    source: "email", values: values.merging(["own": "bottega.example, negozio@gmail.com"]) { $1 },
                    normaliser: Normaliser(region: "IT")))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static func read(_ bytes: [UInt8]) { _ = MailReader(settings).items(RawInput(bytes), arrival: arrival) }

    static func check(_ bytes: [UInt8]) throws(BrokenPromise) {
        try encodedWords(bytes)
        guard MailShape.refusal(bytes) == nil else { return }
        guard let message = GMime.message(bytes + Array("\n\n.\n".utf8)) else { return }
        let headers = message.headers
        for field in headers.fields {
            try expect(
                !field.text.utf8.contains(0) && !field.raw.utf8.contains(0), "no field holds U+0000 (\(field.name))")
            try expect(
                !field.raw.utf8.contains { $0 == 0x0A || $0 == 0x0D }, "a field is one line (\(field.name))")
            try addresses(field)
        }
        try ids(headers)
        try servers(headers)
        try senders(headers)
        let time = MailTime(headers, arrival: arrival, authserv: settings.authserv)
        try expect(
            time.occurred == arrival.time
                || (631_152_000_000_000...arrival.latest + 86_400_000_000).contains(time.occurred),
            "a mail was written between 1990 and a day after it came")
        if let stated = time.stated { _ = MailTime.text(stated) }
    }

    private static func encodedWords(_ bytes: [UInt8]) throws(BrokenPromise) {
        let once = EncodedWords.requoted(bytes)
        try expect(EncodedWords.requoted(once) == once, "encoded words are spelt anew once")
        if !GMime.holdsEncodedWord(bytes) { try expect(once == bytes, "what holds no encoded word stays as it is") }
    }

    private static func addresses(_ field: MailHeaders.Field) throws(BrokenPromise) {
        let found = GMime.addresses(field.raw)
        try expect(found.count <= 1_000, "a field holds a bounded number of addresses")
        for address in found {
            for text in [address.name, address.address] {
                let isLine = !text.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
                try expect(isLine, "an address is one line without U+0000")
            }
            _ = PersonalName.of(address, isRole: false)
            _ = PersonalName.of(address, isRole: true)
            _ = settings.isOwn(address)
            if let canonical = settings.canonical(address) {
                let again = settings.canonical(MailAddress(name: "", address: canonical))
                try expect(again == canonical, "\(canonical) is its own canonical spelling, not \(again ?? "none")")
            }
        }
    }

    private static func ids(_ headers: MailHeaders) throws(BrokenPromise) {
        if let id = MailIdentity.messageID(headers) {
            try expect((1...310).contains(id.utf8.count), "an id is not empty and not long")
            try expect(MailIdentity.shortened(id) == id, "an id that is shortened stays")
            try expect(!id.utf8.contains { $0 < 0x20 }, "an id holds no control character")
            let thread = MailThread(headers, own: id)
            try expect(thread.text == MailThread(headers, own: id).text, "one mail is of one thread")
        }
    }

    /// Nothing that stands below a foreign server's line is believed, whatever it says.
    private static func servers(_ headers: MailHeaders) throws(BrokenPromise) {
        let authserv = "mx.bottega.example"
        let own = TraceFields.own(headers, authserv: authserv)
        try expect(own.startIndex == 0 && own.count <= headers.fields.count, "what is ours stands on top")
        let foreign = MailHeaders.Field(name: "received", raw: "from a by mx.elsewhere.example; x", text: "")
        for domain in ["cliente.example", "bottega.example", ""] {
            let answer = AuthenticationResults.dmarc(headers, authserv: authserv, domain: domain)
            let shortened = MailHeaders(fields: Array(own))
            try expect(
                AuthenticationResults.dmarc(shortened, authserv: authserv, domain: domain) == answer,
                "what a foreign server carried in changes no answer")
            try expect(
                AuthenticationResults.dmarc(headers, authserv: nil, domain: domain) == .nothing,
                "without the server's name nothing is known")
            let carried = MailHeaders(fields: [foreign] + headers.fields)
            try expect(
                AuthenticationResults.dmarc(carried, authserv: authserv, domain: domain) == .nothing,
                "below a foreign server nothing is believed")
        }
    }

    private static func senders(_ headers: MailHeaders) throws(BrokenPromise) {
        for settings in [settings, withoutServer] {
            do throws(Refusal) {
                let sender = try MailSender.find(headers, settings)
                guard !settings.isOwn(sender.author) else { throw Refusal(.noIdentifier, "own") }
                guard sender.assurance == .verified else { continue }
                guard settings.authserv != nil, headers.has("authentication-results"), !sender.flags.contains("relayed")
                else { throw Refusal(.assuranceTooHigh, "verified") }
            } catch {
                // The two that this function made up itself.
                try expect(error.detail != "own", "the company is not its own customer")
                try expect(error.detail != "verified", "a sender is verified by the company's server alone")
            }
        }
    }
}
