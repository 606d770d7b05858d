// What Swift cannot import from libpq by itself: the diagnostic fields are character macros.
#pragma once

#include <libpq-fe.h>

static inline const char *contatto_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}
