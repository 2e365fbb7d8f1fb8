#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include <fmt/format.h>

#include "volume/walk.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;
using catalog::FileKind;

constexpr std::uint64_t kZeroStep = 64u << 20;  // zeros hashed between two signs of life
constexpr std::size_t kMaxSidBytes = 200;       // S-1- and 15 sub-authorities of 10 digits
constexpr std::size_t kMaxLinkBytes = 32u << 10;
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

TimeNs time_of(time_t seconds, std::uint64_t nanoseconds) {
  // libtsk says 0 seconds where a file system has no such time, on UFS with nanoseconds of something else beside it.
  if (seconds == 0) return std::nullopt;
  return time_from_parts(seconds, static_cast<std::uint32_t>(std::min<std::uint64_t>(nanoseconds, 4'000'000'000u)));
}

// FAT keeps creation times in two seconds plus hundredths from 0 to 199. libtsk adds the odd second for values above
// 100 but not for 100 itself, so that one value is looked up in the directory entry.
class FatTimes {
 public:
  explicit FatTimes(WalkContext& context) : context_(context) {
    if (TSK_FS_TYPE_ISFAT(context.type) == 0 && context.type != TSK_FS_TYPE_EXFAT) return;
    std::array<std::uint8_t, 512> sector{};
    context.image.read(context.base, sector);
    const auto boot = Block<512>::at(Bytes(sector), 0);
    std::uint64_t data_sector = 0;
    if (context.type == TSK_FS_TYPE_EXFAT) {
      const unsigned shift = boot->le<108, std::uint8_t>();
      sector_bytes_ = shift >= 9 && shift <= 12 ? 1u << shift : 0;
      data_sector = boot->le<88, std::uint32_t>();
    } else {
      sector_bytes_ = boot->le<11, std::uint16_t>();
      const std::uint64_t fat_sectors =
          boot->le<22, std::uint16_t>() != 0 ? boot->le<22, std::uint16_t>() : boot->le<36, std::uint32_t>();
      data_sector = boot->le<14, std::uint16_t>() + boot->le<16, std::uint8_t>() * fat_sectors;
    }
    data_ = data_sector * sector_bytes_;
  }

  // One second to be added to what libtsk says about the creation of `inode`.
  [[nodiscard]] std::int64_t missing_second(const TSK_FS_META& meta) const {
    if (sector_bytes_ == 0 || meta.crtime == 0 || meta.crtime_nano != 0 || meta.addr < kFirstEntry) return 0;
    // libtsk numbers directory entries from 3 on, from the first sector behind the FATs.
    const std::uint64_t at = data_ + (meta.addr - kFirstEntry) * 32;
    const std::uint64_t room = context_.end - context_.base;
    if (at > room || room - at < 32) return 0;
    std::array<std::uint8_t, 32> entry{};
    context_.image.read(context_.base + at, entry);
    return entry[context_.type == TSK_FS_TYPE_EXFAT ? 20 : 13] == 100 ? 1 : 0;
  }

 private:
  static constexpr std::uint64_t kFirstEntry = 3;
  WalkContext& context_;
  std::uint64_t sector_bytes_ = 0;
  std::uint64_t data_ = 0;
};

// Any unallocated cluster that looks like a directory makes orphans, and their sizes are whatever stands there: 92 KB
// were once read as 140 TB of them. What all orphans together claim is held against the size of the volume; beyond it
// the names stay, but nobody reads content for them.
class OrphanBudget {
 public:
  explicit OrphanBudget(const WalkContext& context)
      : context_(context), limit_(kTimesTheVolume * (context.end - context.base)) {}

  // Takes what the streams claim; false when the budget does not hold it.
  bool admits(std::uint64_t inode, const std::vector<StreamPlan>& plans) {
    if (!std::binary_search(context_.orphans.begin(), context_.orphans.end(), inode)) return true;
    std::uint64_t claimed = 0;
    for (const StreamPlan& plan : plans) claimed += std::min(claim_of(plan), limit_ + 1);
    if (claimed <= limit_ - claimed_) {
      claimed_ += claimed;
      return true;
    }
    ++refused_;
    refused_bytes_ += std::min(claimed, kMaxStreamBytes - refused_bytes_);
    return false;
  }

  Status report() const {
    if (refused_ == 0) return ok_status();
    return context_.issue(
        "orphans-over-budget", catalog::Severity::kWarning, std::nullopt,
        fmt::format("orphans claim more than {} times the volume's size: {} of them, with {} bytes or "
                    "more, are listed, but their content is not read",
                    kTimesTheVolume, refused_, refused_bytes_),
        true);
  }

 private:
  // Deleted files reuse each other's clusters, so once is too little; four generations of a full disk are not.
  static constexpr std::uint64_t kTimesTheVolume = 4;

  static std::uint64_t claim_of(const StreamPlan& plan) {
    std::uint64_t holes = 0;
    for (const auto& extent : plan.extents)
      if (extent.kind == catalog::ExtentKind::kSparse) holes += extent.length;
    return plan.record.size_bytes - std::min(plan.record.size_bytes, holes);
  }

  const WalkContext& context_;
  std::uint64_t limit_;
  std::uint64_t claimed_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t refused_bytes_ = 0;
};

}  // namespace

class InodeWalk::Impl {
 public:
  explicit Impl(WalkContext& context) : context_(context), mft_(context), fat_times_(context), budget_(context) {}

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
    LIMIER_CHECK(budget_.report());
    // In parts, only the supervisor sees them all.
    if (context_.job.part == WalkPart::kInodes) return ok_status();
    LIMIER_CHECK(report(encrypted_, "content-encrypted", "are encrypted by the file system and were not examined"));
    return report(unreadable_, "content-unreadable", "are in use, but their content cannot be read");
  }

 private:
  // Streams nobody could look into. One issue for all of a kind: a volume may hold a hundred thousand of them, and each
  // is a row of v_file with its state.
  struct Closed {
    std::uint64_t streams = 0;
    std::uint64_t bytes = 0;
    std::uint64_t first_inode = 0;
    void add(const catalog::StreamRecord& stream) {
      if (streams++ == 0) first_inode = stream.ref.inode;
      bytes += stream.size_bytes;
    }
  };

  Status report(const Closed& closed, std::string code, std::string_view what) const {
    if (closed.streams == 0) return ok_status();
    return context_.issue(std::move(code), catalog::Severity::kWarning, closed.first_inode,
                          fmt::format("{} streams ({} bytes) {}; the first is of entry {}", closed.streams,
                                      closed.bytes, what, closed.first_inode),
                          true);
  }

  Status one(std::uint64_t inode) {
    if (context_.skip.count(inode) != 0) {
      return context_.issue("inode-quarantined", catalog::Severity::kWarning, inode,
                            "the entry stopped the file-system worker before and is not examined", true);
    }
    // NTFS: the handle of the entry before is opened again, as libtsk does in its own walks; making one anew costs as
    // much as reading the entry. It is given up like everything else that was there when libtsk threw.
    if (!context_.ntfs()) file_.reset();
    if (context_.session.exceptions() != exceptions_) static_cast<void>(file_.release());
    exceptions_ = context_.session.exceptions();
    const auto opened =
        context_.session.call([&](TSK_FS_INFO* fs) { return tsk_fs_file_open_meta(fs, file_.get(), inode); });
    const TSK_FS_FILE* const file = opened.value_or(nullptr);
    if (!file_) file_.reset(opened.value_or(nullptr));
    if (file == nullptr || file->meta == nullptr) {
      const std::string reason = opened ? take_tsk_error() : std::string("libtsk failed");
      return context_.issue("inode-unreadable", catalog::Severity::kWarning, inode,
                            "the entry's metadata cannot be read: " + reason, true);
    }
    LIMIER_CHECK(send_inode(file_.get()));
    return context_.job.bare_inodes ? ok_status() : send_streams(file_.get());
  }

  Status send_inode(TSK_FS_FILE* file) {
    const TSK_FS_META& meta = *file->meta;
    catalog::InodeRecord record;
    record.volume_id = context_.volume_id();
    record.inode = meta.addr;
    record.sequence = sequence_of(context_, meta);
    record.allocated = (meta.flags & TSK_FS_META_FLAG_ALLOC) != 0;
    if (!record.allocated) context_.unallocated.push_back({meta.addr, record.sequence});
    record.name_sequence = record.sequence - (!record.allocated && record.sequence > 0 ? 1 : 0);
    record.kind = kind_of(meta.type);
    record.size_bytes = meta.size > 0 ? std::min(static_cast<std::uint64_t>(meta.size), kMaxStreamBytes) : 0;
    record.mode = posix_mode(meta);
    record.uid = static_cast<std::uint32_t>(meta.uid);
    record.gid = static_cast<std::uint32_t>(meta.gid);
    record.link_count = static_cast<std::uint32_t>(std::max(meta.nlink, 0));
    if (meta.link != nullptr) record.link_target.assign(meta.link, ::strnlen(meta.link, kMaxLinkBytes));
    if (record.kind == FileKind::kLink && record.link_target.empty()) record.link_target = long_link(file);
    record.times = {time_of(meta.mtime, meta.mtime_nano), time_of(meta.atime, meta.atime_nano),
                    time_of(meta.ctime, meta.ctime_nano),
                    time_of(meta.crtime + fat_times_.missing_second(meta), meta.crtime_nano)};
    if (context_.ntfs()) {
      const auto& fn = meta.time2.ntfs;
      const auto nano = [](time_t value) { return static_cast<std::uint64_t>(std::max<time_t>(value, 0)); };
      record.name_times = {time_of(fn.fn_mtime, nano(fn.fn_mtime_nano)), time_of(fn.fn_atime, nano(fn.fn_atime_nano)),
                           time_of(fn.fn_ctime, nano(fn.fn_ctime_nano)),
                           time_of(fn.fn_crtime, nano(fn.fn_crtime_nano))};
      record.owner_sid = owner_sid(file);
    }
    return context_.sink.inode(record);
  }

  // ext keeps targets of 60 bytes and more as content, which libtsk does not take over when it lies in extents.
  std::string long_link(TSK_FS_FILE* file) {
    const TSK_OFF_T size = file->meta->size;
    if (!context_.ext() || context_.job.metadata_only || size <= 0 || size > static_cast<TSK_OFF_T>(kMaxLinkBytes))
      return {};
    std::string target(static_cast<std::size_t>(size), '\0');
    const auto got = context_.session.call([&](TSK_FS_INFO*) {
      return tsk_fs_file_read(file, 0, target.data(), target.size(), TSK_FS_FILE_READ_FLAG_NONE);
    });
    tsk_error_reset();
    return got && *got == static_cast<ssize_t>(target.size()) ? target : std::string();
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

  Status send_streams(TSK_FS_FILE* file) {
    const TSK_FS_META& meta = *file->meta;
    auto plans = plan_streams(context_, file, sequence_of(context_, meta));
    const bool allocated = (meta.flags & TSK_FS_META_FLAG_ALLOC) != 0;
    const bool admitted = budget_.admits(meta.addr, plans);
    bool outside = false;
    for (StreamPlan& plan : plans) {
      if (!admitted) leave_unread(plan);
      outside = outside || plan.outside_volume;
      place_resident(plan);
      if (plan.record.source == ContentSource::kDigested) digest(file, plan);
      if (plan.record.source == ContentSource::kEncrypted) encrypted_.add(plan.record);
      // Of a deleted file the clusters are often gone: that is no gap in the examination.
      if (plan.record.source == ContentSource::kUnreadable && allocated) unreadable_.add(plan.record);
      LIMIER_CHECK(context_.sink.stream(plan.record));
      for (const auto& extent : plan.extents) {
        LIMIER_CHECK(context_.sink.extent(extent));
        if (context_.fat() && extent.image_offset)
          (allocated ? context_.owned : context_.deleted).add(*extent.image_offset, extent.length);
      }
    }
    if (!outside) return ok_status();
    // Runs of deleted files are often overwritten with anything; those of allocated files must hold.
    return context_.issue("run-outside-volume", allocated ? catalog::Severity::kWarning : catalog::Severity::kInfo,
                          meta.addr, "the entry's run list points outside the volume", allocated);
  }

  static void leave_unread(StreamPlan& plan) {
    plan.extents.clear();
    plan.record.data_piece_count = 0;
    if (plan.record.size_bytes > 0 && plan.record.source != ContentSource::kNone)
      plan.record.source = ContentSource::kUnreadable;
  }

  void place_resident(StreamPlan& plan) const {
    if (!context_.ntfs()) return;
    for (auto& extent : plan.extents) {
      if (extent.kind != catalog::ExtentKind::kResident) continue;
      const auto& ref = plan.record.ref;
      extent.image_offset = mft_.resident_offset(ref.inode, ref.attr_type, ref.attr_id, plan.record.size_bytes);
    }
  }

  void digest(TSK_FS_FILE* file, StreamPlan& plan) {
    if (context_.job.metadata_only || !context_.job.digests.any()) return;
    context_.sink.working_on(Stage::kContent, plan.record.ref.inode);
    context_.sink.expecting(plan.record.size_bytes);
    Hasher hasher(context_.job.digests);
    if (plan.zeros) {
      for (std::uint64_t left = plan.record.size_bytes; left > 0;) {
        const std::uint64_t step = std::min(left, kZeroStep);
        hasher.update_zeros(step);
        left -= step;
        context_.sink.working_on(Stage::kContent, plan.record.ref.inode);
      }
      plan.record.digests = hasher.finish();
      return;
    }
    context_.session.damage().reset_touched();
    Status consumed = ok_status();
    const bool whole = read_stream(
        context_, plan, file, [&](Bytes bytes) { return hasher.update(bytes), ok_status(); }, consumed);
    const auto& damage = context_.session.damage();
    plan.record.touched_damage = damage.touched();
    if (damage.any() && !plan.record.touched_damage) {
      // libtsk may have served the bytes from its own cache, where damage leaves no trace.
      plan.record.touched_damage = std::any_of(plan.extents.begin(), plan.extents.end(), [&](const auto& extent) {
        return extent.image_offset && damage.overlaps(*extent.image_offset, extent.length);
      });
    }
    if (!whole) {
      plan.record.source = ContentSource::kUnreadable;
      return;
    }
    if (!plan.record.touched_damage) plan.record.digests = hasher.finish();
  }

  WalkContext& context_;
  MftMap mft_;
  FatTimes fat_times_;
  OrphanBudget budget_;
  FileHandle file_;
  std::uint32_t exceptions_ = 0;                           // of the session when file_ was opened
  std::unordered_map<std::uint32_t, std::string> owners_;  // by their number in $Secure
  std::uint64_t done_ = 0;
  Closed encrypted_;
  Closed unreadable_;
};

InodeWalk::InodeWalk(WalkContext& context) : impl_(std::make_unique<Impl>(context)) {}
InodeWalk::~InodeWalk() = default;

Status InodeWalk::run(const std::vector<std::uint64_t>& inodes) {
  return impl_->run(inodes);
}

Status InodeWalk::report() const {
  return impl_->report();
}

std::uint32_t sequence_of(const WalkContext& context, const TSK_FS_META& meta) {
  return context.ntfs() ? meta.seq : 0;
}

}  // namespace limier::volume
