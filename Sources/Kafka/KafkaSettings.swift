/// Where the topic is, and how it is reached.
package struct KafkaSettings: Sendable {
    /// `host:port`, several separated by commas.
    package var bootstrapServers: String
    package var topic: String
    /// By which the brokers' logs and quotas know us.
    package var clientID = "contatto"
    /// Any further properties of librdkafka, by its own names, as its CONFIGURATION.md lists them.
    package var properties: [(name: String, value: String)]
    /// How long the brokers may acknowledge nothing of what they were sent, before it is given up.
    ///
    /// Until then librdkafka tries again by itself, without repeating a record. Giving up makes the caller look what
    /// is in the topic, so this should outlast the restart of a broker. 5 minutes are librdkafka's own default.
    package var messageTimeout: Duration = .seconds(300)
    /// How long a question may take: which partitions there are, and what they end with.
    package var lookupTimeout: Duration = .seconds(10)

    package init(bootstrapServers: String, topic: String, properties: [(String, String)] = []) {
        self.bootstrapServers = bootstrapServers
        self.topic = topic
        self.properties = properties.map { (name: $0.0, value: $0.1) }
    }

    /// What the operator must not set, since settings of ours say it or the guarantees rest on it.
    package static let reserved: Set<String> = [
        // Said by the settings above.
        "bootstrap.servers", "metadata.broker.list", "client.id", "message.timeout.ms", "delivery.timeout.ms",
        // Each record once and in order.
        "acks", "request.required.acks", "enable.idempotence", "enable.gapless.guarantee", "transactional.id",
        "partitioner", "queuing.strategy", "max.in.flight", "max.in.flight.requests.per.connection", "retries",
        "message.send.max.retries", "allow.auto.create.topics",
        // How it is heard and read here.
        "delivery.report.only.error", "enabled_events", "log.queue", "group.id", "auto.offset.reset",
        "enable.partition.eof", "isolation.level", "enable.auto.commit", "auto.commit.enable", "topic.blacklist",
    ]

    /// For a producer: each record once, in order, or the producer stops.
    var forProducing: [(name: String, value: String)] {
        common + [
            ("acks", "all"), ("enable.idempotence", "true"),
            // Without it librdkafka would go on with the records that follow one which a broker refused.
            ("enable.gapless.guarantee", "true"),
            // With several under way librdkafka takes one whose answer timed out for stored once a later one was answered;
            // on its own brokers, which do not look at the sequence, 4 records were missed so in 2 of 120 runs.
            ("max.in.flight", "1"),
            // Its own limit lets records expire one by one, and those that follow arrive without them. Ours gives
            // up all of them at once.
            ("message.timeout.ms", "0"),
        ]
    }

    /// For reading what is there, of no group.
    var forReading: [(name: String, value: String)] {
        common + [
            ("enable.partition.eof", "true"), ("isolation.level", "read_uncommitted"),
            // Retention may delete what we are about to read.
            ("auto.offset.reset", "earliest"), ("enable.auto.commit", "false"), ("check.crcs", "true"),
        ]
    }

    private var common: [(name: String, value: String)] {
        [
            ("bootstrap.servers", bootstrapServers), ("client.id", clientID),
            // A misspelt topic must be an error, not a new topic of one partition.
            ("allow.auto.create.topics", "false"),
            ("log.queue", "true"),
        ]
    }

    /// Throws if something cannot be so, before librdkafka is asked.
    func check() throws(KafkaError) {
        if bootstrapServers.allSatisfy({ $0 == " " || $0 == "," }) {
            throw KafkaError(.invalidSetting, "no Kafka broker is named: give host:port, several separated by commas")
        }
        // The rule is Kafka's own, org.apache.kafka.common.internals.Topic.
        let isLegal = topic.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        if !isLegal || topic.isEmpty || topic.utf8.count > 249 || topic == "." || topic == ".." {
            throw KafkaError(
                .invalidSetting,
                "“\(topic)” cannot be the name of a topic: 1 to 249 of the characters a-z, A-Z, 0-9, “.”, “_”, “-”")
        }
        for property in properties where Self.reserved.contains(property.name) {
            throw KafkaError(
                .invalidSetting,
                "the Kafka property “\(property.name)” cannot be set: the guarantees, or another setting, decide on it")
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a short wait never becomes none; at most what a C int holds.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(seconds * 1000 + rest)
    }
}
