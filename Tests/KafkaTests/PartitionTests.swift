import Testing

@testable import Kafka

@Suite struct PartitionTests {
    /// From Kafka's own UtilsTest.testMurmur2.
    static let vectors: [(String, Int32)] = [
        ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ]

    @Test(arguments: vectors)
    func `a key is hashed as by the Java client`(key: String, hash: Int32) {
        #expect(Int32(bitPattern: murmur2(Array(key.utf8))) == hash)
    }

    @Test func `the partition is the positive hash, modulo their number`() {
        // From the vectors: (-973932308 & 0x7fffffff) = 1173551340, and so on.
        #expect(KafkaProducer.partition(of: Array("21".utf8), count: 1000) == 340)
        #expect(KafkaProducer.partition(of: Array("foobar".utf8), count: 1000) == 166)
        #expect(KafkaProducer.partition(of: Array("abc".utf8), count: 8) == 3)
        #expect(KafkaProducer.partition(of: Array("abc".utf8), count: 1) == 0)
        #expect(KafkaProducer.partition(of: [], count: 1000) == 681, "275646681")
    }
}
