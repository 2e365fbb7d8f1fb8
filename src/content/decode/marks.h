// What XML and HTML share: characters that are written by name or number.
#pragma once

#include <string>
#include <string_view>

namespace limier::content::decode {

// Puts what stands at `at`, an ampersand, to `out` and gives how many bytes it takes: a reference as its character,
// else the ampersand itself.
std::size_t put_reference(std::string_view text, std::size_t at, std::string& out);
void put_character(std::string& out, char32_t code);

}  // namespace limier::content::decode
