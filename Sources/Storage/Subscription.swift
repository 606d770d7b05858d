package import Contact

/// Somebody whom the hub itself tells of changes, with what was set for it.
package struct Subscription: Sendable {
    package enum Kind: String, Sendable, CaseIterable { case webhook, kafka }

    package let id: Int64
    package let name: String
    package let kind: Kind
    /// Plain settings, as they were typed.
    package let values: [String: String]
    /// Names of the secrets that are set.
    package let secrets: [String]
    /// People have said that it is not to be told for now.
    package let isPaused: Bool
    /// Why the hub itself has stopped telling.
    package let disabled: String?
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// Another whenever what was set is changed, and telling nothing of it.
    package let fingerprint: String

    package var isTold: Bool { !isPaused && disabled == nil }
}

/// How a subscription is: for people's eyes and for metrics.
package struct SubscriptionHealth: Sendable {
    package let cursor: JournalCursor
    /// Where the journal ends.
    package let end: Int64
    package let holder: String?
    package let delivered: Int64
    package let deliveredAt: Int64?
    /// In a row, whatever was tried.
    package let failures: Int
    package let failure: String?
    package let failedAt: Int64?
    /// Nothing new is tried before this.
    package let tryAt: Int64?
    /// Changes that wait for another try, or behind one that does.
    package let waiting: Int64
    package let dead: Int64
}

/// A subscription as the one worker that serves it holds it.
package struct Hold: Hashable, Sendable {
    package let subscription: Int64
    package let name: String
    /// Greater than every holder's before; what is written is written under this number and no other.
    package let fence: Int64
    package let cursor: JournalCursor
    package let failures: Int
    /// Of the attempts of its log so far.
    package let attempts: Int64
    /// How often people had it told once more.
    package let replays: Int32
}

/// A change that waits to be delivered again, or behind one that does.
package struct ParkedDelivery: Hashable, Sendable {
    package let position: Int64
    package let at: Int64
    package let type: ChangeType
    /// As it was told, or would have been, the first time.
    package let profile: HubID?
    /// The profiles that it must not overtake, nor be overtaken by.
    package let keys: [HubID]
    package var attempts: Int
    package var tryAt: Int64?
    package var failure: String?
    package var failedAt: Int64?
    /// It is tried no more, until people have it tried.
    package var deadAt: Int64?

    package init(
        position: Int64, at: Int64, type: ChangeType, profile: HubID?, keys: [HubID], attempts: Int = 0,
        tryAt: Int64? = nil, failure: String? = nil, failedAt: Int64? = nil, deadAt: Int64? = nil
    ) {
        self.position = position
        self.at = at
        self.type = type
        self.profile = profile
        self.keys = keys
        self.attempts = attempts
        self.tryAt = tryAt
        self.failure = failure
        self.failedAt = failedAt
        self.deadAt = deadAt
    }
}

/// One attempt to deliver, for the log.
package struct DeliveryAttempt: Hashable, Sendable {
    package let position: Int64
    package let at: Int64
    package let milliseconds: Int
    /// Of HTTP; nil where no answer came.
    package let status: Int?
    package let failure: String?

    package init(position: Int64, at: Int64, milliseconds: Int, status: Int?, failure: String?) {
        self.position = position
        self.at = at
        self.milliseconds = milliseconds
        self.status = status
        self.failure = failure
    }
}

/// What a worker writes down, all of it at once.
package struct DeliveryProgress: Sendable {
    /// Everything up to here was delivered, or is parked.
    package var position: Int64
    /// How many more were delivered.
    package var delivered = 0
    package var failures = 0
    package var failure: String?
    package var tryAt: Int64?
    /// Parked now, or with another state than before.
    package var parked: [ParkedDelivery] = []
    /// Parked no more.
    package var settled: [Int64] = []
    package var attempts: [DeliveryAttempt] = []
    /// Why nothing more is tried at all.
    package var disabled: String?

    package init(position: Int64) { self.position = position }
}
