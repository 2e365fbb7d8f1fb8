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

}  // namespace

Milliseconds content_limit(std::uint64_t bytes) {
  return 10s + Milliseconds(std::min(bytes, kMaxContentBytes) * 1000 / kContentBytesPerSecond);
}

Milliseconds session_limit(std::uint64_t bytes) {
  return 10min + std::chrono::seconds(bytes / kSessionBytesPerSecond);
}

WatchVerdict Watchdog::look() {
  const auto now = Clock::now();
  if (now - looked_ < kLookEvery) return WatchVerdict::kFine;
  looked_ = now;
  return judge(now);
}

WatchVerdict Watchdog::judge(Clock::time_point now) {
  const worker::Journal& journal = process_.journal();
  const std::uint64_t beat = journal.beat.load(std::memory_order_relaxed);
  const std::uint64_t item = journal.item.load(std::memory_order_relaxed);
  const std::uint32_t stage = journal.stage.load(std::memory_order_relaxed);
  const std::uint64_t content = journal.item_bytes.load(std::memory_order_relaxed);
  if (beat != beat_) beat_ = beat, beat_since_ = now;
  if (item != item_ || stage != stage_) item_ = item, stage_ = stage, item_since_ = now;
  const Milliseconds item_limit = content > 0 ? content_limit(content) : limits_.item;
  if (now - beat_since_ > limits_.stall || now - item_since_ > item_limit || now - started_ > limits_.session)
    return WatchVerdict::kStalled;
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
