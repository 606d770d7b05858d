package import Contact
package import Logging
package import Postgres
internal import ServiceLifecycle
package import Storage

/// Follows the sources of a database that this process is to follow, and keeps to what people set: a source that is added,
/// changed, paused or taken away is begun, begun anew or ended within seconds.
///
/// Any number of processes may do so on one database: each source is followed by one of them at a time.
package struct FollowedSources: Sendable {
    /// Makes a source's connector with the settings it has now; nil where it has nothing to follow.
    package typealias MakeConnector = @Sendable (ConfiguredSource, Workspace) async throws -> (any Follower)?
    package typealias OpenIntake = @Sendable (Workspace) async throws -> any Intake

    private struct Place: Hashable {
        let workspace: Int64
        let source: Int64
    }

    private let database: Database
    private let only: (workspace: Int64, source: String)?
    private let connector: MakeConnector
    private let intake: OpenIntake
    private let settings: FollowingSettings
    private let logger: Logger

    /// Takes a small pool of its own for leases, so that they are renewed however busy the intake is. With `only` it
    /// follows that source and no other.
    package init(
        _ database: Database, only: (workspace: Int64, source: String)? = nil, settings: FollowingSettings,
        logger: Logger, intake: @escaping OpenIntake, connector: @escaping MakeConnector
    ) {
        self.database = database
        self.only = only
        self.settings = settings
        self.logger = logger
        self.intake = intake
        self.connector = connector
    }

    /// Follows until the task is cancelled.
    package func follow() async {
        var running: [Place: (task: Task<Void, Never>, fingerprint: String)] = [:]
        // Asked once for each state of the settings, because it opens secrets.
        var judged: [Place: (fingerprint: String, isFollowed: Bool)] = [:]
        while !Task.isCancelled {
            do {
                let wanted = try await sources(&judged)
                for (place, runner) in running where wanted[place]?.source.fingerprint != runner.fingerprint {
                    runner.task.cancel()
                    await runner.task.value
                    running[place] = nil
                }
                for (place, found) in wanted where running[place] == nil {
                    do {
                        running[place] = (try await begin(found.source, found.workspace), found.source.fingerprint)
                    } catch {
                        logger.warning(
                            "a source cannot be begun",
                            metadata: ["source": "\(found.source.name)", "cause": "\(error)"])
                    }
                }
            } catch {
                if !Task.isCancelled {
                    logger.warning("the sources cannot be looked up", metadata: ["cause": "\(error)"])
                }
            }
            // It throws where it is cancelled, and then the loop ends.
            try? await settings.clock.sleep(for: settings.look)
        }
        for runner in running.values { runner.task.cancel() }
        for runner in running.values { await runner.task.value }
    }

    /// A task of its own, which lives until its source changes; `follow` waits for each before it returns.
    private func begin(_ source: ConfiguredSource, _ workspace: Workspace) async throws -> Task<Void, Never> {
        var logger = logger
        logger[metadataKey: "source"] = "\(source.name)"
        logger[metadataKey: "workspace"] = "\(workspace.name)"
        let connector = connector
        let runner = SourceRunner(
            source: source, connector: { try await connector(source, workspace) }, intake: try await intake(workspace),
            leases: Leases(database, workspace: workspace), settings: settings, logger: logger)
        return Task { await runner.run() }
    }

    /// Those that are to be followed now.
    private func sources(
        _ judged: inout [Place: (fingerprint: String, isFollowed: Bool)]
    ) async throws -> [Place: (source: ConfiguredSource, workspace: Workspace)] {
        var found: [Place: (ConfiguredSource, Workspace)] = [:]
        for workspace in try await Workspaces(database).list() {
            if let only, only.workspace != workspace.id { continue }
            for source in try await SourceStore(database, workspace: workspace).list() where !source.isPaused {
                if let only, only.source != source.name { continue }
                let place = Place(workspace: workspace.id, source: source.id)
                if judged[place]?.fingerprint != source.fingerprint {
                    judged[place] = (source.fingerprint, try await isFollowed(source, workspace))
                }
                if judged[place]?.isFollowed == true { found[place] = (source, workspace) }
            }
        }
        return found
    }

    /// One whose settings are wrong, or whose secrets cannot be opened, is begun all the same: that is how people hear of
    /// it, and no other source has to wait for them.
    private func isFollowed(_ source: ConfiguredSource, _ workspace: Workspace) async throws -> Bool {
        do { return try await connector(source, workspace) != nil } catch let error as DatabaseError {
            throw error
        } catch {
            return true
        }
    }
}
