import Kafka
import KafkaTesting
import Testing

@Suite(.serialized) struct FaultTests {
    @Test(arguments: [
        [KafkaCode.notLeader], [.leaderNotAvailable],
        [.notLeader, .notLeader, .none, .leaderNotAvailable, .none, .none, .notLeader],
    ])
    func `requests that brokers refuse are repeated: each record once, in order`(codes: [KafkaCode]) async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        try await producer.send(records(0..<100))
        bundle.mock.fail(.produce, with: codes)
        try await producer.send(records(100..<3000))
        bundle.mock.fail(.produce, with: codes)
        try await producer.send(records(3000..<3100))
        expectExactly(0..<3100, in: try await bundle.stored())
    }

    @Test func `requests that time out at the broker are repeated: each record once, in order`() async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        try await producer.send(records(0..<100))
        for round in Int64(1)..<5 {
            bundle.mock.fail(.produce, with: [.requestTimedOut, .none, .notLeader, .requestTimedOut])
            try await producer.send(records(round * 100..<(round + 1) * 100))
        }
        expectExactly(0..<500, in: try await bundle.stored())
    }

    @Test func `requests that cut the connection are repeated`() async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        try await producer.send(records(0..<100))
        for round in Int64(1)..<10 {
            bundle.mock.fail(.produce, with: [.none, .transport, .none, .none, .transport])
            try await producer.send(records(round * 500..<(round + 1) * 500))
        }
        expectExactly(Array(0..<100) + Array(500..<5000), in: firsts(try await bundle.stored()))
    }

    @Test func `brokers that are away for a while are waited for: each record once, in order`() async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        try await producer.send(records(0..<1000))
        let quiet = bundle.notices.count
        try bundle.mock.takeDown()
        async let sent: Void = producer.send(records(1000..<3000))
        try await eventually("nobody noticed") { bundle.notices.count > quiet + 2 }
        try bundle.mock.bringUp()
        try await sent
        expectExactly(0..<3000, in: try await bundle.stored())
    }

    @Test func `partitions that move to another broker are followed`() async throws {
        let bundle = try Bundle(brokers: 2)
        let producer = try bundle.producer()
        for round in Int64(0)..<6 {
            for partition in Int32(0)..<8 {
                try bundle.mock.setLeader(of: "journal", partition: partition, to: Int32(round % 2) + 1)
            }
            try await producer.send(records(round * 500..<(round + 1) * 500))
        }
        expectExactly(0..<3000, in: try await bundle.stored())
    }

    @Test func `brokers cut off in the middle of the traffic lose nothing`() async throws {
        let bundle = try Bundle(properties: [("batch.num.messages", "50")])
        let producer = try bundle.producer()
        var generator = Seeded(7)
        // Each broker leads some partitions, and so is missed.
        for partition in Int32(0)..<8 {
            try bundle.mock.setLeader(of: "journal", partition: partition, to: partition % 3 + 1)
        }
        try await producer.send(records(0..<100))
        try bundle.mock.delay(by: .milliseconds(5))
        let progress = Progress()
        let sending = Task {
            defer { progress.finish() }
            for batch in Int64(1)..<100 {
                try await producer.send(records(batch * 100..<(batch + 1) * 100))
                progress.advance()
            }
        }
        var cuts = 0
        while !progress.isFinished {
            let quiet = bundle.notices.count
            let broker = Int32.random(in: 1...3, using: &generator)
            try bundle.mock.takeDown(broker)
            try await eventually("nobody noticed") { bundle.notices.count > quiet || progress.isFinished }
            if !progress.isFinished { cuts += 1 }
            let before = progress.count
            try bundle.mock.bringUp(broker)
            try await eventually("nothing is sent") { progress.count > before + 5 || progress.isFinished }
        }
        try await sending.value
        #expect(cuts > 2)
        expectExactly(0..<10_000, in: firsts(try await bundle.stored()))
    }

    @Test func `a record a broker finds too large stops the producer, and none overtakes it`() async throws {
        let bundle = try Bundle(partitions: 1, properties: [("batch.num.messages", "10")])
        let producer = try bundle.producer()
        try await producer.send(records(0..<10))
        bundle.mock.fail(.produce, with: [.none, .messageTooLarge])
        let refused = await error { try await producer.send(records(10..<1000)) }
        #expect(refused?.code == .messageTooLarge)
        #expect(refused?.remedy == .person)
        #expect(refused?.isFatal == true)
        #expect(refused?.outcome == .unknown)
        let stopped = await error { try await producer.send(records(1000..<1001)) }
        #expect(stopped?.isFatal == true)
        #expect(stopped?.outcome == .failed)
        await producer.close()
        let stored = try await bundle.stored().map(position)
        // The first of those in the request that was refused; the records given here begin with 10.
        let first = 10 + (refused?.record ?? 0)
        #expect(Array(stored.prefix(first)) == Array(0..<Int64(first)))
        // The four requests that were on their way behind it a real broker refuses for their sequence numbers, of which
        // the mock knows nothing.
        #expect(stored.count <= first + 4 * 10)
    }

    @Test func `a record that is too large is refused before anything is sent`() async throws {
        let bundle = try Bundle(properties: [("message.max.bytes", "1000")])
        let producer = try bundle.producer()
        let large = KafkaRecord(key: [1], value: [UInt8](repeating: 0, count: 950))
        let refused = await error { try await producer.send(records(0..<5) + [large]) }
        #expect(refused?.code == .messageTooLarge)
        #expect(refused?.record == 5)
        #expect(refused?.remedy == .person)
        #expect(refused?.isFatal == false)
        #expect(refused?.outcome == .failed)
        try await producer.send(records(0..<5))
        expectExactly(0..<5, in: try await bundle.stored())
    }

    @Test func `brokers that stay away are given up after the time set`() async throws {
        var bundle = try Bundle()
        bundle.settings.messageTimeout = .seconds(1)
        let producer = try bundle.producer()
        try await producer.send(records(0..<10))
        try bundle.mock.takeDown()
        let start = ContinuousClock.now
        let lost = await error { try await producer.send(records(10..<1000)) }
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(lost?.remedy == .time)
        #expect(lost?.isFatal == true)
        #expect(lost?.outcome == .unknown)
        #expect(lost?.description.contains("acknowledged nothing for 1") == true, "\(String(describing: lost))")
        await producer.close(within: .zero)
        try bundle.mock.bringUp()
        expectExactly(0..<10, in: try await bundle.stored())
    }

    @Test func `a cancelled task stops waiting at once, and nothing queued is sent any more`() async throws {
        let bundle = try Bundle()
        let producer = try bundle.producer()
        try await producer.send(records(0..<10))
        let quiet = bundle.notices.count
        try bundle.mock.takeDown()
        let tasks = [records(10..<1000), records(1000..<1010)].map { batch in
            Task { await error { try await producer.send(batch) } }
        }
        try await eventually("nobody noticed") { bundle.notices.count > quiet }
        let start = ContinuousClock.now
        for task in tasks { task.cancel() }
        let errors = [await tasks[0].value, await tasks[1].value]
        #expect(ContinuousClock.now - start < .seconds(5))
        // Either may have been first. The one behind it is cancelled too, or told that the producer has stopped.
        #expect(errors.contains { $0?.isCancelled == true && $0?.remedy == .nothing })
        #expect(errors.allSatisfy { $0?.isCancelled == true || $0?.code == .fatal }, "\(errors)")
        try bundle.mock.bringUp()
        await producer.close()
        expectExactly(0..<10, in: try await bundle.stored())
    }
}
