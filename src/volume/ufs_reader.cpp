// Source of the structures: FreeBSD sys/ufs/ffs/fs.h (superblock), sys/ufs/ufs/dinode.h (inodes), extattr.h (extended
// attributes of UFS 2).
#include "volume/ufs_reader.h"

#include <algorithm>

#include "volume/fork.h"
#include "volume/walk.h"
#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kMagic1 = 0x00011954, kMagic2 = 0x19540119;
constexpr std::array<std::uint64_t, 4> kSuperblocks = {65536, 8192, 0, 262144};
constexpr std::uint32_t kSnapshotFlag = 0x00200000;  // SF_SNAPSHOT
constexpr std::uint32_t kExtendedAttribute = 0xE0;   // as NTFS numbers its own
constexpr std::size_t kMaxAttributesOfFile = 4096;
constexpr std::size_t kInode1 = 128, kInode2 = 256;

// Numbers in the byte order of the volume.
struct Order {
  bool little = true;
  template <std::size_t Offset, class T, std::size_t N>
  T get(const Block<N>& block) const {
    return little ? block.template le<Offset, T>() : block.template be<Offset, T>();
  }
};

struct Geometry {
  Order order;
  bool second = false;  // UFS 2
  std::uint64_t block_bytes = 0, fragment_bytes = 0, fragments_per_block = 0;
  std::uint64_t inodes_per_block = 0, inodes_per_group = 0, fragments_per_group = 0, groups = 0;
  std::uint64_t inode_table = 0;  // fragments from the start of a group
  std::uint32_t group_offset = 0, group_mask = 0;
};

std::optional<Geometry> parse_superblock(Bytes bytes) {
  const auto block = Block<1376>::at(bytes, 0);
  if (!block) return std::nullopt;
  Geometry found;
  const auto little = block->le<1372, std::uint32_t>(), big = block->be<1372, std::uint32_t>();
  found.order.little = little == kMagic1 || little == kMagic2;
  if (!found.order.little && big != kMagic1 && big != kMagic2) return std::nullopt;
  found.second = (found.order.little ? little : big) == kMagic2;
  const Order order = found.order;
  found.inode_table = order.get<16, std::uint32_t>(*block);
  found.group_offset = order.get<24, std::uint32_t>(*block);
  found.group_mask = order.get<28, std::uint32_t>(*block);
  found.groups = order.get<44, std::uint32_t>(*block);
  found.block_bytes = order.get<48, std::uint32_t>(*block);
  found.fragment_bytes = order.get<52, std::uint32_t>(*block);
  found.fragments_per_block = order.get<56, std::uint32_t>(*block);
  found.inodes_per_block = order.get<120, std::uint32_t>(*block);
  found.inodes_per_group = order.get<184, std::uint32_t>(*block);
  found.fragments_per_group = order.get<188, std::uint32_t>(*block);
  constexpr std::uint64_t kMostBlock = 1u << 20;
  const bool sound = found.fragment_bytes >= 512 && found.block_bytes >= found.fragment_bytes &&
                     found.block_bytes <= kMostBlock && found.inodes_per_block > 0 && found.inodes_per_group > 0 &&
                     found.fragments_per_block == found.block_bytes / found.fragment_bytes;
  return sound ? std::optional(found) : std::nullopt;
}

struct UfsInode {
  catalog::FileTimes times;
  std::uint32_t flags = 0;
  std::uint32_t attribute_bytes = 0;
  std::array<std::uint64_t, 2> attribute_blocks{};
};

struct UfsAttribute {
  std::string name;
  std::uint64_t offset = 0, size_bytes = 0;  // in the area of attributes
};

std::vector<UfsAttribute> parse_attributes(Bytes area, Order order) {
  constexpr std::size_t kNameAt = 7;
  std::vector<UfsAttribute> found;
  for (std::uint64_t at = 0; found.size() < kMaxAttributesOfFile;) {
    const auto rest = slice(area, at, area.size() - std::min<std::uint64_t>(at, area.size()));
    const auto head = rest ? Block<8>::at(*rest, 0) : std::nullopt;
    if (!head) break;
    const std::uint64_t length = order.get<0, std::uint32_t>(*head);
    const unsigned space = head->le<4, std::uint8_t>(), padding = head->le<5, std::uint8_t>();
    const std::size_t name_size = head->le<6, std::uint8_t>();
    const std::uint64_t content = (kNameAt + name_size + 7) / 8 * 8;
    const auto name = slice(*rest, kNameAt, name_size);
    if (length == 0 || length > rest->size() || length < content + padding || !name) break;
    const std::string_view prefix = space == 1 ? "user." : space == 2 ? "system." : "";
    found.push_back({std::string(prefix) + std::string(as_text(*name)), at + content, length - content - padding});
    at += length;
  }
  return found;
}

class UfsReader final : public SecondReader {
 public:
  UfsReader(WalkContext& context, Geometry geometry) : context_(context), geometry_(geometry) {}

  Status correct(TSK_FS_FILE* file, catalog::InodeRecord& record) override {
    if (record.kind == catalog::FileKind::kLink) complete_target(file, record);
    inode_ = record.kind == catalog::FileKind::kVirtual ? std::nullopt : open(record.inode);
    if (inode_) record.times = inode_->times;
    return ok_status();
  }

  Status correct(TSK_FS_FILE* file, const catalog::InodeRecord& record, std::vector<StreamPlan>& plans) override {
    static_cast<void>(file);
    if (!inode_ || plans.empty()) return ok_status();
    StreamPlan& content = plans.front();
    const bool snapshot = record.kind == catalog::FileKind::kFile && (inode_->flags & kSnapshotFlag) != 0;
    if (snapshot && content.record.size_bytes > 0) {
      content.record.source = catalog::ContentSource::kNotRead;
      content.record.reason = "a snapshot of the file system, which shares the blocks of what did not change";
      content.extents.clear();
    }
    if (record.allocated) add_attributes(plans);
    return ok_status();
  }

  Status report() override { return lost_.report(context_); }

  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override {
    return read_resident(context_, plan, consume, consumed);
  }

 private:
  // libtsk reads no more of a target than a fragment holds.
  void complete_target(TSK_FS_FILE* file, catalog::InodeRecord& record) {
    if (context_.job.metadata_only || record.size_bytes > kMaxLinkBytes ||
        record.link_target.size() != geometry_.fragment_bytes || record.size_bytes <= record.link_target.size())
      return;
    std::string target(static_cast<std::size_t>(record.size_bytes), '\0');
    const auto got = context_.session.call([&](TSK_FS_INFO*) {
      return tsk_fs_file_read(file, 0, target.data(), target.size(), TSK_FS_FILE_READ_FLAG_NONE);
    });
    tsk_error_reset();
    if (got && *got == static_cast<ssize_t>(target.size())) record.link_target = std::move(target);
  }

  template <std::size_t Seconds, std::size_t Nanoseconds, std::size_t N>
  catalog::Stamp stamp(const Block<N>& block) const {
    const Order order = geometry_.order;
    const auto nanoseconds = order.get<Nanoseconds, std::uint32_t>(block);
    std::int64_t seconds = 0;
    if constexpr (N == kInode2) {
      seconds = static_cast<std::int64_t>(order.get<Seconds, std::uint64_t>(block));
    } else {
      seconds = static_cast<std::int32_t>(order.get<Seconds, std::uint32_t>(block));
    }
    // Without seconds there is no such time; more than a second of nanoseconds is damage.
    return seconds == 0 ? catalog::Stamp{} : catalog::utc_stamp(seconds, nanoseconds < kNsPerSecond ? nanoseconds : 0);
  }

  std::optional<UfsInode> open(std::uint64_t number) {
    const Geometry& g = geometry_;
    const std::uint64_t group = number / g.inodes_per_group, within = number % g.inodes_per_group;
    if (group >= g.groups) return std::nullopt;
    std::uint64_t fragment = group * g.fragments_per_group + g.inode_table;
    if (!g.second) fragment += std::uint64_t{g.group_offset} * (static_cast<std::uint32_t>(group) & ~g.group_mask);
    fragment += within / g.inodes_per_block * g.fragments_per_block;
    const std::uint64_t size = g.second ? kInode2 : kInode1;
    std::array<std::uint8_t, kInode2> bytes{};
    const std::uint64_t room = context_.end - context_.base;
    if (fragment > room / g.fragment_bytes) return std::nullopt;
    const std::uint64_t at = fragment * g.fragment_bytes + within % g.inodes_per_block * size;
    if (at > room || room - at < size) return std::nullopt;
    if (context_.read(context_.base + at, MutableBytes(bytes).first(static_cast<std::size_t>(size))) != size)
      return std::nullopt;
    return g.second ? parse(*Block<kInode2>::at(bytes, 0)) : parse(*Block<kInode1>::at(bytes, 0));
  }

  [[nodiscard]] UfsInode parse(const Block<kInode1>& block) const {
    UfsInode inode;
    inode.times = {stamp<24, 28>(block), stamp<16, 20>(block), stamp<32, 36>(block), {}};
    inode.flags = geometry_.order.get<100, std::uint32_t>(block);
    return inode;
  }
  [[nodiscard]] UfsInode parse(const Block<kInode2>& block) const {
    const Order order = geometry_.order;
    UfsInode inode;
    inode.times = {stamp<40, 64>(block), stamp<32, 68>(block), stamp<48, 72>(block), stamp<56, 76>(block)};
    inode.flags = order.get<88, std::uint32_t>(block);
    inode.attribute_bytes = order.get<92, std::uint32_t>(block);
    inode.attribute_blocks = {order.get<96, std::uint64_t>(block), order.get<104, std::uint64_t>(block)};
    return inode;
  }

  // The two blocks that an inode has for its attributes; the last is cut to the fragments it needs.
  [[nodiscard]] Fork attribute_area() const {
    Fork area;
    area.size_bytes = inode_->attribute_bytes;
    const std::uint64_t room = (context_.end - context_.base) / geometry_.fragment_bytes;
    std::uint64_t done = 0;
    for (const std::uint64_t block : inode_->attribute_blocks) {
      if (done >= area.size_bytes) break;
      const std::uint64_t length = std::min(area.size_bytes - done, geometry_.block_bytes);
      if (block == 0 || block > room ||
          (length + geometry_.fragment_bytes - 1) / geometry_.fragment_bytes > room - block)
        break;
      area.runs.push_back({done, context_.base + block * geometry_.fragment_bytes, length});
      done += length;
    }
    area.whole = done == area.size_bytes;
    return area;
  }

  void add_attributes(std::vector<StreamPlan>& plans) {
    if (inode_->attribute_bytes == 0) return;
    const bool possible = inode_->attribute_bytes <= 2 * geometry_.block_bytes;
    const Fork area = possible ? attribute_area() : Fork{0, {}, false};
    std::vector<std::uint8_t> bytes(possible ? inode_->attribute_bytes : 0);
    if (!area.whole || !read_fork(context_, area, 0, bytes)) return lost_.add(plans.front().record.ref.inode);
    std::uint16_t id = 0;
    for (const UfsAttribute& attribute : parse_attributes(bytes, geometry_.order)) {
      StreamPlan plan;
      plan.record.ref = plans.front().record.ref;
      plan.record.ref.attr_type = kExtendedAttribute;
      plan.record.ref.attr_id = id++;
      plan.record.name = "xattr:" + attribute.name;
      plan.record.is_default = false;
      plan_resident(part_of(area, attribute.offset, attribute.size_bytes), plan);
      plans.push_back(std::move(plan));
    }
    std::sort(plans.begin(), plans.end(),
              [](const StreamPlan& a, const StreamPlan& b) { return a.record.ref < b.record.ref; });
  }

  WalkContext& context_;
  Geometry geometry_;
  std::optional<UfsInode> inode_;  // the one that was corrected last
  LostAttributes lost_;
};

}  // namespace

std::unique_ptr<SecondReader> make_ufs_reader(WalkContext& context) {
  std::array<std::uint8_t, 1376> bytes{};
  for (const std::uint64_t place : kSuperblocks) {
    if (place > context.end - context.base || context.read(context.base + place, bytes) != bytes.size()) continue;
    const auto geometry = parse_superblock(bytes);
    if (geometry && geometry->second == (context.type == TSK_FS_TYPE_FFS2))
      return std::make_unique<UfsReader>(context, *geometry);
  }
  return std::make_unique<SecondReader>();
}

}  // namespace limier::volume
