import Kafka
import KafkaTesting
import Testing

@Suite(.serialized) struct ProducerTests {
    @Test func `20,000 records arrive once, in order, in the partitions of their keys`() async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        #expect(try await producer.partitionCount() == 8)
        for batch in 0..<20 { try await producer.send(records(Int64(batch * 1000)..<Int64((batch + 1) * 1000))) }
        let stored = try await bundle.stored()
        expectExactly(0..<20_000, in: stored)
        #expect(Set(stored.map(\.partition)) == Set(0..<8))
        await producer.close()
    }

    @Test func `key, value and headers arrive as they were, empty and missing ones too`() async throws {
        let bundle = try Bundle(partitions: 1)
        let producer = try bundle.producer()
        try await producer.send([
            KafkaRecord(key: [0, 255], value: [1, 0, 2], headers: [("a", [0, 1]), ("città", []), ("a", [2])]),
            KafkaRecord(key: [], value: []),
            KafkaRecord(key: [1], value: nil),
        ])
        let stored = try await bundle.stored()
        #expect(stored.map(\.key) == [[0, 255], [], [1]])
        #expect(stored.map(\.value) == [[1, 0, 2], [], nil])
        #expect(stored.first?.headers.map(\.name) == ["a", "città", "a"])
        #expect(stored.first?.headers.map(\.value) == [[0, 1], [], [2]])
        #expect(stored.map(\.offset) == [0, 1, 2])
    }

    @Test func `a full queue holds the sender back, and loses nothing`() async throws {
        let bundle = try Bundle(properties: [("queue.buffering.max.messages", "50")])
        let producer = try bundle.producer()
        try await producer.send(records(0..<5000))
        expectExactly(0..<5000, in: try await bundle.stored())
    }

    @Test func `batches of several tasks arrive whole`() async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in Int64(0)..<20 {
                group.addTask { try await producer.send(records(task * 100..<(task + 1) * 100)) }
            }
            try await group.waitForAll()
        }
        #expect(try await bundle.stored().map(position).sorted() == Array(0..<2000))
    }

    @Test(arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
    func `compressed batches arrive`(codec: String) async throws {
        let bundle = try Bundle(properties: [("compression.type", codec)])
        let producer = try bundle.producer()
        try await producer.send(records(0..<2000))
        expectExactly(0..<2000, in: try await bundle.stored())
    }

    @Test func `closing sends what was given, and what comes later is refused`() async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        let sent = Task { await error { try await producer.send(records(0..<1000)) } }
        // Given, or refused: which of the two depends on who was first, but not both nor neither.
        await producer.close(within: .seconds(30))
        let refused = await sent.value
        let stored = try await bundle.stored().map(position).sorted()
        #expect(stored == (refused == nil ? Array(0..<1000) : []))
        let later = await error { try await producer.send(records(0..<1)) }
        #expect(later?.code == .closed)
        #expect(later?.isFatal == true)
        await producer.close()
    }

    @Test func `closing while nobody answers takes no longer than it may`() async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        try await producer.send(records(0..<10))
        try bundle.mock.takeDown()
        let sent = Task { await error { try await producer.send(records(10..<1000)) } }
        let start = ContinuousClock.now
        await producer.close(within: .milliseconds(300))
        #expect(ContinuousClock.now - start < .seconds(15))
        let refused = await sent.value
        #expect(refused?.code == .closed)
        try bundle.mock.bringUp()
        expectExactly(0..<10, in: try await bundle.stored())
    }

    @Test func `producers given up without closing end by themselves`() async throws {
        let bundle = try Bundle()
        let before = threadCount()
        for turn in Int64(0)..<20 {
            let producer = try bundle.producer()
            if turn % 2 == 0 { try await producer.send(records(turn..<turn + 1)) }
        }
        // Each has a thread of ours and several of librdkafka's: as many are left as there were, when all has ended.
        try await eventually("threads are left over: \(before) before, \(threadCount()) now") {
            threadCount() <= before + 2
        }
        #expect(try await bundle.stored().count == 10)
    }
}
