/// How fast a source may be read: so many items a minute, with a minute's worth at once after a pause.
///
/// A bucket of tokens: for servers that lock out who asks for too much, and for a back-fill that is to leave room.
actor Pace {
    private let perMinute: Double
    private let clock: any Clock<Duration>
    /// Time on the clock since the bucket was made.
    private let elapsed: @Sendable () -> Duration
    private var left: Double
    private var at: Duration = .zero

    init<C: Clock<Duration>>(perMinute: Int, clock: C) {
        self.perMinute = Double(perMinute)
        self.clock = clock
        left = Double(perMinute)
        let origin = clock.now
        elapsed = { origin.duration(to: clock.now) }
    }

    /// Returns when so many more, which were taken just now, are paid for. The debt is shared: with two callers the one that
    /// takes much waits, and the one that takes little waits for its own part of it at most a minute.
    func wait(for count: Int) async throws {
        let moment = elapsed()
        left = min(perMinute, left + Self.seconds(moment - at) * perMinute / 60)
        at = moment
        left -= Double(count)
        if left < 0 {
            let debt = min(-left, max(Double(count), 1))
            try await clock.sleep(for: .seconds(debt * 60 / perMinute))
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        let (whole, attoseconds) = duration.components
        return Double(whole) + Double(attoseconds) / 1e18
    }
}
