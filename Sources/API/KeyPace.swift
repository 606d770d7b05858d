internal import HTTPTypes
internal import Postgres

/// How often each key may ask: a bucket that fills at a rate, so that a short rush is let through and a loop that went wild is
/// not (the leaky bucket of ITU-T I.371, which needs one number a key).
///
/// What a sender delivers is not counted here: the queue of the intake pushes it back.
package final class KeyPace: Sendable {
    /// Requests at once that are let through after a pause, in seconds of the rate.
    private static let rush = 2.0
    /// Keys that are remembered; beyond, those whose bucket is full are let go.
    private static let mostKeys = 10_000

    /// Requests a second; 0 = as many as it likes.
    private let rate: Double
    /// When the bucket of a key is full again, in seconds.
    private let full = Monitor<[Int64: [Int64: Double]]>([:])

    package init(rate: Int) { self.rate = Double(rate) }

    /// Takes one of the requests that a key has; the seconds to wait where none is left.
    func take(_ workspace: Int64, _ key: Int64, now: Double) -> Int? {
        guard rate > 0 else { return nil }
        return full.withLock { full in
            let begin = max(now, full[workspace]?[key] ?? now)
            let end = begin + 1 / rate
            guard end - now <= Self.rush else { return max(1, Int((end - now - Self.rush).rounded(.up))) }
            full[workspace, default: [:]][key] = end
            if full[workspace, default: [:]].count > Self.mostKeys {
                full[workspace] = full[workspace]?.filter { $0.value > now }
            }
            return nil
        }
    }
}

extension Problem {
    static func tooMany(_ seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, "too_many_requests", "The key asks too often", "more requests came than a key may make",
            whatToDo: "wait the stated seconds; `contatto serve --rate` sets how many requests a second a key may make",
            fields: retry(seconds))
    }

    static let tookTooLong = Problem(
        .serviceUnavailable, "took_too_long", "It took too long",
        "what was asked for would have kept the database busy for longer than a reader may",
        whatToDo: "ask for less at once: a smaller page, a narrower time, longer words", fields: retry(5))
}
