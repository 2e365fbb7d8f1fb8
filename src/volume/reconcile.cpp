// Damaged directories list less without any error. Where inodes can be counted cheaply, those in use must be those
// named.
#include <algorithm>

#include <fmt/format.h>

#include "volume/walk.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kFirstNtfsUserFile = 24;  // below: the system files, some of them reserved and nameless
constexpr std::uint64_t kFirstExtUserFile = 12;   // below: reserved inodes and lost+found
constexpr std::uint64_t kBeatEvery = 1024;

struct Count {
  WalkContext* context = nullptr;
  const std::vector<std::uint64_t>* named = nullptr;
  std::uint64_t first_user_file = 0;
  std::uint64_t seen = 0;
  std::uint64_t nameless = 0;
  std::uint64_t first_nameless = 0;
};

TSK_WALK_RET_ENUM on_inode(TSK_FS_FILE* file, void* pointer) noexcept {
  auto* count = static_cast<Count*>(pointer);
  const TSK_FS_META* meta = file->meta;
  if (meta == nullptr) return TSK_WALK_CONT;
  if (++count->seen % kBeatEvery == 0) count->context->sink.working_on(Stage::kReconcile, meta->addr);
  const bool counted = meta->type == TSK_FS_META_TYPE_REG || meta->type == TSK_FS_META_TYPE_DIR;
  if (!counted || meta->addr < count->first_user_file || meta->nlink < 1) return TSK_WALK_CONT;
  // MFT records without a $FILE_NAME continue another record.
  if (count->context->ntfs() && meta->name2 == nullptr) return TSK_WALK_CONT;
  if (std::binary_search(count->named->begin(), count->named->end(), meta->addr)) return TSK_WALK_CONT;
  if (count->nameless++ == 0) count->first_nameless = meta->addr;
  return TSK_WALK_CONT;
}

}  // namespace

Status reconcile(WalkContext& context, const std::vector<std::uint64_t>& named) {
  if (!context.ntfs() && !context.ext()) return ok_status();
  context.sink.working_on(Stage::kReconcile, 0);
  Count count;
  count.context = &context;
  count.named = &named;
  count.first_user_file = context.ntfs() ? kFirstNtfsUserFile : kFirstExtUserFile;
  const auto flags = static_cast<TSK_FS_META_FLAG_ENUM>(TSK_FS_META_FLAG_ALLOC | TSK_FS_META_FLAG_USED);
  const auto failed = context.session.call(
      [&](TSK_FS_INFO* fs) { return tsk_fs_meta_walk(fs, fs->first_inum, fs->last_inum, flags, on_inode, &count); });
  const std::string reason = take_tsk_error();
  if (!failed || *failed != 0) {
    return context.issue("inode-table-unreadable", catalog::Severity::kWarning, std::nullopt,
                         "the table of inodes could not be read to its end: " + reason, true);
  }
  if (count.nameless == 0) return ok_status();
  return context.issue("listing-may-be-incomplete", catalog::Severity::kWarning, count.first_nameless,
                       fmt::format("{} entries are in use but no directory names them, the first is {}", count.nameless,
                                   count.first_nameless),
                       true);
}

}  // namespace limier::volume
