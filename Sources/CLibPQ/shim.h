// What Swift cannot import from libpq by itself (the diagnostic fields are character macros), and the two system calls
// a database thread sleeps in, so that no Swift file has to build a pollfd.
#pragma once

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static inline const char *contatto_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

/// The severity in English, whatever the server's language: "ERROR", "FATAL", "WARNING".
static inline const char *contatto_severity(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
}

static inline const char *contatto_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

static inline const char *contatto_detail(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
}

static inline const char *contatto_hint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
}

static inline const char *contatto_context(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONTEXT);
}

static inline const char *contatto_table(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_TABLE_NAME);
}

static inline const char *contatto_column(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
}

static inline const char *contatto_constraint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

/// The function of the server that spoke: unlike the message, never translated.
static inline const char *contatto_source_function(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
}

enum { contatto_readable = 1, contatto_writable = 2, contatto_woken = 4 };

/// Sleeps until `socket` can be read (or, if asked, written), `wake` was written, or the time is over (0; -1: no limit).
/// Either descriptor may be -1. Returns what happened as bits; an error on the socket counts as readable, since only
/// reading tells what it is.
static inline int contatto_wait(int socket, int wants_write, int wake, int milliseconds) {
    struct pollfd watched[2] = {
        {.fd = socket, .events = (short)(POLLIN | (wants_write ? POLLOUT : 0))},
        {.fd = wake, .events = POLLIN},
    };
    int count = poll(watched, 2, milliseconds);
    if (count <= 0) return 0;
    int seen = 0;
    if (watched[0].revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) seen |= contatto_readable;
    if (watched[0].revents & POLLOUT) seen |= contatto_writable;
    if (watched[1].revents & POLLIN) seen |= contatto_woken;
    return seen;
}

/// Like contatto_wait, for connecting, where libpq wants to write *or* to read: a socket that can be written all the
/// time would otherwise wake the sleeper for nothing, and one that cannot be read would not wake it at all.
static inline int contatto_wait_either(int socket, int write_only, int wake, int milliseconds) {
    struct pollfd watched[2] = {
        {.fd = socket, .events = (short)(write_only ? POLLOUT : POLLIN)},
        {.fd = wake, .events = POLLIN},
    };
    int count = poll(watched, 2, milliseconds);
    if (count <= 0) return 0;
    int seen = 0;
    if (watched[0].revents) seen |= write_only ? contatto_writable : contatto_readable;
    if (watched[1].revents & POLLIN) seen |= contatto_woken;
    return seen;
}

static inline int contatto_wake_open(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static inline void contatto_wake(int wake) {
    uint64_t one = 1;
    ssize_t written = write(wake, &one, sizeof one);
    (void)written;  // Full means that a wake-up is already waiting.
}

static inline void contatto_wake_drain(int wake) {
    uint64_t count;
    ssize_t got = read(wake, &count, sizeof count);
    (void)got;
}

static inline void contatto_wake_close(int wake) {
    close(wake);
}
