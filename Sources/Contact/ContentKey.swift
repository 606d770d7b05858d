internal import Crypto

/// The key of a workspace under which the ids of its contents are computed, without asking the database.
///
/// An id is the first 16 bytes of HMAC-SHA-256 over ``CanonicalBytes``, with the version (8) and variant bits of
/// a UUID set. Keyed, because the plain hash of an address could be reversed and compared across workspaces.
package struct ContentKey: Sendable {
    /// The state after the key was taken in; copied for each id, which saves two of its compressions.
    private let prepared: HMAC<SHA256>

    /// Takes the 32 random bytes of the workspace.
    package init(_ bytes: [UInt8]) {
        prepared = HMAC<SHA256>(key: SymmetricKey(data: bytes))
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

    private func id(of bytes: [UInt8]) -> HubID {
        var code = prepared
        code.update(data: bytes)
        return unsafe code.finalize().withUnsafeBytes { digest in
            let high = unsafe UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self))
            let low = unsafe UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            return HubID(
                high: (high & ~0xF000) | 0x8000, low: (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000)
        }
    }
}
