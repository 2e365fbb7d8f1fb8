#include "volume/hfs_reader.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "volume/apple_streams.h"
#include "volume/hfs_files.h"
#include "volume/walk.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kRootFolder = 2, kFirstUserNumber = 16;
constexpr std::int64_t kEpoch = 2'082'844'800;  // seconds from 1904 to 1970

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
    apple.regular = !found->folder && ((found->mode & kModeKind) == kModeRegular || (found->mode & kModeKind) == 0);
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

  Status report() override {
    if (!files_->lost_attributes()) return ok_status();
    return context_.issue("attributes-unreadable", catalog::Severity::kWarning, std::nullopt,
                          "the tree of extended attributes cannot be read to its end: some may be missing, and content "
                          "that they say to be compressed",
                          true);
  }

  // Names with half of a surrogate pair make libtsk give up the whole folder.
  TSK_FS_DIR* open_folder(std::uint64_t folder) override {
    const bool is_folder = folder <= UINT32_MAX && (folder == kRootFolder || folder >= kFirstUserNumber);
    const auto own = is_folder ? files_->file(static_cast<std::uint32_t>(folder)) : std::nullopt;
    if (!own || !own->folder) return nullptr;
    const auto opened =
        context_.session.call([&](TSK_FS_INFO* fs) { return tsk_fs_file_open_meta(fs, nullptr, folder); });
    FileHandle file(opened.value_or(nullptr));
    tsk_error_reset();
    if (!file) return nullptr;
    std::vector<Entry> entries = folder == kRootFolder ? system_files() : std::vector<Entry>();
    for (const HfsFile& child : files_->children(own->number)) {
      const unsigned kind = child.mode & kModeKind;
      entries.push_back({hfs_name_text(child.name), child.link ? files_->target_of(child) : child.number,
                         child.folder        ? TSK_FS_NAME_TYPE_DIR
                         : kind == kModeLink ? TSK_FS_NAME_TYPE_LNK
                                             : TSK_FS_NAME_TYPE_REG});
    }
    return make_folder(std::move(file), folder, entries);
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
  struct Entry {
    std::string name;
    std::uint32_t number = 0;
    TSK_FS_NAME_TYPE_ENUM type = TSK_FS_NAME_TYPE_REG;
  };

  // Those that libtsk lists, which no catalog names.
  [[nodiscard]] std::vector<Entry> system_files() const {
    std::vector<Entry> entries = {
        {"$ExtentsFile", 3}, {"$CatalogFile", 4}, {"$BadBlockFile", 5}, {"$AllocationFile", 6}};
    if (files_->has_attributes()) entries.push_back({"$AttributesFile", 8});
    return entries;
  }

  // In the form of libtsk, which frees it: so the memory is of malloc.
  static TSK_FS_DIR* make_folder(FileHandle file, std::uint64_t number, const std::vector<Entry>& entries) {
    auto* dir = static_cast<TSK_FS_DIR*>(std::calloc(1, sizeof(TSK_FS_DIR)));
    auto* names = static_cast<TSK_FS_NAME*>(std::calloc(entries.size() + 1, sizeof(TSK_FS_NAME)));
    if (dir == nullptr || names == nullptr) {
      std::free(dir);
      std::free(names);
      return nullptr;
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
      names[i].tag = TSK_FS_NAME_TAG;
      names[i].name = ::strdup(entries[i].name.c_str());
      names[i].name_size = names[i].name != nullptr ? entries[i].name.size() + 1 : 0;
      names[i].meta_addr = entries[i].number;
      names[i].par_addr = number;
      names[i].type = entries[i].type;
      names[i].flags = TSK_FS_NAME_FLAG_ALLOC;
    }
    dir->tag = TSK_FS_DIR_TAG;
    dir->fs_info = file->fs_info;
    dir->fs_file = file.release();
    dir->names = names;
    dir->names_used = entries.size();
    dir->names_alloc = entries.size() + 1;
    dir->addr = number;
    return dir;
  }

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
