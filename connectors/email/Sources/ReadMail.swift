internal import Contact

/// A mail that was read, and how it becomes an interaction.
struct ReadMail: Sendable {
    let message: MimeMessage
    let original: [UInt8]
    let id: String
    let time: MailTime
    let body: MailBody
    let quoted: QuotedText
    let marks: MailMarks
    var flags: Set<String>
    var receipt: CertifiedMail.Receipt?
    /// Of a report about a mail of ours, whom the interaction is about.
    var failure: Bounce.Failure?
    /// The most that is said of a customer in it, because of how it was carried.
    var most = Assurance.verified

    init(_ message: MimeMessage, original: [UInt8], arrival: Arrival, settings: EmailSettings) {
        self.message = message
        self.original = original
        id = MailIdentity.id(message)
        time = MailTime(message.headers, arrival: arrival, authserv: settings.authserv)
        body = MailBody(message.root)
        quoted = QuotedText(body.text, mark: body.quoteMark)
        marks = MailMarks(message, text: body.text)
        flags = message.flags.union(body.flags).union(time.flags).union(marks.flags)
            .union(Deception.flags(message)).union(SealedParts.flags(message.root))
        if message.headers["message-id"] == nil { flags.insert("message_id_missing") }
    }

    /// A program wrote it: what it says is nobody's word about himself.
    var isAutomatic: Bool { flags.contains("auto_reply") || flags.contains("bounce") }

    /// Nobody waits for an answer to it.
    private var isForReadingOnly: Bool {
        !flags.isDisjoint(with: ["auto_reply", "bounce", "delivery_receipt", "receipt", "newsletter"])
    }

    private var thread: MailThread {
        let headers = message.headers
        let own = MailIdentity.messageID(headers) ?? String(id.prefix { $0 != "#" })
        if let receipt {
            return receipt.reference.map { .about($0, own: own) } ?? MailThread(headers, own: own)
        }
        if let bounce = marks.bounce {
            return .returned(bounce.returned, own: own) ?? .answering(headers, own: own)
        }
        return flags.contains("auto_reply") ? .answering(headers, own: own) : MailThread(headers, own: own)
    }

    func interaction(
        kind: String, direction: Interaction.Direction, customer: String, facet: FacetContent, name: String?,
        participants: [MailAddress]
    ) -> Interaction {
        let subject = message.headers["subject"].map { MailBody.prefix($0, 2_000) }
        let thread = thread
        return Interaction(
            channel: EmailConnector.channel, kind: kind, direction: direction, id: id, customer: customer,
            occurredAt: time.occurred, facet: facet, thread: thread.text, links: thread.links,
            message: Interaction.Message(id: id, subject: subject, text: body.text, original: original),
            body: json(kind, direction, customer, thread.text, name, participants))
    }

    /// The keys that every interaction's body has (see the reader of NDJSON), and under `detail` what mail alone has.
    private func json(
        _ kind: String, _ direction: Interaction.Direction, _ customer: String, _ thread: String, _ name: String?,
        _ participants: [MailAddress]
    ) -> [UInt8] {
        var members: [(String, [UInt8])] = [
            ("kind", JSONWriter.string(kind)), ("id", JSONWriter.string(id)),
        ]
        if !customer.isEmpty { members.append(("customer", JSONWriter.string(customer))) }
        members.append(("thread", JSONWriter.string(thread)))
        if let stated = time.stated { members.append(("occurred_at", JSONWriter.string(MailTime.text(stated)))) }
        if let name { members.append(("attributes", JSONWriter.object([("name", JSONWriter.string(name))]))) }
        if direction == .inbound, isForReadingOnly {
            members.append((Interaction.awaitsAnswerKey, JSONWriter.bool(false)))
        }
        let detail = detail(participants)
        if !detail.isEmpty { members.append(("detail", JSONWriter.object(detail))) }
        if !flags.isEmpty {
            members.append(("flags", JSONWriter.array(flags.sorted().map(JSONWriter.string))))
        }
        return JSONWriter.object(members)
    }

    private func detail(_ participants: [MailAddress]) -> [(String, [UInt8])] {
        var detail: [(String, [UInt8])] = []
        if !participants.isEmpty {
            detail.append(
                (
                    "participants",
                    JSONWriter.array(
                        participants.prefix(200).map { one in
                            let address = JSONWriter.string(MailBody.prefix(one.address, 320))
                            guard !one.name.isEmpty else { return JSONWriter.object([("address", address)]) }
                            return JSONWriter.object([
                                ("address", address), ("name", JSONWriter.string(MailBody.prefix(one.name, 200))),
                            ])
                        })
                ))
        }
        if quoted.quotedAt != nil || quoted.reply.utf8.count < body.text.utf8.count {
            detail.append(("reply", JSONWriter.string(quoted.reply)))
        }
        if let quotedAt = quoted.quotedAt { detail.append(("quoted_at", JSONWriter.number(Int64(quotedAt)))) }
        if !body.attachments.isEmpty {
            detail.append(("attachments", JSONWriter.array(body.attachments.map(\.json))))
        }
        if let failure { detail.append(("bounce", failure.json(original: marks.bounce?.original))) }
        if let receipt { detail.append(("receipt", JSONWriter.string(receipt.kind))) }
        return detail
    }
}

extension MailBody.Attachment {
    fileprivate var json: [UInt8] {
        JSONWriter.object([
            ("name", JSONWriter.string(name)), ("type", JSONWriter.string(type)),
            ("size", JSONWriter.number(Int64(size))), ("sha256", JSONWriter.string(Hexadecimal.text(sha256))),
            ("inline", JSONWriter.bool(isInline)),
        ])
    }
}
