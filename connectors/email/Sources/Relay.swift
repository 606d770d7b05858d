/// Who passes on what others say, and is never the customer.
///
/// Data, in one place: an address of a relay stands for a conversation, an order or a machine. What matches is blocked; the
/// person is taken from Reply-To or from the mail inside where that is plain, else the mail is refused and kept.
enum Relay {
    /// A domain, or everything below it, whose addresses are aliases of single conversations or buyers.
    private static let domains: Set<String> = [
        // Marketplaces
        "marketplace.amazon.com", "marketplace.amazon.it", "marketplace.amazon.de", "marketplace.amazon.fr",
        "marketplace.amazon.es", "marketplace.amazon.co.uk", "marketplace.amazon.nl", "marketplace.amazon.se",
        "marketplace.amazon.pl", "members.ebay.com", "members.ebay.it", "members.ebay.de", "members.ebay.co.uk",
        "members.ebay.fr", "messages.ebay.com", "messages.etsy.com", "convos.etsy.com", "messages.subito.it",
        "chat.subito.it", "mail.subito.it", "reply.immobiliare.it", "contatti.casa.it", "messaggi.idealista.it",
        "mail.vinted.com", "msg.leboncoin.fr", "messagerie.leboncoin.fr", "kleinanzeigen.de", "mail.wallapop.com",
        // Travel
        "guest.booking.com", "property.booking.com", "mchat.booking.com", "reply.airbnb.com", "user.airbnb.com",
        "host.airbnb.com", "guest.airbnb.com", "m.expediapartnercentral.com", "messages.homeaway.com",
        // Ticket systems and support desks
        "zendesk.com", "freshdesk.com", "freshservice.com", "intercom-mail.com", "desk.com", "helpscout.net",
        "gorgias.com", "reamaze.com", "frontapp.com", "zohodesk.com", "zohodesk.eu", "teamwork-desk.com",
        "on.crisp.email", "parse.zendesk.com", "jira.com", "atlassian.net", "reply.github.com", "mail.hubspot.com",
        // Aliases by design
        "privaterelay.appleid.com", "reply.facebook.com", "reply.linkedin.com", "messages.linkedin.com",
        "facebookmail.com", "mail.instagram.com", "bounce.linkedin.com",
    ]

    /// Local parts of programs that carry forms, receipts and certified mail.
    private static let senders: Set<String> = [
        "posta-certificata", "postacertificata", "posta_certificata", "pec-relay", "wordpress", "mailer", "formmail",
        "formspree", "webform", "contactform", "contact-form", "form", "modulo",
    ]

    private static let machines = [
        "noreply", "no-reply", "no_reply", "no.reply", "donotreply", "do-not-reply", "do_not_reply", "nonrispondere",
        "non-rispondere", "non.rispondere", "notifications", "notification", "notifiche",
    ]

    /// Whether what writes from it stands for another, who alone is the customer.
    static func isAlias(_ address: MailAddress) -> Bool {
        var domain = Substring(address.domain)
        while true {
            if domains.contains(String(domain)) { return true }
            guard let dot = domain.firstIndex(of: ".") else { return false }
            domain = domain[domain.index(after: dot)...]
        }
    }

    /// Whether a program writes from it that carries another's words where it names one to reply to.
    static func isMachine(_ address: MailAddress) -> Bool {
        let local = address.local
        return senders.contains(local) || machines.contains { local.hasPrefix($0) }
    }

    /// Certified mail's own sender: `posta-certificata@PROVIDER`.
    static func isCertified(_ address: MailAddress) -> Bool {
        ["posta-certificata", "postacertificata", "posta_certificata"].contains(address.local)
    }
}
