internal import Logging
internal import Postgres
internal import ServiceLifecycle
internal import Storage

/// Makes the partitions that are to come, and drops the days of the journal and the hits that are no longer
/// kept, while the hub serves, where the login may act as the owner of the tables.
struct Maintenance: Service, CustomStringConvertible {
    /// Partitions are made days ahead: four times a day leaves many attempts.
    private static let interval: Duration = .seconds(6 * 3600)
    /// After a failure.
    private static let pause: Duration = .seconds(600)

    /// Two seasons can be compared.
    private static let hitDays = 400

    let owner: ConnectionSettings
    let retention: JournalRetention
    /// Months that the audit log is kept, beside the present one.
    let auditMonths: Int
    let logger: Logger

    var description: String { "maintenance" }

    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let pause = await make() ? Self.interval : Self.pause
            do {
                try await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            } catch {
                return
            }
        }
    }

    /// True where there is nothing to try again soon.
    private func make() async -> Bool {
        let database = Database(owner, connections: 1, acquireTimeout: .seconds(10))
        let isDone: Bool
        do throws(DatabaseError) {
            let made = try await Partitions(database).make(now: currentMicroseconds())
            if !made.isEmpty { logger.info("made partitions", metadata: ["count": "\(made.count)"]) }
            let gone = try await Partitions(database).forget(retention, now: currentMicroseconds())
            let hits = try await Partitions(database).forgetHits(olderThan: Self.hitDays, now: currentMicroseconds())
            let audit = try await Partitions(database).forgetAudit(olderThan: auditMonths, now: currentMicroseconds())
            if !audit.isEmpty { logger.info("dropped months of the audit log", metadata: ["count": "\(audit.count)"]) }
            if hits > 0 { logger.info("forgot old hits", metadata: ["count": "\(hits)"]) }
            if !gone.isEmpty { logger.info("dropped days of the journal", metadata: ["count": "\(gone.count)"]) }
            isDone = true
        } catch {
            let mayNot = error.state == .insufficientPrivilege || error.state == .invalidParameterValue
            // Where the hub ends there is nothing that anybody could do about it.
            if !error.isCancelled, !Task.isCancelled {
                logger.warning(
                    mayNot
                        ? "this login may not make partitions: `contatto migrate` must run daily"
                        : "partitions could not be made; trying again in ten minutes",
                    metadata: ["cause": "\(error.message)"])
            }
            isDone = mayNot
        }
        await database.close()
        return isDone
    }
}
