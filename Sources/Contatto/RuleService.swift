internal import API
internal import Logging
internal import Postgres
internal import ServiceLifecycle
internal import Storage

/// Brings what is stored to the rules of its workspace while the hub serves: a step, then a pause.
struct RuleService: Service, CustomStringConvertible {
    /// How soon a change of rules made by another process is seen, and an unreachable database tried again.
    private static let interval: Duration = .seconds(10)

    let desk: Desk
    let logger: Logger

    var description: String { "rules" }

    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            await look()
            guard await pause(Self.interval) else { return }
        }
    }

    private func look() async {
        do throws(DatabaseError) {
            // One workspace that cannot be helped holds up no other.
            for workspace in try await Workspaces(desk.watch).list() {
                do throws(DatabaseError) { try await apply(in: workspace) } catch { tell(error) }
            }
        } catch {
            tell(error)
        }
    }

    private func tell(_ error: DatabaseError) {
        // Where the hub ends there is nothing that anybody could do about it.
        guard !Task.isCancelled, !error.isCancelled else { return }
        logger.warning(
            "the rules could not be applied to what is stored; trying again in ten seconds",
            metadata: ["cause": "\(error.message)"])
    }

    private func apply(in workspace: Workspace) async throws(DatabaseError) {
        var applied = AppliedRules()
        var version: Int32?
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let begun = ContinuousClock.now
            guard let step = try await desk.applyRules(in: workspace) else { break }
            applied.add(step)
            version = step.version
            // As long as the step took: then at least half of the time the journal row is the intake's.
            guard await pause(max(.milliseconds(20), ContinuousClock.now - begun)) else { break }
        }
        guard let version else { return }
        logger.info(
            "applied rules",
            metadata: ["workspace": "\(workspace.id)", "rules": "\(version)", "did": "\(applied.words)"])
    }

    /// False where the hub is told to stop.
    private func pause(_ duration: Duration) async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
            return true
        } catch {
            return false
        }
    }
}
