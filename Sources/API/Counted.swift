internal import Postgres

/// A number that several tasks change.
final class Counted: Sendable {
    private let number = Monitor(0)
    var value: Int { number.withLock { $0 } }
    func add(_ change: Int) { number.withLock { $0 += change } }
}
