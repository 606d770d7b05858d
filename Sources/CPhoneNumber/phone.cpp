#include "CPhoneNumber.h"

#include <phonenumbers/phonenumberutil.h>

#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

static_assert(static_cast<int>(PhoneNumberUtil::FIXED_LINE) == contatto_phone_fixed, "types have moved");
static_assert(static_cast<int>(PhoneNumberUtil::PERSONAL_NUMBER) == contatto_phone_personal, "types have moved");
static_assert(static_cast<int>(PhoneNumberUtil::UNKNOWN) == contatto_phone_unknown, "types have moved");

contatto_phone contatto_phone_read(
    const char *text, size_t length, char region_first, char region_second) {
    contatto_phone found = {};
    found.type = contatto_phone_unknown;
    try {
        const PhoneNumberUtil *library = PhoneNumberUtil::GetInstance();
        const std::string region = {region_first, region_second};
        PhoneNumber number;
        if (library->Parse(std::string(text, length), region, &number) != PhoneNumberUtil::NO_PARSING_ERROR) {
            return found;
        }
        found.parsed = true;
        found.country = number.country_code();
        found.national = number.national_number();
        if (number.has_italian_leading_zero() && number.italian_leading_zero()) {
            found.leading_zeros = number.has_number_of_leading_zeros() ? number.number_of_leading_zeros() : 1;
        }
        // A number has a type exactly if it is valid, and what is valid is possible: asking once is half the time.
        found.type = static_cast<int32_t>(library->GetNumberType(number));
        found.valid = found.type != contatto_phone_unknown;
        found.possible = found.valid || library->IsPossibleNumber(number);
    } catch (...) {
        // No exception may cross into Swift; out of memory here is a number that could not be read.
        found = {};
        found.type = contatto_phone_unknown;
    }
    return found;
}
