package import Contact

/// How long a source is left alone after a failure: longer each time, and never the same for two at once.
///
/// Exponential with jitter over the upper half ("equal jitter", Brooker, Exponential Backoff And Jitter, 2015): when a server
/// comes back, its followers do not all come at once, and none comes at once again.
package struct Retry: Sendable {
    /// Before the second try, where time helps; it doubles up to `longest`.
    package var first: Duration = .seconds(1)
    package var longest: Duration = .seconds(60)
    /// The same where a person has to do something: a wrong password tried often locks the account.
    package var firstForPerson: Duration = .seconds(60)
    package var longestForPerson: Duration = .seconds(1800)

    package init() {}

    /// The pause after so many failures in a row; `draw` is a random number from 0 to 1.
    package func pause(after failures: Int, _ failure: FollowFailure, draw: Double) -> Duration {
        let (first, longest) =
            failure.cure == .time ? (self.first, self.longest) : (firstForPerson, longestForPerson)
        let doubled = first * (1 << min(max(failures - 1, 0), 20))
        let full = min(doubled, longest)
        return max(full / 2 + full / 2 * draw, failure.notBefore ?? .zero)
    }
}
