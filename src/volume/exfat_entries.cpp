#include "volume/exfat_entries.h"

#include <algorithm>

#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::size_t kEntry = 32;
constexpr std::size_t kUnitsPerEntry = 15;
constexpr std::size_t kMostLabelUnits = 15;  // the rest of the entry
constexpr std::uint8_t kAllocationPossible = 1, kNoFatChain = 2;

// Section 6.3.3, as it was before the entries were given up.
std::uint16_t sum_of(Bytes set) {
  std::uint16_t sum = 0;
  for (std::size_t at = 0; at < set.size(); ++at) {
    if (at == 2 || at == 3) continue;
    const std::uint8_t byte = at % kEntry == 0 ? set[at] | kExfatInUse : set[at];
    sum = static_cast<std::uint16_t>((sum << 15 | sum >> 1) + byte);
  }
  return sum;
}

ExfatAllocation allocation_at(const Block<kEntry>& entry, std::uint8_t flags) {
  return {entry.le<20, std::uint32_t>(), entry.le<24, std::uint64_t>(), (flags & kNoFatChain) != 0};
}

// Section 7.6; the length of the name tells how many entries it fills.
std::size_t read_stream(const Block<kEntry>& entry, ExfatFile& file) {
  file.content = allocation_at(entry, entry.le<1, std::uint8_t>());
  file.valid_bytes = entry.le<8, std::uint64_t>();
  return entry.le<3, std::uint8_t>();
}

void read_primary(const Block<kEntry>& entry, ExfatFile& file) {
  file.attributes = entry.le<4, std::uint16_t>();
  file.created = {entry.le<8, std::uint32_t>(), entry.le<20, std::uint8_t>(), entry.le<22, std::uint8_t>()};
  file.modified = {entry.le<12, std::uint32_t>(), entry.le<21, std::uint8_t>(), entry.le<23, std::uint8_t>()};
  file.accessed = {entry.le<16, std::uint32_t>(), 0, entry.le<24, std::uint8_t>()};
}

}  // namespace

std::optional<Civil> civil_of(const ExfatTime& time) {
  if (time.stamp == 0) return std::nullopt;
  const auto bits = [&](unsigned from, unsigned count) {
    return static_cast<int>(time.stamp >> from & ((1u << count) - 1));
  };
  return Civil{1980 + bits(25, 7), bits(21, 4), bits(16, 5), bits(11, 5), bits(5, 6), 2 * bits(0, 5)};
}

std::optional<std::int64_t> zone_seconds(const ExfatTime& time) {
  if ((time.zone & 0x80) == 0) return std::nullopt;
  const std::int64_t quarters = time.zone & 0x7F;
  return (quarters < 64 ? quarters : quarters - 128) * 15 * 60;
}

std::size_t exfat_file_entries(Bytes primary) {
  const auto entry = Block<kEntry>::at(primary, 0);
  if (!entry || (entry->le<0, std::uint8_t>() & ~kExfatInUse) != kExfatFileEntry) return 0;
  const std::size_t secondary = entry->le<1, std::uint8_t>();
  return secondary >= 2 ? 1 + secondary : 0;
}

std::optional<ExfatFile> parse_exfat_file(Bytes set) {
  const std::size_t count = set.size() / kEntry;
  if (count < 3 || exfat_file_entries(set) != count) return std::nullopt;
  ExfatFile file;
  file.in_use = (set[0] & kExfatInUse) != 0;
  std::size_t units = 0, name_entries = 0;
  std::vector<std::uint8_t> name;
  for (std::size_t i = 0; i < count; ++i) {
    const auto entry = Block<kEntry>::at(set, i * kEntry);
    const auto type = entry->le<0, std::uint8_t>();
    const std::uint8_t kind = type & static_cast<std::uint8_t>(~kExfatInUse);
    if (((type & kExfatInUse) != 0) != file.in_use) return std::nullopt;
    if (i == 0) {
      read_primary(*entry, file);
    } else if (i == 1) {
      if (kind != kExfatStreamEntry) return std::nullopt;
      units = read_stream(*entry, file);
      name_entries = (units + kUnitsPerEntry - 1) / kUnitsPerEntry;
      if (units == 0 || name_entries + 2 > count) return std::nullopt;
    } else if (i < name_entries + 2) {
      if (kind != kExfatNameEntry) return std::nullopt;
      const Bytes part = entry->bytes<2, 2 * kUnitsPerEntry>();
      name.insert(name.end(), part.begin(), part.end());
    } else if (kind != kExfatNameEntry) {
      // Whose kind must be known and is not: nobody knows what the set means.
      if ((kind & kExfatSecondary) == 0 || (kind & kExfatBenign) == 0) return std::nullopt;
      const auto flags = entry->le<1, std::uint8_t>();
      if ((flags & kAllocationPossible) != 0) file.others.push_back(allocation_at(*entry, flags));
    }
  }
  file.name = wtf8_of(Bytes(name).first(units * 2));
  file.proven = sum_of(set) == le_at<std::uint16_t>(set, 2);
  return file;
}

ExfatAllocation table_of(Bytes bytes) {
  const auto entry = Block<kEntry>::at(bytes, 0);
  return entry ? allocation_at(*entry, 0) : ExfatAllocation();
}

std::optional<ExfatAllocation> allocation_of_primary(Bytes bytes) {
  const auto entry = Block<kEntry>::at(bytes, 0);
  if (!entry) return std::nullopt;
  const auto flags = entry->le<4, std::uint16_t>();
  if ((flags & kAllocationPossible) == 0) return std::nullopt;
  return allocation_at(*entry, static_cast<std::uint8_t>(flags & 0xFF));
}

std::string exfat_label(Bytes bytes, bool uncounted) {
  const auto entry = Block<kEntry>::at(bytes, 0);
  if (!entry) return {};
  const std::size_t counted = entry->le<1, std::uint8_t>();
  const std::size_t most = uncounted ? kMostLabelUnits : std::min(counted, kMostLabelUnits);
  const Bytes text = entry->bytes<2, 2 * kMostLabelUnits>();
  std::size_t units = 0;
  while (units < most && le_at<std::uint16_t>(text, units * 2) != std::uint16_t{0}) ++units;
  return wtf8_of(text.first(units * 2));
}

std::string wtf8_of(Bytes utf16) {
  std::string out;
  Utf16Reader text(utf16, false);
  while (const auto code = text.next()) {
    if (*code == 0)
      out += "\xC0\x80";
    else
      append_utf8(out, *code);
  }
  return out;
}

}  // namespace limier::volume
