internal import API
import ArgumentParser
internal import Cluster
internal import Contact
internal import Delivery
internal import Following
internal import Glibc
internal import Logging
internal import Postgres
internal import ServiceLifecycle
internal import Storage
internal import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the hub: answer over HTTP until it is told to stop.",
        discussion: """
            The first line on stdout says where it listens. SIGTERM, SIGINT or SIGHUP stops it in order: what was \
            accepted is answered, nothing new is taken; a second signal ends it at once.

            Example: contatto serve --port 7600
            """)

    /// What a stop may take before what is left is cancelled; below the 90 s after which service managers kill.
    private static let patience: Duration = .seconds(40)

    @OptionGroup var hub: HubOptions
    @Option(help: "Address to listen on.") var host = "127.0.0.1"
    @Option(help: "Port to listen on; 0 = a free one.") var port = 7600
    @Flag(inversion: .prefixedNo, help: "Follow the sources; without, `contatto connect` does.") var follow = true
    @Flag(inversion: .prefixedNo, help: "Serve the subscriptions; without, `contatto deliver` does.") var deliver = true
    @Option(help: "Requests a second that one key may make, deliveries apart; 0 = as many as it likes.") var rate = 200
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is a number from 0 to 65535") }
        guard (0...1_000_000).contains(rate) else { throw ValidationError("--rate is a number from 0 to 1000000") }
    }

    func run() async throws {
        let logger = log.logger()
        // Who reads the log may go away; that is no reason to stop.
        _ = signal(SIGPIPE, SIG_IGN)
        // A connection is a descriptor, and many streams are many: the usual soft limit of 1,024 is for programs that select().
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            limit.rlim_cur = limit.rlim_max
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        try await hub.withServer("serve", holding: .owned) { server in
            if let problem = ListenAddress(host: host, port: port).problem { throw Ending(.failed, problem) }
            try await server.withPools { pools in try await serve(pools, server, logger) }
        }
    }

    private func serve(_ pools: ServingPools, _ server: HubServer, _ logger: Logger) async throws {
        if !Self.isLoopback(host) {
            logger.warning("listening beyond this machine without TLS: put a proxy that has it in front")
        }
        let exceptions = try hub.webhookExceptions()
        let herald = Herald(server.login.acting(as: .hub, on: server.schema), schema: server.schema)
        let desk = Desk(
            intake: pools.intake, reads: pools.reads, watch: pools.watch, feed: pools.feed, bells: herald.bells,
            receivers: { workspace, source in
                try await Roster.receiver(for: source, in: workspace, pools.reads, server.secretKey)
            },
            open: OpenSources(Roster.open) { try await Roster.openSources(pools.reads) },
            audit: pools.audit,
            webhooks: AddressGuard(exceptions), pace: KeyPace(rate: rate), secretKey: { try server.secretKey.read() },
            logger: logger,
            now: currentMicroseconds)
        let shown = host.contains(":") ? "[\(host)]" : host
        let http = HTTPServer(desk, host: host, port: port) { port in
            StandardOutput.write("listening http://\(shown):\(port)")
        }
        let maintenance = Maintenance(
            owner: pools.owner, retention: try hub.retention(), auditMonths: try hub.auditMonths(), logger: logger)
        let signals = [UnixSignal.sigterm, .sigint, .sighup].filter { Farewell.signals.contains($0.rawValue) }
        let rules = RuleService(desk: desk, logger: logger)
        let search = SearchService(pool: pools.search, logger: logger)
        var services: [any Service] = [SecondSignal(signals: signals), maintenance, rules, search, herald, http]
        if deliver {
            services.append(
                try await Deliveries.ofThisProcess(
                    pools.delivery, bells: herald.bells, exceptions: exceptions, server, logger))
        }
        // Last, so that it is the first to be told of the stop: nothing new is fetched while the rest is answered.
        if follow { services.append(following(desk, pools, server, logger)) }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.patience
        let group = ServiceGroup(configuration: configuration)
        // A signal that came since the start, or comes before the group hears it itself, stops it all the same.
        server.farewell?.handOver { Task { await group.triggerGracefulShutdown() } }
        do {
            try await group.run()
        } catch {
            // Somebody may have come before us since it was looked at.
            let problem = ListenAddress(host: host, port: port).problem
            throw Ending(.failed, problem ?? "the server on \(shown):\(port) ended: \(error)")
        }
        logger.info("stopped")
    }

    private func following(
        _ desk: Desk, _ pools: ServingPools, _ server: HubServer, _ logger: Logger
    ) -> FollowingService {
        FollowingService(
            sources: FollowedSources(
                pools.leases, settings: .ofThisProcess(), logger: logger,
                intake: { workspace in try await desk.intake(of: workspace) },
                connector: { source, workspace in
                    try await Roster.follower(of: source, in: workspace, pools.leases, server.secretKey)
                }))
    }

    private static func isLoopback(_ host: String) -> Bool {
        host.hasPrefix("127.") || host == "::1" || host == "localhost"
    }
}

/// Where the hub is to listen, tried before it is used: what is in the way is told in words.
struct ListenAddress {
    let host: String
    let port: Int

    /// Why nobody can listen there now, and what to do; nil where it is free.
    var problem: String? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = unsafe getaddrinfo(host, "\(port)", &hints, &found)
        defer { unsafe freeaddrinfo(found) }
        guard failure == 0, let address = unsafe found else {
            let reason = failure == 0 ? "it has no address" : unsafe String(cString: gai_strerror(failure))
            return "the host \(host) is not known (\(reason)): name one of this machine's addresses with --host"
        }
        let descriptor = unsafe socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
        // Without a socket the server's own words have to do.
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var yes: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) != 0 else { return nil }
        let code = errno
        switch code {
        case EADDRINUSE:
            return "port \(port) on \(host) is in use: choose another with --port, or stop what listens there"
        case EADDRNOTAVAIL:
            return "\(host) is no address of this machine: name one of its own with --host"
        case EACCES:
            return "port \(port) on \(host) is reserved for root: choose one from 1024 up with --port"
        default:
            let reason = unsafe String(cString: strerror(code))
            return "port \(port) on \(host) cannot be listened on (\(reason)): choose another with --host and --port"
        }
    }
}

/// The pools of a server, apart so that reading, intake and looking after itself do not starve each other.
struct ServingPools {
    let intake: Database
    let reads: Database
    let watch: Database
    /// For changes, which subscribers read on and on.
    let feed: Database
    /// For subscriptions: their workers read, and write down how far they are.
    let delivery: Database
    /// For leases: they wait for rows that the intake holds, and nobody is to wait for them.
    let leases: Database
    /// For whoever indexes what came in.
    let search: Database
    /// For the audit log: one writer.
    let audit: Database
    /// How the owner of the tables is reached, where the login may act as it.
    let owner: ConnectionSettings

    func close() async {
        for pool in [intake, reads, watch, feed, delivery, leases, search, audit] { await pool.close() }
    }
}

extension HubServer {
    /// Who asks for more at once is told so: others wait for the connection.
    private static let longestRead: Duration = .seconds(15)

    /// Runs work on pools as the hub's role, on a schema this build knows, and closes them.
    func withPools(_ work: (ServingPools) async throws -> Void) async throws {
        let hub = login.acting(as: .hub, on: schema)
        var reading = hub
        reading.statementTimeout = Self.longestRead
        let pools = ServingPools(
            intake: Database(hub, connections: connections), reads: Database(reading, connections: connections),
            watch: Database(hub, connections: 2, acquireTimeout: .seconds(3)), feed: Database(hub, connections: 3),
            delivery: Database(hub, connections: 3),
            leases: Database(hub, connections: 2, acquireTimeout: .seconds(3)), search: Database(hub, connections: 1),
            audit: Database(hub, connections: 1, acquireTimeout: .seconds(3)),
            owner: login.acting(as: .owner, on: schema))
        do {
            try await Migration.check(pools.watch)
            try await work(pools)
        } catch {
            await pools.close()
            throw error
        }
        await pools.close()
    }
}
