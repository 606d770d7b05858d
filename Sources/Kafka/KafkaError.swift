/// Why Kafka did not do what it was asked, what helps, and what is known of the topic.
package struct KafkaError: Error, Sendable {
    /// What is known about the records that were to be sent.
    package enum Outcome: Sendable {
        /// None of them is in the topic.
        case failed
        /// Some may be in the topic, in each partition the first ones; `KafkaTail` tells which.
        case unknown
    }

    /// What the caller should do about it.
    package enum Remedy: Sendable {
        /// Try again later: the brokers are away, or busy.
        case time
        /// Tell a person: rights, settings, a missing topic or a record too large stay as they are.
        case person
        /// Nothing: the task was cancelled, or the producer closed.
        case nothing
    }

    package var code: KafkaCode
    package var message: String
    package var remedy: Remedy
    /// The producer is of no more use: close it, and make another.
    package var isFatal: Bool
    package var outcome: Outcome
    /// The index, among those to be sent, of the record that was refused, if it was one.
    package var record: Int?

    package init(
        _ code: KafkaCode, _ message: String, remedy: Remedy? = nil, isFatal: Bool = false, outcome: Outcome = .failed,
        record: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.remedy = remedy ?? (code.needsPerson ? .person : .time)
        self.isFatal = isFatal
        self.outcome = outcome
        self.record = record
    }

    package var isCancelled: Bool { code == .cancelled }
}

extension KafkaError: CustomStringConvertible {
    package var description: String {
        var text = "\(message) [\(code)]"
        if let record { text += ", record \(record)" }
        if outcome == .unknown { text += " (some records may be in the topic)" }
        return text
    }
}

extension KafkaError {
    /// What was begun is never taken up again by the same producer, so that nothing overtakes it.
    static func cancelled(_ outcome: Outcome) -> KafkaError {
        KafkaError(
            .cancelled, "the task was cancelled", remedy: .nothing, isFatal: outcome == .unknown, outcome: outcome)
    }

    static func closed(_ outcome: Outcome = .failed) -> KafkaError {
        KafkaError(.closed, "the producer was closed", remedy: .nothing, isFatal: true, outcome: outcome)
    }
}

/// What librdkafka has to say beside its answers.
package struct KafkaNotice: Sendable {
    /// As in syslog: 0 is an emergency, 3 an error, 4 a warning, 6 information, 7 for debugging.
    package let level: Int32
    /// What it is about, such as `FAIL` or `CONFWARN`.
    package let topic: String
    package let message: String

    package init(level: Int32, topic: String, message: String) {
        self.level = level
        self.topic = topic
        self.message = message
    }
}
