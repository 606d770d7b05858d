package import Contact
package import Storage

/// Subscriptions as they are told outside: what was set, and how they are. Of secrets only that there are some.
package enum SubscriptionJSON {
    package static func subscription(_ one: Subscription, _ health: SubscriptionHealth?) -> [(String, [UInt8])] {
        [
            ("name", JSONWriter.string(one.name)), ("kind", JSONWriter.string(one.kind.rawValue)),
            (
                "settings",
                JSONWriter.object(one.values.sorted { $0.key < $1.key }.map { ($0.key, JSONWriter.string($0.value)) })
            ),
            ("secrets", JSONWriter.array(one.secrets.map(JSONWriter.string))),
            ("created_at", JSONWriter.string(Timestamp.text(one.createdAt))),
            ("state", JSONWriter.string(state(one, health))),
            ("disabled", one.disabled.map(JSONWriter.string) ?? JSONWriter.null),
            ("progress", health.map(progress) ?? JSONWriter.null),
        ]
    }

    /// In one word: `told`, `failing`, `paused`, `disabled`, or `unserved` where no worker has it.
    package static func state(_ one: Subscription, _ health: SubscriptionHealth?) -> String {
        if one.disabled != nil { return "disabled" }
        if one.isPaused { return "paused" }
        if let health, health.failures > 0 { return "failing" }
        return health?.holder == nil ? "unserved" : "told"
    }

    private static func progress(_ health: SubscriptionHealth) -> [UInt8] {
        JSONWriter.object([
            ("cursor", JSONWriter.string(health.cursor.description)),
            ("behind", JSONWriter.number(max(0, health.end - health.cursor.position))),
            ("delivered", JSONWriter.number(health.delivered)), ("delivered_at", time(health.deliveredAt)),
            ("waiting", JSONWriter.number(health.waiting)), ("dead", JSONWriter.number(health.dead)),
            ("failures", JSONWriter.number(Int64(health.failures))),
            ("failure", health.failure.map(JSONWriter.string) ?? JSONWriter.null),
            ("failed_at", time(health.failedAt)), ("try_at", time(health.tryAt)),
        ])
    }

    /// A delivery that waits or is dead.
    package static func parked(_ one: ParkedDelivery, epoch: HubID) -> [UInt8] {
        JSONWriter.object([
            ("id", JSONWriter.string(EventWriter.id(one.position, epoch: epoch))),
            ("position", JSONWriter.number(one.position)), ("type", JSONWriter.string(one.type.name)),
            ("profile", one.profile.map { JSONWriter.string($0.description) } ?? JSONWriter.null),
            ("attempts", JSONWriter.number(Int64(one.attempts))), ("try_at", time(one.tryAt)),
            ("failure", one.failure.map(JSONWriter.string) ?? JSONWriter.null), ("failed_at", time(one.failedAt)),
            ("dead_at", time(one.deadAt)),
        ])
    }

    package static func attempt(_ one: DeliveryAttempt) -> [UInt8] {
        JSONWriter.object([
            ("position", JSONWriter.number(one.position)), ("at", time(one.at)),
            ("milliseconds", JSONWriter.number(Int64(one.milliseconds))),
            ("status", one.status.map { JSONWriter.number(Int64($0)) } ?? JSONWriter.null),
            ("failure", one.failure.map(JSONWriter.string) ?? JSONWriter.null),
        ])
    }

    private static func time(_ moment: Int64?) -> [UInt8] {
        moment.map { JSONWriter.string(Timestamp.text($0)) } ?? JSONWriter.null
    }
}
