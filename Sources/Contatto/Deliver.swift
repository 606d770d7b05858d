import ArgumentParser
internal import Contact
internal import Delivery
internal import Following
internal import Logging
internal import Postgres
internal import ServiceLifecycle
internal import Storage
internal import UnixSignals

struct Deliver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the subscriptions as a worker, until it is told to stop.",
        discussion: """
            `contatto serve` serves them itself, unless it is told not to (--no-deliver). Workers may run beside it, and on \
            several machines: a subscription is served by one at a time, and by another within seconds when that one dies. \
            SIGTERM, SIGINT or SIGHUP stops it in order.

            Example: contatto deliver
            """)

    private static let patience: Duration = .seconds(20)

    @OptionGroup var hub: HubOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        let logger = log.logger()
        let exceptions = try await readExceptions()
        try await hub.withServer("deliver") { server in
            let login = server.login.acting(as: .hub, on: server.schema)
            let database = Database(login, connections: server.connections)
            let herald = Herald(login, schema: server.schema)
            do {
                try await Migration.check(database)
                let deliveries = try await Deliveries.ofThisProcess(
                    database, bells: herald.bells, exceptions: exceptions, server, logger)
                let signals = [UnixSignal.sigterm, .sigint, .sighup].filter { Farewell.signals.contains($0.rawValue) }
                var configuration = ServiceGroupConfiguration(
                    services: [SecondSignal(signals: signals), herald, deliveries], gracefulShutdownSignals: signals,
                    logger: logger)
                configuration.maximumGracefulShutdownDuration = Self.patience
                let group = ServiceGroup(configuration: configuration)
                server.farewell?.handOver { Task { await group.triggerGracefulShutdown() } }
                StandardOutput.write("delivering")
                try await group.run()
            } catch {
                await database.close()
                throw error
            }
            await database.close()
            logger.info("stopped")
        }
    }

    private func readExceptions() async throws -> AddressGuard.Exceptions {
        var exceptions = AddressGuard.Exceptions()
        try await ending { exceptions = try hub.webhookExceptions() }
        return exceptions
    }
}

extension Deliveries {
    /// Those of this process.
    static func ofThisProcess(
        _ database: Database, bells: Bells, exceptions: AddressGuard.Exceptions, _ server: HubServer, _ logger: Logger
    ) async throws -> Deliveries {
        Deliveries(
            database, bells: bells,
            client: WebhookClient(AddressGuard(exceptions), tls: try await WebhookTLS.make()),
            settings: DeliverySettings(holder: FollowingSettings.ofThisProcess().holder, now: currentMicroseconds),
            logger: logger, secretKey: { try server.secretKey.read() })
    }
}
