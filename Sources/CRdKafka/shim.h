// What Swift cannot import from librdkafka by itself: a record is produced by a variadic function.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdint.h>

/// Queues one record; key and value are copied. Without a value it is Kafka's tombstone, whereas there is always a key,
/// if one without bytes; the address of no bytes may be null. The headers are taken over when it returns 0, and stay
/// the caller's when it returns an error.
static inline rd_kafka_resp_err_t contatto_produce(
    rd_kafka_t *handle, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_size, bool has_value,
    const void *value, size_t value_size, rd_kafka_headers_t *headers, void *opaque) {
    const void *payload = !has_value ? NULL : value ? value : "";
    return rd_kafka_producev(
        handle, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key ? key : "", key_size), RD_KAFKA_V_VALUE((void *)payload, value_size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}
