// Telephone numbers as they are written in texts.
#pragma once

#include <string>
#include <string_view>

#include "limier/people.h"

namespace limier::entities {

// "+32470123456" of a number with its country code: the code exists, and so many digits stand behind it as its country
// gives out (E.164 and the numbering plans that ITU publishes). "" for everything else.
std::string international_number(std::string_view digits_after_plus);

// Of a number as it is dialled in its country ("0470 12 34 56"): "" where no country is known or it is not as long as
// its country's numbers are. Countries without a trunk prefix have no such form in a text: everything would be one.
std::string national_number(std::string_view dialled, const people::Country* at_home);

// The country code in front of these digits exists (as in an ICCID, behind 89).
bool has_calling_code(std::string_view digits);

}  // namespace limier::entities
