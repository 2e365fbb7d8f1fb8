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

std::uint64_t chunks_per_batch(std::uint32_t chunk_size) {
  return std::max<std::uint64_t>(1, kBatchBytes / chunk_size);
}

// Joins chunks in one bad state into ranges.
class BadRanges {
 public:
  explicit BadRanges(Sink& sink) : sink_(sink) {}
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
  Sweep(const evidence::Image& image, const SweepJob& job, const PlanSource& plan, Sink& sink)
      : image_(image),
        job_(job),
        sink_(sink),
        planner_(plan, plan_limits(image, job)),
        pipeline_(image, job, chunks_per_batch(image.chunk_size())),
        bad_ranges_(sink) {}

  Result<SweepStats> run() {
    const std::uint64_t began_ns = thread_cpu_ns();
    LIMIER_CHECK(pipeline_.start());
    while (!planned_ || !pipeline_.idle()) {
      while (!planned_ && may_submit()) LIMIER_CHECK(submit_next());
      LIMIER_CHECK(report_oldest());
    }
    LIMIER_CHECK(bad_ranges_.flush());
    LIMIER_CHECK(sink_.media(pipeline_.media_digests()));
    SweepStats stats{.chunks_decoded = pipeline_.chunks_decoded(),
                     .pieces_deferred = planner_.pieces_deferred(),
                     .seeks_back = pipeline_.seeks_back(),
                     .stages = pipeline_.costs()};
    stats.stages.push_back({.stage = "plan", .cpu_ns = thread_cpu_ns() - began_ns, .tasks = batches_});
    return stats;
  }

 private:
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
    const Batch& batch = pipeline_.oldest();
    sink_.working_on(batch.first_chunk);
    for (std::uint64_t seen = pipeline_.beats();;) {
      LIMIER_TRY(const bool finished, pipeline_.wait_for_oldest(kBeat));
      if (finished) break;
      const std::uint64_t beats = pipeline_.beats();
      if (beats != seen) sink_.working_on(batch.first_chunk);
      seen = beats;
    }
    if (batch.for_media) LIMIER_CHECK(report_states(batch));
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

  // Which batch completes a content follows from the plan alone; within the batch the id decides.
  Status report_contents(const Batch& batch) {
    std::vector<const catalog::ContentDigest*> completed;
    for (const auto& results : batch.results)
      for (const catalog::ContentDigest& result : results) completed.push_back(&result);
    std::sort(completed.begin(), completed.end(),
              [](const auto* left, const auto* right) { return left->content_id < right->content_id; });
    for (const catalog::ContentDigest* result : completed) LIMIER_CHECK(sink_.content(*result));
    return ok_status();
  }

  const evidence::Image& image_;
  const SweepJob& job_;
  Sink& sink_;
  Planner planner_;
  Pipeline pipeline_;
  BadRanges bad_ranges_;
  std::uint64_t next_chunk_ = 0;
  std::uint64_t advised_ = 0;  // chunks before this one are being read ahead
  std::uint64_t batches_ = 0;
  bool first_round_ = true;
  bool planned_ = false;
};

}  // namespace

Result<SweepStats> run_sweep(const evidence::Image& image, const SweepJob& job, const PlanSource& plan, Sink& sink) {
  if (image.chunk_size() == 0) return Error{ErrorKind::kInternal, "the image has no chunk size"};
  try {
    const SkippingImage without(image, job.skip_chunks);
    const evidence::Image& media = job.skip_chunks.empty() ? image : without;
    return Sweep(media, job, plan, sink).run();
  } catch (const std::exception& error) {
    return Error{ErrorKind::kInternal, std::string("the sweep ran into its limits: ") + error.what()};
  }
}

}  // namespace limier::sweep
