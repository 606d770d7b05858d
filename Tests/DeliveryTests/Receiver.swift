import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A server on this machine that answers byte for byte what a test says, right or wrong.
final class Receiver: Sendable {
    /// What it does once a request is there.
    enum Act: Sendable {
        case send(String)
        /// Chunks without end.
        case flood
        /// One byte of a head after the other, without end.
        case dribble
        case close
        /// Closes such that the other side sees an error.
        case reset
        /// Stops reading.
        case deafen
    }

    struct Request: Sendable {
        let connection: Int
        let head: String
        let body: [UInt8]

        func field(_ name: String) -> String? {
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name + ":") }
            return line.map { $0.dropFirst(name.count + 1).drop { $0 == " " } }.map(String.init)
        }
    }

    struct Seen: Sendable {
        var connections = 0
        var open = 0
        var requests: [Request] = []
    }

    /// Called with the request, and with how many came on its connection before it.
    typealias Script = @Sendable (Request, Int) -> [Act]

    let port: Int
    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    private struct State {
        var seen = Seen()
        var waiting: [(isDone: @Sendable (Seen) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// With `atHead` it answers at the end of the head, whatever of the body is still to come. The greeting is said before
    /// anything was asked; an empty one is the end.
    static func start(
        on host: String = "127.0.0.1", port: Int = 0, tls: NIOSSLContext? = nil, atHead: Bool = false,
        greeting: String? = nil, _ script: @escaping Script
    ) async throws -> Receiver {
        let state = NIOLockedValueBox(State())
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    let number = change(state) { seen in
                        seen.connections += 1
                        seen.open += 1
                        return seen.connections
                    }
                    channel.closeFuture.whenComplete { _ in change(state) { $0.open -= 1 } }
                    let handler = Handler(number, atHead, script) { request in
                        change(state) { $0.requests.append(request) }
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                    if let greeting { channel.writeAndFlush(ByteBuffer(string: greeting), promise: nil) }
                    if greeting == "" { channel.close(promise: nil) }
                }
            }
            .bind(host: host, port: port).get()
        return Receiver(channel.localAddress?.port ?? 0, channel, state)
    }

    private init(_ port: Int, _ channel: any Channel, _ state: NIOLockedValueBox<State>) {
        self.port = port
        self.channel = channel
        self.state = state
    }

    deinit { channel.close(promise: nil) }

    /// Takes no more connections.
    func stop() async throws { try await channel.close() }

    var seen: Seen { state.withLockedValue { $0.seen } }

    /// Returns when what was seen is as it should be.
    func wait(until isDone: @escaping @Sendable (Seen) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLockedValue { state in
                if isDone(state.seen) { return true }
                state.waiting.append((isDone, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    @discardableResult
    private static func change<Value>(_ state: NIOLockedValueBox<State>, _ body: (inout Seen) -> Value) -> Value {
        let (value, ready) = state.withLockedValue { state in
            let value = body(&state.seen)
            let seen = state.seen
            let ready = state.waiting.filter { $0.isDone(seen) }
            state.waiting.removeAll { $0.isDone(seen) }
            return (value, ready)
        }
        for waiting in ready { waiting.continuation.resume() }
        return value
    }
}

/// One connection to a ``Receiver``.
private final class Handler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: Int
    private let atHead: Bool
    private let script: Receiver.Script
    private let note: (Receiver.Request) -> Void
    private var bytes: [UInt8] = []
    private var count = 0
    private var isDeaf = false
    private var isAnswered = false

    init(
        _ number: Int, _ atHead: Bool, _ script: @escaping Receiver.Script,
        _ note: @escaping (Receiver.Request) -> Void
    ) {
        self.number = number
        self.atHead = atHead
        self.script = script
        self.note = note
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        while !(atHead && isAnswered), let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound {
            let head = String(decoding: bytes[..<end], as: UTF8.self)
            let framed = Receiver.Request(connection: number, head: head, body: [])
            let length = Int(framed.field("content-length") ?? "") ?? 0
            guard atHead || bytes.count >= end + length else { return }
            let body = Array(bytes[end...].prefix(length))
            bytes.removeFirst(min(bytes.count, end + length))
            isAnswered = true
            let request = Receiver.Request(connection: number, head: head, body: body)
            note(request)
            for act in script(request, count) { perform(act, context) }
            count += 1
        }
    }

    private func perform(_ act: Receiver.Act, _ context: ChannelHandlerContext) {
        switch act {
        case .send(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .flood: flood(context)
        case .dribble: dribble(context)
        case .close: context.close(promise: nil)
        case .reset:
            let none = linger(l_onoff: 1, l_linger: 0)
            (context.channel as? any SocketOptionProvider)?.setSoLinger(none).whenFailure { _ in }
            context.close(promise: nil)
        case .deafen: isDeaf = true
        }
    }

    private func flood(_ context: ChannelHandlerContext) {
        let chunk = "1000\r\n" + String(repeating: "a", count: 4_096) + "\r\n"
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { self.flood(context) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: chunk)), promise: promise)
    }

    private func dribble(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "a")), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) {
            if context.channel.isActive { self.dribble(context) }
        }
    }

    func read(context: ChannelHandlerContext) {
        if !isDeaf { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
