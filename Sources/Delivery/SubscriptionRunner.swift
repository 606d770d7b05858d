internal import Contact
internal import Logging
internal import Postgres
internal import Storage

/// Serves one subscription for as long as it may: takes it, keeps it, has it worked for, and begins again after what went
/// wrong.
struct SubscriptionRunner: Sendable {
    let subscription: Subscription
    let subscriptions: Subscriptions
    let settings: DeliverySettings
    let logger: Logger
    /// Does the work until it is lost, stopped, or cancelled.
    let work: @Sendable (Hold) async throws -> WorkEnd

    /// Returns when it is cancelled, or there is nothing left to serve.
    func run() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                switch try await subscriptions.take(subscription, holder: settings.holder, for: settings.lease) {
                case .taken(let hold):
                    logger.info("serving", metadata: ["fence": "\(hold.fence)"])
                    let begun = ContinuousClock.now
                    switch try await serve(hold) {
                    case .cancelled, .disabled: return
                    case .lost: break
                    }
                    if ContinuousClock.now - begun > .seconds(10) { failures = 0 }
                case .held(_, let duration):
                    // Waiters come at different moments, and look sometimes: the holder may give it back early.
                    await pause(min(duration, settings.lease / 4) + settings.lease / 10 * settings.draw())
                case .gone: return
                }
            } catch {
                if Task.isCancelled { return }
                failures += 1
                let longest = settings.firstPause * (1 << min(failures - 1, 10))
                let duration = min(longest, settings.longestPause)
                logger.warning("it cannot be served now", metadata: ["cause": "\(error)", "again_in": "\(duration)"])
                await pause(duration * (0.5 + settings.draw() / 2))
            }
        }
    }

    private func serve(_ hold: Hold) async throws -> WorkEnd {
        let end: Result<WorkEnd, any Error> = await withTaskGroup(of: Result<WorkEnd, any Error>.self) { tasks in
            tasks.addTask { .success(await keep(hold)) }
            tasks.addTask {
                do { return .success(try await work(hold)) } catch { return .failure(error) }
            }
            let first = await tasks.next() ?? .success(.cancelled)
            tasks.cancelAll()
            // What the other one still writes down comes before it is given back.
            await tasks.waitForAll()
            return first
        }
        if case .success(.lost) = end {
            logger.info("another serves it now", metadata: ["fence": "\(hold.fence)"])
        } else {
            await giveBack(hold)
        }
        if case .success(.disabled(let reason)) = end {
            logger.warning("the subscription is no longer told", metadata: ["cause": "\(reason)"])
        }
        return try end.get()
    }

    /// Renews the hold until it is another's. A database that is away is no reason to stop: every write compares the fence.
    private func keep(_ hold: Hold) async -> WorkEnd {
        while !Task.isCancelled {
            await pause(settings.lease / 3)
            do throws(DatabaseError) {
                guard try await subscriptions.renew(hold, for: settings.lease) else { return .lost }
            } catch {
                if !error.isCancelled, !Task.isCancelled {
                    logger.warning("the hold cannot be renewed", metadata: ["cause": "\(error.message)"])
                }
            }
        }
        return .cancelled
    }

    /// Cancelled or not: the next one need not wait. For no longer than a stop may take.
    private func giveBack(_ hold: Hold) async {
        let (subscriptions, logger) = (subscriptions, logger)
        let release = Task {
            do throws(DatabaseError) { try await subscriptions.release(hold) } catch {
                logger.debug("the hold was left to run out", metadata: ["cause": "\(error.message)"])
            }
        }
        let limit = Task {
            try await ContinuousClock().sleep(for: .milliseconds(500))
            release.cancel()
        }
        await release.value
        limit.cancel()
    }

    private func pause(_ duration: Duration) async {
        try? await Task.sleep(for: duration)  // it throws where it is cancelled, and then the loop ends
    }
}
