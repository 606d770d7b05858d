internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One connection to one address, for one request after the other.
final class WebhookConnection: Sendable {
    /// What a connection is to, and for whom its certificate was checked.
    struct Place: Hashable {
        let scheme: WebhookURL.Scheme
        let host: String
        let port: Int
        let address: IPAddress

        init(_ url: WebhookURL, _ address: IPAddress) {
            scheme = url.scheme
            host = url.host
            port = url.port
            self.address = address
        }
    }

    let place: Place
    private let channel: any Channel
    private let conversation: NIOLoopBound<Parts>
    /// Done when requests may be sent: after TLS, where there is to be TLS.
    let ready: EventLoopFuture<Void>

    private struct Parts {
        let conversation: WebhookConversation
        let context: ChannelHandlerContext
    }

    private init(_ place: Place, _ channel: any Channel, _ parts: Parts, _ ready: EventLoopFuture<Void>) {
        self.place = place
        self.channel = channel
        conversation = NIOLoopBound(parts, eventLoop: channel.eventLoop)
        self.ready = ready
    }

    /// Connects to this very address; nothing is looked up.
    static func open(
        _ url: WebhookURL, at address: IPAddress, tls: WebhookTLS, on loop: any EventLoop, within limit: TimeAmount
    ) -> EventLoopFuture<WebhookConnection> {
        let target: SocketAddress
        do {
            target = try SocketAddress(ipAddress: address.description, port: url.port)
        } catch {
            return loop.makeFailedFuture(error)
        }
        let ready = loop.makePromise(of: Void.self)
        return ClientBootstrap(group: loop)
            .connectTimeout(limit)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            // So that what a receiver never reads does not stay with the kernel after the connection was closed.
            .channelOption(.tcpOption(.init(rawValue: 18)), value: 30_000)  // TCP_USER_TIMEOUT, milliseconds
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try furnish(channel, url, tls, ready) }
            }
            .connect(to: target)
            .flatMap { channel in
                let pipeline = channel.pipeline.syncOperations
                do {
                    let context = try pipeline.context(handlerType: WebhookConversation.self)
                    let conversation = try pipeline.handler(type: WebhookConversation.self)
                    let parts = Parts(conversation: conversation, context: context)
                    return loop.makeSucceededFuture(
                        WebhookConnection(Place(url, address), channel, parts, ready.futureResult))
                } catch {
                    // It has ended already, and took its handlers with it: why, they have said, if it was not the other side.
                    return ready.futureResult.flatMapThrowing { throw WebhookTrouble.Silence() }
                }
            }
            .flatMapErrorThrowing { error in
                // Where the pipeline was never made, nobody else completes it.
                ready.fail(error)
                throw error
            }
    }

    private static func furnish(
        _ channel: any Channel, _ url: WebhookURL, _ tls: WebhookTLS, _ ready: EventLoopPromise<Void>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let conversation = WebhookConversation(isSecure: url.scheme == .https, ready: ready)
        if url.scheme == .https { try pipeline.addHandler(tls.handler(for: url)) }
        try pipeline.addHandler(WebhookEar(conversation))
        // With the validation of what goes out, behind that of WebhookRequest.
        try pipeline.addHTTPClientHandlers(enableOutboundHeaderValidation: true)
        try pipeline.addHandler(conversation)
    }

    /// Sends a request. `giveUp` of the asking ends it early, and the connection with it.
    func ask(_ request: WebhookRequest) -> Asking {
        let promise = channel.eventLoop.makePromise(of: WebhookConversation.Collected.self)
        let (bound, loop) = (conversation, channel.eventLoop)
        let asked = loop.submit { bound.value.conversation.ask(request, promise, bound.value.context) }
        return Asking(answer: promise.futureResult) { error in
            asked.whenSuccess { bound.value.conversation.giveUp($0, error, bound.value.context) }
        }
    }

    /// A request that is under way.
    struct Asking: Sendable {
        let answer: EventLoopFuture<WebhookConversation.Collected>
        let giveUp: @Sendable (WebhookError) -> Void
    }

    var loop: any EventLoop { channel.eventLoop }
    var isOpen: Bool { channel.isActive }
    var closed: EventLoopFuture<Void> { channel.closeFuture }
    func close() { channel.close(promise: nil) }
}
