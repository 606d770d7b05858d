import Contact
import ContactTesting
import Foundation
import HTTPTypes
import Storage
import Testing

@testable import EmailConnector

@Suite struct WebhookTests {
    /// Known to everybody: the vector of Rails' Action Mailbox (actionmailbox, mailgun inbound_emails_controller_test).
    private static let key = "tbsy84uSV1Kt3ZJZELY2TmShPRs91E3yL4tzf96297vBCkDWgL"
    private static let token = "7VwW7k6Ak7zcTwoSoNm7aTtbk1g67MKAnsYLfUB7PdszbgR5Xi"
    private static let signature = "ef24c5225322217bb065b80bb54eb4f9206d764e3e16abab07f0a64d1cf477cc"
    private static let timestamp: Int64 = 1_539_112_500

    private func post(
        _ route: ReceiverRoute, _ body: [UInt8], type: String, at arrival: Int64 = TestDatabase.now,
        pieces: Int = 7_919,
        key: String? = WebhookTests.key, most: Int = RawInput.mostWhole, to intake: any Intake
    ) async throws -> ReceivedAnswer {
        var connector = try EmailConnector(
            SourceSettings(
                source: "email", values: ["own": "bottega.example"],
                secrets: key.map { ["mailgun_key": Secret($0)] } ?? [:], normaliser: Normaliser()))
        connector.mostPosted = most
        var head = HTTPRequest(method: .post, scheme: "http", authority: "hub", path: "/v1/sources/email/\(route.path)")
        head.headerFields[.contentType] = type
        let feed = Feed(
            stride(from: 0, to: body.count, by: pieces).map { Array(body[$0..<min(body.count, $0 + pieces)]) })
        let received = ReceivedBody { { await feed.next() } }
        return try await connector.receive(
            ReceivedRequest(route: route, head: head, body: received, arrival: arrival), into: intake)
    }

    private actor Feed {
        private var pieces: ArraySlice<[UInt8]>
        init(_ pieces: [[UInt8]]) { self.pieces = pieces[...] }
        func next() -> [UInt8]? { pieces.popFirst() }
    }

    private func status(_ body: () async throws -> ReceivedAnswer) async throws -> Int {
        do { return try await body().status.code } catch ReceiverError.unusable(let status, _) { return status.code }
    }

    private func form(
        _ mail: String?, timestamp: String = String(WebhookTests.timestamp), token: String = WebhookTests.token,
        signature: String = WebhookTests.signature
    ) -> [(String, String)] {
        [
            ("recipient", "nascosta@bottega.example"), ("sender", "bounce+x@example.it"), ("subject", "a&b=c+d é"),
            ("timestamp", timestamp), ("token", token), ("signature", signature),
        ] + (mail.map { [("body-mime", $0)] } ?? [("body-plain", "Buongiorno")])
    }

    private func encoded(_ fields: [(String, String)]) -> [UInt8] {
        func escaped(_ text: String) -> String {
            text.utf8.map { byte in
                switch byte {
                case 0x20: "+"
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: String(UnicodeScalar(byte))
                default: "%" + Hexadecimal.text([byte])
                }
            }.joined()
        }
        return Array(fields.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&").utf8)
    }

    private func multipart(_ fields: [(String, String)]) -> [UInt8] {
        var text = "preamble\r\n"
        for (name, value) in fields {
            text += "--b-1\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        return Array((text + "--b-1--\r\nepilogue").utf8)
    }

    private let urlencoded = "application/x-www-form-urlencoded; charset=utf-8"
    private let parts = "multipart/form-data; boundary=\"b-1\""
    private var sent: Int64 { Self.timestamp * 1_000_000 }
    private let mail = mailText(1, "--b is no boundary\r\n--b-\r\n\r\n\r\n")

    @Test func `A mail that Mailgun signed is stored from either kind of form, in any pieces`() async throws {
        for (body, type) in [(encoded(form(mail)), urlencoded), (multipart(form(mail)), parts)] {
            for pieces in [1, 2, 3, 17, 1_000_000] {
                try await TestDatabase.with { database in
                    let ledger = try await database.workspace().ledger()
                    let answer = try await post(
                        EmailConnector.mailgunMime, body, type: type, at: sent, pieces: pieces, to: ledger)
                    #expect(answer.status == .ok)
                    let originals = try await database.texts("SELECT convert_from(original, 'UTF8') FROM message")
                    #expect(
                        originals == [
                            "Return-Path: <bounce+x@example.it>\r\nDelivered-To: nascosta@bottega.example\r\n" + mail
                        ])
                }
            }
        }
    }

    @Test func `A signature holds for as long as Mailgun sends again, for one mail, under one key`() async throws {
        try await TestDatabase.with { database in
            let ledger = try await database.workspace().ledger()
            // A key of this test's own: the tokens are remembered for all sources of a process.
            let key = "another key"
            let token = "token-\(UInt64.random(in: 0 ... .max))"
            func signed(_ seconds: Int64, _ token: String) -> String {
                hmac("\(seconds)\(token)", key: key)
            }
            #expect(hmac("\(Self.timestamp)\(Self.token)", key: Self.key) == Self.signature)
            func code(_ fields: [(String, String)], at arrival: Int64, key: String? = key) async throws -> Int {
                try await status {
                    try await post(
                        EmailConnector.mailgunMime, multipart(fields), type: parts, at: arrival, key: key, to: ledger)
                }
            }
            let good = form(mail, token: token, signature: signed(Self.timestamp, token))
            #expect(try await code(good, at: sent + 29_701_000_000) == 401)
            #expect(try await code(good, at: sent - 301_000_000) == 401)
            #expect(try await code(good, at: sent, key: "wrong") == 401)
            #expect(try await code(good, at: sent, key: nil) == 409)
            #expect(try await code(form(mail, token: token, signature: Self.signature), at: sent) == 401)
            #expect(try await code(form(mail, token: token, signature: ""), at: sent) == 401)
            #expect(try await code(form(mail, timestamp: "9223372036854775807", token: token), at: sent) == 401)
            #expect(try await code([("body-mime", mail)], at: sent) == 401)
            #expect(try await database.stored() == 0)
            #expect(try await code(good, at: sent + 29_699_000_000) == 200)
            // The same again: our answer was lost. Another mail under the same token was not signed by anybody.
            #expect(try await code(good, at: sent - 299_000_000) == 200)
            let forged = form(mailText(2), token: token, signature: signed(Self.timestamp, token))
            #expect(try await code(forged, at: sent) == 401)
            #expect(try await database.stored() == 1)
            // A form without the raw mail is kept, and not sent again.
            let plain = form(nil, token: token + "2", signature: signed(Self.timestamp, token + "2"))
            let answer = try await post(
                EmailConnector.mailgun, multipart(plain), type: parts, at: sent, key: key, to: ledger)
            #expect(answer.status.code == 406 && String(decoding: answer.body, as: UTF8.self).contains("/mailgun/mime"))
            #expect(try await database.texts("SELECT convert_from(raw, 'UTF8') FROM refusal").count == 1)
            #expect(try await code(Array(good.dropLast()), at: sent) == 401)
            let cut = Array(multipart(good).dropLast(40))
            let broken = try await status {
                try await post(EmailConnector.mailgunMime, cut, type: parts, at: sent, key: key, to: ledger)
            }
            #expect(broken == 400)
            let json = try await status {
                try await post(EmailConnector.mailgun, cut, type: "application/json", at: sent, key: key, to: ledger)
            }
            #expect(json == 415)
        }
    }

    /// HMAC-SHA-256 (RFC 2104), written out.
    private func hmac(_ text: String, key: String) -> String {
        let padded = Array(key.utf8) + [UInt8](repeating: 0, count: 64 - key.utf8.count)
        let inner = Contact.Digest.sha256(padded.map { $0 ^ 0x36 } + Array(text.utf8))
        return Hexadecimal.text(Contact.Digest.sha256(padded.map { $0 ^ 0x5C } + inner))
    }

    private func postmark(_ mail: String?) throws -> [UInt8] {
        var object: [String: Any] = [
            "FromName": "Anna", "From": "anna@example.it", "FromFull": ["Email": "anna@example.it", "RawEmail": "no"],
            "MessageID": "22c74902-a0c1-4511-804f-341342852c90", "OriginalRecipient": "nascosta@bottega.example",
            "TextBody": "RawEmail \"quoted\" \\ {[", "Headers": [["Name": "RawEmail", "Value": "a"]], "Tag": "",
            "Attachments": [["Content": String(repeating: "QUJD", count: 1_000)]],
        ]
        if let mail { object["RawEmail"] = mail }
        return Array(try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted]))
    }

    @Test func `Postmark's raw mail is stored, and without it a person is told what to tick`() async throws {
        try await TestDatabase.with { database in
            let ledger = try await database.workspace().ledger()
            let mail = mailText(1, "è 😀 \"\\/\t\u{1}\r\n")
            for pieces in [1, 5, 1_000_000] {
                let answer = try await post(
                    EmailConnector.postmark, postmark(mail), type: "application/json", pieces: pieces, to: ledger)
                #expect(answer.status == .ok)
            }
            let originals = try await database.texts("SELECT convert_from(original, 'UTF8') FROM message")
            #expect(originals == ["Delivered-To: nascosta@bottega.example\r\n" + mail])
            // Escaped halves of a pair, and half a pair alone.
            let escaped = #"{"RawEmail":"From: b@example.it\nMessage-ID: <e@x>\nSubject: x\n\n\ud83d\ude00 \ud83d."}"#
            let halves = try await post(
                EmailConnector.postmark, Array(escaped.utf8), type: "application/json", pieces: 1, to: ledger)
            #expect(halves.status == .ok)
            #expect(
                try await database.texts("SELECT body FROM message WHERE body LIKE '%😀%' ORDER BY 1").contains {
                    $0.contains("😀 \u{FFFD}.")
                })
            let without = try await post(EmailConnector.postmark, postmark(nil), type: "application/json", to: ledger)
            #expect(without.status.code == 403)
            #expect(String(decoding: without.body, as: UTF8.self).contains("Include raw email content in JSON payload"))
            for text in ["{\"RawEmail\":\"a", "[]", "", "{}}", "\"a\""] {
                let broken = try await status {
                    try await post(EmailConnector.postmark, Array(text.utf8), type: "application/json", to: ledger)
                }
                #expect(broken == 403, "\(text)")
            }
            #expect(try await database.count("SELECT count(*) FROM refusal") == 6)
            #expect(try await database.stored() == 2)
            let type = try await status {
                try await post(EmailConnector.postmark, [], type: "text/plain", to: ledger)
            }
            #expect(type == 415)
        }
    }

    @Test func `A request of twice the limit gives up its mail, and a mail beyond it is kept in part`() async throws {
        try await TestDatabase.with { database in
            let ledger = try await database.workspace().ledger()
            // A hundredth of the hub's own limit: byte by byte under a sanitizer takes its time.
            let most = RawInput.mostWhole / 100
            func body(_ lines: Int, _ attached: Int) -> [UInt8] {
                let filling = String(repeating: "a", count: 99) + "\\n"
                let mail = #"From: a@example.it\nMessage-ID: <g\#(lines)@x>\nSubject: x\n\n"#
                let attachment = String(repeating: "Q", count: attached)
                let head = #"{"Attachments":[{"Content":""# + attachment + #""}],"RawEmail":""#
                return Array((head + mail + String(repeating: filling, count: lines) + #""}"#).utf8)
            }
            let taken = try await post(
                EmailConnector.postmark, body(400, most + 1_000), type: "application/json", pieces: 10_000,
                most: most, to: ledger)
            #expect(taken.status == .ok)
            #expect(try await database.stored() == 1)
            let large = try await post(
                EmailConnector.postmark, body(most / 100 + 1, 1_000), type: "application/json", pieces: 10_000,
                most: most, to: ledger)
            #expect(large.status.code == 403)
            #expect(try await database.texts("SELECT octet_length(raw)::text FROM refusal") == ["65536"])
        }
    }

    @Test func `The envelope stands above a mail, and makes no mail of what is none`() {
        let envelope = Envelope(sender: "a@x", recipients: ["b@y", "c\r\nX: d@y"])
        func above(_ text: String) -> String {
            String(decoding: envelope.above(RawInput(Array(text.utf8))).bytes, as: UTF8.self)
        }
        #expect(above("From: a\n\nb") == "Return-Path: <a@x>\nDelivered-To: b@y\nFrom: a\n\nb")
        #expect(above("From a@x Sat\r\nTo: a\r\n\r\nb") == "Return-Path: <a@x>\r\nDelivered-To: b@y\r\nTo: a\r\n\r\nb")
        #expect(above("niente\nFrom: a\n") == "niente\nFrom: a\n" && above("") == "" && above(": a\n") == ": a\n")
        let cut = RawInput([65], cut: (1, []))
        #expect(envelope.above(cut).bytes == [65])
    }

    @Test func `The test of a source names the addresses`() async throws {
        for (key, text) in [(nil, "set mailgun_key"), ("k", "http://key:KEY@hub:7600/v1/sources/email/mailgun/mime")] {
            let connector = try EmailConnector(
                SourceSettings(
                    source: "email", values: ["own": "bottega.example"],
                    secrets: key.map { ["mailgun_key": Secret($0)] } ?? [:], normaliser: Normaliser()))
            let findings = await connector.findings(address: "http://hub:7600")
            #expect(findings.contains { $0.weight == .needed && $0.text.contains(text) })
            #expect(findings.contains { $0.text.contains("http://key:KEY@hub:7600/v1/sources/email/postmark") })
        }
    }
}
