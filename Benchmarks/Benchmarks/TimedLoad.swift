internal import Foundation
internal import GroundTruth
internal import Synchronization

/// Requests of one kind, sent for some time over several connections, each with a thread of its own: each connection
/// sends the next one when the answer to the last is there, or, where a rate is given, at moments that were fixed
/// before (an open loop: what comes late is counted from when it was due).
struct TimedLoad: Sendable {
    struct Outcome: Sendable {
        var latencies = Latencies([])
        var seconds = 0.0

        var perSecond: Double { Double(latencies.count) / max(seconds, 1e-9) }
        var told: String {
            "\(Spread.rounded(perSecond, digits: 0))/s, median \(Latencies.text(latencies.median)), "
                + "99% \(Latencies.text(latencies.at(0.99)))"
        }
    }

    let port: Int
    let connections: Int
    /// A second, over all connections; nil = as fast as it goes.
    var rate: Double?
    /// The request of a number, which no two of a run share; each must be answered with 200.
    let request: @Sendable (Int) -> [UInt8]

    /// Starts it. What is asked in the first `warming` seconds is not counted.
    func start(for seconds: Double, warming: Double = 1) -> Running {
        let running = Running(connections)
        let begun = ContinuousClock.now
        let (from, until) = (begun + .seconds(warming), begun + .seconds(warming + seconds))
        for connection in 0..<connections {
            Thread {
                running.end(Result { try ask(connection, begun, from, until) }, seconds)
            }.start()
        }
        return running
    }

    func run(for seconds: Double, warming: Double = 1) throws -> Outcome {
        try start(for: seconds, warming: warming).outcome()
    }

    /// The times of those that were sent, or due, and answered between two moments.
    private func ask(
        _ number: Int, _ begun: ContinuousClock.Instant, _ from: ContinuousClock.Instant,
        _ until: ContinuousClock.Instant
    ) throws -> [Double] {
        let connection = try HTTPLoad.Connection(port: port)
        var times: [Double] = []
        var next = number
        let between = rate.map { Duration.seconds(Double(connections) / $0) }
        // They do not all begin at once.
        var due = begun + (between ?? .zero) * Double(number) / Double(connections)
        while true {
            if between != nil {
                let pause = ContinuousClock.now.duration(to: due)
                if pause > .zero { Thread.sleep(forTimeInterval: pause.inSeconds) }
            } else {
                due = .now
            }
            guard due < until, ContinuousClock.now < until else { return times }
            guard try connection.ask(request(next)) else {
                throw HubProcess.Unexpected("the hub told a measured request to come again")
            }
            let now = ContinuousClock.now
            if due >= from, now <= until { times.append(due.duration(to: now) / .milliseconds(1)) }
            next += connections
            if let between { due += between }
        }
    }

    final class Running: Sendable {
        private let group = DispatchGroup()
        private let found = Mutex<(times: [Double], seconds: Double, failure: (any Error)?)>(([], 0, nil))

        fileprivate init(_ connections: Int) { for _ in 0..<connections { group.enter() } }

        fileprivate func end(_ result: Result<[Double], any Error>, _ seconds: Double) {
            found.withLock { found in
                found.seconds = seconds
                switch result {
                case .success(let times): found.times += times
                case .failure(let error): found.failure = error
                }
            }
            group.leave()
        }

        /// Waits for its end.
        func outcome() throws -> Outcome {
            group.wait()
            let (times, seconds, failure) = found.withLock { $0 }
            if let failure { throw failure }
            return Outcome(latencies: Latencies(times), seconds: seconds)
        }
    }
}

/// Whether two kinds of requests are told apart by how long their answers take.
enum TimingOracle {
    /// Asks for `calls` answers one after the other over one connection, of each kind in a random order, and returns
    /// the probability that one of the first kind takes longer than one of the second (AUC); 0.5 = nothing is told.
    static func area(
        port: Int, calls: Int, seed: UInt64, _ first: (Int) -> [UInt8], _ second: (Int) -> [UInt8]
    ) throws -> Double {
        let connection = try HTTPLoad.Connection(port: port)
        var random = SplitMix64(seed: seed)
        var times: [[Double]] = [[], []]
        for number in 0..<calls {
            let kind = Int.random(in: 0...1, using: &random)
            let request = kind == 0 ? first(number) : second(number)
            let begun = ContinuousClock.now
            let status = try connection.status(request)
            let took = begun.duration(to: .now) / .milliseconds(1)
            guard status < 500, status != 429 else {
                throw HubProcess.Unexpected("the hub answered \(status) to a request whose time is taken")
            }
            times[kind].append(took)
        }
        return area(times[0], times[1])
    }

    /// The area under the curve, from the sum of ranks (Mann and Whitney 1947); ties count half.
    static func area(_ first: [Double], _ second: [Double]) -> Double {
        guard !first.isEmpty, !second.isEmpty else { return 0.5 }
        let all = (first.map { ($0, true) } + second.map { ($0, false) }).sorted { $0.0 < $1.0 }
        var sum = 0.0
        var place = 0
        while place < all.count {
            var end = place
            while end < all.count, all[end].0 == all[place].0 { end += 1 }
            // Ranks count from one; equal times share the middle of theirs.
            let rank = Double(place + end + 1) / 2
            sum += rank * Double(all[place..<end].count(where: { $0.1 }))
            place = end
        }
        let count = Double(first.count)
        return (sum - count * (count + 1) / 2) / (count * Double(second.count))
    }
}
