#include "app/watchdog.h"

#include <algorithm>

namespace limier::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookEvery = 100ms;
constexpr std::uint64_t kContentBytesPerSecond = 10'000'000;
// What a worker says it is reading is its word alone; beyond this it waits for no longer.
constexpr std::uint64_t kMaxContentBytes = 64ull << 30;
constexpr std::uint64_t kSessionBytesPerSecond = 1u << 20;
// A seek on a disk, or a request over a network; then the slowest reading, and what rows cost that need a seek each.
constexpr std::uint64_t kMillisecondsPerPiece = 20;
constexpr std::uint64_t kNewBytesPerSecond = 8u << 20;
constexpr std::uint64_t kRowBytesPerSecond = 20'000;
constexpr std::uint64_t kContentShare = 4;
// The page is the worker's to write: sums must not overflow whatever it says.
constexpr std::uint64_t kMostPieces = 1ull << 40;
constexpr std::uint64_t kMostBytes = 1ull << 50;

std::uint64_t milliseconds(std::uint64_t bytes, std::uint64_t per_second) {
  return std::min(bytes, kMostBytes) * 1000 / per_second;
}

}  // namespace

Milliseconds content_limit(std::uint64_t bytes) {
  return 10s + Milliseconds(std::min(bytes, kMaxContentBytes) * 1000 / kContentBytesPerSecond);
}

Milliseconds session_limit(std::uint64_t bytes) {
  return 10min + std::chrono::seconds(bytes / kSessionBytesPerSecond);
}

Milliseconds worth_of(const Work& work, std::uint64_t evidence_bytes) {
  const std::uint64_t most_content = std::min(evidence_bytes, kMostBytes / kContentShare) * kContentShare;
  return Milliseconds(std::min(work.new_pieces, kMostPieces) * kMillisecondsPerPiece +
                      milliseconds(work.new_bytes, kNewBytesPerSecond) +
                      milliseconds(work.row_bytes, kRowBytesPerSecond) +
                      milliseconds(std::min(work.content_bytes, most_content), kContentBytesPerSecond));
}

WatchVerdict Watchdog::look() {
  const auto now = Clock::now();
  if (now - looked_ < kLookEvery) return WatchVerdict::kFine;
  looked_ = now;
  return judge(now);
}

Work Watchdog::work() const {
  const worker::Journal& journal = process_.journal();
  return {.new_bytes = journal.new_bytes.load(std::memory_order_relaxed),
          .new_pieces = journal.new_pieces.load(std::memory_order_relaxed),
          .row_bytes = row_bytes_,
          .content_bytes = journal.content_bytes.load(std::memory_order_relaxed)};
}

Milliseconds Watchdog::unaccounted() const {
  const auto lasted = std::chrono::duration_cast<Milliseconds>(Clock::now() - started_);
  return std::max(lasted - worth_of(work(), limits_.evidence_bytes), Milliseconds(0));
}

WatchVerdict Watchdog::judge(Clock::time_point now) {
  const worker::Journal& journal = process_.journal();
  const std::uint64_t beat = journal.beat.load(std::memory_order_relaxed);
  const std::uint64_t item = journal.item.load(std::memory_order_relaxed);
  const std::uint32_t stage = journal.stage.load(std::memory_order_relaxed);
  const std::uint64_t content = journal.item_bytes.load(std::memory_order_relaxed);
  if (beat != beat_) beat_ = beat, beat_since_ = now;
  const Work done = work();
  if (item != item_ || stage != stage_) item_ = item, stage_ = stage, item_since_ = now, before_item_ = done;
  // One call of libtsk may have to read every byte of a volume: what it reads for the first time counts.
  const Work in_item{.new_bytes = done.new_bytes - before_item_.new_bytes,
                     .new_pieces = done.new_pieces - before_item_.new_pieces};
  const Milliseconds item_limit = content > 0 ? content_limit(content) : limits_.item + worth_of(in_item, 0);
  if (now - beat_since_ > limits_.stall) return WatchVerdict::kSilent;
  if (now - item_since_ > item_limit) return WatchVerdict::kItemTooLong;
  if (now - started_ > limits_.session) return WatchVerdict::kJobTooLong;
  if (limits_.slack.count() != 0 && unaccounted() > limits_.slack) return WatchVerdict::kJobTooLong;
  if (limits_.worker_bytes == 0 && limits_.tree_bytes == 0) return WatchVerdict::kFine;
  const std::uint64_t used = process_.resident_bytes();
  if (limits_.worker_bytes != 0 && used > limits_.worker_bytes) return WatchVerdict::kOverMemory;
  if (limits_.tree_bytes != 0 && used + memory_of_supervisor_.bytes() > limits_.tree_bytes)
    return WatchVerdict::kOverMemory;
  return WatchVerdict::kFine;
}

void Watchdog::forgive(Clock::duration spent) {
  beat_since_ += spent;
  item_since_ += spent;
  started_ += spent;
}

}  // namespace limier::app
