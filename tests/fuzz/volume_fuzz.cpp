// limier's own parsers of partition tables, superblocks, encryption headers, foreign formats, and of the inodes and
// trees of ext. libtsk is not called.
#include <cstdlib>

#include "fuzz/memory_image.h"
#include "volume/ext_inodes.h"
#include "volume/foreign_fs.h"
#include "volume/fs_probe.h"
#include "volume/partitions.h"

namespace {

using namespace limier;

constexpr std::string_view kTypes[] = {"ntfs", "fat12", "fat16", "fat32", "exfat", "ext2",    "ext3",  "ext4",
                                       "hfs",  "hfs+",  "hfsx",  "apfs",  "ufs1",  "iso9660", "yaffs2"};

void read_signatures(const volume::RangeReader& range) {
  (void)volume::find_encryption(range);
  (void)volume::find_disk_encryption(range);
  (void)volume::find_leading_format(range);
  (void)volume::find_inner_format(range);
  (void)volume::claimed_fs_type(range);
  (void)volume::probe_file_systems(range);
  (void)volume::find_coherent_formats(range);
  (void)volume::find_udf_format(range);
  for (const std::string_view type : kTypes) (void)volume::read_fs_facts(type, range);
}

// Every row of a partition table lies inside the media.
void read_tables(const evidence::Image& image) {
  for (const std::uint32_t sector_bytes : {0u, 512u, 4096u}) {
    const auto map = volume::read_partition_map(image, sector_bytes);
    for (const auto& region : map.regions)
      if (region.image_offset > image.size_bytes() || region.length > image.size_bytes() - region.image_offset)
        std::abort();
  }
}

// No tree of a damaged inode grows beyond its limit.
void check(const volume::ExtTree& tree) {
  constexpr std::size_t kMostRuns = (1u << 22) + (1u << 16);
  if (tree.runs.size() > kMostRuns) std::abort();
}

void read_ext(const evidence::Image& image) {
  constexpr std::uint64_t kInodes = 24;
  const volume::ExtInodes inodes(image, 0, image.size_bytes());
  for (std::uint64_t number = 0; number < kInodes; ++number) {
    const auto inode = inodes.open(number);
    if (!inode) continue;
    check(inodes.extent_tree(*inode));
    check(inodes.block_pointers(*inode, image.size_bytes()));
    check(inodes.block_pointers(*inode, 1u << 24));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  // The first two bytes say where the rest stands: many marks are kilobytes into a volume.
  const std::size_t at = std::size_t{data[0]} * 512;
  std::vector<std::uint8_t> media(std::max<std::size_t>(at + size, (std::size_t{data[1]} + 1) * 1024));
  std::copy(data + 2, data + size, media.begin() + static_cast<std::ptrdiff_t>(at));
  const fuzz::MemoryImage image{Bytes(media)};
  read_signatures(volume::RangeReader(image, 0, media.size()));
  read_signatures(volume::RangeReader(image, media.size() / 3, media.size() / 2));
  read_tables(image);
  read_ext(image);
  return 0;
}
