#include "volume/hfs_reader.h"

#include <algorithm>

#include "volume/apple_streams.h"
#include "volume/hfs_files.h"
#include "volume/walk.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kRootFolder = 2, kFirstUserNumber = 16;
constexpr std::int64_t kEpoch = 2'082'844'800;  // seconds from 1904 to 1970
constexpr unsigned kKindMask = 0170000, kRegularFile = 0100000;

catalog::Stamp stamp_of(std::uint32_t seconds) {
  if (seconds == 0) return {};
  return {std::int64_t{seconds} - kEpoch, 0, catalog::TimeBasis::kUtc};
}

// libtsk writes '^' for control characters and for what it cannot make UTF-8 of.
std::string as_libtsk_writes(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const bool null_symbol = name.substr(at, 3) == "\xE2\x90\x80";
    const auto byte = static_cast<unsigned char>(name[at]);
    out += null_symbol || byte < 0x20 || byte == 0x7F ? '^' : name[at];
    if (null_symbol) at += 2;
  }
  return out;
}

class HfsReader final : public SecondReader {
 public:
  HfsReader(WalkContext& context, std::unique_ptr<HfsFiles> files)
      : context_(context), files_(std::move(files)), streams_(context) {}

  Status correct(TSK_FS_FILE* file, catalog::InodeRecord& record) override {
    static_cast<void>(file);
    streams_.set({});
    if (record.inode != kRootFolder && record.inode < kFirstUserNumber) return ok_status();
    if (record.inode > UINT32_MAX || record.kind == catalog::FileKind::kVirtual || !record.allocated)
      return ok_status();
    const auto number = static_cast<std::uint32_t>(record.inode);
    auto found = files_->file(number);
    if (!found) return ok_status();
    record.times = {stamp_of(found->modified), stamp_of(found->accessed), stamp_of(found->changed),
                    stamp_of(found->created)};
    AppleFile apple;
    apple.inode = number;
    apple.flags = found->flags;
    apple.regular = !found->folder && ((found->mode & kKindMask) == kRegularFile || (found->mode & kKindMask) == 0);
    apple.data = std::move(found->data);
    apple.resource = std::move(found->resource);
    for (HfsAttribute& one : files_->attributes(number))
      apple.attributes.push_back({std::move(one.name), std::move(one.value), one.resident});
    streams_.set(std::move(apple));
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

  void correct_name(std::uint64_t folder, const TSK_FS_NAME& entry, std::string& name) override {
    if (name.find('^') == std::string::npos || folder > UINT32_MAX) return;
    if (folder != folder_ || children_.empty()) {
      folder_ = folder;
      children_ = files_->children(static_cast<std::uint32_t>(folder));
    }
    const HfsFile* found = nullptr;
    std::size_t alike = 0;
    for (const HfsFile& child : children_) {
      if (as_libtsk_writes(hfs_name_text(child.name)) != name) continue;
      ++alike;
      if (found == nullptr || child.number == entry.meta_addr) found = &child;
    }
    if (found != nullptr && (alike == 1 || found->number == entry.meta_addr)) name = hfs_name_text(found->name);
  }

  Result<std::optional<Nameless>> unnamed(const std::vector<std::uint64_t>& named) override {
    Nameless found;
    const bool whole = files_->each_file([&](const HfsFile& file) {
      if (file.link || file.number < kFirstUserNumber ||
          std::binary_search(named.begin(), named.end(), std::uint64_t{file.number}))
        return;
      found.inodes.push_back(file.number);
    });
    std::sort(found.inodes.begin(), found.inodes.end());
    found.inodes.erase(std::unique(found.inodes.begin(), found.inodes.end()), found.inodes.end());
    // Each record has a name: it is the folder above that is lost.
    found.linked = found.inodes.size();
    found.first_linked = found.inodes.empty() ? 0 : found.inodes.front();
    if (!whole) {
      LIMIER_CHECK(context_.issue("inode-table-unreadable", catalog::Severity::kWarning, std::nullopt,
                                  "the catalog of the volume could not be read to its end", true));
    }
    return std::optional(std::move(found));
  }

 private:
  WalkContext& context_;
  std::unique_ptr<HfsFiles> files_;
  AppleStreams streams_;
  std::uint64_t folder_ = 0;
  std::vector<HfsFile> children_;  // of that folder
};

}  // namespace

std::unique_ptr<SecondReader> make_hfs_reader(WalkContext& context) {
  auto files = HfsFiles::open(context);
  if (!files) return std::make_unique<SecondReader>();
  return std::make_unique<HfsReader>(context, std::move(files));
}

}  // namespace limier::volume
