// limier's own reader of exFAT. Source: Microsoft, "exFAT file system specification".
//
// Entries have libtsk's numbers, and what is no file (label, bitmap, up-case table, boot sector, FAT) the names that
// libtsk gives it.
#pragma once

#include "volume/exfat_tree.h"
#include "volume/own_reader.h"
#include "volume/walk_issues.h"

namespace limier::volume {

class ExfatReader final : public OwnReader {
 public:
  static Result<std::unique_ptr<OwnReader>> open(WalkBase& walk);
  ExfatReader(WalkBase& walk, const ExfatLayout& layout) : state_(walk, layout), walk_(walk) {}

  Result<std::vector<std::uint64_t>> names() override;
  std::optional<Described> describe(std::uint64_t inode) override;
  Status blocks() override;
  Status report() override;
  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override;

 private:
  Status prepare();
  Status issue_boot() const;
  void find_bitmap();

  // Metadata
  Described root() const;
  Described file_system_part(std::uint64_t inode) const;
  std::optional<Described> special(std::uint64_t inode, std::uint64_t volume_offset, Bytes entry);
  Described file(std::uint64_t inode, const ExfatFile& file, bool in_use);
  catalog::InodeRecord blank(std::uint64_t inode) const;
  catalog::Stamp stamp(const ExfatTime& time, std::uint64_t inode);

  // Streams
  StreamPlan plan(std::uint64_t inode, std::uint64_t size_bytes) const;
  void lay_out(StreamPlan& plan, const Placement& placement, std::uint64_t valid_bytes) const;
  void judge(StreamPlan& plan, const Placement& placement) const;
  StreamPlan bytes_at(std::uint64_t inode, std::uint64_t volume_offset, std::uint64_t length) const;

  // exfat_blocks.cpp
  struct Unowned {
    std::uint64_t clusters = 0;
    std::uint64_t first = 0;
    bool after_deleted = false;
    ClusterSet kept;  // marked as in use, but of a deleted file alone
  };
  Unowned look_for_owners();
  void look_for_owner(std::uint32_t cluster, Unowned& unowned);
  bool holds_nothing(std::uint32_t cluster) const;
  Status issue_unowned(const Unowned& unowned) const;
  Status issue_unmarked();

  ExfatState state_;
  WalkBase& walk_;
  ClusterSet deleted_;        // clusters of what is not in use
  ClusterSet deleted_whole_;  // of files that are not in use and of which all clusters are known
  Oddities impossible_times_{walk_, catalog::Severity::kWarning, "impossible-time",
                             "no calendar or clock shows such a time; as the entry holds it"};
  Oddities long_lengths_{walk_, catalog::Severity::kWarning, "valid-length-too-long",
                         "more bytes are said to be valid than there are"};
};

}  // namespace limier::volume
