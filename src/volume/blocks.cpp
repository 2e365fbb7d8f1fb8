// What the file system says about its blocks, run-length coded.
#include <algorithm>

#include "volume/walk.h"

namespace limier::volume {

namespace {

using catalog::BlockUse;

constexpr std::uint64_t kBeatEvery = 1u << 16;

// Joins neighbouring blocks of the same use into ranges, clipped to the volume.
class RangeWriter {
 public:
  explicit RangeWriter(WalkContext& context) : context_(context) {}

  void add(std::uint64_t first_block, std::uint64_t count, BlockUse use) {
    const std::uint64_t stride = context_.stride();
    if (count == 0 || first_block > (context_.end - context_.base) / stride) return;
    const std::uint64_t offset = context_.base + first_block * stride;
    const std::uint64_t room = context_.end - offset;
    const std::uint64_t length = count > room / stride ? room : count * stride;
    add_bytes(offset, length, use);
  }
  void add_bytes(std::uint64_t offset, std::uint64_t length, BlockUse use) {
    if (length == 0 || offset < next_ || !status_.ok()) return;
    if (open_.length > 0 && open_.use == use && open_.image_offset + open_.length == offset) {
      open_.length += length;
    } else {
      flush();
      open_ = {context_.volume_id(), offset, length, use};
    }
    next_ = offset + length;
  }
  Status finish() {
    flush();
    return std::move(status_);
  }
  [[nodiscard]] bool ok() const { return status_.ok(); }
  [[nodiscard]] std::uint64_t next() const { return next_; }

 private:
  void flush() {
    if (open_.length > 0 && status_.ok()) status_ = context_.sink.blocks(open_);
    open_.length = 0;
  }
  WalkContext& context_;
  catalog::BlockRange open_;
  std::uint64_t next_ = 0;
  Status status_ = ok_status();
};

struct WalkState {
  WalkContext* context;
  RangeWriter* writer;
  std::uint64_t seen = 0;
};

TSK_WALK_RET_ENUM on_block(const TSK_FS_BLOCK* block, void* pointer) noexcept {
  auto* state = static_cast<WalkState*>(pointer);
  try {
    if (++state->seen % kBeatEvery == 0) state->context->sink.working_on(Stage::kBlocks, block->addr);
    const bool allocated = (block->flags & TSK_FS_BLOCK_FLAG_ALLOC) != 0;
    const bool metadata = (block->flags & TSK_FS_BLOCK_FLAG_META) != 0;
    const BlockUse use = !allocated ? BlockUse::kUnallocated : (metadata ? BlockUse::kMetadata : BlockUse::kAllocated);
    state->writer->add(block->addr, 1, use);
    return state->writer->ok() ? TSK_WALK_CONT : TSK_WALK_STOP;
  } catch (...) {
    return TSK_WALK_ERROR;
  }
}

// The container's free space is known to the pool; everything else in it is in use by some volume or by itself.
Status pool_blocks(WalkContext& context, RangeWriter& writer) {
  const TSK_POOL_INFO* pool = context.session.pool();
  auto runs = context.session.call([&](TSK_FS_INFO*) { return tsk_pool_unallocated_runs(pool); });
  if (!runs || *runs == nullptr) {
    writer.add_bytes(context.base, context.end - context.base, BlockUse::kAllocated);
    return writer.finish();
  }
  std::uint64_t next = 0;
  std::size_t count = 0;
  for (const TSK_FS_ATTR_RUN* run = *runs; run != nullptr && count < kMaxRuns; run = run->next, ++count) {
    if (run->addr > next) writer.add(next, run->addr - next, BlockUse::kAllocated);
    writer.add(run->addr, run->len, BlockUse::kUnallocated);
    next = std::max<std::uint64_t>(next, run->addr + run->len);
  }
  const std::uint64_t total = (context.end - context.base) / context.block_size;
  if (total > next) writer.add(next, total - next, BlockUse::kAllocated);
  static_cast<void>(guarded([&] { return tsk_fs_attr_run_free(*runs), true; }));
  return writer.finish();
}

}  // namespace

Status walk_blocks(WalkContext& context) {
  RangeWriter writer(context);
  context.sink.working_on(Stage::kBlocks, 0);
  if (context.session.pool() != nullptr) return pool_blocks(context, writer);
  WalkState state{&context, &writer};
  const auto flags = static_cast<TSK_FS_BLOCK_WALK_FLAG_ENUM>(
      TSK_FS_BLOCK_WALK_FLAG_ALLOC | TSK_FS_BLOCK_WALK_FLAG_UNALLOC | TSK_FS_BLOCK_WALK_FLAG_CONT |
      TSK_FS_BLOCK_WALK_FLAG_META | TSK_FS_BLOCK_WALK_FLAG_AONLY);
  // libtsk takes the last block from the superblock: a damaged one counts billions of blocks, each in vain.
  const TSK_DADDR_T blocks_there = (context.end - context.base) / context.stride();
  const auto failed = context.session.call([&](TSK_FS_INFO* fs) {
    const TSK_DADDR_T last = std::min(fs->last_block_act, std::max(fs->first_block, blocks_there));
    return tsk_fs_block_walk(fs, fs->first_block, last, flags, on_block, &state);
  });
  const std::string reason = take_tsk_error();
  if (!failed || *failed != 0) {
    // What could not be asked is taken to be in use: calling it free would invite a wrong reading of what lies there.
    writer.add_bytes(std::max(writer.next(), context.base), context.end - std::max(writer.next(), context.base),
                     BlockUse::kAllocated);
    LIMIER_CHECK(context.issue("block-use-unknown", catalog::Severity::kWarning, std::nullopt,
                               "the file system's map of used blocks cannot be read: " + reason, true));
  } else if (context.ntfs() && context.end >= 512 && writer.next() < context.end) {
    // The copy of the boot sector stands in the partition's last sector, which belongs to no cluster.
    writer.add_bytes(std::max(writer.next(), context.end - 512),
                     context.end - std::max(writer.next(), context.end - 512), BlockUse::kMetadata);
  }
  return writer.finish();
}

}  // namespace limier::volume
