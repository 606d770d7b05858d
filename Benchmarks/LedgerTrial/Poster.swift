internal import ContactTesting
internal import Foundation
internal import Synchronization

/// Those who post to one server, over connections they keep: each parcel at its time, and again whatever of it was not
/// acknowledged, until it is.
final class Poster: Sendable {
    struct Outcome: Sendable {
        var requests = 0
        var connections = 0
        var sent = 0
        /// Connections that broke before the answer's end, or were not to be had.
        var broken = 0
        /// Answers that asked to come again: 429 and 503.
        var unavailable = 0
        /// Other answers of the server's fault.
        var failed = 0
        /// Lines sent again, not having been acknowledged.
        var sentAgain = 0
        /// Uploads of which a part was acknowledged before they broke off.
        var partly = 0
        /// Lines sent once more, though acknowledged, only to bring a process to the point where it is to die.
        var replayed = 0
        var accepted = 0
        var known = 0
        var refused = 0
        /// The longest that a parcel was first sent behind its time, and how many lines were more than a second.
        var latest = Duration.zero
        var late = 0
        var faults: [String] = []
        var unacknowledged = 0
    }

    private struct State {
        var next = 0
        /// Lines of requests under way that are not acknowledged.
        var open = 0
        /// Requests answered with 200.
        var answered = 0
        var outcome = Outcome()
    }

    /// A parcel that is not taken for so long after the end is given up.
    private static let patience: Duration = .seconds(180)

    private let port: Int
    private let key: String
    private let lines: [[UInt8]]
    private let parcels: [Parcel]
    private let state = Mutex(State())

    init(port: Int, key: String, lines: [[UInt8]], parcels: [Parcel]) {
        self.port = port
        self.key = key
        self.lines = lines
        self.parcels = parcels
    }

    var outcome: Outcome { state.withLock { $0.outcome } }
    var unacknowledged: Int { state.withLock { $0.open } }
    var answered: Int { state.withLock { $0.answered } }

    /// One client; several are called at once. Blocks its thread until all is acknowledged, and then posts what is known
    /// already for as long as a process `isOwed` its death.
    func post(_ pace: Pace, isOwed: () -> Bool) {
        var connection: HTTPConnection?
        let deadline = pace.start + (parcels.last?.due ?? .zero) + Self.patience
        while let parcel = take() {
            let wait = pace.start + parcel.due - .now
            if wait > .zero { Thread.sleep(forTimeInterval: wait / .seconds(1)) }
            late(by: .now - (pace.start + parcel.due), parcel.lines.count)
            deliver(parcel, &connection, before: deadline, isReplay: false)
        }
        while isOwed(), .now < deadline, let parcel = parcels.randomElement() {
            deliver(parcel, &connection, before: deadline, isReplay: true)
        }
    }

    private func take() -> Parcel? {
        state.withLock { state in
            guard state.next < parcels.count else { return nil }
            state.next += 1
            return parcels[state.next - 1]
        }
    }

    private func deliver(
        _ parcel: Parcel, _ connection: inout HTTPConnection?, before deadline: ContinuousClock.Instant, isReplay: Bool
    ) {
        var left = lines[parcel.lines]
        state.withLock { state in
            state.open += left.count
            if isReplay { state.outcome.replayed += left.count } else { state.outcome.sent += left.count }
        }
        var isFirst = true
        while !left.isEmpty {
            guard .now < deadline else {
                return state.withLock { state in
                    state.outcome.unacknowledged += left.count
                    state.open -= left.count
                }
            }
            if !isFirst { state.withLock { $0.outcome.sentAgain += left.count } }
            isFirst = false
            let pause = attempt(parcel, &left, &connection)
            if connection?.isOpen == false { connection = nil }
            if !left.isEmpty { Thread.sleep(forTimeInterval: pause / .seconds(1)) }
        }
    }

    /// Sends what is left of it once and takes off what is acknowledged; returns how long to wait before the next time.
    private func attempt(
        _ parcel: Parcel, _ left: inout ArraySlice<[UInt8]>, _ connection: inout HTTPConnection?
    ) -> Duration {
        let before = left.count
        var acknowledged = Acknowledged(byLine: parcel.form.isAcknowledgedByLine)
        defer { settle(acknowledged, before, &left) }
        do throws(HTTPConnection.Failure) {
            let open: HTTPConnection
            if let connection { open = connection } else { open = try connect() }
            connection = open
            state.withLock { $0.outcome.requests += 1 }
            let fields = [("Authorization", "Bearer \(key)"), ("Content-Type", parcel.form.contentType)]
            let reply = try open.send("POST", "/v1/interactions", fields, parcel.body(left)) { acknowledged.take($0) }
            switch reply.status {
            case 200:
                acknowledged.end()
                note { $0.answered += 1 }
                guard acknowledged.problem != nil else { return .milliseconds(20) }
                note { $0.outcome.failed += 1 }
                return .milliseconds(500)
            case 429, 503:
                note { $0.outcome.unavailable += 1 }
                return reply.retryAfter.map { .seconds($0) } ?? .milliseconds(200)
            case 500...:
                note { $0.outcome.failed += 1 }
                return .milliseconds(200)
            default:
                note {
                    $0.outcome.faults.append("\(reply.status) to a parcel of \(before): \(reply.text.prefix(300))")
                }
                return .seconds(1)
            }
        } catch {
            connection = nil
            if case .connection = error {
                note { $0.outcome.broken += 1 }
            } else {
                note { $0.outcome.faults.append("\(error)") }
            }
            return .milliseconds(100)
        }
    }

    private func connect() throws(HTTPConnection.Failure) -> HTTPConnection {
        let connection = try HTTPConnection(port: port)
        state.withLock { $0.outcome.connections += 1 }
        return connection
    }

    private func settle(_ acknowledged: Acknowledged, _ before: Int, _ left: inout ArraySlice<[UInt8]>) {
        left = left.dropFirst(acknowledged.count)
        let count = before - left.count
        state.withLock { state in
            state.open -= count
            state.outcome.accepted += acknowledged.accepted
            state.outcome.known += acknowledged.known
            state.outcome.refused += acknowledged.refused
            if count > 0, count < before { state.outcome.partly += 1 }
            if acknowledged.count > before {
                state.outcome.faults.append("\(acknowledged.count) of \(before) lines were acknowledged")
            }
            state.outcome.faults += acknowledged.faults
        }
    }

    private func note(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    private func late(by delay: Duration, _ count: Int) {
        state.withLock { state in
            state.outcome.latest = max(state.outcome.latest, delay)
            if delay > .seconds(1) { state.outcome.late += count }
        }
    }
}

/// What an answer, as far as it came, says is durable.
struct Acknowledged {
    private(set) var accepted = 0
    private(set) var known = 0
    private(set) var refused = 0
    private(set) var faults: [String] = []
    /// That the server broke off in the middle, and why.
    private(set) var problem: String?
    private let isByLine: Bool
    private var rest: [UInt8] = []

    init(byLine: Bool) { isByLine = byLine }

    var count: Int { accepted + known + refused }

    mutating func take(_ bytes: [UInt8]) {
        rest += bytes
        guard isByLine else { return }
        while let end = rest.firstIndex(of: 10) {
            read(Array(rest[..<end]))
            rest.removeFirst(end + 1)
        }
    }

    /// A whole answer of 200 has come.
    mutating func end() {
        if !rest.isEmpty { read(rest) }
        rest = []
    }

    private mutating func read(_ text: [UInt8]) {
        // Whatever else a server writes there is its fault, and is told with the text itself.
        guard let answer = try? JSONSerialization.jsonObject(with: Data(text)) as? [String: Any] else {
            return faults.append("not an answer: \(String(decoding: text.prefix(300), as: UTF8.self))")
        }
        if let type = answer["type"] as? String {
            problem = type
            return
        }
        guard let accepted = answer["accepted"] as? Int, let known = answer["known"] as? Int,
            let refused = answer["refused"] as? [[String: Any]], let items = answer["items"] as? [Any]
        else { return faults.append("not a receipt: \(String(decoding: text.prefix(300), as: UTF8.self))") }
        self.accepted += accepted
        self.known += known
        self.refused += refused.count
        if items.count != accepted + known { faults.append("\(items.count) items of \(accepted + known)") }
        if let first = refused.first { faults.append("refused: \(first)") }
    }
}
