internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS

/// Stands at the end of one connection: sends one request at a time, and collects its answer.
///
/// All of it runs on the connection's event loop. Whatever is out of order ends the connection.
final class WebhookConversation: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// What came of an answer.
    struct Collected: Sendable {
        var status = 0
        var retryAfter: String?
        /// The beginning of the body.
        var bytes: [UInt8] = []
        var isWhole = false
        /// Whether another request may follow on this connection.
        var isReusable = false
    }

    private enum State {
        /// TCP or TLS is not there yet.
        case opening
        case idle
        case asking(Collected, EventLoopPromise<Collected>)
        case over
    }

    private let isSecure: Bool
    private let ready: EventLoopPromise<Void>
    private var state = State.opening
    /// Counts requests, so that giving up on one cannot hit the next.
    private var number = 0
    private var isWritten = false
    private var keepsAlive = false
    /// Bytes of the present answer that came, its head and interim answers with it.
    private var heard = 0

    init(isSecure: Bool, ready: EventLoopPromise<Void>) {
        self.isSecure = isSecure
        self.ready = ready
    }

    // Asked for by the client.

    /// Sends a request; the answer is what completes the promise. Returns what to name it by when giving up.
    func ask(
        _ request: WebhookRequest, _ promise: EventLoopPromise<Collected>, _ context: ChannelHandlerContext
    ) -> Int {
        number += 1
        guard case .idle = state else {
            promise.fail(WebhookTrouble.Silence())
            return number
        }
        state = .asking(Collected(), promise)
        (isWritten, keepsAlive, heard) = (false, false, 0)
        var headers = HTTPHeaders([("host", request.url.authority), ("user-agent", "Contatto/1")])
        headers.add(contentsOf: request.fields.map { ($0.name, $0.value) })
        headers.add(name: "content-length", value: String(request.body.count))
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: request.url.target, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !request.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        }
        let (written, sent) = (context.eventLoop.makePromise(of: Void.self), number)
        written.futureResult.assumeIsolated().whenSuccess {
            if self.number == sent { self.isWritten = true }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        return number
    }

    /// Ends one request, and the connection with it. A status that came stands, unless nobody wants it any more.
    func giveUp(_ number: Int, _ error: WebhookError, _ context: ChannelHandlerContext) {
        guard case .asking(let collected, let promise) = state, self.number == number else { return }
        state = .over
        if collected.status != 0, error != .cancelled { promise.succeed(collected) } else { promise.fail(error) }
        context.close(promise: nil)
    }

    /// Called for all bytes that come, before they are parsed.
    func hear(_ count: Int, _ context: ChannelHandlerContext) {
        heard += count
        // Nothing was asked.
        if case .idle = state { end(nil, context) }
    }

    /// Called after they were parsed: what is still no whole answer is dropped once it is too long.
    func judgeLength(_ context: ChannelHandlerContext) {
        if case .asking = state, heard > WebhookAnswer.mostBytes { end(HTTPParserError.headerOverflow, context) }
    }

    // Events of the connection.

    func channelActive(context: ChannelHandlerContext) {
        if !isSecure { open() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isSecure, case TLSUserEvent.handshakeCompleted = event { open() }
        context.fireUserInboundEventTriggered(event)
    }

    private func open() {
        guard case .opening = state else { return }
        state = .idle
        ready.succeed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .asking(var collected, let promise) = state else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            collected.status = Int(head.status.code)
            collected.retryAfter = head.headers.first(name: "retry-after")
            keepsAlive = head.isKeepAlive
            state = .asking(collected, promise)
            // Whatever it switches to (101), nobody asked for it.
            if head.status == .switchingProtocols { end(nil, context) }
        case .body(let buffer):
            let room = WebhookAnswer.textBytes + 3 - collected.bytes.count
            if room > 0 { collected.bytes.append(contentsOf: buffer.readableBytesView.prefix(room)) }
            state = .asking(collected, promise)
        case .end:
            collected.isWhole = true
            // An answer to a request that is not all sent: the rest would be taken for the next one.
            collected.isReusable = keepsAlive && isWritten && context.channel.isActive
            state = collected.isReusable ? .idle : .over
            promise.succeed(collected)
            if !collected.isReusable { context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard WebhookTrouble.isDistrust(error) else { return end(error, context) }
        // It fails where the handshake never came to a certificate.
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        end(WebhookTrouble.Distrust(certificate: certificate), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(nil, context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(nil, context) }

    private func end(_ error: (any Error)?, _ context: ChannelHandlerContext) {
        let last = state
        state = .over
        switch last {
        case .over: return
        case .idle: break
        // TCP stood: whether the other side ended it in order or not says nothing more.
        case .opening: ready.fail(error.flatMap { $0 is IOError ? nil : $0 } ?? NIOSSLError.uncleanShutdown)
        case .asking(let collected, let promise):
            if collected.status != 0 { promise.succeed(collected) } else { promise.fail(broken(error)) }
        }
        context.close(promise: nil)
    }

    /// Where some of an answer came, the network's word for the end of it says too little.
    private func broken(_ error: (any Error)?) -> any Error {
        guard heard > 0 else { return WebhookTrouble.Silence() }
        if let error = error as? HTTPParserError { return error }
        return HTTPParserError.invalidEOFState
    }
}

/// Stands before the parser, and says how many bytes came.
final class WebhookEar: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let conversation: WebhookConversation

    init(_ conversation: WebhookConversation) { self.conversation = conversation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        conversation.hear(unwrapInboundIn(data).readableBytes, context)
        context.fireChannelRead(data)
        conversation.judgeLength(context)
    }
}
