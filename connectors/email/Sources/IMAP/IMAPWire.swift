internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS

/// The bytes to and from one server: over TCP, from the first byte or later on over TLS.
///
/// It reads ahead by at most ``mostAhead``; a reader that is busy holds the server back.
final class IMAPWire: Sendable {
    static let mostAhead = 512 << 10

    private let channel: any Channel
    private let inbox: NIOLockedValueBox<Inbox>

    /// What came and was not read. Used by the event loop and by the reading task.
    fileprivate struct Inbox {
        var bytes: [UInt8] = []
        var end: (any Error)?
        var isEnded = false
        var reader: CheckedContinuation<Void, Never>?
        var hasHandshake = false
        /// The event loop asked for more while there was enough.
        var isHeldBack = false
    }

    private init(_ channel: any Channel, _ inbox: NIOLockedValueBox<Inbox>) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects; with `tls` the handshake comes first of all. A task that is cancelled goes on at once.
    static func connect(_ address: IMAPAddress, tls: IMAPTLS?) async throws -> IMAPWire {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let inbox = NIOLockedValueBox(Inbox())
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(30))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.init(rawValue: 4)), value: 60)  // TCP_KEEPIDLE, seconds
            .channelOption(.tcpOption(.init(rawValue: 5)), value: 15)  // TCP_KEEPINTVL, seconds
            .channelOption(.tcpOption(.init(rawValue: 6)), value: 4)  // TCP_KEEPCNT
            .channelOption(.tcpOption(.init(rawValue: 18)), value: 120_000)  // TCP_USER_TIMEOUT, milliseconds
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                    try channel.pipeline.syncOperations.addHandler(IMAPWireHandler(inbox))
                }
            }
        let opened = loop.makePromise(of: (any Channel).self)
        let connecting = bootstrap.connect(host: address.host, port: address.port)
        connecting.cascade(to: opened)
        let channel = try await withTaskCancellationHandler {
            try await opened.futureResult.get()
        } onCancel: {
            // The first outcome stands; a connection that comes after all is closed.
            opened.fail(CancellationError())
            connecting.whenSuccess { $0.close(promise: nil) }
        }
        let wire = IMAPWire(channel, inbox)
        if tls != nil {
            do {
                try await wire.secured()
            } catch {
                wire.close()
                throw error
            }
        }
        return wire
    }

    /// Goes over to TLS (RFC 3501, 6.2.1). What came before is thrown away: it may be anybody's.
    func secure(_ tls: IMAPTLS) async throws {
        let (channel, inbox) = (channel, inbox)
        try await channel.eventLoop.submit {
            inbox.withLockedValue { $0.bytes = [] }
            try channel.pipeline.syncOperations.addHandler(tls.handler(), position: .first)
        }.get()
        try await secured()
    }

    /// Waits until the handshake is over.
    private func secured() async throws {
        while true {
            let state = inbox.withLockedValue { ($0.hasHandshake, $0.isEnded, $0.end) }
            if state.0 { return }
            if state.1 { throw state.2 ?? IMAPWireEnd() }
            try await change { $0.hasHandshake || $0.isEnded }
        }
    }

    /// The bytes that came since the last time, as soon as there are some.
    func read() async throws -> [UInt8] {
        while true {
            let (bytes, isEnded, end, isHeldBack) = inbox.withLockedValue { inbox in
                let taken = (inbox.bytes, inbox.isEnded, inbox.end, inbox.isHeldBack)
                inbox.bytes = []
                inbox.isHeldBack = false
                return taken
            }
            if isHeldBack { channel.read() }
            if !bytes.isEmpty { return bytes }
            if isEnded { throw end ?? IMAPWireEnd() }
            try await change { !$0.bytes.isEmpty || $0.isEnded }
        }
    }

    /// Waits for the event loop to change something, unless what is waited for holds already.
    private func change(until holds: @Sendable (Inbox) -> Bool) async throws {
        let inbox = inbox
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = inbox.withLockedValue { inbox in
                    if holds(inbox) || Task.isCancelled { return true }
                    inbox.reader = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            inbox.withLockedValue { $0.takeReader() }?.resume()
        }
        try Task.checkCancellation()
    }

    /// Sends bytes; that they do not arrive is learnt by reading.
    func write(_ bytes: [UInt8]) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func close() { channel.close(promise: nil) }
}

/// The other side has closed the connection.
struct IMAPWireEnd: Error {}

extension IMAPWire.Inbox {
    fileprivate mutating func takeReader() -> CheckedContinuation<Void, Never>? {
        let waiting = reader
        reader = nil
        return waiting
    }
}

/// Puts what comes into the inbox, and asks for more only while there is room.
private final class IMAPWireHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let inbox: NIOLockedValueBox<IMAPWire.Inbox>

    init(_ inbox: NIOLockedValueBox<IMAPWire.Inbox>) { self.inbox = inbox }

    private func change(_ body: (inout IMAPWire.Inbox) -> Void) {
        let waiting = inbox.withLockedValue { inbox in
            body(&inbox)
            return inbox.takeReader()
        }
        waiting?.resume()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        change { $0.bytes.append(contentsOf: buffer.readableBytesView) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { change { $0.hasHandshake = true } }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        change { inbox in
            // The first one is the cause.
            inbox.end = inbox.end ?? error
            inbox.isEnded = true
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        change { $0.isEnded = true }
        context.fireChannelInactive()
    }

    func read(context: ChannelHandlerContext) {
        let isFull = inbox.withLockedValue { inbox in
            inbox.isHeldBack = inbox.bytes.count >= IMAPWire.mostAhead
            return inbox.isHeldBack
        }
        if !isFull { context.read() }
    }
}
