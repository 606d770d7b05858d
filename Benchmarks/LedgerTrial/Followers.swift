internal import Foundation
internal import Storage
internal import Synchronization

/// The places where `contatto connect` runs for one source, as many as there are workers: whoever holds the source dies as
/// planned, and is started again to wait its turn.
final class Followers: Sendable {
    struct Outcome: Sendable {
        /// nil = by our signal.
        var kills: [CrashPoint?] = []
        var runs = 0
        /// Ends with the status that asks to be started again, as while the database was away.
        var gaveUp = 0
        /// Times that one was told that the source is its own now.
        var takings = 0
        var slowestStop = Duration.zero
        var faults: [String] = []
    }

    private struct State {
        var plans: [Plan.Death]
        var isToStop = false
        var outcome = Outcome()
    }

    private let program: String
    private let source: String
    private let options: [String]
    private let database: String
    private let environment: [String: String]
    private let errors: String
    private let mostVisits: Int
    private let owed: Int
    private let state: Mutex<State>

    /// Nothing is started yet. `options` are those of every worker, beside `database`; `plans` how each holder is to die, in
    /// their order, at a named point when it comes there for at most the `mostVisits`th time.
    init(
        _ program: String, source: String, _ options: [String], database: String, environment: [String: String],
        errors: String, plans: [Plan.Death], mostVisits: Int
    ) {
        self.program = program
        self.source = source
        self.options = options
        self.database = database
        self.environment = environment
        self.errors = errors
        self.mostVisits = max(1, mostVisits)
        owed = plans.count
        state = Mutex(State(plans: plans))
    }

    var outcome: Outcome { state.withLock { $0.outcome } }
    /// Deaths that are still to come.
    var left: Int { state.withLock { owed - $0.outcome.kills.count } }
    /// To be asked to end in order.
    func stop() { state.withLock { $0.isToStop = true } }

    /// One worker's place. Blocks its thread until it is told to stop, and has stopped.
    func run(_ place: Int) throws {
        var run = 0
        while true {
            run += 1
            let death = state.withLock { state in
                state.outcome.runs += 1
                return state.plans.isEmpty ? nil : state.plans.removeFirst()
            }
            var environment = environment
            if case .at(let point)? = death {
                environment["CONTATTO_CRASH_AT"] = "\(point.rawValue):\(Int.random(in: 1...mostVisits))"
            }
            // The name under which the database knows it.
            let database = "\(database) application_name=worker-\(place)-\(run)"
            let child = try Child(
                program, ["connect", source, "--database", database] + options, environment: environment,
                errors: errors)
            child.closeInput()
            let hasTaken = Mutex(false)
            let reading = DispatchGroup()
            DispatchQueue(label: "trial.following").async(group: reading) {
                child.readLines { line in self.hear(line, hasTaken) }
            }
            let (isShot, stopped) = watch(child, death, hasTaken)
            reading.wait()
            let end = child.wait()
            switch (end, death) {
            case (.signalled(9), .at(let point)?): note(point)
            case (.signalled(9), .anywhere?) where isShot: note(nil)
            case (.exited(0), _) where stopped != nil:
                let isToStop = state.withLock { state in
                    state.outcome.slowestStop = max(state.outcome.slowestStop, stopped ?? .zero)
                    return state.isToStop
                }
                if isToStop { return }
            case (.exited(75), _), (.exited(69), _):
                state.withLock { state in
                    state.outcome.gaveUp += 1
                    if let death { state.plans.insert(death, at: 0) }
                }
                Thread.sleep(forTimeInterval: 0.2)
            default:
                let faults = state.withLock { state in
                    state.outcome.faults.append("a worker ended with \(end), which nothing had planned")
                    if let death { state.plans.insert(death, at: 0) }
                    return state.outcome.faults.count
                }
                if faults > 5 { throw TrialFailure("the worker ends by itself: \(end); see \(errors)") }
            }
        }
    }

    private func hear(_ line: [UInt8], _ hasTaken: borrowing Mutex<Bool>) {
        let text = String(decoding: line, as: UTF8.self)
        state.withLock { state in
            guard text == "following \(source)" else { return state.outcome.faults.append("a worker wrote: \(text)") }
            state.outcome.takings += 1
        }
        hasTaken.withLock { $0 = true }
    }

    /// Waits for its end: whether it was killed from here, or how long it took to stop when it was asked to.
    private func watch(
        _ child: Child, _ death: Plan.Death?, _ hasTaken: borrowing Mutex<Bool>
    ) -> (isShot: Bool, stopped: Duration?) {
        var asked: ContinuousClock.Instant?
        while !child.hasEnded {
            if case .anywhere? = death, hasTaken.withLock({ $0 }) {
                Thread.sleep(forTimeInterval: Double.random(in: 0...3))
                return (child.kill(), nil)
            }
            // One that has the source and is not to die hands it over to one that is.
            let isInTheWay = death == nil && left > 0 && hasTaken.withLock { $0 }
            if asked == nil, isInTheWay || state.withLock({ $0.isToStop }), child.terminate() { asked = .now }
            Thread.sleep(forTimeInterval: 0.005)
        }
        return (false, asked.map { .now - $0 })
    }

    private func note(_ kill: CrashPoint?) { state.withLock { $0.outcome.kills.append(kill) } }
}
