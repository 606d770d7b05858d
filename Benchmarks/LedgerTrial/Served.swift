internal import Foundation
internal import Storage
internal import Synchronization

/// A place where `contatto serve` runs: killed as planned, and started again on its port each time.
final class Served: Sendable {
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
        /// From a start to the line that says that it listens, at most.
        var slowestStart = Duration.zero
        var stopped = Duration.zero
        var faults: [String] = []
    }

    private struct State {
        var owed = 0
        var isListening = false
        var isToStop = false
        var outcome = Outcome()
    }

    let port: Int
    private let program: String
    private let arguments: [String]
    private let environment: [String: String]
    private let errors: String
    private let poster: @Sendable () -> (unacknowledged: Int, answered: Int)
    private let state: Mutex<State>

    /// Nothing is started yet; `plans` says how often and when it is to die. `poster` tells of who posts to it: lines not
    /// acknowledged, and requests answered so far.
    init(
        _ program: String, port: Int, database: [String], environment: [String: String] = [:], errors: String,
        plans: Int,
        poster: @escaping @Sendable () -> (unacknowledged: Int, answered: Int)
    ) {
        self.program = program
        self.port = port
        arguments = ["serve", "--port", "\(port)", "--rate", "0"] + database
        self.environment = environment
        self.errors = errors
        self.poster = poster
        state = Mutex(State(owed: plans))
    }

    /// A port of this machine that is free, below the range from which the system gives out ports itself: there a client
    /// that asks for a server that is down could be connected to itself.
    static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 15_000..<31_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let status = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if status == 0 { return port }
        }
        throw TrialFailure("no free port was found")
    }

    /// Whether it is still to die.
    var isOwed: Bool { state.withLock { $0.owed > 0 } }
    var outcome: Outcome { state.withLock { $0.outcome } }

    /// To be asked to end in order, once it has died as often as it is to.
    func stop() { state.withLock { $0.isToStop = true } }

    /// Blocks its thread until it has died as planned, is told to stop, and has stopped.
    func run(_ plans: [Plan], _ pace: Pace) throws {
        var plans = plans[...]
        // What a process was seen to answer, from which the next one's visits are reckoned.
        var answersPerSecond = 10.0
        while true {
            let plan = plans.first
            let visit = plan.map { visits(until: $0, pace, answersPerSecond) } ?? 0
            var environment = environment
            if case .at(let point)? = plan?.death { environment["CONTATTO_CRASH_AT"] = "\(point.rawValue):\(visit)" }
            let child = try start(environment)
            let (began, answered) = (ContinuousClock.now, poster().answered)
            let reading = DispatchGroup()
            DispatchQueue(label: "trial.listening").async(group: reading) { self.listen(to: child, since: began) }
            let isShot = watch(child, plan, pace)
            reading.wait()
            let end = child.wait()
            let unacknowledged = poster().unacknowledged
            let lasted = (ContinuousClock.now - began) / .seconds(1)
            if lasted > 1 { answersPerSecond = max(2, Double(poster().answered - answered) / lasted) }

            switch (end, plan?.death) {
            case (.signalled(9), .at(let point)?):
                note(Kill(point: point, visit: visit, unacknowledged: unacknowledged))
                plans = plans.dropFirst()
            case (.signalled(9), .anywhere?) where isShot:
                note(Kill(point: nil, visit: 0, unacknowledged: unacknowledged))
                plans = plans.dropFirst()
            case (.exited(75), _), (.exited(69), _):
                state.withLock { $0.outcome.gaveUp += 1 }
                Thread.sleep(forTimeInterval: 0.1)
            case (.exited(0), nil) where state.withLock({ $0.isToStop }): return
            default:
                let faults = state.withLock { state in
                    state.outcome.faults.append("a server ended with \(end), which nothing had planned")
                    return state.outcome.faults.count
                }
                if faults > 5 { throw TrialFailure("the server ends by itself: \(end); see \(errors)") }
            }
        }
    }

    private func start(_ environment: [String: String]) throws -> Child {
        let child = try Child(program, arguments, environment: environment, errors: errors)
        child.closeInput()
        state.withLock { state in
            state.isListening = false
            state.outcome.runs += 1
        }
        return child
    }

    private func listen(to child: Child, since began: ContinuousClock.Instant) {
        child.readLines { line in
            let text = String(decoding: line, as: UTF8.self)
            state.withLock { state in
                guard !state.isListening, text == "listening http://127.0.0.1:\(port)" else {
                    return state.outcome.faults.append("a server wrote: \(text)")
                }
                state.isListening = true
                state.outcome.slowestStart = max(state.outcome.slowestStart, .now - began)
            }
        }
    }

    /// Waits for its end; true if it was killed from here.
    private func watch(_ child: Child, _ plan: Plan?, _ pace: Pace) -> Bool {
        var isAsked = false
        var asked = ContinuousClock.now
        while !child.hasEnded {
            let (isListening, isToStop) = state.withLock { ($0.isListening, $0.isToStop) }
            if case .anywhere? = plan?.death, let due = plan?.due, pace.start + due < .now, isListening {
                // Not at the beat of what is sent.
                Thread.sleep(forTimeInterval: Double.random(in: 0...0.3))
                return child.kill()
            }
            if plan == nil, isToStop, isListening, !isAsked {
                isAsked = child.terminate()
                asked = .now
            }
            Thread.sleep(forTimeInterval: 0.005)
        }
        if isAsked { state.withLock { $0.outcome.stopped = .now - asked } }
        return false
    }

    /// How often a process comes to a point until its time: rather early, since what does not come is waited for.
    private func visits(until plan: Plan, _ pace: Pace, _ answersPerSecond: Double) -> Int {
        let left = max(0, (plan.due - pace.elapsed) / .seconds(1))
        return max(1, Int(left * answersPerSecond * Double.random(in: 0.6...0.9)) + Int.random(in: 0...5))
    }

    private func note(_ kill: Kill) {
        state.withLock { state in
            state.outcome.kills.append(kill)
            state.owed -= 1
        }
    }
}
