// Source: Linux kernel documentation, "ext4 Data Structures and Algorithms": layout, block and inode bitmaps, flexible
// and meta block groups, bigalloc.
#include "volume/ext_blocks.h"

#include <algorithm>

#include <fmt/format.h>

namespace limier::volume {

namespace {

using catalog::BlockUse;

// Joins neighbouring blocks of the same use into ranges, clipped to the volume.
class Ranges {
 public:
  explicit Ranges(const ExtVolume& volume) : volume_(volume), walk_(volume.walk()) {}

  void add(std::uint64_t block, std::uint64_t count, BlockUse use) {
    const std::uint64_t block_bytes = volume_.facts().block_bytes, length = volume_.length();
    if (block > length / block_bytes || !status_.ok()) return;
    const std::uint64_t from = block * block_bytes;
    const std::uint64_t to = count > (length - from) / block_bytes ? length : from + count * block_bytes;
    add_bytes(from, to, use);
  }
  void rest_in_use() { add_bytes(next_, volume_.length(), BlockUse::kAllocated); }
  Status finish() {
    flush();
    return std::move(status_);
  }

 private:
  void add_bytes(std::uint64_t from, std::uint64_t to, BlockUse use) {
    from = std::max(from, next_);
    if (from >= to) return;
    const std::uint64_t image_offset = walk_.base + from;
    if (open_.length == 0 || open_.use != use || open_.image_offset + open_.length != image_offset) {
      flush();
      open_ = {walk_.volume_id(), image_offset, 0, use};
    }
    open_.length += to - from;
    next_ = to;
  }
  void flush() {
    if (open_.length > 0 && status_.ok()) status_ = walk_.sink.blocks(open_);
    open_.length = 0;
  }

  const ExtVolume& volume_;
  WalkBase& walk_;
  catalog::BlockRange open_;
  std::uint64_t next_ = 0;
  Status status_ = ok_status();
};

struct Metadata {
  std::uint64_t first = 0, end = 0;
};

class BlockMap {
 public:
  BlockMap(WalkBase& walk, const ExtVolume& volume)
      : walk_(walk), volume_(volume), facts_(volume.facts()), ranges_(volume) {}

  Status run() {
    collect_metadata();
    // Boot code, and on blocks of 1 KiB a whole block of it, belong to no group.
    if (facts_.first_block > 0) put(0, facts_.first_block, BlockUse::kAllocated);
    const std::uint64_t blocks = std::min(facts_.blocks, volume_.length() / facts_.block_bytes + 1);
    for (std::uint64_t group = 0; group < facts_.block_groups(); ++group) {
      walk_.sink.working_on(Stage::kBlocks, group * facts_.blocks_per_group);
      const std::uint64_t first = facts_.first_block + group * facts_.blocks_per_group;
      if (first >= blocks) break;
      one_group(group, first, std::min(facts_.blocks_per_group, blocks - first));
    }
    LIMIER_CHECK(ranges_.finish());
    if (lost_ == 0) return ok_status();
    return walk_.issue(
        "block-use-unknown", catalog::Severity::kWarning, std::nullopt,
        fmt::format("the map of used blocks cannot be read in {} groups: they are taken to be in use", lost_), true);
  }

 private:
  void collect_metadata() {
    const std::uint64_t table_blocks =
        (facts_.inodes_per_group * facts_.inode_bytes + facts_.block_bytes - 1) / facts_.block_bytes;
    const auto add = [&](std::uint64_t block, std::uint64_t count) {
      if (count > 0 && volume_.holds(block, 1)) metadata_.push_back({block, block + count});
    };
    for (std::uint64_t number = 0; number < facts_.block_groups(); ++number) {
      if (number % kBeatEvery == 0) walk_.sink.working_on(Stage::kBlocks, number * facts_.blocks_per_group);
      const std::uint64_t super =
          number == 0 ? facts_.super_block : facts_.first_block + number * facts_.blocks_per_group;
      add(super, (volume_.has_super(number) ? 1 : 0) + volume_.descriptor_blocks_in(number));
      const auto group = volume_.group(number);
      if (!group) continue;
      add(group->block_bitmap, 1);
      add(group->inode_bitmap, 1);
      add(group->inode_table, table_blocks);
    }
    sort_by_number(metadata_, [](const Metadata& range) { return range.first; });
  }

  void one_group(std::uint64_t number, std::uint64_t first, std::uint64_t count) {
    const auto group = volume_.group(number);
    if (group && group->no_blocks) return put(first, count, BlockUse::kUnallocated);
    const auto bits = group ? volume_.read_block(group->block_bitmap) : std::vector<std::uint8_t>();
    const std::uint64_t per_bit = facts_.blocks_per_cluster;
    if (bits.empty() || (count - 1) / per_bit / 8 >= bits.size()) {
      ++lost_;
      return put(first, count, BlockUse::kAllocated);
    }
    const auto in_use = [&](std::uint64_t block) {
      const std::uint64_t bit = block / per_bit;
      return (bits[static_cast<std::size_t>(bit / 8)] >> (bit % 8) & 1) != 0;
    };
    for (std::uint64_t from = 0; from < count;) {
      const bool used = in_use(from);
      std::uint64_t to = from + per_bit;
      while (to < count && in_use(to) == used) to += per_bit;
      to = std::min(to, count);
      put(first + from, to - from, used ? BlockUse::kAllocated : BlockUse::kUnallocated);
      from = to;
    }
  }

  // With the metadata that lies in it.
  void put(std::uint64_t first, std::uint64_t count, BlockUse use) {
    const std::uint64_t end = first + count;
    for (; next_metadata_ < metadata_.size() && metadata_[next_metadata_].first < end; ++next_metadata_) {
      const Metadata& range = metadata_[next_metadata_];
      if (range.first > first) ranges_.add(first, range.first - first, use);
      const std::uint64_t to = std::min(range.end, end);
      if (to > std::max(range.first, first)) {
        ranges_.add(std::max(range.first, first), to - std::max(range.first, first), BlockUse::kMetadata);
        first = std::max(first, to);
      }
      if (range.end > end) break;
    }
    if (first < end) ranges_.add(first, end - first, use);
  }

  static constexpr std::uint64_t kBeatEvery = 1024;
  WalkBase& walk_;
  const ExtVolume& volume_;
  const ExtFacts& facts_;
  Ranges ranges_;
  std::vector<Metadata> metadata_;  // by first block
  std::size_t next_metadata_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace

Status send_ext_blocks(WalkBase& walk, const ExtVolume& volume) {
  return BlockMap(walk, volume).run();
}

}  // namespace limier::volume
