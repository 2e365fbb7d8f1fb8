// Source: Linux kernel documentation, "ext4 Data Structures and Algorithms": inode.i_block, inline data, extended
// attributes; Documentation/filesystems/fscrypt.rst and fsverity.rst for what encrypted and sealed files keep where.
#include "volume/ext_streams.h"

#include <algorithm>

#include "volume/ext_tree.h"
#include "volume/ext_xattr.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;
using catalog::ExtentKind;

// As libtsk numbers the content of these file systems.
constexpr std::uint32_t kContent = 1;
constexpr std::uint32_t kXattr = 0xE0;  // $EA on NTFS

// Whether the target stands in the inode: then no blocks are counted, apart from one for attributes. Values of
// attributes in inodes of their own are counted too: where there can be such, any target that fits stands in the inode.
bool short_link(const ExtVolume& volume, const ExtInode& inode) {
  const ExtFacts& facts = volume.facts();
  if (inode.kind != ExtKind::kLink || inode.is(kExtInlineData) || inode.size >= kExtRootBytes) return false;
  if (facts.large_xattrs()) return true;
  const std::uint64_t of_xattrs = inode.xattr_block == 0 ? 0 : facts.block_bytes / 512 * facts.blocks_per_cluster;
  return inode.sectors <= of_xattrs || (!inode.is(kExtExtents) && !inode.in_use);
}

class Planner {
 public:
  Planner(const ExtVolume& volume, const ExtInode& inode) : volume_(volume), inode_(inode) {
    block_bytes_ = volume.facts().block_bytes;
    regular_ = inode.kind == ExtKind::kFile || inode.kind == ExtKind::kOther;
    encrypted_ = inode.is(kExtEncrypted) && regular_;
  }

  ExtStreams run() {
    const bool in_blocks = regular_ || inode_.kind == ExtKind::kDir || inode_.kind == ExtKind::kLink;
    // The block of a deleted inode may be another's by now.
    const auto xattrs = read_ext_xattrs(volume_, inode_, inode_.in_use);
    if (inode_.is(kExtInlineData) && in_blocks) {
      add_inline(xattrs);
    } else if (in_blocks && !short_link(volume_, inode_)) {
      add_content();
    } else {
      plans_.push_back(blank(kContent, 0, inode_.size, ""));
    }
    std::uint16_t ordinal = 0;
    for (const ExtXattr& xattr : xattrs.list) add_xattr(xattr, ordinal++);
    for (StreamPlan& plan : plans_) number_extents(plan);
    return {std::move(plans_), xattrs.damaged && inode_.in_use};
  }

 private:
  [[nodiscard]] StreamPlan blank(std::uint32_t type, std::uint16_t id, std::uint64_t size, std::string name) const {
    StreamPlan plan;
    plan.record.ref = {volume_.walk().volume_id(), inode_.number, 0, type, id};
    plan.record.is_default = name.empty();
    plan.record.name = std::move(name);
    plan.record.size_bytes = size;
    return plan;
  }

  void add_inline(const ExtXattrs& xattrs) {
    StreamPlan plan = blank(kContent, 0, inode_.size, "");
    const std::uint64_t head = std::min<std::uint64_t>(inode_.size, kExtRootBytes);
    add_extent(plan, ExtentKind::kResident, 0, inode_.image_offset + ExtInode::kRootAt, head);
    const std::uint64_t rest = inode_.size - head;
    const std::uint64_t there =
        xattrs.has_inline_data && xattrs.inline_data.inode == 0 ? std::min(rest, xattrs.inline_data.size) : 0;
    add_extent(plan, ExtentKind::kResident, head, xattrs.inline_data.image_offset, there);
    // A file may end in a hole here too.
    const bool whole = rest == there || (inode_.in_use && xattrs.has_inline_data && !xattrs.damaged);
    if (whole) add_hole(plan, head + there, inode_.size);
    plan.decoded = true;
    plan.record.source = whole ? ContentSource::kDigested : ContentSource::kUnreadable;
    finish(plan);
    plans_.push_back(std::move(plan));
  }

  void add_content() {
    StreamPlan plan = blank(kContent, 0, inode_.size, "");
    const bool whole = place(read_ext_tree(volume_, inode_), plan);
    const auto any = [&](ExtentKind kind) {
      return std::any_of(plan.extents.begin(), plan.extents.end(),
                         [kind](const auto& extent) { return extent.kind == kind; });
    };
    const bool compressed =
        inode_.is(kExtCompressedBlocks) || (inode_.is(kExtCompressed) && volume_.facts().compression());
    if (!whole) {
      plan.record.source = ContentSource::kUnreadable;
    } else if (regular_ && compressed) {
      plan.record.source = ContentSource::kNotRead;
      plan.record.reason = "compressed (e2compr)";
      for (auto& extent : plan.extents)
        if (extent.kind == ExtentKind::kData) extent.kind = ExtentKind::kCompressed;
    } else if (any(ExtentKind::kData)) {
      plan.record.source = ContentSource::kExtents;
    } else {
      plan.zeros = true;
      plan.record.source = ContentSource::kDigested;
    }
    finish(plan);
    plans_.push_back(std::move(plan));
  }

  // False: some of the content is not to be had.
  bool place(const ExtTree& tree, StreamPlan& plan) const {
    bool whole = tree.whole;
    std::uint64_t next = 0;  // file block
    for (const ExtRun& run : tree.runs) {
      const std::uint64_t most = kMaxStreamBytes / block_bytes_;
      // A list that goes back feeds on itself; numbers beyond any file are damage.
      if (run.file_block < next || run.file_block > most || run.blocks > most) {
        whole = false;
        break;
      }
      add_hole(plan, next * block_bytes_, run.file_block * block_bytes_);
      whole = add_run(run, plan) && whole;
      next = run.file_block + run.blocks;
    }
    if (next * block_bytes_ >= inode_.size || !whole) return whole;
    // A file in use has a hole behind its last run; of a deleted one the runs are gone.
    if (inode_.in_use) add_hole(plan, next * block_bytes_, inode_.size);
    return inode_.in_use;
  }

  void add_hole(StreamPlan& plan, std::uint64_t from, std::uint64_t to) const {
    to = std::min(to, inode_.size);
    if (to > from) add_extent(plan, ExtentKind::kSparse, from, std::nullopt, to - from);
  }

  bool add_run(const ExtRun& run, StreamPlan& plan) const {
    const std::uint64_t from = run.file_block * block_bytes_, to = from + run.blocks * block_bytes_;
    if (!volume_.holds(run.block, run.blocks)) {
      plan.outside_volume = true;
      return from >= inode_.size;
    }
    const std::uint64_t image_offset = volume_.image_offset(run.block);
    const std::uint64_t split = std::clamp(inode_.size, from, to);
    ExtentKind kind = ExtentKind::kData;
    if (run.unwritten) kind = ExtentKind::kUninitialized;
    if (encrypted_) kind = ExtentKind::kEncrypted;
    add_extent(plan, kind, from, image_offset, split - from);
    // Preallocated, or the tree of digests of a file that is sealed (fs-verity).
    add_extent(plan, ExtentKind::kSlack, split, image_offset + (split - from), to - split);
    return true;
  }

  // The rules that hold however the content is stored.
  void finish(StreamPlan& plan) const {
    auto& record = plan.record;
    if (record.size_bytes == 0) record.source = ContentSource::kEmpty;
    if (encrypted_ && record.size_bytes > 0) record.source = ContentSource::kEncrypted;
    if (record.source == ContentSource::kDigested && record.size_bytes > kMaxDigestedBytes)
      record.source = plan.zeros ? ContentSource::kTooSparse : ContentSource::kUnreadable;
    // ext3 and ext4 set the size to 0 and clear the pointers when they delete: that is no empty file.
    const bool cleared = !inode_.in_use && record.size_bytes == 0 && inode_.deleted_at != 0;
    if (cleared && inode_.kind == ExtKind::kFile) record.source = ContentSource::kUnreadable;
    if (!regular_) record.source = ContentSource::kNone;
    if (record.source != ContentSource::kNotRead) record.reason.clear();
  }

  void add_xattr(const ExtXattr& xattr, std::uint16_t ordinal) {
    StreamPlan plan = blank(kXattr, ordinal, xattr.size, "xattr:" + xattr.name);
    plan.decoded = true;
    plan.record.source = ContentSource::kDigested;
    if (xattr.size == 0) {
      plan.record.source = ContentSource::kEmpty;
    } else if (xattr.inode == 0) {
      add_extent(plan, ExtentKind::kResident, 0, xattr.image_offset, xattr.size);
    } else if (!add_value_of(xattr, plan)) {
      plan.extents.clear();
      plan.record.source = ContentSource::kUnreadable;
    }
    plans_.push_back(std::move(plan));
  }

  // Large values are the content of an inode of their own, which several files may share.
  bool add_value_of(const ExtXattr& xattr, StreamPlan& plan) const {
    const auto holder = volume_.inode(xattr.inode);
    if (!holder || !holder->is(kExtXattrInode) || holder->size != xattr.size) return false;
    StreamPlan content;
    const Planner planner(volume_, *holder);
    if (!planner.place(read_ext_tree(volume_, *holder), content)) return false;
    for (const auto& extent : content.extents) {
      if (extent.kind != ExtentKind::kData) continue;
      add_extent(plan, ExtentKind::kResident, extent.file_offset, extent.image_offset, extent.length);
    }
    return true;
  }

  const ExtVolume& volume_;
  const ExtInode& inode_;
  std::uint64_t block_bytes_ = 0;
  bool regular_ = false;
  bool encrypted_ = false;
  std::vector<StreamPlan> plans_;
};

}  // namespace

ExtStreams plan_ext_streams(const ExtVolume& volume, const ExtInode& inode) {
  return Planner(volume, inode).run();
}

std::string ext_link_target(const ExtVolume& volume, const ExtInode& inode, bool with_content) {
  if (inode.kind != ExtKind::kLink || inode.is(kExtEncrypted) || inode.size > kMaxLinkBytes) return {};
  const auto size = static_cast<std::size_t>(inode.size);
  // A target ends before the first zero; the kernel leaves nothing but zeros of one that it deletes.
  if (short_link(volume, inode)) {
    const std::string_view target = as_text(inode.root().first(size));
    return std::string(target.substr(0, target.find('\0')));
  }
  if (!with_content && !inode.is(kExtInlineData)) return {};
  std::string target;
  for (const StreamPlan& plan : plan_ext_streams(volume, inode).plans) {
    if (!plan.record.is_default) continue;
    for (const auto& extent : plan.extents) {
      const bool content = extent.kind == ExtentKind::kData || extent.kind == ExtentKind::kResident;
      if (!content || !extent.image_offset || extent.file_offset != target.size()) continue;
      const std::uint64_t at = *extent.image_offset - volume.walk().base;
      const bool reused =
          !inode.in_use && extent.kind == ExtentKind::kData && volume.block_in_use(at / volume.facts().block_bytes);
      const auto bytes =
          reused ? std::vector<std::uint8_t>() : volume.read(at, static_cast<std::size_t>(extent.length));
      target += as_text(bytes);
    }
  }
  return target.size() == size ? target : std::string();
}

}  // namespace limier::volume
