// Sources: the HTML standard, section 13.2.5.72 on; XML 1.0, section 4.1.
#include "content/decode/marks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace limier::content::decode {
namespace {

constexpr std::size_t kMaxReferenceBytes = 12;

struct Name {
  std::string_view name;
  char32_t code;
};
constexpr std::array<Name, 6> kNames{
    {{"amp", '&'}, {"apos", '\''}, {"gt", '>'}, {"lt", '<'}, {"nbsp", 0xa0}, {"quot", '"'}}};

}  // namespace

void put_character(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0u | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0u | code >> 12);
    } else {
      put(0xf0u | code >> 18);
      put(0x80u | (code >> 12 & 0x3fu));
    }
    put(0x80u | (code >> 6 & 0x3fu));
  }
  put(0x80u | (code & 0x3fu));
}

std::size_t put_reference(std::string_view text, std::size_t at, std::string& out) {
  const std::size_t end = text.substr(0, std::min(text.size(), at + kMaxReferenceBytes)).find(';', at);
  const auto itself = [&] {
    out += '&';
    return std::size_t{1};
  };
  if (end == std::string_view::npos) return itself();
  std::string_view name = text.substr(at + 1, end - at - 1);
  std::uint32_t code = 0;
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hex = name.starts_with('x') || name.starts_with('X');
    if (hex) name.remove_prefix(1);
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
    if (error != std::errc() || stop != name.data() + name.size() || code == 0 || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000))
      return itself();
  } else {
    const auto found = std::ranges::find(kNames, name, &Name::name);
    if (found == kNames.end()) return itself();
    code = found->code;
  }
  put_character(out, code);
  return end + 1 - at;
}

}  // namespace limier::content::decode
