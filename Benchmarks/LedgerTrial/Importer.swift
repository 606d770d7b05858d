internal import Foundation
internal import Storage
internal import Synchronization

/// The source of one `contatto import interactions -`: sends its lines at their times, sees the process die as planned,
/// starts it again, and sends again whatever was not acknowledged.
final class Importer: Sendable {
    struct Kill: Sendable {
        /// nil = by our signal.
        let point: CrashPoint?
        let visit: Int
        /// Lines that were sent to it and not acknowledged.
        let unacknowledged: Int
    }

    struct Outcome: Sendable {
        var kills: [Kill] = []
        var runs = 0
        /// Ends with the status that asks to be started again, as while the database was away.
        var gaveUp = 0
        var sent = 0
        var sentAgain = 0
        /// Lines sent once more, though acknowledged, only to bring a process to the point where it is to die.
        var replayed = 0
        var accepted = 0
        var known = 0
        var refused = 0
        /// Acknowledgements that did not follow the one before.
        var disordered = 0
        /// The longest that a line was first sent behind its time, and how many were more than a second.
        var latest = Duration.zero
        var late = 0
        var faults: [String] = []
        var unacknowledged = 0
    }

    private struct State {
        var acknowledged: [Bool]
        /// Own lines by their number in the process's input, counted from 1 there.
        var sent: [Int] = []
        var nextAcknowledged = 1
        var chunks = 0
        var outcome = Outcome()
    }

    private let program: String
    private let arguments: [String]
    private let errors: String
    private let lines: [[UInt8]]
    private let blocks: [Int]
    private let state: Mutex<State>

    /// Nothing is started yet; `blocks` says when each line is due.
    init(_ program: String, _ arguments: [String], errors: String, lines: [[UInt8]], blocks: [Int]) {
        self.program = program
        self.arguments = arguments
        self.errors = errors
        self.lines = lines
        self.blocks = blocks
        state = Mutex(State(acknowledged: Array(repeating: false, count: lines.count)))
    }

    /// Blocks its thread until every line is acknowledged and every plan is carried out.
    func run(_ plans: [Plan], _ pace: Pace) throws -> Outcome {
        var plans = plans[...]
        var high = 0
        // What a process was seen to do, from which the next one's visits are reckoned.
        var chunksPerSecond = 1 / (pace.block / .seconds(1))
        while true {
            let plan = plans.first
            let visit = plan.map { visits(until: $0, pace, chunksPerSecond) } ?? 0
            var environment: [String: String] = [:]
            if case .at(let point)? = plan?.death { environment["CONTATTO_CRASH_AT"] = "\(point.rawValue):\(visit)" }
            state.withLock { state in
                state.sent = []
                state.nextAcknowledged = 1
                state.chunks = 0
                state.outcome.runs += 1
            }
            let began = ContinuousClock.now
            let child = try Child(program, arguments, environment: environment, errors: errors)
            let reading = DispatchGroup()
            DispatchQueue(label: "trial.acknowledgements").async(group: reading) {
                child.readLines { self.acknowledge($0) }
            }
            let isShot = feed(child, plan, pace, &high)
            reading.wait()
            let end = child.wait()
            let lasted = (ContinuousClock.now - began) / .seconds(1)
            if lasted > 1 { chunksPerSecond = max(5, state.withLock { Double($0.chunks) } / lasted) }

            switch (end, plan?.death) {
            case (.signalled(9), .at(let point)?):
                note(Kill(point: point, visit: visit, unacknowledged: unacknowledgedOfRun))
                plans = plans.dropFirst()
            case (.signalled(9), .anywhere?) where isShot:
                note(Kill(point: nil, visit: 0, unacknowledged: unacknowledgedOfRun))
                plans = plans.dropFirst()
            case (.exited(75), _), (.exited(69), _):
                state.withLock { $0.outcome.gaveUp += 1 }
            case (.exited(0), nil) where isAllAcknowledged:
                return finished()
            default:
                fault("a process ended with \(end), which nothing had planned")
                if state.withLock({ $0.outcome.faults.count }) > 5 { return finished() }
            }
        }
    }

    /// Sends until the process has died, or has everything and is to end; true if it was killed from here.
    private func feed(_ child: Child, _ plan: Plan?, _ pace: Pace, _ high: inout Int) -> Bool {
        var pending = state.withLock { state in (0..<high).filter { !state.acknowledged[$0] } }[...]
        state.withLock { $0.outcome.sentAgain += pending.count }
        let began = ContinuousClock.now
        while !child.hasEnded {
            if case .anywhere? = plan?.death, let due = plan?.due, pace.start + due < .now, began + .seconds(0.5) < .now
            {
                // Not at the beat of the blocks.
                Thread.sleep(forTimeInterval: Double.random(in: 0...0.03))
                return child.kill()
            }
            var block: [Int] = []
            if !pending.isEmpty {
                block = Array(pending.prefix(200))
                pending = pending.dropFirst(block.count)
            } else {
                while high < lines.count, block.count < 200, pace.due(blocks[high]) <= .now {
                    block.append(high)
                    high += 1
                }
                if let first = block.first { late(by: .now - pace.due(blocks[first]), block.count) }
            }
            if block.isEmpty, high == lines.count, isAllAcknowledged {
                guard let plan else {
                    child.closeInput()
                    return false
                }
                if case .at = plan.death {
                    block = Array(max(0, high - 10)..<high)
                    state.withLock { $0.outcome.replayed += block.count }
                }
            }
            if !block.isEmpty {
                state.withLock { $0.sent += block }
                guard child.write(block.flatMap { lines[$0] + [10] }) else { return false }
            }
            if pending.isEmpty { waitForBlock(pace, high) }
        }
        return false
    }

    private func waitForBlock(_ pace: Pace, _ high: Int) {
        let next = high < lines.count ? pace.due(blocks[high]) : .now + pace.block
        let wait = min(next - .now, pace.block)
        if wait > .zero { Thread.sleep(forTimeInterval: wait / .seconds(1)) }
    }

    /// How often a process comes to a point until its time, within a wide margin of chance.
    private func visits(until plan: Plan, _ pace: Pace, _ chunksPerSecond: Double) -> Int {
        let left = max(0, (plan.due - pace.elapsed) / .seconds(1))
        return max(1, Int(left * chunksPerSecond * Double.random(in: 0.7...1.1)) + Int.random(in: 0...5))
    }

    private func late(by delay: Duration, _ count: Int) {
        state.withLock { state in
            state.outcome.latest = max(state.outcome.latest, delay)
            if delay > .seconds(1) { state.outcome.late += count }
            state.outcome.sent += count
        }
    }

    /// `{"lines":[a,b],…}`: the lines a to b of this process's input are durable.
    private func acknowledge(_ line: [UInt8]) {
        // Whatever else an import writes there is its fault, and is told with the line itself.
        guard let answer = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
            return fault("not an acknowledgement: \(String(decoding: line, as: UTF8.self))")
        }
        guard let range = answer["lines"] as? [Int] else { return }
        guard range.count == 2, let accepted = answer["accepted"] as? Int, let known = answer["known"] as? Int,
            let refused = answer["refused"] as? Int
        else { return fault("not an acknowledgement: \(String(decoding: line, as: UTF8.self))") }
        let isSound = state.withLock { state in
            guard range[0] >= 1, range[0] <= range[1], range[1] <= state.sent.count else { return false }
            for number in range[0]...range[1] { state.acknowledged[state.sent[number - 1]] = true }
            if range[0] != state.nextAcknowledged || accepted + known + refused != range[1] - range[0] + 1 {
                state.outcome.disordered += 1
            }
            state.nextAcknowledged = range[1] + 1
            state.chunks += 1
            state.outcome.accepted += accepted
            state.outcome.known += known
            state.outcome.refused += refused
            return true
        }
        if !isSound { fault("lines \(range) were acknowledged, which were not sent") }
    }

    private var isAllAcknowledged: Bool { state.withLock { $0.acknowledged.allSatisfy { $0 } } }
    private var unacknowledgedOfRun: Int { state.withLock { $0.sent.count - $0.nextAcknowledged + 1 } }
    private func note(_ kill: Kill) { state.withLock { $0.outcome.kills.append(kill) } }
    private func fault(_ message: String) { state.withLock { $0.outcome.faults.append(message) } }

    private func finished() -> Outcome {
        state.withLock { state in
            state.outcome.unacknowledged = state.acknowledged.count { !$0 }
            return state.outcome
        }
    }
}
