// Letters of Latin scripts as they are written without a keyboard for them.
#pragma once

#include <string_view>

namespace limier {

inline constexpr char32_t kFirstLatin = 0xC0, kLastLatin = 0x17F;
// Of U+00C0 to U+017F the letters a to z that stand for it, without accents, lower case (the decompositions of the
// Unicode Character Database; ß æ ø and the like as they are written in ASCII). "": not a letter, or none of these.
std::string_view plain_latin(char32_t code_point);

}  // namespace limier
