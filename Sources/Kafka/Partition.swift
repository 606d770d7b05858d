extension KafkaProducer {
    /// The partition of a key, as Kafka's Java producer chooses it by default.
    ///
    /// So whoever else produces with this key reaches the same partition. The rule is
    /// `Utils.toPositive(Utils.murmur2(key)) % count` of org.apache.kafka.common.utils; librdkafka has it as
    /// `murmur2_random`, but sends an empty key anywhere.
    package static func partition(of key: [UInt8], count: Int) -> Int32 {
        precondition(count > 0, "a topic has at least one partition")
        return Int32((murmur2(key) & 0x7fff_ffff) % UInt32(count))
    }
}

/// Austin Appleby's MurmurHash2, 32 bits, with the seed Kafka uses.
func murmur2(_ data: [UInt8]) -> UInt32 {
    let m: UInt32 = 0x5bd1_e995
    var hash = 0x9747_b28c ^ UInt32(truncatingIfNeeded: data.count)
    var rest = data[...]
    while rest.count >= 4 {
        var word = rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        rest = rest.dropFirst(4)
        word &*= m
        word ^= word >> 24
        word &*= m
        hash = hash &* m ^ word
    }
    if !rest.isEmpty {
        hash ^= rest.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        hash &*= m
    }
    hash ^= hash >> 13
    hash &*= m
    return hash ^ hash >> 15
}
