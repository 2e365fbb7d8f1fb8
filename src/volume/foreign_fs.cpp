// Sources: Btrfs: kernel fs/btrfs/ctree.h (struct btrfs_super_block); F2FS: include/linux/f2fs_fs.h; HFS: Apple "Inside
// Macintosh: Files", chapter 2 (master directory block, B-trees).
#include "volume/foreign_fs.h"

#include "volume/checksum32.h"
#include "volume/udf_probe.h"

namespace limier::volume {

namespace {

bool is_btrfs(const RangeReader& volume) {
  constexpr std::uint64_t kPlace = 65536;
  constexpr unsigned kCrc32c = 0;
  const auto super = volume.read(kPlace, 4096);
  const auto block = Block<4096>::at(super, 0);
  if (!block || as_text(block->bytes<64, 8>()) != "_BHRfS_M" || block->le<48, std::uint64_t>() != kPlace) return false;
  // The other kinds of checksum are long ones; that there is one has to do for them.
  if (block->le<196, std::uint16_t>() != kCrc32c) return block->le<0, std::uint64_t>() != 0;
  return Crc32c::of(block->bytes<32, 4064>()) == block->le<0, std::uint32_t>();
}

bool is_f2fs(const RangeReader& volume) {
  const auto super = volume.read(1024, 64);
  const auto block = Block<64>::at(super, 0);
  return block && block->le<0, std::uint32_t>() == 0xF2F52010u && block->le<8, std::uint32_t>() >= 9 &&
         block->le<8, std::uint32_t>() <= 12 && block->le<16, std::uint32_t>() <= 16 &&
         block->le<20, std::uint32_t>() == 9 && block->le<36, std::uint64_t>() != 0;
}

// The catalog begins with the header node of a B-tree: kind 1.
bool is_hfs(const RangeReader& volume) {
  const auto super = volume.read(1024, 162);
  const auto block = Block<162>::at(super, 0);
  if (!block || as_text(block->bytes<0, 2>()) != "BD" || as_text(block->bytes<124, 2>()) == "H+") return false;
  const std::uint64_t unit = block->be<20, std::uint32_t>();
  if (unit == 0 || unit % 512 != 0) return false;
  const std::uint64_t catalog =
      std::uint64_t{block->be<28, std::uint16_t>()} * 512 + std::uint64_t{block->be<150, std::uint16_t>()} * unit;
  const auto node = volume.read(catalog, 14);
  return node.size() == 14 && node[8] == 1;
}

}  // namespace

std::vector<FormatMatch> find_coherent_formats(const RangeReader& volume) {
  std::vector<FormatMatch> found;
  if (is_btrfs(volume)) found.push_back(with_facts("btrfs", volume));
  if (is_f2fs(volume)) found.push_back(with_facts("f2fs", volume));
  if (is_hfs(volume)) found.push_back(with_facts("hfs", volume));
  return found;
}

std::optional<FormatMatch> find_udf_format(const RangeReader& volume) {
  const auto udf = find_udf(volume);
  if (!udf) return std::nullopt;
  FormatMatch match{"udf", {}};
  match.facts.label = udf->label;
  match.facts.block_size = udf->block_bytes;
  match.size_bytes = udf->end;
  return match;
}

}  // namespace limier::volume
