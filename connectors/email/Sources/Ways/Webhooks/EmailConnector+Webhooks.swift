internal import Contact
internal import HTTPTypes

/// Providers that receive mail and post it: taken in their raw form only, so that one reader reads every mail.
///
/// A request that holds no raw mail is kept as a refusal, and answered with what to change. What may succeed later (the
/// database is away, a signature made under a key that is not set yet) is answered so that the provider sends it again; what
/// never will, so that it stops: 403 to Postmark, 406 to Mailgun.
extension EmailConnector {
    static let postmark = ReceiverRoute(.post, "postmark")
    static let mailgun = ReceiverRoute(.post, "mailgun")
    /// Mailgun posts the raw mail only to an address that ends in `mime`.
    static let mailgunMime = ReceiverRoute(.post, "mailgun/mime")
    static let mailgunKey = SettingKey(
        "mailgun_key", "the HTTP webhook signing key of the Mailgun account, for the route mailgun/mime", isSecret: true
    )

    /// Where mail may be posted to, for whoever sets up the other side.
    func posted(_ address: String) -> [Finding] {
        let source = settings.source
        let place = "\(address)/v1/sources/\(source)"
        // A provider takes the key as the password in its address.
        let withKey = place.split(separator: "://", maxSplits: 1).joined(separator: "://key:KEY@")
        return [
            Finding(
                .needed,
                "POST raw mails (message/rfc822, one a request) to \(place)/messages with a key of this source: contatto key create --role connector --source \(source)"
            ),
            Finding(
                .needed,
                "or let Postmark post to \(withKey)/postmark (KEY: the key; over HTTPS), with \"Include raw email content in JSON payload\" ticked"
            ),
            Finding(
                .needed,
                mailgunKey == nil
                    ? "or let a Mailgun route post to it: set mailgun_key to the account's HTTP webhook signing key first"
                    : "or let a Mailgun route forward(\"\(withKey)/mailgun/mime\")"
            ),
        ]
    }

    /// Postmark's inbound webhook: JSON, protected by the key in its address alone.
    func receivePostmark(_ request: ReceivedRequest, into intake: any Intake) async throws -> ReceivedAnswer {
        guard Self.type(request) == "application/json" else {
            throw ReceiverError.unusable(.unsupportedMediaType, "set this address as an inbound webhook of Postmark")
        }
        var fields = FormFields(mail: "RawEmail", wanted: ["OriginalRecipient"], most: mostPosted)
        if let fault = try await read(request.body, JSONStringsReader(), into: &fields) {
            return try await refuse(fields, .malformedJSON, fault.description, .forbidden, request, intake)
        }
        guard let mail = fields.mail else {
            return try await refuse(
                fields, .unparsableMessage,
                """
                the request holds no RawEmail: in Postmark, in the settings of the inbound stream, tick "Include raw email \
                content in JSON payload"
                """, .forbidden, request, intake)
        }
        let envelope = Envelope(recipients: [fields["OriginalRecipient"]].compactMap { $0 })
        return try await store(mail, envelope, stop: .forbidden, request, intake)
    }

    /// A route of Mailgun: a form, signed in its fields.
    func receiveMailgun(_ request: ReceivedRequest, into intake: any Intake) async throws -> ReceivedAnswer {
        guard let mailgunKey else {
            throw ReceiverError.unusable(
                .conflict,
                "the source's setting mailgun_key is not set: it is the HTTP webhook signing key of the Mailgun account"
            )
        }
        var fields = FormFields(
            mail: "body-mime", wanted: ["timestamp", "token", "signature", "recipient", "sender"], most: mostPosted)
        let fault: FormFault?
        if let reader = MultipartReader(contentType: request.head.headerFields[.contentType] ?? "") {
            fault = try await read(request.body, reader, into: &fields)
        } else if Self.type(request) == "application/x-www-form-urlencoded" {
            fault = try await read(request.body, URLEncodedReader(), into: &fields)
        } else {
            throw ReceiverError.unusable(.unsupportedMediaType, "set this address as the forward() of a Mailgun route")
        }
        if let fault { throw ReceiverError.unusable(.badRequest, "the form cannot be read: \(fault)") }
        let mail = fields.mail?.finished()
        let came = mail ?? fields.whole?.finished() ?? RawInput([])
        do throws(MailgunSignature.Fault) {
            try MailgunSignature.check(
                fields, key: mailgunKey, request: came.cut?.sha256 ?? Digest.sha256(came.bytes), now: request.arrival)
        } catch {
            throw ReceiverError.unusable(.unauthorized, Self.words(error))
        }
        guard fields.mail != nil else {
            return try await refuse(
                fields, .unparsableMessage,
                "the form holds no body-mime: let the address of the Mailgun route end in /mailgun/mime, so that the raw mail is sent",
                .notAcceptable, request, intake)
        }
        let envelope = Envelope(
            sender: fields["sender"], recipients: [fields["recipient"]].compactMap { $0 })
        return try await store(came, envelope, stop: .notAcceptable, request, intake)
    }

    private static func words(_ fault: MailgunSignature.Fault) -> String {
        switch fault {
        case .missing: "the form bears no timestamp, token and signature as Mailgun sends them"
        case .wrong: "the signature is not made under the source's mailgun_key: set it to the account's signing key"
        case .old: "the signature is more than eight hours old, or five minutes ahead: check the clock of the hub"
        case .used: "the token was used for another mail"
        }
    }

    private static func type(_ request: ReceivedRequest) -> String {
        String((request.head.headerFields[.contentType] ?? "").prefix { $0 != ";" && $0 != " " }).lowercased()
    }

    /// Takes the whole body, wrong or not: what is refused is kept.
    private func read(
        _ body: ReceivedBody, _ reader: some FormReader, into fields: inout FormFields
    ) async throws -> FormFault? {
        var reader = reader
        var fault: FormFault?
        for try await piece in body {
            fields.came(piece)
            guard fault == nil else { continue }
            do throws(FormFault) { try reader.take(piece, into: &fields) } catch { fault = error }
        }
        guard fault == nil else { return fault }
        do throws(FormFault) { try reader.finish(into: &fields) } catch { return error }
        return nil
    }

    private func store(
        _ mail: GrowingMail, _ envelope: Envelope, stop: HTTPResponse.Status, _ request: ReceivedRequest,
        _ intake: any Intake
    ) async throws -> ReceivedAnswer {
        try await store(mail.finished(), envelope, stop: stop, request, intake)
    }

    /// One that cannot be read as a mail is kept, and taken: sent again it would be the same. One that is too long is kept in
    /// part, and the provider is told to stop.
    private func store(
        _ mail: RawInput, _ envelope: Envelope, stop: HTTPResponse.Status, _ request: ReceivedRequest,
        _ intake: any Intake
    ) async throws -> ReceivedAnswer {
        let items = await items(envelope.above(mail), arrival: Arrival(time: request.arrival))
        let receipt = try await intake.accept(Batch(items, source: settings.source))
        return ReceivedAnswer(
            mail.cut == nil ? .ok : stop, contentType: "application/json", ReceiptText.object(receipt))
    }

    private func refuse(
        _ fields: FormFields, _ reason: RefusalReason, _ text: String, _ status: HTTPResponse.Status,
        _ request: ReceivedRequest, _ intake: any Intake
    ) async throws -> ReceivedAnswer {
        let raw = fields.whole?.finished() ?? fields.mail?.finished() ?? RawInput([])
        let item = IntakeItem(.failure(Refusal(reason, text)), raw: raw)
        let receipt = try await intake.accept(Batch([item], source: settings.source))
        return ReceivedAnswer(status, contentType: "application/json", ReceiptText.object(receipt))
    }
}
