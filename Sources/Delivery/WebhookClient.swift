internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Sends webhooks: one POST each, over HTTP/1.1, to addresses that its guard lets pass.
///
/// How many are under way at once is for the caller to bound. An endpoint that gets nothing costs nothing: a connection
/// is kept for ``idleTime`` after its last answer, and closed.
package final class WebhookClient: Sendable {
    /// How long a connection waits for another webhook: shorter than what most servers allow (60 s and more), so that
    /// it is rarely they who close.
    package static let idleTime: Duration = .seconds(20)
    /// Connections that wait, to one place and in all.
    private static let mostIdle = (here: 2, all: 128)
    /// Addresses of a name that are tried.
    private static let mostAddresses = 4
    /// For a connection to one address, where there is another one to try.
    private static let patience: Duration = .seconds(3)

    private let addressGuard: AddressGuard
    private let names: NameLookUp
    private let tls: WebhookTLS
    private let now: @Sendable () -> Int64
    private let idle: IdleConnections
    private let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

    /// `now` is in seconds since 1970: a moment in `Retry-After` is compared with it.
    package init(
        _ addressGuard: AddressGuard, tls: WebhookTLS, names: NameLookUp = .system, idleTime: Duration = idleTime,
        now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
    ) {
        self.addressGuard = addressGuard
        self.tls = tls
        self.names = names
        self.now = now
        idle = IdleConnections(lifetime: idleTime, mostPerPlace: Self.mostIdle.here, most: Self.mostIdle.all)
    }

    /// Closes the connections that wait, and from now on each after its answer.
    package func close() { idle.closeAll() }

    /// Connections that wait for another webhook.
    package var idleConnections: Int { idle.count }

    /// Sends one request, and returns what was answered, whatever the status.
    ///
    /// A kept connection that turns out to be closed is replaced by a new one, once. The receiver may see a request
    /// twice for that, as it may after any failure: it tells by `webhook-id`.
    ///
    /// The limit is for all of it, from the look-up of the name to the end of the answer.
    package func send(
        _ request: WebhookRequest, within limit: Duration = .seconds(15)
    ) async throws(WebhookError) -> WebhookAnswer {
        let start = ContinuousClock.now
        let loop = group.next()
        let ending = RequestEnding()
        let timer = loop.scheduleTask(in: TimeAmount(limit)) { ending.giveUp(isCancelled: false) }
        defer { timer.cancel() }
        let outcome: Result<WebhookConversation.Collected, WebhookError> = await withTaskCancellationHandler {
            do {
                return .success(try await deliver(request, ending, until: start + limit, on: loop))
            } catch {
                return .failure(ending.reason ?? WebhookTrouble.error(error, request.url))
            }
        } onCancel: {
            ending.giveUp(isCancelled: true)
        }
        let collected = try outcome.get()
        return WebhookAnswer(
            status: collected.status,
            retryAfter: collected.retryAfter.flatMap { RetryAfter.duration($0, now: now()) },
            latency: ContinuousClock.now - start,
            text: WebhookAnswer.text(collected.bytes),
            isWhole: collected.isWhole)
    }

    private func deliver(
        _ request: WebhookRequest, _ ending: RequestEnding, until end: ContinuousClock.Instant, on loop: any EventLoop
    ) async throws -> WebhookConversation.Collected {
        let url = request.url
        let addresses = try await addresses(of: url, ending, on: loop)
        if let kept = idle.take(addresses.map { .init(url, $0) }) {
            do {
                return try await ask(kept, request, ending)
            } catch is WebhookTrouble.Silence where ending.reason == nil {
                // It was closed while it waited, or as the request came.
            }
        }
        let connection = try await open(url, addresses, ending, until: end, on: loop)
        return try await ask(connection, request, ending)
    }

    /// Those that may be connected to. All of them were judged, also where only some will be tried.
    private func addresses(of url: WebhookURL, _ ending: RequestEnding, on loop: any EventLoop) async throws
        -> [IPAddress]
    {
        if let refusal = addressGuard.refusal(of: url) { throw WebhookError.refused(refusal) }
        if let address = url.address { return [address] }
        let found = try await ending.wait(for: names.addresses(of: url.host, on: loop) { ending.reason == nil })
        guard !found.isEmpty else { throw NameLookUp.Failure("none is known") }
        if let refusal = addressGuard.refusal(of: found, for: url) { throw WebhookError.refused(refusal) }
        return Array(found.prefix(Self.mostAddresses))
    }

    /// To the first address that takes the connection. What goes wrong later is not tried at another: they are one server.
    private func open(
        _ url: WebhookURL, _ addresses: [IPAddress], _ ending: RequestEnding, until end: ContinuousClock.Instant,
        on loop: any EventLoop
    ) async throws -> WebhookConnection {
        var failure: any Error = ChannelError.connectTimeout(.zero)
        for (index, address) in addresses.enumerated() {
            let left = end - .now
            let others = addresses.count - index - 1
            let limit = others == 0 ? left : min(left / (others + 1), Self.patience)
            let opening = WebhookConnection.open(url, at: address, tls: tls, on: loop, within: TimeAmount(limit))
            let connection: WebhookConnection
            do {
                connection = try await ending.wait(for: opening) { opening.whenSuccess { $0.close() } }
            } catch {
                if ending.reason != nil { throw error }
                failure = error
                continue
            }
            connection.closed.whenComplete { [weak idle, weak connection] _ in
                if let connection { idle?.forget(connection) }
            }
            try await ending.wait(for: connection.ready) { connection.close() }
            return connection
        }
        throw failure
    }

    private func ask(
        _ connection: WebhookConnection, _ request: WebhookRequest, _ ending: RequestEnding
    ) async throws -> WebhookConversation.Collected {
        if let reason = ending.reason {
            connection.close()
            throw reason
        }
        ending.markSent()
        let asking = connection.ask(request)
        ending.whenGivenUp(asking.giveUp)
        let collected = try await asking.answer.get()
        if collected.isReusable { idle.keep(connection) }
        return collected
    }
}
