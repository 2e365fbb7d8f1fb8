// Streams and their extents from libtsk's run lists, without touching content.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "volume/walk.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;
using catalog::ExtentKind;

constexpr std::uint64_t kBadClusterFile = 8;
constexpr std::uint64_t kUfsDirectBlocks = 12;  // UFS_NDADDR

std::uint64_t bounded_size(TSK_OFF_T size) {
  if (size <= 0) return 0;
  return std::min(static_cast<std::uint64_t>(size), kMaxStreamBytes);
}

// Collects the extents of one non-resident stream.
class RunReader {
 public:
  RunReader(WalkContext& context, StreamPlan& plan) : context_(context), plan_(plan) {
    size_ = initialised_ = plan.record.size_bytes;
    limit_ = end_of_fragments();
  }

  void read(const TSK_FS_ATTR& attr) {
    // Only NTFS keeps an initialised length; elsewhere libtsk repeats the size, or less where it gave up on the runs.
    if (context_.ntfs()) initialised_ = std::min(size_, bounded_size(attr.nrd.initsize));
    skip_ = attr.nrd.skiplen;
    compressed_ = (attr.flags & TSK_FS_ATTR_COMP) != 0;
    encrypted_ = (attr.flags & TSK_FS_ATTR_ENC) != 0;
    for (const TSK_FS_ATTR_RUN* run = attr.nrd.run; run != nullptr; run = run->next) {
      if (!follows(run->offset, run->len)) break;
      add_run(*run);
    }
  }

  [[nodiscard]] bool unreadable() const { return unreadable_; }
  [[nodiscard]] std::uint64_t covered() const { return covered_; }
  [[nodiscard]] bool on_disk() const { return on_disk_; }
  void add_hole(std::uint64_t from, std::uint64_t to) {
    if (to > from) push(ExtentKind::kSparse, from, std::nullopt, to - from);
  }

 private:
  // UFS ends a file without indirect blocks in fragments, of which libtsk counts a whole block: the rest of that block
  // belongs to other files.
  [[nodiscard]] std::uint64_t end_of_fragments() const {
    if (context_.ufs_block_bytes == 0 || size_ > kUfsDirectBlocks * context_.ufs_block_bytes) return kMaxStreamBytes;
    const std::uint64_t fragment = context_.block_size;
    return (size_ + fragment - 1) / fragment * fragment;
  }

  struct Blocks {
    std::uint64_t file_block, block, count;
    bool hole;
  };

  // A list that goes back feeds on itself; numbers beyond any file are damage.
  bool follows(std::uint64_t file_block, std::uint64_t blocks) {
    const std::uint64_t most = kMaxStreamBytes / context_.block_size;
    if (++count_ > kMaxRuns || file_block < expected_ || blocks > most || file_block > most) {
      unreadable_ = true;
      return false;
    }
    expected_ = file_block + blocks;
    return true;
  }

  void add_run(const TSK_FS_ATTR_RUN& run) {
    const bool filler = (run.flags & TSK_FS_ATTR_RUN_FLAG_FILLER) != 0;
    const bool sparse = (run.flags & TSK_FS_ATTR_RUN_FLAG_SPARSE) != 0;
    encrypted_ = encrypted_ || (run.flags & TSK_FS_ATTR_RUN_FLAG_ENCRYPTED) != 0;
    if (filler && context_.ntfs()) {
      // A part of the run list is in an MFT record that is gone.
      const std::uint64_t from = run.offset * context_.block_size;
      if (std::max<std::uint64_t>(from, skip_) - skip_ < size_) unreadable_ = true;
    }
    add_blocks({run.offset, run.addr, run.len, filler || sparse}, filler && context_.ntfs());
  }

  void add_blocks(const Blocks& run, bool lost = false) {
    const std::uint64_t from = run.file_block * context_.block_size;
    const std::uint64_t to = std::min(from + run.count * context_.block_size, limit_);
    if (to <= skip_ || to <= from) return;
    const std::uint64_t file_from = std::max<std::uint64_t>(from, skip_) - skip_;
    const std::uint64_t file_to = to - skip_;
    covered_ += std::min(file_to, size_) - std::min(file_from, size_);
    if (lost) return;
    if (run.hole) {
      add_hole(std::min(file_from, size_), std::min(file_to, size_));
      return;
    }
    place(run.block, file_from + skip_ - from, file_from, file_to);
  }

  // Cuts one physical run at the ends of the initialised part and of the content, and at block gaps of NAND.
  void place(std::uint64_t address, std::uint64_t skipped, std::uint64_t from, std::uint64_t to) {
    if (from >= to) return;
    if (!inside(address, skipped + (to - from))) {
      plan_.outside_volume = true;
      if (from < size_) unreadable_ = true;
      return;
    }
    on_disk_ = true;
    const bool contiguous = context_.block_pre == 0 && context_.block_post == 0;
    const std::uint64_t step = contiguous ? to - from : context_.block_size;
    for (std::uint64_t at = from; at < to && plan_.extents.size() < kMaxRuns;) {
      const std::uint64_t in_run = skipped + (at - from);
      const std::uint64_t length = std::min(to - at, step - (contiguous ? 0 : in_run % context_.block_size));
      const std::uint64_t image_offset = contiguous ? context_.base + address * context_.block_size + in_run
                                                    : context_.base +
                                                          (address + in_run / context_.block_size) * context_.stride() +
                                                          context_.block_pre + in_run % context_.block_size;
      cut(at, image_offset, length);
      at += length;
    }
  }

  void cut(std::uint64_t from, std::uint64_t image_offset, std::uint64_t length) {
    const std::uint64_t to = from + length;
    const auto part = [&](std::uint64_t a, std::uint64_t b, ExtentKind kind) {
      const std::uint64_t begin = std::clamp(a, from, to), end = std::clamp(b, from, to);
      if (begin < end) push(kind, begin, image_offset + (begin - from), end - begin);
    };
    if (compressed_) {
      push(ExtentKind::kCompressed, from, image_offset, length);
      return;
    }
    part(0, initialised_, encrypted_ ? ExtentKind::kEncrypted : ExtentKind::kData);
    part(initialised_, size_, ExtentKind::kUninitialized);
    part(size_, to, ExtentKind::kSlack);
  }

  bool inside(std::uint64_t address, std::uint64_t bytes) const {
    const std::uint64_t room = context_.end - context_.base;
    if (address > room / context_.stride()) return false;
    const std::uint64_t start = address * context_.stride();
    const std::uint64_t blocks = (bytes + context_.block_size - 1) / context_.block_size;
    const std::uint64_t physical = context_.stride() == context_.block_size ? bytes : blocks * context_.stride();
    return physical <= room - start;
  }

  void push(ExtentKind kind, std::uint64_t file_offset, std::optional<std::uint64_t> image_offset,
            std::uint64_t length) {
    add_extent(plan_, kind, file_offset, image_offset, length);
  }

  WalkContext& context_;
  StreamPlan& plan_;
  std::size_t count_ = 0;
  std::uint64_t expected_ = 0;  // file block where the next run may begin
  bool compressed_ = false;
  bool encrypted_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t initialised_ = 0;
  std::uint64_t skip_ = 0;
  std::uint64_t limit_ = kMaxStreamBytes;
  std::uint64_t covered_ = 0;
  bool unreadable_ = false;
  bool on_disk_ = false;
};

class Planner {
 public:
  Planner(WalkContext& context, TSK_FS_FILE* file, std::uint32_t sequence)
      : context_(context), file_(file), meta_(*file->meta), sequence_(sequence) {
    directory_ = TSK_FS_IS_DIR_META(meta_.type) != 0;
    allocated_ = (meta_.flags & TSK_FS_META_FLAG_ALLOC) != 0;
    regular_ = meta_.type == TSK_FS_META_TYPE_REG || meta_.type == TSK_FS_META_TYPE_VIRT ||
               meta_.type == TSK_FS_META_TYPE_UNDEF;
  }

  std::vector<StreamPlan> run() {
    if (context_.ntfs()) {
      ntfs_streams();
    } else {
      plain_streams();
    }
    if (plans_.empty()) plans_.push_back(no_attribute());
    std::sort(plans_.begin(), plans_.end(),
              [](const StreamPlan& a, const StreamPlan& b) { return a.record.ref < b.record.ref; });
    const auto same = [](const StreamPlan& a, const StreamPlan& b) { return a.record.ref == b.record.ref; };
    plans_.erase(std::unique(plans_.begin(), plans_.end(), same), plans_.end());
    return std::move(plans_);
  }

 private:
  template <class F>
  auto ask(F&& function, decltype(function()) otherwise) {
    return context_.session.call([&](TSK_FS_INFO*) { return function(); }).value_or(otherwise);
  }

  // Loads the attributes; the head of their list, or null.
  const TSK_FS_ATTR* load() {
    const int count = ask([&] { return tsk_fs_file_attr_getsize(file_); }, 0);
    tsk_error_reset();
    if (count <= 0 || file_->meta == nullptr || file_->meta->attr == nullptr) return nullptr;
    return file_->meta->attr->head;
  }

  void ntfs_streams() {
    std::size_t count = 0;
    const TSK_FS_ATTR* index_allocation = nullptr;
    for (const TSK_FS_ATTR* attr = load(); attr != nullptr && count < kMaxAttributes; attr = attr->next, ++count) {
      if ((attr->flags & TSK_FS_ATTR_INUSE) == 0) continue;
      const std::string name =
          attr->name != nullptr ? std::string(attr->name, ::strnlen(attr->name, attr->name_size)) : "";
      if (attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA) {
        plans_.push_back(plan_of(*attr, name));
      } else if (attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT) {
        plans_.push_back(plan_of(*attr, name == "$I30" ? "" : name));
        if (name == "$I30") plans_.back().record.source = ContentSource::kNone;
      } else if (attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXALLOC && name == "$I30") {
        index_allocation = attr;
      }
    }
    if (index_allocation != nullptr) add_index_extents(*index_allocation);
  }

  // The clusters of a directory's index belong to its default stream, whose size is that of the index root.
  void add_index_extents(const TSK_FS_ATTR& attr) {
    const auto root = std::find_if(plans_.begin(), plans_.end(), [](const StreamPlan& plan) {
      return plan.record.is_default && plan.record.ref.attr_type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT;
    });
    if (root == plans_.end()) return;
    StreamPlan index;
    index.record.ref = root->record.ref;
    index.record.size_bytes = bounded_size(attr.size);
    RunReader(context_, index).read(attr);
    root->outside_volume = root->outside_volume || index.outside_volume;
    root->extents = std::move(index.extents);
  }

  void plain_streams() {
    if (meta_.type == TSK_FS_META_TYPE_VIRT_DIR) return;
    load();
    const TSK_FS_ATTR* data =
        ask([&] { return tsk_fs_file_attr_get(file_); }, static_cast<const TSK_FS_ATTR*>(nullptr));
    tsk_error_reset();
    if (data != nullptr) {
      plans_.push_back(plan_of(*data, ""));
    } else if (regular_ && file_->meta->attr_state == TSK_FS_META_ATTR_ERROR) {
      plans_.push_back(no_attribute());
      plans_.back().record.source = ContentSource::kUnreadable;
    } else {
      plans_.push_back(no_attribute());
    }
    if (TSK_FS_TYPE_ISHFS(context_.type) == 0 && TSK_FS_TYPE_ISAPFS(context_.type) == 0) return;
    std::size_t count = 0;
    const TSK_FS_ATTR* attr = file_->meta->attr != nullptr ? file_->meta->attr->head : nullptr;
    for (; attr != nullptr && count < kMaxAttributes; attr = attr->next, ++count) {
      if ((attr->flags & TSK_FS_ATTR_INUSE) != 0 && attr->type == TSK_FS_ATTR_TYPE_HFS_RSRC && attr->size > 0)
        plans_.push_back(plan_of(*attr, "rsrc"));
    }
  }

  StreamPlan blank(std::uint32_t type, std::uint16_t id, std::uint64_t size, const std::string& name) const {
    StreamPlan plan;
    plan.record.ref = {context_.volume_id(), meta_.addr, sequence_, type, id};
    plan.record.name = name;
    plan.record.is_default = name.empty();
    plan.record.size_bytes = size;
    return plan;
  }

  StreamPlan no_attribute() const {
    StreamPlan plan = blank(TSK_FS_ATTR_TYPE_NOT_FOUND, 0, bounded_size(meta_.size), "");
    if (!regular_) return plan;
    plan.record.source = plan.record.size_bytes == 0 ? ContentSource::kEmpty : ContentSource::kUnreadable;
    return plan;
  }

  StreamPlan plan_of(const TSK_FS_ATTR& attr, const std::string& name) {
    const bool compressed = (attr.flags & TSK_FS_ATTR_COMP) != 0;
    // Of content compressed into the resource fork (HFS+, APFS) libtsk gives the attribute the size of the fork.
    const bool forked = compressed && !context_.ntfs() && name.empty();
    StreamPlan plan =
        blank(static_cast<std::uint32_t>(attr.type), attr.id, bounded_size(forked ? meta_.size : attr.size), name);
    if ((attr.flags & TSK_FS_ATTR_NONRES) != 0) {
      non_resident(attr, plan);
    } else if ((attr.flags & TSK_FS_ATTR_RES) != 0) {
      resident(attr, plan, compressed);
    } else {
      plan.record.source = compressed ? ContentSource::kDigested : ContentSource::kUnreadable;
    }
    finish(plan, (attr.flags & TSK_FS_ATTR_ENC) != 0);
    return plan;
  }

  // The rules that hold however the content is stored.
  void finish(StreamPlan& plan, bool encrypted) const {
    if (plan.record.size_bytes == 0) plan.record.source = ContentSource::kEmpty;
    if (encrypted && plan.record.size_bytes > 0) plan.record.source = ContentSource::kEncrypted;
    if (plan.record.source == ContentSource::kDigested && plan.record.size_bytes > kMaxDigestedBytes)
      plan.record.source = plan.zeros ? ContentSource::kTooSparse : ContentSource::kUnreadable;
    const bool index = context_.ntfs() && plan.record.ref.attr_type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT;
    if (!index && plan.record.is_default && !regular_ && !(context_.ntfs() && directory_)) {
      plan.record.source = ContentSource::kNone;
      // The target of a short link stands in the inode: that is no hole.
      if (!directory_) std::erase_if(plan.extents, [](const auto& extent) { return !extent.image_offset; });
    }
  }

  void resident(const TSK_FS_ATTR& attr, StreamPlan& plan, bool compressed) {
    plan.record.source = ContentSource::kDigested;
    if (plan.record.size_bytes == 0) return;
    catalog::ExtentRecord extent;
    extent.kind = compressed && !context_.ntfs() ? ExtentKind::kCompressed : ExtentKind::kResident;
    extent.length = plan.record.size_bytes;
    plan.extents.push_back(extent);
    if (!compressed && (attr.rd.buf == nullptr || plan.record.size_bytes > attr.rd.buf_size))
      plan.record.source = ContentSource::kUnreadable;
  }

  void non_resident(const TSK_FS_ATTR& attr, StreamPlan& plan) {
    RunReader runs(context_, plan);
    runs.read(attr);
    if ((attr.flags & TSK_FS_ATTR_COMP) != 0) {
      plan.record.source = runs.unreadable() ? ContentSource::kUnreadable : ContentSource::kDigested;
      return;
    }
    judge(runs, plan);
  }

  // Where the content of a stream with runs is to be had from.
  void judge(RunReader& runs, StreamPlan& plan) const {
    const std::uint64_t size = plan.record.size_bytes;
    bool unreadable = runs.unreadable();
    if (runs.covered() < size && !unreadable) {
      // Past the last run an allocated file has a hole, which file systems other than NTFS need not write down.
      const bool hole = allocated_ && !context_.ntfs();
      if (hole) runs.add_hole(runs.covered(), size);
      unreadable = !hole;
    }
    const bool any_data = std::any_of(plan.extents.begin(), plan.extents.end(),
                                      [](const auto& extent) { return extent.kind == ExtentKind::kData; });
    const bool any_encrypted = std::any_of(plan.extents.begin(), plan.extents.end(),
                                           [](const auto& extent) { return extent.kind == ExtentKind::kEncrypted; });
    // $BadClus:$Bad is as large as the volume and maps only clusters that are broken; its run list need not cover its
    // size.
    const bool bad_clusters = context_.ntfs() && meta_.addr == kBadClusterFile && !plan.record.is_default;
    if (bad_clusters && !any_data) {
      plan.zeros = true;
      plan.record.source = ContentSource::kTooSparse;
    } else if (unreadable) {
      plan.record.source = ContentSource::kUnreadable;
    } else if (any_encrypted) {
      plan.record.source = ContentSource::kEncrypted;
    } else if (any_data) {
      plan.record.source = ContentSource::kExtents;
    } else {
      plan.zeros = true;
      plan.record.source = ContentSource::kDigested;
    }
  }

  WalkContext& context_;
  TSK_FS_FILE* file_;
  const TSK_FS_META& meta_;
  std::uint32_t sequence_;
  bool directory_ = false;
  bool allocated_ = false;
  bool regular_ = false;
  std::vector<StreamPlan> plans_;
};

const TSK_FS_ATTR* find_attribute(TSK_FS_FILE* file, const catalog::StreamRef& ref) {
  if (file->meta == nullptr || file->meta->attr == nullptr) return nullptr;
  std::size_t count = 0;
  for (const TSK_FS_ATTR* attr = file->meta->attr->head; attr != nullptr && count < kMaxAttributes;
       attr = attr->next, ++count) {
    if ((attr->flags & TSK_FS_ATTR_INUSE) != 0 && static_cast<std::uint32_t>(attr->type) == ref.attr_type &&
        attr->id == ref.attr_id)
      return attr;
  }
  return nullptr;
}

}  // namespace

Result<std::vector<StreamPlan>> plan_streams(WalkContext& context, TSK_FS_FILE* file,
                                             const catalog::InodeRecord& record) {
  if (file == nullptr || file->meta == nullptr) return std::vector<StreamPlan>();
  std::vector<StreamPlan> plans = Planner(context, file, sequence_of(context, *file->meta)).run();
  LIMIER_CHECK(context.second->correct(file, record, plans));
  for (StreamPlan& plan : plans) number_extents(plan);
  return plans;
}

bool read_stream(WalkContext& context, const StreamPlan& plan, TSK_FS_FILE* file, const Consumer& consume,
                 Status& consumed) {
  if (plan.decoded) return context.second->read(plan, consume, consumed);
  const TSK_FS_ATTR* attr = find_attribute(file, plan.record.ref);
  if (attr == nullptr) return false;
  std::vector<std::uint8_t> buffer(kReadStep);
  std::uint64_t at = 0;
  while (at < plan.record.size_bytes) {
    context.sink.working_on(context.job.kind == FsJobKind::kExtract ? Stage::kExtract : Stage::kContent,
                            context.job.kind == FsJobKind::kExtract ? at : plan.record.ref.inode);
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), plan.record.size_bytes - at));
    const auto got = context.session.call([&](TSK_FS_INFO*) {
      return tsk_fs_attr_read(attr, static_cast<TSK_OFF_T>(at), reinterpret_cast<char*>(buffer.data()), wanted,
                              TSK_FS_FILE_READ_FLAG_NONE);
    });
    tsk_error_reset();
    if (!got || *got <= 0 || static_cast<std::size_t>(*got) > wanted) return false;
    const auto length = static_cast<std::size_t>(*got);
    consumed = consume(Bytes(buffer).first(length));
    if (!consumed.ok()) return true;
    at += length;
  }
  return true;
}

}  // namespace limier::volume
