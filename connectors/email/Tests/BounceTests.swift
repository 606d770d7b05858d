import Contact
import Foundation
import Testing

@testable import EmailConnector

/// Reports of mail that was not delivered, in the forms of RFC 3464 and in those of servers that know it not.
@Suite struct BounceTests {
    private func report(_ fields: String, _ body: String) throws -> Interaction {
        try interaction(
            "From: MAILER-DAEMON@mx.bottega.example\nTo: ciao@bottega.example\nSubject: Undelivered Mail\n"
                + "Date: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <r@mx>\n\(fields)\n\n\(body)")
    }

    private func dsn(_ blocks: String, returned: String = "Message-ID: <o@bottega.example>\nSubject: Re: Ordine\n")
        throws -> [IntakeItem]
    {
        try items(
            """
            From: Mail Delivery System <MAILER-DAEMON@mx.example>
            To: ciao@bottega.example
            Subject: Undelivered Mail Returned to Sender
            Date: Mon, 2 Nov 2026 10:00:00 +0100
            Message-ID: <r@mx.example>
            Content-Type: multipart/report; report-type=delivery-status; boundary=b

            --b

            It was not delivered.
            --b
            Content-Type: message/delivery-status

            Reporting-MTA: dns; mx.example

            \(blocks)

            --b
            Content-Type: text/rfc822-headers

            \(returned)
            --b--

            """)
    }

    private func traits(_ one: Interaction) -> [String] {
        one.traits.map { "\($0.name) \(String(decoding: $0.value, as: UTF8.self))" }
    }

    @Test func `A report is an interaction of each recipient that was not reached, whose address is marked`() throws {
        let found = try dsn(
            """
            Final-Recipient: rfc822; anna@example.it
            Action: failed
            Status: 5.1.1
            Diagnostic-Code: smtp; 550 5.1.1 no such user

            Final-Recipient: rfc822;bruno@example.it
            Action: failed
            Status: 4.2.2

            Final-Recipient: rfc822; carla@example.it
            Action: delivered
            Status: 2.0.0
            """
        ).map { try $0.outcome.get() }
        #expect(found.map(\.kind) == ["message.bounced", "message.bounced"])
        #expect(found.map(\.customer) == ["anna@example.it", "bruno@example.it"])
        #expect(
            found.flatMap { $0.facet.identifiers.map { "\($0.assurance.name) \($0.identifier)" } } == [
                "presented email:anna@example.it", "presented email:bruno@example.it",
            ])
        #expect(
            found.flatMap(traits) == [
                #"email_undeliverable {"address":"anna@example.it","bounce":"hard","reason":"unknown_address","status":"5.1.1"}"#,
                #"email_undeliverable {"address":"bruno@example.it","bounce":"soft","reason":"mailbox_full","status":"4.2.2"}"#,
            ])
        #expect(found[0].thread == "<o@bottega.example> ordine")
        #expect(String(decoding: found[0].body, as: UTF8.self).contains(#""awaits_answer":false"#))
    }

    @Test func `What is still tried is soft and marks nobody, and what arrived is a receipt`() throws {
        let late = try #require(
            dsn("Final-Recipient: rfc822; anna@example.it\nAction: delayed\nStatus: 4.4.1").first
        ).outcome.get()
        #expect(late.kind == "message.bounced" && late.traits.isEmpty)
        #expect(String(decoding: late.body, as: UTF8.self).contains(#""bounce":"soft","reason":"unreachable""#))
        let reached = try #require(
            dsn("Final-Recipient: rfc822; anna@example.it\nAction: delivered\nStatus: 2.0.0").first
        ).outcome.get()
        #expect(reached.kind == "message.receipt" && reached.traits.isEmpty)
    }

    @Test func `A report that names nobody, or only us, is refused and kept`() throws {
        for blocks in [
            "Action: failed\nStatus: 5.0.0", "Final-Recipient: rfc822; info@bottega.example\nAction: failed",
        ] {
            let found = try dsn(blocks, returned: "Subject: Ordine\n")
            guard case .failure(let refusal)? = found.first?.outcome else {
                Issue.record("it was not refused")
                continue
            }
            #expect(refusal.reason == .noIdentifier)
        }
    }

    @Test func `A report under a name that failed DMARC is only claimed`() throws {
        let one = try report(
            "Authentication-Results: mx.bottega.example; dmarc=fail header.from=mx.bottega.example\n"
                + "X-Failed-Recipients: anna@example.it", "Delivery failed.")
        #expect(one.facet.identifiers.map(\.assurance) == [.claimed])
    }

    /// Texts as servers write them that know no RFC 3464, with what is to be found in them.
    @Test(arguments: [
        (
            "Hi. This is the qmail-send program at bottega.example.\nI'm afraid I wasn't able to deliver your message to the "
                + "following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
                + "<anna@example.it>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\n\n"
                + "--- Below this line is a copy of the message.\n\nReturn-Path: <ciao@bottega.example>\n"
                + "Received: by x\nFrom: ciao@bottega.example\nTo: anna@example.it\nMessage-ID: <o@bottega.example>\nSubject: Ordine\n\nCiao\n",
            "5.1.1", "unknown_address"
        ),
        (
            "This is the mail system at host mx.\n\nYour message could not be delivered.\n\n"
                + "<anna@example.it>: host mx[192.0.2.1] said: 552 5.2.2 Mailbox full (in reply to RCPT TO command)",
            "5.2.2", "mailbox_full"
        ),
        (
            "Il tuo messaggio non è stato recapitato ai seguenti destinatari:\n\nanna@example.it\nCasella piena",
            "5.2.2", "mailbox_full"
        ),
        (
            "Your message did not reach some or all of the intended recipients.\n\n'anna@example.it' on 2/11/2026\n"
                + "The e-mail account does not exist at the organization this message was sent to.", "5.1.1",
            "unknown_address"
        ),
    ]) func `A server's words are understood`(text: String, status: String, reason: String) throws {
        let one = try report("Return-Path: <>", text)
        #expect(one.kind == "message.bounced")
        #expect(one.facet.identifiers.map(\.identifier.value) == ["anna@example.it"])
        let body = String(decoding: one.body, as: UTF8.self)
        #expect(body.contains(#""status":"\#(status)""#) && body.contains(#""reason":"\#(reason)""#), "\(body)")
        if text.contains("qmail") { #expect(one.thread == "<o@bottega.example> ordine") }
    }

    @Test func `A report of a hundred recipients in a megabyte of words is read in time`() throws {
        let blocks = (0..<150).map { "Final-Recipient: rfc822; c\($0)@example.it\nAction: failed\n" }
            .joined(separator: "\n")
        let start = ContinuousClock.now
        let found = try items(
            "From: MAILER-DAEMON@mx.example\nTo: ciao@bottega.example\nSubject: failure notice\n"
                + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n"
                + String(repeating: "x@example.it unknown ", count: 50_000)
                + "\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n\(blocks)\n--b--\n")
        #expect(found.count == Bounce.mostFailures)
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test(.timeLimit(.minutes(2)))
    func `A report in a thousand parts of a hundred recipients each is read`() throws {
        let parts = (0..<990).map { part in
            let blocks = (0..<101).map { "Final-Recipient: rfc822; c\(part)-\($0)@example.it\nAction: failed\n" }
            return "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
                + blocks.joined(separator: "\n") + "\n"
        }
        let found = try items(
            "From: MAILER-DAEMON@mx.example\nTo: ciao@bottega.example\nSubject: failure notice\n"
                + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n"
                + String(repeating: "nothing known is said here. ", count: 50_000)
                + "\n" + parts.joined() + "--b--\n")
        #expect(found.count == Bounce.mostFailures)
    }

    @Test(arguments: ["\n", "\r\n"])
    func `What came back is found in a part that is not named for it, with either line end`(end: String) throws {
        let text = """
            From: Mail Delivery System <MAILER-DAEMON@mx.example>
            To: ciao@bottega.example
            Subject: Undelivered Mail Returned to Sender
            Date: Mon, 2 Nov 2026 10:00:00 +0100
            Message-ID: <r@mx.example>
            Content-Type: multipart/report; report-type=delivery-status; boundary=b

            --b

            It was not delivered.
            --b
            Content-Type: message/delivery-status

            Reporting-MTA: dns; mx.example

            Final-Recipient: rfc822; anna@example.it
            Action: failed
            Status: 5.1.1

            --b
            Content-Type: text/plain

            This is what came back:

            Received: from a by b; Mon, 2 Nov 2026 09:00:00 +0100
            From: ciao@bottega.example
            Message-ID: <o@bottega.example>
            Subject: Re: Ordine

            Buongiorno
            --b--

            """
        let one = try interaction(text.replacingOccurrences(of: "\n", with: end))
        #expect(one.kind == "message.bounced")
        #expect(one.thread == "<o@bottega.example> ordine")
    }

    @Test func `What a person writes about a report is no report`() throws {
        let one = try interaction(
            "From: anna@example.it\nTo: ciao@bottega.example\nSubject: Fwd: Undelivered Mail Returned to Sender\n"
                + "Message-ID: <a@example.it>\n\nMi è tornato: your message could not be delivered to info@bottega.example\n"
        )
        #expect(one.kind == "message.received")
    }

    /// How it is counted: every file of the folders of whole mails (bsd, dos, mac, tmp, err) but complaints (arf-) and automatic
    /// replies (rfc3834-), which must be taken for none. A mail counts where it is known for a report that something was not
    /// delivered and a recipient was found; some have become no interaction, because their recipients were made unreadable.
    @Test(.enabled(if: Corpora.exist))
    func `Of the bounces of others 95 of a hundred are recognised, with their recipient`() throws {
        let folder = Corpora.folder.appending(path: "sisimai-set-of-emails/maildir")
        let settings = try mailSettings(["own": "shop.invalid"])
        var counts = (right: 0, all: 0, stored: 0, threaded: 0, marked: 0)
        var missed: [String] = []
        var taken: [String] = []
        for kind in ["bsd", "dos", "mac", "tmp", "err"] {
            for name in try Corpora.names(in: folder.appending(path: kind)) {
                let bytes = Array(try Data(contentsOf: folder.appending(path: "\(kind)/\(name)")))
                let found = try items(bytes, settings).compactMap { try? $0.outcome.get() }
                let message = try #require(GMime.message(MailShape.beginning(bytes)))
                let report = Bounce.read(message, text: MailBody(message.root).text)
                let isBounce = report.map { !$0.isDelivered && !$0.failures.isEmpty } ?? false
                let isOther = name.hasPrefix("arf") || name.hasPrefix("rfc3834")
                if isOther {
                    if isBounce { taken.append("\(kind)/\(name)") }
                    continue
                }
                counts.all += 1
                if isBounce {
                    counts.right += 1
                    if found.contains(where: { !$0.traits.isEmpty }) { counts.marked += 1 }
                    if report?.original != nil { counts.threaded += 1 }
                    if !found.isEmpty, found.allSatisfy({ $0.kind == "message.bounced" }) { counts.stored += 1 }
                } else {
                    missed.append("\(kind)/\(name) \(found.first?.kind ?? "refused")")
                }
            }
        }
        print("bounces: \(counts); missed \(missed); taken \(taken)")
        #expect(counts.all > 350)
        #expect(counts.right * 100 >= counts.all * 95, "\(missed)")
        #expect(taken.isEmpty, "\(taken)")
    }
}
