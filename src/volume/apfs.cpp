// Source of the structures: "Apple File System Reference" (2020-06-22): nx_superblock_t, apfs_superblock_t,
// btree_node_phys_t, j_snap_metadata_val_t.
#include "volume/apfs.h"

#include <algorithm>

#include "volume/superblock.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kMaxVolumes = 100;  // NX_MAX_FILE_SYSTEMS
constexpr std::size_t kMaxNodes = 4096;     // B-tree nodes read for the snapshot list
constexpr std::size_t kMaxSnapshots = 4096;
constexpr unsigned kSnapMetadataType = 1;  // APFS_TYPE_SNAP_METADATA, the high 4 bits of a key
constexpr std::uint64_t kBtreeInfoBytes = 40;
constexpr unsigned kRootNode = 1;

std::optional<ApfsSnapshot> parse_snapshot(Bytes value) {
  const auto fixed = Block<50>::at(value, 0);
  if (!fixed) return std::nullopt;
  const auto name = slice(value, 50, fixed->le<48, std::uint16_t>());
  if (!name) return std::nullopt;
  ApfsSnapshot snapshot;
  snapshot.name = padded_text(*name);
  const auto created = static_cast<std::int64_t>(fixed->le<16, std::uint64_t>());
  if (created != 0) snapshot.created = created;
  return snapshot;
}

// One node: its children's blocks are appended to `pending`, its snapshots to `out`.
void read_snapshot_node(Bytes node, std::vector<std::uint64_t>& pending, std::vector<ApfsSnapshot>& out) {
  const auto head = Block<56>::at(node, 0);
  if (!head) return;
  const unsigned flags = head->le<32, std::uint16_t>();
  const unsigned level = head->le<34, std::uint16_t>();
  const std::uint32_t count = head->le<36, std::uint32_t>();
  const std::uint64_t toc = 56u + std::uint64_t{head->le<40, std::uint16_t>()};
  const std::uint64_t keys = toc + head->le<42, std::uint16_t>();
  const std::uint64_t tail = (flags & kRootNode) != 0 ? kBtreeInfoBytes : 0;
  if (node.size() < tail || count > node.size() / 8) return;
  const std::uint64_t values_end = node.size() - tail;
  for (std::uint32_t i = 0; i < count && out.size() < kMaxSnapshots; ++i) {
    const auto entry_bytes = slice(node, toc + std::uint64_t{i} * 8, 8);
    if (!entry_bytes) return;
    const auto entry = Block<8>::at(*entry_bytes, 0);
    const auto key = le_at<std::uint64_t>(node, keys + entry->le<0, std::uint16_t>());
    const std::uint64_t back = entry->le<4, std::uint16_t>();
    if (!key || back > values_end) continue;
    const auto value = slice(node, values_end - back, entry->le<6, std::uint16_t>());
    if (!value) continue;
    if (level > 0) {
      if (const auto child = le_at<std::uint64_t>(*value, 0)) pending.push_back(*child);
    } else if ((*key >> 60) == kSnapMetadataType) {
      if (auto snapshot = parse_snapshot(*value)) out.push_back(std::move(*snapshot));
    }
  }
}

ApfsVolume describe_volume(const RangeReader& container, std::uint32_t block_size, const TSK_POOL_VOLUME_INFO& info) {
  ApfsVolume volume;
  volume.block = info.block;
  volume.encrypted = (info.flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED) != 0;
  const auto super = container.read(info.block * block_size, 1024);
  if (const auto block = Block<984>::at(super, 0); block && as_text(block->bytes<32, 4>()) == "APSB") {
    volume.name = padded_text(block->bytes<0x2C0, 256>());
    volume.uuid = uuid_text(block->bytes<0xF0, 16>());
  }
  return volume;
}

// Blocks from `first` on that the container's space manager calls free.
std::uint64_t free_blocks_from(const TSK_POOL_INFO* pool, std::uint64_t first) {
  constexpr std::size_t kMaxFreeRuns = 1u << 22;
  const auto runs = guarded([&] { return tsk_pool_unallocated_runs(pool); });
  tsk_error_reset();
  if (!runs || *runs == nullptr) return 0;
  std::uint64_t blocks = 0, next = first;
  std::size_t count = 0;
  for (const TSK_FS_ATTR_RUN* run = *runs; run != nullptr && count < kMaxFreeRuns; run = run->next, ++count) {
    const std::uint64_t begin = std::max<std::uint64_t>(run->addr, next);
    const std::uint64_t end = run->len > UINT64_MAX - run->addr ? run->addr : run->addr + run->len;
    if (end <= begin) continue;
    blocks += end - begin;
    next = end;
  }
  static_cast<void>(guarded([&] { return tsk_fs_attr_run_free(*runs), true; }));
  return blocks;
}

}  // namespace

bool is_apfs_container(const RangeReader& container) {
  return container.has(32, "NXSB");
}

std::uint64_t apfs_container_bytes(const RangeReader& container) {
  const auto super = container.read(0, 64);
  const auto block = Block<64>::at(super, 0);
  if (!block) return 0;
  const std::uint64_t block_bytes = block->le<36, std::uint32_t>(), blocks = block->le<40, std::uint64_t>();
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  return block_bytes < 4096 || block_bytes > 65536 || blocks > kMost / block_bytes ? 0 : blocks * block_bytes;
}

Result<ApfsContainer> read_apfs_container(const evidence::Image& image, const RangeReader& container) {
  LIMIER_TRY(auto tsk, TskImage::open(image, image.sector_size() % 512 == 0 ? image.sector_size() : 512));
  const auto opened = guarded([&] {
    return tsk_pool_open_img_sing(tsk->get(), static_cast<TSK_OFF_T>(container.image_offset()), TSK_POOL_TYPE_APFS);
  });
  if (!opened || *opened == nullptr) {
    const std::string reason = take_tsk_error();
    if (!opened) tsk->abandon();
    return Error{ErrorKind::kEvidence, reason.empty() ? "libtsk could not read the container" : reason};
  }
  const TSK_POOL_INFO* pool = *opened;
  ApfsContainer result;
  result.block_size = pool->block_size;
  std::uint64_t count = 0;
  for (const auto* info = pool->vol_list; info != nullptr && count < kMaxVolumes; info = info->next, ++count) {
    if (info->block == 0 || info->block > container.size_bytes() / std::max(pool->block_size, 512u)) continue;
    result.volumes.push_back(describe_volume(container, pool->block_size, *info));
  }
  const std::uint64_t said = apfs_container_bytes(container) / std::max(pool->block_size, 512u);
  const std::uint64_t there = container.size_bytes() / std::max(pool->block_size, 512u);
  if (said > there) result.rest_is_free = free_blocks_from(pool, there) >= said - there;
  if (!guarded([&] { return tsk_pool_close(pool), true; })) tsk->abandon();
  return result;
}

std::vector<ApfsSnapshot> read_apfs_snapshots(const RangeReader& container, std::uint32_t block_size,
                                              std::uint64_t volume_block) {
  std::vector<ApfsSnapshot> snapshots;
  if (block_size < 4096 || block_size > 65536) return snapshots;
  const auto super = container.read(volume_block * block_size, 1024);
  const auto block = Block<984>::at(super, 0);
  if (!block || block->le<0xD8, std::uint64_t>() == 0) return snapshots;
  std::vector<std::uint64_t> pending = {block->le<0x98, std::uint64_t>()};
  for (std::size_t nodes = 0; !pending.empty() && nodes < kMaxNodes; ++nodes) {
    const std::uint64_t at = pending.back();
    pending.pop_back();
    if (at > container.size_bytes() / block_size) continue;
    read_snapshot_node(container.read(at * block_size, block_size), pending, snapshots);
  }
  return snapshots;
}

}  // namespace limier::volume
