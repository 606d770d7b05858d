internal import ContactTesting
internal import Foundation
internal import Synchronization

/// Somebody who says who is who, and takes it back again: so that profiles are merged and split.
final class Decider: Sendable {
    struct Outcome: Sendable {
        var same = 0
        var notSame = 0
        var revoked = 0
        /// What could not be decided as it stood by then.
        var refused = 0
        var faults: [String] = []
    }

    private struct State {
        var outcome = Outcome()
        var isToStop = false
    }

    private let port: Int
    private let key: String
    private let state = Mutex(State())

    init(port: Int, key: String) {
        self.port = port
        self.key = key
    }

    var outcome: Outcome { state.withLock { $0.outcome } }
    func stop() { state.withLock { $0.isToStop = true } }

    /// Blocks its thread until it is told to stop. `told` is what somebody knows so far.
    func run(_ told: () -> [Told]) throws {
        let connection = try HTTPConnection(port: port)
        var made: [String] = []
        while !state.withLock({ $0.isToStop }) {
            Thread.sleep(forTimeInterval: Double.random(in: 0.05...0.4))
            if made.count > 4, Int.random(in: 0..<3) == 0 {
                let id = made.remove(at: Int.random(in: made.indices))
                let reply = try connection.send("DELETE", "/v1/decisions/\(id)", fields, nil)
                note(reply) { $0.revoked += 1 }
                continue
            }
            let known = told().suffix(3000)
            let isSame = Bool.random()
            guard let body = isSame ? Self.same(known) : Self.notSame(known) else { continue }
            let reply = try connection.send("POST", "/v1/decisions", fields, .whole(Array(body.utf8)))
            note(reply) { outcome in if isSame { outcome.same += 1 } else { outcome.notSame += 1 } }
            let answer = try? JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]  // else: refused
            if reply.status < 300, let id = answer?["decision"] as? String { made.append(id) }
        }
    }

    private var fields: [(name: String, value: String)] {
        [("Authorization", "Bearer \(key)"), ("Content-Type", "application/json")]
    }

    /// Two profiles that are one.
    private static func same(_ told: ArraySlice<Told>) -> String? {
        guard let one = told.randomElement()?.key, let other = told.randomElement()?.key, one != other else {
            return nil
        }
        return #"{"kind":"same","profiles":["\#(one)","\#(other)"],"why":"the trial says so"}"#
    }

    /// Two facets of one profile that are of two.
    private static func notSame(_ told: ArraySlice<Told>) -> String? {
        var facets: [String: Set<String>] = [:]
        for one in told {
            guard let key = one.key, let facet = one.facet else { continue }
            facets["\(key)", default: []].insert("\(facet)")
        }
        guard let pair = facets.values.filter({ $0.count > 1 }).randomElement()?.shuffled().prefix(2) else {
            return nil
        }
        return #"{"kind":"not_same","left":["\#(pair[0])"],"right":["\#(pair[1])"],"why":"the trial says so"}"#
    }

    private func note(_ reply: HTTPReply, _ change: (inout Outcome) -> Void) {
        state.withLock { state in
            switch reply.status {
            case 200..<300: change(&state.outcome)
            case 404, 409: state.outcome.refused += 1
            default: state.outcome.faults.append("\(reply.status) to a decision: \(reply.text.prefix(300))")
            }
        }
    }
}
