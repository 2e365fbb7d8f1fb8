// Sends an inode with its streams and extents, whoever read them.
#pragma once

#include "volume/walk_base.h"

namespace limier::volume {

// Any unallocated cluster that looks like a directory makes orphans, and their sizes are whatever stands there: 92 KB
// were once read as 140 TB of them. What all orphans together claim is held against the size of the volume; beyond it
// the names stay, but nobody reads content for them.
class OrphanBudget {
 public:
  explicit OrphanBudget(const WalkBase& walk);
  // Takes what the streams claim; false when the budget does not hold it.
  bool admits(std::uint64_t inode, const std::vector<StreamPlan>& plans);
  [[nodiscard]] Status report() const;

 private:
  const WalkBase& walk_;
  std::uint64_t limit_;
  std::uint64_t claimed_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t refused_bytes_ = 0;
};

class InodeSender {
 public:
  explicit InodeSender(WalkBase& walk) : walk_(walk), budget_(walk) {}
  // Content of a kDigested stream that is not all zeros; false when it cannot be read to its end.
  using ReadContent = std::function<bool(const StreamPlan& plan, const Consumer& consume, Status& consumed)>;
  // The streams of an inode that was sent; digests what `read` gives.
  Status streams(const catalog::InodeRecord& inode, std::vector<StreamPlan>& plans, const ReadContent& read);
  // The issues that speak of all of them, after the last.
  [[nodiscard]] Status report() const;

 private:
  // Streams nobody could look into. One issue for all of a kind: a volume may hold a hundred thousand of them, and each
  // is a row of v_file with its state.
  struct Closed {
    std::uint64_t streams = 0;
    std::uint64_t bytes = 0;
    std::uint64_t first_inode = 0;
    void add(const catalog::StreamRecord& stream);
  };
  [[nodiscard]] Status report(const Closed& closed, std::string code, std::string_view what) const;
  void digest(StreamPlan& plan, const ReadContent& read);
  void digest_zeros(StreamPlan& plan);
  void note(const catalog::StreamRecord& stream, bool allocated);

  WalkBase& walk_;
  OrphanBudget budget_;
  Closed encrypted_;
  Closed unreadable_;
  std::map<std::string, Closed> not_read_;  // by reason
};

// extract.cpp: sends the content of the stream that the job names, one of these.
Status send_stream(const WalkBase& walk, const std::vector<StreamPlan>& plans, const InodeSender::ReadContent& read);

}  // namespace limier::volume
