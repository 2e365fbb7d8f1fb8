#include "volume/ntfs_attributes.h"

#include <algorithm>

#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::size_t kFixupStride = 512;
constexpr std::int64_t kUnitsPerSecond = 10'000'000;
constexpr std::int64_t kSeconds1601To1970 = 11'644'473'600;

catalog::Stamp time_at(Bytes content, std::uint64_t offset) {
  return ntfs_time(le_at<std::uint64_t>(content, offset).value_or(0));
}

}  // namespace

bool apply_fixups(MutableBytes record) {
  const auto offset = le_at<std::uint16_t>(record, 4);
  const auto count = le_at<std::uint16_t>(record, 6);
  if (!offset || !count || *count == 0) return false;
  const auto number = le_at<std::uint16_t>(record, *offset);
  for (std::size_t i = 1; i < *count; ++i) {
    const auto value = slice(record, *offset + i * 2, 2);
    if (!value || i * kFixupStride > record.size()) return false;
    const auto end = record.subspan(i * kFixupStride - 2, 2);
    if (le_at<std::uint16_t>(end, 0) != number) return false;
    std::copy(value->begin(), value->end(), end.begin());
  }
  return true;
}

catalog::Stamp ntfs_time(std::uint64_t units) {
  if (units == 0) return {};
  const auto seconds = static_cast<std::int64_t>(units / kUnitsPerSecond) - kSeconds1601To1970;
  return {seconds, static_cast<std::uint32_t>(units % kUnitsPerSecond) * 100, catalog::TimeBasis::kUtc};
}

catalog::FileTimes standard_information_times(Bytes content) {
  return {time_at(content, 8), time_at(content, 24), time_at(content, 16), time_at(content, 0)};
}

catalog::FileTimes file_name_times(Bytes content) {
  return {time_at(content, 16), time_at(content, 32), time_at(content, 24), time_at(content, 8)};
}

std::optional<std::uint64_t> non_resident_size(Bytes record, std::uint32_t type, std::string_view name) {
  constexpr std::uint32_t kLeast = 24;  // of any attribute
  std::uint64_t at = le_at<std::uint16_t>(record, 20).value_or(0);
  while (true) {
    const std::uint32_t length = le_at<std::uint32_t>(record, at + 4).value_or(0);
    const auto attribute = length < kLeast ? std::nullopt : slice(record, at, length);
    if (!attribute) return std::nullopt;
    at += length;
    const auto head = Block<64>::at(*attribute, 0);
    if (!head || head->le<0, std::uint32_t>() != type || head->le<8, std::uint8_t>() == 0) continue;
    const auto own = slice(*attribute, head->le<10, std::uint16_t>(), std::uint64_t{head->le<9, std::uint8_t>()} * 2);
    if (own && ntfs_text(*own) == name && head->le<16, std::uint64_t>() == 0) return head->le<48, std::uint64_t>();
  }
}

std::optional<std::uint64_t> listed_record(Bytes list, std::uint32_t type, std::string_view name) {
  constexpr std::uint64_t kRecordNumber = 0xFFFFFFFFFFFF;
  constexpr std::size_t kEntry = 26;
  for (std::uint64_t at = 0;;) {
    const auto entry = Block<kEntry>::at(list, at);
    const std::uint16_t length = entry ? entry->le<4, std::uint16_t>() : std::uint16_t{0};
    if (length < kEntry) return std::nullopt;
    const auto own = slice(list, at + entry->le<7, std::uint8_t>(), std::uint64_t{entry->le<6, std::uint8_t>()} * 2);
    const bool same = entry->le<0, std::uint32_t>() == type && own && ntfs_text(*own) == name;
    if (same && entry->le<8, std::uint64_t>() == 0) return entry->le<16, std::uint64_t>() & kRecordNumber;
    at += length;
  }
}

std::string ntfs_text(Bytes utf16) {
  std::string out;
  Utf16Reader text(utf16, false);
  while (const auto code = text.next()) append_utf8(out, *code);
  return out;
}

std::vector<ExtendedAttribute> parse_extended_attributes(Bytes content) {
  constexpr std::size_t kHead = 8;
  constexpr std::size_t kMost = 4096;  // all together have 64 KiB
  std::vector<ExtendedAttribute> all;
  for (std::uint64_t at = 0; all.size() < kMost;) {
    const auto head = Block<kHead>::at(content, at);
    if (!head) break;
    const std::uint32_t next = head->le<0, std::uint32_t>();
    const std::uint64_t name_length = head->le<5, std::uint8_t>();
    const std::uint64_t length = head->le<6, std::uint16_t>();
    const auto name = slice(content, at + kHead, name_length);
    const std::uint64_t value = at + kHead + name_length + 1;  // a zero ends the name
    if (name_length == 0 || !name || !slice(content, value, length)) break;
    all.push_back({std::string(as_text(*name)), static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(length)});
    if (next < kHead + name_length + 1 + length) break;
    at += next;
  }
  return all;
}

}  // namespace limier::volume
