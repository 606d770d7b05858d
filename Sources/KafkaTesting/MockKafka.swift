internal import CRdKafka
package import Kafka

/// A Kafka cluster inside this process: librdkafka's own mock, listening on 127.0.0.1, which other processes can use too.
///
/// What it is not: the brokers keep at most 5 MB a partition and forget what came before; a topic somebody asks for is
/// created, even when asked not to (the mock of 2.0.2 speaks a version of the protocol that cannot say so); and
/// sequence numbers are checked for transactions only. So a request that was stored and whose answer got lost is stored
/// again, where a real broker knows an idempotent producer's repetition; and a request behind one that failed is taken,
/// where a real broker refuses it. After `.requestTimedOut` with several under way, records that were never stored are
/// so acknowledged: allow one request at a time (`max.in.flight`) in a test of it.
///
/// Unchecked: the pointers never change, and librdkafka locks what is behind them.
@safe
package final class MockKafka: @unchecked Sendable {
    /// A kind of request, by its number in the protocol.
    package enum Request: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case initProducerID = 22
    }

    private let client: OpaquePointer
    private let cluster: OpaquePointer
    /// `127.0.0.1:port`, one for each broker, separated by commas.
    package let bootstrapServers: String

    package init(brokers: Int32 = 3) throws(KafkaError) {
        let configuration = unsafe rd_kafka_conf_new()
        unsafe rd_kafka_conf_set_log_cb(configuration, nil)
        var reason = [CChar](repeating: 0, count: 512)
        guard let client = unsafe rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &reason, reason.count) else {
            unsafe rd_kafka_conf_destroy(configuration)
            throw KafkaError(.invalidSetting, "no client for the mock cluster")
        }
        guard let cluster = unsafe rd_kafka_mock_cluster_new(client, brokers) else {
            unsafe rd_kafka_destroy(client)
            throw KafkaError(.invalidSetting, "no mock cluster of \(brokers) brokers")
        }
        unsafe self.client = unsafe client
        unsafe self.cluster = unsafe cluster
        bootstrapServers = unsafe String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        // It waits for the brokers' threads, and the last reference may be given up on one of Swift's own.
        let (cluster, client) = unsafe (UInt(bitPattern: cluster), UInt(bitPattern: client))
        startThread {
            unsafe rd_kafka_mock_cluster_destroy(OpaquePointer(bitPattern: cluster))
            unsafe rd_kafka_destroy(OpaquePointer(bitPattern: client))
        }
    }

    package func create(_ topic: String, partitions: Int32) throws(KafkaError) {
        try check(unsafe rd_kafka_mock_topic_create(cluster, topic, partitions, 1), "create the topic \(topic)")
    }

    /// Whoever asks for the topic is told this; `.none` ends it. The way to a topic that does not exist.
    package func set(_ code: KafkaCode, for topic: String) {
        unsafe rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(rawValue: code.rawValue))
    }

    /// The next requests of that kind fail, whoever sends them, each with one of these; `.transport` cuts the
    /// connection instead. What such a request held is not stored.
    package func fail(_ request: Request, with codes: [KafkaCode]) {
        let codes = codes.map { rd_kafka_resp_err_t(rawValue: $0.rawValue) }
        unsafe rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, codes.count, codes)
    }

    /// Cuts the broker's connections and takes no new ones; nil: of all of them. Brokers are numbered from 1.
    package func takeDown(_ broker: Int32? = nil) throws(KafkaError) {
        try check(unsafe rd_kafka_mock_broker_set_down(cluster, broker ?? -1), "take a broker down")
    }

    package func bringUp(_ broker: Int32? = nil) throws(KafkaError) {
        try check(unsafe rd_kafka_mock_broker_set_up(cluster, broker ?? -1), "bring a broker up")
    }

    /// Each answer of the broker comes that much later; nil: of all of them.
    package func delay(_ broker: Int32? = nil, by duration: Duration) throws(KafkaError) {
        let milliseconds = Int32(duration / .milliseconds(1))
        try check(unsafe rd_kafka_mock_broker_set_rtt(cluster, broker ?? -1, milliseconds), "delay a broker")
    }

    package func setLeader(of topic: String, partition: Int32, to broker: Int32) throws(KafkaError) {
        try check(
            unsafe rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker), "make a broker the leader")
    }

    private func check(_ code: rd_kafka_resp_err_t, _ deed: String) throws(KafkaError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(KafkaCode(rawValue: code.rawValue), "the mock cluster did not \(deed)")
        }
    }
}
