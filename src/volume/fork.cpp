#include "volume/fork.h"

#include <algorithm>

namespace limier::volume {

using catalog::ContentSource;
using catalog::ExtentKind;

namespace {

// The first run that ends behind the offset.
std::vector<ForkRun>::const_iterator run_at(const Fork& fork, std::uint64_t fork_offset) {
  return std::partition_point(fork.runs.begin(), fork.runs.end(),
                              [&](const ForkRun& run) { return run.fork_offset + run.length <= fork_offset; });
}

void place_run(const ForkRun& run, const Fork& fork, StreamPlan& plan) {
  const std::uint64_t end = run.fork_offset + run.length;
  const std::uint64_t inside = std::min(end, fork.size_bytes) - std::min(run.fork_offset, fork.size_bytes);
  if (!run.image_offset) {
    add_extent(plan, ExtentKind::kSparse, run.fork_offset, std::nullopt, inside);
    return;
  }
  const ExtentKind kind = fork.encrypted ? ExtentKind::kEncrypted : ExtentKind::kData;
  add_extent(plan, kind, run.fork_offset, run.image_offset, inside);
  add_extent(plan, ExtentKind::kSlack, run.fork_offset + inside, *run.image_offset + inside, run.length - inside);
}

ContentSource source_of(const Fork& fork, const StreamPlan& plan) {
  if (fork.size_bytes == 0) return ContentSource::kEmpty;
  const std::uint64_t covered = fork.runs.empty() ? 0 : fork.runs.back().fork_offset + fork.runs.back().length;
  if (!fork.whole || covered < fork.size_bytes) return ContentSource::kUnreadable;
  if (fork.encrypted) return ContentSource::kEncrypted;
  if (!plan.zeros) return ContentSource::kExtents;
  return fork.size_bytes > kMaxDigestedBytes ? ContentSource::kTooSparse : ContentSource::kDigested;
}

}  // namespace

bool read_fork(WalkBase& walk, const Fork& fork, std::uint64_t fork_offset, MutableBytes out) {
  for (auto run = run_at(fork, fork_offset); !out.empty(); ++run) {
    if (run == fork.runs.end() || run->fork_offset > fork_offset) return false;
    const std::uint64_t within = fork_offset - run->fork_offset;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), run->length - within));
    if (!run->image_offset) {
      std::fill_n(out.begin(), length, std::uint8_t{0});
    } else if (walk.read(*run->image_offset + within, out.first(length)) != length) {
      return false;
    }
    out = out.subspan(length);
    fork_offset += length;
  }
  return true;
}

Fork part_of(const Fork& fork, std::uint64_t fork_offset, std::uint64_t length) {
  Fork part;
  part.size_bytes = length;
  std::uint64_t done = 0;
  for (auto run = run_at(fork, fork_offset); run != fork.runs.end() && done < length; ++run) {
    const std::uint64_t within = fork_offset + done - run->fork_offset;
    const std::uint64_t step = std::min(length - done, run->length - within);
    part.runs.push_back({done, run->image_offset ? std::optional(*run->image_offset + within) : std::nullopt, step});
    done += step;
  }
  part.whole = done == length;
  return part;
}

void plan_fork(const Fork& fork, StreamPlan& plan) {
  plan.record.size_bytes = fork.size_bytes;
  plan.record.reason.clear();
  plan.extents.clear();
  plan.decoded = false;
  plan.outside_volume = fork.outside;
  for (const ForkRun& run : fork.runs) place_run(run, fork, plan);
  plan.zeros = std::none_of(plan.extents.begin(), plan.extents.end(),
                            [](const auto& extent) { return extent.kind == ExtentKind::kData; });
  plan.record.source = source_of(fork, plan);
}

void plan_resident(const Fork& bytes, StreamPlan& plan) {
  plan.record.size_bytes = bytes.size_bytes;
  plan.record.source = bytes.size_bytes == 0 ? ContentSource::kEmpty : ContentSource::kDigested;
  if (!bytes.whole) plan.record.source = ContentSource::kUnreadable;
  plan.decoded = true;
  for (const ForkRun& run : bytes.runs)
    add_extent(plan, ExtentKind::kResident, run.fork_offset, run.image_offset, run.length);
}

bool read_resident(WalkBase& walk, const StreamPlan& plan, const Consumer& consume, Status& consumed) {
  std::vector<std::uint8_t> bytes;
  std::uint64_t done = 0;
  for (const auto& extent : plan.extents) {
    if (extent.kind != ExtentKind::kResident || !extent.image_offset || extent.file_offset != done) return false;
    for (std::uint64_t at = 0; at < extent.length; at += bytes.size()) {
      bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kReadStep, extent.length - at)));
      if (walk.read(*extent.image_offset + at, bytes) != bytes.size()) return false;
      consumed = consume(bytes);
      if (!consumed.ok()) return true;
    }
    done += extent.length;
  }
  return done == plan.record.size_bytes;
}

}  // namespace limier::volume
