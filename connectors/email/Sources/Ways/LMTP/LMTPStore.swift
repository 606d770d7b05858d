internal import Contact
internal import NIOConcurrencyHelpers

/// Stores the mails of all sessions: what waits is one batch, so that many clients share a commit.
final class LMTPStore: Sendable {
    enum Verdict: Sendable {
        /// Durable now, or since earlier.
        case stored
        /// It cannot be read as a mail, and is kept with the reason.
        case kept(RefusalReason)
        /// The hub cannot store anything now.
        case later
    }

    private struct Waiting {
        let raw: RawInput
        let arrival: Int64
        let answer: CheckedContinuation<Verdict, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var runner: CheckedContinuation<Void, Never>?
        var isOver = false
    }

    private let settings: EmailSettings
    private let state = NIOLockedValueBox(State())

    init(_ settings: EmailSettings) { self.settings = settings }

    /// Returns once the mail is durable, or is not to be.
    func store(_ raw: RawInput, arrival: Int64) async -> Verdict {
        await withCheckedContinuation { answer in
            let (isOver, runner) = state.withLockedValue { state -> (Bool, CheckedContinuation<Void, Never>?) in
                if state.isOver { return (true, nil) }
                state.waiting.append(Waiting(raw: raw, arrival: arrival, answer: answer))
                defer { state.runner = nil }
                return (false, state.runner)
            }
            if isOver { answer.resume(returning: .later) }
            runner?.resume()
        }
    }

    /// Stores what comes until it is cancelled, or until the feed is lost. A database that is away is no end: whoever waits
    /// is told to come again.
    func run(_ feed: any SourceFeed) async throws {
        defer { end() }
        while true {
            try Task.checkCancellation()
            let batch = take()
            guard !batch.isEmpty else {
                await something()
                continue
            }
            var verdicts = batch.map { _ in Verdict.later }
            defer { for (one, verdict) in zip(batch, verdicts) { one.answer.resume(returning: verdict) } }
            let (items, origins) = await items(batch.map { ($0.raw, $0.arrival) })
            do {
                let receipt = try await feed.accept(items) { $0 }
                verdicts = Self.verdicts(batch.count, origins, receipt)
                feed.seen(waiting: 0, progress: nil)
            } catch IntakeError.unavailable {
                continue
            }
        }
    }

    /// A mail is kept, and not stored, where none of its interactions was taken.
    private static func verdicts(_ count: Int, _ origins: [Int], _ receipt: Receipt) -> [Verdict] {
        var verdicts: [Verdict?] = Array(repeating: nil, count: count)
        for (origin, outcome) in zip(origins, receipt.outcomes) {
            switch outcome {
            case .accepted, .known: verdicts[origin] = .stored
            case .refused(let refusal): verdicts[origin] = verdicts[origin] ?? .kept(refusal.reason)
            }
        }
        return verdicts.map { $0 ?? .later }
    }

    private func take() -> [Waiting] {
        state.withLockedValue { state in
            var size = 0
            var count = 0
            for one in state.waiting.prefix(MailImport.mostMessages) {
                size += one.raw.bytes.count
                if count > 0, size > MailImport.mostBytes { break }
                count += 1
            }
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
    }

    /// Waits for a mail, or to be cancelled.
    private func something() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLockedValue { state in
                    guard state.waiting.isEmpty, !Task.isCancelled else { return true }
                    state.runner = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { state in
                defer { state.runner = nil }
                return state.runner
            }?.resume()
        }
    }

    private func end() {
        let left = state.withLockedValue { state in
            state.isOver = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in left { one.answer.resume(returning: .later) }
    }

    /// Reading mails is work: not on the thread of whoever waits for them.
    @concurrent
    private func items(_ mails: [(raw: RawInput, arrival: Int64)]) async -> ([IntakeItem], [Int]) {
        let reader = MailReader(settings)
        var items: [IntakeItem] = []
        var origins: [Int] = []
        for (place, mail) in mails.enumerated() {
            for item in reader.items(mail.raw, arrival: Arrival(time: mail.arrival)) {
                items.append(item)
                origins.append(place)
            }
        }
        return (items, origins)
    }
}
