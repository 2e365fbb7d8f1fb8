// Sources: the tables of DOS and their chain of extended ones: Linux kernel block/partitions/msdos.c for what a system
// takes for a partition; the names of types: Andries Brouwer, "List of partition identifiers for PCs".
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "volume/partition_table.h"

namespace limier::volume {

namespace {

constexpr unsigned kGptType = 0xEE;
// Each table of the chain describes one partition; longer chains were made to keep us busy.
constexpr std::size_t kMaxChain = 1024;

struct TypeName {
  unsigned type;
  std::string_view name;
};
constexpr std::array kTypeNames = {
    TypeName{0x00, "Empty"},
    TypeName{0x01, "DOS FAT12"},
    TypeName{0x04, "DOS FAT16"},
    TypeName{0x05, "DOS Extended"},
    TypeName{0x06, "DOS FAT16"},
    TypeName{0x07, "NTFS / exFAT"},
    TypeName{0x0B, "Win95 FAT32"},
    TypeName{0x0C, "Win95 FAT32"},
    TypeName{0x0E, "Win95 FAT16"},
    TypeName{0x0F, "Win95 Extended"},
    TypeName{0x11, "DOS FAT12 Hidden"},
    TypeName{0x12, "Hibernation"},
    TypeName{0x14, "DOS FAT16 Hidden"},
    TypeName{0x16, "DOS FAT16 Hidden"},
    TypeName{0x17, "Hidden IFS/HPFS"},
    TypeName{0x1B, "Win95 FAT32 Hidden"},
    TypeName{0x1C, "Win95 FAT32 Hidden"},
    TypeName{0x1E, "Win95 FAT16 Hidden"},
    TypeName{0x27, "Windows Recovery"},
    TypeName{0x39, "Plan 9"},
    TypeName{0x3C, "PartitionMagic Recovery"},
    TypeName{0x41, "PowerPC PReP Boot"},
    TypeName{0x42, "Win LVM / Secure FS"},
    TypeName{0x63, "UNIX System V"},
    TypeName{0x80, "MINIX"},
    TypeName{0x81, "MINIX / Early Linux"},
    TypeName{0x82, "Linux Swap / Solaris x86"},
    TypeName{0x83, "Linux"},
    TypeName{0x84, "Hibernation"},
    TypeName{0x85, "Linux Extended"},
    TypeName{0x86, "NTFS Volume Set"},
    TypeName{0x87, "NTFS Volume Set"},
    TypeName{0x88, "Linux Plaintext Table"},
    TypeName{0x8E, "Linux Logical Volume Manager"},
    TypeName{0x93, "Linux Hidden"},
    TypeName{0x9F, "BSDI"},
    TypeName{0xA0, "Hibernation"},
    TypeName{0xA5, "BSD/386, 386BSD, NetBSD, FreeBSD"},
    TypeName{0xA6, "OpenBSD"},
    TypeName{0xA7, "NeXTSTEP"},
    TypeName{0xA8, "Mac OS X"},
    TypeName{0xA9, "NetBSD"},
    TypeName{0xAB, "Mac OS X Boot Partition"},
    TypeName{0xAF, "Mac OS X HFS"},
    TypeName{0xB7, "BSDI"},
    TypeName{0xB8, "BSDI Swap"},
    TypeName{0xBE, "Solaris 8 Boot"},
    TypeName{0xBF, "Solaris"},
    TypeName{0xDA, "Non-FS Data"},
    TypeName{0xDE, "Dell Utilities FAT"},
    TypeName{0xEA, "Linux Boot Loader Specification"},
    TypeName{0xEB, "BeOS BFS"},
    TypeName{0xEE, "GPT Safety Partition"},
    TypeName{0xEF, "EFI File System"},
    TypeName{0xFB, "VMWare File System"},
    TypeName{0xFC, "VMWare Swap"},
    TypeName{0xFD, "Linux RAID"},
};

std::string describe(unsigned type) {
  const auto found =
      std::find_if(kTypeNames.begin(), kTypeNames.end(), [&](const TypeName& name) { return name.type == type; });
  return fmt::format("{} (0x{:02x})", found == kTypeNames.end() ? "Unknown Type" : found->name, type);
}

bool is_extended(unsigned type) {
  return type == 0x05 || type == 0x0F || type == 0x85;
}

InnerLabel inner_label(unsigned type) {
  if (type == 0xA5 || type == 0xA6 || type == 0xA9) return InnerLabel::kBsd;
  if (type == 0x82 || type == 0xBF) return InnerLabel::kSun;
  return InnerLabel::kNone;
}

void add_entry(PartitionTable& table, const RangeReader& media, const DosEntry& entry, std::size_t number,
               std::size_t slot, std::uint64_t first) {
  if (is_extended(entry.type)) {
    table.add(media, RegionKind::kTable, "Meta", describe(entry.type), first, entry.sectors);
    return;
  }
  if (!table.add(media, RegionKind::kPartition, fmt::format("{:03d}:{:03d}", number, slot), describe(entry.type), first,
                 entry.sectors))
    return;
  table.last().inner = inner_label(entry.type);
  if (entry.type == 0x41) table.last().use = RegionUse::kCode;
}

// A table in the chain: its partitions count from itself, its link from the start of the extended partition.
struct Link {
  std::uint64_t first = 0;
  std::uint64_t base = 0, sectors = 0;  // of the extended partition
};

// The kernel's rule: the third and fourth entry sometimes hold rubbish.
bool is_rubbish(const DosEntry& entry, const Link& link, std::size_t slot) {
  if (slot < 2) return false;
  const std::uint64_t first = link.first + entry.first;
  return first < link.base || first + entry.sectors > link.base + link.sectors;
}

void follow_chain(PartitionTable& table, const RangeReader& media, std::vector<Link> pending) {
  std::set<std::uint64_t> seen;
  std::size_t number = 0;
  while (!pending.empty()) {
    const Link link = pending.back();
    pending.pop_back();
    const std::uint64_t at = link.first * table.sector_bytes;
    if (at >= media.size_bytes()) {
      table.note("partition-chain-beyond-image", catalog::Severity::kWarning, true,
                 fmt::format("an extended partition table stands at byte {}, behind the end of the image: what it "
                             "describes is not listed",
                             at));
      continue;
    }
    if (!seen.insert(link.first).second || seen.size() > kMaxChain) {
      table.note("partition-chain-broken", catalog::Severity::kError, true,
                 "the chain of extended partition tables comes back to itself or does not end", at);
      continue;
    }
    const auto entries = read_dos_entries(media, at);
    if (!entries) {
      table.note("partition-chain-broken", catalog::Severity::kError, true,
                 "an extended partition table does not carry its signature: what it described is not listed", at);
      continue;
    }
    table.add(media, RegionKind::kTable, "Meta", fmt::format("Extended Table (#{})", ++number), link.first, 1);
    for (std::size_t slot = 0; slot < entries->size(); ++slot) {
      const DosEntry& entry = (*entries)[slot];
      if (entry.sectors == 0 || is_rubbish(entry, link, slot)) continue;
      const std::uint64_t first = (is_extended(entry.type) ? link.base : link.first) + entry.first;
      add_entry(table, media, entry, number, slot, first);
      if (is_extended(entry.type)) pending.push_back({first, link.base, link.sectors});
    }
  }
}

bool overlap(const DosEntries& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (std::size_t k = i + 1; k < entries.size(); ++k) {
      const DosEntry &a = entries[i], &b = entries[k];
      if (a.sectors == 0 || b.sectors == 0) continue;
      if (a.first < b.first + b.sectors && b.first < a.first + a.sectors) return true;
    }
  }
  return false;
}

// Boot code and text in the place of the table are no table.
bool plausible(const DosEntries& entries, const RangeReader& media, std::uint32_t sector_bytes, bool strict) {
  const std::uint64_t media_sectors = media.size_bytes() / sector_bytes;
  std::size_t inside = 0, whole = 0, used = 0, untyped = 0;
  for (const DosEntry& entry : entries) {
    if ((entry.boot & 0x7F) != 0) return false;
    if (entry.sectors == 0) continue;
    ++used;
    if (entry.type == 0) ++untyped;
    if (entry.first < media_sectors) ++inside;
    if (entry.first >= 1 && entry.first + entry.sectors <= media_sectors) ++whole;
  }
  if (used == 0) return false;
  if (strict) return whole == used && untyped == 0 && !overlap(entries);
  // Of an image that was cut short behind its table, no partition need be left.
  return inside > 0 || (untyped == 0 && !overlap(entries));
}

}  // namespace

std::optional<DosEntries> read_dos_entries(const RangeReader& media, std::uint64_t image_offset) {
  const auto bytes = media.read(image_offset, 512);
  const auto sector = Block<512>::at(bytes, 0);
  if (!sector || sector->le<510, std::uint16_t>() != 0xAA55) return std::nullopt;
  DosEntries entries;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto entry = Block<16>::at(bytes, 446 + 16 * i);
    entries[i] = {entry->le<0, std::uint8_t>(), entry->le<4, std::uint8_t>(), entry->le<8, std::uint32_t>(),
                  entry->le<12, std::uint32_t>()};
  }
  return entries;
}

bool is_protective(const DosEntries& entries) {
  return std::any_of(entries.begin(), entries.end(),
                     [](const DosEntry& entry) { return entry.type == kGptType && entry.sectors != 0; });
}

std::optional<PartitionTable> read_dos_table(const RangeReader& media, std::uint32_t sector_bytes,
                                             bool beside_boot_sector) {
  const auto entries = read_dos_entries(media, 0);
  if (!entries || !plausible(*entries, media, sector_bytes, beside_boot_sector)) return std::nullopt;
  PartitionTable table;
  table.scheme = "dos";
  table.sector_bytes = sector_bytes;
  table.add(media, RegionKind::kTable, "Meta", "Primary Table (#0)", 0, 1);
  std::vector<Link> pending;
  for (std::size_t slot = 0; slot < entries->size(); ++slot) {
    const DosEntry& entry = (*entries)[slot];
    if (entry.sectors == 0) continue;
    add_entry(table, media, entry, 0, slot, entry.first);
    if (!is_extended(entry.type)) continue;
    pending.push_back({entry.first, entry.first, entry.sectors});
    const Region& row = table.last();
    if (row.declared_length <= row.length) continue;
    table.note("volume-beyond-image", catalog::Severity::kWarning, true,
               fmt::format("the partition table gives the extended partition {} bytes, the image holds {} of them",
                           row.declared_length, row.length),
               row.image_offset);
  }
  std::reverse(pending.begin(), pending.end());
  follow_chain(table, media, std::move(pending));
  return table;
}

}  // namespace limier::volume
