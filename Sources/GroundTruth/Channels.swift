/// The touchpoints, each with one source.
enum Channel: Int, CaseIterable, Sendable {
    case email, chat, forum, ticket, web, store

    var name: String { ["email", "chat", "forum", "ticket", "web", "store"][rawValue] }
    var source: String { ["mail", "chat", "forum", "tickets", "site", "shop"][rawValue] }
}

extension Generator {
    /// What a person does at a moment: one interaction, or the three of a mail that goes to three customers.
    mutating func interactions(of index: Int, at moment: Int64) -> [Generated] {
        // Worked on as a copy: much of it is drawn from the person's own random numbers.
        var person = population.persons[index]
        defer { population.persons[index] = person }
        let share = settings.outgoingToThreeShare
        if population.persons.count >= 3, person.random.chance(share / (3 - 2 * share)) {
            return mailToThree(&person, at: moment)
        }
        let channel = drawChannel(&person)
        let number = issue(channel)
        var one = Generated(
            source: channel.source, id: id(channel, number), channel: channel.name, kind: "", moment: moment,
            offset: offset(&person, moment), person: "p\(index)")
        switch channel {
        case .email: writeMail(&one, number, &person)
        case .chat: chat(&one, number, &person)
        case .forum: post(&one, number, &person)
        case .ticket: ask(&one, number, &person)
        case .web: browse(&one, number, &person)
        case .store: buy(&one, number, &person)
        }
        observe(&one, number, &person)
        // Everything is drawn in either scope, so that one seed gives the same mails in both.
        guard settings.scope == .mailOnly else { return [one] }
        return channel == .email ? [one.asMail] : []
    }

    func id(_ channel: Channel, _ number: Int) -> String {
        let tag = String(settings.seed, radix: 36)
        return switch channel {
        case .email: "<\(number).\(tag)@posta.bottega.example>"
        case .chat: "c\(tag)-\(number)"
        case .forum: "post-\(tag)-\(number)"
        case .ticket: "tk-\(tag)-\(number)"
        case .web: "pv\(tag).\(number)"
        case .store: "ord-\(tag)-\(number)"
        }
    }

    private func drawChannel(_ person: inout Person) -> Channel {
        switch person.random.below(100) {
        case ..<38: .web
        case ..<60: .email
        case ..<70: .chat
        case ..<78: person.hasForumAccount ? .forum : .email
        case ..<88: .ticket
        default: person.hasCard || person.hasCustomerNumber ? .store : .web
        }
    }

    private func offset(_ person: inout Person, _ moment: Int64) -> Int {
        switch person.random.below(10) {
        case ..<3: 0
        case ..<9: Calendar.italianOffset(moment)
        default: person.random.pick([-300, 330, 180, -480])
        }
    }

    /// Now and then something is learnt that does not say who somebody is.
    private func observe(_ one: inout Generated, _ number: Int, _ person: inout Person) {
        guard one.direction == .incoming, person.random.chance(0.3) else { return }
        let language = person.random.chance(0.9) ? person.origin.language : "en"
        one.traits.append(("language", "\"\(language)\""))
        switch person.random.below(5) {
        case 0: one.traits.append(("plan", person.random.pick(["\"free\"", "\"pro\"", "\"business\""])))
        case 1: one.traits.append(("newsletter", person.random.chance(0.5) ? "true" : "false"))
        case 2: one.traits.append(("satisfaction", String(1 + person.random.below(5))))
        case 3: one.traits.append(("interests", person.random.pick(["[\"olio\",\"vino\"]", "[\"libri\"]", "[]"])))
        default: break
        }
        if one.channel == "store" { one.traits.append(("last_order", "\"\(one.id)\"")) }
    }

    private func browse(_ one: inout Generated, _ number: Int, _ person: inout Person) {
        one.kind = "page.viewed"
        one.page = "/" + person.random.pick(["", "offerte", "carrello", "prodotti/\(1 + number % 400)", "aiuto"])
        let site = person.random.chance(0.85) ? "www.bottega.example" : "blog.bottega.example"
        // Trackers write the site as it was typed into them.
        let scope = person.random.chance(0.1) ? site.uppercased() : site
        let login = person.random.chance(0.3) && person.hasLogin
        if let kiosk = person.kiosk, person.random.chance(0.25) {
            one.shown.append(.init(.presented, "cookie", scope: scope, kioskCookie(kiosk)))
        } else if person.hasApp, person.random.chance(0.5) {
            one.shown.append(.init(.presented, "device", scope: scope, device(person)))
        } else {
            one.shown.append(.init(.presented, "cookie", scope: scope, cookie(person, site, one.moment)))
        }
        if login {
            one.shown.append(.init(.verified, "user_id", scope: scope, userID(person, site)))
            // Some pages know the account's address as well.
            if person.random.chance(0.25) {
                let address = person.address(0)
                one.shown.append(.init(.verified, "email", address.canonical, as: address.typed(&person.random)))
            }
        }
        if person.random.chance(0.3) {
            one.touch = ("campaign", person.random.pick(["AUTUNNO", "newsletter-12", "perché-noi"]))
        }
        guard person.random.chance(0.08) else { return }
        one.kind = "form.sent"
        let address = person.address(person.random.below(person.mailboxes))
        one.shown.append(.init(.claimed, "email", address.canonical, as: address.typed(&person.random)))
        one.name(person)
        if let mobile = person.mobile(at: one.moment), person.random.chance(0.3) {
            one.shown.append(.init(.claimed, mobile, &person.random))
        }
    }

    private func chat(_ one: inout Generated, _ number: Int, _ person: inout Person) {
        one.kind = "chat.message"
        let mobile = person.mobile(at: one.moment)
        if let mobile, person.random.chance(0.3) {
            // A messenger whose account is the number itself.
            one.shown.append(.init(.presented, mobile, &person.random))
            one.name(person)
            if person.hasCustomerNumber, person.random.chance(0.3) {
                one.shown.append(.init(.presented, "customer_number", scope: "crm", person.customerNumber))
            }
        } else if person.hasChatAccount, person.random.chance(0.6) {
            one.shown.append(.init(.presented, "chat_account", scope: "livechat", "lc-\(900_000 + person.index)"))
            if person.random.chance(0.3) {
                let address = person.address(0)
                one.shown.append(.init(.presented, "email", address.canonical, as: address.typed(&person.random)))
            }
        } else {
            let site = "www.bottega.example"
            one.shown.append(.init(.presented, "cookie", scope: site, cookie(person, site, one.moment)))
            if let mobile, person.random.chance(0.2) { one.shown.append(.init(.claimed, mobile, &person.random)) }
        }
        if person.chat == 0 || person.random.chance(0.5) { person.chat = number }
        one.thread = "chat-\(person.chat)"
        one.reply(&person, chance: 0.3, kind: "chat.reply")
        one.message = .init(id: one.id, text: Texts.line(&person.random))
    }

    private func post(_ one: inout Generated, _ number: Int, _ person: inout Person) {
        one.kind = "forum.post"
        let scope = person.random.chance(0.2) ? "Community" : "community"
        one.shown.append(.init(.presented, "forum_account", scope: scope, "utente\(person.index)"))
        if person.random.chance(0.1) {
            let address = person.address(0)
            one.shown.append(.init(.claimed, "email", address.canonical, as: address.typed(&person.random)))
        }
        one.thread = "topic-\(1 + number / 4)"
        one.message = .init(id: one.id, subject: Texts.subject(&person.random), text: Texts.line(&person.random))
        if number > 9, person.random.chance(0.02) { one.corrects = id(.forum, number - 1 - person.random.below(8)) }
    }

    private func ask(_ one: inout Generated, _ number: Int, _ person: inout Person) {
        one.kind = "ticket.opened"
        if person.hasTicketAccount {
            one.shown.append(.init(.presented, "ticket_requester", scope: "desk", "r\(70_000 + person.index)"))
        }
        if let company = person.company, person.random.chance(0.6) {
            represent(population.companies[company], &one, &person)
        } else {
            let address = person.address(0)
            one.shown.append(.init(.presented, "email", address.canonical, as: address.typed(&person.random)))
        }
        one.name(person)
        if person.hasCustomerNumber, person.index % 4 == 0 {
            one.shown.append(.init(.claimed, "customer_number", scope: "CRM", person.customerNumber))
        }
        if let landline = person.landline, person.random.chance(0.2) {
            one.shown.append(.init(person.index % 2 == 0 ? .claimed : .presented, landline, &person.random))
        }
        if person.ticket != 0, person.random.chance(0.5) {
            one.kind = "ticket.message"
        } else {
            person.ticket = number
        }
        one.thread = "T-\(person.ticket)"
        one.reply(&person, chance: 0.2, kind: "ticket.reply")
        one.message = .init(id: one.id, subject: Texts.subject(&person.random), text: Texts.line(&person.random))
    }

    private func buy(_ one: inout Generated, _ number: Int, _ person: inout Person) {
        one.kind = "order.placed"
        if person.hasCard, person.random.chance(0.7) || !person.hasCustomerNumber {
            one.shown.append(.init(.verified, "card", scope: "Fedelta", person.card))
        }
        if person.hasCustomerNumber, one.shown.isEmpty || person.random.chance(0.3) {
            one.shown.append(.init(.verified, "customer_number", scope: "crm", person.customerNumber))
        }
        if person.random.chance(0.4) {
            let address = person.address(0)
            one.shown.append(.init(.verified, "email", address.canonical, as: address.typed(&person.random)))
            // Typed once more at the till: it counts once, at its best.
            one.shown.append(.init(.claimed, "email", address.canonical, as: address.typed(&person.random)))
        }
        if person.hasTaxCode, person.random.chance(0.3) {
            one.shown.append(.init(.verified, "codice_fiscale", person.codiceFiscale))
        }
        if person.index % 5 == 0, person.random.chance(0.3) { register(&one, &person) }
        one.amount = 190 + person.random.below(20_000)
        one.place = person.town.name
    }

    /// A form filled in at the till states name, birth and home.
    private func register(_ one: inout Generated, _ person: inout Person) {
        one.name(person)
        let street = person.street
        one.attributes += [
            .init(name: "birth_date", written: person.birthDate, folded: person.birthDate),
            .init(
                name: "address.street", written: "\(street.written) \(person.houseNumber)",
                folded: "\(street.folded) \(person.houseNumber)"),
            .init(name: "address.city", written: person.town.name, folded: person.town.folded),
            .init(name: "address.postcode", written: person.town.postcode, folded: person.town.postcode),
            .init(name: "address.country", written: "IT", folded: "it"),
        ]
    }
}
