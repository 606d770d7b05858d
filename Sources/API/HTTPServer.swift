internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Storage

/// The hub over HTTP: JSON for touchpoints and services.
///
/// A service: it runs until it is asked to stop, then takes no more connections, answers what it has accepted, and
/// returns. Hummingbird's server carries the connections; what to answer is ``Responder``'s, who may ask is in
/// ``Route/all``, and how long anybody may take is ``ConnectionLimits``.
package struct HTTPServer: Service, CustomStringConvertible {
    private let desk: Desk
    private let host: String
    private let port: Int
    private let limits: ConnectionLimits
    private let onListening: @Sendable (Int) -> Void

    /// Listens on `port` (0 = a free one); `onListening` is told which.
    package init(
        _ desk: Desk, host: String, port: Int, limits: ConnectionLimits = ConnectionLimits(),
        onListening: @escaping @Sendable (Int) -> Void
    ) {
        self.desk = desk
        self.host = host
        self.port = port
        self.limits = limits
        self.onListening = onListening
    }

    package var description: String { "HTTP server" }

    package func run() async throws {
        let responder = Responder(desk: desk)
        let configuration = HTTP1Channel.Configuration(
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes, maxHeaderFieldCount: 100))
        let channel = WatchedChannel(
            channel: HTTP1Channel(
                responder: { request, writer, channel in try await responder.respond(request, writer, channel) },
                configuration: configuration), limits: limits, metrics: desk.metrics)
        let onListening = onListening
        let server = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(
                // Who comes when the queue is full tries again a second later: with 256, half of 512 at once did.
                address: .hostname(host, port: port), backlog: 1_024, reuseAddress: true,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: desk.logger)
        let stopping = desk.stopping
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            stopping.begin()
        }
        // What was shown is written down before the process ends.
        if await !desk.audit.flush() {
            desk.logger.error("rows of the audit log were lost", metadata: ["count": "\(desk.audit.load.waiting)"])
        }
    }
}
