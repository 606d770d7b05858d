internal import Contact

extension MailReader {
    /// What a server reports of a mail of ours: one interaction for each recipient that was not reached, with the address marked.
    func reports(
        _ bounce: Bounce, _ mail: ReadMail
    ) throws(Refusal) -> [Result<Interaction, Refusal>] {
        var mail = mail
        if bounce.isDelivered { mail.flags.insert("receipt") }
        let hasFailed = MailSender.addresses("from", mail.message.headers).contains {
            AuthenticationResults.dmarc(mail.message.headers, authserv: settings.authserv, domain: $0.domain) == .failed
        }
        if hasFailed { mail.flags.insert("dmarc_failed") }
        let most: Assurance = hasFailed ? .claimed : min(.presented, mail.most)
        var taken: [(identifier: Identifier, failure: Bounce.Failure)] = []
        var last: Refusal?
        for failure in bounce.failures {
            let address = MailAddress(name: "", address: failure.address)
            guard !settings.isOwn(address) else { continue }
            do throws(Refusal) {
                guard !Relay.isAlias(address) else {
                    throw Refusal(.identifierBlocked, "email: it is a relay's address")
                }
                let identifier = try settings.normaliser.identifier(kind: "email", scope: nil, value: failure.address)
                if !taken.contains(where: { $0.identifier == identifier }) { taken.append((identifier, failure)) }
            } catch {
                last = error
                mail.flags.insert("identifier_blocked")
            }
        }
        guard !taken.isEmpty else {
            throw last ?? Refusal(.noIdentifier, "a report about a mail that names none of its recipients")
        }
        return taken.map { identifier, failure in
            mail.failure = failure
            var one = mail.interaction(
                kind: bounce.isDelivered ? "message.receipt" : "message.bounced", direction: .inbound,
                customer: taken.count > 1 ? identifier.value : "",
                facet: FacetContent.showing([shown(identifier, most)], attributes: [], at: mail.time.occurred),
                name: nil, participants: [])
            // What is still tried is not undeliverable yet.
            if !bounce.isDelivered, failure.action != "delayed" {
                one.traits = [Interaction.Trait(name: "email_undeliverable", value: failure.trait(of: identifier))]
            }
            return .success(one)
        }
    }
}

extension Bounce {
    /// The Message-ID of the mail that came back.
    var original: String? { MailIdentity.messageID(returned) }
}

extension Bounce.Failure {
    /// What is said of the address: keys in order, as a trait's value has them.
    func trait(of identifier: Identifier) -> [UInt8] {
        var members: [(String, [UInt8])] = [
            ("address", JSONWriter.string(identifier.value)), ("bounce", JSONWriter.string(isSoft ? "soft" : "hard")),
            ("reason", JSONWriter.string(reason)),
        ]
        if let status { members.append(("status", JSONWriter.string(status))) }
        return JSONWriter.object(members)
    }

    /// As the interaction's `detail.bounce` has it.
    func json(original: String?) -> [UInt8] {
        var members: [(String, [UInt8])] = [("recipient", JSONWriter.string(MailBody.prefix(address, 320)))]
        if let status { members.append(("status", JSONWriter.string(status))) }
        if let action { members.append(("action", JSONWriter.string(MailBody.prefix(action, 32)))) }
        if let action, !["delivered", "relayed", "expanded"].contains(action) {
            members.append(("bounce", JSONWriter.string(isSoft ? "soft" : "hard")))
            members.append(("reason", JSONWriter.string(reason)))
        }
        if let diagnostic { members.append(("diagnostic", JSONWriter.string(diagnostic))) }
        if let original { members.append(("original", JSONWriter.string(original))) }
        return JSONWriter.object(members)
    }
}
