/// One record for the topic.
package struct KafkaRecord: Sendable {
    /// Decides on the partition: records of one key stay in order. May be empty, which is a key like any other.
    package var key: [UInt8]
    /// Nil is a tombstone: it deletes the key from a compacted topic.
    package var value: [UInt8]?
    package var headers: [(name: String, value: [UInt8])]

    package init(key: [UInt8], value: [UInt8]?, headers: [(String, [UInt8])] = []) {
        self.key = key
        self.value = value
        self.headers = headers.map { (name: $0.0, value: $0.1) }
    }

    /// The most bytes it can take in a request: what librdkafka compares with `message.max.bytes`.
    ///
    /// 70 bytes are its own allowance for lengths, time and offset, rounded up.
    var size: Int {
        key.count + (value?.count ?? 0) + headers.reduce(70) { $0 + $1.name.utf8.count + $1.value.count + 10 }
    }
}

/// One record as the topic holds it.
package struct StoredRecord: Sendable {
    package let partition: Int32
    package let offset: Int64
    package let key: [UInt8]
    package let value: [UInt8]?
    package let headers: [(name: String, value: [UInt8])]

    /// The first header of that name.
    package func header(_ name: String) -> [UInt8]? {
        headers.first { $0.name == name }?.value
    }
}
