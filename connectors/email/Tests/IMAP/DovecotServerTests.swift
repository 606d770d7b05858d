import ContactTesting
import Foundation
import Testing

/// The server that the other tests here stand on.
@Suite struct DovecotServerTests {
    private let mail = Array("From: a@example.it\nSubject: x\n\nCiao\n".utf8)

    @Test func `It takes mail, gives other UIDs, restarts, and leaves nothing behind`() async throws {
        let server = try await DovecotServer.start()
        try await server.deliver(mail, to: "maria")
        try await server.deliver(mail, to: "maria")
        try await server.deliver(mail, to: "maria", in: "Sent")
        #expect(try await server.status(of: "maria", "messages") == 2)
        #expect(try await server.status(of: "maria", in: "Sent", "messages") == 1)
        #expect(try await server.flags(of: "maria") == ["", ""])
        try await server.run(["flags", "add", "-u", "maria", "\\Seen", "mailbox", "INBOX", "uid", "1"])
        #expect(try await server.flags(of: "maria") == ["", "S"])
        try await server.run(["expunge", "-u", "maria", "mailbox", "INBOX", "uid", "1"])
        let before = try await server.status(of: "maria", "uidvalidity")
        try await server.renumber(of: "maria")
        #expect(try await server.status(of: "maria", "uidvalidity") != before)
        #expect(try await server.status(of: "maria", "uidnext") == 2)
        try await server.restart()
        try await server.kill()
        try await server.start()
        #expect(try await server.status(of: "maria", "messages") == 1)
        await server.end()
        #expect(!FileManager.default.fileExists(atPath: server.folder))
        let running = try processes().filter { $0.contains(server.folder) && !$0.hasPrefix("/bin/sh") }
        #expect(running.isEmpty)
    }

    private func processes() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap { name in
            // One that has ended since the folder was listed is not running.
            (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/cmdline"))).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }
}
