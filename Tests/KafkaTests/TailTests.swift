import Kafka
import KafkaTesting
import Testing

@Suite(.serialized) struct TailTests {
    @Test func `the tail of an empty topic is empty`() async throws {
        let bundle = try Bundle()
        #expect(try await KafkaTail(bundle.settings).records(newerThan: 0, source: "hub").isEmpty)
    }

    @Test func `the tail holds what is newer, of this source, and nothing else`() async throws {
        let bundle = try Bundle(partitions: 3)
        let producer = try bundle.producer()
        try await producer.send(records(1...5000))
        try await producer.send(records(4000...9000, source: "another hub"))
        try await producer.send([KafkaRecord(key: [1], value: [1]), KafkaRecord(key: [2], value: nil)])
        let tail = KafkaTail(bundle.settings)
        #expect(try await tail.records(newerThan: 5000, source: "hub").isEmpty)
        #expect(try await tail.records(newerThan: 4999, source: "hub") == [5000])
        #expect(try await tail.records(newerThan: 1234, source: "hub") == Set(1235...5000))
        #expect(try await tail.records(newerThan: 0, source: "hub") == Set(1...5000))
        #expect(try await tail.records(newerThan: 8000, source: "another hub") == Set(8001...9000))
        #expect(try await tail.records(newerThan: 0, source: "nobody").isEmpty)
    }

    @Test func `the tail is read while brokers refuse, cut off and move`() async throws {
        let bundle = try Bundle()
        try await bundle.producer().send(records(1...3000))
        bundle.mock.fail(.listOffsets, with: [.notLeader, .transport, .leaderNotAvailable])
        bundle.mock.fail(.fetch, with: [.notLeader, .transport, .none, .notLeader])
        bundle.mock.fail(.metadata, with: [.transport])
        #expect(try await KafkaTail(bundle.settings).records(newerThan: 1000, source: "hub") == Set(1001...3000))
    }

    @Test func `after a crash only what is missing is produced: each record once`() async throws {
        let bundle = try Bundle()
        let known: Int64 = 700
        do {
            let producer = try bundle.producer()
            try await producer.send(records(1...known))
            // Of 701 to 2000 those of some partitions, as if the brokers of the others had been late.
            let half = records(known + 1...2000).filter { KafkaProducer.partition(of: $0.key, count: 8) < 4 }
            try await producer.send(half)
        }
        let there = try await KafkaTail(bundle.settings).records(newerThan: known, source: "hub")
        #expect(!there.isEmpty)
        let producer = try bundle.producer()
        try await producer.send(records((known + 1...2000).filter { !there.contains($0) }))
        expectExactly(1...2000, in: try await bundle.stored())
    }

    @Test(arguments: 0..<12) func `a batch broken off at any moment is completed: each record once`(
        seed: Int
    ) async throws {
        let bundle = try Bundle(properties: [("batch.num.messages", "20"), ("linger.ms", "0")])
        var generator = Seeded(UInt64(seed))
        let first = try bundle.producer()
        try await first.send(records(1...100))
        try bundle.mock.delay(by: .milliseconds(2))
        let task = Task { await error { try await first.send(records(101...5000)) } }
        let enough = Int.random(in: 101...4500, using: &generator)
        try await eventually("nothing arrives") { try await bundle.stored().count >= enough }
        task.cancel()
        _ = await task.value
        // Half of them give up what is under way as well, as far as it can be.
        await first.close(within: seed % 2 == 0 ? .seconds(30) : .zero)
        try bundle.mock.delay(by: .zero)

        let there = try await KafkaTail(bundle.settings).records(newerThan: 100, source: "hub")
        let second = try bundle.producer()
        try await second.send(records((101...5000).filter { !there.contains($0) }))
        expectExactly(1...5000, in: try await bundle.stored())
    }

    @Test func `a cancelled task waits for no broker`() async throws {
        let bundle = try Bundle()
        try await bundle.producer().send(records(1...10))
        try bundle.mock.takeDown()
        let settings = bundle.settings
        let task = Task { await error { _ = try await KafkaTail(settings).records(newerThan: 0, source: "hub") } }
        task.cancel()
        #expect(await task.value?.isCancelled == true)
    }
}
