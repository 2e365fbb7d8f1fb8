#include "volume/fat_entries.h"

#include <algorithm>

#include "volume/oem_code_pages.h"
#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::uint8_t kLastPart = 0x40;
constexpr std::uint8_t kStandsForE5 = 0x05;
constexpr std::uint8_t kLowerBase = 0x08, kLowerExtension = 0x10;
constexpr std::size_t kBaseBytes = 8;

// The specification's table of what no short name holds, small letters apart: some systems write them.
bool may_be_in_short_name(std::uint8_t byte) {
  return byte >= 0x20 && byte != 0x7F &&
         std::string_view("\"*+,./:;<=>?[\\]|").find(static_cast<char>(byte)) == std::string_view::npos;
}

bool sound_short_name(const FatEntry& entry) {
  const Bytes name = entry.name();
  if (!entry.deleted() && name[0] != kStandsForE5 && (name[0] == ' ' || !may_be_in_short_name(name[0]))) return false;
  return std::all_of(name.begin() + 1, name.end(), may_be_in_short_name);
}

// Nothing that could be wrong.
bool says_nothing(const FatEntry& entry) {
  const FatTime created = entry.created(), modified = entry.modified();
  return created.date == 0 && created.time == 0 && modified.date == 0 && modified.time == 0 &&
         entry.accessed().date == 0 && entry.cluster(32) == 0 && entry.size_bytes() == 0;
}

bool sound_times(const FatEntry& entry) {
  for (const FatTime& time : {entry.created(), entry.modified(), entry.accessed()})
    if (time.exists() && !time.possible()) return false;
  return true;
}

void append_name(std::string& out, Bytes bytes, bool lower, std::uint32_t code_page) {
  while (!bytes.empty() && bytes.back() == ' ') bytes = bytes.first(bytes.size() - 1);
  for (std::uint8_t byte : bytes) {
    if (lower && byte >= 'A' && byte <= 'Z') byte = static_cast<std::uint8_t>(byte + 32);
    const auto character = code_page == 0 || byte < 0x80 ? std::nullopt : oem_character(code_page, byte);
    if (character)
      append_utf8(out, *character);
    else if (byte == 0)
      out += "\xC0\x80";  // a path with a 0 in it would end there for many who read it
    else
      out += static_cast<char>(byte);
  }
}

std::array<std::uint8_t, 11> true_bytes(const FatEntry& entry) {
  std::array<std::uint8_t, 11> name{};
  std::copy_n(entry.name().begin(), name.size(), name.begin());
  if (entry.deleted())
    name[0] = '_';
  else if (name[0] == kStandsForE5)
    name[0] = 0xE5;
  return name;
}

std::uint8_t short_name_checksum(Bytes name) {
  std::uint8_t sum = 0;
  for (const std::uint8_t byte : name) sum = static_cast<std::uint8_t>((sum << 7 | sum >> 1) + byte);
  return sum;
}

// The first byte that gives a short name this checksum. There is exactly one.
std::uint8_t first_byte_for(std::uint8_t checksum, Bytes name) {
  std::uint8_t sum = checksum;
  for (std::size_t i = name.size() - 1; i > 0; --i) {
    sum = static_cast<std::uint8_t>(sum - name[i]);
    sum = static_cast<std::uint8_t>(sum << 1 | sum >> 7);
  }
  return sum;
}

// Short names begin with the first character of the long one that they can hold, as a capital; systems differ only in
// what they do with others.
bool may_begin_short_name_of(std::uint8_t byte, std::string_view long_name) {
  if (byte == ' ' || byte == 0xE5 || (byte != kStandsForE5 && !may_be_in_short_name(byte))) return false;
  const std::size_t at = long_name.find_first_not_of(". ");
  if (at == std::string_view::npos) return true;
  const auto first = static_cast<std::uint8_t>(long_name[at]);
  const bool small = first >= 'a' && first <= 'z';
  const bool plain = small || (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9');
  return !plain || byte == first - (small ? 32 : 0);
}

bool has_end(const std::array<std::uint16_t, 13>& units) {
  return std::any_of(units.begin(), units.end(), [](std::uint16_t unit) { return unit == 0 || unit == 0xFFFF; });
}

}  // namespace

Civil FatTime::civil() const {
  Civil civil;
  civil.year = 1980 + (date >> 9);
  civil.month = date >> 5 & 15;
  civil.day = date & 31;
  civil.hour = time >> 11;
  civil.minute = time >> 5 & 63;
  civil.second = (time & 31) * 2;
  if (civil.second < 60 && hundredths < 200) civil.second += hundredths / 100;
  return civil;
}

bool FatEntry::dots() const {
  const std::string_view text = as_text(name());
  return folder() && (text == ".          " || text == "..         ");
}

std::array<std::uint16_t, 13> FatEntry::units() const {
  return {bytes_.le<1, std::uint16_t>(),  bytes_.le<3, std::uint16_t>(),  bytes_.le<5, std::uint16_t>(),
          bytes_.le<7, std::uint16_t>(),  bytes_.le<9, std::uint16_t>(),  bytes_.le<14, std::uint16_t>(),
          bytes_.le<16, std::uint16_t>(), bytes_.le<18, std::uint16_t>(), bytes_.le<20, std::uint16_t>(),
          bytes_.le<22, std::uint16_t>(), bytes_.le<24, std::uint16_t>(), bytes_.le<28, std::uint16_t>(),
          bytes_.le<30, std::uint16_t>()};
}

bool plausible_entry(const FatEntry& entry, const FatGeometry& geometry, bool wary) {
  const std::uint32_t cluster = entry.cluster(geometry.bits);
  if (entry.end_mark() || entry.long_part()) return false;
  if (cluster != 0 && !geometry.holds(cluster)) return false;
  if (entry.size_bytes() > 0 && cluster == 0) return false;
  const std::uint64_t room = std::uint64_t{geometry.last_cluster - 1} * geometry.cluster_bytes;
  if (entry.size_bytes() > room || !sound_short_name(entry) || says_nothing(entry)) return false;
  if (!wary) return true;
  // Two bits mean nothing; a label is nothing else; the two flags are all that byte 12 has.
  if ((entry.attributes() & 0xC0) != 0) return false;
  if ((entry.attributes() & 0x08) != 0 && (entry.attributes() & 0x31) != 0) return false;
  return (entry.case_flags() & ~(kLowerBase | kLowerExtension)) == 0 && sound_times(entry);
}

bool plausible_part(const FatEntry& part) {
  const unsigned number = part.first() & 0x3F;
  const bool numbered = part.deleted() || ((part.first() & 0x80) == 0 && number >= 1 && number <= 20);
  return part.long_part() && numbered && part.case_flags() == 0 && part.part_cluster() == 0 && part.units()[0] != 0;
}

std::string short_name(const FatEntry& entry, std::uint32_t code_page) {
  const auto name = true_bytes(entry);
  std::string out;
  append_name(out, Bytes(name).first(kBaseBytes), (entry.case_flags() & kLowerBase) != 0, code_page);
  std::string extension;
  append_name(extension, Bytes(name).subspan(kBaseBytes), (entry.case_flags() & kLowerExtension) != 0, code_page);
  if (!extension.empty()) out += '.' + extension;
  if (out.empty()) out.assign(name.size(), ' ');
  return out;
}

std::string label_name(const FatEntry& entry, std::uint32_t code_page) {
  auto name = true_bytes(entry);
  std::string out;
  append_name(out, name, false, code_page);
  // Blanks stay, as libtsk has them.
  const std::size_t blanks = static_cast<std::size_t>(
      std::find_if(name.rbegin(), name.rend(), [](std::uint8_t byte) { return byte != ' '; }) - name.rbegin());
  return out.append(blanks, ' ') + " (Volume Label Entry)";
}

void LongNames::add(const FatEntry& part) {
  const auto units = part.units();
  if (part.deleted()) {
    // The name ends in the part that stands first.
    const bool follows = parts_ > 0 && deleted_ && checksum_ == part.checksum() && !has_end(units);
    if (!follows || parts_ == kMostParts) parts_ = 0;
    expected_ = 0;
  } else {
    const std::size_t number = part.first() & 0x3F;
    const bool last = (part.first() & kLastPart) != 0;
    const bool follows = parts_ > 0 && !deleted_ && checksum_ == part.checksum() && number == expected_;
    if ((part.first() & 0x80) != 0 || number == 0 || number > kMostParts || (!last && !follows)) return clear();
    if (last) parts_ = 0;
    expected_ = number - 1;
  }
  deleted_ = part.deleted();
  checksum_ = part.checksum();
  units_[parts_++] = units;
}

bool LongNames::belongs(const FatEntry& entry) const {
  if (parts_ == 0 || expected_ != 0 || deleted_ != entry.deleted()) return false;
  return deleted_ || checksum_ == short_name_checksum(entry.name());
}

std::optional<std::string> LongNames::take(const FatEntry& entry) {
  const bool mine = belongs(entry);
  std::string name = mine ? text() : std::string();
  clear();
  if (name.empty() || entry.label()) return std::nullopt;
  if (entry.deleted() && !may_begin_short_name_of(first_byte_for(checksum_, entry.name()), name)) return std::nullopt;
  return name;
}

std::string LongNames::text() const {
  std::array<std::uint16_t, kUnits * kMostParts> units{};
  std::size_t count = 0;
  for (std::size_t part = parts_; part-- > 0;)
    for (const std::uint16_t unit : units_[part]) units[count++] = unit;
  count = static_cast<std::size_t>(std::find(units.begin(), units.begin() + static_cast<std::ptrdiff_t>(count), 0) -
                                   units.begin());
  std::string out;
  for (std::size_t at = 0; at < count; ++at) {
    std::uint32_t code = units[at];
    if (is_high_surrogate(code) && at + 1 < count && is_low_surrogate(units[at + 1]))
      code = of_surrogates(code, units[++at]);
    append_utf8(out, code);
  }
  return out;
}

}  // namespace limier::volume
