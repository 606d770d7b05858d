internal import Contact

/// Who speaks in a mail, and how that is known.
struct MailSender: Sendable {
    /// Whose words they are.
    let author: MailAddress
    let assurance: Assurance
    /// Another address that the author asks to be answered at.
    let replyTo: MailAddress?
    /// The display name is the author's own.
    let isNamed: Bool
    let flags: Set<String>

    /// Whose word this mail is, or why that cannot be told. Called for mail that comes in.
    static func find(_ headers: MailHeaders, _ settings: EmailSettings) throws(Refusal) -> MailSender {
        let named = addresses("from", headers)
        let strangers = named.filter { !settings.isOwn($0) }
        // One of ours beside a stranger speaks for the company: the stranger is the customer.
        let senders = strangers.isEmpty ? named : strangers
        let reply = addresses("reply-to", headers).first { !settings.isOwn($0) && !Relay.isAlias($0) }
        // Two authors (RFC 5322 asks for Sender then): the one who sent it, else the first.
        let sent = senders.count > 1 ? addresses("sender", headers).first : nil
        guard
            let from = senders.first(where: { $0 == sent || $0.address == sent?.address }) ?? senders.first
                ?? addresses("sender", headers).first ?? addresses("return-path", headers).first
        else {
            if let reply {
                return MailSender(author: reply, assurance: .claimed, replyTo: nil, isNamed: true, flags: [])
            }
            throw Refusal(.noIdentifier, "it names no sender: From is missing or holds no address")
        }
        let dmarc = AuthenticationResults.dmarc(headers, authserv: settings.authserv, domain: from.domain)
        let doubts: Set<String> = dmarc == .failed ? ["dmarc_failed"] : []
        if let author = rewritten(from, headers, settings, doubts: doubts) { return author }
        if settings.isOwn(from) || Relay.isAlias(from) || Relay.isMachine(from) {
            // A form on the company's site, a marketplace, a ticket system: the person is whom it says to answer.
            if let reply, reply.address.lowercased() != from.address.lowercased(), !Relay.isMachine(reply) {
                return MailSender(
                    author: reply, assurance: .claimed, replyTo: nil, isNamed: !reply.name.isEmpty,
                    flags: doubts.union(["relayed"]))
            }
            if settings.isOwn(from) {
                throw Refusal(.noIdentifier, "it is the company's own mail, and names nobody else to reply to")
            }
            if Relay.isAlias(from) || Relay.isCertified(from) {
                throw Refusal(.identifierBlocked, "the sender is a relay's address, and no person is named beside it")
            }
        }
        let assurance: Assurance =
            switch dmarc {
            case .aligned: named.count == 1 ? .verified : .presented
            case .failed: .claimed
            case .nothing: .presented
            }
        let other = reply.flatMap { settings.canonical($0) == settings.canonical(from) ? nil : $0 }
        return MailSender(
            author: from, assurance: assurance, replyTo: other, isNamed: true, flags: doubts)
    }

    /// The author of what a list sent on under its own address (as lists do where DMARC forbids them the author's). `doubts`
    /// are the flags of a list's address that somebody forged: it vouches for no author.
    private static func rewritten(
        _ from: MailAddress, _ headers: MailHeaders, _ settings: EmailSettings, doubts: Set<String>
    ) -> MailSender? {
        guard headers.has("list-id") || headers.has("list-post") || headers.has("mailing-list") else { return nil }
        let list = (headers["list-id"] ?? "") + (headers["list-post"] ?? "") + (headers["mailing-list"] ?? "")
        let isListAddress =
            list.lowercased().contains(from.address.lowercased())
            || list.lowercased().contains(from.local + "." + from.domain) || from.name.lowercased().contains(" via ")
        guard isListAddress else { return nil }
        for name in ["x-original-from", "x-mailfrom", "x-original-sender"] {
            let authors = addresses(name, headers).filter { !settings.isOwn($0) && $0.address != from.address }
            guard let author = authors.first, authors.count == 1 else { continue }
            let name = author.name.isEmpty ? viaName(from.name) : author.name
            return MailSender(
                author: MailAddress(name: name, address: author.address),
                assurance: doubts.isEmpty ? .presented : .claimed, replyTo: nil, isNamed: true,
                flags: doubts.union(["relayed"]))
        }
        let replies = addresses("reply-to", headers).filter {
            !list.lowercased().contains($0.address.lowercased()) && $0.address != from.address && !settings.isOwn($0)
        }
        guard let author = replies.first, replies.count == 1 else { return nil }
        let name = author.name.isEmpty ? viaName(from.name) : author.name
        return MailSender(
            author: MailAddress(name: name, address: author.address), assurance: .claimed, replyTo: nil, isNamed: true,
            flags: doubts.union(["relayed"]))
    }

    /// `Anna Rossi via Clienti`: the person's part.
    private static func viaName(_ name: String) -> String {
        let words = name.split(separator: " ")
        guard let via = words.lastIndex(where: { $0.lowercased() == "via" }) else { return "" }
        return words[..<via].joined(separator: " ")
    }

    /// The addresses of a header; where it is too broken to be a list, whatever looks like an address in it.
    static func addresses(_ name: String, _ headers: MailHeaders) -> [MailAddress] {
        var found: [MailAddress] = []
        for field in headers.all(name) {
            let parsed = GMime.addresses(field.raw).filter { $0.address.contains("@") }
            if !parsed.isEmpty {
                found += parsed
                continue
            }
            let words = field.raw.split { " \t,;<>()[]\"'".contains($0) }
            if let word = words.first(where: { word in
                guard let at = word.lastIndex(of: "@") else { return false }
                return at > word.startIndex && word[at...].contains(".")
            }) {
                found.append(MailAddress(name: "", address: String(word)))
            }
        }
        return found
    }
}
