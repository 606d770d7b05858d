import ContactTesting
import Foundation
import Testing

/// The README's commands are run as they stand there; deploy/test runs the quickstart and its question.
@Suite struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The lines of the README's blocks of shell before the map, without their comments.
    private func commands() throws -> [String] {
        let text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let first = try #require(text.range(of: "## The map"))
        var lines: [String] = []
        var isShell = false
        for line in text[..<first.lowerBound].split(separator: "\n") {
            if line.hasPrefix("```") {
                isShell = line == "```sh"
            } else if isShell {
                let command = line.split(separator: "#").first.map(String.init) ?? ""
                lines.append(command.trimmingCharacters(in: .whitespaces))
            }
        }
        return lines.filter { !$0.isEmpty }
    }

    @Test func `every command on the first screen does what it says`() async throws {
        let hub = try await Commands.migrated()
        let scratch = FileManager.default.temporaryDirectory.appending(path: "readme-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }  // scratch
        // The mailbox of the README, on a server of this machine.
        let server = try await DovecotServer.start()
        let password = scratch.appending(path: "password").path
        try Data("\(DovecotServer.password)\n".utf8).write(to: URL(fileURLWithPath: password))
        let key = scratch.appending(path: "secret.key").path
        try Data((0..<32).map { _ in UInt8.random(in: 0...255) }).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: key)
        let here = [
            "~/Maildir": Self.root.appending(path: "deploy/sample/mail").path,
            "imap=imap.bottega.example": "imap=127.0.0.1:\(server.ports.imap)",
            "password=@./password": "password=@\(password)",
        ]
        let all = try commands()
        #expect(
            all.filter { !$0.hasPrefix("contatto ") } == [
                "deploy/quickstart", "deploy/test",
                #"curl -H "Authorization: Bearer $KEY" http://127.0.0.1:7600/v1/profiles/by/email/maria.rossi@example.it"#,
                #"curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:7600/v1/search?q=maria%20ros""#,
                #"curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:7600/v1/profiles/$ID/interactions?limit=5""#,
                #"curl -H "Authorization: Bearer $KEY" http://127.0.0.1:7600/v1/recognise --json "#
                    + #"'{"touchpoint":"agent","identifiers":[{"kind":"email","value":"maria.rossi@example.it"}]}'"#,
            ])
        let expected = [
            "source add": "made source", "import email": "accepted 6", "profile search": "maria rossi",
            "profile explain": "both show email:maria.rossi@example.it", "key create": "contatto_1_",
            "disclosure show": "KIND", "disclosure set": "phone, presented, at phone: name_and_tone",
            "source test site": "<script async", "hits --days": "MACHINE",
            "source set": "changed source email", "source test": "INBOX holds 0 mails",
            "source list": "nobody follows it", "review list": "nothing waits", "decision shared": "  split ",
            "decision list": "because: the whole studio reads it", "rules show": "codice_fiscale",
            "resolver show": "comes with the program",
            "profile erase": "not erased by this yet", "subscription add": "whsec_", "subscription list": "crm.example",
            "deliver --help": "Serve the subscriptions",
            "consent record": "marketing on email: granted", "consent check": "yes: the customer has agreed",
            "memory add": "memory ", "memory list": "call her about the oven",
            "profile prefer": "recorded for profile",
        ]
        var seen: Set<String> = []
        // What joins her two addresses comes from the shop.
        _ = try await hub.run(["source", "add", "interactions", "--name", "shop", "--set", "channel=store"])
        let sale = Self.root.appending(path: "deploy/sample/shop.ndjson").path
        #expect(try await hub.run(["import", "interactions", sale, "--source", "shop"]).status == 0)
        let byOthers = ["contatto serve", "contatto connect email"]
        for command in all where command.hasPrefix("contatto ") && !byOthers.contains(command) {
            let words = command.dropFirst("contatto ".count).split(separator: " ").map(String.init)
            let quoted = command.split(separator: "\"")
            var arguments = words
            if quoted.count > 1 {
                let head = quoted[0].dropFirst("contatto ".count).split(separator: " ").map(String.init)
                arguments = head + [String(quoted[1])]
            }
            let result = try await hub.run(
                arguments.map { here[$0] ?? $0 }, environment: ["CONTATTO_SECRET_KEY_FILE": key])
            #expect(result.status == 0, "\(command): \(result.errors)")
            let whole = words.joined(separator: " ")
            let name = expected[whole] == nil ? words.prefix(2).joined(separator: " ") : whole
            seen.insert(name)
            #expect(result.output.contains(try #require(expected[name], "\(name)")), "\(command): \(result.output)")
        }
        #expect(seen == Set(expected.keys))
        // These are run by ServeTests, on a port that is free, and by ConnectTests.
        #expect(Set(all).isSuperset(of: byOthers))
        await server.end()
        try await hub.drop()
    }
}
