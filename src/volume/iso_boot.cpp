// What a computer boots from a disc, where no folder names it.
#include <algorithm>

#include <fmt/format.h>

#include "volume/iso_model.h"

namespace limier::volume {

namespace {

constexpr std::size_t kEntry = 32;
constexpr std::size_t kMaxBootImages = 1024;
constexpr std::uint64_t kVirtualSector = 512;
constexpr std::uint8_t kBootable = 0x88, kNotBootable = 0x00, kHeader = 0x90, kLastHeader = 0x91;
constexpr std::array<std::uint64_t, 4> kFloppies = {0, 1'228'800, 1'474'560, 2'949'120};  // by the type of medium
constexpr std::uint8_t kHardDisk = 4;

// The catalog counts what the BIOS loads first. The image tells how large it is: a FAT volume, or a disk.
std::uint64_t size_of_image(IsoDisc& disc, std::uint64_t offset, std::uint8_t medium, std::uint64_t loaded) {
  if (medium >= 1 && medium <= 3) return kFloppies[medium];
  const auto sector = disc.bytes(offset, 512);
  const auto block = Block<512>::at(sector, 0);
  if (!block || block->le<510, std::uint16_t>() != 0xAA55) return loaded;
  if (medium == kHardDisk) {
    std::uint64_t end = 0;
    for (std::size_t entry = 446; entry < 510; entry += 16)
      end = std::max(end, std::uint64_t{le_at<std::uint32_t>(sector, entry + 8).value_or(0)} +
                              le_at<std::uint32_t>(sector, entry + 12).value_or(0));
    return std::max(loaded, end * kVirtualSector);
  }
  const std::uint64_t sector_bytes = block->le<11, std::uint16_t>();
  const std::uint64_t few = block->le<19, std::uint16_t>(), many = block->le<32, std::uint32_t>();
  const std::uint8_t media = block->le<21, std::uint8_t>();
  const bool fat = sector_bytes >= 512 && sector_bytes <= 4096 && (sector_bytes & (sector_bytes - 1)) == 0 &&
                   media >= 0xF0 && block->le<16, std::uint8_t>() >= 1 && block->le<16, std::uint8_t>() <= 2;
  return fat ? std::max(loaded, (few != 0 ? few : many) * sector_bytes) : loaded;
}

}  // namespace

void IsoModel::add_boot_images() {
  std::uint32_t folder = kNoNode;
  std::vector<std::uint64_t> catalogs;
  for (const std::uint64_t catalog : sessions_.back().session.boot_catalogs)
    if (std::find(catalogs.begin(), catalogs.end(), catalog) == catalogs.end()) catalogs.push_back(catalog);
  for (const std::uint64_t catalog : catalogs) {
    const auto bytes = disc_.bytes(catalog * kIsoSector, kIsoSector);
    // The validation entry: number 1, ends with 55 AA.
    if (bytes.size() < kIsoSector || bytes[0] != 1 || bytes[30] != 0x55 || bytes[31] != 0xAA) continue;
    metadata_.push_back({catalog, catalog + 1});
    std::uint8_t platform = bytes[1];
    for (std::size_t at = kEntry; at + kEntry <= bytes.size(); at += kEntry) {
      const Bytes entry = Bytes(bytes).subspan(at, kEntry);
      if (entry[0] == kHeader || entry[0] == kLastHeader) platform = entry[1];
      // Behind the first entry, zeros end the catalog.
      const bool first = at == kEntry;
      if (entry[0] != kBootable && !(first && entry[0] == kNotBootable)) continue;
      add_boot_image(entry, catalog * kIsoSector + at, platform, folder);
    }
  }
}

void IsoModel::add_boot_image(Bytes entry, std::uint64_t entry_offset, std::uint8_t platform, std::uint32_t& folder) {
  const auto block = Block<kEntry>::at(entry, 0);
  const std::uint64_t sector = block->le<8, std::uint32_t>();
  const std::uint64_t loaded = block->le<6, std::uint16_t>() * kVirtualSector;
  if (sector == 0 || !disc_.inside(sector * kIsoSector, std::max<std::uint64_t>(loaded, 1))) return;
  std::uint32_t images = 0;
  for (const IsoNode& node : listing_.nodes) {
    images += node.boot;
    if (!node.folder && node.size > 0 && !node.boot && node.block * source(node).block_bytes == sector * kIsoSector)
      return;
    if (node.boot && node.block == sector) return;
  }
  if (images >= kMaxBootImages || listing_.nodes.size() + 2 > kMaxIsoNodes) return;
  const std::uint64_t size = size_of_image(disc_, sector * kIsoSector, entry[1] & 0x0F, loaded);
  if (size == 0 || !disc_.inside(sector * kIsoSector, size)) return;
  const auto add = [&](IsoNode node, const std::string& name) {
    node.tree = static_cast<std::uint16_t>(sources_.size() - 1);
    node.name_at = static_cast<std::uint32_t>(listing_.names.size());
    node.name_length = static_cast<std::uint16_t>(name.size());
    listing_.names += name;
    listing_.nodes.push_back(node);
    return static_cast<std::uint32_t>(listing_.nodes.size() - 1);
  };
  if (folder == kNoNode) {
    sources_.push_back(sources_.front());
    sources_.back() = {IsoNames::kPrimary, false, 0, 0, kIsoSector, static_cast<std::uint32_t>(sessions_.size())};
    IsoNode made;
    made.folder = made.made_up = true;
    folder = add(made, "$BootImages");
  }
  IsoNode image;
  image.parent = folder;
  image.boot = true;
  image.record = entry_offset;
  image.block = sector;
  image.size = size;
  add(image, fmt::format("{}-{}.img", images + 1, platform == 0xEF ? "EFI" : platform == 0 ? "BIOS" : "other"));
}

}  // namespace limier::volume
