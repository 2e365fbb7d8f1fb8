#include "volume/tar_format.h"

#include <algorithm>
#include <charconv>

namespace limier::volume {

namespace {

constexpr std::size_t kMaxParts = 1u << 20;

std::string_view text_of(Bytes field) {
  const std::string_view text = as_text(field);
  return text.substr(0, text.find('\0'));
}

// Octal digits, or with the first bit set a big-endian number with a sign (GNU, star).
std::optional<std::int64_t> number_of(Bytes field) {
  if (field.empty()) return std::nullopt;
  if ((field[0] & 0x80) != 0) {
    auto value = static_cast<std::uint64_t>((field[0] & 0x40) != 0 ? ~std::uint64_t{0x7f} | field[0] : field[0] & 0x3f);
    for (const std::uint8_t byte : field.subspan(1)) {
      // What does not fit 64 bits is no size and no time.
      if (const auto top = value >> 55; top != 0 && top != 0x1ff) return std::nullopt;
      value = value << 8 | byte;
    }
    return static_cast<std::int64_t>(value);
  }
  std::string_view text = text_of(field);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// The sum of all bytes with the field itself taken as blanks; old programs summed signed ones.
bool checksum_fits(Bytes block) {
  constexpr std::size_t kAt = 148, kLength = 8;
  const auto stored = number_of(block.subspan(kAt, kLength));
  if (!stored) return false;
  std::int64_t plain = 0, with_sign = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    const std::uint8_t byte = i >= kAt && i < kAt + kLength ? std::uint8_t{' '} : block[i];
    plain += byte;
    with_sign += static_cast<std::int8_t>(byte);
  }
  return *stored == plain || *stored == with_sign;
}

void add_part(Bytes entry, std::vector<std::pair<std::uint64_t, std::uint64_t>>& parts) {
  const auto offset = number_of(entry.first(12)), length = number_of(entry.subspan(12, 12));
  if (entry[0] == 0 || !offset || !length || *offset < 0 || *length < 0 || parts.size() >= kMaxParts) return;
  parts.emplace_back(*offset, *length);
}

}  // namespace

std::optional<TarHeader> read_tar_header(Bytes block) {
  if (block.size() < kTarBlock || !checksum_fits(block)) return std::nullopt;
  const auto size = number_of(block.subspan(124, 12));
  if (!size || *size < 0) return std::nullopt;
  TarHeader header;
  header.size = static_cast<std::uint64_t>(*size);
  header.type = block[156] == 0 ? '0' : static_cast<char>(block[156]);
  header.name = std::string(text_of(block.subspan(0, 100)));
  header.link = std::string(text_of(block.subspan(157, 100)));
  header.mode = static_cast<std::uint32_t>(number_of(block.subspan(100, 8)).value_or(0));
  header.uid = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_of(block.subspan(108, 8)).value_or(0)));
  header.gid = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_of(block.subspan(116, 8)).value_or(0)));
  if (const auto modified = number_of(block.subspan(136, 12))) header.modified = TarTime{*modified, 0};
  const std::string_view magic = as_text(block.subspan(257, 8));
  const bool gnu = magic == std::string_view("ustar  \0", 8);
  if (magic.starts_with(std::string_view("ustar\0", 6))) {
    const std::string_view prefix = text_of(block.subspan(345, 155));
    if (!prefix.empty()) header.name = std::string(prefix) + "/" + header.name;
  }
  if (header.type == 'S' && gnu) {
    for (std::size_t i = 0; i < 4; ++i) add_part(block.subspan(386 + i * 24, 24), header.parts);
    header.more_parts = block[482] != 0;
    header.real_size =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_of(block.subspan(483, 12)).value_or(0)));
  }
  return header;
}

bool read_tar_parts(Bytes block, std::vector<std::pair<std::uint64_t, std::uint64_t>>& parts) {
  if (block.size() < kTarBlock) return false;
  for (std::size_t i = 0; i < 21; ++i) add_part(block.subspan(i * 24, 24), parts);
  return block[504] != 0;
}

std::vector<std::pair<std::string, std::string>> read_pax(Bytes records) {
  std::vector<std::pair<std::string, std::string>> out;
  std::string_view text = as_text(records);
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) break;
    const auto length = decimal(text.substr(0, space));
    if (!length || *length <= space + 1 || *length > text.size()) break;
    const std::string_view record = text.substr(space + 1, static_cast<std::size_t>(*length) - space - 2);
    text.remove_prefix(static_cast<std::size_t>(*length));
    const std::size_t equals = record.find('=');
    if (equals != std::string_view::npos)
      out.emplace_back(std::string(record.substr(0, equals)), std::string(record.substr(equals + 1)));
  }
  return out;
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<TarTime> pax_time(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto seconds = decimal(text.substr(0, point));
  if (!seconds || *seconds > (std::uint64_t{1} << 60)) return std::nullopt;
  std::uint32_t nanoseconds = 0;
  std::string_view digits = text.substr(std::min(text.size(), point + 1));
  for (std::size_t i = 0; i < 9; ++i) {
    const char digit = i < digits.size() ? digits[i] : '0';
    if (digit < '0' || digit > '9') return std::nullopt;
    nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  const auto whole = static_cast<std::int64_t>(*seconds);
  if (!negative) return TarTime{whole, nanoseconds};
  if (nanoseconds == 0) return TarTime{-whole, 0};
  return TarTime{-whole - 1, static_cast<std::uint32_t>(kNsPerSecond) - nanoseconds};
}

}  // namespace limier::volume
