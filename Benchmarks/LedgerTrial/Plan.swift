internal import Storage

/// How, and about when, a process is to die.
struct Plan: Sendable {
    enum Death: Sendable {
        /// At a named point, by its own hand.
        case at(CrashPoint)
        /// By our signal, wherever it happens to be.
        case anywhere
    }

    let death: Death
    /// After the start of the source.
    let due: Duration

    /// The points at which something was received and is not acknowledged.
    static let between = CrashPoint.allCases.filter { $0 != .acknowledged }
    /// Those of them inside the intake itself.
    static let inside = between.filter { $0 != .received }

    /// Four of five die at named points, nearly all of those between receive and acknowledgement, every point in its
    /// turn; the rest by a signal. Returns the plans of each process.
    static func draw(
        kills: Int, processes: Int, at points: [CrashPoint] = between, over length: Duration,
        using random: inout some RandomNumberGenerator
    ) -> [[Plan]] {
        let acknowledged = kills >= 10 ? 1 : 0
        var deaths = Self.deaths(kills - acknowledged, at: points, using: &random)
        deaths += Array(repeating: .at(.acknowledged), count: acknowledged)
        deaths.shuffle(using: &random)
        var plans: [[Plan]] = Array(repeating: [], count: processes)
        let each = (kills + processes - 1) / processes
        for (place, death) in deaths.enumerated() {
            // The last fifth is left free, so that all of them happen before the source has no more to send.
            let share = (Double(place / processes) + Double.random(in: 0.4...1, using: &random)) / Double(each)
            plans[place % processes].append(Plan(death: death, due: length * 0.8 * share))
        }
        return plans
    }

    /// One of five by a signal, the others at these points, every point in its turn.
    static func deaths(
        _ kills: Int, at points: [CrashPoint], using random: inout some RandomNumberGenerator
    ) -> [Death] {
        let anywhere = kills < 2 ? 0 : max(1, kills / 5)
        var deaths: [Death] = []
        var left: [CrashPoint] = []
        while deaths.count < kills - anywhere {
            if left.isEmpty { left = points.shuffled(using: &random) }
            if let point = left.popLast() { deaths.append(.at(point)) }
        }
        deaths += Array(repeating: .anywhere, count: anywhere)
        return deaths.shuffled(using: &random)
    }
}

/// The clock of the source: lines are due in blocks, at fixed times from one start.
struct Pace: Sendable {
    let start: ContinuousClock.Instant
    let block: Duration
    let blocks: Int

    init(length: Duration, block: Duration = .milliseconds(20)) {
        start = ContinuousClock.now
        self.block = block
        blocks = Int((length / block).rounded(.up))
    }

    /// Block 0 is due one block's time after the start, the last one when the length is over.
    func due(_ number: Int) -> ContinuousClock.Instant { start + block * Double(number + 1) }
    var elapsed: Duration { ContinuousClock.now - start }
    /// The block of one of `count` lines.
    func block(of line: Int, among count: Int) -> Int { line * blocks / count }
}
