import Contact
import ContactTesting
import Foundation
import Testing

@testable import EmailConnector

/// What can be wrong with a mailbox, each on a real server, in one line that says what to do.
@Suite struct FindingTests {
    private func connector(
        _ imap: String, _ values: [String: String] = [:], password: String = DovecotServer.password
    ) throws -> EmailConnector {
        let all = ["own": "bottega.example", "imap": imap, "user": "maria"].merging(values) { $1 }
        return try EmailConnector(
            SourceSettings(
                source: "email", values: all, secrets: ["password": Secret(password)], normaliser: Normaliser()))
    }

    /// The one line that says what is wrong; the same is said where the source is followed.
    private func wrong(
        _ imap: String, _ values: [String: String] = [:], password: String = DovecotServer.password
    ) async throws -> String {
        let connector = try connector(imap, values, password: password)
        let wrong = await connector.findings(address: "").filter { $0.weight == .wrong }.map(\.text)
        #expect(wrong.count == 1 && !wrong.joined().contains("\n"), "\(wrong)")
        let feed = EmptyFeed()
        let followed = await #expect(throws: FollowFailure.self) { try await connector.follow(feed) }
        #expect(followed?.text == wrong.first)
        return wrong.first ?? ""
    }

    private func said(_ words: String, _ line: String) { #expect(line.contains(words)) }

    /// A feed that stores nothing, because nothing comes.
    private struct EmptyFeed: SourceFeed {
        var cursor: String { "" }
        let clock: any Clock<Duration> = ContinuousClock()
        func now() -> Int64 { Int64(Date().timeIntervalSince1970) * 1_000_000 }
        func accept(
            _ items: [IntakeItem], moving move: @escaping @Sendable (String) throws -> String
        ) async throws -> Receipt { throw IntakeError.cancelled }
        func seen(waiting: Int, progress: String?) {}
    }

    private func withAuthority(
        _ body: (CertificateAuthority, String) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let authority = try await CertificateAuthority.make(in: folder.path, named: "mail")
            try await body(authority, try String(contentsOfFile: authority.certificate, encoding: .utf8))
        }
    }

    @Test func `A name that does not resolve and a port that is closed are told apart`() async throws {
        let name = try await wrong("nosuch.invalid")
        #expect(name.contains("nosuch.invalid is not the name of a machine") && name.contains("DNS"))
        let server = try await DovecotServer.start()
        await server.end()
        let port = try await wrong("127.0.0.1:\(server.ports.imap)", ["tls": "none"])
        #expect(port.contains("refuses connections on port \(server.ports.imap)"))
    }

    @Test func `A wrong password, a missing folder and one that may not be read are named`() async throws {
        var options = DovecotServer.Options()
        options.lines = """
            mail_plugins = acl
            protocol imap {
              mail_plugins = acl imap_acl
            }
            plugin {
              acl = vfile
            }
            """
        try await DovecotServer.with(options) { server in
            let imap = "127.0.0.1:\(server.ports.imap)"
            let refused = try await wrong(imap, password: "not \"this\\ one")
            #expect(refused.contains("does not take the password of maria") && refused.contains("check user"))
            #expect(!refused.contains("this\\"))
            let missing = try await wrong(imap, ["folders": "INBOX,Vendite"])
            #expect(missing.contains("no folder Vendite") && missing.contains("INBOX, Junk, Sent"))
            try await server.run(["mailbox", "create", "-u", "maria", "Chiuso"])
            let file = "\(server.folder)/mail/maria/.Chiuso/dovecot-acl"
            try Data("owner l\n".utf8).write(to: URL(fileURLWithPath: file))
            let closed = try await wrong(imap, ["folders": "Chiuso"])
            #expect(closed.contains("no permission to read Chiuso"), "\(closed)")
            let fine = await (try connector(imap)).findings(address: "")
            #expect(!fine.contains { $0.weight == .wrong })
            #expect(fine.contains { $0.text == "Sent holds 0 mails" })
        }
    }

    @Test func `Why a certificate is not believed is said`() async throws {
        try await withAuthority { authority, pem in
            var options = DovecotServer.Options()
            options.tls = try await authority.issue(for: "localhost")
            try await DovecotServer.with(options) { server in
                let imaps = "imaps://localhost:\(server.ports.imaps)"
                let starttls = "localhost:\(server.ports.imap)"
                for imap in [imaps, starttls] {
                    let fine = await (try connector(imap, ["ca": pem])).findings(address: "")
                    #expect(fine.contains { $0.weight == .good && $0.text.contains("lets maria in") }, "\(fine)")
                    #expect(!fine.contains { $0.weight == .wrong })
                    said("signed by nobody this machine trusts: set ca", try await wrong(imap))
                }
                let number = "imaps://127.0.0.1:\(server.ports.imaps)"
                said("for another name: set imap", try await wrong(number, ["ca": pem]))
                said("does not speak TLS", try await wrong(starttls, ["tls": "implicit", "ca": pem]))
            }
            options.tls = try await authority.issue(for: "localhost", days: -1)
            try await DovecotServer.with(options) { server in
                for imap in ["imaps://localhost:\(server.ports.imaps)", "localhost:\(server.ports.imap)"] {
                    said("expired on", try await wrong(imap, ["ca": pem]))
                }
            }
        }
    }

    @Test func `A server without TLS gets no password unless somebody says so`() async throws {
        try await DovecotServer.with { server in
            let imap = "127.0.0.1:\(server.ports.imap)"
            said("offers no STARTTLS", try await wrong(imap, ["tls": "starttls"]))
            let plain = await (try connector(imap, ["tls": "none"])).findings(address: "")
            #expect(!plain.contains { $0.weight == .wrong })
        }
    }

    @Test func `Settings that cannot be are all named at once`() throws {
        let error = #expect(throws: SettingsError.self) {
            _ = try connector(
                "pop://mail.example", ["user": "", "tls": "maybe", "ca": "none", "since": "yesterday"],
                password: "a\r\nb")
        }
        #expect(error?.problems.count == 5, "\(error?.problems ?? [])")
        for (text, tls, expected) in [
            ("mail.example", nil, "mail.example:993 implicit"), ("mail.example:143", nil, "mail.example:143 startTLS"),
            ("imaps://Mail.example/", nil, "mail.example:993 implicit"),
            ("[::1]:10143", nil, "::1:10143 startTLSIfOffered"),
            ("imap://mail.example", "none", "mail.example:143 none"),
            ("mail.example", "starttls", "mail.example:143 startTLS"),
            ("::1", nil, "::1:993 implicit"),
            ("127.0.0.1.evil.example:143", nil, "127.0.0.1.evil.example:143 startTLS"),
        ] as [(String, String?, String)] {
            let address = try IMAPAddress(text, tls: tls)
            #expect("\(address.text) \(address.security)" == expected)
        }
    }
}
