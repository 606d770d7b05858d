internal import Contact
internal import Logging
internal import Postgres
internal import Storage

/// How holding a subscription ended.
enum WorkEnd: Sendable {
    case lost, cancelled
    /// The hub itself has stopped telling: people are told why.
    case disabled(String)
}

/// Delivers the changes of one subscription to its endpoint, for as long as it is held.
struct WebhookWorker: Sendable {
    /// How often what was delivered is written down: so much is delivered twice after a crash, with the same ids.
    private static let recording: Duration = .milliseconds(500)
    private static let mostUnrecorded = 200
    private static let pageOfChanges = 500

    let settings: WebhookSettings
    let secrets: [WebhookSecret]
    let hold: Hold
    let workspace: Workspace
    let journal: Changes
    let subscriptions: Subscriptions
    let client: WebhookClient
    /// Of the journal.
    let bell: Bell
    let delivery: DeliverySettings
    let logger: Logger

    /// What the tasks that send have to say.
    private struct Results: Sendable {
        var outcomes: [(position: Int64, outcome: DeliveryQueue.Outcome)] = []
        var attempts: [DeliveryAttempt] = []
        var disabled: String?
    }

    func run() async throws(DatabaseError) -> WorkEnd {
        let parked = try await subscriptions.waiting(hold)
        let results = Monitor(Results())
        let signal = Bell()
        let queue = DeliveryQueue(
            settings.policy, after: hold.cursor.position, parked: parked, failures: hold.failures)
        let (outcome, ended) = await withDiscardingTaskGroup { tasks -> (Result<WorkEnd, DatabaseError>, Work) in
            tasks.addTask { await forward(to: signal) }
            var work = Work(queue: queue, attempts: hold.attempts)
            let end: Result<WorkEnd, DatabaseError>
            do throws(DatabaseError) {
                end = .success(try await work.loop(self, &tasks, results, signal))
            } catch {
                end = .failure(error)
            }
            // The group waits for all of them.
            tasks.cancelAll()
            return (end, work)
        }
        if case .success(.cancelled) = outcome {
            var work = ended
            await work.finish(self, results)
        }
        return try outcome.get()
    }

    /// Wakes the worker when the journal moves.
    private func forward(to signal: Bell) async {
        while !Task.isCancelled {
            let rung = bell.count
            await bell.wait(beyond: rung, atMost: .seconds(1))
            signal.sound()
        }
    }

    /// The state of the one task that decides.
    private struct Work {
        var queue: DeliveryQueue
        /// Number of the last attempt that was logged.
        var attempts: Int64
        var logged: [DeliveryAttempt] = []
        var rung: UInt64?
        var lookedAt = ContinuousClock.now - .seconds(60)
        var recordedAt = ContinuousClock.now
        var disabled: String?
        /// Time of the last change that was read, for the days that need not be looked at.
        var since: Int64?
        var pace: Double = 1
        var pacedAt = ContinuousClock.now

        mutating func loop(
            _ worker: WebhookWorker, _ tasks: inout DiscardingTaskGroup, _ results: Monitor<Results>, _ signal: Bell
        ) async throws(DatabaseError) -> WorkEnd {
            while !Task.isCancelled {
                let heard = signal.count
                collect(worker, results)
                if let disabled {
                    _ = try await record(worker)
                    return .disabled(disabled)
                }
                while let item = next(worker) { worker.send(item, &tasks, results, signal) }
                let hasMore = try await read(worker)
                if let disabled {
                    _ = try await record(worker)
                    return .disabled(disabled)
                }
                if isDue(worker), try await !record(worker) { return .lost }
                if hasMore { continue }
                await signal.wait(beyond: heard, atMost: patience(worker))
            }
            return .cancelled
        }

        private mutating func collect(_ worker: WebhookWorker, _ results: Monitor<Results>) {
            let found = results.withLock { results in
                defer { results = Results() }
                return results
            }
            let now = worker.delivery.now()
            for (position, outcome) in found.outcomes {
                queue.finished(position, outcome, now: now, draw: worker.delivery.draw())
            }
            logged += found.attempts
            if let reason = found.disabled { disabled = reason }
        }

        private mutating func next(_ worker: WebhookWorker) -> DeliveryQueue.Item? {
            if let rate = worker.settings.rate {
                let now = ContinuousClock.now
                let passed = (now - pacedAt) / .seconds(1)
                pacedAt = now
                pace = min(max(1, rate), pace + passed * rate)
                guard pace >= 1 else { return nil }
                guard let item = queue.next(now: worker.delivery.now()) else { return nil }
                pace -= 1
                return item
            }
            return queue.next(now: worker.delivery.now())
        }

        /// Reads on where there is room and may be more; true where there is more to send at once.
        private mutating func read(_ worker: WebhookWorker) async throws(DatabaseError) -> Bool {
            let count = worker.bell.count
            let now = ContinuousClock.now
            guard queue.wantsMore, rung != count || now - lookedAt >= .seconds(1) else { return false }
            let cursor = JournalCursor(epoch: worker.hold.cursor.epoch, position: queue.read)
            let reading = try await worker.journal.page(
                after: cursor, limit: WebhookWorker.pageOfChanges, filter: Changes.Filter(types: worker.settings.types),
                since: since.map { $0 - 86_400_000_000 })
            switch reading {
            case .page(let page):
                queue.add(try await worker.items(of: page), upTo: page.next.position)
                since = page.changes.last?.at ?? since
                rung = page.isLast ? count : nil
                if page.isLast { lookedAt = now }
                return page.next != cursor
            default: disabled = reading.problem
            }
            return false
        }

        private func isDue(_ worker: WebhookWorker) -> Bool {
            guard queue.hasNews || !logged.isEmpty else { return false }
            return queue.delivered >= WebhookWorker.mostUnrecorded
                || ContinuousClock.now - recordedAt >= WebhookWorker.recording
        }

        /// False where it is another's by now.
        private mutating func record(_ worker: WebhookWorker) async throws(DatabaseError) -> Bool {
            var progress = queue.progress()
            progress.attempts = logged
            progress.disabled = disabled
            let isOurs = try await worker.subscriptions.record(
                progress, worker.hold, attempts: attempts, now: worker.delivery.now())
            guard isOurs else { return false }
            attempts += Int64(logged.count)
            logged = []
            queue.wrote(progress)
            recordedAt = .now
            return true
        }

        private func patience(_ worker: WebhookWorker) -> Duration {
            var patience: Duration = queue.hasNews || !logged.isEmpty ? WebhookWorker.recording : .seconds(1)
            if let moment = queue.nextMoment() {
                patience = min(patience, max(.milliseconds(1), .microseconds(moment - worker.delivery.now())))
            }
            if worker.settings.rate != nil { patience = min(patience, .milliseconds(20)) }
            return patience
        }

        /// Writes down the last of it, cancelled or not, for no longer than a stop may take.
        mutating func finish(_ worker: WebhookWorker, _ results: Monitor<Results>) async {
            collect(worker, results)
            guard queue.hasNews || !logged.isEmpty else { return }
            var progress = queue.progress()
            progress.attempts = logged
            let (last, attempts) = (progress, attempts)
            // A task of its own, which the cancellation that ends this one does not reach.
            let writing = Task {
                // What is not written down is delivered once more.
                _ = try? await worker.subscriptions.record(
                    last, worker.hold, attempts: attempts, now: worker.delivery.now())
            }
            let limit = Task {
                try await ContinuousClock().sleep(for: .milliseconds(500))
                writing.cancel()
            }
            await writing.value
            limit.cancel()
        }
    }

    /// Changes as they are to be sent.
    private func items(of page: Changes.Page) async throws(DatabaseError) -> [DeliveryQueue.Item] {
        let known = settings.payload == .full ? try await EventWriter.Known.of(page.changes, in: journal) : nil
        var writer = EventWriter(workspace: workspace.id, epoch: page.next.epoch)
        return page.changes.map { change in
            var body: [UInt8] = []
            body.reserveCapacity(512)
            writer.append(change, known, to: &body)
            return DeliveryQueue.Item(
                position: change.position, at: change.at, type: change.type, profile: change.profile,
                keys: change.profiles, body: body)
        }
    }

    private func send(
        _ item: DeliveryQueue.Item, _ tasks: inout DiscardingTaskGroup, _ results: Monitor<Results>, _ signal: Bell
    ) {
        tasks.addTask {
            let begun = delivery.now()
            let clock = ContinuousClock.now
            let (outcome, status, failure, disabled) = await deliver(item)
            let passed = (ContinuousClock.now - clock) / .milliseconds(1)
            results.withLock { results in
                results.outcomes.append((item.position, outcome))
                if let disabled { results.disabled = disabled }
                switch outcome {
                case .delivered, .failed:
                    results.attempts.append(
                        DeliveryAttempt(
                            position: item.position, at: begun, milliseconds: Int(passed), status: status,
                            failure: failure))
                case .vanished, .givenUp: break
                }
            }
            signal.sound()
        }
    }

    private typealias Delivered = (
        outcome: DeliveryQueue.Outcome, status: Int?, failure: String?, disabled: String?
    )

    private func deliver(_ item: DeliveryQueue.Item) async -> Delivered {
        let body: [UInt8]
        do throws(DatabaseError) {
            guard let written = try await self.body(of: item) else { return (.vanished, nil, nil, nil) }
            body = written
        } catch {
            return (.givenUp, nil, nil, nil)
        }
        do {
            let answer = try await client.send(
                try Self.request(
                    settings.url, id: EventWriter.id(item.position, epoch: hold.cursor.epoch), body: body,
                    secrets: secrets, now: delivery.now()), within: settings.timeout)
            if answer.isSuccess { return (.delivered, answer.status, nil, nil) }
            let text = Self.failure(answer)
            let isTold = [429, 503].contains(answer.status)
            let disabled = answer.status == 410 ? "the endpoint answered 410: it wants no more" : nil
            return (.failed(text, retryAfter: isTold ? answer.retryAfter : nil), answer.status, text, disabled)
        } catch WebhookError.cancelled {
            return (.givenUp, nil, nil, nil)
        } catch {
            return (.failed("\(error)", retryAfter: nil), nil, "\(error)", nil)
        }
    }

    /// One that was parked is read again, under the profile it was told with; nil where it is gone.
    private func body(of item: DeliveryQueue.Item) async throws(DatabaseError) -> [UInt8]? {
        if let body = item.body { return body }
        let before = JournalCursor(epoch: hold.cursor.epoch, position: item.position - 1)
        guard case .page(let page) = try await journal.page(after: before, limit: 1, since: item.at),
            let now = page.changes.first, now.position == item.position
        else { return nil }
        let change = Change(
            position: now.position, type: now.type, at: now.at, profile: item.profile, version: now.version,
            interaction: now.interaction, facet: now.facet, body: now.body)
        let known = settings.payload == .full ? try await EventWriter.Known.of([change], in: journal) : nil
        var writer = EventWriter(workspace: workspace.id, epoch: hold.cursor.epoch)
        var body: [UInt8] = []
        writer.append(change, known, to: &body)
        return body
    }

    /// A signed request with one event.
    static func request(
        _ url: WebhookURL, id: String, body: [UInt8], secrets: [WebhookSecret], now: Int64
    ) throws -> WebhookRequest {
        try WebhookRequest(
            url,
            fields: [("Content-Type", "application/cloudevents+json; charset=utf-8")]
                + WebhookSignature.fields(id: id, timestamp: now / 1_000_000, body: body, secrets: secrets), body: body)
    }

    static func failure(_ answer: WebhookAnswer) -> String {
        let text = answer.text.prefix(200)
        return text.isEmpty ? "it answered \(answer.status)" : "it answered \(answer.status): \(text)"
    }
}
