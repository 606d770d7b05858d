internal import ContactTesting
internal import Foundation
internal import Synchronization

/// Somebody who follows the changes as server-sent events, breaks off at random, and goes on after the last he had.
final class StreamReader: Sendable {
    private struct State {
        var hearing: Hearing
        var connections = 0
        var end: Int64?
        var isStopping = false
    }

    private let port: Int
    private let key: String
    private let state: Mutex<State>

    init(_ name: String, port: Int, key: String) {
        self.port = port
        self.key = key
        state = Mutex(State(hearing: Hearing(name: name, way: .stream)))
    }

    var hearing: Hearing { state.withLock { $0.hearing } }
    var connections: Int { state.withLock { $0.connections } }
    /// The last position there will be.
    func end(at position: Int64) { state.withLock { $0.end = position } }
    func stop() { state.withLock { $0.isStopping = true } }

    /// Whether the last was told.
    var isThrough: Bool {
        state.withLock { state in state.end.map { state.hearing.told.last?.sequence ?? 0 >= $0 } ?? false }
    }

    /// Blocks its thread until the end was told, or it is told to stop.
    func run() {
        var last: String?
        while !isThrough, !state.withLock({ $0.isStopping }) {
            guard let wire = Wire.connect(port: port) else {
                Thread.sleep(forTimeInterval: 0.05)
                continue
            }
            state.withLock { $0.connections += 1 }
            let place = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
            wire.send(
                Array(
                    """
                    GET /v1/changes?after=oldest HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(key)\r\n\
                    Accept: text/event-stream\r\n\(place)\r\n
                    """.utf8))
            follow(wire, &last)
            if Bool.random() { Thread.sleep(forTimeInterval: Double.random(in: 0...0.5)) }
        }
    }

    /// Until it breaks off; what was not read to its blank line was not told.
    private func follow(_ wire: Wire, _ last: inout String?) {
        var parser = HTTPReply.Parser()
        var text: [UInt8] = []
        var left = Int.random(in: 1...2000)
        let deadline = ContinuousClock.now + .milliseconds(Int.random(in: 100...4000))
        while .now < deadline, !isThrough, !state.withLock({ $0.isStopping }) {
            guard let bytes = wire.receive(within: 50) else { continue }
            guard !bytes.isEmpty else { return }
            parser.take(bytes) { text += $0 }
            if parser.reply.status != 0, parser.reply.status != 200 {
                return note("answered \(parser.reply.status): \(parser.reply.text.prefix(200))")
            }
            if let fault = parser.fault { return note(fault) }
            var start = 0
            while let end = text[start...].firstRange(of: [10, 10]) {
                take(text[start..<end.lowerBound], &last)
                start = end.upperBound
                left -= 1
                if left == 0 { return }
            }
            text.removeFirst(start)
        }
    }

    private func take(_ block: ArraySlice<UInt8>, _ last: inout String?) {
        var fields: [Substring: Substring] = [:]
        let text = String(decoding: block, as: UTF8.self)
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
        }
        guard let data = fields["data"] else { return }
        do {
            let told = try Told(Array(data.utf8))
            let id = fields["id"].map(String.init) ?? ""
            // `epoch.position` here, `epoch-position` there.
            if id.replacing(".", with: "-") != told.id || fields["event"] ?? "" != told.type {
                note("the event \(told.id) came as \(id) of \(fields["event"] ?? "no type")")
            }
            last = id
            state.withLock { $0.hearing.told.append(told) }
        } catch {
            note("\(error)")
        }
    }

    private func note(_ fault: String) { state.withLock { $0.hearing.faults.append(fault) } }
}
