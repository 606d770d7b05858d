/// One item of a batch: an interaction, or what could not be made into one.
package struct IntakeItem: Sendable {
    /// The interaction, or why there is none.
    package var outcome: Result<Interaction, Refusal>
    /// The input as it came, kept if the item is refused (now, or by the intake).
    package var raw: RawInput

    package init(_ outcome: Result<Interaction, Refusal>, raw: RawInput) {
        self.outcome = outcome
        self.raw = raw
    }
}

/// What came in: whole up to 25 MB; above that its first 64 KiB (FORMATS.md, Mail).
package struct RawInput: Sendable {
    /// The longest input that is kept whole, in bytes.
    package static let mostWhole = 25 << 20

    package var bytes: [UInt8]
    /// Length and SHA-256 of the whole input when `bytes` is only its beginning.
    package var cut: (length: Int64, sha256: [UInt8])?

    package init(_ bytes: [UInt8], cut: (length: Int64, sha256: [UInt8])? = nil) {
        self.bytes = bytes
        self.cut = cut
    }
}

extension RawInput: Equatable {
    package static func == (one: RawInput, other: RawInput) -> Bool {
        one.bytes == other.bytes && one.cut?.length == other.cut?.length && one.cut?.sha256 == other.cut?.sha256
    }
}

/// What one source has sent, of one workspace, to be stored in one transaction.
package struct Batch: Sendable {
    package var items: [IntakeItem]
    /// The source of items that name none; nil = such an item is refused as `source_unknown`.
    package var source: String?
    /// A step of the source's cursor, stored with the items or not at all.
    package var cursor: CursorStep?
    /// Of the same source, stored with the items; nothing in the receipt tells of them.
    package var hits: [Hit]
    /// Whether the receipt is to name profiles: a tracker has no use for them, and looking them up takes a transaction.
    package var wantsProfiles: Bool

    package init(
        _ items: [IntakeItem], source: String? = nil, cursor: CursorStep? = nil, hits: [Hit] = [],
        wantsProfiles: Bool = true
    ) {
        self.items = items
        self.source = source
        self.cursor = cursor
        self.hits = hits
        self.wantsProfiles = wantsProfiles
    }
}

/// From where to where a source was read, under the fencing number of the lease that read it.
///
/// A source's next step is sent once the receipt for the one before is there.
package struct CursorStep: Sendable {
    package var source: String
    package var fence: Int64
    package var from: String
    package var to: String

    package init(source: String, fence: Int64, from: String, to: String) {
        self.source = source
        self.fence = fence
        self.from = from
        self.to = to
    }
}

/// What became of a batch, once all of it is durable.
package struct Receipt: Sendable {
    package enum Outcome: Sendable {
        /// Stored now; the profile where the intake was asked to answer with it.
        case accepted(interaction: HubID, profile: HubID?)
        /// Stored before, or by this very batch in a commit whose outcome was not learnt; nothing was changed now.
        case known(interaction: HubID, profile: HubID?)
        case refused(Refusal)
    }

    /// One for each item of the batch, in its order.
    package var outcomes: [Outcome]
    /// The journal's cursor that covers the batch: `epoch.position`.
    package var epoch: HubID
    package var position: Int64

    package init(outcomes: [Outcome], epoch: HubID, position: Int64) {
        self.outcomes = outcomes
        self.epoch = epoch
        self.position = position
    }
}

/// What a caller can do about a batch that was not taken.
package enum IntakeError: Error, Sendable {
    /// The database cannot be reached or is not in order; the same batch may be sent again later.
    case unavailable(String)
    /// The cursor was moved by another holder of the lease: stop reading this source.
    case cursorLost(String)
    /// The caller was cancelled before anything was stored.
    case cancelled
}

/// The only way in, for every connector and every process.
///
/// Returns when all of the batch is durable and its customers are resolved, so the source may be acknowledged
/// at once. An interaction already stored under its key is left alone: sending a batch twice is harmless. Waits
/// while the queue is full, so that a fast source is slowed rather than held in memory.
package protocol Intake: Sendable {
    func accept(_ batch: Batch) async throws(IntakeError) -> Receipt
}
