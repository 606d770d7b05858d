internal import Contact
internal import Postgres

/// What the hub counts about itself, in the words of Prometheus. Labels are patterns and closed sets of words, never
/// ids or values: the number of series is bounded.
package final class Metrics: Sendable {
    package enum Counter: String, Sendable, CaseIterable {
        case requests = "contatto_http_requests_total"
        case items = "contatto_intake_items_total"
        case refused = "contatto_intake_refused_total"
        case hits = "contatto_hits_total"
        case cutOff = "contatto_http_connections_cut_off_total"

        var help: String {
            switch self {
            case .requests: "Requests answered, by route, method and status."
            case .items: "Interactions that came in, by outcome: accepted, known or refused."
            case .refused: "Interactions that were refused, by reason."
            case .hits: "What trackers reported and is no customer's, by kind."
            case .cutOff: "Connections the hub ended itself, by reason."
            }
        }

        var labels: [String] {
            switch self {
            case .requests: ["route", "method", "status"]
            case .items: ["outcome"]
            case .hits: ["kind"]
            case .refused, .cutOff: ["reason"]
            }
        }
    }

    /// Upper bounds of the buckets of contatto_http_request_seconds.
    private static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Histogram {
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count + 1)
        var sum = 0.0
    }

    private struct State {
        var counters: [Counter: [[String]: Int]] = [:]
        var seconds: [String: Histogram] = [:]
    }

    private let state = Monitor(State())

    package init() {}

    package func count(_ counter: Counter, _ labels: String..., by number: Int = 1) {
        state.withLock { $0.counters[counter, default: [:]][labels, default: 0] += number }
    }

    package func observe(_ duration: Duration, route: String) {
        let (whole, attoseconds) = duration.components
        let seconds = Double(whole) + Double(attoseconds) / 1e18
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock {
            $0.seconds[route, default: Histogram()].buckets[bucket] += 1
            $0.seconds[route, default: Histogram()].sum += seconds
        }
    }

    /// What became of a batch.
    func count(_ receipt: Receipt) {
        var accepted = 0
        var known = 0
        var refused: [RefusalReason: Int] = [:]
        for outcome in receipt.outcomes {
            switch outcome {
            case .accepted: accepted += 1
            case .known: known += 1
            case .refused(let refusal): refused[refusal.reason, default: 0] += 1
            }
        }
        if accepted > 0 { count(.items, "accepted", by: accepted) }
        if known > 0 { count(.items, "known", by: known) }
        for (reason, number) in refused {
            count(.items, "refused", by: number)
            count(.refused, reason.rawValue, by: number)
        }
    }

    /// A value that is read when it is asked for.
    package struct Reading: Sendable {
        let name: String
        let kind: String
        let help: String
        let values: [(labels: [(String, String)], value: String)]

        init(_ name: String, _ kind: String, _ help: String, _ values: [(labels: [(String, String)], value: String)]) {
            self.name = name
            self.kind = kind
            self.help = help
            self.values = values
        }
    }

    /// The text exposition format, version 0.0.4.
    package func text(_ readings: [Reading]) -> [UInt8] {
        let state = state.withLock { $0 }
        var text = ""
        for counter in Counter.allCases {
            Self.head(counter.rawValue, "counter", counter.help, &text)
            let series = (state.counters[counter] ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }
            for (labels, value) in series {
                Self.line(counter.rawValue, Array(zip(counter.labels, labels)), String(value), &text)
            }
        }
        Self.histograms(state.seconds, &text)
        for reading in readings {
            Self.head(reading.name, reading.kind, reading.help, &text)
            for (labels, value) in reading.values { Self.line(reading.name, labels, value, &text) }
        }
        return Array(text.utf8)
    }

    private static func histograms(_ histograms: [String: Histogram], _ text: inout String) {
        let name = "contatto_http_request_seconds"
        head(name, "histogram", "Seconds from a request's head to the end of its answer, by route.", &text)
        for (route, histogram) in histograms.sorted(by: { $0.key < $1.key }) {
            var total = 0
            for (place, count) in histogram.buckets.enumerated() {
                total += count
                let bound = place < bounds.count ? "\(bounds[place])" : "+Inf"
                line(name + "_bucket", [("route", route), ("le", bound)], String(total), &text)
            }
            line(name + "_sum", [("route", route)], "\(histogram.sum)", &text)
            line(name + "_count", [("route", route)], String(total), &text)
        }
    }

    private static func head(_ name: String, _ kind: String, _ help: String, _ text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    private static func line(_ name: String, _ labels: [(String, String)], _ value: String, _ text: inout String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        String(
            value.flatMap { character -> [Character] in
                switch character {
                case "\\": ["\\", "\\"]
                case "\"": ["\\", "\""]
                case "\n": ["\\", "n"]
                default: [character]
                }
            })
    }
}
