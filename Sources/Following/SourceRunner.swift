internal import Contact
internal import Logging
internal import Postgres
internal import Storage

/// Follows one source for as long as it may: takes its lease, keeps it, lets the connector follow, and tries again after
/// what went wrong.
struct SourceRunner: Sendable {
    let source: ConfiguredSource
    /// Reads the source's settings and makes its connector; nil where there is nothing to follow.
    let connector: @Sendable () async throws -> (any Follower)?
    let intake: any Intake
    let leases: Leases
    let settings: FollowingSettings
    let logger: Logger

    /// Returns when it is cancelled, or there is nothing to follow.
    func run() async {
        while !Task.isCancelled {
            do throws(DatabaseError) {
                switch try await leases.take(source, holder: settings.holder, for: settings.lease) {
                case .taken(let lease):
                    logger.info("following", metadata: ["fence": "\(lease.fence)"])
                    settings.onTaken(source.name)
                    if await hold(lease) { return }
                case .held(let other, let duration):
                    logger.debug("another follows it", metadata: ["holder": "\(other)"])
                    // Waiters come at different moments, and look sometimes: the holder may give it back early.
                    await pause(min(duration, settings.lease / 4) + settings.lease / 10 * settings.draw())
                }
            } catch {
                if error.isCancelled || Task.isCancelled { return }
                logger.warning("its lease cannot be taken", metadata: ["cause": "\(error.message)"])
                await pause(.seconds(1))
            }
        }
    }

    /// How holding a lease ended.
    private enum End: Sendable {
        case nothingToFollow, lost, cancelled
    }

    /// Follows under a lease until it is lost or given back; true when there is nothing to follow.
    private func hold(_ lease: Lease) async -> Bool {
        let condition = Condition()
        let end = await withTaskGroup(of: End.self) { tasks in
            tasks.addTask { await keep(lease, condition) }
            tasks.addTask { await follow(lease, condition) }
            let first = await tasks.next() ?? .cancelled
            tasks.cancelAll()
            return first
        }
        if end != .lost { await giveBack(lease, condition.health) }
        return end == .nothingToFollow
    }

    /// Renews the lease until it is another's. A database that is away is no reason to stop: the intake compares the fence.
    private func keep(_ lease: Lease, _ condition: Condition) async -> End {
        // The first time soon: whoever has just set a source up wants to know.
        var interval = settings.lease / 10
        while !Task.isCancelled {
            await pause(interval)
            interval = settings.lease / 3
            do throws(DatabaseError) {
                guard try await leases.renew(lease, for: settings.lease, health: condition.health) else {
                    logger.warning("another has taken the source over", metadata: ["fence": "\(lease.fence)"])
                    return .lost
                }
            } catch {
                if !error.isCancelled, !Task.isCancelled {
                    logger.warning("its lease cannot be renewed", metadata: ["cause": "\(error.message)"])
                }
            }
        }
        return .cancelled
    }

    private func follow(_ lease: Lease, _ condition: Condition) async -> End {
        var cursor = lease.cursor
        var failures = 0
        var pace: Pace?
        while !Task.isCancelled {
            condition.begin()
            let begun = settings.now()
            let failure: FollowFailure
            do {
                guard let connector = try await connector() else { return .nothingToFollow }
                pace = pace ?? settings.pace(source).map { Pace(perMinute: $0, clock: settings.clock) }
                let feed = Feed(
                    intake, lease: lease, cursor: cursor, condition: condition, pace: pace, clock: settings.clock,
                    now: settings.now)
                do {
                    try await connector.follow(feed)
                } catch {
                    cursor = await feed.cursor
                    throw error
                }
                cursor = await feed.cursor
                failure = FollowFailure(.time, "the connector ended by itself")
            } catch let error as IntakeError {
                if case .cursorLost(let text) = error {
                    logger.warning("the source is another's by now", metadata: ["cause": "\(text)"])
                    return .lost
                }
                failure = FollowFailure(.time, "\(error)")
            } catch let error as FollowFailure {
                failure = error
            } catch let error as SettingsError {
                failure = FollowFailure(
                    .person, "\(error); `contatto source set \(source.name) --set key=value` changes it")
            } catch let error as Seal.Failure {
                failure = FollowFailure(.person, "\(error)")
            } catch {
                failure = FollowFailure(.time, "\(error)")
            }
            if Task.isCancelled { break }
            let isSettled = condition.hasSeen && settings.now() - begun >= settings.settled.microseconds
            let hasWorked = condition.hasStored || isSettled
            failures = hasWorked ? 1 : failures + 1
            await wait(after: failure, failures, condition)
        }
        return .cancelled
    }

    private func wait(after failure: FollowFailure, _ failures: Int, _ condition: Condition) async {
        let duration = settings.retry.pause(after: failures, failure, draw: settings.draw())
        let now = settings.now()
        condition.failed(
            SourceHealth.Failure(
                count: Int32(clamping: failures), text: failure.text, at: now,
                needsPerson: failure.cure == .person, tryAt: now + duration.microseconds))
        logger.warning(
            "following failed",
            metadata: ["cause": "\(failure.text)", "failures": "\(failures)", "again_in": "\(duration)"])
        await pause(duration)
    }

    /// Cancelled or not: the next one need not wait. For no longer than a stop may take.
    private func giveBack(_ lease: Lease, _ health: SourceHealth) async {
        let leases = leases
        let logger = logger
        // A task of its own, which the cancellation that ends this one does not reach.
        let release = Task {
            do throws(DatabaseError) { try await leases.release(lease, health: health) } catch {
                logger.debug("its lease was left to run out", metadata: ["cause": "\(error.message)"])
            }
        }
        let limit = Task {
            try await ContinuousClock().sleep(for: .milliseconds(500))
            release.cancel()
        }
        await release.value
        limit.cancel()
    }

    /// Sleeps on the clock of the settings; a cancellation ends it.
    private func pause(_ duration: Duration) async {
        try? await settings.clock.sleep(for: duration)
    }
}
