internal import CRdKafka

/// One thing librdkafka had to say: reports of deliveries, records, an error, a line of log.
@safe
struct Event: ~Copyable {
    private let event: OpaquePointer

    @unsafe
    init(_ event: OpaquePointer) { unsafe self.event = unsafe event }

    deinit { unsafe rd_kafka_event_destroy(event) }

    /// What became of one record: its tag, and why it failed, or `.none`.
    struct Report {
        let tag: Int
        let code: KafkaCode
    }

    enum Content {
        case deliveries([Report])
        case record(StoredRecord)
        /// Nothing lies behind this offset at present.
        case end(partition: Int32, offset: Int64)
        /// Trouble with a broker, the whole cluster, or, if named, a partition.
        case trouble(KafkaCode, String, partition: Int32?)
        case notice(KafkaNotice)
        case nothing
    }

    var content: Content {
        switch unsafe rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR: return .deliveries(reports)
        case RD_KAFKA_EVENT_FETCH: return fetched
        case RD_KAFKA_EVENT_LOG: return notice
        case RD_KAFKA_EVENT_ERROR:
            return unsafe .trouble(
                KafkaCode(rd_kafka_event_error(event)), text(rd_kafka_event_error_string(event)), partition: nil)
        default: return .nothing
        }
    }

    private var reports: [Report] {
        var reports: [Report] = []
        unsafe reports.reserveCapacity(rd_kafka_event_message_count(event))
        while let message = unsafe rd_kafka_event_message_next(event) {
            unsafe reports.append(
                Report(
                    tag: Int(bitPattern: message.pointee._private) - 1, code: KafkaCode(message.pointee.err)))
        }
        return reports
    }

    private var fetched: Content {
        guard let message = unsafe rd_kafka_event_message_next(event) else { return .nothing }
        let (partition, offset) = unsafe (message.pointee.partition, message.pointee.offset)
        switch unsafe message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return unsafe .record(
                StoredRecord(
                    partition: partition, offset: offset,
                    key: bytes(message.pointee.key, message.pointee.key_len) ?? [],
                    value: bytes(message.pointee.payload, message.pointee.len), headers: headers(message)))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return .end(partition: partition, offset: offset)
        default:
            return unsafe .trouble(
                KafkaCode(message.pointee.err), text(rd_kafka_message_errstr(message)), partition: partition)
        }
    }

    private var notice: Content {
        var (topic, message): (UnsafePointer<CChar>?, UnsafePointer<CChar>?)
        var level: Int32 = 0
        guard unsafe rd_kafka_event_log(event, &topic, &message, &level) == 0 else { return .nothing }
        return unsafe .notice(KafkaNotice(level: level, topic: text(topic), message: text(message)))
    }
}

@unsafe
private func headers(_ message: UnsafePointer<rd_kafka_message_t>) -> [(name: String, value: [UInt8])] {
    var list: OpaquePointer?
    guard unsafe rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return [] }
    var headers: [(name: String, value: [UInt8])] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    while unsafe rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
        unsafe headers.append((name: text(name), value: bytes(value, size) ?? []))
    }
    return headers
}

/// A copy; nil stays nil.
@unsafe
private func bytes(_ pointer: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
    unsafe pointer.map { unsafe [UInt8](UnsafeRawBufferPointer(start: $0, count: count)) }
}

@unsafe
private func text(_ pointer: UnsafePointer<CChar>?) -> String {
    unsafe pointer.map { unsafe String(cString: $0) } ?? ""
}
