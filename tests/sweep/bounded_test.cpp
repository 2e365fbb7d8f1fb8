// What a sweep holds and in which order it reads: nothing runs away from a slow stage, and nothing goes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "sweep/memory_image.h"

namespace limier::sweep {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kChunk = 32u << 10;
constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kChunksPerMiB = kMiB / kChunk;
constexpr std::uint64_t kImageMiB = 64;

// The batches that may be in flight at once, in MiB: see batch_count() in pipeline.cpp.
constexpr std::uint64_t window_mib(std::uint32_t jobs) {
  return 6 + 2 * std::uint64_t{jobs};
}

// Chunks without bytes worth storing, every call written down.
class WatchedImage final : public evidence::Image {
 public:
  std::function<void(std::uint64_t chunk)> on_decode;  // before the chunk is decoded, on the decoding thread
  mutable std::vector<std::uint64_t> decoded;          // in the order the calls began
  mutable std::vector<std::pair<std::uint64_t, std::uint64_t>> advised;
  mutable std::mutex mutex;

  [[nodiscard]] std::uint64_t size_bytes() const override { return kImageMiB * kMiB; }
  [[nodiscard]] std::uint32_t sector_size() const override { return 512; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return kChunk; }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return issues_; }
  evidence::ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    {
      const std::lock_guard lock(mutex);
      decoded.push_back(chunk);
    }
    if (on_decode) on_decode(chunk);
    std::fill_n(out.begin(), kChunk, static_cast<std::uint8_t>(chunk));
    return evidence::ChunkState::kGood;
  }
  evidence::ReadOutcome read(std::uint64_t, MutableBytes) const override { return {}; }
  void read_ahead(std::uint64_t first, std::uint64_t count) const override {
    const std::lock_guard lock(mutex);
    advised.emplace_back(first, count);
  }
  [[nodiscard]] std::uint64_t chunks_decoded() const override {
    const std::lock_guard lock(mutex);
    return decoded.size();
  }

 private:
  std::vector<evidence::OpenIssue> issues_;
};

// Calls `on_advanced` with the bytes reported so far.
class SlowSink final : public Sink {
 public:
  std::function<void(std::uint64_t)> on_advanced;
  Status content(const catalog::ContentDigest&) override { return ok_status(); }
  Status bad_range(const catalog::BadRange&) override { return ok_status(); }
  Status media(const Digests&) override { return ok_status(); }
  void working_on(std::uint64_t) override {}
  void advanced(std::uint64_t bytes_done) override { on_advanced(bytes_done); }
};

SweepJob job_with(std::uint32_t jobs) {
  SweepJob job;
  job.media_digests = {.md5 = true};
  job.file_digests = kAllDigests;
  job.jobs = jobs;
  return job;
}

// A supervisor that is slow to take results: what has been decoded and not been taken stays within the window.
TEST(SweepBounds, ASlowSinkStopsTheReading) {
  for (const std::uint32_t jobs : {1u, 2u, 7u, 16u}) {
    const WatchedImage image;
    std::uint64_t most_waiting = 0;
    SlowSink sink;
    sink.on_advanced = [&](std::uint64_t bytes_done) {
      std::this_thread::sleep_for(2ms);
      const std::uint64_t taken = bytes_done / kChunk - kChunksPerMiB;  // this batch is given back after the call
      most_waiting = std::max(most_waiting, image.chunks_decoded() - taken);
    };
    ASSERT_TRUE(run_sweep(image, job_with(jobs), source_of({}), sink).ok());
    EXPECT_LE(most_waiting, window_mib(jobs) * kChunksPerMiB) << jobs;
    EXPECT_EQ(image.chunks_decoded(), image.chunk_count());
  }
}

// One chunk that takes long, as on a disk with a bad spot: the others go on, but only as far as there are buffers.
TEST(SweepBounds, ASlowChunkStopsTheReadingBehindIt) {
  constexpr std::uint64_t kSlow = 20 * kChunksPerMiB + 3;
  for (const std::uint32_t jobs : {2u, 7u, 16u}) {
    WatchedImage image;
    std::uint64_t furthest = 0;
    image.on_decode = [&](std::uint64_t chunk) {
      if (chunk != kSlow) return;
      const auto looked = [&] {
        const std::lock_guard lock(image.mutex);
        return *std::max_element(image.decoded.begin(), image.decoded.end());
      };
      // On a busy machine the others may not run for a while.
      for (int waited = 0; looked() == kSlow && waited < 2000; ++waited) std::this_thread::sleep_for(10ms);
      std::this_thread::sleep_for(150ms);
      furthest = looked();
    };
    SlowSink sink;
    sink.on_advanced = [](std::uint64_t) {};
    ASSERT_TRUE(run_sweep(image, job_with(jobs), source_of({}), sink).ok());
    EXPECT_GT(furthest, kSlow) << jobs;
    EXPECT_LT(furthest, (20 + window_mib(jobs)) * kChunksPerMiB) << jobs;
  }
}

// Hundreds of files over every byte: hashing them is by far the slowest stage.
TEST(SweepBounds, ASlowStageOfHashingStopsTheReading) {
  constexpr std::uint32_t kJobs = 4;
  const WatchedImage image;
  std::vector<File> files;
  for (std::uint64_t at = 0; at < 24 * kMiB; at += kMiB)
    for (std::uint64_t i = 0; i < 12; ++i) files.push_back({files.size() + 1, kMiB, {{0, at, kMiB}}});
  std::uint64_t most_waiting = 0;
  SlowSink sink;
  sink.on_advanced = [&](std::uint64_t bytes_done) {
    most_waiting = std::max(most_waiting, image.chunks_decoded() - (bytes_done / kChunk - kChunksPerMiB));
  };
  ASSERT_TRUE(run_sweep(image, job_with(kJobs), source_of(plan_of(files)), sink).ok());
  EXPECT_LE(most_waiting, window_mib(kJobs) * kChunksPerMiB);
}

// No read lies further back than what the other threads are at.
TEST(SweepBounds, ChunksAreTakenFromTheFrontToTheEnd) {
  for (const std::uint32_t jobs : {1u, 2u, 7u, 16u}) {
    const WatchedImage image;
    SlowSink sink;
    sink.on_advanced = [](std::uint64_t) {};
    const auto stats = run_sweep(image, job_with(jobs), source_of({}), sink);
    ASSERT_TRUE(stats.ok());
    EXPECT_EQ(stats->seeks_back, 0u);
    std::uint64_t furthest = 0;
    for (const std::uint64_t chunk : image.decoded) {
      // One thread: never back. Several: within what is in flight together.
      EXPECT_GE(chunk + (jobs == 1 ? 0 : window_mib(jobs) * kChunksPerMiB), furthest) << jobs;
      furthest = std::max(furthest, chunk);
    }
  }
}

// Pieces that neither come in turn nor fit the stash are the only reason to go back, and each time is counted.
TEST(SweepBounds, SeeksBackAreCounted) {
  const WatchedImage image;
  std::vector<File> files;
  for (std::uint64_t i = 0; i < 5; ++i) {
    const std::uint64_t at = 2 * i * kMiB;
    files.push_back({i + 1, 2 * kMiB / 4, {{0, at + 50 * kMiB, kMiB / 4}, {kMiB / 4, at, kMiB / 4}}});
  }
  SlowSink sink;
  sink.on_advanced = [](std::uint64_t) {};
  SweepJob job = job_with(1);
  job.stash_bytes = 0;
  const auto stats = run_sweep(image, job, source_of(plan_of(files)), sink);
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->pieces_deferred, 5u);
  EXPECT_EQ(stats->seeks_back, 5u);
  std::uint64_t furthest = 0, back = 0;
  for (std::size_t i = 0; i < image.decoded.size(); ++i) {
    const bool goes_back = image.decoded[i] < furthest;
    if (goes_back && image.decoded[i] != image.decoded[i - 1] + 1) ++back;
    furthest = std::max(furthest, image.decoded[i]);
  }
  EXPECT_EQ(back, 5u);
}

// The system is told of every chunk once, in order, before it is wanted.
TEST(SweepBounds, ReadAheadGoesBeforeTheDecoding) {
  WatchedImage image;
  bool always_before = true;
  image.on_decode = [&](std::uint64_t chunk) {
    const std::lock_guard lock(image.mutex);
    always_before =
        always_before && !image.advised.empty() && image.advised.back().first + image.advised.back().second > chunk;
  };
  SlowSink sink;
  sink.on_advanced = [](std::uint64_t) {};
  ASSERT_TRUE(run_sweep(image, job_with(3), source_of({}), sink).ok());
  EXPECT_TRUE(always_before);
  std::uint64_t next = 0;
  for (const auto& [first, count] : image.advised) {
    EXPECT_EQ(first, next);
    next = first + count;
  }
  EXPECT_EQ(next, image.chunk_count());
}

TEST(SweepBounds, EveryStageSaysWhatItCost) {
  const WatchedImage image;
  SlowSink sink;
  sink.on_advanced = [](std::uint64_t) {};
  const auto stats = run_sweep(image, job_with(2), source_of(plan_of({{1, kMiB, {{0, 100, kMiB}}}})), sink);
  ASSERT_TRUE(stats.ok());
  std::map<std::string, StageCost> by_name;
  for (const StageCost& cost : stats->stages) by_name[cost.stage] = cost;
  EXPECT_EQ(by_name.at("decode").tasks, kImageMiB);
  EXPECT_EQ(by_name.at("media").tasks, kImageMiB);
  EXPECT_EQ(by_name.at("plan").tasks, kImageMiB);
  EXPECT_GT(by_name.at("decode").cpu_ns, 0u);
  EXPECT_GT(by_name.at("media").cpu_ns, 0u);
}

}  // namespace
}  // namespace limier::sweep
