internal import CRdKafka

/// An error as the Kafka protocol numbers it; negative ones are librdkafka's own.
package struct KafkaCode: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    init(_ code: rd_kafka_resp_err_t) { rawValue = code.rawValue }

    /// Its name in the protocol, such as `NOT_LEADER_FOR_PARTITION`; librdkafka's own begin with an underscore.
    package var description: String {
        unsafe rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: rawValue)).map { unsafe String(cString: $0) } ?? "?"
    }

    /// What it means, in English.
    package var meaning: String {
        unsafe rd_kafka_err2str(rd_kafka_resp_err_t(rawValue: rawValue)).map { unsafe String(cString: $0) } ?? "?"
    }
}

extension KafkaCode {
    package static let authenticationFailed = KafkaCode(RD_KAFKA_RESP_ERR__AUTHENTICATION)
    package static let cancelled = KafkaCode(RD_KAFKA_RESP_ERR__INTR)
    package static let closed = KafkaCode(RD_KAFKA_RESP_ERR__DESTROY)
    package static let fatal = KafkaCode(RD_KAFKA_RESP_ERR__FATAL)
    package static let invalidSetting = KafkaCode(RD_KAFKA_RESP_ERR__INVALID_ARG)
    package static let leaderNotAvailable = KafkaCode(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    package static let messageTooLarge = KafkaCode(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    package static let none = KafkaCode(RD_KAFKA_RESP_ERR_NO_ERROR)
    package static let notLeader = KafkaCode(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
    package static let queueFull = KafkaCode(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    package static let requestTimedOut = KafkaCode(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
    package static let timedOut = KafkaCode(RD_KAFKA_RESP_ERR__TIMED_OUT)
    package static let topicAuthorizationFailed = KafkaCode(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    package static let transport = KafkaCode(RD_KAFKA_RESP_ERR__TRANSPORT)
    package static let unknownTopic = KafkaCode(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)

    /// It says why one record failed, and not only that everything did.
    var isTelling: Bool { !Self.general.contains(rawValue) }

    private static let general: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE,
            RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
        ].map(\.rawValue))

    /// Settings, rights, names, sizes: what stays wrong until somebody sees to it.
    ///
    /// A cluster that restarts may deny for a while that a topic exists, or that its users do; so whoever is told this
    /// may well try again, but should tell somebody.
    var needsPerson: Bool { Self.personal.contains(rawValue) }

    /// Whether it should take the place of an earlier complaint.
    ///
    /// That all brokers are down follows every other error and explains none; what a person must see to explains all.
    func saysMore(than earlier: KafkaCode?) -> Bool {
        guard let earlier else { return true }
        if rawValue == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue { return false }
        return needsPerson || !earlier.needsPerson
    }

    private static let personal: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR__INVALID_ARG,
            RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
            RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
            RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
            RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
            RD_KAFKA_RESP_ERR_INVALID_CONFIG, RD_KAFKA_RESP_ERR_SECURITY_DISABLED, RD_KAFKA_RESP_ERR_INVALID_RECORD,
            RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
        ].map(\.rawValue))
}
