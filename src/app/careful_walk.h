// The walk of a volume that one worker did not survive: in parts, by fresh workers, with what is at fault tried again
// alone, then quarantined. Names first, then inodes with a checkpoint after every few, then block use.
#pragma once

#include <deque>
#include <map>

#include "app/incident.h"
#include "app/walk_phase.h"
#include "app/walk_rows.h"
#include "limier/volume.h"

namespace limier::app {

class CarefulWalk {
 public:
  // `job` is the whole walk's, `first` how that ended.
  CarefulWalk(store::IndexWriter& index, const EvidenceSet& evidence, volume::FsJob job, std::uint64_t media_size,
              const WalkPlan& plan, Progress& progress, const std::atomic<int>& stop);

  // Afterwards the volume is partial, or failed when not a name was read, and every incident is an issue.
  Result<worker::WorkerStats> run(const Ending& first);

 private:
  // What a death is laid to.
  enum class Culprit : std::uint8_t { kOpening, kDirectory, kOrphans, kInode, kCounting, kBlocks };
  struct Piece {
    std::vector<store::NamedInode> inodes;
    bool alone = false;
    bool bare = false;  // metadata only: with its runs the inode stopped two workers
  };

  Status walk_names();
  Status walk_inodes();
  Status walk_piece(Piece piece);
  Status walk_blocks();
  Status add_closed();
  Result<Ending> session(const volume::FsJob& job, bool alone, bool held);

  bool names_died(const Ending& ending);
  void piece_died(const Ending& ending, Piece piece, std::size_t done);
  void split(Piece piece, std::size_t done, std::size_t at);
  std::uint32_t count(Culprit culprit, std::uint64_t item) { return ++deaths_[{culprit, item}]; }
  void note(const Ending& ending, std::uint32_t attempt, std::string consequence, bool incomplete);
  void give_up(std::string what);
  void spend(std::chrono::steady_clock::duration lasted);
  [[nodiscard]] bool patience_spent() const;
  static Culprit culprit_of(const Ending& ending);

  store::IndexWriter& index_;
  const EvidenceSet& evidence_;
  volume::FsJob job_;
  const WalkPlan& plan_;
  Progress& progress_;
  const std::atomic<int>& stop_;
  WalkRows rows_;
  worker::WorkerStats stats_;
  bool interrupted_ = false;
  bool names_whole_ = false;  // else what there is came from a walk that broke off
  bool given_up_ = false;
  std::size_t quarantined_ = 0;
  std::uint32_t endless_ = 0;  // times the names took too long
  std::uint64_t inodes_done_ = 0;
  std::uint64_t confirmed_ = 0;  // inodes of the last session whose rows stand
  std::uint64_t suspect_ = 0;    // inode that stopped the whole walk
  bool have_suspect_ = false;
  std::chrono::steady_clock::duration spent_{};
  Milliseconds unaccounted_{0};  // by all workers of the careful walk together
  std::map<std::pair<Culprit, std::uint64_t>, std::uint32_t> deaths_;
  std::deque<Piece> pieces_;
  std::vector<catalog::IssueRecord> issues_;  // stored last: repeating a part drops the issues of the part
};

}  // namespace limier::app
