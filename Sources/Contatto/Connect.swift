import ArgumentParser
internal import Contact
internal import Following
internal import Logging
internal import Postgres
internal import ServiceLifecycle
internal import Storage
internal import UnixSignals

struct Connect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow one source as a worker, until it is told to stop.",
        discussion: """
            `contatto serve` follows every source itself, unless it is told not to (--no-follow). Workers may run beside \
            it, and on several machines: a source is followed by one at a time, and by another within seconds when that \
            one dies. A line on stdout says when this one has it. SIGTERM, SIGINT or SIGHUP stops it in order.

            Example: contatto connect posta
            """)

    /// A stop takes a second; what takes longer is a transaction, which is never given up.
    private static let patience: Duration = .seconds(20)

    @OptionGroup var hub: HubOptions
    @OptionGroup var log: LogOptions
    @Argument(help: "Name of the source.") var source: String

    func run() async throws {
        let logger = log.logger()
        try await hub.withHub("connect") { hub in
            let (found, type) = try await findSource(source, hub)
            if let problem = try await self.problem(found, type, hub) { throw Ending(.failed, problem) }
            if found.isPaused {
                logger.notice("the source is paused: waiting for `contatto source resume \(source)`")
            }
            // Leases on connections of their own: they are renewed however busy the intake is.
            let leases = Database(
                hub.server.login.acting(as: .hub, on: hub.server.schema), connections: 2, acquireTimeout: .seconds(3))
            do {
                try await follow(hub, leases, logger)
            } catch {
                await leases.close()
                throw error
            }
            await leases.close()
        }
    }

    /// Why it is not to be followed. Wrong settings are no reason to end: they may be set right while this waits.
    private func problem(
        _ source: ConfiguredSource, _ type: any Connector.Type, _ hub: Hub
    ) async throws -> String? {
        guard type is any Follower.Type else {
            return "a source of kind \(source.kind) is not followed: it sends to the hub by itself"
        }
        do {
            let follower = try await Roster.follower(
                of: source, in: hub.workspace, hub.database, hub.server.secretKey)
            guard follower == nil else { return nil }
        } catch is SettingsError {
            return nil
        }
        return """
            source \(source.name) has nothing to follow: `contatto source add --help` shows what can be set for a source \
            of kind \(source.kind)
            """
    }

    private func follow(_ hub: Hub, _ leases: Database, _ logger: Logger) async throws {
        var intake = Ledger.Settings()
        intake.answersProfiles = false
        let ledger = Ledger(
            hub.database, workspace: hub.workspace, key: hub.key, settings: intake, now: currentMicroseconds)
        var settings = FollowingSettings.ofThisProcess()
        // In a task of its own: where nobody reads any more the write cancels its task, and the source is followed on.
        settings.onTaken = { name in Task { StandardOutput.write("following \(name)") } }
        let server = hub.server
        let service = FollowingService(
            sources: FollowedSources(
                leases, only: (hub.workspace.id, source), settings: settings, logger: logger, intake: { _ in ledger },
                connector: { source, workspace in
                    try await Roster.follower(of: source, in: workspace, leases, server.secretKey)
                }))
        let signals = [UnixSignal.sigterm, .sigint, .sighup].filter { Farewell.signals.contains($0.rawValue) }
        var configuration = ServiceGroupConfiguration(
            services: [SecondSignal(signals: signals), service], gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.patience
        let group = ServiceGroup(configuration: configuration)
        server.farewell?.handOver { Task { await group.triggerGracefulShutdown() } }
        try await group.run()
        logger.info("stopped")
    }
}
