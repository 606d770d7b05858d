internal import CRdKafka

/// One client of librdkafka, with its topic and the queue on which everything it has to say arrives.
///
/// It blocks, so it is used on threads of our own only, and it must be ended with `destroy`: that too blocks, and the
/// last reference may be given up anywhere.
///
/// Unchecked: the pointers never change, and librdkafka locks what is behind them.
@safe
final class Handle: @unchecked Sendable {
    private let client: OpaquePointer
    let topic: OpaquePointer
    let queue: OpaquePointer
    /// librdkafka's limit for one record, in bytes, by its own reckoning.
    let largestRecord: Int

    static func producer(_ settings: KafkaSettings) throws(KafkaError) -> Handle {
        try Handle(RD_KAFKA_PRODUCER, settings, settings.forProducing)
    }

    static func reader(_ settings: KafkaSettings) throws(KafkaError) -> Handle {
        try Handle(RD_KAFKA_CONSUMER, settings, settings.forReading)
    }

    private init(
        _ kind: rd_kafka_type_t, _ settings: KafkaSettings, _ ours: [(name: String, value: String)]
    ) throws(KafkaError) {
        try settings.check()
        let configuration = unsafe rd_kafka_conf_new()
        do throws(KafkaError) {
            // Ours come last, and so have the last word.
            for property in settings.properties + ours { try unsafe set(property.name, property.value, configuration) }
        } catch {
            unsafe rd_kafka_conf_destroy(configuration)
            throw error
        }
        unsafe rd_kafka_conf_set_events(
            configuration, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_FETCH)
        largestRecord = unsafe number("message.max.bytes", configuration) ?? 1_000_000
        var reason = [CChar](repeating: 0, count: 512)
        guard let client = unsafe rd_kafka_new(kind, configuration, &reason, reason.count) else {
            // Only on success does the client take the configuration over.
            unsafe rd_kafka_conf_destroy(configuration)
            throw KafkaError(.invalidSetting, "Kafka's properties do not go together: \(string(reason))")
        }
        unsafe self.client = unsafe client
        unsafe queue = rd_kafka_queue_get_main(client)
        unsafe rd_kafka_set_log_queue(client, queue)
        guard let topic = unsafe rd_kafka_topic_new(client, settings.topic, nil) else {
            let code = KafkaCode(rd_kafka_last_error())
            unsafe rd_kafka_queue_destroy(queue)
            unsafe rd_kafka_destroy(client)
            throw KafkaError(code, "the topic “\(settings.topic)” cannot be used: \(code.meaning)")
        }
        unsafe self.topic = unsafe topic
    }

    /// Ends the client, and drops what it still has to send. Nothing may be called after it.
    func destroy() {
        unsafe rd_kafka_topic_destroy(topic)
        unsafe rd_kafka_queue_destroy(queue)
        unsafe rd_kafka_destroy(client)
    }

    /// What happened next, if anything does within that time.
    func next(within duration: Duration) -> Event? {
        unsafe rd_kafka_queue_poll(queue, duration.milliseconds).map { unsafe Event($0) }
    }

    /// Ends the wait in `next`, or the next one; may be called from any thread.
    func wake() {
        unsafe rd_kafka_queue_yield(queue)
    }

    /// The error that made the client useless, if one did.
    var fatalError: (code: KafkaCode, message: String)? {
        var reason = [CChar](repeating: 0, count: 512)
        let code = unsafe KafkaCode(rd_kafka_fatal_error(client, &reason, reason.count))
        return code == .none ? nil : (code, string(reason))
    }

    /// Queues a record; `tag` comes back with its delivery report.
    func produce(_ record: KafkaRecord, partition: Int32, tag: Int) -> KafkaCode {
        let headers = unsafe rd_kafka_headers_new(record.headers.count)
        for header in record.headers {
            _ = unsafe header.value.withUnsafeBytes { value in
                unsafe rd_kafka_header_add(headers, header.name, -1, value.baseAddress, value.count)
            }
        }
        let code = unsafe record.key.withUnsafeBytes { key in
            unsafe (record.value ?? []).withUnsafeBytes { value in
                // From 1 on: no tag would be null.
                unsafe contatto_produce(
                    client, topic, partition, key.baseAddress, key.count, record.value != nil, value.baseAddress,
                    value.count, headers, UnsafeMutableRawPointer(bitPattern: tag + 1))
            }
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { unsafe rd_kafka_headers_destroy(headers) }
        return KafkaCode(code)
    }

    /// Has what is queued, and if asked what is on its way too, reported as undelivered.
    func purge(inFlight: Bool) {
        let flags = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING
        unsafe rd_kafka_purge(client, inFlight ? flags | RD_KAFKA_PURGE_F_INFLIGHT : flags)
    }

    /// Begins to fetch a partition from that offset on.
    func start(_ partition: Int32, at offset: Int64) -> KafkaCode {
        unsafe rd_kafka_consume_start_queue(topic, partition, offset, queue) == 0
            ? .none : KafkaCode(rd_kafka_last_error())
    }

    /// No longer fetches it; what was fetched and not taken yet is dropped.
    func stop(_ partition: Int32) {
        _ = unsafe rd_kafka_consume_stop(topic, partition)
    }

    /// Asks how many partitions the topic has.
    func partitionCount(within duration: Duration) -> Result<Int32, KafkaCode> {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = unsafe KafkaCode(rd_kafka_metadata(client, 0, topic, &answer, duration.milliseconds))
        guard code == .none, let answer = unsafe answer else { return .failure(code) }
        defer { unsafe rd_kafka_metadata_destroy(answer) }
        guard unsafe answer.pointee.topic_cnt > 0 else { return .failure(.unknownTopic) }
        let found = unsafe answer.pointee.topics[0]
        if unsafe found.err != RD_KAFKA_RESP_ERR_NO_ERROR { return unsafe .failure(KafkaCode(found.err)) }
        return unsafe found.partition_cnt > 0 ? .success(found.partition_cnt) : .failure(.leaderNotAvailable)
    }

    /// Asks for the first offset of every partition, or for the one its next record will get.
    func offsets(_ which: Edge, partitions: Int32, within duration: Duration) -> Result<[Int64], KafkaCode> {
        let name = unsafe rd_kafka_topic_name(topic)
        let list = unsafe rd_kafka_topic_partition_list_new(partitions)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        for partition in 0..<partitions {
            unsafe rd_kafka_topic_partition_list_add(list, name, partition).pointee.offset = which.rawValue
        }
        // Not rd_kafka_query_watermark_offsets: that of 2.0.2 forgets its timeout (librdkafka #4460).
        let code = unsafe KafkaCode(rd_kafka_offsets_for_times(client, list, duration.milliseconds))
        guard code == .none, let list = unsafe list else { return .failure(code) }
        var offsets = [Int64](repeating: 0, count: Int(partitions))
        for index in 0..<Int(unsafe list.pointee.cnt) {
            let element = unsafe list.pointee.elems[index]
            if unsafe element.err != RD_KAFKA_RESP_ERR_NO_ERROR { return unsafe .failure(KafkaCode(element.err)) }
            unsafe offsets[Int(element.partition)] = unsafe max(element.offset, 0)
        }
        return .success(offsets)
    }

    enum Edge: Int64 {
        case beginning = -2
        case end = -1
    }
}

extension KafkaCode: Error {}

@unsafe
private func set(_ name: String, _ value: String, _ configuration: OpaquePointer?) throws(KafkaError) {
    var reason = [CChar](repeating: 0, count: 512)
    let outcome = unsafe rd_kafka_conf_set(configuration, name, value, &reason, reason.count)
    if outcome == RD_KAFKA_CONF_OK { return }
    // librdkafka's words quote the value.
    let isSecret = ["password", "secret", "pem", "key"].contains { name.contains($0) }
    let words = isSecret ? "its value is refused" : string(reason)
    throw KafkaError(
        .invalidSetting,
        outcome == RD_KAFKA_CONF_UNKNOWN
            ? "there is no Kafka property “\(name)”" : "the Kafka property “\(name)” is wrong: \(words)")
}

@unsafe
private func number(_ name: String, _ configuration: OpaquePointer?) -> Int? {
    var value = [CChar](repeating: 0, count: 64)
    var size = value.count
    guard unsafe rd_kafka_conf_get(configuration, name, &value, &size) == RD_KAFKA_CONF_OK else { return nil }
    return Int(string(value))
}

private func string(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
