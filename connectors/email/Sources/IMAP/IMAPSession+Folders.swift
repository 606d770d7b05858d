internal import Contact

extension IMAPSession {
    /// The mailboxes that the user has.
    func mailboxes() async throws -> [IMAPMailbox] {
        var found: [IMAPMailbox] = []
        let isSpecial = can("SPECIAL-USE") && can("LIST-EXTENDED")
        try await demand("LIST \"\" \"*\"" + (isSpecial ? " RETURN (SPECIAL-USE)" : "")) { response in
            if case .list(let mailbox) = response { found.append(mailbox) }
        }
        return found
    }

    /// The names of what is followed: those that are set, or INBOX and the folder of sent mail.
    func folders() async throws -> [String] {
        let all = try await mailboxes()
        guard settings.folders.isEmpty else {
            let names = Set(all.filter(\.isSelectable).map(\.name))
            let missing = settings.folders.filter { !names.contains($0) }
            guard missing.isEmpty else {
                let there = names.sorted().prefix(30).joined(separator: ", ")
                throw FollowFailure(
                    .person,
                    "there is no folder \(missing.joined(separator: ", ")) on \(settings.address.text); there are: \(there)"
                )
            }
            var seen: Set<String> = []
            return settings.folders.filter { seen.insert($0).inserted }
        }
        return ["INBOX"] + [Self.sent(all)].compactMap { $0 }.filter { $0 != "INBOX" }
    }

    /// What the folder of sent mail is called where it is not marked (RFC 6154), without what it lies in.
    private static let usual: Set<String> = [
        "sent", "sent items", "sent messages", "sent mail", "sent-mail", "inviata", "posta inviata", "inviati",
        "messaggi inviati", "elementi inviati", "gesendet", "gesendete objekte", "gesendete elemente", "envoyés",
        "messages envoyés", "éléments envoyés", "enviados", "elementos enviados",
    ]

    static func sent(_ all: [IMAPMailbox]) -> String? {
        let open = all.filter(\.isSelectable)
        if let marked = open.first(where: { $0.attributes.contains("\\sent") }) { return marked.name }
        return open.first { mailbox in
            let last = mailbox.delimiter.flatMap { mailbox.name.split(separator: $0).last.map(String.init) }
            return usual.contains((last ?? mailbox.name).lowercased())
        }?.name
    }
}
