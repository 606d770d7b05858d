import Contact
import ContactTesting
import Foundation
import Glibc
import Postgres
import Testing

@testable import EmailConnector

/// A Maildir, and a mail server that delivers into it.
private final class MaildirRig: ConnectorRig {
    private let root: URL
    private let numbers = Monitor(0)

    init(_ root: URL) throws {
        self.root = root
        for part in ["tmp", "new", "cur"] {
            try FileManager.default.createDirectory(
                at: root.appending(path: part), withIntermediateDirectories: true)
        }
    }

    func connector(source: String) throws -> any Follower {
        try EmailConnector(
            SourceSettings(
                source: source, values: ["own": "bottega.example", "maildir": root.path], normaliser: Normaliser()))
    }

    func deliver(_ text: String) async throws { try deliver(bytes: Array(subjectMail(text).utf8)) }
    func deliverMalformed() async throws { try deliver(bytes: Array("niente\n".utf8)) }

    private func deliver(bytes: [UInt8]) throws {
        let number = numbers.withLock { number in
            number += 1
            return number
        }
        let name = "1793484000.M\(number)P1.mx"
        try Data(bytes).write(to: root.appending(path: "tmp/\(name)"))
        try FileManager.default.moveItem(
            at: root.appending(path: "tmp/\(name)"), to: root.appending(path: "new/\(name)"))
    }

    private var away: URL { root.deletingLastPathComponent().appending(path: "away") }
    func takeDown() async throws { try FileManager.default.moveItem(at: root, to: away) }
    func bringUp() async throws { try FileManager.default.moveItem(at: away, to: root) }
    func acknowledged() async -> Int? { nil }
}

/// A mail server that hands over by LMTP, and hands over again what was not answered for.
private final class LMTPRig: ConnectorRig {
    private let port: Int
    private let taken = Monitor(0)
    private let other = Monitor<Int32>(-1)

    init() throws {
        let (descriptor, port) = try Self.listen(port: 0)
        close(descriptor)
        self.port = port
    }

    func connector(source: String) throws -> any Follower {
        try EmailConnector(
            SourceSettings(
                source: source, values: ["own": "bottega.example", "lmtp": "127.0.0.1:\(port)"],
                normaliser: Normaliser()))
    }

    func deliver(_ text: String) async throws { try await deliver(mail: subjectMail(text)) }
    func deliverMalformed() async throws { try await deliver(mail: "niente\r\n") }

    private func deliver(mail: String) async throws {
        while true {
            if let wire = try? TextWire(port: port) {
                _ = await wire.reply()
                _ = await wire.ask("LHLO mx")
                await wire.send("MAIL FROM:<a@example.it>\r\nRCPT TO:<info@bottega.example>\r\nDATA\r\n")
                for _ in 0..<3 { _ = await wire.reply() }
                await wire.send(mail + ".\r\n")
                if await wire.reply().hasPrefix("250 ") { return taken.withLock { $0 += 1 } }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Another program has the port.
    func takeDown() async throws {
        let (descriptor, _) = try Self.listen(port: port)
        other.withLock { $0 = descriptor }
    }

    func bringUp() async throws { _ = other.withLock { close($0) } }
    func acknowledged() async -> Int? { taken.withLock { $0 } }

    private static func listen(port: Int) throws -> (Int32, Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, length) == 0 && Glibc.listen(descriptor, 1) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isBound else { throw TextWire.Failure(description: "the port \(port) is taken") }
        return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
    }
}

private func subjectMail(_ text: String) -> String {
    let id = text.filter { $0 != " " }
    return "From: Anna <anna@example.it>\r\nTo: info@bottega.example\r\nMessage-ID: <\(id)@example.it>\r\n"
        + "Date: Sat, 31 Oct 2026 10:00:00 +0100\r\nSubject: \(text)\r\n\r\nBuongiorno.\r\n"
}

@Suite struct WayConformanceTests {
    @Test(arguments: ConnectorConformance.allCases)
    func `A Maildir is followed as every source is`(_ rule: ConnectorConformance) async throws {
        try await withFolder { home in try await rule.run(try MaildirRig(home.appending(path: "Maildir"))) }
    }

    @Test(arguments: ConnectorConformance.allCases)
    func `A mail server is listened to as every source is`(_ rule: ConnectorConformance) async throws {
        try await rule.run(try LMTPRig())
    }
}
