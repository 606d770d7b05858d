import KafkaTesting
import Testing

@testable import Kafka

/// A cluster of its own for a test, with one topic, and what was noticed.
struct Bundle {
    let mock: MockKafka
    var settings: KafkaSettings
    let notices = Notices()

    init(brokers: Int32 = 3, partitions: Int32 = 8, properties: [(String, String)] = []) throws {
        mock = try MockKafka(brokers: brokers)
        try mock.create("journal", partitions: partitions)
        settings = KafkaSettings(
            bootstrapServers: mock.bootstrapServers, topic: "journal", properties: Self.hurried + properties)
        // Short enough that a test which waits for it ends soon, and long for anything else.
        settings.messageTimeout = .seconds(60)
        settings.lookupTimeout = .seconds(20)
    }

    func producer() throws -> KafkaProducer {
        try KafkaProducer(settings) { [notices] in notices.add($0) }
    }

    func stored() async throws -> [StoredRecord] { try await TopicReader(settings).records() }

    /// A broker that went away is tried again at once.
    static let hurried = [("reconnect.backoff.ms", "10"), ("reconnect.backoff.max.ms", "100")]
}

final class Notices: Sendable {
    private let lines = Lock<[KafkaNotice]>([])

    func add(_ notice: KafkaNotice) { lines.withLock { $0.append(notice) } }
    var count: Int { lines.withLock { $0.count } }
}

/// How far another task has come.
final class Progress: Sendable {
    private let state = Lock<(count: Int, isFinished: Bool)>((0, false))

    func advance() { state.withLock { $0.count += 1 } }
    func finish() { state.withLock { $0.isFinished = true } }
    var count: Int { state.withLock { $0.count } }
    var isFinished: Bool { state.withLock { $0.isFinished } }
}

/// Records with these positions, of about 300 keys.
func records(_ positions: some Sequence<Int64>, source: String = "hub", seed: UInt64 = 1) -> [KafkaRecord] {
    positions.map { position in
        // The key must depend on nothing but the position: the same record is made again after a crash.
        var generator = Seeded(seed &+ UInt64(position))
        let key = "customer-\(Int.random(in: 0..<300, using: &generator))"
        return KafkaRecord(
            key: Array(key.utf8), value: Array("value of \(position)".utf8),
            headers: [("ce_source", Array(source.utf8)), ("ce_sequence", Array("\(position)".utf8))])
    }
}

func position(_ record: StoredRecord) -> Int64 {
    record.header("ce_sequence").flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? -1
}

/// The topic holds each of these positions once, in order within each partition, where its key belongs.
func expectExactly(
    _ positions: some Sequence<Int64>, in stored: [StoredRecord], partitions: Int = 8,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(stored.map(position).sorted() == Array(positions), sourceLocation: sourceLocation)
    expectOrder(stored, sourceLocation: sourceLocation)
    let misplaced = stored.filter { $0.partition != KafkaProducer.partition(of: $0.key, count: partitions) }
    #expect(misplaced.isEmpty, sourceLocation: sourceLocation)
}

/// Within each partition the positions only grow.
func expectOrder(_ stored: [StoredRecord], sourceLocation: SourceLocation = #_sourceLocation) {
    var last: [Int32: Int64] = [:]
    for record in stored {
        #expect(last[record.partition] ?? -1 < position(record), sourceLocation: sourceLocation)
        last[record.partition] = position(record)
    }
}

/// Each record as it first appeared in the topic.
///
/// When a connection is cut, the answers to requests that were stored get lost. The mock stores their repetition again,
/// where a broker would know it by its sequence number. So all that can be told with it is that no record is missing,
/// and that none comes before one it follows.
func firsts(_ stored: [StoredRecord]) -> [StoredRecord] {
    var seen: Set<Int64> = []
    return stored.filter { seen.insert(position($0)).inserted }
}

/// The error the work ends with, if it is one of Kafka's.
func error(_ work: () async throws -> Void) async -> KafkaError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? KafkaError
    }
}

/// Waits for something that happens in librdkafka or in the mock's brokers.
func eventually(
    _ what: Comment, within duration: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + duration
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
