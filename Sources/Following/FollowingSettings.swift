package import Contact
internal import Storage

/// How sources are followed: by whom, by which clock, and with what patience.
package struct FollowingSettings: Sendable {
    /// The setting by which any source that is followed can be slowed.
    package static let paceKey = SettingKey("pace", "most items a minute that are fetched; default: as fast as it goes")

    /// Name of this reader, which no other bears: machine, process and a random number.
    package var holder: String
    /// How long a lease holds without renewal: after a reader was killed, the next one waits so long. It is renewed three
    /// times as often.
    package var lease: Duration = .seconds(5)
    /// How often is looked which sources there are to follow.
    package var look: Duration = .seconds(2)
    package var retry = Retry()
    /// What has worked for so long, or has stored something, begins its failures from one again.
    package var settled: Duration = .seconds(60)
    package var clock: any Clock<Duration> = ContinuousClock()
    /// Microseconds since 1970.
    package var now: @Sendable () -> Int64
    /// Draws from 0 to 1, for the jitter of pauses.
    package var draw: @Sendable () -> Double = { Double.random(in: 0..<1) }
    /// Told when a source's lease was taken.
    package var onTaken: @Sendable (String) -> Void = { _ in }

    package init(holder: String, now: @escaping @Sendable () -> Int64) {
        self.holder = holder
        self.now = now
    }

    func pace(_ source: ConfiguredSource) -> Int? {
        source.values[Self.paceKey.name].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
