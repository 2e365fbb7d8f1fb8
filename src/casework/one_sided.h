// Messages that are on two exhibits and deleted on one of them only: a finding of the case, which no rule over one
// exhibit can make.
//
// Owns:    counts by pair of exhibits and service; looks at the entries it was given, which outlive it.
// Threads: one caller. Errors: none; the pairs were checked by who found them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "casework/exhibit_facts.h"
#include "casework/messages.h"

namespace limier::casework {

struct Entry;

// A finding about the exhibit at a position that its own index does not have: finding_id is 0.
struct OneSidedFinding {
  std::size_t exhibit = 0;
  FactsFinding finding;
};

class OneSided {
 public:
  explicit OneSided(const std::vector<Entry>& entries);
  // In the order of pair_messages().
  void take(const MessagePair& pair);
  // The most urgent of each exhibit first, in the order of the exhibits.
  [[nodiscard]] std::vector<OneSidedFinding> findings() const;
  // Messages of an exhibit in findings of medium.
  [[nodiscard]] std::int64_t telling(std::size_t exhibit) const;

 private:
  struct Deleted {
    std::int64_t messages = 0;
    std::int64_t grave = 0;  // those that a finding of high or above is about, on the exhibit that has them still
    std::int64_t newest_id = 0;
    std::optional<std::int64_t> first_ns, last_ns;
  };
  // Deleted on the first, there on the second.
  using Key = std::tuple<std::size_t, std::size_t, std::string>;

  void add(const Key& key, std::int64_t message, std::int64_t other, std::int64_t t_ms);
  [[nodiscard]] std::string priority_of(const Deleted& deleted) const;

  const std::vector<Entry>& entries_;
  std::vector<std::vector<std::int64_t>> grave_;  // by position: ids of messages, sorted
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::string>, std::int64_t> both_;  // messages of a pair
  std::map<Key, Deleted> deleted_;
};

}  // namespace limier::casework
