#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a telephone number may be; the order is libphonenumber's.
enum contatto_phone_type {
    contatto_phone_fixed = 0,
    contatto_phone_mobile = 1,
    contatto_phone_fixed_or_mobile = 2,
    contatto_phone_toll_free = 3,
    contatto_phone_premium = 4,
    contatto_phone_shared_cost = 5,
    contatto_phone_voip = 6,
    contatto_phone_personal = 7,
    contatto_phone_pager = 8,
    contatto_phone_uan = 9,
    contatto_phone_voicemail = 10,
    contatto_phone_unknown = 11
};

/// A number as parts, so that no memory crosses the border: E.164 is `+`, country, the zeros, national.
struct contatto_phone {
    uint64_t national;
    int32_t country;
    int32_t leading_zeros;
    int32_t type;
    /// The text is a number at all; if not, nothing else is set.
    bool parsed;
    /// It has a length that exists in its country.
    bool possible;
    /// It lies in a range that is assigned.
    bool valid;
};

/// Reads a number as it is dialled in a region (ISO 3166, two letters). Never throws, keeps nothing.
struct contatto_phone contatto_phone_read(
    const char *text, size_t length, char region_first, char region_second);

#ifdef __cplusplus
}
#endif
