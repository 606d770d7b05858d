/// What a topic's partitions end with.
///
/// After a crash the database tells up to which position everything is in the topic. Some of what follows may have been
/// produced too, and only the topic knows which. Whoever produces exactly the rest has each record in it once.
///
/// This rests on two rules: the positions of one source increase within a partition, as `KafkaProducer` keeps them;
/// and nobody produces for that source meanwhile. A request that a broker received and has not yet stored cannot be
/// seen: a producer that is still alive must be closed first.
package struct KafkaTail: Sendable {
    private let settings: KafkaSettings
    /// The header that holds the position, as decimal digits.
    private let positionHeader: String
    /// The header that says whose position it is.
    private let sourceHeader: String

    package init(
        _ settings: KafkaSettings, positionHeader: String = "ce_sequence", sourceHeader: String = "ce_source"
    ) {
        self.settings = settings
        self.positionHeader = positionHeader
        self.sourceHeader = sourceHeader
    }

    /// The positions of that source behind `position` that are in the topic.
    ///
    /// Reads each partition backwards, in growing pieces, as far as the first record at or before `position`, or to its
    /// beginning. Records of other sources, or without a position, are passed over. Throws if the topic cannot be read
    /// to its end, the end being that at the time of the call.
    package func records(newerThan position: Int64, source: String) async throws(KafkaError) -> Set<Int64> {
        try await onOwnThread { [self] (isCancelled: @escaping () -> Bool) throws(KafkaError) in
            try read(newerThan: position, Array(source.utf8), isCancelled)
        }
    }

    private func read(
        newerThan position: Int64, _ source: [UInt8], _ isCancelled: @escaping () -> Bool
    ) throws(KafkaError) -> Set<Int64> {
        var scan = try TopicScan(settings, isCancelled: isCancelled)
        var found: Set<Int64> = []
        var unread: [Int32: Range<Int64>] = [:]
        for (partition, range) in try scan.bounds().enumerated() where !range.isEmpty {
            unread[Int32(partition)] = range
        }
        // Mostly a hundred do; each further piece is ten times as long, up to what is read in a second or so.
        var length: Int64 = 100
        while !unread.isEmpty {
            let pieces = unread.mapValues { max($0.lowerBound, $0.upperBound - length)..<$0.upperBound }
            var reached: Set<Int32> = []
            try scan.read(pieces) { record in
                guard record.header(sourceHeader) == source, let other = self.position(of: record) else { return }
                if other > position { found.insert(other) } else { reached.insert(record.partition) }
            }
            for (partition, piece) in pieces {
                guard let rest = unread[partition], rest.lowerBound < piece.lowerBound, !reached.contains(partition)
                else {
                    unread[partition] = nil
                    continue
                }
                unread[partition] = rest.lowerBound..<piece.lowerBound
            }
            length = min(length * 10, 100_000)
        }
        return found
    }

    private func position(of record: StoredRecord) -> Int64? {
        record.header(positionHeader).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
}
