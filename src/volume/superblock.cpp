// Sources: NTFS and FAT/exFAT boot sectors: Microsoft "FAT32 File System Specification" 1.03, "exFAT file system
// specification"; ext: kernel Documentation/filesystems/ext4; HFS+: Apple TN1150; ISO 9660: ECMA-119 section 8.4;
// UFS: FreeBSD sys/ufs/ffs/fs.h; APFS: "Apple File System Reference".
#include "volume/superblock.h"

#include <algorithm>

#include <fmt/format.h>

#include "limier/base/digest.h"
#include "volume/exfat_folder.h"
#include "volume/iso_disc.h"
#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::size_t kSectorBytes = 512;
// A root directory's volume label stands among its first entries; more than this is not searched.
constexpr std::size_t kMaxRootDirBytes = 256u << 10;
constexpr std::size_t kExfatReadStep = 64u << 10;

FsFacts ntfs_facts(const RangeReader& volume) {
  FsFacts facts;
  const auto boot = volume.read(0, kSectorBytes);
  if (const auto serial = le_at<std::uint64_t>(boot, 0x48)) facts.uuid = fmt::format("{:016X}", *serial);
  return facts;
}

// The entry with the volume-label attribute (0x08) among the 32-byte entries of a FAT root directory.
std::string fat_label_entry(Bytes root) {
  for (std::size_t at = 0; at + 32 <= root.size(); at += 32) {
    const Bytes entry = root.subspan(at, 32);
    if (entry[0] == 0) break;
    if (entry[0] == 0xE5 || (entry[11] & 0x3F) == 0x0F || (entry[11] & 0x18) != 0x08) continue;
    std::string label = padded_text(entry.first(11));
    if (!label.empty() && static_cast<std::uint8_t>(label[0]) == 0x05) label[0] = static_cast<char>(0xE5);
    return label;
  }
  return {};
}

FsFacts fat_facts(const RangeReader& volume, bool fat32) {
  FsFacts facts;
  const auto sector = volume.read(0, kSectorBytes);
  const auto boot = Block<512>::at(sector, 0);
  if (!boot) return facts;
  const std::uint64_t sector_bytes = boot->le<11, std::uint16_t>();
  const std::uint64_t cluster_sectors = boot->le<13, std::uint8_t>();
  const std::uint64_t reserved = boot->le<14, std::uint16_t>();
  const std::uint64_t fats = boot->le<16, std::uint8_t>();
  const std::uint32_t serial = fat32 ? boot->le<67, std::uint32_t>() : boot->le<39, std::uint32_t>();
  facts.uuid = fmt::format("{:04X}-{:04X}", serial >> 16, serial & 0xFFFF);
  const std::uint64_t fat_sectors = fat32 ? boot->le<36, std::uint32_t>() : boot->le<22, std::uint16_t>();
  std::uint64_t root = (reserved + fats * fat_sectors) * sector_bytes;
  std::uint64_t root_bytes = std::uint64_t{boot->le<17, std::uint16_t>()} * 32;
  if (fat32) {
    const std::uint64_t cluster = boot->le<44, std::uint32_t>();
    if (cluster >= 2) root += (cluster - 2) * cluster_sectors * sector_bytes;
    root_bytes = cluster_sectors * sector_bytes;  // the first cluster alone: the label is written first
  }
  facts.label = fat_label_entry(
      volume.read(root, static_cast<std::size_t>(std::min<std::uint64_t>(root_bytes, kMaxRootDirBytes))));
  if (facts.label.empty()) {
    const bool extended = fat32 ? boot->le<66, std::uint8_t>() == 0x29 : boot->le<38, std::uint8_t>() == 0x29;
    if (extended) facts.label = padded_text(fat32 ? boot->bytes<71, 11>() : boot->bytes<43, 11>());
    if (facts.label == "NO NAME") facts.label.clear();
  }
  return facts;
}

// The first label in use among the entries of the root folder, wherever its clusters lie.
std::string exfat_volume_label(const ExfatLayout& layout, const ReadVolume& read) {
  ExfatFat fat(layout, read);
  const std::uint64_t most = std::max<std::uint64_t>(kMostFolderBytes / layout.cluster_bytes, 1);
  std::vector<std::uint8_t> bytes(std::min<std::size_t>(layout.cluster_bytes, kExfatReadStep));
  for (const ExfatRun& run : fat.chain(layout.root_cluster, most, [] {}).runs) {
    const std::uint64_t end = layout.offset_of(std::uint64_t{run.first} + run.count);
    for (std::uint64_t at = layout.offset_of(run.first); at < end; at += bytes.size()) {
      const std::size_t got = read(at, bytes);
      for (std::size_t entry = 0; entry + kExfatEntryBytes <= got; entry += kExfatEntryBytes) {
        if (bytes[entry] == 0) return {};
        if (bytes[entry] == (kExfatInUse | kExfatLabelEntry))
          return exfat_label(Bytes(bytes).subspan(entry, kExfatEntryBytes));
      }
      if (got < bytes.size()) return {};
    }
  }
  return {};
}

FsFacts exfat_facts(const RangeReader& volume) {
  FsFacts facts;
  const ReadVolume read = reader_of(volume);
  const auto layout = find_exfat(read);
  if (!layout) return facts;
  facts.uuid = fmt::format("{:04X}-{:04X}", layout->serial >> 16, layout->serial & 0xFFFF);
  facts.label = exfat_volume_label(*layout, read);
  return facts;
}

FsFacts ext_facts(const RangeReader& volume) {
  FsFacts facts;
  const auto super = volume.read(1024, 1024);
  if (const auto block = Block<256>::at(super, 0)) {
    facts.uuid = uuid_text(block->bytes<0x68, 16>());
    facts.label = padded_text(block->bytes<0x78, 16>());
  }
  return facts;
}

// The volume's name is the name of the root folder: the first record of the first leaf of the catalog (TN1150).
std::string hfs_label(const RangeReader& volume, std::uint64_t base, const Block<512>& header) {
  const std::uint64_t block_bytes = header.be<40, std::uint32_t>();
  const std::uint64_t catalog = base + std::uint64_t{header.be<288, std::uint32_t>()} * block_bytes;
  const auto head = volume.read(catalog, 512);
  const auto first_leaf = be_at<std::uint32_t>(head, 14 + 10);
  const auto node_bytes = be_at<std::uint16_t>(head, 14 + 18);
  if (!first_leaf || !node_bytes || *node_bytes < 512) return {};
  const auto node = volume.read(catalog + std::uint64_t{*first_leaf} * *node_bytes, *node_bytes);
  const auto parent = be_at<std::uint32_t>(node, 14 + 2);
  const auto units = be_at<std::uint16_t>(node, 14 + 6);
  if (!parent || *parent != 1 || !units || *units > 255) return {};
  const auto name = slice(node, 14 + 8, std::uint64_t{*units} * 2);
  return name ? utf16_text(*name, true) : std::string();
}

FsFacts hfs_facts(const RangeReader& volume) {
  FsFacts facts;
  std::uint64_t base = 0;
  // An HFS wrapper ("BD") names the embedded HFS+ volume's place (TN1150, "HFS Wrapper").
  const auto wrapper = volume.read(1024, 512);
  if (const auto mdb = Block<512>::at(wrapper, 0); mdb && mdb->be<0, std::uint16_t>() == 0x4244) {
    base = std::uint64_t{mdb->be<28, std::uint16_t>()} * 512 +
           std::uint64_t{mdb->be<126, std::uint16_t>()} * mdb->be<20, std::uint32_t>();
  }
  const auto sector = volume.read(base + 1024, 512);
  const auto header = Block<512>::at(sector, 0);
  if (!header) return facts;
  facts.label = hfs_label(volume, base, *header);
  const Bytes finder_id = header->bytes<104, 8>();
  if (std::all_of(finder_id.begin(), finder_id.end(), [](std::uint8_t b) { return b == 0; })) return facts;
  // Apple derives the UUID from the 8-byte identifier: version 3, name space B3E20F39-F292-11D6-97A4-00306543ECAC.
  std::array<std::uint8_t, 24> seed = {0xB3, 0xE2, 0x0F, 0x39, 0xF2, 0x92, 0x11, 0xD6,
                                       0x97, 0xA4, 0x00, 0x30, 0x65, 0x43, 0xEC, 0xAC};
  std::copy(finder_id.begin(), finder_id.end(), seed.begin() + 16);
  auto id = digest_of(Bytes(seed), DigestSet{true, false, false}).md5.value_or(Md5{});
  id[6] = static_cast<std::uint8_t>(0x30 | (id[6] & 0x0F));
  id[8] = static_cast<std::uint8_t>(0x80 | (id[8] & 0x3F));
  facts.uuid = uuid_text(Bytes(id));
  return facts;
}

FsFacts iso_facts(const RangeReader& volume) {
  FsFacts facts;
  const auto sectors = find_iso_sectors([&](std::uint64_t offset, MutableBytes out) {
    const auto bytes = volume.read(offset, out.size());
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return bytes.size();
  });
  if (!sectors) return facts;
  const auto sector = volume.read(16 * sectors->stride + sectors->before, kIsoSector);
  const auto descriptor = Block<kIsoSector>::at(sector, 0);
  if (!descriptor) return facts;
  facts.label = padded_text(descriptor->bytes<40, 32>());
  // blkid names a disc by its modification date, else its creation date: digits YYYYMMDDHHMMSScc.
  for (const Bytes date : {descriptor->bytes<830, 16>(), descriptor->bytes<813, 16>()}) {
    const auto text = as_text(date);
    const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || text.find_first_not_of('0') == std::string_view::npos) continue;
    facts.uuid = fmt::format("{}-{}-{}-{}-{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                             text.substr(8, 2), text.substr(10, 2), text.substr(12, 2), text.substr(14, 2));
    break;
  }
  return facts;
}

FsFacts ufs_facts(const RangeReader& volume, bool ufs2) {
  FsFacts facts;
  const auto super = volume.read(ufs2 ? 65536 : 8192, 2048);
  const auto block = Block<1376>::at(super, 0);
  if (!block) return facts;
  const bool little = block->le<1372, std::uint32_t>() == 0x19540119 || block->le<1372, std::uint32_t>() == 0x00011954;
  const std::uint32_t high = little ? block->le<144, std::uint32_t>() : block->be<144, std::uint32_t>();
  const std::uint32_t low = little ? block->le<148, std::uint32_t>() : block->be<148, std::uint32_t>();
  if (high != 0 || low != 0) facts.uuid = fmt::format("{:08x}{:08x}", high, low);
  if (ufs2) facts.label = padded_text(block->bytes<680, 32>());
  return facts;
}

FsFacts apfs_facts(const RangeReader& volume) {
  FsFacts facts;
  const auto super = volume.read(0, 512);
  if (const auto block = Block<128>::at(super, 0)) {
    facts.uuid = uuid_text(block->bytes<72, 16>());
    facts.block_size = block->le<36, std::uint32_t>();
  }
  return facts;
}

}  // namespace

std::string uuid_text(Bytes sixteen) {
  if (sixteen.size() < 16 || std::all_of(sixteen.begin(), sixteen.begin() + 16, [](std::uint8_t b) { return b == 0; }))
    return {};
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", sixteen[i]);
  }
  return text;
}

std::string guid_text(Bytes sixteen) {
  if (sixteen.size() < 16) return {};
  std::array<std::uint8_t, 16> swapped{};
  static constexpr std::array<std::size_t, 16> kOrder = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  for (std::size_t i = 0; i < 16; ++i) swapped[i] = sixteen[kOrder[i]];
  return uuid_text(Bytes(swapped));
}

std::string padded_text(Bytes field) {
  std::string text(as_text(field));
  text.resize(std::min(text.find('\0'), text.size()));
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::string utf16_text(Bytes field, bool big_endian) {
  std::string out;
  Utf16Reader text(field, big_endian);
  for (auto code = text.next(); code && *code != 0; code = text.next())
    append_utf8(out, is_high_surrogate(*code) || is_low_surrogate(*code) ? 0xFFFD : *code);
  return out;
}

FsFacts read_fs_facts(std::string_view fs_type, const RangeReader& volume) {
  if (fs_type == "ntfs") return ntfs_facts(volume);
  if (fs_type == "fat12" || fs_type == "fat16") return fat_facts(volume, false);
  if (fs_type == "fat32") return fat_facts(volume, true);
  if (fs_type == "exfat") return exfat_facts(volume);
  if (fs_type == "ext2" || fs_type == "ext3" || fs_type == "ext4") return ext_facts(volume);
  if (fs_type == "hfs+") return hfs_facts(volume);
  if (fs_type == "iso9660") return iso_facts(volume);
  if (fs_type == "ufs1" || fs_type == "ufs2") return ufs_facts(volume, fs_type == "ufs2");
  if (fs_type == "apfs") return apfs_facts(volume);
  return {};
}

}  // namespace limier::volume
