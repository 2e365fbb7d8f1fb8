// Damaged directories list less without any error. Where inodes can be counted cheaply, those in use must be those
// named; where the file system counts its files, the listing must reach that number.
#include <algorithm>

#include <fmt/format.h>

#include "volume/reader.h"
#include "volume/walk.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kFirstNtfsUserFile = 24;  // below: the system files, some of them reserved and nameless
constexpr std::uint64_t kFirstUfsUserFile = 3;    // 0 is none, 1 was the list of bad blocks, 2 is the root
constexpr std::uint64_t kBeatEvery = 1024;

struct Search {
  WalkContext* context = nullptr;
  std::uint64_t first_user_file = 0;
  std::uint64_t seen = 0;
  Nameless found;
};

TSK_WALK_RET_ENUM on_inode(TSK_FS_FILE* file, void* pointer) noexcept {
  auto* search = static_cast<Search*>(pointer);
  const TSK_FS_META* meta = file->meta;
  if (meta == nullptr) return TSK_WALK_CONT;
  if (++search->seen % kBeatEvery == 0) search->context->sink.working_on(Stage::kReconcile, meta->addr);
  const bool real = meta->type != TSK_FS_META_TYPE_UNDEF && meta->type != TSK_FS_META_TYPE_VIRT &&
                    meta->type != TSK_FS_META_TYPE_VIRT_DIR;
  if (!real || meta->addr < search->first_user_file) return TSK_WALK_CONT;
  // MFT records without a $FILE_NAME continue another record.
  if (search->context->ntfs() && meta->name2 == nullptr) return TSK_WALK_CONT;
  const auto& named = search->context->named_in_use;
  if (std::binary_search(named.begin(), named.end(), meta->addr)) return TSK_WALK_CONT;
  try {
    search->found.inodes.push_back(meta->addr);
  } catch (...) {
    return TSK_WALK_ERROR;
  }
  if (meta->nlink > 0 && search->found.linked++ == 0) search->found.first_linked = meta->addr;
  return TSK_WALK_CONT;
}

// The inodes between those that are named: to take one apart that is, only to pass it over, costs as much as listing
// it.
std::uint8_t walk_nameless(TSK_FS_INFO* fs, Search& search) {
  const auto flags = static_cast<TSK_FS_META_FLAG_ENUM>(TSK_FS_META_FLAG_ALLOC | TSK_FS_META_FLAG_USED);
  std::uint64_t next = std::max<std::uint64_t>(fs->first_inum, search.first_user_file), gaps = 0;
  const auto walk_until = [&](std::uint64_t behind) -> std::uint8_t {
    if (next >= behind) return 0;
    if (++gaps % kBeatEvery == 0) search.context->sink.working_on(Stage::kReconcile, next);
    return tsk_fs_meta_walk(fs, next, behind - 1, flags, on_inode, &search);
  };
  for (const std::uint64_t inode : search.context->named_in_use) {
    if (inode > fs->last_inum) break;
    if (walk_until(inode) != 0) return 1;
    next = std::max(next, inode + 1);
  }
  return fs->last_inum == UINT64_MAX ? 0 : walk_until(fs->last_inum + 1);
}

// What the file system says it holds: folders without the root, and everything else. Where it does not tell the two
// apart, `files` is both.
struct Declared {
  std::uint64_t files = 0;
  std::optional<std::uint64_t> folders;
};

// Apple, TN1150, "Volume Header": fileCount and folderCount.
std::optional<Declared> hfs_counts(const WalkContext& context) {
  const auto bytes = RangeReader(context.image, context.base, context.end - context.base).read(1024, 512);
  const auto header = Block<512>::at(bytes, 0);
  if (!header) return std::nullopt;
  const std::uint16_t signature = header->be<0, std::uint16_t>();
  if (signature != 0x482B && signature != 0x4858) return std::nullopt;  // "H+", "HX"
  return Declared{header->be<32, std::uint32_t>(), header->be<36, std::uint32_t>()};
}

// Apple File System Reference, "apfs_superblock_t": apfs_num_files and what follows it.
std::optional<Declared> apfs_counts(const WalkContext& context) {
  const std::uint64_t offset = context.job.volume.pool_block * context.block_size;
  const auto bytes = RangeReader(context.image, context.base, context.end - context.base).read(offset, 512);
  const auto block = Block<512>::at(bytes, 0);
  if (!block || as_text(block->bytes<32, 4>()) != "APSB") return std::nullopt;
  const std::uint64_t files = block->le<184, std::uint64_t>(), folders = block->le<192, std::uint64_t>();
  const std::uint64_t links = block->le<200, std::uint64_t>(), others = block->le<208, std::uint64_t>();
  constexpr std::uint64_t kMost = 1ull << 48;  // more is damage, not a count
  if (files > kMost || folders > kMost || links > kMost || others > kMost) return std::nullopt;
  return Declared{files + folders + links + others, std::nullopt};
}

Status compare_with_declared(WalkContext& context, const std::vector<std::uint64_t>& named) {
  const bool pool = context.session.pool() != nullptr;
  const auto declared = pool ? apfs_counts(context) : hfs_counts(context);
  if (!declared) return ok_status();
  // APFS counts inodes, of which several names may be one; HFS+ counts records of its catalog, so names.
  const std::uint64_t root = std::binary_search(named.begin(), named.end(), context.root_inode) ? 1 : 0;
  const std::uint64_t files = pool ? named.size() - root : context.listed.files;
  const std::uint64_t folders = context.listed.folders;
  if (files >= declared->files && folders >= declared->folders.value_or(0)) return ok_status();
  const std::string counted = declared->folders
                                  ? fmt::format("{} files and {} folders", declared->files, *declared->folders)
                                  : fmt::format("{} files and folders", declared->files);
  const std::string listed = declared->folders ? fmt::format("{} and {}", files, folders) : fmt::format("{}", files);
  return context.issue("listing-may-be-incomplete", catalog::Severity::kWarning, std::nullopt,
                       fmt::format("the file system counts {}, the listing holds {}", counted, listed), true);
}

}  // namespace

Result<Nameless> find_nameless(WalkContext& context) {
  context.sink.working_on(Stage::kReconcile, 0);
  LIMIER_TRY(auto known, context.second->unnamed(context.named_in_use));
  if (known) return std::move(*known);
  if (!context.counts_inodes()) return Nameless();
  Search search;
  search.context = &context;
  search.first_user_file = context.ntfs() ? kFirstNtfsUserFile : kFirstUfsUserFile;
  const auto failed = context.session.call([&](TSK_FS_INFO* fs) { return walk_nameless(fs, search); });
  const std::string reason = take_tsk_error();
  if (!failed || *failed != 0) {
    LIMIER_CHECK(context.issue("inode-table-unreadable", catalog::Severity::kWarning, std::nullopt,
                               "the table of inodes could not be read to its end: " + reason, true));
  }
  return std::move(search.found);
}

Status reconcile(WalkContext& context, const std::vector<std::uint64_t>& named) {
  context.sink.working_on(Stage::kReconcile, 0);
  if (context.session.pool() != nullptr || TSK_FS_TYPE_ISHFS(context.type) != 0)
    return compare_with_declared(context, named);
  return ok_status();
}

}  // namespace limier::volume
