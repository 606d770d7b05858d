internal import NIOConcurrencyHelpers
internal import NIOCore

/// Connections that were accepted and that nobody attends to yet: plain channels that do not read.
///
/// When the listener is told to stop, what waits in its stream is dropped. A `NIOAsyncChannel` that is dropped while it is open
/// ends the process (its writer must be finished), so a connection becomes one only in the task that attends to it; and what
/// nobody comes for is closed from here.
final class LMTPArrivals: Sendable {
    private struct State {
        var waiting: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    private let state = NIOLockedValueBox(State())

    func prepare(_ channel: any Channel) -> EventLoopFuture<any Channel> {
        let isWelcome = state.withLockedValue { state in
            if !state.isClosed { state.waiting[ObjectIdentifier(channel)] = channel }
            return !state.isClosed
        }
        guard isWelcome else { return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        return channel.eventLoop.makeSucceededFuture(channel)
    }

    /// Somebody attends to it from here on.
    func take(_ channel: any Channel) {
        _ = state.withLockedValue { $0.waiting.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// Closes those that nobody came for, and any that come later.
    func closeAll() {
        let left = state.withLockedValue { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for channel in left { channel.close(promise: nil) }
    }
}
