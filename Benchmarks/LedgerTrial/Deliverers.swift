internal import Foundation
internal import Synchronization

/// The places where `contatto deliver` runs: whoever is killed is started anew at once.
final class Deliverers: Sendable {
    struct Kill: Sendable {
        let worker: String
        /// Seconds since 1970.
        let at: Double
    }

    private struct State {
        var children: [String: Child] = [:]
        var shot: Set<String> = []
        var isToStop = false
        var runs = 0
        var kills: [Kill] = []
        var faults: [String] = []
    }

    private let program: String
    private let database: String
    private let environment: [String: String]
    private let errors: String
    private let state = Mutex(State())

    init(_ program: String, database: String, environment: [String: String], errors: String) {
        self.program = program
        self.database = database
        self.environment = environment
        self.errors = errors
    }

    var kills: [Kill] { state.withLock { $0.kills } }
    var runs: Int { state.withLock { $0.runs } }
    var faults: [String] { state.withLock { $0.faults } }

    /// One worker's place. Blocks its thread until it is told to stop, and has stopped.
    func run(_ place: Int) throws {
        while true {
            // The name under which the database knows it.
            let worker = state.withLock { state in
                state.runs += 1
                return "deliverer-\(place)-\(state.runs)"
            }
            let child = try Child(
                program, ["deliver", "--database", "\(database) application_name=\(worker)"], environment: environment,
                errors: errors)
            child.closeInput()
            let isLate = state.withLock { state in
                state.children[worker] = child
                return state.isToStop
            }
            if isLate { child.terminate() }
            child.readLines { line in
                let text = String(decoding: line, as: UTF8.self)
                if text != "delivering" { state.withLock { $0.faults.append("a worker wrote: \(text)") } }
            }
            let end = child.wait()
            let (wasShot, isToStop) = state.withLock { state in
                state.children[worker] = nil
                return (state.shot.contains(worker), state.isToStop)
            }
            if end == .signalled(9), wasShot { continue }
            if isToStop, end == .exited(0) { return }
            let faults = state.withLock { state in
                state.faults.append("a worker ended with \(end), which nothing had planned")
                return state.faults.count
            }
            if isToStop { return }
            if faults > 5 { throw TrialFailure("the workers end by themselves: \(end); see \(errors)") }
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    /// SIGKILL to the one of this name, or to any where there is none.
    func kill(_ worker: String?) {
        state.withLock { state in
            let named = worker.flatMap { state.children[$0] == nil ? nil : $0 }
            guard let name = named ?? state.children.keys.randomElement(), let child = state.children[name] else {
                return
            }
            let now = Date().timeIntervalSince1970
            guard child.kill() else { return }
            state.shot.insert(name)
            state.kills.append(Kill(worker: name, at: now))
        }
    }

    /// Asks all of them to end in order.
    func stop() {
        state.withLock { state in
            state.isToStop = true
            for child in state.children.values { child.terminate() }
        }
    }
}
