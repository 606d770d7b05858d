/// What the producer's thread does, and the box in which it is given work.
final class Delivery: Sendable {
    enum Job: Sendable {
        case send([KafkaRecord], Answer<Void>)
        case count(Answer<Int>)
    }

    private struct State {
        var jobs: [Job] = []
        /// Set by `close`: nothing is begun or waited for after it.
        var end: ContinuousClock.Instant?
        /// The handle is gone.
        var isOver = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())
    private let handle: Handle
    private let settings: KafkaSettings
    private let notice: @Sendable (KafkaNotice) -> Void

    init(_ handle: Handle, _ settings: KafkaSettings, _ notice: @escaping @Sendable (KafkaNotice) -> Void) {
        self.handle = handle
        self.settings = settings
        self.notice = notice
    }

    func accept(_ job: Job) {
        let isAccepted = state.withLock { state in
            guard state.end == nil, !state.isOver else { return false }
            state.jobs.append(job)
            handle.wake()
            return true
        }
        if !isAccepted { Self.refuse(job, .closed()) }
    }

    /// Has the thread look again at what it is to do. Under the lock: the handle may be about to go.
    func wake() {
        state.withLock { state in
            if !state.isOver { handle.wake() }
        }
    }

    /// Begins the end; an earlier one that was begun before stands.
    func close(within duration: Duration) {
        let end = ContinuousClock.now + duration
        state.withLock { state in
            if state.isOver { return }
            state.end = min(state.end ?? end, end)
            handle.wake()
        }
    }

    func closed(within duration: Duration) async {
        close(within: duration)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isOver = state.withLock { state in
                if !state.isOver { state.closers.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    /// The thread's body: one job after another, until closed.
    func run() {
        var shipment = Shipment(handle: handle, settings: settings, notice: notice) { [state] in
            state.withLock { $0.end }
        }
        while let job = next(&shipment) {
            switch job {
            case .count(let answer):
                guard answer.begin() else { continue }
                answer.give(shipment.partitionCount().map { Int($0) })
            case .send(let records, let answer):
                guard answer.begin() else { continue }
                answer.give(shipment.send(records) { answer.isGiven })
            }
        }
        let closers = state.withLock { state in
            state.isOver = true
            return state.closers
        }
        handle.destroy()
        for closer in closers { closer.resume() }
    }

    /// Sleeps until there is a job; nil at the end.
    private func next(_ shipment: inout Shipment) -> Job? {
        while true {
            let (job, left, isEnd) = state.withLock { state -> (Job?, [Job], Bool) in
                if let end = state.end, end <= .now {
                    defer { state.jobs = [] }
                    return (nil, state.jobs, true)
                }
                if state.jobs.isEmpty { return (nil, [], state.end != nil) }
                return (state.jobs.removeFirst(), [], false)
            }
            for job in left { Self.refuse(job, .closed()) }
            if let job { return job }
            if isEnd { return nil }
            // Whatever happens wakes it; the hour only bounds what one call is asked for.
            _ = shipment.listen(for: .seconds(3600))
        }
    }

    private static func refuse(_ job: Job, _ error: KafkaError) {
        switch job {
        case .send(_, let answer): answer.give(.failure(error))
        case .count(let answer): answer.give(.failure(error))
        }
    }
}
