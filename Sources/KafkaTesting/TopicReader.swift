package import Kafka

/// Everything that is in a topic, for tests.
package struct TopicReader: Sendable {
    private let settings: KafkaSettings

    package init(_ settings: KafkaSettings) { self.settings = settings }

    /// All records up to the end at the time of the call: partition by partition, each in order.
    package func records() async throws(KafkaError) -> [StoredRecord] {
        try await onOwnThread { [settings] (isCancelled: @escaping () -> Bool) throws(KafkaError) in
            var scan = try TopicScan(settings, isCancelled: isCancelled)
            let bounds = try scan.bounds()
            var records = bounds.map { _ in [StoredRecord]() }
            let stretches = bounds.enumerated().map { (Int32($0), $1) }
            try scan.read(Dictionary(uniqueKeysWithValues: stretches)) { records[Int($0.partition)].append($0) }
            return records.flatMap { $0 }
        }
    }
}
