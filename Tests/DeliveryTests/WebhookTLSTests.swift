import NIOSSL
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(3))) struct WebhookTLSTests {
    /// What sending to a server ends with, whose certificate is for `name`.
    private func words(
        _ name: String, days: Int = 2, isSelfSigned: Bool = false, trusted: Bool = true, host: String = "hooks.example"
    ) async throws -> String {
        let certificates = try await TestCertificates.make()
        defer { certificates.remove() }
        let server = try await certificates.server(for: name, days: days, isSelfSigned: isSelfSigned)
        let receiver = try await Receiver.start(tls: server) { _, _ in [.send(ClientBundle.okay)] }
        let bundle = try await ClientBundle.make(trusting: trusted ? certificates.authority : nil)
        let failure = try await bundle.failure("https://\(host):\(receiver.port)/")
        #expect(receiver.seen.requests.isEmpty)
        await receiver.wait { $0.open == 0 }
        guard case .tls(let words) = failure else { return "no failure of TLS: \(failure)" }
        return words
    }

    @Test func `a certificate of an added authority is believed, and its connection kept`() async throws {
        let certificates = try await TestCertificates.make()
        defer { certificates.remove() }
        let server = try await certificates.server(for: "hooks.example")
        let receiver = try await Receiver.start(tls: server) { _, _ in [.send(ClientBundle.okay)] }
        let bundle = try await ClientBundle.make(trusting: certificates.authority)
        for host in ["hooks.example", "HOOKS.example", "hooks.example."] {
            #expect(try await bundle.send("https://\(host):\(receiver.port)/").status == 200)
        }
        #expect(receiver.seen.connections == 1)
        #expect(receiver.seen.requests.last?.field("host") == "hooks.example:\(receiver.port)")
        // To another name the connection is another one, though the address is the same.
        guard case .tls = try await bundle.failure("https://other.example:\(receiver.port)/") else {
            return #expect(Bool(false), "the certificate was not looked at")
        }
        #expect(receiver.seen.connections == 2)
    }

    @Test func `a certificate may be for an address`() async throws {
        let certificates = try await TestCertificates.make()
        defer { certificates.remove() }
        let server = try await certificates.server(for: "127.0.0.1")
        let receiver = try await Receiver.start(tls: server) { _, _ in [.send(ClientBundle.okay)] }
        let bundle = try await ClientBundle.make(trusting: certificates.authority)
        #expect(try await bundle.send("https://127.0.0.1:\(receiver.port)/").status == 200)
        #expect(try await words("hooks.example", host: "127.0.0.1").contains("is for another name than 127.0.0.1"))
    }

    @Test func `says what is wrong with a certificate`() async throws {
        #expect(try await words("other.example").contains("is for another name than hooks.example"))
        #expect(try await words("hooks.example", days: -1).contains("has expired"))
        #expect(try await words("hooks.example", isSelfSigned: true).contains("signed by nobody"))
        #expect(try await words("hooks.example", trusted: false).contains("signed by nobody"))
    }

    @Test func `says that a server does not speak TLS`() async throws {
        let plain = try await Receiver.start(greeting: "220 mail.example ESMTP\r\n") { _, _ in [] }
        let bundle = try await ClientBundle.make()
        let failure = try await bundle.failure("https://hooks.example:\(plain.port)/")
        #expect(failure == .tls("hooks.example:\(plain.port) does not speak TLS on that port"))
        let closed = try await Receiver.start(greeting: "") { _, _ in [] }
        let silent = try await bundle.failure("https://hooks.example:\(closed.port)/")
        #expect(silent == .tls("hooks.example:\(closed.port) closed the connection during the TLS handshake"))
    }

    @Test func `certificates that are none are refused`() async {
        for text in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            await #expect(throws: WebhookTLS.Failure.self) { try await WebhookTLS.make(trusting: text) }
        }
    }
}
