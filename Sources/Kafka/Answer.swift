/// What a task waits for while one of our own threads works on it.
///
/// It is given once; whatever comes later is dropped. A cancelled task gives it to itself, and stops waiting at once.
final class Answer<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, KafkaError>?
        var waiting: CheckedContinuation<Void, Never>?
        var hasBegun = false
    }

    private let state = Lock(State())

    /// The thread begins; false if the task has walked away.
    func begin() -> Bool {
        state.withLock { state in
            guard state.result == nil else { return false }
            state.hasBegun = true
            return true
        }
    }

    var isGiven: Bool { state.withLock { $0.result != nil } }

    func give(_ result: Result<Value, KafkaError>) {
        give { _ in result }
    }

    /// Waits for the answer. `wake` runs, on any thread, once the task is cancelled.
    func value(onCancel wake: @escaping @Sendable () -> Void) async throws(KafkaError) -> Value {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isGiven = state.withLock { state in
                    if state.result != nil { return true }
                    state.waiting = continuation
                    return false
                }
                if isGiven { continuation.resume() }
            }
        } onCancel: {
            give { hasBegun in .failure(.cancelled(hasBegun ? .unknown : .failed)) }
            wake()
        }
        // Resumed only once there is a result.
        guard let result = state.withLock({ $0.result }) else { throw .cancelled(.unknown) }
        return try result.get()
    }

    private func give(_ result: (_ hasBegun: Bool) -> Result<Value, KafkaError>) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.result == nil else { return nil }
            state.result = result(state.hasBegun)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
