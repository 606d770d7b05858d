package import Contact
package import Logging
package import Postgres
internal import ServiceLifecycle
package import Storage

/// Serves the subscriptions of a database, and keeps to what people set: one that is added, changed, paused or taken away is
/// begun, begun anew or ended within seconds.
///
/// Any number of processes may do so on one database: each subscription is served by one of them at a time.
package struct Deliveries: Service, CustomStringConvertible {
    private struct Place: Hashable {
        let workspace: Int64
        let subscription: Int64
    }

    private struct Running {
        let task: Task<Void, Never>
        let fingerprint: String
        /// Of itself, as one that was disabled: resumed, it is begun anew.
        let hasEnded: Monitor<Bool>
    }

    private let database: Database
    private let bells: Bells
    private let secretKey: @Sendable () throws -> [UInt8]
    private let client: WebhookClient
    private let settings: DeliverySettings
    private let logger: Logger

    package var description: String { "deliveries" }

    /// Takes a pool of its own: holds are renewed however busy the intake is.
    package init(
        _ database: Database, bells: Bells, client: WebhookClient, settings: DeliverySettings, logger: Logger,
        secretKey: @escaping @Sendable () throws -> [UInt8]
    ) {
        self.database = database
        self.bells = bells
        self.client = client
        self.settings = settings
        self.logger = logger
        self.secretKey = secretKey
    }

    package func run() async throws {
        let task = Task { await serve() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await task.value
            } onGracefulShutdown: {
                task.cancel()
            }
        } onCancel: {
            task.cancel()
        }
        client.close()
    }

    /// Serves until the task is cancelled.
    private func serve() async {
        var running: [Place: Running] = [:]
        while !Task.isCancelled {
            do throws(DatabaseError) {
                let wanted = try await subscriptions()
                for (place, runner) in running
                where runner.hasEnded.withLock({ $0 })
                    || wanted[place]?.subscription.fingerprint != runner.fingerprint
                {
                    runner.task.cancel()
                    await runner.task.value
                    running[place] = nil
                }
                for (place, found) in wanted where running[place] == nil {
                    running[place] = begin(found.subscription, found.workspace)
                }
            } catch {
                if !Task.isCancelled, !error.isCancelled {
                    logger.warning("the subscriptions cannot be looked up", metadata: ["cause": "\(error.message)"])
                }
            }
            try? await Task.sleep(for: settings.look)  // it throws where it is cancelled, and then the loop ends
        }
        for runner in running.values { runner.task.cancel() }
        for runner in running.values { await runner.task.value }
    }

    private func subscriptions() async throws(DatabaseError) -> [Place: (
        subscription: Subscription, workspace: Workspace
    )] {
        var found: [Place: (Subscription, Workspace)] = [:]
        for workspace in try await Workspaces(database).list() {
            for subscription in try await Subscriptions(database, workspace: workspace).list()
            where subscription.isTold {
                found[Place(workspace: workspace.id, subscription: subscription.id)] = (subscription, workspace)
            }
        }
        return found
    }

    /// A task of its own, which lives until its subscription changes; `serve` waits for each before it returns.
    private func begin(_ subscription: Subscription, _ workspace: Workspace) -> Running {
        var logger = logger
        logger[metadataKey: "subscription"] = "\(subscription.name)"
        logger[metadataKey: "workspace"] = "\(workspace.name)"
        let told = logger
        let runner = SubscriptionRunner(
            subscription: subscription, subscriptions: Subscriptions(database, workspace: workspace),
            settings: settings, logger: told
        ) { hold in try await work(subscription, workspace, hold, told) }
        let hasEnded = Monitor(false)
        let task = Task {
            await runner.run()
            hasEnded.withLock { $0 = true }
        }
        return Running(task: task, fingerprint: subscription.fingerprint, hasEnded: hasEnded)
    }

    private func work(
        _ subscription: Subscription, _ workspace: Workspace, _ hold: Hold, _ logger: Logger
    ) async throws -> WorkEnd {
        let subscriptions = Subscriptions(database, workspace: workspace)
        let seal = Seal(try secretKey())
        let secrets = try await subscriptions.secrets(of: subscription, seal: seal)
        switch subscription.kind {
        case .webhook:
            let worker = WebhookWorker(
                settings: try WebhookSettings(subscription.values), secrets: try WebhookSecrets.inForce(secrets),
                hold: hold, workspace: workspace, journal: Changes(database, workspace: workspace),
                subscriptions: subscriptions, client: client, bell: bells.bell(of: workspace.id), delivery: settings,
                logger: logger)
            return try await worker.run()
        case .kafka:
            let worker = KafkaWorker(
                settings: try TopicSettings(subscription.values, secrets: secrets), hold: hold, workspace: workspace,
                journal: Changes(database, workspace: workspace), subscriptions: subscriptions,
                bell: bells.bell(of: workspace.id), delivery: settings, logger: logger)
            return try await worker.run()
        }
    }
}

/// What signs the webhooks of a subscription.
package enum WebhookSecrets {
    /// The current one, and while it is rotated the one before.
    package static func inForce(_ secrets: [String: Secret]) throws -> [WebhookSecret] {
        var found: [WebhookSecret] = []
        for name in ["secret", "previous"] {
            if let secret = secrets[name] { found.append(try WebhookSecret(secret.revealed)) }
        }
        guard !found.isEmpty else {
            throw SubscriptionFault("it has no secret to sign with: `contatto subscription rotate` makes one")
        }
        return found
    }
}
