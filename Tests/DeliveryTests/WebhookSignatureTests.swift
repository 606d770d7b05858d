import Testing

@testable import Delivery

/// The vectors are of others: the JavaScript library of Standard Webhooks (`sign function works`), and the server of Svix
/// (`test_asymmetric_key_signing`).
@Suite struct WebhookSignatureTests {
    private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private let time: Int64 = 1_614_265_330
    private let body = Array(#"{"test": 2432232314}"#.utf8)
    private let shared = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let sharedSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    private let private64 =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    private let private32 = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="
    private let publicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
    private let privateSignature =
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="

    private func signature(_ secrets: String...) throws -> String {
        let fields = WebhookSignature.fields(
            id: id, timestamp: time, body: body, secrets: try secrets.map { text in try WebhookSecret(text) })
        #expect(fields.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(fields[0].value == id)
        #expect(fields[1].value == "1614265330")
        return fields[2].value
    }

    private func doubt(
        _ signatures: String, _ keys: [String], at now: Int64? = nil, timestamp: String = "1614265330",
        body: [UInt8]? = nil
    ) throws -> WebhookSignature.Doubt? {
        try WebhookSignature.verify(
            id: id, timestamp: timestamp, body: body ?? self.body, signatures: signatures, keys: keys, now: now ?? time)
    }

    @Test func `signs as the reference libraries do`() throws {
        #expect(try signature(shared) == sharedSignature)
        #expect(try doubt(signature(private64), [publicKey]) == nil)
        #expect(try doubt(signature(private32), [publicKey]) == nil)
        #expect(try doubt(privateSignature, [publicKey]) == nil)
        #expect(try doubt(privateSignature, [private64]) == nil)
    }

    @Test func `an ed25519 signature is the one that Svix publishes`() throws {
        #expect(try signature(private64) == privateSignature)
    }

    @Test func `signs with all the secrets in force`() throws {
        let other = WebhookSecret.random(.shared).revealed
        let both = try signature(other, shared, private64)
        #expect(both.split(separator: " ").map { $0.prefix { $0 != "," } } == ["v1", "v1", "v1a"])
        for key in [other, shared, publicKey] { #expect(try doubt(both, [key]) == nil) }
        #expect(try doubt(both, [WebhookSecret.random(.shared).revealed]) == .signature)
    }

    @Test func `anything changed is not believed`() throws {
        #expect(try doubt(sharedSignature, [shared], body: body + [0x20]) == .signature)
        #expect(try doubt(sharedSignature, [shared], timestamp: "1614265331") == .signature)
        #expect(try doubt("v1a" + sharedSignature.dropFirst(2), [shared]) == .signature)
        #expect(try doubt(privateSignature, [shared]) == .signature)
        for text in ["", " ", "v1", "v1,", "v1,AAAA", "v1,%", "v2,x"] {
            #expect(try doubt(text, [shared]) == .signature)
            #expect(try doubt(text + " " + sharedSignature, [shared]) == nil)
        }
    }

    @Test func `a time more than five minutes off is not believed`() throws {
        #expect(try doubt(sharedSignature, [shared], at: time + 300) == nil)
        #expect(try doubt(sharedSignature, [shared], at: time - 300) == nil)
        #expect(try doubt(sharedSignature, [shared], at: time + 301) == .time)
        #expect(try doubt(sharedSignature, [shared], at: time - 301) == .time)
        for text in ["", "soon", "1614265330.0", "99999999999999999999"] {
            #expect(try doubt(sharedSignature, [shared], timestamp: text) == .time)
        }
    }

    @Test func `secrets read back as they were written`() throws {
        #expect(try WebhookSecret(shared).revealed == shared)
        #expect(try WebhookSecret(private64).revealed == private64)
        #expect(try WebhookSecret(private32).revealed == private64)
        #expect(try WebhookSecret(private32).publicKey == publicKey)
        #expect(try WebhookSecret(shared).publicKey == nil)
        let made = WebhookSecret.random(.shared)
        #expect(made.revealed != WebhookSecret.random(.shared).revealed)
        #expect(try WebhookSecret(made.revealed).revealed == made.revealed)
        #expect("\(made)" == "•••")
        #expect(String(reflecting: [made]) == "[•••]")
        let key = WebhookSecret.random(.ed25519)
        #expect(try WebhookSecret(key.revealed).publicKey == key.publicKey)
    }

    @Test(arguments: [
        ("", "begins with whsec_"), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "begins with whsec_"),
        ("whsec_", "0 bytes"), ("whsec_AAAA", "3 bytes"), ("whsec_%%%%", "not Base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "not Base64"),
        ("whsec_" + String(repeating: "A", count: 88), "66 bytes"),
        ("whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc", "not Base64"), ("whsk_AAAA", "3 bytes"),
        (
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlaaaaaaaaaaAJ6p9lMicMFs6Kvg==",
            "not the public key"
        ),
        ("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=", "cannot sign"),
    ])
    func `says what is wrong with a secret, and not the secret`(text: String, words: String) {
        #expect {
            try WebhookSecret(text)
        } throws: { error in
            let message = "\(error)"
            return message.contains(words) && (text.count < 12 || !message.contains(text.dropFirst(6)))
        }
    }
}
