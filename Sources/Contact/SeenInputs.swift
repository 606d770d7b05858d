/// What a source has been read of already, so that reading it again may skip what has not changed.
///
/// Only ever a reason to skip: with all of it forgotten, reading again takes longer and stores the same. An input is
/// known by 32 bytes of SHA-256 over its bytes and whatever else its reading depends on.
package protocol SeenInputs: Sendable {
    /// Which of these were not remembered, in their order.
    func unseen(_ digests: [[UInt8]]) async throws -> [Bool]
    /// Remembers inputs whose interactions are durable: call it after the receipt, never before.
    func remember(_ digests: [[UInt8]]) async throws
}
