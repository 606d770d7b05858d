/// Reads stretches of a topic, of no group and leaving no trace; blocks, so on a thread of our own only.
package struct TopicScan: ~Copyable {
    private let handle: Handle
    private let settings: KafkaSettings
    private let isCancelled: () -> Bool
    private var complaint: (code: KafkaCode, message: String)?

    package init(_ settings: KafkaSettings, isCancelled: @escaping () -> Bool) throws(KafkaError) {
        handle = try .reader(settings)
        self.settings = settings
        self.isCancelled = isCancelled
    }

    deinit { handle.destroy() }

    /// For each partition, the first offset there is and the one its next record will get.
    package mutating func bounds() throws(KafkaError) -> [Range<Int64>] {
        let deadline = ContinuousClock.now + settings.lookupTimeout
        while true {
            let code: KafkaCode
            switch asked(until: deadline) {
            case .success(let bounds): return bounds
            case .failure(let failed): code = failed
            }
            if code.needsPerson || deadline <= .now { throw lookupError(code, settings, complaint) }
            // A partition between two leaders, mostly; listening meanwhile, for what the brokers complain of.
            let pause = min(deadline, .now + .milliseconds(100))
            while pause > .now { _ = try listen(for: pause - .now) }
        }
    }

    /// Reads these offsets of these partitions; those of one partition come in order, and `body` may see a few beyond.
    package mutating func read(
        _ stretches: [Int32: Range<Int64>], _ body: (StoredRecord) -> Void
    ) throws(KafkaError) {
        var unfinished = stretches.filter { !$0.value.isEmpty }
        let started = unfinished.keys.sorted()
        defer { for partition in started { handle.stop(partition) } }
        for partition in started {
            let code = handle.start(partition, at: unfinished[partition]?.lowerBound ?? 0)
            if code != .none { throw lookupError(code, settings, complaint) }
        }
        var silence = ContinuousClock.now + settings.lookupTimeout
        while !unfinished.isEmpty {
            if silence <= .now { throw lookupError(complaint?.code ?? .timedOut, settings, complaint) }
            switch try listen(for: min(silence - .now, .milliseconds(100))) {
            case .record(let record):
                silence = .now + settings.lookupTimeout
                guard let stretch = unfinished[record.partition] else { continue }
                if record.offset < stretch.upperBound { body(record) }
                if record.offset >= stretch.upperBound - 1 { unfinished[record.partition] = nil }
            case .end(let partition, let offset):
                // Offsets behind the last record are a transaction's marks, or compacted away.
                if let stretch = unfinished[partition], offset >= stretch.upperBound { unfinished[partition] = nil }
            case .trouble(let code, _, let partition?) where code.needsPerson && unfinished[partition] != nil:
                throw lookupError(code, settings, complaint)
            case .trouble, .deliveries, .notice, .nothing, nil: break
            }
        }
    }

    private func asked(until deadline: ContinuousClock.Instant) -> Result<[Range<Int64>], KafkaCode> {
        let count: Int32
        switch handle.partitionCount(within: deadline - .now) {
        case .success(let known): count = known
        case .failure(let code): return .failure(code)
        }
        return handle.offsets(.beginning, partitions: count, within: deadline - .now).flatMap { first in
            handle.offsets(.end, partitions: count, within: deadline - .now).map { last in
                zip(first, last).map { $0..<max($0, $1) }
            }
        }
    }

    /// What comes within that time; throws if nobody waits for it any more.
    private mutating func listen(for duration: Duration) throws(KafkaError) -> Event.Content? {
        if isCancelled() { throw .cancelled(.failed) }
        let content = handle.next(within: duration)?.content
        if case .trouble(let code, let message, nil) = content, code.saysMore(than: complaint?.code) {
            complaint = (code, message)
        }
        return content
    }
}

/// Runs `body` on a thread of its own; the cancelled task waits no longer.
package func onOwnThread<Value: Sendable>(
    _ body: @escaping @Sendable (_ isCancelled: @escaping () -> Bool) throws(KafkaError) -> Value
) async throws(KafkaError) -> Value {
    let answer = Answer<Value>()
    startThread {
        do throws(KafkaError) {
            answer.give(.success(try body { answer.isGiven }))
        } catch {
            answer.give(.failure(error))
        }
    }
    return try await answer.value {}
}
