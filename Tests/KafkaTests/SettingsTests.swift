import Kafka
import KafkaTesting
import Testing

@Suite(.serialized) struct SettingsTests {
    private func refusal(_ change: (inout KafkaSettings) -> Void) -> KafkaError? {
        var settings = KafkaSettings(bootstrapServers: "127.0.0.1:1", topic: "journal")
        change(&settings)
        do throws(KafkaError) {
            _ = try KafkaProducer(settings)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a wrong property is named, and a person must see to it`() {
        let unknown = refusal { $0.properties = [("linger.ms", "1"), ("compresion.type", "lz4")] }
        #expect(unknown?.message == "there is no Kafka property “compresion.type”")
        #expect(unknown?.remedy == .person)
        let wrong = refusal { $0.properties = [("compression.type", "rar")] }
        #expect(wrong?.message.contains("“compression.type” is wrong") == true)
        #expect(wrong?.message.contains("rar") == true)
        let range = refusal { $0.properties = [("linger.ms", "-5")] }
        #expect(range?.message.contains("“linger.ms” is wrong") == true)
    }

    @Test(arguments: [
        "acks", "max.in.flight", "enable.idempotence", "partitioner", "bootstrap.servers", "message.timeout.ms",
    ])
    func `what the guarantees rest on cannot be set`(name: String) {
        #expect(refusal { $0.properties = [(name, "1")] }?.message.contains("“\(name)” cannot be set") == true)
    }

    @Test func `the topic must have a legal name, and a broker must be named`() {
        #expect(refusal { $0.topic = "" }?.code == .invalidSetting)
        #expect(refusal { $0.topic = "a b" }?.message.contains("“a b”") == true)
        #expect(refusal { $0.topic = ".." }?.code == .invalidSetting)
        #expect(refusal { $0.topic = String(repeating: "a", count: 250) }?.code == .invalidSetting)
        #expect(refusal { $0.bootstrapServers = " ," }?.message.contains("no Kafka broker") == true)
        #expect(refusal { $0.topic = "a.B_c-9" } == nil)
    }

    @Test func `a topic that does not exist is said to`() async throws {
        var bundle = try Bundle()
        bundle.settings.topic = "jurnal"
        bundle.mock.set(.unknownTopic, for: "jurnal")
        for _ in 0..<2 {
            let producer = try bundle.producer()
            let unknown = await error { try await producer.send(records(0..<10)) }
            #expect(unknown?.code == .unknownTopic)
            #expect(unknown?.message.contains("“jurnal” does not exist") == true)
            #expect(unknown?.remedy == .person)
            #expect(unknown?.isFatal == false)
            #expect(unknown?.outcome == .failed)
        }
        let settings = bundle.settings
        let unread = await error { _ = try await KafkaTail(settings).records(newerThan: 0, source: "hub") }
        #expect(unread?.code == .unknownTopic)
    }

    @Test func `a producer made before its topic works once the topic is there`() async throws {
        let bundle = try Bundle()
        bundle.mock.set(.unknownTopic, for: "journal")
        let producer = try bundle.producer()
        #expect(await error { try await producer.send(records(0..<10)) }?.code == .unknownTopic)
        bundle.mock.set(.none, for: "journal")
        try await producer.send(records(0..<10))
        expectExactly(0..<10, in: try await bundle.stored())
    }

    @Test func `brokers that cannot be reached are named, within the time set`() async throws {
        // Port 1 is reserved for a service nobody runs.
        var settings = KafkaSettings(bootstrapServers: "127.0.0.1:1", topic: "journal")
        settings.lookupTimeout = .seconds(1)
        let producer = try KafkaProducer(settings)
        let start = ContinuousClock.now
        let sent = await error { try await producer.send(records(0..<10)) }
        let counted = await error { _ = try await producer.partitionCount() }
        let tail = await error { [settings] in
            _ = try await KafkaTail(settings).records(newerThan: 0, source: "hub")
        }
        for unreachable in [sent, counted, tail] {
            #expect(unreachable?.remedy == .time)
            #expect(unreachable?.isFatal == false)
            #expect(unreachable?.outcome == .failed)
            #expect(unreachable?.message.contains("no Kafka broker of 127.0.0.1:1") == true, "\(unreachable as Any)")
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `a broker that speaks no TLS, where it should, is told apart from one that is away`() async throws {
        var bundle = try Bundle(properties: [("security.protocol", "ssl")])
        bundle.settings.lookupTimeout = .seconds(2)
        let producer = try bundle.producer()
        let refused = await error { try await producer.send(records(0..<10)) }
        // librdkafka words it in two ways, as it meets the closed connection while it writes or while it polls. Both name
        // the state it was in.
        #expect(refused?.message.contains("SSL_HANDSHAKE") == true, "\(refused?.description ?? "nothing")")
        #expect(refused?.outcome == .failed)
    }

    @Test(arguments: [KafkaCode.topicAuthorizationFailed, .unknownTopic])
    func `a topic that may not be used is for a person to see to, before anything is sent`(
        code: KafkaCode
    ) async throws {
        let bundle = try Bundle()
        bundle.mock.set(code, for: "journal")
        let refused = await error { try await bundle.producer().send(records(0..<10)) }
        #expect(refused?.code == code)
        #expect(refused?.remedy == .person)
        #expect(refused?.isFatal == false)
        bundle.mock.set(.none, for: "journal")
        #expect(try await bundle.stored().isEmpty)
    }

    @Test func `what may not be written is for a person to see to`() async throws {
        let bundle = try Bundle(partitions: 1)
        let producer = try bundle.producer()
        bundle.mock.fail(.produce, with: [.topicAuthorizationFailed])
        let refused = await error { try await producer.send(records(0..<10)) }
        #expect(refused?.code == .topicAuthorizationFailed)
        #expect(refused?.remedy == .person)
        #expect(refused?.isFatal == true)
    }
}
