internal import Delivery
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One GET of what an issuer publishes: over TLS but from this machine itself, bounded in time and size. Redirects are not
/// followed: an issuer says where its keys stand, and nobody else does.
struct IssuerFetch: Sendable {
    /// For all of it.
    static let limit: TimeAmount = .seconds(5)
    /// Hundreds of keys.
    static let mostBytes = 256 << 10

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Fetched: Sendable {
        let body: [UInt8]
        /// What `Cache-Control` says of it, in seconds.
        let maxAge: Int?
    }

    /// A URL from which keys may come: https, or http on this machine.
    static func url(_ text: String) throws(Failure) -> WebhookURL {
        let url: WebhookURL
        do throws(WebhookURL.Fault) { url = try WebhookURL(text) } catch {
            throw Failure(description: "\(text.prefix(200)) is no URL that can be used: \(error.description)")
        }
        guard url.scheme == .https || url.host == "localhost" || url.host == "::1" || url.host.hasPrefix("127.") else {
            throw Failure(description: "\(url) is not https")
        }
        return url
    }

    static func get(_ text: String) async throws -> Fetched {
        let url = try url(text)
        let tls = url.scheme == .https ? try await Self.trust() : nil
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Fetched.self)
        let timer = loop.scheduleTask(in: limit) { promise.fail(Failure(description: "\(url) did not answer in time")) }
        defer { timer.cancel() }
        ClientBootstrap(group: loop).connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        let name = url.address == nil ? url.host : nil
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(FetchHandler(url, promise))
                }
            }
            .connect(host: url.host, port: url.port)
            .whenComplete { result in
                switch result {
                case .failure(let error): promise.fail(error)
                case .success(let channel): promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
                }
            }
        return try await promise.futureResult.get()
    }

    /// What this machine trusts: hundreds of files, read on a thread for such things.
    private static func trust() async throws -> NIOSSLContext {
        try await NIOThreadPool.singleton.runIfActive {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        }
    }
}

/// Asks once, and collects the answer.
private final class FetchHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let url: WebhookURL
    private let promise: EventLoopPromise<IssuerFetch.Fetched>
    private var body: [UInt8] = []
    private var maxAge: Int?

    init(_ url: WebhookURL, _ promise: EventLoopPromise<IssuerFetch.Fetched>) {
        self.url = url
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let fields = HTTPHeaders([
            ("host", url.authority), ("user-agent", "Contatto/1"), ("accept", "application/json"),
            ("connection", "close"),
        ])
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.target, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard head.status == .ok else { return fail("\(url) answered \(head.status.code)", context) }
            maxAge = head.headers["cache-control"].lazy
                .flatMap { $0.lowercased().split(whereSeparator: { ", ".contains($0) }) }
                .first { $0.hasPrefix("max-age=") }.flatMap { Int($0.dropFirst(8)) }
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= IssuerFetch.mostBytes else {
                return fail("\(url) answered more than \(IssuerFetch.mostBytes) bytes", context)
            }
            body.append(contentsOf: buffer.readableBytesView)
        case .end: promise.succeed(IssuerFetch.Fetched(body: body, maxAge: maxAge))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(IssuerFetch.Failure(description: "\(url) ended the connection"))
    }

    private func fail(_ text: String, _ context: ChannelHandlerContext) {
        promise.fail(IssuerFetch.Failure(description: text))
        context.close(promise: nil)
    }
}

/// For whoever sets an issuer up.
package enum IssuerURL {
    /// Why keys are never fetched from there, or there is no such URL; nil of one that can be used.
    package static func fault(_ text: String) -> String? {
        do throws(IssuerFetch.Failure) {
            _ = try IssuerFetch.url(text)
            return nil
        } catch {
            return error.description
        }
    }
}
