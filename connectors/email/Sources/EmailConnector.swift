package import Contact
internal import HTTPTypes

/// Mail: reads messages, and turns them into interactions.
///
/// It knows MIME, addresses and what mail programs do (``MailReader``), and files that hold mail (``MailFiles``). It knows
/// no database: what it has read goes to the ``Intake`` it is given, and what it has seen is remembered by a ``SeenInputs``.
package struct EmailConnector: Receiver {
    package static let kind = "email"
    package static let channel = "email"
    package static let keys = EmailSettings.keys + ways.flatMap { $0.keys } + [mailgunKey]
    package static let routes = [ReceiverRoute(.post, "messages"), postmark, mailgun, mailgunMime]

    package let settings: EmailSettings
    let mailgunKey: Secret?
    let way: (any MailWay)?
    /// The longest posted mail that is kept whole, in bytes.
    var mostPosted = RawInput.mostWhole

    package init(_ settings: SourceSettings) throws(SettingsError) {
        self.settings = try EmailSettings(settings)
        mailgunKey = settings.secrets[Self.mailgunKey.name]
        way = try Self.way(settings, mail: self.settings)
    }

    package func findings(address: String) async -> [Finding] {
        let own = settings.domains.sorted() + settings.addresses.sorted()
        var findings = [Finding(.good, "mail from \(own.joined(separator: ", ")) counts as the company's own")]
        if let authserv = settings.authserv {
            if settings.ceiling(.email) >= .verified {
                findings.append(
                    Finding(.good, "senders are verified where \(authserv) says dmarc=pass for the domain of From"))
            } else {
                findings.append(
                    Finding(
                        .doubtful,
                        """
                        authserv is set but trust is \(settings.ceiling(.email).name): nobody is ever verified; set \
                        trust.email=verified if \(authserv) removes forged Authentication-Results
                        """
                    ))
            }
        } else {
            findings.append(
                Finding(
                    .doubtful,
                    """
                    authserv is not set: no sender is ever verified; set it to the name that stands first in the \
                    Authentication-Results your mail server writes
                    """
                ))
        }
        if let way { return findings + (await way.findings()) }
        return findings + posted(address)
    }

    /// Takes one raw mail, or a provider's request around one. A mail that is too large, or cannot be read, is an item that
    /// is refused and kept.
    package func receive(_ request: ReceivedRequest, into intake: any Intake) async throws -> ReceivedAnswer {
        switch request.route {
        case Self.routes[0]: try await receiveMail(request, into: intake)
        case Self.postmark: try await receivePostmark(request, into: intake)
        case Self.mailgun, Self.mailgunMime: try await receiveMailgun(request, into: intake)
        default: throw ReceiverError.unusable(.notFound, "send mails with POST to messages")
        }
    }

    private func receiveMail(_ request: ReceivedRequest, into intake: any Intake) async throws -> ReceivedAnswer {
        let type = (request.head.headerFields[.contentType] ?? "").prefix { $0 != ";" }.lowercased()
        guard ["", "message/rfc822", "text/plain", "application/octet-stream"].contains(type.filter { $0 != " " })
        else {
            throw ReceiverError.unusable(
                .unsupportedMediaType, "send the raw mail as message/rfc822, not as \(MailBody.prefix(type, 60))")
        }
        var mail = GrowingMail(most: mostPosted)
        for try await chunk in request.body { mail.append(chunk[...]) }
        guard mail.length > 0 else {
            throw ReceiverError.unusable(.badRequest, "the body is empty: send the raw mail, headers first")
        }
        let raw = mail.finished()
        let items = await items(raw, arrival: Arrival(time: request.arrival))
        let receipt = try await intake.accept(Batch(items, source: settings.source))
        let isAllRefused = receipt.outcomes.allSatisfy { outcome in
            if case .refused = outcome { true } else { false }
        }
        return ReceivedAnswer(
            isAllRefused ? .unprocessableContent : .ok, contentType: "application/json", ReceiptText.object(receipt))
    }

    /// Reading a mail is work: not on the thread of whoever waits for requests.
    @concurrent
    func items(_ raw: RawInput, arrival: Arrival) async -> [IntakeItem] {
        MailReader(settings).items(raw, arrival: arrival)
    }
}
