internal import Crypto
internal import FoundationEssentials

/// Seals the secrets of sources (a password, a token) under the process's secret.key, with AES-GCM (NIST SP 800-38D).
///
/// A sealed secret opens only under the name it was sealed for: moved to another row it is refused.
package struct Seal: Sendable {
    package enum Failure: Error, Sendable, CustomStringConvertible {
        /// Another key sealed it, or it was changed or moved.
        case notOurs

        package var description: String {
            "a secret of the source was sealed under another secret.key: bring that key back, or set the secret again"
        }
    }

    private let key: SymmetricKey

    /// Takes the 32 bytes of secret.key.
    package init(_ key: [UInt8]) {
        precondition(key.count == 32, "secret.key has 32 bytes")
        self.key = SymmetricKey(data: key)
    }

    /// A nonce of 12 bytes, the sealed text, a tag of 16.
    package func seal(_ secret: Secret, for name: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(Array(secret.revealed.utf8), using: key, authenticating: Array(name.utf8))
        guard let combined = box.combined else { throw Failure.notOurs }
        return Array(combined)
    }

    package func open(_ sealed: [UInt8], for name: String) throws -> Secret {
        do {
            let box = try AES.GCM.SealedBox(combined: sealed)
            let text = try AES.GCM.open(box, using: key, authenticating: Array(name.utf8))
            return Secret(String(decoding: text, as: UTF8.self))
        } catch {
            throw Failure.notOurs
        }
    }
}
