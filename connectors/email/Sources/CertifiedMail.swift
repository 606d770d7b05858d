internal import Contact

/// Italian certified mail (posta elettronica certificata, DPR 68/2005): the mail on the outside is the provider's.
enum CertifiedMail {
    /// What a provider says of a mail of ours.
    struct Receipt: Sendable {
        /// `accettazione`, `avvenuta-consegna`, `errore-consegna`, …
        let kind: String
        /// For whom the mail was meant, as the provider lists them.
        let recipients: [String]
        /// The Message-ID of that mail.
        let reference: String?
    }

    /// How far the mail on the outside can be believed.
    struct Carrier: Sendable {
        /// It is from a provider's own address, and that was not found to be forged.
        let isProvider: Bool
        /// `certified`, `certified_anomaly` (a mail that came to the provider from outside), `dmarc_failed`.
        let flags: Set<String>

        /// What is said of a customer in it is at most this.
        var most: Assurance { isProvider ? .presented : .claimed }

        init(_ headers: MailHeaders, _ settings: EmailSettings) {
            let senders = MailSender.addresses("from", headers)
            let hasFailed = senders.contains {
                AuthenticationResults.dmarc(headers, authserv: settings.authserv, domain: $0.domain) == .failed
            }
            isProvider = !senders.isEmpty && senders.allSatisfy(Relay.isCertified) && !hasFailed
            var flags: Set<String> = hasFailed ? ["dmarc_failed"] : []
            switch headers.keyword("x-trasporto") {
            case "posta-certificata" where isProvider: flags.insert("certified")
            case "errore": flags.insert("certified_anomaly")
            default: break
            }
            self.flags = flags
        }
    }

    /// The receipt that this mail is; nil where it is none.
    static func receipt(_ message: MimeMessage) -> Receipt? {
        guard let kind = message.headers.keyword("x-ricevuta"), !kind.isEmpty else { return nil }
        var recipients: [String] = []
        for part in message.root.leaves
        where part.filename?.lowercased() == "daticert.xml" || part.type.hasSuffix("/xml") {
            let text = Text.repaired(Array(part.content.prefix(1 << 20))).text
            // A delivery names its one recipient, an acceptance all of them.
            recipients += values("consegna", in: text) + values("destinatari", in: text)
        }
        let reference =
            message.headers.messageIDs("x-riferimento-message-id").first
            ?? message.headers["x-riferimento-message-id"].map { "<\($0)>" }
        return Receipt(
            kind: String(kind.prefix(64)), recipients: recipients.filter { $0.contains("@") },
            reference: reference.map(MailIdentity.shortened))
    }

    /// The bytes of the mail that the provider delivers in an envelope of its own; nil where this is no such envelope.
    static func inside(_ message: MimeMessage) -> [UInt8]? {
        let transport = message.headers.keyword("x-trasporto")
        let isEnvelope =
            transport == "posta-certificata" || transport == "errore"
            || MailSender.addresses("from", message.headers).contains(where: Relay.isCertified)
        guard isEnvelope else { return nil }
        let leaves = message.root.leaves
        let named = leaves.first { $0.filename?.lowercased() == "postacert.eml" && !$0.content.isEmpty }
        return (named ?? leaves.first { $0.type == "message/rfc822" && !$0.content.isEmpty })?.content
    }

    /// The texts of the elements of a name, attributes left aside.
    private static func values(_ element: String, in xml: String) -> [String] {
        var found: [String] = []
        var rest = Substring(xml)
        while found.count < 1_000, let open = rest.firstRange(of: "<\(element)") {
            rest = rest[open.upperBound...]
            guard let start = rest.firstIndex(of: ">") else { break }
            let text = rest[rest.index(after: start)...].prefix { $0 != "<" }
            found.append(HeaderText.trimmed(String(text)))
            rest = rest[start...]
        }
        return found
    }
}
