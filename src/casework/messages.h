// The same message on two exhibits (v_message_pair). Each exhibit leaves a run with the keys of its messages
// (limier/casework.h); the merge reads all runs side by side.
//
// Keys: the service and its own id of the message; and, as well, the service, the text with blanks and letters folded,
// and the time, so that messages whose times differ by less than kNear meet in one of two grids of that width.
#pragma once

#include <atomic>
#include <functional>

#include "casework/run_format.h"
#include "limier/base/sorter.h"
#include "limier/casework.h"
#include "limier/store.h"

namespace limier::casework {

std::string messages_path(const std::string& keys_dir);
RunSpec messages_spec(const std::optional<Sha256>& index_digest);
Status emit_messages(store::Index& index, const EmitOptions& options);

// Times of one message on two clocks are no further apart.
inline constexpr std::int64_t kNearMs = 60'000;
// A text of fewer letters and digits says nothing by itself: "ok" is sent every minute.
inline constexpr std::size_t kTellingText = 16;

struct MessagePair {
  std::uint32_t a = 0, b = 0;  // positions, a < b
  std::int64_t message_a = 0, message_b = 0;
  bool by_id = false;  // else by text and time
  std::int64_t t_ms_a = 0, t_ms_b = 0;
  bool texts_differ = false, deleted_a = false, deleted_b = false;
  std::string state_a, state_b;  // "live", "recovered"; "" where the store has no such states
  std::string service;
};

struct PairOptions {
  std::vector<RunCursor*> runs;  // one for each position; nullptr where the exhibit has none
  // Whether a sender (its digest) is the owner of the exhibit at that position.
  std::function<bool(std::size_t position, std::string_view party)> is_owner;
  // Whether two exhibits have an owner in common.
  std::function<bool(std::size_t a, std::size_t b)> share_owner;
  std::size_t memory_bytes = 0;
  std::string work_dir;
  const std::atomic<int>* stop = nullptr;
};
// The digest under which a number, an address or a handle stands in a run.
std::string party_digest(std::string_view normalized);

// Calls `take` for each pair, by (a, b, message_a, message_b); a message has at most one partner on another exhibit.
// The error names the position of a run that has to be derived again.
struct PairProblem {
  Error error;
  std::optional<std::size_t> position;
};
std::optional<PairProblem> pair_messages(const PairOptions& options,
                                         const std::function<Status(const MessagePair&)>& take);

}  // namespace limier::casework
