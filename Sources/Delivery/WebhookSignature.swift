internal import Crypto
internal import FoundationEssentials

/// Signs webhooks, and checks what was signed (Standard Webhooks 1.0).
///
/// What is signed is `id.timestamp.body`, so an id holds no full stop: with one, two different webhooks could have one
/// signature.
package enum WebhookSignature {
    /// The names of the fields a signed webhook bears.
    package static let idField = "webhook-id"
    package static let timestampField = "webhook-timestamp"
    package static let signatureField = "webhook-signature"

    /// How far the receiver's clock may be from the sender's, in seconds: what the reference libraries take.
    package static let tolerance: Int64 = 5 * 60

    /// The three fields of one attempt, signed with all the secrets in force, the current one first. The timestamp is
    /// that of this attempt, not of the event, in seconds since 1970.
    package static func fields(
        id: String, timestamp: Int64, body: [UInt8], secrets: [WebhookSecret]
    ) -> [(name: String, value: String)] {
        precondition(isID(id), "an id of a webhook is of printable ASCII without a full stop")
        precondition(!secrets.isEmpty, "a webhook is signed with one secret at least")
        let content = content(id, String(timestamp), body)
        return [
            (idField, id), (timestampField, String(timestamp)),
            (signatureField, secrets.map { $0.signature(of: content) }.joined(separator: " ")),
        ]
    }

    /// Why a webhook that came is not believed; nil if it is.
    package enum Doubt: Error, Hashable, Sendable {
        /// The time is missing, is no number, or is more than the tolerance away from now.
        case time
        /// No signature is of any of the keys.
        case signature
    }

    /// Checks one signed webhook, as its receiver would: for tests of ours. The keys are `whsec_`, `whsk_` or `whpk_`;
    /// `now` is in seconds since 1970.
    package static func verify(
        id: String, timestamp: String, body: [UInt8], signatures: String, keys: [String], now: Int64
    ) throws(WebhookSecretError) -> Doubt? {
        var checks: [Check] = []
        for key in keys { checks.append(try Check(key)) }
        guard let seconds = Int64(timestamp), seconds.distance(to: now).magnitude <= UInt(tolerance) else {
            return .time
        }
        let content = content(id, timestamp, body)
        for signature in signatures.split(separator: " ") {
            let parts = signature.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let bytes = Data(base64Encoded: String(parts[1])) else { continue }
            if checks.contains(where: { $0.holds(Array(bytes), as: parts[0], of: content) }) { return nil }
        }
        return .signature
    }

    private static func isID(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ".") }
    }

    private static func content(_ id: String, _ timestamp: String, _ body: [UInt8]) -> [UInt8] {
        Array("\(id).\(timestamp).".utf8) + body
    }
}

extension WebhookSecret {
    /// One signature with its version: `v1,…` or `v1a,…`.
    fileprivate func signature(of content: [UInt8]) -> String {
        switch key {
        case .shared(let key):
            "v1," + Data(HMAC<SHA256>.authenticationCode(for: content, using: key)).base64EncodedString()
        case .ed25519(let key):
            // It fails for no key and no content that exist; an empty signature is one that nobody believes.
            "v1a," + ((try? key.signature(for: content))?.base64EncodedString() ?? "")
        }
    }
}

/// What a receiver checks with.
private enum Check {
    case shared(SymmetricKey)
    case ed25519(Curve25519.Signing.PublicKey)

    init(_ text: String) throws(WebhookSecretError) {
        if let bytes = try WebhookSecret.bytes(text, after: "whpk_") {
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {  // It says only this.
                throw WebhookSecretError("the key after whpk_ has \(bytes.count) bytes, and not 32")
            }
            self = .ed25519(key)
            return
        }
        switch try WebhookSecret(text).key {
        case .shared(let key): self = .shared(key)
        case .ed25519(let key): self = .ed25519(key.publicKey)
        }
    }

    /// In a time that does not tell how much of it is right.
    func holds(_ signature: [UInt8], as version: Substring, of content: [UInt8]) -> Bool {
        switch self {
        case .shared(let key):
            version == "v1" && HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: content, using: key)
        case .ed25519(let key): version == "v1a" && key.isValidSignature(signature, for: content)
        }
    }
}
