/// How subscriptions are served: by whom, and with what patience.
package struct DeliverySettings: Sendable {
    /// Name of this worker, which no other bears: machine, process and a random number.
    package var holder: String
    /// How long a subscription is held without renewal: after a worker was killed, the next one waits so long. It is
    /// renewed three times as often, so that what a dead one left goes on within 5 s.
    package var lease: Duration = .seconds(3)
    /// How often is looked which subscriptions there are.
    package var look: Duration = .seconds(1)
    /// Pauses after what keeps a subscription from being served at all; each is twice the one before.
    package var firstPause: Duration = .seconds(1)
    package var longestPause: Duration = .seconds(60)
    /// Microseconds since 1970.
    package var now: @Sendable () -> Int64
    /// Draws from 0 to 1, for the jitter of pauses.
    package var draw: @Sendable () -> Double = { Double.random(in: 0..<1) }

    package init(holder: String, now: @escaping @Sendable () -> Int64) {
        self.holder = holder
        self.now = now
    }
}
