// Letters: their cases, their accents, and their bytes in each encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limier/keywords.h"

namespace limier::keywords {

inline constexpr char32_t kLastCodePoint = 0x10ffff;

char32_t small_letter(char32_t c);    // itself where there is none
char32_t capital_letter(char32_t c);  // itself where there is none
bool is_word_letter(char32_t c);      // letters of any script, digits, '_'

std::optional<std::uint8_t> cp1252_byte(char32_t c);
char32_t of_cp1252(std::uint8_t byte);  // U+FFFD where the page has no character

// The code point that begins at `at`, which moves behind it; nullopt: no UTF-8.
std::optional<char32_t> next_utf8(std::string_view text, std::size_t& at);
void put_utf8(std::string& out, char32_t c);

// The character that ends at, or begins at, a place of bytes; 0: none there.
char32_t before(std::string_view bytes, std::size_t at, Encoding encoding);
char32_t behind(std::string_view bytes, std::size_t at, Encoding encoding);

}  // namespace limier::keywords
