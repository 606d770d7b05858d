internal import NIOConcurrencyHelpers
internal import NIOCore

/// The end that one request may come to at any moment: its time is up, or nobody wants it any more.
final class RequestEnding: Sendable {
    private struct State {
        var reason: WebhookError?
        var isSent = false
        /// Ends what is waited for at present.
        var end: (@Sendable (WebhookError) -> Void)?
    }

    private let state = NIOLockedValueBox(State())

    /// Why it was given up.
    var reason: WebhookError? { state.withLockedValue { $0.reason } }

    /// From here on the receiver may have the request.
    func markSent() { state.withLockedValue { $0.isSent = true } }

    /// The first reason stands.
    func giveUp(isCancelled: Bool) {
        let (end, reason) = state.withLockedValue { state in
            let isFirst = state.reason == nil
            let reason = state.reason ?? (isCancelled ? .cancelled : .timeout(sent: state.isSent))
            state.reason = reason
            return (isFirst ? state.end : nil, reason)
        }
        end?(reason)
    }

    /// What the future brings, or the reason for giving up; `orElse` ends whatever stands behind the future.
    func wait<Value: Sendable>(
        for future: EventLoopFuture<Value>, orElse: @escaping @Sendable () -> Void = {}
    ) async throws -> Value {
        let promise = future.eventLoop.makePromise(of: Value.self)
        // The first outcome stands.
        future.cascade(to: promise)
        whenGivenUp { reason in
            promise.fail(reason)
            orElse()
        }
        return try await promise.futureResult.get()
    }

    /// What to do on giving up, instead of what was to be done before; at once if it was given up.
    func whenGivenUp(_ end: @escaping @Sendable (WebhookError) -> Void) {
        let reason = state.withLockedValue { state in
            state.end = end
            return state.reason
        }
        if let reason { end(reason) }
    }
}
