// The walk of one volume, in parts: names, inodes, streams with extents, block use.
#pragma once

#include <functional>
#include <set>

#include "volume/ext_inodes.h"
#include "volume/tsk_image.h"

namespace limier::volume {

// Deeper directories, longer paths and larger lists than these are damage or an attack; what lies beyond is reported.
inline constexpr std::size_t kMaxDepth = 1024;
inline constexpr std::size_t kMaxPathBytes = 64u << 10;
inline constexpr std::size_t kMaxAttributes = 65536;             // per inode; NTFS attribute ids have 16 bits
inline constexpr std::size_t kMaxRuns = 1u << 22;                // per stream
inline constexpr std::uint64_t kMaxDigestedBytes = 64ull << 30;  // read through libtsk, or zeros counted, per stream
inline constexpr std::uint64_t kMaxStreamBytes = 1ull << 62;
inline constexpr std::size_t kReadStep = 64u << 10;

// What every part needs to know about the volume.
struct WalkContext {
  WalkContext(const evidence::Image& evidence, const FsJob& walk_job, Sink& out, FsSession& open_session)
      : image(evidence), job(walk_job), sink(out), session(open_session) {}
  const evidence::Image& image;
  const FsJob& job;
  Sink& sink;
  FsSession& session;
  std::uint64_t base = 0;  // image offset of block 0 of the file system
  std::uint64_t end = 0;   // image offset of the end of the volume
  std::uint32_t block_size = 0;
  std::uint32_t block_pre = 0;  // bytes before and after each block (raw CD, YAFFS2 spare)
  std::uint32_t block_post = 0;
  std::uint32_t ufs_block_bytes = 0;  // UFS only, where block_size is that of a fragment
  TSK_FS_TYPE_ENUM type = TSK_FS_TYPE_DETECT;
  std::uint64_t root_inode = 0;
  std::uint64_t last_inode = 0;
  std::uint64_t inode_count = 0;
  std::set<std::uint64_t> skip;
  std::optional<ExtInodes> ext_inodes;  // ext only
  std::vector<std::uint64_t> orphans;   // inodes without a directory, sorted; filled by walk_names

  [[nodiscard]] std::uint32_t volume_id() const { return job.volume.volume_id; }
  [[nodiscard]] bool ntfs() const { return type == TSK_FS_TYPE_NTFS; }
  [[nodiscard]] bool ext() const { return TSK_FS_TYPE_ISEXT(type) != 0; }
  [[nodiscard]] std::uint64_t stride() const { return std::uint64_t{block_pre} + block_size + block_post; }
  Status issue(std::string code, catalog::Severity severity, std::optional<std::uint64_t> inode, std::string message,
               bool incomplete) const;
};

Result<WalkContext> make_context(const evidence::Image& image, const FsJob& job, Sink& sink, FsSession& session);

// names.cpp: sends every name; the inodes to open, sorted and unique.
Result<std::vector<std::uint64_t>> walk_names(WalkContext& context);

// streams.cpp: the streams of one open file with their extents, in (attr_type, attr_id) order.
struct StreamPlan {
  catalog::StreamRecord record;
  std::vector<catalog::ExtentRecord> extents;
  bool zeros = false;  // kDigested: nothing but zeros
  bool outside_volume = false;
};
std::vector<StreamPlan> plan_streams(WalkContext& context, TSK_FS_FILE* file, std::uint32_t sequence);
// Reads the content of one stream through libtsk in steps; false when it could not be read to its end.
bool read_stream(WalkContext& context, const StreamPlan& plan, TSK_FS_FILE* file,
                 const std::function<Status(Bytes)>& consume, Status& consumed);

// resident.cpp: where the content of a resident NTFS attribute stands inside its MFT record.
class MftMap {
 public:
  explicit MftMap(WalkContext& context);
  [[nodiscard]] std::optional<std::uint64_t> resident_offset(std::uint64_t inode, std::uint32_t attr_type,
                                                             std::uint16_t attr_id, std::uint64_t size) const;

 private:
  struct Run {
    std::uint64_t file_offset, image_offset, length;
  };
  const evidence::Image& image_;
  std::vector<Run> runs_;
  std::uint32_t record_bytes_ = 0;
};

// inodes.cpp
Status walk_inodes(WalkContext& context, const std::vector<std::uint64_t>& inodes);
std::uint32_t sequence_of(const WalkContext& context, const TSK_FS_META& meta);

// reconcile.cpp: inodes in use that no name leads to are an issue.
Status reconcile(WalkContext& context, const std::vector<std::uint64_t>& named);

// blocks.cpp
Status walk_blocks(WalkContext& context);

}  // namespace limier::volume
