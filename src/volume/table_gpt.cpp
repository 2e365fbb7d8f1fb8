// Source: UEFI specification 2.10, section 5.3: header, its backup in the last sector, entries of 128 bytes or more.
#include <algorithm>

#include <fmt/format.h>

#include "volume/checksum32.h"
#include "volume/partition_table.h"
#include "volume/superblock.h"

namespace limier::volume {

namespace {

constexpr std::size_t kLeastEntryBytes = 128;
constexpr std::size_t kMostEntryBytes = 64u << 10;
// The specification sets no limit to the number of entries; tables of disks take 16 KiB.
constexpr std::uint64_t kMaxTableBytes = 16u << 20;
constexpr std::size_t kNameUnits = 36;

struct Header {
  std::uint64_t own = 0, other = 0, entries_at = 0;
  std::uint32_t header_bytes = 0, count = 0, entry_bytes = 0, entries_crc = 0;
  bool sound = false;  // its checksum and its place

  [[nodiscard]] std::uint64_t table_bytes() const { return std::uint64_t{count} * entry_bytes; }
};

std::optional<Header> read_header(const RangeReader& media, std::uint64_t sector, std::uint32_t sector_bytes) {
  if (sector > media.size_bytes() / sector_bytes) return std::nullopt;
  auto bytes = media.read(sector * sector_bytes, sector_bytes);
  const auto block = Block<92>::at(bytes, 0);
  if (!block || as_text(block->bytes<0, 8>()) != "EFI PART") return std::nullopt;
  Header header;
  header.header_bytes = block->le<12, std::uint32_t>();
  header.own = block->le<24, std::uint64_t>();
  header.other = block->le<32, std::uint64_t>();
  header.entries_at = block->le<72, std::uint64_t>();
  header.count = block->le<80, std::uint32_t>();
  header.entry_bytes = block->le<84, std::uint32_t>();
  header.entries_crc = block->le<88, std::uint32_t>();
  if (header.entry_bytes < kLeastEntryBytes || header.entry_bytes > kMostEntryBytes ||
      header.table_bytes() > kMaxTableBytes || header.entries_at >= media.size_bytes() / sector_bytes)
    return std::nullopt;
  const std::uint32_t stated = block->le<16, std::uint32_t>();
  if (header.header_bytes >= 92 && header.header_bytes <= bytes.size()) {
    std::fill(bytes.begin() + 16, bytes.begin() + 20, std::uint8_t{0});
    header.sound = Crc32::of(Bytes(bytes).first(header.header_bytes)) == stated && header.own == sector;
  }
  return header;
}

std::vector<std::uint8_t> read_entries(const RangeReader& media, const Header& header, std::uint32_t sector_bytes) {
  std::vector<std::uint8_t> entries;
  const std::uint64_t wanted = header.table_bytes();
  while (entries.size() < wanted) {
    const auto part = media.read(header.entries_at * sector_bytes + entries.size(),
                                 static_cast<std::size_t>(wanted - entries.size()));
    if (part.empty()) break;
    entries.insert(entries.end(), part.begin(), part.end());
  }
  return entries;
}

struct Copy {
  Header header;
  std::vector<std::uint8_t> entries;
  bool sound = false;
};

std::optional<Copy> read_copy(const RangeReader& media, std::uint64_t sector, std::uint32_t sector_bytes) {
  const auto header = read_header(media, sector, sector_bytes);
  if (!header) return std::nullopt;
  Copy copy{*header, read_entries(media, *header, sector_bytes), false};
  copy.sound = header->sound && copy.entries.size() == header->table_bytes() &&
               Crc32::of(Bytes(copy.entries)) == header->entries_crc;
  return copy;
}

// The last sector of the media, or where the damaged header says that its backup stands (a disk copied to a larger
// one).
std::optional<Copy> read_backup(const RangeReader& media, const std::optional<Copy>& primary,
                                std::uint32_t sector_bytes) {
  const std::uint64_t sectors = media.size_bytes() / sector_bytes;
  if (sectors < 3) return std::nullopt;
  auto at_end = read_copy(media, sectors - 1, sector_bytes);
  if (at_end && at_end->sound) return at_end;
  if (primary && primary->header.other > 1) {
    auto named = read_copy(media, primary->header.other, sector_bytes);
    if (named && named->sound) return named;
  }
  return std::nullopt;
}

// Types that hold boot code by definition (Wikipedia, "GUID Partition Table": BIOS boot, PowerPC PReP boot).
RegionUse use_of(const std::string& type) {
  const bool code = type == "21686148-6449-6e6f-744e-656564454649" || type == "9e1a2d38-c612-4316-aa26-8b49521e5a8b";
  return code ? RegionUse::kCode : RegionUse::kFiles;
}

void add_entries(PartitionTable& table, const RangeReader& media, const Copy& copy) {
  for (std::uint64_t slot = 0; slot < copy.header.count; ++slot) {
    const auto entry = slice(copy.entries, slot * copy.header.entry_bytes, kLeastEntryBytes);
    if (!entry) {
      table.note("partition-table-cut", catalog::Severity::kError, true,
                 "the image ends before the partition table does: partitions may be missing");
      return;
    }
    const auto block = Block<128>::at(*entry, 0);
    const std::string type = guid_text(block->bytes<0, 16>());
    const std::uint64_t first = block->le<32, std::uint64_t>(), last = block->le<40, std::uint64_t>();
    if (type.empty() || (first == 0 && last == 0)) continue;
    const std::string name = utf16_text(block->bytes<56, kNameUnits * 2>(), false);
    if (last < first) {
      table.note("partition-entry-invalid", catalog::Severity::kWarning, true,
                 fmt::format("slot {} of the partition table ends before it begins: it is not listed", slot));
      continue;
    }
    if (!table.add(media, RegionKind::kPartition, fmt::format("{:03d}", slot), name, first, last - first + 1)) return;
    table.last().use = use_of(type);
    if (type == "516e7cb4-6ecf-11d6-8ff8-00022d09712b") table.last().inner = InnerLabel::kBsd;
  }
}

// Header and backup stand at the two ends of the disk.
void say_where_it_ends(PartitionTable& table, const RangeReader& media, const Header& header) {
  const std::uint64_t sectors = media.size_bytes() / table.sector_bytes;
  const std::uint64_t last = std::max(header.own, header.other);
  if (!header.sound || last < sectors) return;
  table.note("media-beyond-image", catalog::Severity::kWarning, true,
             fmt::format("by its partition table the media has at least {} sectors of {} bytes, the image ends after "
                         "{} of them",
                         last, table.sector_bytes, sectors));
}

}  // namespace

std::optional<PartitionTable> read_gpt(const RangeReader& media, std::uint32_t sector_bytes) {
  const auto dos = read_dos_entries(media, 0);
  const bool wanted = !dos || is_protective(*dos) ||
                      std::all_of(dos->begin(), dos->end(), [](const DosEntry& entry) { return entry.sectors == 0; });
  auto primary = read_copy(media, 1, sector_bytes);
  std::optional<Copy> backup;
  // A backup alone, beside a table of another kind, is left over from before.
  if ((!primary || !primary->sound) && (wanted || primary)) backup = read_backup(media, primary, sector_bytes);
  const std::optional<Copy>& used = backup ? backup : primary;
  if (!used) return std::nullopt;
  PartitionTable table;
  table.scheme = "gpt";
  table.sector_bytes = sector_bytes;
  if (backup) {
    table.note("gpt-backup-used", catalog::Severity::kWarning, false,
               "the primary partition table is damaged; its backup at the end of the media was read");
  } else if (!primary->sound) {
    table.note("gpt-checksum-wrong", catalog::Severity::kWarning, false,
               "the checksums of the partition table do not match, and no sound backup was found: it is read as it is");
  }
  if (dos) table.add(media, RegionKind::kTable, "Meta", "Safety Table", 0, 1);
  const Header& header = used->header;
  const std::uint64_t place = backup ? header.own : 1;
  const auto sectors = [&](std::uint64_t bytes) { return (bytes + sector_bytes - 1) / sector_bytes; };
  table.add(media, RegionKind::kTable, "Meta", "GPT Header", place,
            std::clamp<std::uint64_t>(sectors(header.header_bytes), 1, 8));
  table.add(media, RegionKind::kTable, "Meta", "Partition Table", header.entries_at, sectors(header.table_bytes()));
  add_entries(table, media, *used);
  say_where_it_ends(table, media, header);
  return table;
}

}  // namespace limier::volume
