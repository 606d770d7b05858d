package import Contact

/// Turns one mail into what the intake takes (FORMATS.md, Mail): one item for each customer it concerns, or one refusal.
///
/// A pure function of the bytes, the arrival and the settings: no clock, no network, nothing remembered between mails. Every
/// way in uses it (files, POST, and the live mailbox).
package struct MailReader: Sendable {
    /// Raised when the reading of the same bytes gives other interactions: an import then looks at them again.
    static let version = "mail-3"
    /// Recipients of one outgoing mail that get an interaction of their own.
    static let mostRecipients = 20

    let settings: EmailSettings

    package init(_ settings: EmailSettings) { self.settings = settings }

    /// The items of one mail; never empty.
    package func items(_ raw: RawInput, arrival: Arrival) -> [IntakeItem] {
        do throws(Refusal) {
            if let cut = raw.cut {
                throw Refusal(.tooLarge, "it has \(cut.length) bytes; the limit for a mail is \(MailShape.mostBytes)")
            }
            return try interactions(raw.bytes, arrival: arrival).map { IntakeItem($0, raw: raw) }
        } catch {
            return [IntakeItem(.failure(error), raw: raw)]
        }
    }

    private func interactions(
        _ bytes: [UInt8], arrival: Arrival
    ) throws(Refusal) -> [Result<Interaction, Refusal>] {
        guard bytes.count <= MailShape.mostBytes else {
            throw Refusal(.tooLarge, "it has \(bytes.count) bytes; the limit for a mail is \(MailShape.mostBytes)")
        }
        let beginning = MailShape.beginning(bytes)
        if let refusal = MailShape.refusal(beginning) { throw refusal }
        guard let outer = GMime.message(beginning), !outer.headers.fields.isEmpty else {
            throw Refusal(.unparsableMessage, "it does not begin with header fields as a mail does (RFC 5322)")
        }
        if let receipt = CertifiedMail.receipt(outer) {
            return [.success(try self.receipt(receipt, outer, original: bytes, arrival: arrival))]
        }
        if let inside = CertifiedMail.inside(outer) {
            if let refusal = MailShape.refusal(inside) { throw refusal }
            guard var message = GMime.message(inside), !message.headers.fields.isEmpty else {
                throw Refusal(.unparsableMessage, "the mail inside the certified mail cannot be read")
            }
            // The provider's delivery is what happened; what the sender's own server said of it was said to the provider.
            message.headers.fields.removeAll { $0.name == "authentication-results" || $0.name == "received" }
            message.headers.fields += outer.headers.all("received")
            return try read(
                message, original: bytes, arrival: arrival, carrier: CertifiedMail.Carrier(outer.headers, settings))
        }
        return try read(outer, original: bytes, arrival: arrival, carrier: nil)
    }

    private func read(
        _ message: MimeMessage, original: [UInt8], arrival: Arrival, carrier: CertifiedMail.Carrier?
    ) throws(Refusal) -> [Result<Interaction, Refusal>] {
        var mail = ReadMail(message, original: original, arrival: arrival, settings: settings)
        if let carrier {
            mail.flags.formUnion(carrier.flags)
            mail.most = carrier.most
        }
        if let oldest = settings.oldest, mail.time.occurred < oldest {
            throw Refusal(.expired, "it was written before \(Timestamp.text(oldest))")
        }
        if let bounce = mail.marks.bounce { return try reports(bounce, mail) }
        let headers = message.headers
        let recipients = ["to", "cc", "bcc"].flatMap { MailSender.addresses($0, headers) }
        let others = recipients.filter { !settings.isOwn($0) }
        let from = MailSender.addresses("from", headers)
        let isFromUs = from.first.map(settings.isOwn) ?? false
        let asksReplyElsewhere = MailSender.addresses("reply-to", headers).contains { !settings.isOwn($0) }
        if isFromUs, !others.isEmpty {
            return try outgoing(mail, to: others, all: recipients)
        }
        // From the company's own form to the company, for somebody else.
        guard from.isEmpty || !from.allSatisfy(settings.isOwn) || asksReplyElsewhere else {
            throw Refusal(.noIdentifier, "it went from the company to the company: no customer has a part in it")
        }
        return [.success(try incoming(&mail, recipients: recipients))]
    }

    private func incoming(_ mail: inout ReadMail, recipients: [MailAddress]) throws(Refusal) -> Interaction {
        let sender = try MailSender.find(mail.message.headers, settings)
        mail.flags.formUnion(sender.flags)
        let author = try settings.normaliser.identifier(kind: "email", scope: nil, value: sender.author.address)
        guard !Relay.isAlias(sender.author) else {
            throw Refusal(.identifierBlocked, "the sender is a relay's address, and no person is named beside it")
        }
        var shown = [shown(author, min(sender.assurance, mail.most))]
        if let reply = sender.replyTo {
            do throws(Refusal) {
                let other = try settings.normaliser.identifier(kind: "email", scope: nil, value: reply.address)
                if other != author { shown.append(self.shown(other, .claimed)) }
            } catch {
                mail.flags.insert("identifier_blocked")
            }
        }
        if !mail.isAutomatic {
            for number in SignaturePhones.found(in: mail.quoted.written, normaliser: settings.normaliser) {
                shown.append(self.shown(number, .claimed))
            }
        }
        let name =
            sender.isNamed && !Deception.isDeceptive(sender.author)
            ? PersonalName.of(sender.author, isRole: settings.normaliser.isRole(author)) : nil
        var attributes: [FacetContent.Attribute] = []
        if let name {
            let folded = PersonName.folded(name)
            if !folded.isEmpty { attributes.append(FacetContent.Attribute(name: "name", value: folded)) }
        }
        let participants = recipients.filter { !settings.isOwn($0) && settings.canonical($0) != author.value }
        return mail.interaction(
            kind: "message.received", direction: .inbound, customer: "",
            facet: FacetContent.showing(shown, attributes: attributes, at: mail.time.occurred), name: name,
            participants: participants)
    }

    private func outgoing(
        _ mail: ReadMail, to others: [MailAddress], all: [MailAddress]
    ) throws(Refusal) -> [Result<Interaction, Refusal>] {
        var mail = mail
        var taken: [Identifier] = []
        var listed: [MailAddress] = []
        var last: Refusal?
        for address in others {
            do throws(Refusal) {
                guard !Relay.isAlias(address) else {
                    throw Refusal(.identifierBlocked, "email: it is a relay's address")
                }
                let identifier = try settings.normaliser.identifier(kind: "email", scope: nil, value: address.address)
                if taken.contains(identifier) { continue }
                if taken.count < Self.mostRecipients { taken.append(identifier) } else { listed.append(address) }
            } catch {
                last = error
                mail.flags.insert("identifier_blocked")
                listed.append(address)
            }
        }
        if taken.count == Self.mostRecipients, !listed.isEmpty { mail.flags.insert("recipients_cut") }
        guard !taken.isEmpty else { throw last ?? Refusal(.noIdentifier, "no recipient has an address") }
        return taken.map { recipient in
            .success(
                mail.interaction(
                    kind: "message.sent", direction: .outbound, customer: recipient.value,
                    facet: FacetContent.showing(
                        [shown(recipient, min(.presented, mail.most))], attributes: [], at: mail.time.occurred),
                    name: nil, participants: listed))
        }
    }

    /// A receipt of certified mail: what the provider says of a mail of ours, for whom it was meant.
    private func receipt(
        _ receipt: CertifiedMail.Receipt, _ message: MimeMessage, original: [UInt8], arrival: Arrival
    ) throws(Refusal) -> Interaction {
        var mail = ReadMail(message, original: original, arrival: arrival, settings: settings)
        let carrier = CertifiedMail.Carrier(message.headers, settings)
        mail.flags.formUnion(carrier.flags.union(["receipt", "auto_reply"]))
        mail.flags.subtract(["bounce", "delivery_receipt"])
        mail.receipt = receipt
        if let oldest = settings.oldest, mail.time.occurred < oldest {
            throw Refusal(.expired, "it was written before \(Timestamp.text(oldest))")
        }
        guard
            let recipient = receipt.recipients.first(where: {
                !settings.isOwn(MailAddress(name: "", address: $0))
            })
        else { throw Refusal(.noIdentifier, "a receipt of certified mail that names no recipient") }
        let identifier = try settings.normaliser.identifier(kind: "email", scope: nil, value: recipient)
        return mail.interaction(
            kind: "message.receipt", direction: .inbound, customer: "",
            facet: FacetContent.showing(
                [shown(identifier, carrier.most)], attributes: [], at: mail.time.occurred),
            name: nil, participants: [])
    }

    func shown(_ identifier: Identifier, _ assurance: Assurance) -> ShownIdentifier {
        ShownIdentifier(identifier, min(assurance, settings.ceiling(identifier.kind)))
    }
}

/// A display name that is a person's.
enum PersonalName {
    private static let words: Set<String> = [
        "srl", "s.r.l.", "spa", "s.p.a.", "sas", "snc", "gmbh", "ltd", "inc", "llc", "team", "staff", "support",
        "supporto", "assistenza", "servizio", "clienti", "customer", "service", "ufficio", "amministrazione",
        "segreteria", "info", "vendite", "ordini", "sales", "newsletter", "notifiche", "noreply", "no-reply",
    ]

    /// The name as it is displayed; nil where it is the address once more, or no person's. Beside a role's address only what
    /// cannot be the role's or the company's own name.
    static func of(_ address: MailAddress, isRole: Bool) -> String? {
        let name = inOrder(HeaderText.displayName(address.name))
        guard (2...200).contains(name.utf8.count), !name.contains("@"), name.contains(where: \.isLetter) else {
            return nil
        }
        let plain = name.lowercased()
        guard plain != address.address.lowercased(), plain != address.local else { return nil }
        guard isRole || Relay.isMachine(address) else { return name }
        guard !Relay.isMachine(address) else { return nil }
        let parts = plain.split(separator: " ").map(String.init)
        let company = address.domain.split(separator: ".").dropLast().map(String.init)
        guard parts.count >= 2,
            !parts.contains(where: { words.contains($0) || company.contains($0) || $0 == address.local })
        else { return nil }
        return name
    }

    /// `Rossi, Maria`, as directories list people, is `Maria Rossi`. `Rossi, Bianchi, Verdi` and `Rossi, Avv.` stay.
    private static func inOrder(_ name: String) -> String {
        let parts = name.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return name }
        let words = parts.map { $0.split(separator: " ") }
        let isPerson = words.allSatisfy { (1...3).contains($0.count) && !$0.contains { $0.contains(".") } }
        guard isPerson, !words.joined().contains(where: { Self.words.contains($0.lowercased()) }) else { return name }
        return (words[1] + words[0]).joined(separator: " ")
    }
}
