#include "volume/binary_plist.h"

#include <bit>
#include <cmath>

#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::uint8_t kSimple = 0x0, kInteger = 0x1, kReal = 0x2, kDate = 0x3, kAscii = 0x5, kUtf16 = 0x6;
constexpr std::uint8_t kUid = 0x8, kList = 0xa, kMap = 0xd;
constexpr std::uint8_t kFalse = 0x8, kTrue = 0x9;
constexpr std::uint8_t kLongCount = 0xf;
constexpr std::size_t kTrailerBytes = 32;
constexpr std::size_t kMaxIntegerBytes = 8;
constexpr std::uint64_t kMaxText = 64u << 10;
constexpr std::int64_t kAppleEpoch = 978'307'200;  // seconds from 1970 to 2001

catalog::Stamp stamp_of(double seconds, std::int64_t epoch) {
  // Far beyond what a calendar knows, and no number of seconds.
  constexpr double kMost = 1e15;
  if (!(std::fabs(seconds) < kMost) || (seconds == 0 && epoch == 0)) return {};
  const double whole = std::floor(seconds);
  return catalog::utc_stamp(static_cast<std::int64_t>(whole) + epoch,
                            static_cast<std::uint32_t>((seconds - whole) * 1e9));
}

}  // namespace

std::optional<BinaryPlist> BinaryPlist::open(Bytes bytes) {
  if (bytes.size() < 8 + kTrailerBytes || !as_text(bytes).starts_with("bplist0")) return std::nullopt;
  const auto trailer = *Block<kTrailerBytes>::at(bytes, bytes.size() - kTrailerBytes);
  BinaryPlist list;
  list.bytes_ = bytes.first(bytes.size() - kTrailerBytes);
  list.offset_bytes_ = trailer.le<6, std::uint8_t>();
  list.reference_bytes_ = trailer.le<7, std::uint8_t>();
  list.objects_ = trailer.be<8, std::uint64_t>();
  list.top_ = trailer.be<16, std::uint64_t>();
  list.table_ = trailer.be<24, std::uint64_t>();
  const auto fits = [](std::uint8_t size) { return size > 0 && size <= kMaxIntegerBytes; };
  if (!fits(list.offset_bytes_) || !fits(list.reference_bytes_) || list.top_ >= list.objects_) return std::nullopt;
  if (list.objects_ > bytes.size() || !slice(list.bytes_, list.table_, list.objects_ * list.offset_bytes_))
    return std::nullopt;
  return list;
}

std::optional<std::uint64_t> BinaryPlist::number(std::uint64_t at, std::uint64_t size) const {
  const auto part = slice(bytes_, at, size);
  if (!part || size > kMaxIntegerBytes) return std::nullopt;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : *part) value = value << 8 | byte;
  return value;
}

std::optional<BinaryPlist::Head> BinaryPlist::head(std::uint64_t object) const {
  if (object >= objects_) return std::nullopt;
  const auto at = number(table_ + object * offset_bytes_, offset_bytes_);
  const auto marker = at ? number(*at, 1) : std::nullopt;
  if (!marker) return std::nullopt;
  Head head;
  head.kind = static_cast<std::uint8_t>(*marker >> 4);
  head.low = static_cast<std::uint8_t>(*marker & 0xf);
  head.count = head.low;
  head.at = *at + 1;
  const bool counts = head.kind >= 0x4 && head.kind != kUid;
  if (!counts || head.low != kLongCount) return head;
  const auto of_count = number(head.at, 1);
  if (!of_count || *of_count >> 4 != kInteger) return std::nullopt;
  const std::uint64_t size = std::uint64_t{1} << (*of_count & 0xf);
  const auto count = number(head.at + 1, size);
  // Each takes a byte at least.
  if (!count || *count > bytes_.size()) return std::nullopt;
  head.count = *count;
  head.at += 1 + size;
  return head;
}

std::optional<std::uint64_t> BinaryPlist::held(std::uint64_t at, std::uint64_t index) const {
  const auto object = number(at + index * reference_bytes_, reference_bytes_);
  return object && *object < objects_ ? object : std::nullopt;
}

std::optional<std::uint64_t> BinaryPlist::member(std::uint64_t map, std::string_view key) const {
  const auto found = head(map);
  if (!found || found->kind != kMap) return std::nullopt;
  for (std::uint64_t i = 0; i < found->count; ++i) {
    const auto name = held(found->at, i);
    const auto text = name ? head(*name) : std::nullopt;
    if (!text) return std::nullopt;
    if (text->kind != kAscii || text->count != key.size()) continue;
    const auto part = slice(bytes_, text->at, text->count);
    if (part && as_text(*part) == key) return held(found->at, found->count + i);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> BinaryPlist::item(std::uint64_t list, std::uint64_t index) const {
  const auto found = head(list);
  if (!found || found->kind != kList || index >= found->count) return std::nullopt;
  return held(found->at, index);
}

std::optional<bool> BinaryPlist::truth(std::uint64_t object) const {
  const auto found = head(object);
  if (!found || found->kind != kSimple || (found->low != kTrue && found->low != kFalse)) return std::nullopt;
  return found->low == kTrue;
}

std::optional<std::int64_t> BinaryPlist::integer(std::uint64_t object) const {
  const auto found = head(object);
  if (!found || found->kind != kInteger || found->low > 3) return std::nullopt;
  const auto value = number(found->at, std::uint64_t{1} << found->low);
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);  // those of eight bytes have a sign, the others have none
}

std::optional<std::uint64_t> BinaryPlist::reference(std::uint64_t object) const {
  const auto found = head(object);
  if (!found || found->kind != kUid) return std::nullopt;
  return number(found->at, std::uint64_t{found->low} + 1);
}

std::optional<std::string> BinaryPlist::text(std::uint64_t object) const {
  const auto found = head(object);
  if (!found || found->count > kMaxText || (found->kind != kAscii && found->kind != kUtf16)) return std::nullopt;
  const auto part = slice(bytes_, found->at, found->count * (found->kind == kUtf16 ? 2 : 1));
  if (!part) return std::nullopt;
  if (found->kind == kAscii) return std::string(as_text(*part));
  std::string out;
  Utf16Reader reader(*part, true);
  while (const auto code = reader.next()) append_utf8(out, *code);
  return out;
}

catalog::Stamp BinaryPlist::time(std::uint64_t object) const {
  if (const auto seconds = integer(object)) return catalog::utc_stamp(*seconds, 0);
  const auto found = head(object);
  if (!found || (found->kind != kReal && found->kind != kDate)) return {};
  const std::int64_t epoch = found->kind == kDate ? kAppleEpoch : 0;
  if (found->low == 2) {
    const auto value = number(found->at, 4);
    return value ? stamp_of(std::bit_cast<float>(static_cast<std::uint32_t>(*value)), epoch) : catalog::Stamp{};
  }
  const auto value = found->low == 3 ? number(found->at, 8) : std::nullopt;
  return value ? stamp_of(std::bit_cast<double>(*value), epoch) : catalog::Stamp{};
}

}  // namespace limier::volume
