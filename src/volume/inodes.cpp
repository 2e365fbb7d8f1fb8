#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include <fmt/format.h>

#include "volume/walk.h"
#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

using catalog::FileKind;

constexpr std::size_t kMaxSidBytes = 200;  // S-1- and 15 sub-authorities of 10 digits
constexpr std::size_t kMaxOwners = 4096;
constexpr std::uint64_t kProgressEvery = 64;

FileKind kind_of(TSK_FS_META_TYPE_ENUM type) {
  switch (type) {
    case TSK_FS_META_TYPE_DIR:
      return FileKind::kDir;
    case TSK_FS_META_TYPE_LNK:
      return FileKind::kLink;
    case TSK_FS_META_TYPE_FIFO:
    case TSK_FS_META_TYPE_CHR:
    case TSK_FS_META_TYPE_BLK:
    case TSK_FS_META_TYPE_SHAD:
    case TSK_FS_META_TYPE_SOCK:
    case TSK_FS_META_TYPE_WHT:
      return FileKind::kDevice;
    case TSK_FS_META_TYPE_VIRT:
    case TSK_FS_META_TYPE_VIRT_DIR:
      return FileKind::kVirtual;
    default:
      return FileKind::kFile;
  }
}

// libtsk keeps type and permissions apart; POSIX (sys/stat.h) has them in one number.
std::uint32_t posix_mode(const TSK_FS_META& meta) {
  std::uint32_t type = 0;
  switch (meta.type) {
    case TSK_FS_META_TYPE_REG:
      type = 0100000;
      break;
    case TSK_FS_META_TYPE_DIR:
      type = 0040000;
      break;
    case TSK_FS_META_TYPE_LNK:
      type = 0120000;
      break;
    case TSK_FS_META_TYPE_CHR:
      type = 0020000;
      break;
    case TSK_FS_META_TYPE_BLK:
      type = 0060000;
      break;
    case TSK_FS_META_TYPE_FIFO:
      type = 0010000;
      break;
    case TSK_FS_META_TYPE_SOCK:
      type = 0140000;
      break;
    default:
      break;
  }
  return type | (static_cast<std::uint32_t>(meta.mode) & 07777);
}

catalog::Stamp time_of(time_t seconds, std::uint64_t nanoseconds) {
  // libtsk says 0 seconds where a file system has no such time, on UFS with nanoseconds of something else beside it.
  if (seconds == 0) return {};
  return catalog::utc_stamp(seconds, static_cast<std::uint32_t>(std::min<std::uint64_t>(nanoseconds, 4'000'000'000u)));
}

}  // namespace

class InodeWalk::Impl {
 public:
  explicit Impl(WalkContext& context) : context_(context), mft_(context), sender_(context) {}

  Status run(const std::vector<std::uint64_t>& inodes) {
    for (const std::uint64_t inode : inodes) {
      context_.sink.working_on(Stage::kInodes, inode);
      LIMIER_CHECK(one(inode));
      if (++done_ % kProgressEvery == 0) {
        context_.sink.advanced(done_);
        if (context_.job.part == WalkPart::kInodes) LIMIER_CHECK(context_.sink.checkpoint(done_));
      }
    }
    context_.sink.advanced(done_);
    return ok_status();
  }

  Status report() const {
    LIMIER_CHECK(sender_.report());
    return context_.job.part == WalkPart::kInodes ? ok_status() : context_.second->report();
  }

  Result<catalog::InodeRecord> describe(TSK_FS_FILE* file) {
    catalog::InodeRecord record = as_libtsk_says(file);
    LIMIER_CHECK(context_.second->correct(file, record));
    return record;
  }

 private:
  Status one(std::uint64_t inode) {
    if (context_.skip.count(inode) != 0) {
      return inode_quarantined(context_, inode);
    }
    // NTFS: the handle of the entry before is opened again, as libtsk does in its own walks; making one anew costs as
    // much as reading the entry. It is given up like everything else that was there when libtsk threw.
    if (!context_.ntfs()) file_.reset();
    if (context_.session.exceptions() != exceptions_) static_cast<void>(file_.release());
    exceptions_ = context_.session.exceptions();
    const auto opened = context_.session.open_inode(file_.get(), inode);
    const TSK_FS_FILE* const file = opened.value_or(nullptr);
    if (!file_) file_.reset(opened.value_or(nullptr));
    if (file == nullptr || file->meta == nullptr) {
      const std::string reason = opened ? take_tsk_error() : std::string("libtsk failed");
      return context_.issue("inode-unreadable", catalog::Severity::kWarning, inode,
                            "the entry's metadata cannot be read: " + reason, true);
    }
    LIMIER_TRY(const catalog::InodeRecord record, describe(file_.get()));
    if (!record.allocated) context_.unallocated.push_back({record.inode, record.sequence});
    LIMIER_CHECK(context_.sink.inode(record));
    return context_.job.bare_inodes ? ok_status() : send_streams(file_.get(), record);
  }

  catalog::InodeRecord as_libtsk_says(TSK_FS_FILE* file) {
    const TSK_FS_META& meta = *file->meta;
    catalog::InodeRecord record;
    record.volume_id = context_.volume_id();
    record.inode = meta.addr;
    record.sequence = sequence_of(context_, meta);
    record.allocated = (meta.flags & TSK_FS_META_FLAG_ALLOC) != 0;
    record.name_sequence = record.sequence - (!record.allocated && record.sequence > 0 ? 1 : 0);
    record.kind = kind_of(meta.type);
    record.size_bytes = meta.size > 0 ? std::min(static_cast<std::uint64_t>(meta.size), kMaxStreamBytes) : 0;
    record.mode = posix_mode(meta);
    record.uid = static_cast<std::uint32_t>(meta.uid);
    record.gid = static_cast<std::uint32_t>(meta.gid);
    record.link_count = static_cast<std::uint32_t>(std::max(meta.nlink, 0));
    if (meta.link != nullptr) record.link_target.assign(meta.link, ::strnlen(meta.link, kMaxLinkBytes));
    record.times = {time_of(meta.mtime, meta.mtime_nano), time_of(meta.atime, meta.atime_nano),
                    time_of(meta.ctime, meta.ctime_nano), time_of(meta.crtime, meta.crtime_nano)};
    if (context_.ntfs()) {
      const auto& fn = meta.time2.ntfs;
      const auto nano = [](time_t value) { return static_cast<std::uint64_t>(std::max<time_t>(value, 0)); };
      record.name_times = {time_of(fn.fn_mtime, nano(fn.fn_mtime_nano)), time_of(fn.fn_atime, nano(fn.fn_atime_nano)),
                           time_of(fn.fn_ctime, nano(fn.fn_ctime_nano)),
                           time_of(fn.fn_crtime, nano(fn.fn_crtime_nano))};
      record.owner_sid = owner_sid(file);
    }
    return record;
  }

  // The number of the entry's security descriptor in $Secure, by which libtsk finds the owner too. Layout: Linux-NTFS
  // documentation, $STANDARD_INFORMATION of NTFS 3.0 and later.
  std::optional<std::uint32_t> security_id(TSK_FS_FILE* file) {
    constexpr TSK_OFF_T kSizeWithId = 72;
    constexpr std::size_t kSecurityIdAt = 52;
    const TSK_FS_ATTR* const attribute =
        context_.session
            .call([&](TSK_FS_INFO*) { return tsk_fs_file_attr_get_type(file, TSK_FS_ATTR_TYPE_NTFS_SI, 0, 0); })
            .value_or(nullptr);
    tsk_error_reset();
    if (attribute == nullptr || (attribute->flags & TSK_FS_ATTR_RES) == 0 || attribute->rd.buf == nullptr ||
        attribute->size < kSizeWithId || attribute->rd.buf_size < static_cast<std::size_t>(kSizeWithId))
      return std::nullopt;
    return detail::load_le<std::uint32_t>(attribute->rd.buf + kSecurityIdAt);
  }

  // A volume has a few owners; libtsk writes the text of each anew for every entry.
  std::string owner_sid(TSK_FS_FILE* file) {
    const auto id = security_id(file);
    const auto known = id ? owners_.find(*id) : owners_.end();
    if (known != owners_.end()) return known->second;
    std::string owner = read_owner_sid(file);
    if (id && owners_.size() < kMaxOwners) owners_.emplace(*id, owner);
    return owner;
  }

  std::string read_owner_sid(TSK_FS_FILE* file) {
    char* text = nullptr;
    const auto failed = context_.session.call([&](TSK_FS_INFO*) { return tsk_fs_file_get_owner_sid(file, &text); });
    tsk_error_reset();
    const std::unique_ptr<char, CloseWith<std::free>> owned(text);
    return failed && *failed == 0 && text != nullptr ? std::string(text, ::strnlen(text, kMaxSidBytes)) : std::string();
  }

  Status send_streams(TSK_FS_FILE* file, const catalog::InodeRecord& inode) {
    LIMIER_TRY(auto plans, plan_streams(context_, file, inode));
    for (StreamPlan& plan : plans) place_resident(plan);
    return sender_.streams(inode, plans, [&](const StreamPlan& plan, const Consumer& consume, Status& consumed) {
      return read_stream(context_, plan, file, consume, consumed);
    });
  }

  void place_resident(StreamPlan& plan) const {
    if (!context_.ntfs()) return;
    for (auto& extent : plan.extents) {
      if (extent.kind != catalog::ExtentKind::kResident || extent.image_offset) continue;
      const auto& ref = plan.record.ref;
      extent.image_offset = mft_.resident_offset(ref.inode, ref.attr_type, ref.attr_id, plan.record.size_bytes);
    }
  }

  WalkContext& context_;
  MftMap mft_;
  InodeSender sender_;
  FileHandle file_;
  std::uint32_t exceptions_ = 0;                           // of the session when file_ was opened
  std::unordered_map<std::uint32_t, std::string> owners_;  // by their number in $Secure
  std::uint64_t done_ = 0;
};

InodeWalk::InodeWalk(WalkContext& context) : impl_(std::make_unique<Impl>(context)) {}
InodeWalk::~InodeWalk() = default;

Status InodeWalk::run(const std::vector<std::uint64_t>& inodes) {
  return impl_->run(inodes);
}

Status InodeWalk::report() const {
  return impl_->report();
}

Result<catalog::InodeRecord> describe_inode(WalkContext& context, TSK_FS_FILE* file) {
  return InodeWalk::Impl(context).describe(file);
}

std::uint32_t sequence_of(const WalkContext& context, const TSK_FS_META& meta) {
  return context.ntfs() ? meta.seq : 0;
}

}  // namespace limier::volume
