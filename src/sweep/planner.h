// Turns the plan (pieces in image order) into steps (bytes in file order), batch by batch. All decisions are taken
// here, on one thread and without looking at a byte, which is why nothing depends on the number of jobs.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "limier/sweep.h"

namespace limier::sweep {

// The steps of a lane are carried out in order, lanes beside each other. Lane 0 goes along with the media digests, over
// the same bytes at the same time, which makes a file in it nearly free; contents that cannot be there are dealt to the
// other lanes by their id. A constant, so that the order of steps is the same for every number of jobs.
inline constexpr std::size_t kMediaLane = 0;
inline constexpr std::size_t kShards = 8;
inline constexpr std::size_t kLanes = 1 + kShards;

enum class StepKind : std::uint8_t {
  kBytes,          // hash [offset, offset + length) of the media, which is in this batch
  kZeros,          // hash `length` zeros
  kStash,          // append [offset, offset + length) of this batch to the stash of `piece`
  kUnstash,        // hash the stash of `piece` and free it
  kReread,         // read [offset, offset + length) of the media again and hash it
  kDiscard,        // free the stash of `piece`
  kFinish,         // all of the content has been hashed: emit
  kFinishDamaged,  // emit without digests
};

struct Step {
  StepKind kind{};
  std::uint32_t piece = 0;
  std::uint64_t content_id = 0;
  std::uint64_t offset = 0;  // image_offset
  std::uint64_t length = 0;
  std::uint64_t size_bytes = 0;  // of the whole content, unpacked
  catalog::Packing packing;
};
using LaneSteps = std::array<std::vector<Step>, kLanes>;

struct PlanLimits {
  std::uint64_t media_size = 0;
  std::uint32_t chunk_size = 0;
  std::uint64_t stash_bytes = 0;
  // Bytes the contents may ask to be hashed, together. Cross-linked or sparse files can name more bytes than any run
  // could hash; a content that does not fit gets no digests.
  std::uint64_t file_bytes = 0;
  bool use_media_lane = false;
};
PlanLimits plan_limits(const evidence::Image& image, const SweepJob& job);

class Planner {
 public:
  Planner(const PlanSource& source, const PlanLimits& limits) : source_(source), limits_(limits) {}

  // Appends the steps of one round over the media up to `end` (calls come with rising `end`). True when this `end` is
  // done with; false when more pieces begin before it than one round takes, and it must be asked again.
  // With `last`, everything the plan still holds is taken, and what cannot be completed is finished as damaged.
  Result<bool> steps_until(std::uint64_t end, bool last, LaneSteps& steps);
  [[nodiscard]] std::uint64_t pieces_deferred() const { return pieces_deferred_; }

  // -- going on from a checkpoint: the plan up to it is gone through once more, and the steps are thrown away
  // ---------- The bytes that were stashed are not there any more: they are read again when they are due.
  void forget_stash();
  struct Standing {
    std::size_t lane = 0;
    std::uint64_t hashed_bytes = 0;  // by the steps given so far
  };
  // Contents that are to get digests and are not finished.
  [[nodiscard]] std::unordered_map<std::uint64_t, Standing> standings() const;

 private:
  struct Content {
    std::uint64_t size_bytes = 0;      // where it lies
    std::uint64_t unpacked_bytes = 0;  // the same, but for a packed one
    catalog::Packing packing;
    std::uint64_t position = 0;  // where the file's bytes will stand after the steps given so far
    std::uint32_t piece_count = 0;
    std::uint32_t next_piece = 0;
    std::uint32_t seen = 0;
    std::uint32_t waiting = 0;
    std::uint8_t lane = 0;
    bool live = false;     // next_piece has begun and is not at its end
    bool dropped = false;  // no digests are to be had; only waits for the rest of its pieces
  };
  using Contents = std::unordered_map<std::uint64_t, Content>;
  struct PieceKey {
    std::uint64_t content_id = 0;
    std::uint32_t piece = 0;
    friend bool operator==(const PieceKey&, const PieceKey&) = default;
  };
  struct PieceKeyHash {
    std::size_t operator()(const PieceKey& key) const {
      return static_cast<std::size_t>((key.content_id + (std::uint64_t{key.piece} << 32)) * 0x9e3779b97f4a7c15u);
    }
  };
  // A piece that came before its turn.
  struct Waiting {
    std::uint64_t file_offset = 0;
    std::uint64_t image_offset = 0;
    std::uint64_t length = 0;
    std::uint64_t done = 0;  // stashed so far
    bool stashed = false;    // else it is read again when it is due
  };
  // A piece that reaches beyond the batches given so far.
  struct Active {
    std::uint64_t content_id = 0;
    std::uint64_t image_offset = 0;
    std::uint64_t length = 0;
    std::uint64_t done = 0;
    std::uint32_t piece = 0;
  };

  Result<const catalog::PlanPiece*> peek();
  Status arrive(const catalog::PlanPiece& piece, std::uint64_t end);
  void open(Content& content, const catalog::PlanPiece& piece);
  bool fits_media_lane(const catalog::PlanPiece& piece) const;
  bool acceptable(const Content& content, const catalog::PlanPiece& piece) const;
  bool begin_piece(Contents::iterator at, std::uint64_t file_offset, std::uint64_t length);
  bool wait(Contents::iterator at, const catalog::PlanPiece& piece);
  bool advance(Active& active, std::uint64_t end);
  void piece_ended(Contents::iterator at);
  void drop(Contents::iterator at);
  void finish(Contents::iterator at);
  void finish_leftovers();
  void emit(StepKind kind, Contents::const_iterator at, std::uint32_t piece, std::uint64_t offset,
            std::uint64_t length);

  const PlanSource& source_;
  PlanLimits limits_;
  std::vector<catalog::PlanPiece> plan_;
  std::size_t plan_at_ = 0;
  bool plan_ended_ = false;
  std::uint64_t begun_before_ = 0;      // image_offset of the latest piece: the plan must not go back
  std::uint64_t media_lane_until_ = 0;  // image_offset; the media lane has pieces up to here
  Contents contents_;
  std::size_t contents_hashed_ = 0;  // open and not dropped
  std::unordered_map<PieceKey, Waiting, PieceKeyHash> waiting_;
  std::vector<Active> active_;
  std::uint64_t stash_used_ = 0;
  std::uint64_t pieces_deferred_ = 0;
  LaneSteps* steps_ = nullptr;
};

}  // namespace limier::sweep
