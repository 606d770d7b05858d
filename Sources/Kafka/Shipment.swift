/// Gets batches of records through, one after another; used by the producer's thread alone.
struct Shipment {
    private let handle: Handle
    private let settings: KafkaSettings
    private let notice: (KafkaNotice) -> Void
    /// When everything must be over, if that is known yet.
    private let end: () -> ContinuousClock.Instant?
    /// How many records librdkafka has taken and not reported on.
    private var outstanding = 0
    /// What the brokers last complained of, since they last acknowledged something.
    private var complaint: (code: KafkaCode, message: String)?
    /// Why nothing more may be sent: records are missing that must come first.
    private var spent: KafkaError?
    private var partitions: (count: Int32, asked: ContinuousClock.Instant)?

    /// Why a batch is given up.
    private struct Failure {
        var error: KafkaError
        /// The task that was cancelled waits no longer, so what is on its way may still be acknowledged.
        var keepsInFlight = false

        static let cancelled = Failure(error: .cancelled(.unknown), keepsInFlight: true)
    }

    init(
        handle: Handle, settings: KafkaSettings, notice: @escaping (KafkaNotice) -> Void,
        end: @escaping () -> ContinuousClock.Instant?
    ) {
        self.handle = handle
        self.settings = settings
        self.notice = notice
        self.end = end
    }

    /// Sends a batch and waits for all of it; `isCancelled` is asked now and then.
    mutating func send(_ records: [KafkaRecord], isCancelled: () -> Bool) -> Result<Void, KafkaError> {
        if let spent { return .failure(spent) }
        if let index = records.firstIndex(where: { $0.size > handle.largestRecord }) {
            return .failure(
                KafkaError(
                    .messageTooLarge,
                    "a record of \(records[index].size) bytes is larger than message.max.bytes, \(handle.largestRecord)",
                    record: index))
        }
        let count: Int
        switch partitionCount() {
        case .success(let known): count = Int(known)
        case .failure(let error): return .failure(error)
        }
        var failure: Failure?
        // Whenever something was acknowledged the brokers get the whole time again.
        var silence = ContinuousClock.now + settings.messageTimeout
        var index = 0
        while failure == nil, index < records.count {
            if index % 256 == 0, isCancelled() {
                failure = .cancelled
                break
            }
            let partition = KafkaProducer.partition(of: records[index].key, count: count)
            switch handle.produce(records[index], partition: partition, tag: index) {
            case .none:
                outstanding += 1
                index += 1
            case .queueFull:
                // Room comes with the reports of what is under way, and for them this waits.
                failure = waited(until: &silence, isCancelled)
            case let code:
                failure = Failure(error: refusal(code, record: index))
            }
        }
        while failure == nil, outstanding > 0 { failure = waited(until: &silence, isCancelled) }
        guard var failure else { return .success(()) }
        giveUp(&failure, silence)
        spent = KafkaError(
            .fatal, "this producer has stopped: \(failure.error.message)",
            remedy: failure.error.isCancelled ? .time : failure.error.remedy, isFatal: true)
        return .failure(failure.error)
    }

    /// The number asked for at most five minutes ago, librdkafka's own measure of how long such a thing holds.
    mutating func partitionCount() -> Result<Int32, KafkaError> {
        let now = ContinuousClock.now
        if let partitions, now - partitions.asked < .seconds(300) { return .success(partitions.count) }
        switch handle.partitionCount(within: within(settings.lookupTimeout)) {
        case .success(let count):
            partitions = (count, now)
            complaint = nil
            return .success(count)
        case .failure(let code):
            // They change so rarely that what was true is the better guess; sending will tell if nobody is there.
            if let partitions { return .success(partitions.count) }
            while listen(for: .zero) != nil {}
            return .failure(lookupError(code, settings, complaint))
        }
    }

    /// Takes in one thing librdkafka has to say; nil if there was none. For deliveries the first that failed, if any.
    mutating func listen(for duration: Duration) -> Heard? {
        guard let event = handle.next(within: duration) else { return nil }
        switch event.content {
        case .deliveries(let reports):
            outstanding -= reports.count
            if reports.contains(where: { $0.code == .none }) { complaint = nil }
            return .reports(reports.first { $0.code.isTelling } ?? reports.first { $0.code != .none })
        case .trouble(let code, let message, _):
            if code.saysMore(than: complaint?.code) { complaint = (code, message) }
            notice(KafkaNotice(level: 3, topic: code.description, message: message))
        case .notice(let line): notice(line)
        case .record, .end, .nothing: break
        }
        return .other
    }

    enum Heard {
        case reports(_ failed: Event.Report?)
        case other
    }

    /// Waits for one event; what makes the batch fail, if something does.
    private mutating func waited(until silence: inout ContinuousClock.Instant, _ isCancelled: () -> Bool) -> Failure? {
        switch listen(for: within(silence - .now)) {
        case .reports(nil): silence = .now + settings.messageTimeout
        case .reports(let failed?):
            return Failure(error: refusal(failed.code, record: failed.tag))
        case .other, nil: break
        }
        if isCancelled() { return .cancelled }
        if let (code, message) = handle.fatalError { return Failure(error: refusal(code, message)) }
        if let end = end(), end <= .now { return Failure(error: .closed(.unknown)) }
        if silence <= .now { return Failure(error: silenceError) }
        return nil
    }

    /// Takes back what is queued, and waits until each record is reported on.
    private mutating func giveUp(_ failure: inout Failure, _ silence: ContinuousClock.Instant) {
        // A broker's thread that is resolving a name answers only afterwards. What it holds goes with the handle.
        let patience = ContinuousClock.now + .seconds(10)
        while outstanding > 0 {
            let keeps = failure.keepsInFlight && silence > .now && (end().map { $0 > .now } ?? true)
            if !keeps, patience <= .now { break }
            // Again after a while: records on their way from one queue to another are in neither.
            handle.purge(inFlight: !keeps)
            guard case .reports(let report?)? = listen(for: .milliseconds(100)) else { continue }
            if !failure.error.code.isTelling, report.code.isTelling {
                failure.error = refusal(report.code, record: report.tag)
            }
        }
        outstanding = 0
        if !failure.error.code.isTelling, let (code, message) = handle.fatalError {
            failure.error = refusal(code, message)
        }
    }

    private func within(_ duration: Duration) -> Duration {
        max(.zero, min(duration, end().map { $0 - .now } ?? duration))
    }

    private func refusal(_ code: KafkaCode, _ meaning: String? = nil, record: Int? = nil) -> KafkaError {
        KafkaError(
            code, "Kafka did not take what was sent to “\(settings.topic)”: \(meaning ?? code.meaning)", isFatal: true,
            outcome: .unknown,
            record: record)
    }

    private var silenceError: KafkaError {
        let code = complaint?.code ?? .timedOut
        let reason = complaint.map { ": \($0.message)" } ?? ""
        return KafkaError(
            code, "Kafka acknowledged nothing for \(settings.messageTimeout)\(reason)", isFatal: true,
            outcome: .unknown)
    }
}

/// Why the partitions of a topic could not be learnt.
func lookupError(
    _ code: KafkaCode, _ settings: KafkaSettings, _ complaint: (code: KafkaCode, message: String)?
) -> KafkaError {
    if code == .unknownTopic {
        return KafkaError(code, "the Kafka topic “\(settings.topic)” does not exist, or may not be seen: create it")
    }
    if code == .transport || code == .timedOut {
        let reason = complaint.map { ": \($0.message)" } ?? ""
        return KafkaError(
            complaint?.code ?? code,
            "no Kafka broker of \(settings.bootstrapServers) answered for “\(settings.topic)”"
                + " within \(settings.lookupTimeout)\(reason)")
    }
    return KafkaError(code, "the Kafka topic “\(settings.topic)” cannot be looked up: \(code.meaning)")
}
