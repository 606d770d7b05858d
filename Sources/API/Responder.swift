package import Contact
package import Delivery
internal import HTTPTypes
internal import HubSchema
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOHTTP1
package import Postgres
package import Storage

/// The connector of a source that is spoken to over HTTP; nil where there is none.
package typealias ReceiverLookup = @Sendable (Workspace, _ source: String) async throws -> (any Receiver)?

/// All that answering needs. A class: it is handed on with every request, and would have eighteen members to retain.
package final class Desk: Sendable {
    package let keys: KeyRing
    package let workspaces: OpenWorkspaces
    package let metrics: Metrics
    /// Asked whether the database answers; a pool of its own, which no load fills.
    package let watch: Database
    /// Every pool, by what it is for.
    package let pools: [(name: String, database: Database)]
    package let receivers: Receivers
    /// What is spoken to without a key in the head.
    package let openSources: OpenSources
    /// Where webhooks may go.
    let webhooks: AddressGuard
    /// The key under which secrets are sealed; throws where it cannot be had.
    let secretKey: @Sendable () throws -> [UInt8]
    /// How often a key may ask.
    let pace: KeyPace
    /// Who looked and who changed.
    package let audit: AuditLog
    package let stopping: Stopping
    package let logger: Logger
    package let now: @Sendable () -> Int64
    /// The process must stay under 300 MB. About a third of that it holds with no body at all: code, connections to the
    /// database, readers with their memory of facets, the queue of the intake. As much again is left to the allocator.
    /// What remains goes to bodies, weighed (``BudgetShare/Weight``) by what handling them was seen to take; the largest
    /// mail, of 25 MB and weighed threefold, has to fit.
    static let bodyBytes = 96 << 20
    let budget = Budget(Desk.bodyBytes)
    let tokenSecrets = TokenSecrets()
    let disclosures = DisclosureTables()
    /// Whether rules are being tried: on a whole workspace in memory, so one at a time.
    let isTryingRules = Monitor(false)
    let started: Int64

    package init(
        intake: Database, reads: Database, watch: Database, feed: Database, bells: Bells,
        receivers: @escaping ReceiverLookup, open: OpenSources = OpenSources(), audit: Database? = nil,
        webhooks: AddressGuard = AddressGuard(),
        pace: KeyPace = KeyPace(rate: 0), secretKey: @escaping @Sendable () throws -> [UInt8], logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        keys = KeyRing(watch, now: now)
        workspaces = OpenWorkspaces(intake: intake, reads: reads, feed: feed, bells: bells, now: now)
        metrics = Metrics()
        self.watch = watch
        pools =
            [("intake", intake), ("reads", reads), ("watch", watch), ("feed", feed)]
            + (audit.map { [("audit", $0)] } ?? [])
        self.receivers = Receivers(receivers)
        openSources = open
        self.webhooks = webhooks
        self.pace = pace
        self.secretKey = secretKey
        self.audit = AuditLog(audit ?? watch)
        stopping = Stopping()
        self.logger = logger
        self.now = now
        started = now()
    }
}

/// Answers one request after the other of a connection.
struct Responder: Sendable {
    private static let slow: Duration = .seconds(5)

    let desk: Desk

    /// What became of a request; for the log and the counts.
    private struct Outcome {
        var route = "none"
        var status = 0
        var key: Key?
        var error: (any Error)?
        var streams = false
        /// The origin of the page that asks, where the answer may be read there.
        var origin: String?
        /// Asked for in Segment's words, and so answered.
        var isSegment = false
    }

    @concurrent
    func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let begun = ContinuousClock.now
        var outcome = Outcome()
        // Also where the answer could not be written to its end.
        defer { note(request, outcome, begun) }
        var slot: ResponseWriter? = consume writer
        do {
            try await answer(request, channel, &outcome, &slot)
        } catch {
            outcome.error = error
            // Without a writer the head is gone: the connection is all that can be ended.
            guard let writer = slot.take(), var problem = Self.problem(error) else { throw error }
            if outcome.isSegment { problem.members.append(("error", SegmentPages.error(problem))) }
            outcome.status = problem.status.code
            var answer = Answer(problem)
            if Self.hasBody(request) { answer.fields[.connection] = "close" }
            Self.share(&answer, with: outcome.origin)
            try await write(answer, isHead: request.method == .head, writer)
        }
    }

    @concurrent
    private func answer(
        _ request: Request, _ channel: any Channel, _ outcome: inout Outcome, _ slot: inout ResponseWriter?
    ) async throws {
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        let route: Route
        let values: [String]
        switch try Route.find(request.method, path) {
        case .route(let found, let parts): (route, values) = (found, parts)
        case let other:
            let segments = try Self.segments(path)
            if let mount = OpenExchange.mount(request.method, segments, desk) {
                outcome.route = mount.pattern
                let exchange = OpenExchange(
                    desk: desk, request: request, segments: segments, remote: Self.remote(request, channel))
                return try await answer(exchange, mount, &outcome, &slot)
            }
            if case .otherMethods(let methods) = other {
                guard request.method == .options, methods.contains("POST"),
                    case .route(let post, _) = try Route.find(.post, path), post.roles.contains(.public)
                else { throw Problem.methodNotAllowed(methods) }
                outcome.route = post.pattern
                outcome.status = 204
                return try await send(Self.preflight(request), isHead: false, &slot)
            }
            let methods = desk.openSources.mounts(at: segments).flatMap(\.route.methods).map(\.rawValue)
            throw methods.isEmpty ? Problem.notFound : .methodNotAllowed(Set(methods).sorted())
        }
        outcome.route = route.pattern
        outcome.isSegment = route.action == .segment
        let isHead = request.method == .head
        if route.isOpenOnLoopback, Self.isLocal(request, channel) {
            let answer = try await own(route)
            outcome.status = answer.status.code
            return try await send(answer, isHead: isHead, &slot)
        }
        let key = try await desk.keys.key(request.headers[.authorization])
        outcome.key = key
        if key.role == .public { outcome.origin = try key.originAllowed(request.headers[.origin]) }
        guard route.roles.contains(key.role) else {
            let roles = KeyRole.allCases.filter(route.roles.contains).map(\.rawValue).joined(separator: ", ")
            throw Problem.forbidden(
                "the key's role is \(key.role.rawValue)", "use a key whose role is one of: \(roles)")
        }
        if route.isOpenOnLoopback {
            let answer = try await own(route)
            outcome.status = answer.status.code
            return try await send(answer, isHead: isHead, &slot)
        }
        if route.isPaced, let seconds = desk.pace.take(key.workspace, key.id, now: Self.seconds()) {
            throw Problem.tooMany(seconds)
        }
        guard let workspace = try await desk.workspaces.open(key.workspace) else { throw Problem.failure }
        let exchange = Exchange(
            desk: desk, request: request, route: route, values: values, key: key, workspace: workspace)
        switch route.action {
        case .interactions:
            outcome.streams = true
            outcome.status = try await exchange.store(&slot)
        case .changes:
            outcome.streams = true
            outcome.status = try await exchange.changes(&slot)
        case .receiver:
            outcome.streams = true
            let answer = try await exchange.receive()
            outcome.status = answer.status.code
            try await send(answer, isHead: false, &slot)
        default:
            var answer = try await exchange.auditedPage()
            Self.share(&answer, with: outcome.origin)
            outcome.status = answer.status.code
            try await send(answer, isHead: isHead, &slot)
        }
    }

    /// What a browser asks before a page may send what it has; it shows no key yet, so nothing is said of any.
    private static func preflight(_ request: Request) -> Answer {
        var answer = Answer(.noContent, contentType: "text/plain", [])
        share(&answer, with: request.headers[.origin])
        answer.fields[.accessControlAllowMethods] = "POST"
        answer.fields[.accessControlAllowHeaders] = "authorization, content-type"
        answer.fields[.accessControlMaxAge] = "86400"
        return answer
    }

    private static func share(_ answer: inout Answer, with origin: String?) {
        guard let origin else { return }
        answer.fields[.accessControlAllowOrigin] = origin
        answer.fields[.vary] = "Origin"
        answer.fields[.accessControlExposeHeaders] = "Retry-After"
    }

    /// What a page of another host sent: it is to be able to read what went wrong, too.
    @concurrent
    private func answer(
        _ exchange: OpenExchange, _ mount: OpenSources.Mount, _ outcome: inout Outcome, _ slot: inout ResponseWriter?
    ) async throws {
        var answer: Answer
        do {
            answer = try await exchange.answer(mount)
        } catch {
            guard let problem = Self.problem(error) else { throw error }
            outcome.error = error
            answer = Answer(problem)
            if Self.hasBody(exchange.request) { answer.fields[.connection] = "close" }
        }
        outcome.status = answer.status.code
        try await send(exchange.shared(answer), isHead: exchange.request.method == .head, &slot)
    }

    /// A path's segments, decoded; a slash at its end is none.
    private static func segments(_ path: Substring) throws(Problem) -> [String] {
        var segments: [String] = []
        for segment in path.split(separator: "/") { segments.append(try Route.decoded(segment)) }
        return segments
    }

    /// Where it comes from: a proxy on this machine says so, as the last it has added.
    private static func remote(_ request: Request, _ channel: any Channel) -> String? {
        guard let peer = channel.remoteAddress?.ipAddress else { return nil }
        guard isLoopback(peer) else { return peer }
        let forwarded = HTTPField.Name("X-Forwarded-For").flatMap { request.headers[$0] }
        return forwarded?.split(separator: ",").last.map { String($0.filter { $0 != " " }) } ?? peer
    }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
    }

    /// Of a clock that nobody sets back.
    private static func seconds() -> Double { origin.duration(to: .now) / .seconds(1) }
    private static let origin = ContinuousClock.now

    private func own(_ route: Route) async throws -> Answer {
        switch route.action {
        case .health: Answer(contentType: "text/plain; charset=utf-8", Array("ok\n".utf8))
        case .readiness: try await desk.readiness()
        case .welcome: WelcomePage.answer
        case .openAPI: Answer(contentType: "application/yaml", Schema.openAPI)
        default: await desk.metricsPage()
        }
    }

    @concurrent
    private func send(_ answer: Answer, isHead: Bool, _ slot: inout ResponseWriter?) async throws {
        guard let writer = slot.take() else { return }
        try await write(answer, isHead: isHead, writer)
    }

    @concurrent
    func write(_ answer: Answer, isHead: Bool, _ writer: consuming ResponseWriter) async throws {
        let head = answer.head(at: desk.now())
        if isHead {
            try await writer.writeResponse(head)
        } else {
            try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
        }
    }

    static func hasBody(_ request: Request) -> Bool {
        request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0"
    }

    /// From this machine, and not through a proxy on it.
    private static func isLocal(_ request: Request, _ channel: any Channel) -> Bool {
        let forwarded = ["Forwarded", "X-Forwarded-For"].compactMap { HTTPField.Name($0) }
        guard forwarded.allSatisfy({ request.headers[$0] == nil }) else { return false }
        guard let address = channel.remoteAddress?.ipAddress else { return false }
        return isLoopback(address)
    }

    /// How an error is told; nil where nobody is left to be told.
    static func problem(_ error: any Error) -> Problem? {
        switch error {
        case let problem as Problem: problem
        case let error as IntakeError: .of(error)
        case let error as DatabaseError: .of(error)
        case let error as ReceiverError:
            switch error {
            case .unusable(let status, let text):
                Problem(status, "unusable", "The source cannot use this", text, whatToDo: text)
            }
        case is CancellationError: .stopping
        // Of a body that is under way: its end, or its chunks, did not come as its head said.
        case is HTTPParserError: .bodyBroken
        case is ChannelError, is IOError: nil
        default: .failure
        }
    }

    private func note(_ request: Request, _ outcome: Outcome, _ begun: ContinuousClock.Instant) {
        let duration = ContinuousClock.now - begun
        let method =
            ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
            .first { $0 == request.method.rawValue } ?? "other"
        let status = outcome.status == 0 ? "broken_off" : String(outcome.status)
        desk.metrics.count(.requests, outcome.route, method, status)
        desk.metrics.observe(duration, route: outcome.route)
        let isSlow = duration > Self.slow && !outcome.streams
        // Nearly every request is told to nobody.
        guard outcome.status >= 500 || isSlow || outcome.error is DatabaseError || desk.logger.logLevel <= .debug else {
            return
        }
        var metadata: Logger.Metadata = [
            "route": "\(outcome.route)", "method": "\(method)", "status": "\(status)",
            "milliseconds":
                "\(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)",
        ]
        if let key = outcome.key {
            metadata["workspace"] = "\(key.workspace)"
            metadata["key"] = "\(key.id)"
        }
        if let error = outcome.error, !(error is Problem) { metadata["cause"] = "\(Self.cause(error))" }
        if let error = outcome.error as? DatabaseError, !error.isCancelled {
            desk.logger.error("request failed", metadata: metadata)
        } else if outcome.status >= 500 || isSlow {
            desk.logger.warning(isSlow ? "request was slow" : "request failed", metadata: metadata)
        } else {
            desk.logger.debug("request", metadata: metadata)
        }
    }

    /// Without what an error may hold of the data.
    private static func cause(_ error: any Error) -> String {
        guard var error = error as? DatabaseError else { return String(describing: type(of: error)) }
        error.detail = nil
        return error.description
    }
}
