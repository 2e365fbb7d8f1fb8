#include "volume/apfs_reader.h"

#include <algorithm>

#include "volume/apfs_files.h"
#include "volume/apple_streams.h"
#include "volume/walk.h"
#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kPrivateFolder = 3;    // files that were removed while they were open
constexpr std::uint64_t kFirstUserInode = 16;  // MIN_USER_INO_NUM
constexpr std::string_view kLinkName = "com.apple.fs.symlink";
constexpr std::string_view kResourceName = "com.apple.ResourceFork";

catalog::Stamp stamp_of(std::int64_t time_ns) {
  return time_ns == 0 ? catalog::Stamp{} : catalog::utc_stamp(TimeNs(time_ns));
}

class ApfsReader final : public SecondReader {
 public:
  ApfsReader(WalkContext& context, std::unique_ptr<ApfsFiles> files)
      : context_(context), files_(std::move(files)), streams_(context) {}

  Status correct(TSK_FS_FILE* file, catalog::InodeRecord& record) override {
    static_cast<void>(file);
    if (record.kind == catalog::FileKind::kVirtual || !load(record.inode)) return ok_status();
    record.times = {stamp_of(inode_.modified_ns), stamp_of(inode_.accessed_ns), stamp_of(inode_.changed_ns),
                    stamp_of(inode_.created_ns)};
    if (record.kind == catalog::FileKind::kLink && !link_target_.empty()) record.link_target = link_target_;
    if (record.kind == catalog::FileKind::kFile) record.size_bytes = streams_.size_bytes();
    return ok_status();
  }

  Status correct(TSK_FS_FILE* file, const catalog::InodeRecord& record, std::vector<StreamPlan>& plans) override {
    static_cast<void>(file);
    if (streams_.holds(record.inode)) streams_.plan(plans);
    return ok_status();
  }

  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override {
    return streams_.read(plan, consume, consumed);
  }

  Status report() override { return lost_.report(context_); }

  Result<std::optional<Nameless>> unnamed(const std::vector<std::uint64_t>& named) override {
    Nameless found;
    const bool whole = files_->each_inode([&](const ApfsInode& inode) {
      if (inode.number < kFirstUserInode || std::binary_search(named.begin(), named.end(), inode.number)) return;
      found.inodes.push_back(inode.number);
      if (inode.links > 0 && inode.parent != kPrivateFolder && found.linked++ == 0) found.first_linked = inode.number;
    });
    if (!whole) {
      LIMIER_CHECK(context_.issue("inode-table-unreadable", catalog::Severity::kWarning, std::nullopt,
                                  "the tree of the volume could not be read to its end", true));
    }
    return std::optional(std::move(found));
  }

 private:
  // False when the tree does not hold the inode; then libtsk's word stands.
  bool load(std::uint64_t number) {
    streams_.set({});
    link_target_.clear();
    auto found = files_->file(number);
    if (!found) return false;
    inode_ = found->inode;
    if (!found->whole) lost_.add(number);
    AppleFile file;
    file.inode = number;
    file.flags = inode_.flags;
    file.size_hint = inode_.uncompressed_bytes;
    file.regular = (inode_.mode & kModeKind) == kModeRegular;
    if (file.regular) file.data = files_->content(inode_.data_number, inode_.size_bytes, inode_.crypto, inode_.sparse);
    for (const ApfsAttribute& attribute : found->attributes) add(attribute, file);
    streams_.set(std::move(file));
    return true;
  }

  void add(const ApfsAttribute& attribute, AppleFile& file) {
    Fork value;
    value.size_bytes = attribute.size_bytes;
    if (attribute.data_number != 0) {
      value = files_->content(attribute.data_number, attribute.size_bytes, 0, false);
    } else if (value.size_bytes > 0) {
      value.runs.push_back({0, attribute.image_offset, attribute.size_bytes});
    }
    if (attribute.name == kLinkName) {
      link_target_ = text_of(value);
    } else if (attribute.name == kResourceName && file.regular) {
      file.resource = std::move(value);
    } else {
      file.attributes.push_back({attribute.name, std::move(value), attribute.data_number == 0});
    }
  }

  std::string text_of(const Fork& value) {
    std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(value.size_bytes, kMaxLinkBytes)), '\0');
    if (!read_fork(context_, value, 0, MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size())))
      return {};
    text.resize(std::min(text.find('\0'), text.size()));
    return text;
  }

  WalkContext& context_;
  std::unique_ptr<ApfsFiles> files_;
  AppleStreams streams_;
  ApfsInode inode_;
  std::string link_target_;
  LostAttributes lost_;
};

}  // namespace

std::unique_ptr<SecondReader> make_apfs_reader(WalkContext& context) {
  auto files = ApfsFiles::open(context, context.job.volume.pool_block, context.block_size);
  if (!files) return std::make_unique<SecondReader>();
  return std::make_unique<ApfsReader>(context, std::move(files));
}

}  // namespace limier::volume
