import Contact
import ContactTesting
import Foundation
import Postgres
import Testing

@testable import EmailConnector

/// What Dovecot cannot be made to do.
@Suite struct HostileServerTests {
    private func findings(_ server: ScriptedServer, _ values: [String: String] = [:], token: String? = nil) async throws
        -> [String]
    {
        let all = ["own": "bottega.example", "imap": "127.0.0.1:\(server.port)", "user": "maria"].merging(values) { $1 }
        let connector = try EmailConnector(
            SourceSettings(
                source: "email", values: all,
                secrets: token.map { ["token": Secret($0)] } ?? ["password": Secret("geheim")], normaliser: Normaliser()
            ))
        return await connector.findings(address: "").map { "\($0.weight): \($0.text)" }
    }

    private static let hello = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2] hello\r\n"

    /// Answers each command by its name; what comes without one is answered by `more`.
    private func server(
        greeting: String = hello, seen: Monitor<[String]> = Monitor([]), _ answers: [String: String],
        more: String? = nil
    ) throws -> ScriptedServer {
        try ScriptedServer(greeting: greeting) { line in
            seen.withLock { $0.append(line) }
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count > 1, let answer = answers[words[1].uppercased()] else {
                return (more ?? "\(words.first ?? "*") OK done\r\n").utf8.map { $0 }
            }
            return Array(answer.replacing("TAG", with: words[0]).utf8)
        }
    }

    @Test func `What was said before TLS is not believed, and nothing secret goes before it`() async throws {
        let seen = Monitor<[String]>([])
        // After STARTTLS it goes on in the clear, as somebody on the way would.
        let server = try server(
            greeting: "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hello\r\n", seen: seen,
            ["STARTTLS": "TAG OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na2 OK injected\r\na3 OK injected\r\n"])
        let found = try await findings(server, ["tls": "starttls"])
        #expect(found.contains { $0.hasPrefix("wrong: ") && !$0.contains("injected") }, "\(found)")
        let lines = seen.withLock { $0 }
        #expect(!lines.contains { $0.contains("LOGIN") || $0.contains("AUTHENTICATE") || $0.contains("geheim") })
    }

    @Test func `Injected words are thrown away, and TLS goes on behind them`() async throws {
        try await withFolder { folder in
            let authority = try await CertificateAuthority.make(in: folder.path, named: "mail")
            var options = DovecotServer.Options()
            options.tls = try await authority.issue(for: "localhost")
            let pem = try String(contentsOfFile: authority.certificate, encoding: .utf8)
            try await DovecotServer.with(options) { dovecot in
                // The word that begins TLS, and with it what somebody on the way adds in the same packet.
                let relay = try InjectingRelay(
                    to: dovecot.ports.imap, after: "Begin TLS",
                    Array("* BYE injected\r\na3 NO [AUTHENTICATIONFAILED] injected\r\n".utf8))
                let connector = try EmailConnector(
                    SourceSettings(
                        source: "email",
                        values: [
                            "own": "bottega.example", "imap": "localhost:\(relay.port)", "user": "maria", "ca": pem,
                            "tls": "starttls",
                        ],
                        secrets: ["password": Secret(DovecotServer.password)], normaliser: Normaliser()))
                let found = await connector.findings(address: "")
                #expect(relay.hasInjected)
                #expect(found.contains { $0.weight == .good && $0.text.contains("lets maria in") }, "\(found)")
            }
        }
    }

    @Test func `PREAUTH before TLS is refused`() async throws {
        let server = try server(greeting: "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] come in\r\n", [:])
        let found = try await findings(server, ["tls": "starttls"])
        #expect(found.contains { $0.hasPrefix("wrong: ") && $0.contains("PREAUTH") }, "\(found)")
        let without = try self.server(greeting: "* PREAUTH [CAPABILITY IMAP4rev1] come in\r\n", [:])
        let refused = try await findings(without, ["tls": "starttls"])
        #expect(refused.contains { $0.contains("offers no STARTTLS") }, "\(refused)")
    }

    @Test func `What ends or is no IMAP ends in words`() async throws {
        let endless = String(repeating: "x", count: 2 << 20)
        let jumps = String(repeating: "* 2147483648 EXISTS\r\n* 0 EXISTS\r\n", count: 3)
        for (answers, more, words) in [
            (["AUTHENTICATE": "* BYE [UNAVAILABLE] going down\r\n"], nil, "ended the session: going down"),
            (["AUTHENTICATE": "* \(endless)"], nil, "what is not IMAP: a line of more than 1 MB"),
            (["AUTHENTICATE": "* 1 FETCH (BODY[] {99999999999}\r\n"], nil, "what is not IMAP: a literal"),
            (["AUTHENTICATE": "TAG NO [AUTHENTICATIONFAILED] no\r\n"], nil, "does not take the password"),
            (["AUTHENTICATE": "TAG NO [ALERT] Too many simultaneous connections\r\n"], nil, "lets maria in later"),
            (["AUTHENTICATE": "TAG BAD what is geheim?\r\n"], nil, "does not understand AUTHENTICATE: what is ...?"),
            (
                ["LIST": "* LIST (\\A) NIL INBOX\r\nTAG OK\r\n", "EXAMINE": "TAG NO [NOPERM] no\r\n"], nil,
                "no permission"
            ),
            (["EXAMINE": "* 3 EXISTS\r\nTAG OK done\r\n"], nil, "UIDVALIDITY"),
            (["AUTHENTICATE": "* 4294967295 EXISTS\r\nTAG OK in\r\n"], nil, "holds 4294967295 mails"),
            (["AUTHENTICATE": "\(jumps)TAG NO [AUTHENTICATIONFAILED] no\r\n"], nil, "does not take the password"),
        ] as [([String: String], String?, String)] {
            let found = try await findings(try server(answers, more: more))
            #expect(found.contains { $0.hasPrefix("wrong: ") && $0.contains(words) }, "\(words): \(found)")
            #expect(!found.joined().contains("geheim"))
        }
        let other = try ScriptedServer(greeting: "220 mail.example ESMTP\r\n") { _ in nil }
        let smtp = try await findings(other)
        #expect(smtp.contains { $0.contains("not a mail server that speaks IMAP") })
        let disabled = try server(greeting: "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello\r\n", [:])
        let unprotected = try await findings(disabled)
        #expect(unprotected.contains { $0.contains("takes no password on a connection without TLS") })
        let gone = try ScriptedServer(greeting: Self.hello) { _ in nil }
        let closed = try await findings(gone)
        #expect(closed.contains { $0.contains("closed the connection") })
    }

    /// Follows a mailbox of so many mails, old ones or new ones, and returns what became of them.
    private func outcome(
        of mails: Int, areNew: Bool, _ deed: @escaping @Sendable (ScriptedMailbox.Wish, Int) -> ScriptedMailbox.Deed
    ) async throws -> (stored: Int, refused: Int, breaks: Int) {
        let mailbox = try ScriptedMailbox(areNew ? 0 : mails, deed)
        let found = Monitor((stored: 0, refused: 0, breaks: 0))
        try await FollowedMailbox.withFeed { database, feed in
            if areNew {
                _ = try await mailbox.follow(feed)
                mailbox.deliver(mails)
            }
            let breaks = try await mailbox.follow(feed)
            let place = try MailboxCursor(await feed.cursor).folders["INBOX"]
            #expect(place?.low == 1)
            #expect(place?.next == UInt32(mails) + 1)
            #expect(place?.broken.isEmpty == true)
            let stored = try await FollowedMailbox.count("interaction", in: database)
            let refused = try await FollowedMailbox.count("refusal", in: database)
            found.withLock { $0 = (stored, refused, breaks) }
        }
        return found.withLock { $0 }
    }

    /// Few new mails are asked for at once, many and old ones after their sizes.
    private static let ways = [(5, false), (5, true), (40, true)]

    @Test(arguments: ways)
    func `A mail at which the server breaks off is refused, and those around it are stored`(
        _ mails: Int, _ areNew: Bool
    ) async throws {
        let found = try await outcome(of: mails, areNew: areNew) { $0 == .body && $1 == 3 ? .breakOff : .give }
        #expect(found.stored == mails - 1)
        #expect(found.refused == 1)
        #expect(found.breaks == 3)
    }

    @Test(arguments: ways)
    func `A mail whose size or UID the server cannot tell without breaking off stops no folder`(
        _ mails: Int, _ areNew: Bool
    ) async throws {
        let unmeasured = try await outcome(of: mails, areNew: areNew) { $0 == .size && $1 == 3 ? .breakOff : .give }
        #expect(unmeasured.stored == mails)
        #expect(unmeasured.refused == 0)
        let untold = try await outcome(of: mails, areNew: areNew) { $0 != .body && $1 == 3 ? .breakOff : .give }
        #expect(untold.stored == mails)
        #expect(untold.refused == 0)
        let poisonous = try await outcome(of: mails, areNew: areNew) { _, number in number == 3 ? .breakOff : .give }
        #expect(poisonous.stored == mails - 1)
        #expect(poisonous.refused == 1)
    }

    @Test(arguments: ways)
    func `A mail that an answer leaves out is asked for again, and refused when it is listed and never given`(
        _ mails: Int, _ areNew: Bool
    ) async throws {
        // Once each: while it is just being moved.
        for wish in [ScriptedMailbox.Wish.size, .body] {
            let isFirst = Monitor(true)
            let once = try await outcome(of: mails, areNew: areNew) { asked, number in
                guard asked == wish, number == 3 else { return .give }
                return isFirst.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst ? .leaveOut : .give
                }
            }
            #expect(once.stored == mails)
            #expect(once.refused == 0)
        }
        let never = try await outcome(of: mails, areNew: areNew) { $0 == .body && $1 == 3 ? .leaveOut : .give }
        #expect(never.stored == mails - 1)
        #expect(never.refused == 1)
    }

    @Test func `A token is shown by XOAUTH2, and its refusal is read to the end`() async throws {
        let seen = Monitor<[String]>([])
        let server = try server(
            seen: seen, ["AUTHENTICATE": "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"],
            more: "a1 NO [AUTHENTICATIONFAILED] expired\r\n")
        let found = try await findings(server, token: "ya29")
        #expect(
            found.contains { $0.contains("does not take the token of maria") && $0.contains("set token") }, "\(found)")
        let lines = seen.withLock { $0 }
        #expect(lines == ["a1 AUTHENTICATE XOAUTH2 dXNlcj1tYXJpYQFhdXRoPUJlYXJlciB5YTI5AQE=", ""])
    }

    @Test func `Words of people that must be read reach whoever tries the source`() async throws {
        let server = try server([
            "AUTHENTICATE": "* OK [ALERT] Your mailbox\tis nearly full\r\nTAG OK in\r\n",
            "EXAMINE": "* OK [UIDVALIDITY 3] x\r\n* OK [UIDNEXT 1] x\r\nTAG OK\r\n",
        ])
        let found = try await findings(server)
        #expect(found.contains("doubtful: the server says: Your mailbox is nearly full"), "\(found)")
    }
}
