extension Generator {
    /// A mail from a customer, or the company's answer to one.
    func writeMail(_ one: inout Generated, _ number: Int, _ person: inout Person) {
        one.kind = "message.received"
        let subject = Texts.subject(&person.random)
        var text = Texts.line(&person.random)
        if let company = person.company, person.random.chance(0.5) {
            represent(population.companies[company], &one, &person)
            if person.random.chance(0.5) { one.name(person) }
        } else if let home = person.household, let mailbox = population.households[home].mailbox,
            person.random.chance(0.4)
        {
            one.shown.append(.init(.presented, "email", mailbox.canonical, as: mailbox.typed(&person.random)))
            if person.index % 2 == 0 { one.name(person) }
        } else {
            let address = person.address(Swift.min(person.random.below(5), person.mailboxes - 1))
            one.shown.append(
                .init(
                    address.isGmail ? .verified : .presented, "email", address.canonical,
                    as: address.typed(&person.random)))
            switch address.naming {
            case .none: break
            case .full: one.name(person)
            case .surnameFirst: one.name(person, surnameFirst: true)
            }
        }
        one.reply(&person, chance: 0.15, kind: "message.sent")
        if one.direction == .incoming {
            if let mobile = person.mobile(at: one.moment), person.random.chance(0.15) {
                one.shown.append(.init(.claimed, mobile, &person.random))
                text += "\n\nTel. \(one.shown.last?.written ?? "")"
            } else if let landline = person.landline, person.random.chance(0.1) {
                one.shown.append(.init(.claimed, landline, &person.random))
                text += "\n\nTelefono: \(one.shown.last?.written ?? "")"
            }
            if person.mailboxes > 1, person.random.chance(0.05) {
                // Written from one address, to be answered at another.
                let other = person.address(person.mailboxes - 1)
                one.shown.append(.init(.claimed, "email", other.canonical, as: other.typed(&person.random)))
            }
        }
        var references: [String] = []
        if person.mailThread != 0, person.random.chance(0.45) {
            references = [id(.email, person.mailThread)]
            if person.lastMail != person.mailThread { references.append(id(.email, person.lastMail)) }
        } else {
            person.mailThread = number
        }
        person.lastMail = number
        one.thread = id(.email, person.mailThread)
        one.message = .init(
            id: one.id, subject: references.isEmpty ? subject : "Re: \(subject)", text: text, references: references)
    }

    /// One mail of the company to three customers: one message, three interactions.
    mutating func mailToThree(_ person: inout Person, at moment: Int64) -> [Generated] {
        var recipients = [person.index]
        while recipients.count < 3 {
            let other = person.random.below(population.persons.count)
            if !recipients.contains(other) { recipients.append(other) }
        }
        let id = id(.email, issue(.email))
        let offset = Calendar.italianOffset(moment)
        let message = Generated.Message(
            id: id, subject: Texts.subject(&person.random), text: Texts.line(&person.random))
        return recipients.map { index in
            let customer = population.persons[index]
            let address = customer.address(0)
            var one = Generated(
                source: Channel.email.source, id: id, channel: Channel.email.name, kind: "message.sent",
                direction: .outgoing, customer: address.canonical, moment: moment, offset: offset,
                person: "p\(index)")
            one.shown.append(.init(.presented, "email", address.canonical, as: address.typed(&person.random)))
            if customer.hasCustomerNumber {
                one.shown.append(.init(.presented, "customer_number", scope: "crm", customer.customerNumber))
            }
            one.thread = id
            one.message = message
            return settings.scope == .mailOnly ? one.asMail : one
        }
    }

    /// Writing for a company: its mailbox, and what else it puts under its letters.
    func represent(_ company: Population.Company, _ one: inout Generated, _ person: inout Person) {
        one.shown.append(
            .init(.presented, "email", company.mailbox.canonical, as: company.mailbox.typed(&person.random)))
        if person.random.chance(0.2) { one.shown.append(.init(.claimed, "partita_iva", company.partitaIVA)) }
        if person.random.chance(0.1) {
            one.shown.append(.init(.presented, "switchboard", company.switchboard.canonical))
        }
        if person.random.chance(0.5) {
            one.attributes.append(
                .init(name: "company", written: company.name.written, folded: company.name.folded))
        }
    }
}

extension Generated {
    /// States the name, in one of its spellings.
    ///
    /// Spelt from the interaction itself rather than from the person's stream, which the caller holds.
    mutating func name(_ person: Person, surnameFirst: Bool = false) {
        var random = SplitMix64(seed: seed(UInt64(bitPattern: moment), 4, person.index))
        let name = TypedName(person, surnameFirst: surnameFirst, &random)
        attributes.append(.init(name: "name", written: name.written, folded: name.folded))
    }

    /// Turns it, now and then, into the company's answer.
    mutating func reply(_ person: inout Person, chance: Double, kind: String) {
        guard person.random.chance(chance) else { return }
        direction = .outgoing
        self.kind = kind
    }

    /// What is left of it in a mail: the addresses, numbers typed in the text, the name in the header; and nothing
    /// is verified, since no receiving server vouches for it. Of an outgoing mail only the recipient is left.
    var asMail: Generated {
        var mail = self
        mail.shown = shown.filter { $0.kind == "email" || $0.assurance == .claimed && $0.kind != "partita_iva" }
        if direction == .outgoing { mail.shown = Array(mail.shown.prefix(1)) }
        for place in mail.shown.indices where mail.shown[place].assurance == .verified {
            mail.shown[place].assurance = .presented
        }
        mail.attributes = direction == .outgoing ? [] : attributes.filter { $0.name == "name" }
        mail.traits = []
        return mail
    }
}

/// What is written in messages.
enum Texts {
    static func subject(_ random: inout SplitMix64) -> String {
        random.pick([
            "Ordine non arrivato", "Perché la fattura è doppia?", "Richiesta di preventivo", "Modifica indirizzo",
            "Reso del prodotto", "Grazie!", "Informazioni sulle offerte", "Problema con l'accesso", "Größe falsch",
        ])
    }

    static func line(_ random: inout SplitMix64) -> String {
        let opening = random.pick(["Buongiorno,", "Salve,", "Ciao!", "Gentili signori,", "Hello,"])
        let body = random.pick([
            "il pacco non è ancora arrivato, sapete dov'è?", "vorrei \"restituire\" l'ultimo acquisto.",
            "potete mandarmi la fattura? È urgente.", "tutto perfetto, così si lavora 👍",
            "non riesco più a entrare: la password c'è ma non va.", "quanto costa la spedizione in Svizzera?",
            "il codice AUTUNNO non funziona \\ oppure sbaglio io?",
        ])
        return "\(opening)\n\(body)\nGrazie"
    }
}
