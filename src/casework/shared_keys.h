// One kind over all exhibits: a merge of their runs that keeps the keys of two or more exhibits, in order of rank.
#pragma once

#include <atomic>
#include <functional>

#include "casework/kinds.h"
#include "casework/run_format.h"

namespace limier::casework {

struct SharedKey {
  std::array<std::uint8_t, kKeyBytes> key{};
  std::string value;
  std::uint64_t size_bytes = 0, files = 0;
  std::uint32_t exhibits = 0;
  bool notable = false;
  bool camera = false;                // one of the exhibits has it from its own camera
  std::int64_t weight = 0;            // key_weight()
  std::vector<std::uint8_t> members;  // bit `position` of the exhibit, lowest bit of a byte first
};

struct KindTotals {
  std::uint64_t keys = 0;    // records read
  std::uint64_t shared = 0;  // kept
  std::uint64_t known_left_out = 0, filler_left_out = 0;
};

// What went wrong, and in whose run: kEvidence is a run that has to be derived again.
struct MergeProblem {
  Error error;
  std::optional<std::size_t> position;
};

struct MergeKindOptions {
  const Kind* kind = nullptr;
  // One run for each position; nullptr where the exhibit has none. They stand before their first record.
  std::vector<RunCursor*> runs;
  std::size_t memory_bytes = 0;
  std::string work_dir;  // for sorting
  const std::atomic<int>* stop = nullptr;
  std::function<void(std::uint64_t)> progress;  // records read so far
};

// Calls `take` for every shared key: highest weight first, then the larger content, then by key.
std::optional<MergeProblem> merge_kind(const MergeKindOptions& options, KindTotals& totals,
                                       const std::function<Status(const SharedKey&)>& take);

// Tells contents that are nothing but one byte repeated (wiped, preallocated, never written) from their digests. Sizes
// must come in ascending order.
class FillerDigests {
 public:
  [[nodiscard]] bool is_filler(std::uint64_t size_bytes, const Sha256& digest);

 private:
  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  std::uint64_t at_ = 0;
  Hasher zeros_{DigestSet{false, false, true}}, ones_{DigestSet{false, false, true}};
  Sha256 zeros_digest_{}, ones_digest_{};
};

}  // namespace limier::casework
