import Contact
import ContactTesting
import Foundation
import Testing

@testable import EmailConnector

@Suite struct MailboxConformanceTests {
    private struct Rig: ConnectorRig {
        let server: DovecotServer

        func connector(source: String) throws -> any Follower {
            try EmailConnector(
                SourceSettings(
                    source: source,
                    values: ["own": "bottega.example", "imap": "127.0.0.1:\(server.ports.imap)", "user": "maria"],
                    secrets: ["password": Secret(DovecotServer.password)], normaliser: Normaliser(region: "IT")))
        }

        func deliver(_ text: String) async throws {
            try await server.deliver(
                Array(
                    "From: anna@example.it\r\nMessage-ID: <\(text.filter(\.isLetter))-\(text.utf8.count)-\(text.filter(\.isNumber))@x>\r\nSubject: \(text)\r\n\r\n\(text)\r\n"
                        .utf8), to: "maria")
        }

        func deliverMalformed() async throws { try await server.deliver(Array("niente\r\n".utf8), to: "maria") }
        func takeDown() async throws { try await server.kill() }
        func bringUp() async throws { try await server.start() }
        func acknowledged() async -> Int? { nil }
    }

    @Test(arguments: ConnectorConformance.allCases)
    func `A mailbox is followed as a source must be`(_ trial: ConnectorConformance) async throws {
        try await DovecotServer.with { try await trial.run(Rig(server: $0)) }
    }
}
