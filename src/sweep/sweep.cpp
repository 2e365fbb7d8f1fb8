#include "limier/sweep.h"

#include <algorithm>
#include <exception>

#include "sweep/pipeline.h"
#include "sweep/skipping_image.h"

namespace limier::sweep {

namespace {

constexpr std::uint64_t kBatchBytes =
    1u << 20;  // fits the second-level cache; a thread hand-over costs little beside it
// How far ahead of the next batch the system is told to read: more than all batches in flight, so that a slow disk
// works while they are hashed, and in the order of the media whichever thread comes first.
constexpr std::uint64_t kReadAheadBytes = 32u << 20;
constexpr std::chrono::milliseconds kBeat{200};
// A checkpoint that took long is followed by so many times its time without one: together they cost at most 1 %.
constexpr int kPausePerCost = 100;

std::uint64_t chunks_per_batch(std::uint32_t chunk_size) {
  return std::max<std::uint64_t>(1, kBatchBytes / chunk_size);
}

// Joins chunks in one bad state into ranges.
class BadRanges {
 public:
  explicit BadRanges(Sink& sink) : sink_(sink) {}
  [[nodiscard]] std::optional<catalog::BadRange> open() const {
    return open_.length > 0 ? std::optional(open_) : std::nullopt;
  }
  void go_on(const catalog::BadRange& range) { open_ = range; }
  Status add(std::uint64_t image_offset, std::uint64_t length, evidence::ChunkState state) {
    if (trustworthy(state)) return ok_status();
    const std::string_view reason = evidence::chunk_state_reason(state);
    if (open_.length > 0 && open_.image_offset + open_.length == image_offset && open_.reason == reason) {
      open_.length += length;
      return ok_status();
    }
    LIMIER_CHECK(flush());
    open_ = {image_offset, length, std::string(reason)};
    return ok_status();
  }
  Status flush() {
    if (open_.length == 0) return ok_status();
    const catalog::BadRange range = std::exchange(open_, {});
    return sink_.bad_range(range);
  }

 private:
  Sink& sink_;
  catalog::BadRange open_;
};

// The calling thread's part: plan a batch, hand it to the pipeline, and report the oldest one that is through.
class Sweep {
 public:
  Sweep(const evidence::Image& image, const SweepJob& job, const keywords::Matcher* keywords, const PlanSource& plan,
        Sink& sink)
      : image_(image),
        job_(job),
        sink_(sink),
        planner_(plan, plan_limits(image, job)),
        keywords_(keywords),
        pipeline_(image, job, keywords, chunks_per_batch(image.chunk_size())),
        bad_ranges_(sink),
        seams_(keywords) {}

  Result<SweepStats> run(const OpenContentSource& open_contents) {
    const std::uint64_t began_ns = thread_cpu_ns();
    if (job_.resume) LIMIER_CHECK(go_on_from(*job_.resume, open_contents));
    advised_ = next_chunk_;
    LIMIER_CHECK(pipeline_.start());
    last_checkpoint_ = Clock::now();
    last_checkpoint_chunk_ = next_chunk_;
    while (!planned_ || !pipeline_.idle()) {
      while (!planned_ && !checkpoint_due() && may_submit()) LIMIER_CHECK(submit_next());
      LIMIER_CHECK(pipeline_.idle() ? checkpoint() : report_oldest());
    }
    LIMIER_CHECK(bad_ranges_.flush());
    LIMIER_CHECK(report_entities(seams_.end()));
    LIMIER_CHECK(sink_.media(pipeline_.media_digests()));
    SweepStats stats{.chunks_decoded = pipeline_.chunks_decoded(),
                     .pieces_deferred = planner_.pieces_deferred(),
                     .seeks_back = pipeline_.seeks_back(),
                     .stages = pipeline_.costs()};
    if (keywords_ != nullptr)
      stats.stages.push_back(
          {.stage = "keywords", .cpu_ns = keywords_->cpu_ns(), .tasks = keywords_->searched_bytes() >> 20u});
    stats.stages.push_back({.stage = "plan", .cpu_ns = thread_cpu_ns() - began_ns, .tasks = batches_});
    return stats;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Between two batches, and only where the plan for the bytes so far was taken whole.
  bool checkpoint_due() const {
    if (planned_ || !first_round_ || next_chunk_ == last_checkpoint_chunk_) return false;
    const std::uint64_t bytes = (next_chunk_ - last_checkpoint_chunk_) * image_.chunk_size();
    if (job_.checkpoint_bytes != 0 && bytes >= job_.checkpoint_bytes) return true;
    const auto wait = std::max<Clock::duration>(std::chrono::milliseconds(job_.checkpoint_ms), checkpoint_pause_);
    return job_.checkpoint_ms != 0 && Clock::now() - last_checkpoint_ >= wait;
  }

  // The pipeline has run empty, so all chains stand at the same byte.
  Status checkpoint() {
    const auto started = Clock::now();
    Checkpoint point;
    point.image_offset = next_chunk_ * image_.chunk_size();
    point.media = pipeline_.media_state();
    point.open_range = bad_ranges_.open();
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      LIMIER_CHECK(pipeline_.lane(lane).put_open_contents(sink_, point.open_contents));
    LIMIER_CHECK(sink_.checkpoint(point));
    last_checkpoint_ = Clock::now();
    last_checkpoint_chunk_ = next_chunk_;
    checkpoint_pause_ = (last_checkpoint_ - started) * kPausePerCost;
    return ok_status();
  }

  Status go_on_from(const Checkpoint& point, const OpenContentSource& open_contents) {
    if (point.image_offset == 0 || point.image_offset % image_.chunk_size() != 0 ||
        point.image_offset >= image_.size_bytes())
      return does_not_fit("it lies at no place where this sweep could have stood");
    const bool hashed = job_.media_digests.any();
    if (point.media.which != job_.media_digests || (hashed && point.media.size_bytes != point.image_offset))
      return does_not_fit("its media digests are others");
    LIMIER_CHECK(replay_plan(point.image_offset));
    pipeline_.restore_media(point.media);
    if (point.open_range) bad_ranges_.go_on(*point.open_range);
    if (job_.entities) seams_ = seams_behind(point.image_offset);
    return restore_contents(point, open_contents);
  }

  // Takes the decisions of the sweep before this one once more.
  Status replay_plan(std::uint64_t until) {
    while (next_chunk_ * image_.chunk_size() < until) {
      LaneSteps forgotten;
      const std::uint64_t next =
          std::min(next_chunk_ + chunks_per_batch(image_.chunk_size()), until / image_.chunk_size());
      LIMIER_TRY(const bool range_done, planner_.steps_until(next * image_.chunk_size(), false, forgotten));
      if (range_done) next_chunk_ = next;
      sink_.working_on(next_chunk_);
    }
    planner_.forget_stash();
    return ok_status();
  }

  // For the seam at a checkpoint, read again.
  Seams seams_behind(std::uint64_t offset) {
    const std::uint64_t chunk_size = image_.chunk_size();
    const std::uint64_t last = offset / chunk_size;
    const std::uint64_t first = last - std::min(last, (Seams::kKept + chunk_size - 1) / chunk_size);
    std::vector<std::uint8_t> data(static_cast<std::size_t>((last - first) * chunk_size));
    std::vector<evidence::ChunkState> states(static_cast<std::size_t>(last - first), evidence::ChunkState::kMissing);
    image_.decode_chunks(first, data, states);
    return Seams({first * chunk_size, image_.chunk_size(), data, states}, keywords_);
  }

  // A digest is only right when every byte before was hashed: what is missing or at another byte ends the sweep.
  Status restore_contents(const Checkpoint& point, const OpenContentSource& open_contents) {
    auto standings = planner_.standings();
    while (open_contents) {
      LIMIER_TRY(const auto contents, open_contents());
      if (contents.empty()) break;
      for (const OpenContent& content : contents) {
        const auto standing = standings.find(content.content_id);
        if (standing == standings.end()) continue;  // given up: it gets no digests whatever its state
        const bool at_the_byte = content.hashed.which == job_.file_digests &&
                                 content.hashed.size_bytes == standing->second.hashed_bytes &&
                                 content.sniffer.stands_at(standing->second.hashed_bytes);
        const bool packed = content.packing.coding != catalog::Coding::kPlain;
        if (!content.damaged && packed && !unpacks_again(content, point, standing->second))
          return does_not_fit("a packed content stands at another byte");
        if (!content.damaged && !packed && !at_the_byte) return does_not_fit("a content stands at another byte");
        pipeline_.lane(standing->second.lane).restore(content);
        standings.erase(standing);
      }
    }
    for (const auto& [content_id, standing] : standings)
      if (standing.hashed_bytes > 0) return does_not_fit("a content is missing");
    return ok_status();
  }

  static bool unpacks_again(const OpenContent& content, const Checkpoint& point, const Planner::Standing& standing) {
    return content.packed_bytes == standing.hashed_bytes && content.packed_from <= point.image_offset &&
           content.packed_bytes <= point.image_offset - content.packed_from;
  }

  static Error does_not_fit(const char* why) {
    return {ErrorKind::kRefused, std::string("the checkpoint does not fit: ") + why};
  }

  [[nodiscard]] bool careful() const { return next_chunk_ >= job_.careful_from && next_chunk_ < job_.careful_until; }
  [[nodiscard]] bool may_submit() const { return careful() ? pipeline_.idle() : pipeline_.has_room(); }
  [[nodiscard]] std::uint64_t next_count() const {
    if (careful()) return 1;
    const std::uint64_t before =
        next_chunk_ < job_.careful_from ? job_.careful_from - next_chunk_ : image_.chunk_count();
    return std::min({chunks_per_batch(image_.chunk_size()), image_.chunk_count() - next_chunk_, before});
  }

  void read_ahead() {
    const std::uint64_t ahead = chunks_per_batch(image_.chunk_size()) + kReadAheadBytes / image_.chunk_size();
    const std::uint64_t wanted = std::min(image_.chunk_count(), next_chunk_ + ahead);
    if (wanted <= advised_) return;
    image_.read_ahead(advised_, wanted - advised_);
    advised_ = wanted;
  }

  Status submit_next() {
    read_ahead();
    ++batches_;
    Batch& batch = pipeline_.next_free();
    const std::uint64_t chunk_size = image_.chunk_size();
    batch.first_chunk = next_chunk_;
    batch.chunk_count = next_count();
    batch.image_offset = next_chunk_ * chunk_size;
    batch.length = std::min(batch.chunk_count * chunk_size, image_.size_bytes() - batch.image_offset);
    batch.for_media = first_round_;
    for (auto& steps : batch.steps) steps.clear();
    for (auto& results : batch.results) results.clear();
    const bool last = batch.first_chunk + batch.chunk_count == image_.chunk_count();
    // Alone in the pipeline it is at fault for all that happens from here on.
    if (careful()) sink_.working_on(batch.first_chunk);
    LIMIER_TRY(const bool range_done, planner_.steps_until(batch.image_offset + batch.length, last, batch.steps));
    pipeline_.submit();
    first_round_ = range_done;
    if (range_done) next_chunk_ += batch.chunk_count;
    planned_ = last && range_done;
    return ok_status();
  }

  Status report_oldest() {
    Batch& batch = pipeline_.oldest();
    sink_.working_on(batch.first_chunk);
    for (std::uint64_t seen = pipeline_.beats();;) {
      LIMIER_TRY(const bool finished, pipeline_.wait_for_oldest(kBeat));
      if (finished) break;
      const std::uint64_t beats = pipeline_.beats();
      if (beats != seen) sink_.working_on(batch.first_chunk);
      seen = beats;
    }
    if (batch.for_media) LIMIER_CHECK(report_states(batch));
    for (const std::uint64_t offset : batch.loose_pages) LIMIER_CHECK(sink_.loose_page({offset}));
    if (job_.entities) LIMIER_CHECK(report_entities(batch));
    LIMIER_CHECK(report_contents(batch));
    sink_.advanced(batch.image_offset + batch.length);
    pipeline_.retire_oldest();
    return ok_status();
  }

  Status report_states(const Batch& batch) {
    for (std::size_t i = 0; i < batch.states.size(); ++i) {
      const std::uint64_t offset = batch.image_offset + i * std::uint64_t{image_.chunk_size()};
      const std::uint64_t length = std::min<std::uint64_t>(image_.chunk_size(), image_.size_bytes() - offset);
      LIMIER_CHECK(bad_ranges_.add(offset, length, batch.states[i]));
    }
    return ok_status();
  }

  Status report_entities(Batch& batch) {
    if (batch.for_media)
      LIMIER_CHECK(report_entities(seams_.pass(pipeline_.bytes_of(batch), std::move(batch.entities))));
    for (auto& results : batch.results) {
      for (catalog::ByteHit& joint : results.joints) {
        joint.seen_at = batch.image_offset;
        LIMIER_CHECK(sink_.entity(joint));
      }
    }
    return ok_status();
  }
  // What begins in the last entities::kFullReach before a checkpoint is found behind it.
  Status report_entities(std::vector<catalog::ByteHit> hits) {
    for (catalog::ByteHit& hit : hits) {
      hit.seen_at = hit.offset + entities::kFullReach;
      LIMIER_CHECK(sink_.entity(hit));
    }
    return ok_status();
  }

  // Which batch completes a content follows from the plan alone; within the batch the id decides.
  Status report_contents(const Batch& batch) {
    std::vector<const catalog::ContentDigest*> completed;
    for (const auto& results : batch.results)
      for (const catalog::ContentDigest& result : results.contents) completed.push_back(&result);
    std::sort(completed.begin(), completed.end(),
              [](const auto* left, const auto* right) { return left->content_id < right->content_id; });
    for (const catalog::ContentDigest* result : completed) LIMIER_CHECK(sink_.content(*result));
    return ok_status();
  }

  const evidence::Image& image_;
  const SweepJob& job_;
  Sink& sink_;
  Planner planner_;
  const keywords::Matcher* keywords_;
  Pipeline pipeline_;
  BadRanges bad_ranges_;
  Seams seams_;
  std::uint64_t next_chunk_ = 0;
  std::uint64_t advised_ = 0;  // chunks before this one are being read ahead
  std::uint64_t batches_ = 0;
  bool first_round_ = true;
  bool planned_ = false;
  Clock::time_point last_checkpoint_;
  std::uint64_t last_checkpoint_chunk_ = 0;
  Clock::duration checkpoint_pause_{0};
};

}  // namespace

Result<SweepStats> run_sweep(const evidence::Image& image, const SweepJob& job, const PlanSource& plan, Sink& sink,
                             const OpenContentSource& open_contents) {
  if (image.chunk_size() == 0) return Error{ErrorKind::kInternal, "the image has no chunk size"};
  try {
    const SkippingImage without(image, job.skip_chunks);
    const evidence::Image& media = job.skip_chunks.empty() ? image : without;
    std::shared_ptr<const keywords::Matcher> keywords;
    if (job.entities && !job.keywords.empty()) {
      LIMIER_TRY(keywords, keywords::Matcher::compile(job.keywords));
    }
    return Sweep(media, job, keywords.get(), plan, sink).run(open_contents);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kInternal, std::string("the sweep ran into its limits: ") + error.what()};
  }
}

}  // namespace limier::sweep
