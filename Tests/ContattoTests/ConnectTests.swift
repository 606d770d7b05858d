import ContactTesting
import Foundation
import Testing

@testable import Contatto

@Suite struct ConnectTests {
    /// A source `posta` on a mailbox of a real server, and the variable by which its secrets are opened.
    private func withMailbox(
        _ body: (Commands, DovecotServer, [String: String]) async throws -> Void
    ) async throws {
        let commands = try await Commands.migrated()
        let key = FileManager.default.temporaryDirectory.appending(path: "key-\(UInt64.random(in: 0 ... .max))")
        try Data((0..<32).map { _ in UInt8.random(in: 0...255) }).write(to: key)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: key.path)
        defer { try? FileManager.default.removeItem(at: key) }  // scratch
        let variables = ["CONTATTO_SECRET_KEY_FILE": key.path]
        try await DovecotServer.with { server in
            let made = try await commands.run(
                [
                    "source", "add", "email", "--name", "posta", "--set", "own=bottega.example", "--set",
                    "imap=127.0.0.1:\(server.ports.imap)", "--set", "tls=none", "--set", "user=support", "--set",
                    "password=\(DovecotServer.password)",
                ], environment: variables)
            #expect(made.status == 0, "\(made.errors)")
            try await body(commands, server, variables)
        }
        try await commands.drop()
    }

    private func mail(_ number: Int) -> [UInt8] {
        Array(
            """
            From: Maria Rossi <maria@example.it>\r\nTo: support@bottega.example\r\nSubject: number \(number)\r
            Message-ID: <\(number)@example.it>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nciao \(number)\r\n
            """.utf8)
    }

    private func stored(_ count: Int, _ commands: Commands) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await commands.query("SELECT count(*)::text FROM interaction") != [["\(count)"]] {
            try #require(ContinuousClock.now < deadline, "\(count) were never stored")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `a worker follows a mailbox, hands it over when it is told to stop, and everybody can see how it is`()
        async throws
    {
        try await withMailbox { commands, server, variables in
            let first = try await Serving.start(commands, ["posta"], as: ["connect"], environment: variables)
            #expect(first.firstLine == "following posta")
            try await server.deliver(mail(1), to: "support")
            try await stored(1, commands)
            let found = try await commands.run(["profile", "search", "maria"])
            #expect(found.output.contains("email:maria@example.it"))
            var listed = try await commands.run(["source", "list"], environment: variables)
            let deadline = ContinuousClock.now + .seconds(60)
            // What it sees is written down with each renewal of its lease.
            while !listed.output.contains("up to date, its server answered") {
                try #require(ContinuousClock.now < deadline, "\(listed.output)")
                listed = try await commands.run(["source", "list"], environment: variables)
            }
            #expect(!listed.output.contains(DovecotServer.password))
            let ended = try await first.stop()
            #expect(ended.status == 0, "\(ended.errors)")
            var alone = try await commands.run(["source", "list"], environment: variables)
            while !alone.output.contains("nobody follows it") {
                try #require(ContinuousClock.now < deadline, "\(alone.output)")
                alone = try await commands.run(["source", "list"], environment: variables)
            }
            // The hub itself follows what nobody else does.
            let hub = try await Serving.start(commands, [], environment: variables)
            try await server.deliver(mail(2), to: "support")
            try await stored(2, commands)
            let metrics = try await hub.get("/metrics", key: "none")
            #expect(metrics.text.contains(#"contatto_source_followed{workspace="main",source="posta"} 1"#))
            #expect(metrics.text.contains(#"contatto_source_failures{workspace="main",source="posta"} 0"#))
            _ = try await hub.stop()
            #expect(try await server.flags(of: "support").allSatisfy { !$0.contains("S") })
        }
    }

    @Test func `what is wrong with a mailbox is told where people look`() async throws {
        try await withMailbox { commands, _, variables in
            let set = try await commands.run(
                ["source", "set", "posta", "--set", "password=sbagliata"], environment: variables)
            #expect(set.status == 0)
            let worker = try await Serving.start(commands, ["posta"], as: ["connect"], environment: variables)
            let deadline = ContinuousClock.now + .seconds(60)
            var line = ""
            while !line.contains("needs you") {
                try #require(ContinuousClock.now < deadline, "\(line)")
                line = try await commands.run(["source", "list"], environment: variables).output
            }
            #expect(line.contains("password of support"), "\(line)")
            let ended = try await worker.stop()
            #expect(ended.status == 0)
            #expect(!ended.errors.contains("sbagliata"))
        }
    }

    @Test func `what has nothing to follow is not followed, and says so`() async throws {
        let commands = try await Commands.migrated()
        _ = try await commands.run(["source", "add", "email", "--name", "carta", "--set", "own=bottega.example"])
        _ = try await commands.run(["source", "add", "interactions", "--name", "shop"])
        for (source, words) in [("carta", "nothing to follow"), ("shop", "is not followed"), ("nobody", "no source")] {
            let ended = try await commands.run(["connect", source])
            #expect(ended.status == 1 && ended.errors.contains(words), "\(ended.errors)")
        }
        try await commands.drop()
    }
}
