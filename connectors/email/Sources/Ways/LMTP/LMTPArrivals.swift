internal import NIOConcurrencyHelpers
internal import NIOCore

/// Connections that were accepted and that nobody attends to yet.
///
/// When the listener is told to stop, those that wait in its stream are dropped; and one that is dropped while it is open
/// ends the process (`NIOAsyncWriter` must be finished). So they are kept here, and closed in order.
final class LMTPArrivals: Sendable {
    private let waiting = NIOLockedValueBox<[ObjectIdentifier: LMTPWay.Connection]>([:])

    func prepare(_ channel: any Channel) -> EventLoopFuture<LMTPWay.Connection> {
        channel.eventLoop.makeCompletedFuture {
            let connection = try LMTPWay.Connection(wrappingChannelSynchronously: channel)
            waiting.withLockedValue { $0[ObjectIdentifier(connection.channel)] = connection }
            return connection
        }
    }

    /// Somebody attends to it from here on.
    func take(_ connection: LMTPWay.Connection) {
        _ = waiting.withLockedValue { $0.removeValue(forKey: ObjectIdentifier(connection.channel)) }
    }

    /// Those that nobody came for.
    func closeAll() async {
        let left = waiting.withLockedValue { waiting in
            defer { waiting = [:] }
            return Array(waiting.values)
        }
        // That a client broke off by itself is as good.
        for connection in left { try? await connection.executeThenClose { _, _ in } }
    }
}
