internal import Contact
internal import Delivery
internal import Foundation
internal import Synchronization

/// An endpoint of webhooks: it checks the signature, takes the event, and answers in its manner.
final class Receiver: Sendable {
    enum Manner: String, Sendable, CaseIterable {
        case good, slow, failing, late, disappearing
    }

    private struct State {
        var hearing: Hearing
        var secret = ""
        var requests = 0
        var isMended = false
        var isStopping = false
        var wires: [ObjectIdentifier: Wire] = [:]
        /// The profile that nothing is taken of for so many tries, chosen once so many events were taken.
        var stubborn: (key: String, left: Int)?
    }

    /// What is done with one request.
    private struct Answer {
        var takes = true
        var pause = 0.0
        /// nil = the connection is broken instead.
        var status: Int?
    }

    let manner: Manner
    let port: Int
    private let state: Mutex<State>

    init(_ manner: Manner) throws {
        self.manner = manner
        port = try Served.freePort()
        state = Mutex(State(hearing: Hearing(name: manner.rawValue, way: .webhook)))
    }

    var url: String { "http://127.0.0.1:\(port)/\(manner.rawValue)" }
    var hearing: Hearing { state.withLock { $0.hearing } }
    var requests: Int { state.withLock { $0.requests } }

    /// What signatures are checked with.
    func trust(_ secret: String) { state.withLock { $0.secret = secret } }
    /// From now on it fails seldom, and goes away no more.
    func mend() { state.withLock { $0.isMended = true } }
    func stop() { state.withLock { $0.isStopping = true } }

    /// Blocks its thread until it is told to stop.
    func run() throws {
        while !state.withLock({ $0.isStopping }) {
            var listener: WireListener? = try WireListener(port: port)
            let end = ContinuousClock.now + .milliseconds(Int.random(in: 3000...8000))
            while !state.withLock({ $0.isStopping }), !isAway(after: end) {
                guard let wire = listener?.accept(within: 100) else { continue }
                state.withLock { $0.wires[ObjectIdentifier(wire)] = wire }
                Thread.detachNewThread { self.serve(wire) }
            }
            listener = nil
            for wire in state.withLock({ Array($0.wires.values) }) { wire.cut() }
            if !state.withLock({ $0.isStopping }) { Thread.sleep(forTimeInterval: Double.random(in: 1...3)) }
        }
    }

    private func isAway(after end: ContinuousClock.Instant) -> Bool {
        manner == .disappearing && .now > end && !state.withLock { $0.isMended }
    }

    private func serve(_ wire: Wire) {
        defer { state.withLock { $0.wires[ObjectIdentifier(wire)] = nil } }
        var bytes: [UInt8] = []
        while !state.withLock({ $0.isStopping }) {
            guard let piece = wire.receive(within: 200) else { continue }
            guard !piece.isEmpty else { return }
            bytes += piece
            while let request = Request(takenFrom: &bytes) {
                let answer = take(request)
                if answer.pause > 0 { Thread.sleep(forTimeInterval: answer.pause) }
                guard let status = answer.status else { return wire.reset() }
                let retry = status == 429 ? "Retry-After: 1\r\n" : ""
                guard wire.send(Array("HTTP/1.1 \(status) Said\r\n\(retry)Content-Length: 0\r\n\r\n".utf8)) else {
                    return
                }
            }
        }
    }

    private func take(_ request: Request) -> Answer {
        let told = Result { try Told(request.body) }
        return state.withLock { state in
            state.requests += 1
            do throws(any Error) {
                let told = try told.get()
                if let fault = try request.fault(secret: state.secret, id: told.id) {
                    state.hearing.faults.append(fault)
                }
                let answer = answer(told, &state)
                if answer.takes { state.hearing.told.append(told) }
                return answer
            } catch {
                state.hearing.faults.append("\(error)")
                return Answer(takes: false, status: 400)
            }
        }
    }

    private func answer(_ told: Told, _ state: inout State) -> Answer {
        let chance = Double.random(in: 0..<1)
        switch manner {
        case .good: return Answer(status: 204)
        case .slow: return Answer(pause: Double.random(in: 0.05...0.1), status: 204)
        case .failing:
            let key = told.key?.description ?? ""
            if state.stubborn == nil, state.hearing.told.count > 60 { state.stubborn = (key, 9) }
            if let stubborn = state.stubborn, stubborn.key == key, stubborn.left > 0 {
                state.stubborn?.left -= 1
                return Answer(takes: false, status: 500)
            }
            if chance < (state.isMended ? 0.02 : 1 / 3) { return Answer(takes: false, status: 500) }
            return chance > 0.998 ? Answer(takes: false, status: 429) : Answer(status: 200)
        case .late: return Answer(pause: chance < (state.isMended ? 0.05 : 0.25) ? 0.5 : 0, status: 200)
        case .disappearing:
            // Half of them broke after the event was taken.
            return chance < 0.04 ? Answer(takes: chance < 0.02, status: nil) : Answer(status: 202)
        }
    }
}

/// One request as it came.
private struct Request {
    private var fields: [String: String] = [:]
    let body: [UInt8]

    /// Takes a whole one off what has come; nil while there is none.
    init?(takenFrom bytes: inout [UInt8]) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        for line in String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields[line[..<colon].lowercased()] = String(value)
        }
        let length = fields["content-length"].flatMap { Int($0) } ?? 0
        guard bytes.count >= end.upperBound + length else { return nil }
        body = Array(bytes[end.upperBound..<(end.upperBound + length)])
        bytes.removeFirst(end.upperBound + length)
    }

    /// Why its receiver would not believe it.
    func fault(secret: String, id: String) throws -> String? {
        guard fields["content-type"]?.hasPrefix("application/cloudevents+json") ?? false else {
            return "of type \(fields["content-type"] ?? "none")"
        }
        let named = fields[WebhookSignature.idField] ?? ""
        guard named == id else { return "the webhook \(named) holds the event \(id)" }
        let doubt = try WebhookSignature.verify(
            id: named, timestamp: fields[WebhookSignature.timestampField] ?? "", body: body,
            signatures: fields[WebhookSignature.signatureField] ?? "", keys: [secret],
            now: Int64(Date().timeIntervalSince1970))
        return doubt.map { "the webhook \(named) is not believed: \($0)" }
    }
}
