// UTF-16 as it stands in names on disks, one number at a time, and any number as UTF-8. Half a surrogate pair, which
// most file systems allow, becomes the three bytes that its number would have (WTF-8), so that two names stay two.
#pragma once

#include <optional>
#include <string>

#include "limier/base/bytes.h"

namespace limier::volume {

constexpr bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
constexpr bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}
constexpr std::uint32_t of_surrogates(std::uint32_t high, std::uint32_t low) {
  return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

void append_utf8(std::string& out, std::uint32_t code);

// An odd byte at the end is left out.
class Utf16Reader {
 public:
  Utf16Reader(Bytes text, bool big_endian) : text_(text), big_endian_(big_endian) {}
  // nullopt at the end.
  std::optional<std::uint32_t> next();

 private:
  [[nodiscard]] std::optional<std::uint16_t> unit(std::uint64_t at) const {
    return big_endian_ ? be_at<std::uint16_t>(text_, at) : le_at<std::uint16_t>(text_, at);
  }
  Bytes text_;
  bool big_endian_;
  std::uint64_t at_ = 0;
};

}  // namespace limier::volume
