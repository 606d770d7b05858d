import Contact
import Foundation
import Testing

@testable import EmailConnector

/// Whom a mail is believed to be from, and what is said in it that nobody vouches for.
@Suite struct TrustTests {
    private static let failed =
        "Authentication-Results: mx.bottega.example; dmarc=fail header.from=gestore.example\n"

    /// The answer to a mail that need not be one.
    private func outcome(_ text: String) throws -> Result<Interaction, Refusal> {
        try #require(items(text).first).outcome
    }

    private func reason(_ text: String) throws -> RefusalReason? {
        if case .failure(let refusal) = try outcome(text) { refusal.reason } else { nil }
    }

    /// `presented email:a@b.example`, and so on.
    private func shown(_ one: Interaction) -> [String] {
        one.facet.identifiers.map { "\($0.assurance.name) \($0.identifier)" }
    }

    private func flags(_ one: Interaction) throws -> [String] {
        try JSONValue(one.body)["flags"]?.elements?.compactMap { $0.string } ?? []
    }

    @Test(
        arguments: [
            "From: info@bottega.example\nTo: info@bottega.example\nReply-To: x123@marketplace.amazon.it\n",
            "From: info@bottega.example\nTo: info@bottega.example\nReply-To: noreply@corriere.example\n",
            "From: info@bottega.example, ciao@bottega.example\nTo: capo@bottega.example\n",
            "Sender: info@bottega.example\nTo: anna@example.it\n", "Return-Path: <info@bottega.example>\nTo: x\n",
        ])
    func `The company is never its own customer`(head: String) throws {
        #expect(try reason("\(head)\nx\n") == .noIdentifier)
    }

    @Test(
        arguments: [
            "From: anna@example.it, info@bottega.example\nSender: info@bottega.example\n",
            "From: info@bottega.example, anna@example.it\n",
        ])
    func `Beside an address of ours in From the other is the customer`(head: String) throws {
        #expect(shown(try interaction("\(head)To: ciao@bottega.example\n\nx\n")) == ["presented email:anna@example.it"])
    }

    @Test func `A tagged address of ours is ours`() throws {
        let settings = try mailSettings(["own": "info@negozio.example"])
        let mail = "From: info+offerte@negozio.example\nTo: anna@example.it, bruno+a@negozio.example\n\nx\n"
        let found = try items(Array(mail.utf8), settings).map { try $0.outcome.get() }
        #expect(found.map(\.customer) == ["anna@example.it", "bruno+a@negozio.example"])
        #expect(found.allSatisfy { $0.direction == .outbound })
    }

    private func certified(_ head: String) -> String {
        """
        \(head)To: ciao@bottega.example
        Content-Type: multipart/mixed; boundary=m

        --m
        Content-Type: text/plain

        Messaggio di posta certificata
        --m
        Content-Type: message/rfc822; name="postacert.eml"
        Content-Disposition: inline; filename="postacert.eml"

        From: Anna Rossi <anna.rossi@pec.example>
        To: ciao@bottega.example
        Message-ID: <inner@pec.example>

        Disdico.
        --m--

        """
    }

    @Test func `Certified mail is what a provider sent and nobody forged`() throws {
        let provider = "From: posta-certificata@gestore.example\n"
        let certificate = "X-Trasporto: posta-certificata\n"
        let cases: [(String, String, [String])] = [
            (certificate + provider, "presented", ["certified"]),
            (Self.failed + certificate + provider, "claimed", ["dmarc_failed"]),
            ("X-Trasporto: errore\n" + provider, "presented", ["certified_anomaly"]),
            (certificate + "From: anna@gestore.example\n", "claimed", []),
            (Self.failed + certificate + "From: anna@gestore.example\n", "claimed", ["dmarc_failed"]),
            (provider, "presented", []),
        ]
        for (head, expected, marks) in cases {
            let one = try interaction(certified(head))
            #expect(shown(one) == ["\(expected) email:anna.rossi@pec.example"], "\(head)")
            let found = Set(try flags(one)).intersection(["certified", "certified_anomaly", "dmarc_failed"])
            #expect(found == Set(marks), "\(head)")
        }
    }

    @Test func `A receipt says something only when a provider sent it and nobody forged it`() throws {
        let rest = """
            X-Ricevuta: avvenuta-consegna
            To: ciao@bottega.example
            Content-Type: application/xml; name="daticert.xml"

            <postacert><consegna>anna.rossi@pec.example</consegna></postacert>

            """
        let cases: [(String, String)] = [
            ("From: posta-certificata@gestore.example\n", "presented"), ("From: anna@gestore.example\n", "claimed"),
            (Self.failed + "From: posta-certificata@gestore.example\n", "claimed"),
        ]
        for (head, expected) in cases {
            let one = try interaction(head + rest)
            #expect(one.kind == "message.receipt")
            #expect(shown(one) == ["\(expected) email:anna.rossi@pec.example"], "\(head)")
            #expect(try flags(one).contains("dmarc_failed") == head.contains("dmarc"))
        }
    }

    @Test func `A list that was forged vouches for no author`() throws {
        let list = """
            From: Clienti <clienti@gestore.example>
            List-Id: Clienti <clienti.gestore.example>
            List-Post: <mailto:clienti@gestore.example>
            X-Original-From: Anna <anna@example.it>
            To: ciao@bottega.example

            x

            """
        #expect(shown(try interaction(list)) == ["presented email:anna@example.it"])
        let forged = try interaction(Self.failed + list)
        #expect(shown(forged) == ["claimed email:anna@example.it"])
        #expect(try flags(forged).contains("dmarc_failed"))
    }

    @Test func `Results are believed above the first foreign server, and not below`() throws {
        let pass = "Authentication-Results: mx.bottega.example; dmarc=pass header.from=example.it\n"
        let mail = "From: anna@example.it\nTo: ciao@bottega.example\n\nx\n"
        func received(_ by: String) -> String {
            "Received: from a (b by c) by \(by) with ESMTP; Mon, 2 Nov 2026 10:00:00 +0100\n"
        }
        for by in [
            "mx.bottega.example", "mx1.bottega.example", "in.mx.bottega.example", "MX.Bottega.example", "localhost",
            "127.0.0.1", "[10.1.2.3]", "172.16.0.1", "2002:a05:6214:1::",
        ] {
            #expect(shown(try interaction(received(by) + pass + mail)) == ["verified email:anna@example.it"], "\(by)")
        }
        for by in [
            "mx.altrove.example", "bottega.example", "mx1.sede.bottega.example", "mx.bottega.example.altrove.example",
            "172.32.0.1", "10.1.2.3.example", "2002:b05:6214:1::",
        ] {
            #expect(shown(try interaction(received(by) + pass + mail)) == ["presented email:anna@example.it"], "\(by)")
            #expect(shown(try interaction(pass + received(by) + mail)) == ["verified email:anna@example.it"], "\(by)")
        }
        let unclear = try interaction("Received: from (((( by x\n" + pass + mail)
        #expect(shown(unclear) == ["presented email:anna@example.it"])
        let local = try interaction("Received: (qmail 1 invoked by uid 0)\n" + pass + mail)
        #expect(shown(local) == ["verified email:anna@example.it"])
    }

    @Test(
        arguments: [
            ("mx1.negozio.example", "mx.negozio.example", true), ("mx.negozio.co.uk", "mx1.negozio.co.uk", true),
            ("altro.co.uk", "negozio.co.uk", false), ("altro.example", "negozio.example", false),
            ("mx.negozio.example", "negozio.example", true), ("example", "negozio.example", false),
        ])
    func `A server beside ours is ours where the domain can be a company's`(host: String, own: String, isOurs: Bool) {
        #expect(TraceFields.isOurs(host, authserv: own) == isOurs)
    }

    @Test func `A server's clock is believed within the bounds that Date has`() throws {
        let date = "Date: Mon, 02 Nov 2026 10:00:00 +0100\n"
        for (stamp, expected) in [
            ("Mon, 2 Nov 2026 10:00:05 +0100", "2026-11-02T09:00:05.000000Z"),
            ("Thu, 1 Jan 1970 00:00:00 +0000", "2026-11-02T09:00:00.000000Z"),
            ("Sun, 2 Nov 2036 10:00:05 +0100", "2026-11-02T09:00:00.000000Z"),
        ] {
            let one = try interaction(
                "Received: from a by mx.bottega.example; \(stamp)\nFrom: anna@example.it\n\(date)\nx\n")
            #expect(Timestamp.text(one.occurredAt) == expected, "\(stamp)")
        }
    }
}
