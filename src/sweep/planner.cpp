#include "sweep/planner.h"

#include <algorithm>
#include <limits>

namespace limier::sweep {

namespace {

// Own limits. An open content costs about 430 bytes here and in FileHashes together, a waiting piece about 70: with
// these counts both stay below 900 MB each, within the address space limier-sweep is given.
constexpr std::size_t kMaxOpenContents = 2u << 20;
constexpr std::size_t kMaxWaitingPieces = 8u << 20;
// Steps of one round are in memory at once, for every batch in flight.
constexpr std::size_t kMaxPiecesPerRound = 64u << 10;
// A block of the digests: a shorter piece has none in common with the media.
constexpr std::uint64_t kWorthTheMediaLane = 64;
// What a stashed piece costs beside its bytes.
constexpr std::uint64_t kStashOverhead = 64;
// File bytes for every byte of media, and a base for sparse files on small media.
constexpr std::uint64_t kFileBytesFactor = 8;
constexpr std::uint64_t kFileBytesBase = 16ull << 30;

bool is_packed(const catalog::PlanPiece& piece) {
  return piece.packing.coding != catalog::Coding::kPlain;
}

Error bad_plan(const char* what) {
  return {ErrorKind::kInternal, std::string("the sweep's plan is not usable: ") + what};
}

}  // namespace

PlanLimits plan_limits(const evidence::Image& image, const SweepJob& job) {
  const std::uint64_t size = image.size_bytes();
  const bool huge = size > (std::numeric_limits<std::uint64_t>::max() - kFileBytesBase) / kFileBytesFactor;
  return {.media_size = size,
          .chunk_size = image.chunk_size(),
          .stash_bytes = job.stash_bytes,
          .file_bytes = huge ? std::numeric_limits<std::uint64_t>::max() : size * kFileBytesFactor + kFileBytesBase,
          .use_media_lane = digests_run_side_by_side() && job.media_digests.any() && job.file_digests == kAllDigests};
}

Result<bool> Planner::steps_until(std::uint64_t end, bool last, LaneSteps& steps) {
  steps_ = &steps;
  std::erase_if(active_, [&](Active& active) { return advance(active, end); });
  for (std::size_t taken = 0;; ++taken) {
    LIMIER_TRY(const catalog::PlanPiece* piece, peek());
    if (piece == nullptr || (!last && piece->image_offset >= end)) break;
    if (taken == kMaxPiecesPerRound) return false;
    LIMIER_CHECK(arrive(*piece, end));
    ++plan_at_;
  }
  if (last) finish_leftovers();
  return true;
}

// The next piece of the plan; null at its end.
Result<const catalog::PlanPiece*> Planner::peek() {
  if (plan_at_ == plan_.size() && !plan_ended_) {
    LIMIER_TRY(plan_, source_());
    plan_at_ = 0;
    plan_ended_ = plan_.empty();
  }
  return plan_ended_ ? nullptr : &plan_[plan_at_];
}

Status Planner::arrive(const catalog::PlanPiece& piece, std::uint64_t end) {
  if (piece.image_offset < begun_before_) return bad_plan("its pieces are not in image order");
  begun_before_ = piece.image_offset;
  const auto [at, fresh] = contents_.try_emplace(piece.content_id);
  Content& content = at->second;
  if (fresh) open(content, piece);
  if (content.piece_count != piece.piece_count || content.size_bytes != piece.size_bytes ||
      content.packing != piece.packing)
    return bad_plan("the pieces of one content disagree");
  if (piece.piece_count == 0) {  // nothing of it is on the media: all zeros
    content.dropped ? drop(at) : finish(at);
    return ok_status();
  }
  if (piece.piece >= content.piece_count || content.seen == content.piece_count)
    return bad_plan("a content has more pieces than it says");
  ++content.seen;
  if (content.dropped || !acceptable(content, piece)) {
    drop(at);
    return ok_status();
  }
  const bool in_turn = piece.piece == content.next_piece && !content.live;
  if (!in_turn && (piece.piece <= content.next_piece || waiting_.contains({piece.content_id, piece.piece})))
    return bad_plan("a piece comes twice");
  if (in_turn && content.lane == kMediaLane)
    media_lane_until_ = std::max(media_lane_until_, piece.image_offset + piece.length);
  const bool goes_on = in_turn ? begin_piece(at, piece.file_offset, piece.length) : wait(at, piece);
  Active active{.content_id = piece.content_id,
                .image_offset = piece.image_offset,
                .length = piece.length,
                .done = 0,
                .piece = piece.piece};
  if (goes_on && !advance(active, end)) active_.push_back(active);
  return ok_status();
}

void Planner::open(Content& content, const catalog::PlanPiece& piece) {
  content.size_bytes = piece.size_bytes;
  content.packing = piece.packing;
  content.unpacked_bytes = is_packed(piece) ? piece.unpacked_bytes : piece.size_bytes;
  content.piece_count = piece.piece_count;
  content.lane = static_cast<std::uint8_t>(fits_media_lane(piece) ? kMediaLane : 1 + piece.content_id % kShards);
  content.dropped = content.unpacked_bytes > limits_.file_bytes || contents_hashed_ >= kMaxOpenContents;
  if (content.dropped) return;
  limits_.file_bytes -= content.unpacked_bytes;
  ++contents_hashed_;
}

// One content at a time can go along with the media; a second one over the same bytes goes elsewhere, and so does one
// whose first piece to come is not the first of the file.
bool Planner::fits_media_lane(const catalog::PlanPiece& piece) const {
  return limits_.use_media_lane && piece.piece == 0 && piece.piece_count > 0 && piece.file_offset == 0 &&
         piece.image_offset >= media_lane_until_ && piece.length >= kWorthTheMediaLane && !is_packed(piece);
}

bool Planner::acceptable(const Content& content, const catalog::PlanPiece& piece) const {
  return piece.file_offset <= content.size_bytes && piece.length <= content.size_bytes - piece.file_offset &&
         piece.image_offset <= limits_.media_size && piece.length <= limits_.media_size - piece.image_offset;
}

// False when the content has been given up: its pieces overlap within the file.
bool Planner::begin_piece(Contents::iterator at, std::uint64_t file_offset, std::uint64_t length) {
  Content& content = at->second;
  if (file_offset < content.position) {
    drop(at);
    return false;
  }
  emit(StepKind::kZeros, at, 0, 0, file_offset - content.position);
  content.position = file_offset + length;
  content.live = true;
  return true;
}

// True when the piece is to be stashed as the sweep passes over it; a deferred one needs nothing until it is due.
bool Planner::wait(Contents::iterator at, const catalog::PlanPiece& piece) {
  Waiting waiting{.file_offset = piece.file_offset, .image_offset = piece.image_offset, .length = piece.length};
  const std::uint64_t left = limits_.stash_bytes - stash_used_;
  waiting.stashed = kStashOverhead <= left && piece.length <= left - kStashOverhead;
  if (waiting.stashed) {
    stash_used_ += piece.length + kStashOverhead;
  } else {
    // Reading a few bytes again costs decoding the whole chunk they are in.
    const std::uint64_t cost = std::uint64_t{limits_.chunk_size} + piece.length;
    if (cost > limits_.file_bytes || waiting_.size() >= kMaxWaitingPieces) {
      drop(at);
      return false;
    }
    limits_.file_bytes -= cost;
    ++pieces_deferred_;
  }
  const bool stashed = waiting.stashed;
  waiting_.emplace(PieceKey{piece.content_id, piece.piece}, waiting);
  ++at->second.waiting;
  return stashed;
}

// Steps for the part of the piece before `end` that has none yet. True when the piece needs no more of them.
bool Planner::advance(Active& active, std::uint64_t end) {
  const auto at = contents_.find(active.content_id);
  if (at == contents_.end() || at->second.dropped) return true;
  const std::uint64_t from = active.image_offset + active.done;
  const std::uint64_t to = std::min(active.image_offset + active.length, std::max(end, from));
  active.done += to - from;
  const bool ended = active.done == active.length;
  if (active.piece == at->second.next_piece) {
    emit(StepKind::kBytes, at, active.piece, from, to - from);
    if (ended) piece_ended(at);
  } else if (const auto waiting = waiting_.find({active.content_id, active.piece});
             waiting != waiting_.end() && waiting->second.stashed) {
    emit(StepKind::kStash, at, active.piece, from, to - from);
    waiting->second.done = active.done;
  }
  return ended;
}

// The piece in turn has been hashed; whatever waited for that comes next.
void Planner::piece_ended(Contents::iterator at) {
  Content& content = at->second;
  for (;;) {
    content.live = false;
    ++content.next_piece;
    if (content.next_piece == content.piece_count) return finish(at);
    const auto found = waiting_.find({at->first, content.next_piece});
    if (found == waiting_.end()) return;
    const Waiting due = found->second;
    if (!begin_piece(at, due.file_offset, due.length)) return;
    waiting_.erase(found);
    --content.waiting;
    if (!due.stashed) {
      emit(StepKind::kReread, at, content.next_piece, due.image_offset, due.length);
      continue;
    }
    emit(StepKind::kUnstash, at, content.next_piece, 0, due.done);
    stash_used_ -= due.length + kStashOverhead;
    if (due.done < due.length) return;  // the sweep is in the middle of it; the rest is hashed as it comes
  }
}

// No digests for this content. Call for every further piece as well: it ends with the last one.
void Planner::drop(Contents::iterator at) {
  Content& content = at->second;
  if (!content.dropped) --contents_hashed_;
  content.dropped = true;
  for (std::uint32_t piece = content.next_piece; content.waiting > 0 && piece < content.piece_count; ++piece) {
    const auto found = waiting_.find({at->first, piece});
    if (found == waiting_.end()) continue;
    if (found->second.stashed) {
      emit(StepKind::kDiscard, at, piece, 0, found->second.done);
      stash_used_ -= found->second.length + kStashOverhead;
    }
    waiting_.erase(found);
    --content.waiting;
  }
  if (content.seen < content.piece_count) return;
  emit(StepKind::kFinishDamaged, at, 0, 0, 0);
  contents_.erase(at);
}

void Planner::finish(Contents::iterator at) {
  emit(StepKind::kZeros, at, 0, 0, at->second.size_bytes - at->second.position);
  emit(StepKind::kFinish, at, 0, 0, 0);
  --contents_hashed_;
  contents_.erase(at);
}

void Planner::finish_leftovers() {
  while (!contents_.empty()) {
    const auto at = contents_.begin();
    at->second.seen = at->second.piece_count;
    drop(at);
  }
  active_.clear();
}

void Planner::forget_stash() {
  for (auto& [key, waiting] : waiting_) {
    if (waiting.stashed) ++pieces_deferred_;
    waiting.stashed = false;
  }
  stash_used_ = 0;
  std::erase_if(active_, [&](const Active& active) { return waiting_.contains({active.content_id, active.piece}); });
}

std::unordered_map<std::uint64_t, Planner::Standing> Planner::standings() const {
  std::unordered_map<std::uint64_t, Standing> standings;
  for (const auto& [content_id, content] : contents_)
    if (!content.dropped) standings.emplace(content_id, Standing{content.lane, content.position});
  // `position` is the end of the piece in turn, also while the sweep is in the middle of it.
  for (const Active& active : active_) {
    const auto content = contents_.find(active.content_id);
    const auto standing = standings.find(active.content_id);
    if (standing != standings.end() && content->second.live && active.piece == content->second.next_piece)
      standing->second.hashed_bytes -= active.length - active.done;
  }
  return standings;
}

void Planner::emit(StepKind kind, Contents::const_iterator at, std::uint32_t piece, std::uint64_t offset,
                   std::uint64_t length) {
  const bool needs_bytes = kind != StepKind::kFinish && kind != StepKind::kFinishDamaged;
  if (needs_bytes && length == 0) return;
  const Content& content = at->second;
  (*steps_)[content.lane].push_back({kind, piece, at->first, offset, length, content.unpacked_bytes, content.packing});
}

}  // namespace limier::sweep
