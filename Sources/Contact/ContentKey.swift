internal import Crypto

/// The key of a workspace under which the ids of its contents are computed, without asking the database.
///
/// An id is the first 16 bytes of HMAC-SHA-256 over ``CanonicalBytes``, with the version (8) and variant bits of
/// a UUID set. Keyed, because the plain hash of an address could be reversed and compared across workspaces.
package struct ContentKey: Sendable {
    /// HMAC's two hashes after each has taken in the key (RFC 2104), copied for each id. Written out over SHA256,
    /// because swift-crypto's generic HMAC is not specialised for a caller and took three times as long.
    private let inner: SHA256
    private let outer: SHA256

    /// Takes the 32 random bytes of the workspace; a key may have up to 64.
    package init(_ bytes: [UInt8]) {
        precondition(!bytes.isEmpty && bytes.count <= 64, "a workspace's content key has 32 bytes")
        let padded = bytes + [UInt8](repeating: 0, count: 64 - bytes.count)
        var inner = SHA256()
        inner.update(data: padded.map { $0 ^ 0x36 })
        self.inner = inner
        var outer = SHA256()
        outer.update(data: padded.map { $0 ^ 0x5C })
        self.outer = outer
    }

    package func identifier(_ identifier: Identifier) -> HubID {
        id(of: CanonicalBytes.identifier(identifier))
    }

    package func facet(_ facet: FacetContent) -> HubID {
        id(of: CanonicalBytes.facet(facet))
    }

    package func interaction(source: Int64, id: String, customer: String) -> HubID {
        self.id(of: CanonicalBytes.interaction(source: source, id: id, customer: customer))
    }

    package func message(source: Int64, id: String) -> HubID {
        self.id(of: CanonicalBytes.message(source: source, id: id))
    }

    package func thread(source: Int64, id: String) -> HubID {
        self.id(of: CanonicalBytes.thread(source: source, id: id))
    }

    /// The id under which a refused input is kept: the same input refused again for the same reason is one.
    package func refusal(source: String, reason: RefusalReason, sha256: [UInt8]) -> HubID {
        id(of: CanonicalBytes.refusal(source: source, reason: reason, sha256: sha256))
    }

    /// The name under which a source remembers an input it has read.
    package func seen(source: Int64, sha256: [UInt8]) -> HubID {
        id(of: CanonicalBytes.seen(source: source, sha256: sha256))
    }

    /// The id of all that a statement says: what is recorded twice is one.
    package func consent(_ said: ConsentStatement) -> HubID {
        id(of: CanonicalBytes.consent(said))
    }

    private func id(of bytes: [UInt8]) -> HubID {
        var hash = inner
        unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        var code = outer
        unsafe hash.finalize().withUnsafeBytes { unsafe code.update(bufferPointer: $0) }
        return unsafe code.finalize().withUnsafeBytes { digest in
            let high = unsafe UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self))
            let low = unsafe UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            return HubID(
                high: (high & ~0xF000) | 0x8000, low: (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000)
        }
    }
}
