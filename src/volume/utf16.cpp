#include "volume/utf16.h"

namespace limier::volume {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

std::optional<std::uint32_t> Utf16Reader::next() {
  const auto first = unit(at_);
  if (!first) return std::nullopt;
  at_ += 2;
  const auto second = is_high_surrogate(*first) ? unit(at_) : std::nullopt;
  if (!second || !is_low_surrogate(*second)) return *first;
  at_ += 2;
  return of_surrogates(*first, *second);
}

}  // namespace limier::volume
