// Sources: Apple's map: "Inside Macintosh: Devices", chapter 3 (driver descriptor, partition map entries); Sun labels:
// Linux kernel block/partitions/sun.h (SPARC) and msdos.h (Solaris x86 VTOC), names of tags: Solaris sys/vtoc.h;
// BSD labels: FreeBSD sys/disklabel.h.
#include <algorithm>

#include <fmt/format.h>

#include "volume/partition_table.h"
#include "volume/superblock.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kMaxAppleEntries = 1024;  // the map of a disk has about ten
constexpr std::uint32_t kSunSane = 0x600DDEEE;
constexpr unsigned kSunMagic = 0xDABE;
constexpr unsigned kSunBackupTag = 5;  // the whole disk
constexpr std::uint32_t kBsdMagic = 0x82564557;
constexpr std::size_t kMaxBsdSlices = 22;  // MAXPARTITIONS of NetBSD and DragonFly at its largest

// ---- Apple

struct AppleEntry {
  std::uint32_t entries = 0, first = 0, blocks = 0;
  std::string name, type;
};

std::optional<AppleEntry> read_apple_entry(const RangeReader& media, std::uint64_t image_offset) {
  const auto bytes = media.read(image_offset, 136);
  const auto block = Block<136>::at(bytes, 0);
  if (!block || as_text(block->bytes<0, 2>()) != "PM") return std::nullopt;
  return AppleEntry{block->be<4, std::uint32_t>(), block->be<8, std::uint32_t>(), block->be<12, std::uint32_t>(),
                    padded_text(block->bytes<16, 32>()), padded_text(block->bytes<48, 32>())};
}

RegionUse apple_use(std::string_view type) {
  if (type == "Apple_Free" || type == "Apple_Extra" || type == "Apple_Void") return RegionUse::kFree;
  const bool code = type.starts_with("Apple_Driver") || type.starts_with("Apple_FWDriver") || type == "Apple_Patches" ||
                    type == "Apple_Loader" || type == "Apple_Bootloader";
  return code ? RegionUse::kCode : RegionUse::kFiles;
}

std::optional<PartitionTable> read_apple_map_of(const RangeReader& media, std::uint32_t block_bytes) {
  const auto first = read_apple_entry(media, block_bytes);
  if (!first || first->entries == 0 || first->entries > kMaxAppleEntries || first->blocks == 0) return std::nullopt;
  PartitionTable table;
  table.scheme = "mac";
  table.sector_bytes = block_bytes;
  for (std::uint32_t slot = 0; slot < first->entries; ++slot) {
    const auto entry = read_apple_entry(media, std::uint64_t{block_bytes} * (slot + 1));
    if (!entry) {
      table.note(
          "partition-table-cut", catalog::Severity::kError, true,
          fmt::format("the partition map says it has {} entries, of which {} can be read", first->entries, slot));
      break;
    }
    if (entry->blocks == 0) continue;
    const bool own = entry->type == "Apple_partition_map";
    if (!table.add(media, own ? RegionKind::kTable : RegionKind::kPartition, fmt::format("{:03d}", slot), entry->type,
                   entry->first, entry->blocks))
      break;
    table.last().use = apple_use(entry->type);
  }
  table.add(media, RegionKind::kTable, "Meta", "Table", 1, first->entries);
  return table;
}

// ---- Sun

std::string sun_tag(unsigned tag) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "Unassigned", "boot", "/", "swap", "/usr/", "backup", "stand", "/var/", "/home/", "alt sector", "cachefs"};
  if (tag < kNames.size()) return fmt::format("{} (0x{:02X})", kNames.at(tag), tag);
  return fmt::format("Unknown Type (0x{:04x})", tag);
}

bool sun_checksum_matches(Bytes sector) {
  unsigned sum = 0;
  for (std::size_t at = 0; at + 2 <= sector.size(); at += 2) sum ^= le_at<std::uint16_t>(sector, at).value_or(0);
  return sum == 0;
}

void add_sun_slice(PartitionTable& table, const RangeReader& media, std::size_t slot, unsigned tag, bool whole,
                   std::uint64_t first, std::uint64_t sectors) {
  if (sectors == 0) return;
  const bool backup = tag == kSunBackupTag || whole;
  table.add(media, backup ? RegionKind::kTable : RegionKind::kPartition,
            backup ? std::string("Meta") : fmt::format("{:03d}", slot), sun_tag(tag), first, sectors);
}

std::optional<PartitionTable> read_sun_sparc(const RangeReader& media, std::uint32_t sector_bytes) {
  const auto bytes = media.read(0, 512);
  const auto label = Block<512>::at(bytes, 0);
  if (!label || label->be<508, std::uint16_t>() != kSunMagic || !sun_checksum_matches(bytes)) return std::nullopt;
  PartitionTable table;
  table.scheme = "sun";
  table.sector_bytes = sector_bytes;
  const std::uint64_t cylinder =
      std::uint64_t{label->be<436, std::uint16_t>()} * std::uint64_t{label->be<438, std::uint16_t>()};
  const bool tags = label->be<188, std::uint32_t>() == kSunSane;
  for (std::size_t slot = 0; slot < 8; ++slot) {
    const auto place = Block<8>::at(bytes, 444 + slot * 8);
    const unsigned tag = tags ? be_at<std::uint16_t>(bytes, 142 + slot * 4).value_or(0) : 0;
    // Without tags it is by custom the third slice that stands for the whole disk.
    const bool whole = !tags && slot == 2 && place->be<0, std::uint32_t>() == 0;
    add_sun_slice(table, media, slot, tag, whole, place->be<0, std::uint32_t>() * cylinder,
                  place->be<4, std::uint32_t>());
  }
  return table;
}

std::optional<PartitionTable> read_sun_x86(const RangeReader& media, std::uint64_t base, std::uint32_t sector_bytes) {
  const auto bytes = media.read(base + sector_bytes, 512);
  const auto label = Block<512>::at(bytes, 0);
  if (!label || label->le<12, std::uint32_t>() != kSunSane || label->le<508, std::uint16_t>() != kSunMagic)
    return std::nullopt;
  PartitionTable table;
  table.scheme = "sun";
  table.sector_bytes = sector_bytes;
  const std::size_t count = std::min<std::size_t>(label->le<30, std::uint16_t>(), 16);
  for (std::size_t slot = 0; slot < count; ++slot) {
    const auto entry = Block<12>::at(bytes, 72 + slot * 12);
    add_sun_slice(table, media, slot, entry->le<0, std::uint16_t>(), false,
                  base / sector_bytes + entry->le<4, std::uint32_t>(), entry->le<8, std::uint32_t>());
  }
  return table;
}

// ---- BSD

std::string bsd_type(unsigned type) {
  static constexpr std::array<std::string_view, 15> kNames = {
      "Unused", "Swap",   "Version 6", "Version 7", "System V", "4.1BSD", "Eighth Edition", "4.2BSD",
      "MSDOS",  "4.4LFS", "Unknown",   "HPFS",      "ISO9660",  "Boot",   "Vinum"};
  return fmt::format("{} (0x{:02X})", type < kNames.size() ? kNames.at(type) : "Unknown Type", type);
}

bool bsd_checksum_matches(Bytes label, std::size_t slices) {
  unsigned sum = 0;
  for (std::size_t at = 0; at + 2 <= 148 + slices * 16; at += 2) sum ^= le_at<std::uint16_t>(label, at).value_or(0);
  return sum == 0;
}

std::optional<PartitionTable> read_bsd_label_at(const RangeReader& media, std::uint64_t at, std::uint32_t sector_bytes,
                                                bool needs_checksum) {
  const auto bytes = media.read(at, 148 + kMaxBsdSlices * 16);
  const auto head = Block<148>::at(bytes, 0);
  if (!head || head->le<0, std::uint32_t>() != kBsdMagic || head->le<132, std::uint32_t>() != kBsdMagic)
    return std::nullopt;
  const std::size_t count = head->le<138, std::uint16_t>();
  if (count == 0 || count > kMaxBsdSlices || (needs_checksum && !bsd_checksum_matches(bytes, count)))
    return std::nullopt;
  PartitionTable table;
  table.scheme = "bsd";
  const std::uint32_t stated = head->le<40, std::uint32_t>();
  table.sector_bytes = stated >= 512 && stated <= 4096 && stated % 512 == 0 ? stated : sector_bytes;
  table.add(media, RegionKind::kTable, "Meta", "Disk Label", at / table.sector_bytes, 1);
  for (std::size_t slot = 0; slot < count; ++slot) {
    const auto entry = Block<16>::at(bytes, 148 + slot * 16);
    if (!entry) break;
    const std::uint64_t first = entry->le<4, std::uint32_t>(), sectors = entry->le<0, std::uint32_t>();
    if (sectors == 0) continue;
    table.add(media, RegionKind::kPartition, fmt::format("{:03d}", slot), bsd_type(entry->le<12, std::uint8_t>()),
              first, sectors);
  }
  return table;
}

}  // namespace

std::optional<PartitionTable> read_apple_map(const RangeReader& media) {
  for (const std::uint32_t block_bytes : {512u, 1024u, 2048u, 4096u})
    if (auto table = read_apple_map_of(media, block_bytes)) return table;
  return std::nullopt;
}

std::optional<PartitionTable> read_sun_label(const RangeReader& media, std::uint64_t base, std::uint32_t sector_bytes) {
  if (base == 0)
    if (auto sparc = read_sun_sparc(media, sector_bytes)) return sparc;
  return read_sun_x86(media, base, sector_bytes);
}

std::optional<PartitionTable> read_bsd_label(const RangeReader& media, std::uint64_t base, std::uint32_t sector_bytes) {
  if (auto table = read_bsd_label_at(media, base + sector_bytes, sector_bytes, base == 0)) return table;
  if (base != 0) return std::nullopt;
  // Of a machine whose firmware wants the label in the first sector (Alpha; it is where parted writes it).
  // There the last 8 bytes of the sector are the sum of the 63 words before them.
  const auto sector = media.read(0, 512);
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < 504; at += 8) sum += le_at<std::uint64_t>(sector, at).value_or(0);
  return read_bsd_label_at(media, 64, sector_bytes, le_at<std::uint64_t>(sector, 504) != sum);
}

}  // namespace limier::volume
