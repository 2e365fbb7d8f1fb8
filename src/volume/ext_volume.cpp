// Source: Linux kernel documentation, "ext4 Data Structures and Algorithms": super block, group descriptors, bitmaps,
// inodes; for revision 0 and the fields of ext2, "The Second Extended File System" (Dave Poirier).
#include "volume/ext_volume.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::uint64_t kSuperAt = 1024;
constexpr std::uint32_t kMagic = 0xEF53;
constexpr std::uint32_t kMostLogBlock = 6;  // blocks of 64 KiB
constexpr std::uint32_t kMostLogCluster = 20;
constexpr std::uint64_t kMostGroups = 1u << 22;

constexpr std::uint32_t kCompatSparseSuper2 = 0x200;
constexpr std::uint32_t kIncompatCompression = 0x1, kIncompatFileType = 0x2, kIncompatRecover = 0x4,
                        kIncompatJournalDevice = 0x8;
constexpr std::uint32_t kIncompatMetaBg = 0x10, kIncompat64Bit = 0x80;
constexpr std::uint32_t kIncompatLargeXattrs = 0x400, kIncompatDirData = 0x1000, kIncompatLargeDir = 0x4000;
constexpr std::uint32_t kRoSparseSuper = 0x1, kRoHugeFile = 0x8, kRoDescriptorChecksum = 0x10, kRoBigalloc = 0x200;
constexpr std::uint32_t kRoMetadataChecksum = 0x400, kRoSharedBlocks = 0x4000;

constexpr std::uint16_t kGroupNoInodes = 0x1, kGroupNoBlocks = 0x2;
constexpr std::uint32_t kHugeFile = 0x40000;

constexpr std::uint16_t kModeType = 0xF000;

ExtKind kind_of(std::uint16_t mode) {
  switch (mode & kModeType) {
    case 0x8000:
      return ExtKind::kFile;
    case 0x4000:
      return ExtKind::kDir;
    case 0xA000:
      return ExtKind::kLink;
    case 0x1000:
    case 0x2000:
    case 0x6000:
    case 0xC000:
      return ExtKind::kDevice;
    default:
      return ExtKind::kOther;
  }
}

bool is_power_of(std::uint64_t number, std::uint64_t base) {
  while (number > 1 && number % base == 0) number /= base;
  return number == 1;
}

std::uint64_t wide(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32 | low;
}

std::uint64_t divided_up(std::uint64_t count, std::uint64_t by) {
  return count / by + (count % by != 0 ? 1 : 0);
}

}  // namespace

bool ExtFacts::typed_names() const {
  return (incompat & kIncompatFileType) != 0;
}
bool ExtFacts::checksums() const {
  return (ro_compat & (kRoDescriptorChecksum | kRoMetadataChecksum)) != 0;
}
bool ExtFacts::shared_blocks() const {
  return (ro_compat & kRoSharedBlocks) != 0;
}
bool ExtFacts::large_directories() const {
  return (incompat & kIncompatLargeDir) != 0;
}
bool ExtFacts::large_xattrs() const {
  return (incompat & kIncompatLargeXattrs) != 0;
}
bool ExtFacts::compression() const {
  return (incompat & kIncompatCompression) != 0;
}
bool ExtFacts::extra_dir_data() const {
  return (incompat & kIncompatDirData) != 0;
}
bool ExtFacts::journal_in_use() const {
  return (incompat & kIncompatRecover) != 0 && journal_inode() != 0;
}
std::uint64_t ExtFacts::groups() const {
  return std::min(divided_up(inodes, inodes_per_group), kMostGroups);
}
std::uint64_t ExtFacts::block_groups() const {
  return std::min(divided_up(blocks - std::min(blocks, first_block), blocks_per_group), kMostGroups);
}

std::unique_ptr<ExtVolume> ExtVolume::open(WalkBase& walk) {
  auto volume = std::unique_ptr<ExtVolume>(new ExtVolume(walk));
  return volume->read_super() ? std::move(volume) : nullptr;
}

bool ExtVolume::read_super() {
  const auto bytes = read(kSuperAt, 1024);
  const auto super = Block<1024>::at(bytes, 0);
  if (!super || super->le<0x38, std::uint16_t>() != kMagic) return false;
  const std::uint32_t log_block = super->le<0x18, std::uint32_t>();
  if (log_block > kMostLogBlock) return false;
  ExtFacts& facts = facts_;
  facts.block_bytes = 1024u << log_block;
  facts.super_block = kSuperAt / facts.block_bytes;
  facts.inodes_declared = super->le<0x0, std::uint32_t>();
  facts.first_block = super->le<0x14, std::uint32_t>();
  facts.blocks_per_group = super->le<0x20, std::uint32_t>();
  facts.inodes_per_group = super->le<0x28, std::uint32_t>();
  facts.blocks = super->le<0x4, std::uint32_t>();
  // Revision 0 ends behind s_def_resgid; what stands there is not of the file system.
  facts.old_revision = super->le<0x4C, std::uint32_t>() == 0;
  if (!facts.old_revision) {
    facts.first_user_inode = super->le<0x54, std::uint32_t>();
    facts.inode_bytes = super->le<0x58, std::uint16_t>();
    facts.compat = super->le<0x5C, std::uint32_t>();
    facts.incompat = super->le<0x60, std::uint32_t>();
    facts.ro_compat = super->le<0x64, std::uint32_t>();
    facts.reserved_descriptor_blocks = super->le<0xCE, std::uint16_t>();
    facts.backup_groups = {super->le<0x24C, std::uint32_t>(), super->le<0x250, std::uint32_t>()};
    // The journal, a snapshot, quotas of users, groups and projects, the orphan file.
    facts.system_inodes = {super->le<0xE0, std::uint32_t>(),  super->le<0x180, std::uint32_t>(),
                           super->le<0x240, std::uint32_t>(), super->le<0x244, std::uint32_t>(),
                           super->le<0x26C, std::uint32_t>(), super->le<0x280, std::uint32_t>()};
  }
  if ((facts.incompat & kIncompat64Bit) != 0) {
    facts.descriptor_bytes = super->le<0xFE, std::uint16_t>();
    facts.blocks = wide(super->le<0x150, std::uint32_t>(), super->le<0x4, std::uint32_t>());
  }
  if ((facts.incompat & kIncompatMetaBg) != 0) facts.first_meta_group = super->le<0x104, std::uint32_t>();
  if ((facts.ro_compat & kRoBigalloc) != 0) {
    const std::uint32_t log_cluster = super->le<0x1C, std::uint32_t>();
    if (log_cluster < log_block || log_cluster - log_block > kMostLogCluster) return false;
    facts.blocks_per_cluster = 1u << (log_cluster - log_block);
  }
  const bool sane = facts.inodes_per_group > 0 && facts.inodes_per_group <= 8ull * facts.block_bytes &&
                    facts.blocks_per_group > 0 && facts.inode_bytes >= 128 && facts.inode_bytes <= facts.block_bytes &&
                    facts.descriptor_bytes >= 32 && facts.descriptor_bytes <= facts.block_bytes &&
                    (facts.incompat & kIncompatJournalDevice) == 0;
  if (!sane) return false;
  // Tables of inodes cannot be larger than the volume.
  facts.inodes = std::min(facts.inodes_declared, length() / facts.inode_bytes);
  return true;
}

bool ExtVolume::holds(std::uint64_t block, std::uint64_t count) const {
  const std::uint64_t blocks = length() / facts_.block_bytes;
  return block <= blocks && count <= blocks - block;
}

std::vector<std::uint8_t> ExtVolume::read(std::uint64_t volume_offset, std::size_t wanted) const {
  if (volume_offset > length() || wanted > length() - volume_offset) return {};
  std::vector<std::uint8_t> bytes(wanted);
  if (walk_.read(walk_.base + volume_offset, MutableBytes(bytes)) != wanted) bytes.clear();
  return bytes;
}

std::vector<std::uint8_t> ExtVolume::read_block(std::uint64_t block) const {
  if (!holds(block, 1)) return {};
  return read(block * facts_.block_bytes, facts_.block_bytes);
}

bool ExtVolume::has_super(std::uint64_t group) const {
  if (group == 0) return true;
  if ((facts_.compat & kCompatSparseSuper2) != 0)
    return group == facts_.backup_groups[0] || group == facts_.backup_groups[1];
  if ((facts_.ro_compat & kRoSparseSuper) == 0 || group == 1) return true;
  return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

// Meta block groups: as many groups as one block describes keep that block in their first group, with copies in the
// second and the last.
std::uint64_t ExtVolume::descriptor_offset(std::uint64_t group) const {
  const std::uint64_t per_block = facts_.block_bytes / facts_.descriptor_bytes;
  const std::uint64_t index = group / per_block;
  std::uint64_t block = facts_.super_block + 1 + index;
  if (index > 0 && index >= facts_.first_meta_group) {
    const std::uint64_t first = index * per_block;
    block = facts_.first_block + first * facts_.blocks_per_group + (has_super(first) ? 1 : 0);
  }
  return block * facts_.block_bytes + group % per_block * facts_.descriptor_bytes;
}

std::uint64_t ExtVolume::descriptor_blocks_in(std::uint64_t group) const {
  const std::uint64_t per_block = facts_.block_bytes / facts_.descriptor_bytes;
  const std::uint64_t index = group / per_block, place = group % per_block;
  if (index >= facts_.first_meta_group) return place == 0 || place == 1 || place == per_block - 1 ? 1 : 0;
  if (!has_super(group)) return 0;
  return std::min(divided_up(facts_.block_groups(), per_block), facts_.first_meta_group) +
         facts_.reserved_descriptor_blocks;
}

std::optional<ExtGroup> ExtVolume::group(std::uint64_t number) const {
  if (number >= std::max(facts_.groups(), facts_.block_groups())) return std::nullopt;
  const auto bytes = read(descriptor_offset(number), facts_.descriptor_bytes);
  const auto low = Block<32>::at(bytes, 0);
  if (!low) return std::nullopt;
  ExtGroup group;
  group.block_bitmap = low->le<0, std::uint32_t>();
  group.inode_bitmap = low->le<4, std::uint32_t>();
  group.inode_table = low->le<8, std::uint32_t>();
  std::uint64_t unused = low->le<0x1C, std::uint16_t>();
  if (const auto high = Block<32>::at(bytes, 32)) {
    group.block_bitmap = wide(high->le<0, std::uint32_t>(), low->le<0, std::uint32_t>());
    group.inode_bitmap = wide(high->le<4, std::uint32_t>(), low->le<4, std::uint32_t>());
    group.inode_table = wide(high->le<8, std::uint32_t>(), low->le<8, std::uint32_t>());
    unused |= std::uint64_t{high->le<0x12, std::uint16_t>()} << 16;
  }
  const std::uint64_t before = number * facts_.inodes_per_group;
  group.inodes = std::min(facts_.inodes_per_group, facts_.inodes - std::min(facts_.inodes, before));
  if (!facts_.checksums()) return group;
  const std::uint16_t flags = low->le<0x12, std::uint16_t>();
  group.no_inodes = (flags & kGroupNoInodes) != 0;
  group.no_blocks = (flags & kGroupNoBlocks) != 0;
  const std::uint64_t used = facts_.inodes_per_group - std::min(unused, facts_.inodes_per_group);
  group.inodes = std::min(group.inodes, group.no_inodes ? 0 : used);
  return group;
}

std::vector<std::uint8_t> ExtVolume::inode_bitmap(const ExtGroup& group) const {
  const auto bytes = static_cast<std::size_t>(divided_up(facts_.inodes_per_group, 8));
  if (group.no_inodes) return std::vector<std::uint8_t>(bytes);
  if (!holds(group.inode_bitmap, 1)) return {};
  return read(group.inode_bitmap * facts_.block_bytes, bytes);
}

std::optional<bool> ExtVolume::inode_bit(const ExtGroup& group, std::uint64_t index) const {
  if (group.no_inodes) return false;
  std::array<std::uint8_t, 1> byte{};
  if (!holds(group.inode_bitmap, 1)) return std::nullopt;
  if (walk_.read(image_offset(group.inode_bitmap) + index / 8, byte) != 1) return std::nullopt;
  return (byte[0] >> (index % 8) & 1) != 0;
}

bool ExtVolume::block_in_use(std::uint64_t block) const {
  if (block < facts_.first_block) return true;
  const std::uint64_t number = (block - facts_.first_block) / facts_.blocks_per_group;
  const std::uint64_t bit = (block - facts_.first_block) % facts_.blocks_per_group / facts_.blocks_per_cluster;
  const auto found = group(number);
  if (!found || bit / 8 >= facts_.block_bytes || !holds(found->block_bitmap, 1)) return true;
  if (found->no_blocks) return false;
  std::array<std::uint8_t, 1> byte{};
  if (walk_.read(image_offset(found->block_bitmap) + bit / 8, byte) != 1) return true;
  return (byte[0] >> (bit % 8) & 1) != 0;
}

bool ExtVolume::is_system(std::uint64_t inode) const {
  if (inode < facts_.first_user_inode) return true;
  return std::find(facts_.system_inodes.begin(), facts_.system_inodes.end(), inode) != facts_.system_inodes.end();
}

std::optional<ExtInode> ExtVolume::inode(std::uint64_t number) const {
  if (number == 0 || number > facts_.inodes) return std::nullopt;
  const std::uint64_t index = (number - 1) % facts_.inodes_per_group;
  const auto found = group((number - 1) / facts_.inodes_per_group);
  if (!found || !holds(found->inode_table, 1)) return std::nullopt;
  const std::uint64_t at = found->inode_table * facts_.block_bytes + index * facts_.inode_bytes;
  ExtInode inode;
  inode.number = number;
  inode.image_offset = walk_.base + at;
  inode.raw = read(at, facts_.inode_bytes);
  const auto raw = Block<128>::at(inode.raw, 0);
  if (!raw) return std::nullopt;
  inode.mode = raw->le<0, std::uint16_t>();
  inode.kind = kind_of(inode.mode);
  inode.links = raw->le<0x1A, std::uint16_t>();
  inode.uid = raw->le<0x2, std::uint16_t>() | std::uint32_t{raw->le<0x78, std::uint16_t>()} << 16;
  inode.gid = raw->le<0x18, std::uint16_t>() | std::uint32_t{raw->le<0x7A, std::uint16_t>()} << 16;
  inode.flags = raw->le<0x20, std::uint32_t>();
  inode.deleted_at = raw->le<0x14, std::uint32_t>();
  inode.size = raw->le<0x4, std::uint32_t>();
  // Elsewhere the field is that of an access list of old.
  if (inode.kind == ExtKind::kFile || facts_.large_directories())
    inode.size |= std::uint64_t{raw->le<0x6C, std::uint32_t>()} << 32;
  inode.size = std::min(inode.size, kMaxStreamBytes);
  inode.sectors = raw->le<0x1C, std::uint32_t>();
  if ((facts_.ro_compat & kRoHugeFile) != 0) inode.sectors |= std::uint64_t{raw->le<0x74, std::uint16_t>()} << 32;
  if ((facts_.ro_compat & kRoHugeFile) != 0 && inode.is(kHugeFile)) inode.sectors *= facts_.block_bytes / 512;
  if (!facts_.old_revision) inode.xattr_block = raw->le<0x68, std::uint32_t>();
  if ((facts_.incompat & kIncompat64Bit) != 0) inode.xattr_block |= std::uint64_t{raw->le<0x76, std::uint16_t>()} << 32;
  read_times(inode.raw, inode);
  const auto bit = inode_bit(*found, index);
  inode.in_use = bit.value_or(inode.mode != 0 && inode.links > 0 && inode.deleted_at == 0);
  return inode;
}

// Beyond the first 128 bytes stands what i_extra_isize says: nanoseconds with two more bits of seconds for each time,
// and the time of creation.
void ExtVolume::read_times(const Bytes& raw, ExtInode& inode) const {
  if (facts_.inode_bytes > 128) inode.extra_end += le_at<std::uint16_t>(raw, 128).value_or(0);
  if (inode.extra_end > raw.size()) inode.extra_end = 128;
  const auto stamp = [&](std::uint64_t at, std::uint64_t extra_at) -> catalog::Stamp {
    std::int64_t seconds = static_cast<std::int32_t>(le_at<std::uint32_t>(raw, at).value_or(0));
    std::uint32_t nanoseconds = 0;
    if (extra_at + 4 <= inode.extra_end) {
      const std::uint32_t extra = le_at<std::uint32_t>(raw, extra_at).value_or(0);
      seconds += static_cast<std::int64_t>(extra & 3) << 32;
      nanoseconds = extra >> 2;
    }
    // More than a second of them is damage, of which nothing follows for the seconds.
    if (nanoseconds >= static_cast<std::uint32_t>(kNsPerSecond)) nanoseconds = 0;
    return catalog::utc_stamp(seconds, nanoseconds);
  };
  inode.times.accessed = stamp(0x8, 0x8C);
  inode.times.changed = stamp(0xC, 0x84);
  inode.times.modified = stamp(0x10, 0x88);
  if (0x90 + 4 <= inode.extra_end) inode.times.created = stamp(0x90, 0x94);
}

}  // namespace limier::volume
