// The walk of one volume, in parts: names, inodes, streams with extents, block use.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "volume/inode_sender.h"
#include "volume/second_reader.h"
#include "volume/tsk_image.h"

namespace limier::volume {

// Names in use that directories hold, the root apart.
struct Listed {
  std::uint64_t files = 0;  // whatever is no folder
  std::uint64_t folders = 0;
};

// An inode and, on NTFS, the sequence number that says which of the files it has held.
struct NumberedEntry {
  std::uint64_t inode = 0;
  std::uint32_t sequence = 0;
  auto operator<=>(const NumberedEntry&) const = default;
};

// What every part needs to know about the volume.
struct WalkContext : WalkBase {
  WalkContext(const evidence::Image& evidence, const FsJob& walk_job, Sink& out, FsSession& open_session)
      : WalkBase(evidence, walk_job, out), session(open_session) {}
  std::size_t read(std::uint64_t image_offset, MutableBytes out) override {
    return session.usable() ? session.lines().read(image_offset, out) : 0;
  }
  DamageLog& damage() override { return session.damage(); }
  // Fills in what follows, from the open file system. Before anything else.
  Status prepare();

  FsSession& session;
  std::uint32_t block_size = 0;
  std::uint32_t block_pre = 0;  // bytes before and after each block (spare bytes of NAND)
  std::uint32_t block_post = 0;
  std::uint32_t ufs_block_bytes = 0;  // UFS only, where block_size is that of a fragment
  TSK_FS_TYPE_ENUM type = TSK_FS_TYPE_DETECT;
  std::uint64_t root_inode = 0;
  std::uint64_t last_inode = 0;
  std::uint64_t inode_count = 0;
  std::unique_ptr<SecondReader> second;     // never null
  Listed listed;                            // filled by NameWalk::named
  std::vector<std::uint64_t> named_in_use;  // inodes with a name in use, sorted; by NameWalk
  std::vector<NumberedEntry> unallocated;   // inodes walked that are not in use; filled by InodeWalk

  [[nodiscard]] bool ntfs() const { return type == TSK_FS_TYPE_NTFS; }
  // Inodes in use can be told from others without a name.
  [[nodiscard]] bool counts_inodes() const { return ntfs() || TSK_FS_TYPE_ISFFS(type) != 0; }
  [[nodiscard]] std::uint64_t stride() const { return std::uint64_t{block_pre} + block_size + block_post; }
};

bool volume_outside(const evidence::Image& image, const FsJob& job);

// names.cpp: sends every name; the inodes to open, sorted and unique.
// In two parts, because libtsk finds files without a directory by asking which inodes that are not in use have a name.
// It would walk the whole tree a second time, with all metadata in directory order, to answer that itself.
class NameWalk {
 public:
  explicit NameWalk(WalkContext& context);
  // Every name in a directory; the inodes they lead to, sorted and unique.
  Result<std::vector<std::uint64_t>> named();
  // Then the names without a directory; the inodes only they lead to. Takes context.unallocated as the answer, unless
  // no inodes were walked.
  Result<std::vector<std::uint64_t>> orphans();
  // Then a name for each inode in use that none leads to, and what such directories hold; the inodes they lead to.
  Result<std::vector<std::uint64_t>> unnamed();

 private:
  struct Frame {
    DirHandle dir;
    std::size_t next = 0;
    std::size_t count = 0;
    std::map<std::size_t, std::string> names;  // by SecondReader
    std::vector<SecondReader::MoreName> more;  // the same; they come last
    std::uint64_t inode = 0;
    std::uint64_t name_id = 0;
    std::size_t path_length = 0;  // of this directory, without a trailing slash
    bool orphan = false;
  };
  struct OrphanDir {
    std::uint64_t inode = 0;
    std::uint64_t name_id = 0;
    std::string path;
  };

  [[nodiscard]] bool is_named(const NumberedEntry& entry) const;
  void tell_libtsk_what_is_named();
  std::vector<std::uint64_t> take_new_inodes();
  Status report(const Nameless& nameless);
  void add_entries_of(std::uint64_t inode, std::set<std::uint64_t>& below);
  Status send_unnamed(std::uint64_t inode);
  DirHandle open_dir(std::uint64_t inode);
  Status open_root();
  void push(DirHandle dir, std::uint64_t inode, std::uint64_t name_id, bool orphan);
  void pop();
  Status step();
  Status send(const TSK_FS_NAME& entry, std::size_t name_size, std::uint64_t parent, bool orphan);
  void count(const catalog::NameRecord& record);
  [[nodiscard]] bool belongs(const TSK_FS_NAME& entry, const TSK_FS_META& meta) const;
  Status enter(const TSK_FS_NAME& entry, bool orphan);
  Status unreadable(std::uint64_t inode);
  void count_entries();
  Status over_budget();

  WalkContext& context_;
  std::vector<Frame> stack_;
  std::set<std::uint64_t> ancestors_;
  std::string path_;
  std::string name_;                          // of the entry at hand
  std::vector<std::uint64_t> inodes_;         // of the part that is being walked
  std::vector<std::uint64_t> named_inodes_;   // of the parts before, sorted
  std::vector<NumberedEntry> named_entries_;  // NTFS: the same with the sequence number of each name
  std::optional<OrphanDir> orphan_dir_;
  std::uint64_t names_ = 0;
  std::uint64_t orphans_ = 0;
  std::uint64_t loops_ = 0;  // names in use that lead to a directory above them
  std::uint64_t first_loop_ = 0;
  std::uint64_t most_names_ = 0;  // by what the file system says of its size
  std::uint64_t limit_ = 0;       // and by the entries found so far
  std::uint64_t next_count_ = 0;  // of names, when the entries are counted
  std::uint64_t orphan_limit_ = 0;
  bool budget_spent_ = false;
  bool in_orphans_ = false;
};

// streams.cpp: the streams of one open file with their extents, in (attr_type, attr_id) order; `record` is what was
// said of its inode.
Result<std::vector<StreamPlan>> plan_streams(WalkContext& context, TSK_FS_FILE* file,
                                             const catalog::InodeRecord& record);
// Reads the content of one stream through libtsk in steps; false when it could not be read to its end.
bool read_stream(WalkContext& context, const StreamPlan& plan, TSK_FS_FILE* file, const Consumer& consume,
                 Status& consumed);

// resident.cpp: the records of an NTFS MFT as they stand on the disk.
class MftMap {
 public:
  explicit MftMap(WalkContext& context);
  // Where the content of a resident attribute stands inside its record.
  [[nodiscard]] std::optional<std::uint64_t> resident_offset(std::uint64_t inode, std::uint32_t attr_type,
                                                             std::uint16_t attr_id, std::uint64_t size) const;
  [[nodiscard]] std::uint32_t record_bytes() const { return record_bytes_; }
  // Records that the MFT has room for; 0: it cannot be read.
  [[nodiscard]] std::uint64_t count() const;
  // Into `record`, of record_bytes(); false when it is not there or was not written as a whole.
  [[nodiscard]] bool read(std::uint64_t number, MutableBytes record) const;

 private:
  struct Run {
    std::uint64_t file_offset, image_offset, length;
  };
  [[nodiscard]] const Run* run_at(std::uint64_t file_offset) const;

  WalkContext& context_;
  std::vector<Run> runs_;
  std::uint32_t record_bytes_ = 0;
};

// inodes.cpp: metadata, streams and extents.
class InodeWalk {
 public:
  explicit InodeWalk(WalkContext& context);
  ~InodeWalk();
  // In the order given; called once for the inodes with a name and once for the orphans.
  Status run(const std::vector<std::uint64_t>& inodes);
  // The issues that speak of all of them, after the last run.
  [[nodiscard]] Status report() const;
  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};
std::uint32_t sequence_of(const WalkContext& context, const TSK_FS_META& meta);

// inodes.cpp: what libtsk and the second reader say of an inode.
Result<catalog::InodeRecord> describe_inode(WalkContext& context, TSK_FS_FILE* file);

// reconcile.cpp
// Inodes in use that no name in use leads to.
Result<Nameless> find_nameless(WalkContext& context);
// A listing that holds less than the file system says it has is an issue.
Status reconcile(WalkContext& context, const std::vector<std::uint64_t>& named);

// blocks.cpp
Status walk_blocks(WalkContext& context);

}  // namespace limier::volume
