internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// How long and how much one connection may take.
package struct ConnectionLimits: Sendable {
    /// From the connection to the end of the first head.
    package var head: Duration = .seconds(10)
    /// From an answer to the end of the next head.
    package var idle: Duration = .seconds(60)
    /// From one piece of a body to the next.
    package var pause: Duration = .seconds(20)
    /// Bytes a second of a body, over all the time that was waited for it, once that is more than a `pause`.
    package var rate = 128
    /// While the other side takes nothing of the answer.
    package var stall: Duration = .seconds(30)
    /// While a rest that nobody wants is read away, so that the answer is not lost with it.
    package var linger: Duration = .seconds(2)
    package var connections = 2_048
    package var headBytes = 16 << 10
    package init() {}
}

/// Stands in each connection between the parser and the server: cuts off who is slow, answers what cannot be parsed,
/// and ends a connection such that the answer arrives.
///
/// Time counts only while the hub waits for the other side: a body that the hub itself holds back is not slow.
///
/// Requests that come before the answer to an earlier one is over wait here, and nothing more is read meanwhile: what
/// the watch knows is about one request, and so is the decision to end the connection after its answer.
final class ConnectionWatch: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase { case head, body, answer }

    /// What came while an earlier answer was under way.
    private enum Held {
        case part(NIOAny)
        case malformed(HTTPParserError)
        case inputClosed
    }

    private let limits: ConnectionLimits
    private let metrics: Metrics
    private var phase = Phase.head
    private var isFirst = true
    private var since = NIODeadline.now()
    /// When bytes were last asked for that have not come.
    private var askedAt: NIODeadline?
    private var waited = TimeAmount.zero
    private var received = 0
    private var blockedSince: NIODeadline?
    private var hasAnswerBegun = false
    private var closesAfterAnswer = false
    /// The request is of HTTP/1.0, which knows no chunks.
    private var isOld = false
    /// What is said once the answer under way is over.
    private var pendingProblem: Problem?
    private var lingersUntil: NIODeadline?
    private var closing: [EventLoopPromise<Void>] = []
    private var held: [Held] = []
    private var isReadHeld = false
    /// The connection is gone, though the handlers still stand.
    private var isInactive = false
    private var isOver = false

    init(_ limits: ConnectionLimits, _ metrics: Metrics) {
        self.limits = limits
        self.metrics = metrics
    }

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        isOver = true
        letGo()
    }

    /// Whoever waits for the end of the connection waits no longer.
    private func letGo() {
        let promises = closing
        closing = []
        for promise in promises { promise.succeed() }
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let shortest = [limits.head, limits.pause, limits.linger].min() ?? limits.head
        let interval = min(TimeAmount.milliseconds(500), TimeAmount(shortest / 4))
        context.eventLoop.assumeIsolated().scheduleTask(in: interval) {
            guard !self.isOver else { return }
            self.tick(context)
            self.schedule(context)
        }
    }

    private func tick(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        if let lingersUntil {
            if now >= lingersUntil { finish(context) }
            return
        }
        if let blockedSince, now - blockedSince > TimeAmount(limits.stall) {
            metrics.count(.cutOff, "answer_not_taken")
            return context.close(promise: nil)
        }
        switch phase {
        case .head:
            guard now - since > TimeAmount(isFirst ? limits.head : limits.idle) else { return }
            metrics.count(.cutOff, isFirst ? "slow_head" : "idle")
            if isFirst { refuse(.slow, context) } else { context.close(promise: nil) }
        case .body:
            let pause = askedAt.map { now - $0 } ?? .zero
            let total = waited + pause
            let isTooSlow =
                total > TimeAmount(limits.pause)
                && Double(received) < Double(limits.rate) * Double(total.nanoseconds) / 1e9
            guard pause > TimeAmount(limits.pause) || isTooSlow else { return }
            metrics.count(.cutOff, "slow_body")
            refuse(.slow, context)
            context.fireErrorCaught(Problem.slow)
        case .answer: break
        }
    }

    // What comes in.

    func read(context: ChannelHandlerContext) {
        guard held.isEmpty || lingersUntil != nil else {
            isReadHeld = true
            return
        }
        if askedAt == nil { askedAt = .now() }
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard lingersUntil == nil else { return }
        if let askedAt { waited = waited + (NIODeadline.now() - askedAt) }
        askedAt = nil
        if !held.isEmpty { return held.append(.part(data)) }
        if phase == .answer, case .head = unwrapInboundIn(data) { return held.append(.part(data)) }
        take(data, context)
    }

    private func take(_ data: NIOAny, _ context: ChannelHandlerContext) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            phase = .body
            isFirst = false
            waited = .zero
            received = 0
            hasAnswerBegun = false
            closesAfterAnswer = !head.isKeepAlive
            isOld = head.version == .http1_0
            if head.version == .http1_1, head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                let answer = HTTPResponseHead(version: head.version, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(answer)), promise: nil)
            }
        case .body(let buffer): received += buffer.readableBytes
        case .end: phase = .answer
        }
        context.fireChannelRead(data)
    }

    /// Hands on what waited, up to the request after the next.
    private func release(_ context: ChannelHandlerContext) {
        while !isInactive, lingersUntil == nil, let next = held.first {
            if phase == .answer, case .part(let data) = next, case .head = unwrapInboundIn(data) { break }
            held.removeFirst()
            switch next {
            case .part(let data): take(data, context)
            case .malformed(let error): tellMalformed(error, context)
            case .inputClosed: tellInputClosed(context)
            }
        }
        context.fireChannelReadComplete()
        guard held.isEmpty, isReadHeld, !isInactive, lingersUntil == nil else { return }
        isReadHeld = false
        read(context: context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if lingersUntil != nil { context.read() }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, lingersUntil == nil else { return context.fireErrorCaught(error) }
        if held.isEmpty { tellMalformed(error, context) } else { held.append(.malformed(error)) }
    }

    private func tellMalformed(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        let problem = Self.problem(error, inBody: phase == .body)
        // An answer under way comes first.
        if phase == .answer { pendingProblem = problem } else { refuse(problem, context) }
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            if lingersUntil != nil { return finish(context) }
            // Of what waits nothing is cut off: it came before the end.
            if held.isEmpty { tellInputClosed(context) } else { held.append(.inputClosed) }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func tellInputClosed(_ context: ChannelHandlerContext) {
        breakOff(context)
        if phase == .head { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isInactive = true
        held = []
        breakOff(context)
        letGo()
        context.fireChannelInactive()
    }

    /// A body that ends before its end must not look like a whole one.
    private func breakOff(_ context: ChannelHandlerContext) {
        guard phase == .body, lingersUntil == nil else { return }
        closesAfterAnswer = true
        context.fireErrorCaught(Problem.bodyBroken)
    }

    // What goes out.

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The last word was said.
        guard lingersUntil == nil else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if let pendingProblem, phase == .head {
                promise?.succeed()
                return refuse(pendingProblem, context)
            }
            if head.status.code >= 200 { hasAnswerBegun = true }
            if head.headers.first(name: "connection")?.lowercased() == "close" { closesAfterAnswer = true }
            guard isOld, !head.headers.contains(name: "content-length") else {
                return context.write(data, promise: promise)
            }
            // Without chunks the end of the connection is what ends the body.
            var unframed = head
            unframed.version = .http1_0
            unframed.headers.replaceOrAdd(name: "connection", value: "close")
            closesAfterAnswer = true
            context.write(wrapOutboundOut(.head(unframed)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            context.writeAndFlush(data, promise: promise)
            if closesAfterAnswer || phase == .body {
                linger(context)
            } else {
                phase = .head
                since = .now()
                if let pendingProblem { return refuse(pendingProblem, context) }
                guard !held.isEmpty else { return }
                // Not before the write is over: whoever wrote may end the connection with it.
                context.eventLoop.assumeIsolated().execute {
                    guard !self.isOver else { return }
                    self.release(context)
                }
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        blockedSince = context.channel.isWritable ? nil : .now()
        context.fireChannelWritabilityChanged()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // Once the connection is gone, nothing comes any more that would complete a promise held here.
        if mode == .all, lingersUntil != nil, !isInactive {
            if let promise { closing.append(promise) }
            return
        }
        if mode == .output, lingersUntil == nil { lingersUntil = .now() + TimeAmount(limits.linger) }
        context.close(mode: mode, promise: promise)
    }

    /// Says what is wrong, if nothing was said yet, and ends the connection.
    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        if !hasAnswerBegun || phase == .head {
            let body = problem.body
            var headers = HTTPHeaders([
                ("content-type", "application/problem+json"), ("content-length", String(body.count)),
                ("connection", "close"),
            ])
            for field in problem.fields { headers.add(name: field.name.rawName, value: field.value) }
            let status = HTTPResponseStatus(statusCode: problem.status.code, reasonPhrase: problem.status.reasonPhrase)
            let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        linger(context)
    }

    /// Closes our side, and reads away what still comes: closed at once, the other side would lose the answer.
    private func linger(_ context: ChannelHandlerContext) {
        held = []
        lingersUntil = .now() + TimeAmount(limits.linger)
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func finish(_ context: ChannelHandlerContext) {
        context.close(mode: .all, promise: nil)
    }

    private static func problem(_ error: HTTPParserError, inBody: Bool) -> Problem {
        switch error {
        case .headerOverflow:
            Problem(
                .requestHeaderFieldsTooLarge, "head_too_large", "The head is too large",
                "the request's fields are longer than the hub takes", whatToDo: "send fewer and shorter fields")
        case .invalidEOFState, .closedConnection: .bodyBroken
        default:
            .badRequest(
                inBody ? "body_malformed" : "request_malformed", "The request cannot be read",
                inBody ? "the body is not chunked as its head says" : "it is not HTTP/1.1",
                "send HTTP/1.1 with a Content-Length that is right, or in chunks")
        }
    }
}

/// Hummingbird's HTTP/1.1 channel with a watch in it.
struct WatchedChannel: ServerChildChannel {
    let channel: HTTP1Channel
    let limits: ConnectionLimits
    let metrics: Metrics

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        self.channel.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(ConnectionWatch(limits, metrics), position: .after(parser))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await channel.handle(value: value, logger: logger)
    }
}
