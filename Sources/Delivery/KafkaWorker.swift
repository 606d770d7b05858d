package import Contact
internal import Kafka
internal import Logging
internal import Postgres
package import Storage

/// What can be set for a topic of Kafka that is told of changes.
package struct TopicSettings: Sendable {
    package static let keys: [SettingKey] = [
        SettingKey("servers", "brokers as host:port, with commas between"),
        SettingKey("topic", "the topic; it has to exist"),
        SettingKey("types", "types of changes, with commas between; profile.* is a family; default: all"),
        SettingKey("payload", "thin (ids, the default) or full (with the profile and the interaction)"),
    ]
    /// Further settings: `property.NAME` for any property of librdkafka, as property.security.protocol=sasl_ssl.
    package static let propertyPrefix = "property."

    let kafka: KafkaSettings
    package let types: Set<ChangeType>?
    package let payload: Payload

    package init(_ values: [String: String], secrets: [String: Secret]) throws(SubscriptionFault) {
        let plain = values.filter { !$0.key.hasPrefix(Self.propertyPrefix) }
        try SubscriptionFault.check(plain, against: Self.keys)
        guard let servers = plain["servers"], !servers.isEmpty else {
            throw SubscriptionFault("servers is missing: the brokers as host:port, with commas between")
        }
        guard let topic = plain["topic"], !topic.isEmpty else {
            throw SubscriptionFault("topic is missing: the name of a topic that exists")
        }
        types = try EventChoice.types(plain["types"])
        payload = try EventChoice.payload(plain["payload"])
        let properties = values.merging(secrets.mapValues(\.revealed)) { _, secret in secret }
            .filter { $0.key.hasPrefix(Self.propertyPrefix) }.sorted { $0.key < $1.key }
        kafka = KafkaSettings(
            bootstrapServers: servers, topic: topic,
            properties: properties.map { (String($0.key.dropFirst(Self.propertyPrefix.count)), $0.value) })
        do throws(KafkaError) {
            // Connects to nothing; says which property is wrong.
            _ = try KafkaProducer(kafka)
        } catch {
            throw SubscriptionFault("\(error.message)")
        }
    }
}

/// Produces the changes of one subscription to its topic, for as long as it is held: each once, in the order of its profile.
///
/// A record is keyed by the profile and holds the event as CloudEvents' Kafka binding has it in structured mode; headers say
/// which position of which journal it is. How far it has come stands in the database, written once the brokers have
/// acknowledged. What was produced after that, before a crash, is found in the topic itself and not produced again.
struct KafkaWorker: Sendable {
    static let positionHeader = "contatto_position"
    static let journalHeader = "contatto_journal"
    private static let pageOfChanges = 1_000

    let settings: TopicSettings
    let hold: Hold
    let workspace: Workspace
    let journal: Changes
    let subscriptions: Subscriptions
    /// Of the journal.
    let bell: Bell
    let delivery: DeliverySettings
    let logger: Logger

    /// Whose positions the records bear: another where the journal was begun anew or people had it told once more.
    private var mark: String { "\(hold.cursor.epoch)/\(hold.subscription)/\(hold.replays)" }

    func run() async throws -> WorkEnd {
        do {
            return try await produce()
        } catch let error as KafkaError where !error.isCancelled {
            var progress = DeliveryProgress(position: hold.cursor.position)
            progress.failures = hold.failures + 1
            progress.failure = "\(error)"
            // How it failed is for people to see; that it did is thrown on.
            _ = try await subscriptions.recordFailure(progress, hold, now: delivery.now())
            throw error
        }
    }

    private func produce() async throws -> WorkEnd {
        let logger = logger
        let producer = try KafkaProducer(settings.kafka) { notice in
            logger.debug("librdkafka", metadata: ["text": "\(notice.message)"])
        }
        do {
            let end = try await follow(producer)
            await producer.close(within: .seconds(2))
            return end
        } catch {
            // Nothing of it may arrive once another has begun.
            await producer.close(within: .seconds(2))
            throw error
        }
    }

    private func follow(_ producer: KafkaProducer) async throws -> WorkEnd {
        var cursor = hold.cursor
        var there = try await KafkaTail(
            settings.kafka, positionHeader: Self.positionHeader, sourceHeader: Self.journalHeader
        ).records(newerThan: cursor.position, source: mark)
        var writer = EventWriter(workspace: workspace.id, epoch: cursor.epoch)
        var since: Int64?
        while !Task.isCancelled {
            let rung = bell.count
            let reading = try await journal.page(
                after: cursor, limit: Self.pageOfChanges, filter: Changes.Filter(types: settings.types),
                since: since.map { $0 - 86_400_000_000 })
            guard case .page(let page) = reading else { return .disabled(reading.problem) }
            let changes = page.changes.filter { there.isEmpty || there.remove($0.position) == nil }
            let known = settings.payload == .full ? try await EventWriter.Known.of(changes, in: journal) : nil
            try await producer.send(changes.map { record($0, known, &writer) })
            since = page.changes.last?.at ?? since
            if page.next != cursor {
                var progress = DeliveryProgress(position: page.next.position)
                progress.delivered = page.changes.count
                guard
                    try await subscriptions.record(
                        progress, hold, attempts: hold.attempts, now: delivery.now())
                else { return .lost }
                cursor = page.next
            }
            if page.isLast { await bell.wait(beyond: rung, atMost: .seconds(1)) }
        }
        return .cancelled
    }

    private func record(
        _ change: Change, _ known: EventWriter.Known?, _ writer: inout EventWriter
    ) -> KafkaRecord {
        var value: [UInt8] = []
        value.reserveCapacity(512)
        writer.append(change, known, to: &value)
        let key = change.profile.map { Array($0.description.utf8) } ?? []
        return KafkaRecord(
            key: key, value: value,
            headers: [
                ("content-type", Array("application/cloudevents+json; charset=utf-8".utf8)),
                (Self.positionHeader, Array(String(change.position).utf8)), (Self.journalHeader, Array(mark.utf8)),
            ])
    }
}

extension Changes.Reading {
    /// Why a subscription cannot go on by itself, and what helps.
    var problem: String {
        switch self {
        case .page: ""
        case .otherEpoch:
            "the journal was begun anew, so that its place in it is unknown: replay it from where you like"
        case .behind: "it fell behind what is kept of the journal: read a snapshot, then replay it from `oldest`"
        case .ahead: "it is ahead of the journal: replay it from where you like"
        }
    }
}
