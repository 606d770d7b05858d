/// Sends records to one topic, each once and in the order of its partition.
///
/// A thread of its own does the work, one `send` after another. It is an idempotent producer: while it lives,
/// librdkafka may ask the brokers as often as it must and no record is stored twice. Across two producers only the
/// topic itself can tell what is there; so after an error with `outcome == .unknown`, as after a crash, the caller
/// closes this one, asks `KafkaTail`, and sends with another what is missing.
///
/// Given up without `close`, it ends as if closed at once.
package final class KafkaProducer: Sendable {
    private let delivery: Delivery

    /// Connects to nothing yet; throws for settings that cannot be right, and names the one that is wrong.
    ///
    /// `notice` is given what librdkafka would have printed. It runs on the producer's thread and must not block.
    package init(
        _ settings: KafkaSettings, notice: @escaping @Sendable (KafkaNotice) -> Void = { _ in }
    ) throws(KafkaError) {
        delivery = Delivery(try .producer(settings), settings, notice)
        let delivery = delivery
        startThread { delivery.run() }
    }

    deinit { delivery.close(within: .zero) }

    /// Sends the records; returns once the brokers have acknowledged all of them, on every replica in sync.
    ///
    /// Records of one key keep their order, also across calls. Should one fail, those behind it in its partition are
    /// not sent either: what is stored is, in each partition, the beginning of what was to be. No error is thrown
    /// before it is settled what became of each record, save that a cancelled task stops waiting at once: what was
    /// on its way then may still arrive until `close` has returned.
    package func send(_ records: [KafkaRecord]) async throws(KafkaError) {
        if records.isEmpty { return }
        let answer = Answer<Void>()
        delivery.accept(.send(records, answer))
        try await answer.value { [delivery] in delivery.wake() }
    }

    /// How many partitions the topic has, as `send` will reckon; asked from the brokers every five minutes.
    package func partitionCount() async throws(KafkaError) -> Int {
        let answer = Answer<Int>()
        delivery.accept(.count(answer))
        return try await answer.value { [delivery] in delivery.wake() }
    }

    /// Sends what it was given, for at most that long, and ends. Calls that are not done by then throw.
    ///
    /// Returns when nothing more can arrive from here, unless a broker still has a request unanswered.
    package func close(within duration: Duration = .seconds(10)) async {
        await delivery.closed(within: duration)
    }
}
