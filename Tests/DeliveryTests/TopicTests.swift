import Contact
import ContactTesting
import Kafka
import KafkaTesting
import Logging
import Postgres
import Storage
import Testing

@testable import Delivery

/// A topic that is told of the journal, on librdkafka's own brokers: each change once, whatever dies.
@Suite struct TopicTests {
    private static let key: [UInt8] = Array(repeating: 9, count: 32)

    private func happen(_ workspace: TestWorkspace, _ numbers: Range<Int>) async throws {
        let ledger = workspace.ledger()
        for number in numbers {
            let line =
                #"{"id":"i\#(number)","source":"shop","identifiers":[{"kind":"email","value":"c\#(number % 9)@example.it"}]}"#
            _ = try await ledger.accept(TestDatabase.batch([Array(line.utf8)]))
        }
    }

    private func worker(
        _ database: TestDatabase, _ workspace: TestWorkspace, _ subscription: Subscription, _ hold: Hold
    ) throws -> KafkaWorker {
        KafkaWorker(
            settings: try TopicSettings(subscription.values, secrets: [:]), hold: hold, workspace: workspace.workspace,
            journal: Changes(database.hub, workspace: workspace.workspace),
            subscriptions: Subscriptions(database.hub, workspace: workspace.workspace), bell: Bell(),
            delivery: DeliverySettings(holder: "worker") { TestDatabase.now },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func hold(_ subscriptions: Subscriptions, _ one: Subscription) async throws -> Hold {
        guard case .taken(let hold) = try await subscriptions.take(one, holder: "worker", for: .seconds(60)) else {
            throw SubscriptionFault("not taken")
        }
        return hold
    }

    @Test func `each change stands in the topic once, in order, though its producers die before they write it down`()
        async throws
    {
        let brokers = try MockKafka()
        try brokers.create("changes", partitions: 4)
        try await TestDatabase.with { database in
            let workspace = try await database.workspace()
            let subscribing = Subscribing(
                database.hub, workspace: workspace.workspace, addressGuard: AddressGuard(), seal: { Seal(Self.key) },
                now: { TestDatabase.now })
            _ = try await subscribing.add(
                "log", kind: .kafka, values: ["servers": brokers.bootstrapServers, "topic": "changes"], from: .oldest)
            let one = try #require(try await subscribing.subscriptions.find("log"))
            let journal = Changes(database.hub, workspace: workspace.workspace)
            var begin = 0
            for round in 0..<4 {
                try await happen(workspace, begin..<(begin + 25))
                begin += 25
                let end = try await journal.bounds().end.position
                let hold = try await hold(subscribing.subscriptions, one)
                let worker = try worker(database, workspace, one, hold)
                let working = Task { try await worker.run() }
                let deadline = ContinuousClock.now + .seconds(90)
                while try await subscribing.subscriptions.health()[one.id]?.cursor.position != end,
                    ContinuousClock.now < deadline
                {
                    try await Task.sleep(for: .milliseconds(20))
                }
                working.cancel()
                _ = await working.result
                // As if it had died before it could write down how far it was.
                if round < 3 {
                    try await database.superuser.session { (session: borrowing Session) throws(DatabaseError) in
                        try session.run("UPDATE subscription_cursor SET position = greatest(0, position - 30)")
                    }
                }
            }
            let end = try await journal.bounds().end.position
            let records = try await TopicReader(
                KafkaSettings(bootstrapServers: brokers.bootstrapServers, topic: "changes")
            ).records()
            func number(_ record: StoredRecord) -> Int64 {
                record.header(KafkaWorker.positionHeader).flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
            }
            #expect(records.map(number).sorted() == Array(1...end))
            for partition in Set(records.map(\.partition)) {
                let line = records.filter { $0.partition == partition }.sorted { $0.offset < $1.offset }.map(number)
                #expect(line == line.sorted())
            }
            for record in records {
                let event = try JSONValue(record.value ?? [])
                #expect(event["partitionkey"]?.string == String(decoding: record.key, as: UTF8.self))
                #expect(event["sequence"]?.string.flatMap { Int64($0) } == number(record))
            }
            // People have it told once more: then it is.
            _ = try await subscribing.replay(one, from: .oldest)
            let again = try await hold(subscribing.subscriptions, one)
            let worker = try worker(database, workspace, one, again)
            let working = Task { try await worker.run() }
            let deadline = ContinuousClock.now + .seconds(90)
            while try await subscribing.subscriptions.health()[one.id]?.cursor.position != end,
                ContinuousClock.now < deadline
            {
                try await Task.sleep(for: .milliseconds(20))
            }
            working.cancel()
            _ = await working.result
            let twice = try await TopicReader(
                KafkaSettings(bootstrapServers: brokers.bootstrapServers, topic: "changes")
            ).records()
            #expect(twice.count == 2 * records.count)
        }
    }
}
