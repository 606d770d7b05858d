/// A connector that keeps to its other side: it follows one source for as long as it holds the source's lease.
package protocol Follower: Connector {
    /// Whether the settings name something to follow. A source that is only posted or imported to is not followed.
    var isFollowed: Bool { get }
    /// Brings what the other side holds into the feed, then what comes, until the task is cancelled.
    ///
    /// It ends only by throwing: a ``FollowFailure`` for what the other side did, the error of the feed, or
    /// `CancellationError`. It is begun again after a pause, from the cursor that the last accepted step left; so whatever
    /// it holds in memory may be lost at any time. Cancelled, it ends within a second.
    func follow(_ feed: any SourceFeed) async throws
}

/// What a follower is given: the intake together with its source's cursor.
package protocol SourceFeed: Sendable {
    /// Where the source was left, as the last step put it; empty at the first start. A connector's own text, with a version
    /// of its own in it.
    var cursor: String { get async }
    /// Measures the follower's pauses; a test moves it by hand.
    var clock: any Clock<Duration> { get }
    /// Microseconds since 1970.
    func now() -> Int64
    /// Stores items and moves the cursor, in one transaction; returns when both are durable, so that the other side may be
    /// told. `move` is given the cursor as it stands and answers with where it is to stand; it is called just before the
    /// step is sent. Callers wait for each other in the order in which they came: several tasks may share a feed, each
    /// moving its own part of the cursor. Keep a step to 4 MB, so that another task's is not held up.
    func accept(
        _ items: [IntakeItem], moving move: @escaping @Sendable (String) throws -> String
    ) async throws -> Receipt
    /// The other side has answered just now, and the source is alive. `waiting` is how many items are known to wait there, 0
    /// when all was fetched; `progress` says in a few words how far it is ("INBOX 1200 of 100000"), or is nil.
    func seen(waiting: Int, progress: String?)
}

/// Why following ended, in words for whoever runs the source.
package struct FollowFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What helps.
    package enum Cure: Hashable, Sendable {
        /// Trying again does: a server that restarts, a network that is away.
        case time
        /// Somebody has to do something first: a wrong password, a missing folder. Tried again rarely, and at once when
        /// the settings change.
        case person
    }

    package let cure: Cure
    /// One line: what failed, and what to do where there is something to do.
    package let text: String
    /// How long the other side wants to be left alone.
    package let notBefore: Duration?

    package init(_ cure: Cure, _ text: String, notBefore: Duration? = nil) {
        self.cure = cure
        self.text = text
        self.notBefore = notBefore
    }

    package var description: String { text }
}
