// limier-sweep: describes the container, or makes the one pass over the media. Started by the supervisor, never by
// hand.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "limier/sweep.h"
#include "limier/unpack.h"
#include "limier/worker.h"
#if defined(LIMIER_FAULTS)
#include "faults.h"
#endif

namespace {

using namespace limier;
using worker::FrameType;

constexpr std::chrono::milliseconds kProgressEvery{100};
constexpr std::chrono::seconds kJobTimeout{60};
constexpr std::chrono::seconds kPlanPoll{1};
constexpr std::uint64_t kStackMemory = 8ull << 20;
// Beside cache and stash: code, batches, the state of open contents (see planner.cpp).
constexpr std::uint64_t kOtherMemory = 2ull << 30;

std::uint64_t add_saturated(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void beat(worker::Journal& journal) {
  journal.beat.fetch_add(1, std::memory_order_relaxed);
}

class FrameSink final : public sweep::Sink {
 public:
  FrameSink(const worker::WorkerContext& context, const evidence::Image& image)
      : image_(image),
        channel_(*context.channel),
        journal_(*context.journal),
        contents_(channel_, FrameType::kContentDigests),
        bad_ranges_(channel_, FrameType::kBadRanges),
        loose_pages_(channel_, FrameType::kLoosePages),
        entities_(channel_, FrameType::kEntities),
        open_contents_(channel_, FrameType::kOpenContents) {}

  Status content(const catalog::ContentDigest& digest) override { return contents_.add(digest); }
  Status bad_range(const catalog::BadRange& range) override { return bad_ranges_.add(range); }
  Status loose_page(const sweep::LoosePage& page) override { return loose_pages_.add(page); }
  Status entity(const catalog::ByteHit& hit) override { return entities_.add(hit); }
  Status media(const Digests& digests) override {
    LIMIER_CHECK(contents_.flush());
    LIMIER_CHECK(bad_ranges_.flush());
    LIMIER_CHECK(loose_pages_.flush());
    LIMIER_CHECK(entities_.flush());
    return channel_.send(FrameType::kMediaDigests, digests);
  }
  Status open_content(const sweep::OpenContent& content) override { return open_contents_.add(content); }
  Status checkpoint(const sweep::Checkpoint& point) override {
    LIMIER_CHECK(contents_.flush());
    LIMIER_CHECK(bad_ranges_.flush());
    LIMIER_CHECK(loose_pages_.flush());
    LIMIER_CHECK(entities_.flush());
    LIMIER_CHECK(open_contents_.flush());
    return channel_.send(FrameType::kSweepCheckpoint, point);
  }
  void working_on(std::uint64_t chunk) override {
    journal_.item.store(chunk, std::memory_order_relaxed);
    beat(journal_);
  }
  void advanced(std::uint64_t bytes_done) override {
    beat(journal_);
    const auto now = std::chrono::steady_clock::now();
    if (now - last_progress_ < kProgressEvery) return;
    last_progress_ = now;
    const std::uint64_t container_done = image_.container_offset(bytes_done / image_.chunk_size()).value_or(0);
    // A failed send shows in the next frame that carries data.
    (void)channel_.send(FrameType::kProgress,
                        worker::ProgressMessage{.done = bytes_done, .container_done = container_done});
  }

 private:
  const evidence::Image& image_;
  worker::Channel& channel_;
  worker::Journal& journal_;
  worker::BatchSender<catalog::ContentDigest> contents_;
  worker::BatchSender<catalog::BadRange> bad_ranges_;
  worker::BatchSender<sweep::LoosePage> loose_pages_;
  worker::BatchSender<catalog::ByteHit> entities_;
  worker::BatchSender<sweep::OpenContent> open_contents_;
  std::chrono::steady_clock::time_point last_progress_{};
};

template <Record T>
Result<std::vector<T>> ask_for(const worker::WorkerContext& context, FrameType request, FrameType answer) {
  LIMIER_CHECK(context.channel->send(request, Bytes{}));
  for (;;) {
    LIMIER_TRY(auto frame, context.channel->receive(kPlanPoll));
    beat(*context.journal);  // the wait is the supervisor's
    if (!frame) continue;
    if (frame->type != answer) return Error{ErrorKind::kInternal, "the sweep got a frame it did not ask for"};
    auto batch = decode<worker::Batch<T>>(Bytes(frame->payload));
    if (!batch) return Error{ErrorKind::kInternal, "the sweep got a plan it cannot read"};
    return std::move(batch->items);
  }
}

Result<worker::WorkerStats> run_job(const worker::WorkerContext& context, const sweep::SweepJob& job) {
  std::vector<int> fds;
  for (std::size_t i = 0; i < job.evidence.segments.size(); ++i)
    fds.push_back(worker::kFirstEvidenceFd + static_cast<int>(i));
  if (job.kind == sweep::SweepJobKind::kContainer) {
    LIMIER_TRY(const auto message, sweep::describe_container(job.evidence, fds, job.image_offsets, job.bytes_there));
    LIMIER_CHECK(context.channel->send(FrameType::kContainer, message));
    return worker::WorkerStats{};
  }
  if (job.kind == sweep::SweepJobKind::kUnpack) {
    if (fds.empty()) return Error{ErrorKind::kInternal, "there is nothing to unpack"};
    LIMIER_TRY(const auto message, sweep::unpack_container(job.evidence, fds.front(), [&context](Bytes bytes) {
                 beat(*context.journal);
                 return context.channel->send(FrameType::kContentBytes, bytes);
               }));
    LIMIER_CHECK(context.channel->send(FrameType::kContainer, message));
    return worker::WorkerStats{};
  }
  LIMIER_TRY(auto image, evidence::open_image(job.evidence, fds));
#if defined(LIMIER_FAULTS)
  image = faults::faulty(std::move(image), *context.channel, *context.journal);
#endif
  FrameSink sink(context, *image);
  const sweep::PlanSource plan = [&context] {
    return ask_for<catalog::PlanPiece>(context, FrameType::kPlanRequest, FrameType::kPlan);
  };
  const sweep::OpenContentSource open_contents = [&context] {
    return ask_for<sweep::OpenContent>(context, FrameType::kOpenRequest, FrameType::kOpenContents);
  };
  LIMIER_TRY(auto stats, sweep::run_sweep(*image, job, plan, sink, open_contents));
  return worker::WorkerStats{.chunks_decoded = stats.chunks_decoded,
                             .pieces_deferred = stats.pieces_deferred,
                             .seeks_back = stats.seeks_back,
                             .stages = std::move(stats.stages)};
}

Status serve(const worker::WorkerContext& context) {
#if defined(LIMIER_FAULTS)
  faults::load("sweep");
#endif
  LIMIER_TRY(const auto frame, context.channel->receive(kJobTimeout));
  if (!frame || frame->type != FrameType::kJob) return Error{ErrorKind::kInternal, "no job came"};
  const auto job = decode<sweep::SweepJob>(Bytes(frame->payload));
  if (!job) return Error{ErrorKind::kInternal, "the job cannot be read"};
  const std::uint64_t stacks = std::min(job->jobs, sweep::kMaxJobs) * kStackMemory;
  const std::uint64_t memory =
      add_saturated(add_saturated(job->evidence.cache_bytes, job->stash_bytes), kOtherMemory + stacks);
  LIMIER_TRY(const auto jail, worker::enter_jail({.address_space_bytes = memory, .threads = true}));
  LIMIER_CHECK(context.channel->send(FrameType::kReady, jail));
  LIMIER_TRY(const auto stats, run_job(context, *job));
  return context.channel->send(FrameType::kDone, stats);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version-json") {
    std::printf(
        "{\"libewf\":\"%s\",\"libdeflate\":\"%s\",\"zlib\":\"%s\",\"libzstd\":\"%s\",\"libbz2\":\"%s\",\"liblzma\":\"%"
        "s\"}\n",
        evidence::libewf_version().c_str(), evidence::libdeflate_version().c_str(), unpack::version_of_zlib().c_str(),
        unpack::version_of_zstd().c_str(), unpack::version_of_bzip2().c_str(), unpack::version_of_lzma().c_str());
    return 0;
  }
  return worker::run_worker("limier-sweep", serve);
}
