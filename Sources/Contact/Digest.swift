private import Crypto

/// SHA-256 (FIPS 180-4) of what comes in pieces.
package struct Digest: Sendable {
    private var hash = SHA256()

    package init() {}

    package mutating func update(_ bytes: ArraySlice<UInt8>) { hash.update(data: bytes) }

    /// The 32 bytes of everything given so far.
    package func finished() -> [UInt8] { Array(hash.finalize()) }

    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
