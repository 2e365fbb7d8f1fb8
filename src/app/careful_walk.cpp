#include "app/careful_walk.h"

#include <fmt/format.h>

#include <algorithm>

namespace limier::app {
namespace {

using namespace std::chrono_literals;
using volume::Stage;

// A thousand bad inodes must not eat the night: what is quarantined, and the time that workers which died have taken.
constexpr std::size_t kMaxQuarantined = 50;
constexpr auto kPatience = 5min;        // for one volume
constexpr auto kPatienceOfRun = 20min;  // for all of them
// A single entry that was already in the way once gets less time before it is given up.
constexpr Milliseconds kStallAlone{10'000};
constexpr std::size_t kInodesPerSession = 16'384;
// What is left of the time for going round in circles is never less, so that a worker gets to its first item.
constexpr Milliseconds kLeastSlack{1'000};

}  // namespace

CarefulWalk::CarefulWalk(store::IndexWriter& index, const EvidenceSet& evidence, volume::FsJob job,
                         std::uint64_t media_size, const WalkPlan& plan, Progress& progress,
                         const std::atomic<int>& stop)
    : index_(index),
      evidence_(evidence),
      job_(std::move(job)),
      plan_(plan),
      progress_(progress),
      stop_(stop),
      rows_(index, job_.volume.volume_id, media_size) {}

CarefulWalk::Culprit CarefulWalk::culprit_of(const Ending& ending) {
  switch (static_cast<Stage>(ending.stage)) {
    case Stage::kInodes:
    case Stage::kContent:
      return Culprit::kInode;
    case Stage::kOrphans:
      return Culprit::kOrphans;
    case Stage::kReconcile:
      return Culprit::kCounting;
    case Stage::kBlocks:
      return Culprit::kBlocks;
    case Stage::kNames:
      return ending.item == 0 ? Culprit::kOpening : Culprit::kDirectory;
    default:
      return Culprit::kOpening;
  }
}

Result<worker::WorkerStats> CarefulWalk::run(const Ending& first) {
  const Culprit culprit = culprit_of(first);
  note(first, count(culprit, first.item), "the volume is walked again, in parts", true);
  spend(first.lasted);
  if (culprit == Culprit::kInode) suspect_ = first.item, have_suspect_ = true;

  LIMIER_CHECK(walk_names());
  if (!interrupted_ && names_whole_) LIMIER_CHECK(walk_inodes());
  if (!interrupted_ && names_whole_) LIMIER_CHECK(walk_blocks());
  LIMIER_CHECK(add_closed());
  for (const auto& issue : issues_) LIMIER_CHECK(index_.add(issue));
  LIMIER_CHECK(index_.set_volume_status(
      job_.volume.volume_id, rows_.names() > 0 ? catalog::VolumeStatus::kPartial : catalog::VolumeStatus::kFailed));
  return stats_;
}

// ---- one worker

Result<Ending> CarefulWalk::session(const volume::FsJob& job, bool alone, bool held) {
  Session session;
  session.worker = "limier-fs";
  session.job = encode(job);
  session.zone = plan_.zone;
  session.sandbox = plan_.guard.sandbox;
  session.limits = plan_.guard.for_fs(job.volume.length);
  session.limits.slack = std::max(session.limits.slack - unaccounted_, kLeastSlack);
  if (alone) session.limits.stall = std::min(session.limits.stall, kStallAlone);
  session.max_row_bytes = max_row_bytes(job.volume.length) + hit_row_bytes(job);
  session.on_frame = [&](const worker::Frame& frame) { return held ? rows_.hold(frame) : rows_.take(frame); };
  session.on_progress = [&](std::uint64_t done) { progress_.advanced(inodes_done_ + done); };
  std::uint64_t confirmed = 0;
  if (held) {
    session.on_checkpoint = [&](std::uint64_t done) -> Status {
      if (done < confirmed || done > job.only_inodes.size()) return Error{kLied, "it counts wrongly"};
      confirmed = done;
      return rows_.confirm();
    };
  }
  LIMIER_TRY(const Ending ending, run_session(session, evidence_, stop_));
  stats_.chunks_decoded += ending.stats.chunks_decoded;
  unaccounted_ += ending.unaccounted;
  confirmed_ = confirmed;
  interrupted_ = interrupted_ || ending.kind == EndingKind::kInterrupted;
  if (ending.died()) spend(ending.lasted);
  return ending;
}

void CarefulWalk::note(const Ending& ending, std::uint32_t attempt, std::string consequence, bool incomplete) {
  Incident incident;
  incident.ending = ending;
  incident.where = place_in_walk(ending);
  incident.attempt = attempt;
  incident.consequence = std::move(consequence);
  incident.volume_id = job_.volume.volume_id;
  const Culprit culprit = culprit_of(ending);
  if (culprit == Culprit::kInode || culprit == Culprit::kDirectory) incident.inode = ending.item;
  incident.incomplete = incomplete;
  issues_.push_back(incident_issue(incident));
  progress_.note(fmt::format("volume at {}: {}", job_.volume.image_offset, ending.sentence(incident.where)));
}

void CarefulWalk::spend(std::chrono::steady_clock::duration lasted) {
  spent_ += lasted;
  if (plan_.patience != nullptr) plan_.patience->spent += lasted;
}

bool CarefulWalk::patience_spent() const {
  const bool run_spent = plan_.patience != nullptr && plan_.patience->spent > kPatienceOfRun;
  return quarantined_ >= kMaxQuarantined || spent_ > kPatience || run_spent;
}

void CarefulWalk::give_up(std::string what) {
  given_up_ = true;
  catalog::IssueRecord issue;
  issue.stage = "walk";
  issue.code = "quarantine-full";
  issue.severity = catalog::Severity::kError;
  issue.volume_id = job_.volume.volume_id;
  issue.incomplete = true;
  issue.message = quarantined_ >= kMaxQuarantined
                      ? fmt::format("{} entries were quarantined: {}", quarantined_, what)
                      : "workers that died have taken all the time there is for them: " + what;
  issues_.push_back(std::move(issue));
}

// ---- names

Status CarefulWalk::walk_names() {
  while (!names_whole_ && !given_up_ && !interrupted_) {
    LIMIER_CHECK(index_.clear_volume(job_.volume.volume_id));
    rows_.start_over();
    volume::FsJob job = job_;
    job.part = volume::WalkPart::kNames;
    LIMIER_TRY(const Ending ending, session(job, false, false));
    if (ending.kind == EndingKind::kFinished) {
      names_whole_ = true;
    } else if (ending.died()) {
      if (!names_died(ending)) return ok_status();
    } else if (!interrupted_) {
      note(ending, 1, "the volume cannot be listed", true);
      return ok_status();
    }
  }
  return ok_status();
}

// False: the names cannot be had.
bool CarefulWalk::names_died(const Ending& ending) {
  const Culprit culprit = culprit_of(ending);
  const std::uint32_t attempt = count(culprit, ending.item);
  // Tried again, a walk that goes round in circles would do so again; and when another place does it too, what has a
  // name by then is all there is.
  const bool endless = ending.kind == EndingKind::kOverTime;
  if (endless && ++endless_ > 1) {
    note(ending, attempt, "the listing ends where the worker did", true);
    names_whole_ = true;
    return true;
  }
  const bool again = attempt > 1 || endless;
  switch (culprit) {
    case Culprit::kOrphans:
      if (again) job_.skip_orphans = true;
      note(ending, attempt, again ? "files without a directory are not looked for" : "it is tried again", again);
      break;
    case Culprit::kDirectory:
      if (again) job_.skip_inodes.push_back(ending.item), ++quarantined_;
      note(ending, attempt, again ? "the directory is quarantined" : "it is tried again", again);
      break;
    default:
      note(ending, attempt, again ? "the volume cannot be listed" : "it is tried again", again);
      if (again) return false;
      break;
  }
  if (patience_spent()) give_up("the listing ends where the last worker did");
  return true;
}

// ---- inodes

Status CarefulWalk::walk_inodes() {
  LIMIER_CHECK(index_.collect_inodes(job_.volume.volume_id));
  std::optional<store::NamedInode> last;
  while (!given_up_ && !interrupted_) {
    LIMIER_TRY(auto inodes, index_.collected_inodes(last, kInodesPerSession));
    if (inodes.empty()) break;
    last = inodes.back();
    Piece piece{std::move(inodes)};
    const auto at = std::find_if(piece.inodes.begin(), piece.inodes.end(),
                                 [&](const auto& entry) { return have_suspect_ && entry.inode == suspect_; });
    const auto index = static_cast<std::size_t>(at - piece.inodes.begin());
    if (at == piece.inodes.end())
      pieces_.push_back(std::move(piece));
    else
      split(std::move(piece), 0, index);
    while (!pieces_.empty() && !given_up_ && !interrupted_) {
      Piece next = std::move(pieces_.front());
      pieces_.pop_front();
      LIMIER_CHECK(walk_piece(std::move(next)));
    }
  }
  return ok_status();
}

// What came before the one at fault, the one alone, and what comes after it, in this order.
void CarefulWalk::split(Piece piece, std::size_t done, std::size_t at) {
  const auto begin = piece.inodes.begin();
  const auto part = [&](std::size_t from, std::size_t to, bool alone) {
    if (from < to)
      pieces_.push_front({{begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to)}, alone});
  };
  part(at + 1, piece.inodes.size(), false);
  part(at, at + 1, true);
  part(done, at, false);
}

Status CarefulWalk::walk_piece(Piece piece) {
  volume::FsJob job = job_;
  job.part = volume::WalkPart::kInodes;
  job.bare_inodes = piece.bare;
  job.skip_inodes.clear();  // directories that cannot be read; their own metadata is another matter
  for (const auto& entry : piece.inodes) {
    job.only_inodes.push_back(entry.inode);
    if (entry.orphan) job.orphan_inodes.push_back(entry.inode);
  }
  std::sort(job.orphan_inodes.begin(), job.orphan_inodes.end());
  LIMIER_TRY(const Ending ending, session(job, piece.alone, true));
  rows_.discard();
  const auto done = static_cast<std::size_t>(confirmed_);
  inodes_done_ += done;
  if (ending.kind == EndingKind::kFinished || interrupted_) return ok_status();
  if (!ending.died()) {
    note(ending, 1, "the entries that were left are listed by name only", true);
    given_up_ = true;
    return ok_status();
  }
  piece_died(ending, std::move(piece), done);
  if (patience_spent()) give_up("the entries that were left are listed by name only");
  return ok_status();
}

void CarefulWalk::piece_died(const Ending& ending, Piece piece, std::size_t done) {
  if (ending.kind == EndingKind::kOverTime) {
    note(ending, count(culprit_of(ending), ending.item), "the entries that were left are listed by name only", true);
    given_up_ = true;
    return;
  }
  const bool opening = culprit_of(ending) != Culprit::kInode;
  if (opening) {
    const std::uint32_t attempt = count(Culprit::kOpening, 0);
    const bool again = attempt > 1;
    note(ending, attempt, again ? "the entries that were left are listed by name only" : "it is tried again", again);
    given_up_ = given_up_ || again;
    piece.inodes.erase(piece.inodes.begin(), piece.inodes.begin() + static_cast<std::ptrdiff_t>(done));
    pieces_.push_front(std::move(piece));
    return;
  }
  // A worker that names an entry it was not given is not to be believed: then the first that is missing counts.
  auto at = std::find_if(piece.inodes.begin() + static_cast<std::ptrdiff_t>(done), piece.inodes.end(),
                         [&](const auto& entry) { return entry.inode == ending.item; });
  if (at == piece.inodes.end()) at = piece.inodes.begin() + static_cast<std::ptrdiff_t>(done);
  if (at == piece.inodes.end()) return;  // all of it had come
  const std::uint64_t inode = at->inode;
  const std::uint32_t attempt = count(Culprit::kInode, inode);
  if (piece.bare) {
    ++quarantined_;
    note(ending, attempt, "the entry is quarantined and listed by name only", true);
  } else if (piece.alone) {
    note(ending, attempt, "its metadata is read alone; its content is quarantined", true);
    ++quarantined_;
    piece.bare = true;
    pieces_.push_front(std::move(piece));
  } else {
    note(ending, attempt, "the entry is tried again alone", false);
    const auto index = static_cast<std::size_t>(at - piece.inodes.begin());
    split(std::move(piece), done, index);
  }
}

Status CarefulWalk::add_closed() {
  const auto add = [&](const WalkRows::Closed& closed, std::string code, const std::string& what) -> Status {
    if (closed.streams == 0) return ok_status();
    catalog::IssueRecord issue;
    issue.stage = "walk";
    issue.code = std::move(code);
    issue.volume_id = job_.volume.volume_id;
    issue.inode = closed.first_inode;
    issue.incomplete = true;
    issue.message = fmt::format("{} streams ({} bytes) {}; the first is of entry {}", closed.streams, closed.bytes,
                                what, closed.first_inode);
    return index_.add(issue);
  };
  LIMIER_CHECK(add(rows_.encrypted(), "content-encrypted",
                   evidence::is_extraction(job_.evidence.format)
                       ? "are encrypted in the archive and were not examined"
                       : "are encrypted by the file system and were not examined"));
  for (const auto& [reason, closed] : rows_.not_read())
    LIMIER_CHECK(add(closed, "content-not-read", "are not read: " + reason));
  return add(rows_.unreadable(), "content-unreadable", "are in use, but their content cannot be read");
}

// ---- block use

Status CarefulWalk::walk_blocks() {
  volume::FsJob job = job_;
  job.part = volume::WalkPart::kBlocks;
  while (!interrupted_) {
    LIMIER_TRY(const Ending ending, session(job, false, true));
    if (ending.kind == EndingKind::kFinished) return rows_.confirm();
    rows_.discard();
    if (interrupted_) return ok_status();
    const std::uint32_t attempt = count(Culprit::kBlocks, 0);
    const bool again = attempt > 1 || !ending.died() || patience_spent();
    note(ending, attempt, again ? "which blocks are in use is not known, so all are taken to be" : "it is tried again",
         again);
    if (again) break;
  }
  if (interrupted_) return ok_status();
  // Calling them free would invite a wrong reading of what lies there.
  catalog::BlockRange all;
  all.volume_id = job_.volume.volume_id;
  all.image_offset = job_.volume.image_offset;
  all.length = job_.volume.length;
  all.use = catalog::BlockUse::kAllocated;
  return all.length > 0 ? index_.add(all) : ok_status();
}

}  // namespace limier::app
