import Contact
import ContactTesting
import Foundation
import Postgres
import Storage
import Testing

@testable import EmailConnector

@Suite struct LMTPTests {
    private func way(_ values: [String: String] = [:]) throws -> LMTPWay {
        var all = ["own": "bottega.example", "lmtp": "127.0.0.1:0"]
        all.merge(values) { $1 }
        let settings = SourceSettings(source: "email", values: all, normaliser: Normaliser())
        return try LMTPWay(settings, mail: EmailSettings(settings))
    }

    private func listening(
        _ feed: LedgerFeed, _ values: [String: String] = [:], door: LMTPDoor = LMTPDoor(),
        _ body: (Int) async throws -> Void
    ) async throws {
        let way = try way(values)
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let follow: @Sendable () async throws -> Void = { try await way.follow(feed, door: door) { found.yield($0) } }
        try await following(follow) {
            for await port in ports {
                try await body(port)
                return
            }
        }
    }

    private func greeted(_ port: Int) async throws -> TextWire {
        let wire = try TextWire(port: port)
        #expect(await wire.reply() == "220 contatto Contatto LMTP")
        let hello = await wire.ask("LHLO mx.bottega.example")
        for word in ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE"] {
            #expect(hello.contains("250-\(word)") || hello.contains("250 \(word)"), "\(hello)")
        }
        return wire
    }

    @Test func `A mail is answered for once for each recipient, and is durable by then`() async throws {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            try await listening(feed) { port in
                let wire = try await greeted(port)
                // All at once, as PIPELINING allows.
                await wire.send(
                    "MAIL FROM:<anna1@example.it> SIZE=300 BODY=8BITMIME\r\nRCPT TO:<info@bottega.example>\r\n"
                        + "RCPT TO:<\"a b\"@bottega.example>\r\nDATA\r\n")
                for code in ["250 2.1.0", "250 2.1.5", "250 2.1.5", "354"] {
                    #expect(await wire.reply().hasPrefix(code))
                }
                await wire.send(mailText(1, "..punto\r\n") + ".\r\n")
                #expect(await wire.reply() == "250 2.0.0 <info@bottega.example> stored")
                #expect(try await database.stored() == 1)
                #expect(await wire.reply() == "250 2.0.0 <\"a b\"@bottega.example> stored")
                let original = try await database.texts("SELECT convert_from(original, 'UTF8') FROM message")
                #expect(
                    original == [
                        "Return-Path: <anna1@example.it>\r\nDelivered-To: info@bottega.example\r\n"
                            + "Delivered-To: \"a b\"@bottega.example\r\n" + mailText(1, ".punto\r\n")
                    ])
                // The server died before it read the answer, and sends it again; elsewhere it was a POST.
                let again = await deliver(mailText(1, "..punto\r\n"), wire)
                #expect(again == ["250 2.0.0 <info@bottega.example> stored"])
                let items = try items(Array(mailText(1, ".punto\r\n").utf8))
                _ = try await feed.accept(items) { $0 }
                #expect(try await database.stored() == 1)
                // What is no mail is kept, and delivered.
                #expect(await deliver("niente\r\n", wire)[0].hasPrefix("250 2.0.0"))
                #expect(try await database.texts("SELECT convert_from(raw, 'UTF8') FROM refusal") == ["niente\r\n"])
                #expect(await wire.ask("QUIT").hasPrefix("221"))
                #expect(await wire.line() == nil)
            }
        }
    }

    /// One transaction of one recipient; the answers to its data.
    private func deliver(_ data: String, _ wire: TextWire) async -> [String] {
        await deliver(Array(data.utf8), wire)
    }

    private func deliver(_ data: [UInt8], _ wire: TextWire) async -> [String] {
        await wire.send("MAIL FROM:<>\r\nRCPT TO:<info@bottega.example>\r\nDATA\r\n")
        for _ in 0..<3 { _ = await wire.reply() }
        await wire.send(data + Array(".\r\n".utf8))
        return [await wire.reply()]
    }

    @Test func `While nothing can be stored the mail server is told to come again`() async throws {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            feed.change { $0.isAway = true }
            try await listening(feed) { port in
                let wire = try await greeted(port)
                #expect(await deliver(mailText(1), wire)[0].hasPrefix("451 4.3.0"))
                feed.change { $0.isAway = false }
                #expect(await deliver(mailText(1), wire)[0].hasPrefix("250 "))
                #expect(try await database.stored() == 1)
            }
        }
    }

    @Test func `Too long a mail is refused after its beginning is kept`() async throws {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            // A hundredth of the hub's own limits: byte by byte under a sanitizer takes its time.
            let most = 250_000
            try await listening(feed, door: LMTPDoor(mostHeld: 320_000, mostWhole: most)) { port in
                let wire = try await greeted(port)
                let line = Array((String(repeating: "a", count: 98) + "\r\n").utf8)
                let body = Array(mailText(1).utf8) + Array(repeatElement(line, count: 2_700).joined())
                #expect(await deliver(body, wire)[0].hasPrefix("552 5.3.4"))
                let kept = try await database.texts("SELECT octet_length(raw) || ' ' || length FROM refusal")
                #expect(kept == ["65536 \(body.count)"])
                // Nothing is held on: a mail of nearly the whole budget fits twice over.
                for _ in 0..<2 {
                    let answer = await deliver(Array(body.prefix(most - 2_000)) + Array("\r\n".utf8), wire)
                    #expect(answer[0].hasPrefix("250 "), "\(answer)")
                }
            }
        }
    }

    @Test func `Mails that are more than the hub may hold are put off`() async throws {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            feed.change { $0.isHeld = true }
            try await listening(feed, door: LMTPDoor(mostHeld: 320_000)) { port in
                let line = Array((String(repeating: "a", count: 98) + "\r\n").utf8)
                let body = Array(mailText(1).utf8) + Array(repeatElement(line, count: 2_000).joined())
                let first = try await greeted(port)
                async let held = deliver(body, first)
                // Two that are on their way at once would both find no room.
                try await eventually("the first is with the hub") { feed.seen.held == 1 }
                let second = try await greeted(port)
                #expect(await deliver(body, second)[0].hasPrefix("452 4.3.1"))
                feed.change { $0.isHeld = false }
                #expect(await held[0].hasPrefix("250 "))
                #expect(await deliver(body, second)[0].hasPrefix("250 "))
            }
        }
    }

    @Test func `It stops within a second, and says so to who is sending`() async throws {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            let port = Monitor(0)
            let way = try way()
            var wires: [TextWire] = []
            try await following({ try await way.follow(feed) { found in port.withLock { $0 = found } } }) {
                try await eventually("it listens") { port.withLock { $0 } != 0 }
                for _ in 0..<3 { wires.append(try await greeted(port.withLock { $0 })) }
                await wires[0].send("MAIL FROM:<>\r\nRCPT TO:<info@bottega.example>\r\nDATA\r\n")
                for _ in 0..<3 { _ = await wires[0].reply() }
                await wires[0].send("From: a@example.it\r\n")
            }
            for wire in wires {
                #expect(await wire.reply().hasPrefix("421 4.3.2"))
                #expect(await wire.line() == nil)
            }
            #expect(throws: TextWire.Failure.self) { _ = try TextWire(port: port.withLock { $0 }) }
            #expect(try await database.stored() == 0)
        }
    }

    @Test func `Commands in the wrong place, or that are none, are answered for`() async throws {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            try await listening(feed, ["lmtp_recipients": "own"]) { port in
                let wire = try TextWire(port: port)
                _ = await wire.reply()
                let cases: [(String, String)] = [
                    ("MAIL FROM:<a@example.it>", "503"), ("EHLO x", "500 5.5.1"), ("LHLO", "501"),
                    ("LHLO x", "250"), ("DATA", "503"), ("RCPT TO:<info@bottega.example>", "503"),
                    ("MAIL FROM:a@example.it", "501"), ("MAIL FROM:<a@example.it> AUTH=<>", "555"),
                    ("MAIL FROM:<a@example.it> =", "555"),
                    ("mail from: <@relay.example:a@example.it> smtputf8", "250 2.1.0 from <a@example.it>"),
                    ("MAIL FROM:<>", "503"), ("RCPT TO:<>", "501"), ("RCPT TO:<altri@example.it>", "550 5.1.1"),
                    ("DATA", "503"), ("RCPT TO:<ufficio+x@bottega.example>", "250"), ("NOOP", "250"), ("VRFY a", "252"),
                    ("RSET", "250"), ("DATA", "503"),
                    (String(repeating: "x", count: 9_000), "500 5.5.2"),
                    ("a\u{7}b", "500"), ("XYZZY", "500"),
                ]
                for (line, code) in cases {
                    let reply = await wire.ask(line)
                    #expect(reply.hasPrefix(code), "\(line.prefix(60)): \(reply)")
                }
                for _ in 0..<10 { await wire.send("?\r\n") }
                var last = ""
                while let line = await wire.line() { last = line }
                #expect(last.hasPrefix("421 4.7.0"))
                let browser = try TextWire(port: port)
                _ = await browser.reply()
                await browser.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nLHLO x\r\nMAIL FROM:<>\r\n")
                #expect(await browser.reply().hasPrefix("421"))
                #expect(await browser.line() == nil)
            }
        }
    }

    @Test func `Only a dot alone between CR LF ends a mail, however it is cut`() {
        func read(_ text: String, by size: Int) -> (String, String?) {
            var data = MailData()
            var content: [UInt8] = []
            let bytes = Array(text.utf8)
            var start = 0
            while start < bytes.count {
                let piece = Array(bytes[start..<min(bytes.count, start + size)])
                var place = 0
                if data.take(piece, from: &place, { content += $0 }) {
                    return (
                        String(decoding: content, as: UTF8.self),
                        String(decoding: bytes[(start + place)...], as: UTF8.self)
                    )
                }
                start += size
            }
            return (String(decoding: content, as: UTF8.self), nil)
        }
        let cases: [(String, String, String?)] = [
            (".\r\nQUIT", "", "QUIT"), ("a\r\n.\r\nb", "a\r\n", "b"), ("a\r\n..\r\n.\r\n", "a\r\n.\r\n", ""),
            ("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", ""),
            ("a\n.\r\nMAIL FROM:<x>\r\n.\r\n", "a\n.\r\nMAIL FROM:<x>\r\n", ""),
            ("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", ""), ("a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", ""),
            ("a\r\n.\r.\r\n.\r\n", "a\r\n\r.\r\n", ""), ("a\r\r\n.\r\n", "a\r\r\n", ""), ("a\r\n.", "a\r\n", nil),
            ("\r\n.\r\n", "\r\n", ""), ("a\r\n.b\r\n.\r\n", "a\r\nb\r\n", ""),
        ]
        for (text, content, rest) in cases {
            for size in [1, 2, 3, 1_000] {
                let (found, left) = read(text, by: size)
                #expect(found == content, "\(text.debugDescription) by \(size)")
                #expect(left == rest, "\(text.debugDescription) by \(size)")
            }
        }
    }

    @Test func `Where it listens is checked, and a port that is taken is said`() async throws {
        for text in ["", "2424", "example.it:24", "127.0.0.1:70000", "unix:lmtp", "0.0.0.0:2424", "[::]:2424"] {
            #expect(throws: SettingsError.self, "\(text)") { _ = try way(["lmtp": text]) }
        }
        #expect(throws: SettingsError.self) { _ = try way(["lmtp_open": "true"]) }
        for text in ["localhost:2424", "[::1]:2424", "unix:/run/contatto/lmtp"] { _ = try way(["lmtp": text]) }
        _ = try way(["lmtp": "0.0.0.0:2424", "lmtp_open": "yes"])
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger())
            try await listening(feed) { port in
                let same = try way(["lmtp": "127.0.0.1:\(port)"])
                let failure = await #expect(throws: FollowFailure.self) { try await same.follow(feed) }
                #expect(failure?.text.contains("in use") == true)
                let findings = await same.findings()
                #expect(findings.first?.weight == .good && findings.first?.text.contains("listens") == true)
                #expect(findings.contains { $0.text.contains("lmtp:inet:127.0.0.1:\(port)") })
            }
            try await withFolder { folder in
                let path = folder.appending(path: "lmtp").path
                let way = try way(["lmtp": "unix:\(path)"])
                #expect(await way.findings().first?.weight == .good)
                for _ in 0..<2 {
                    try await following({ try await way.follow(feed) }) {
                        try await eventually("it listens") { FileManager.default.fileExists(atPath: path) }
                    }
                    #expect(!FileManager.default.fileExists(atPath: path))
                }
                let nowhere = try self.way(["lmtp": "unix:\(folder.path)/none/lmtp"])
                #expect(await nowhere.findings().first?.weight == .wrong)
            }
        }
    }

    @Test(.enabled(if: Corpora.exist)) func `The corpora come through, none lost, each refusal with its reason`()
        async throws
    {
        try await TestDatabase.with { database in
            let feed = LedgerFeed(try await database.workspace().ledger { $0.answersProfiles = false })
            let reader = MailReader(try mailSettings(["own": "bottega.example", "authserv": "", "trust": ""]))
            var expected: Set<String> = []
            var refused: Set<String> = []
            try await listening(feed) { port in
                let wire = try await greeted(port)
                for file in Corpora.files() {
                    guard let data = try? Data(contentsOf: file) else { continue }
                    let bytes = Array(data)
                    var stuffed: [UInt8] = bytes.first == 0x2E ? [0x2E] : []
                    for (place, byte) in bytes.enumerated() {
                        if byte == 0x2E, place >= 2, bytes[place - 1] == 0x0A, bytes[place - 2] == 0x0D {
                            stuffed.append(0x2E)
                        }
                        stuffed.append(byte)
                    }
                    var mail = bytes
                    if !bytes.suffix(2).elementsEqual([0x0D, 0x0A]) {
                        mail += [0x0D, 0x0A]
                        stuffed += [0x0D, 0x0A]
                    }
                    let answer = await deliver(stuffed, wire)[0]
                    #expect(answer.hasPrefix("250 "), "\(file.lastPathComponent): \(answer)")
                    let raw = Envelope(sender: "", recipients: ["info@bottega.example"]).above(RawInput(mail))
                    for item in reader.items(raw, arrival: Arrival(time: TestDatabase.now)) {
                        switch item.outcome {
                        case .success(let one): expected.insert("\(one.id) \(one.customer)")
                        case .failure(let refusal):
                            let hash = Hexadecimal.text(Contact.Digest.sha256(raw.bytes))
                            refused.insert("\(refusal.reason.rawValue) \(hash)")
                        }
                    }
                }
            }
            let found = try await database.texts(
                "SELECT (body->>'id') || ' ' || coalesce(body->>'customer', '') FROM interaction")
            let kept = try await database.texts("SELECT reason || ' ' || encode(sha256(raw), 'hex') FROM refusal")
            print("corpora by LMTP: \(found.count) interactions, \(kept.count) refusals")
            #expect(found.count == Set(found).count && expected.subtracting(found).count <= kept.count)
            #expect(expected.isSuperset(of: found) && found.count > 600)
            #expect(refused.isSubset(of: Set(kept)))
            #expect(Set(kept).subtracting(refused).count == expected.subtracting(found).count)
        }
    }
}
