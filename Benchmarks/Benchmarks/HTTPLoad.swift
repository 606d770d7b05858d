internal import Foundation
internal import Synchronization

/// Requests sent to a server of this machine over several connections at once, each with a thread of its own that sends the next
/// one when the answer to the last is there.
enum HTTPLoad {
    struct Outcome {
        var answered = 0
        /// Told to come again (429, 503).
        var deferred = 0
        var seconds = 0.0
        /// Of one request, in milliseconds: the median and the 99th percentile.
        var median = 0.0
        var late = 0.0

        var perSecond: Double { Double(answered) / max(seconds, 1e-9) }

        /// Of several runs the latencies are those of the slowest.
        static func += (outcome: inout Outcome, more: Outcome) {
            outcome.answered += more.answered
            outcome.deferred += more.deferred
            outcome.seconds += more.seconds
            outcome.median = max(outcome.median, more.median)
            outcome.late = max(outcome.late, more.late)
        }
    }

    /// Sends each list of requests over a connection of its own; anything but a 200, a 429 or a 503 ends it. The clock runs
    /// from when all are connected.
    static func run(_ port: Int, _ requests: [[[UInt8]]]) throws -> Outcome {
        let results = Mutex<(times: [Double], deferred: Int, failure: (any Error)?)>(([], 0, nil))
        let clock = ContinuousClock()
        let group = DispatchGroup()
        let (connected, begin) = (DispatchGroup(), DispatchSemaphore(value: 0))
        for list in requests {
            group.enter()
            connected.enter()
            Thread {
                defer { group.leave() }
                do {
                    var times: [Double] = []
                    var deferred = 0
                    times.reserveCapacity(list.count)
                    let first = Result { try Connection(port: port) }
                    connected.leave()
                    begin.wait()
                    var connection = try first.get()
                    for request in list {
                        let begun = clock.now
                        // It comes again, as a library does, until it is taken; with an error the hub ends the connection.
                        while try !connection.ask(request) {
                            deferred += 1
                            Thread.sleep(forTimeInterval: 0.5)
                            connection = try Connection(port: port)
                        }
                        times.append((clock.now - begun) / .milliseconds(1))
                    }
                    results.withLock { results in
                        results.times += times
                        results.deferred += deferred
                    }
                } catch {
                    results.withLock { $0.failure = error }
                }
            }.start()
        }
        connected.wait()
        let start = clock.now
        for _ in requests { begin.signal() }
        group.wait()
        let seconds = start.duration(to: clock.now) / .seconds(1)
        let (times, deferred, failure) = results.withLock { ($0.times.sorted(), $0.deferred, $0.failure) }
        if let failure { throw failure }
        guard !times.isEmpty else { return Outcome() }
        return Outcome(
            answered: times.count, deferred: deferred, seconds: seconds, median: times[times.count / 2],
            late: times[min(times.count - 1, times.count * 99 / 100)])
    }

    /// A request with a body, as it goes over the wire.
    static func post(_ path: String, _ body: [UInt8]) -> [UInt8] {
        Array(
            "POST \(path) HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
                .utf8) + body
    }

    /// A question, as it goes over the wire.
    static func get(_ path: String, key: String) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(key)\r\n\r\n".utf8)
    }

    final class Connection {
        private static let taken = Array("HTTP/1.1 200".utf8)
        private let socket: LineSocket
        private var buffer = [UInt8](repeating: 0, count: 16_384)
        private var answer: [UInt8] = []

        init(port: Int) throws { socket = try LineSocket(port: port) }

        /// Whatever the answer is; its status.
        func status(_ request: [UInt8]) throws -> Int {
            try exchange(request)
            return Int(String(decoding: answer.prefix(12).suffix(3), as: UTF8.self)) ?? 0
        }

        /// False where it was told to come again.
        func ask(_ request: [UInt8]) throws -> Bool {
            try exchange(request)
            if answer.starts(with: Self.taken) { return true }
            let status = String(decoding: answer.prefix(12).suffix(3), as: UTF8.self)
            guard status == "429" || status == "503" else {
                throw HubProcess.Unexpected("the hub answered \(String(decoding: answer.prefix(400), as: UTF8.self))")
            }
            return false
        }

        private func exchange(_ request: [UInt8]) throws {
            try socket.write(request)
            answer.removeAll(keepingCapacity: true)
            while true {
                let count = try socket.read(into: &buffer)
                answer += buffer[..<count]
                if let end = end(), answer.count >= end { break }
            }
        }

        /// Where the answer ends, once its head is there.
        private func end() -> Int? {
            guard answer.count > 4 else { return nil }
            var place = 3
            while place < answer.count {
                if answer[place] == 10, answer[place - 2] == 10 {
                    let head = String(decoding: answer[..<place], as: UTF8.self).lowercased()
                    guard let field = head.range(of: "content-length: ") else { return place + 1 }
                    return place + 1 + (Int(head[field.upperBound...].prefix { $0.isNumber }) ?? 0)
                }
                place += 1
            }
            return nil
        }
    }
}
