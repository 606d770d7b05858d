internal import Crypto
internal import FoundationEssentials

/// What signs the webhooks of one endpoint (Standard Webhooks 1.0, "Signature scheme").
///
/// Two kinds: a secret both sides share (`whsec_`), and an ed25519 key of the hub, whose public half (`whpk_`) the
/// receiver holds. Described, it shows as dots.
package struct WebhookSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Which of the two schemes a new secret is for.
    package enum Scheme: Sendable {
        /// HMAC-SHA256 with a shared secret, `v1`: what every receiver's library knows.
        case shared
        /// ed25519, `v1a`: the receiver can check and not sign.
        case ed25519
    }

    enum Key: Sendable {
        case shared(SymmetricKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    /// Bytes a shared secret may have.
    package static let lengths = 24...64

    let key: Key

    /// A new one, of 32 random bytes.
    package static func random(_ scheme: Scheme) -> WebhookSecret {
        switch scheme {
        case .shared: WebhookSecret(.shared(SymmetricKey(size: .bits256)))
        case .ed25519: WebhookSecret(.ed25519(Curve25519.Signing.PrivateKey()))
        }
    }

    /// Reads `whsec_…` or `whsk_…`. The message of the error never holds the secret.
    package init(_ text: String) throws(WebhookSecretError) {
        if let bytes = try Self.bytes(text, after: "whsec_") {
            guard Self.lengths.contains(bytes.count) else {
                throw WebhookSecretError(
                    "the secret has \(bytes.count) bytes: use 24 to 64 random bytes in Base64 after whsec_")
            }
            key = .shared(SymmetricKey(data: bytes))
        } else if let bytes = try Self.bytes(text, after: "whsk_") {
            key = .ed25519(try Self.signingKey(bytes))
        } else if text.hasPrefix("whpk_") {
            throw WebhookSecretError("whpk_ begins a public key, which cannot sign: give the whsk_ key")
        } else {
            throw WebhookSecretError("a webhook's secret begins with whsec_ (shared) or whsk_ (ed25519)")
        }
    }

    private init(_ key: Key) { self.key = key }

    /// The whole secret, for whoever it is made for: `whsec_…` or `whsk_…`.
    ///
    /// The specification leaves open what a `whsk_` key holds; this is the form of Svix, who wrote it: the 32 bytes
    /// of the private key and the 32 of the public one.
    package var revealed: String {
        switch key {
        case .shared(let key): unsafe "whsec_" + Data(key.withUnsafeBytes { unsafe Array($0) }).base64EncodedString()
        case .ed25519(let key):
            "whsk_" + (key.rawRepresentation + key.publicKey.rawRepresentation).base64EncodedString()
        }
    }

    /// What the receiver checks signatures with, `whpk_…`; nil of a shared secret.
    package var publicKey: String? {
        guard case .ed25519(let key) = key else { return nil }
        return "whpk_" + key.publicKey.rawRepresentation.base64EncodedString()
    }

    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// What follows a prefix; nil without the prefix.
    static func bytes(_ text: String, after prefix: String) throws(WebhookSecretError) -> [UInt8]? {
        guard text.hasPrefix(prefix) else { return nil }
        let rest = String(text.dropFirst(prefix.count))
        // Encoded again: a decoder lets spellings pass that a receiver's may refuse.
        guard let data = Data(base64Encoded: rest), data.base64EncodedString() == rest else {
            throw WebhookSecretError("what follows \(prefix) is not Base64 (RFC 4648, 4): copy it whole, with its =")
        }
        return Array(data)
    }

    /// A private key alone, or with its public key after it.
    private static func signingKey(_ bytes: [UInt8]) throws(WebhookSecretError) -> Curve25519.Signing.PrivateKey {
        guard bytes.count == 32 || bytes.count == 64,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.prefix(32))  // Any 32 bytes are one.
        else {
            throw WebhookSecretError(
                "the key after whsk_ has \(bytes.count) bytes: an ed25519 key has 32, or 64 with its public key")
        }
        guard bytes.count == 32 || key.publicKey.rawRepresentation.elementsEqual(bytes.suffix(32)) else {
            throw WebhookSecretError("the second half of the key after whsk_ is not the public key of the first")
        }
        return key
    }
}

/// Why a text is no secret of a webhook, in words for whoever wrote it.
package struct WebhookSecretError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
