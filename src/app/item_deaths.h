// What is done when a worker died over an item: the item alone once more, then it is left alone for good; and when too
// many died, no more are started.
#pragma once

#include <cstdint>
#include <map>

#include "app/session.h"

namespace limier::app {

class ItemDeaths {
 public:
  enum class Next : std::uint8_t {
    kAgain,       // by a fresh worker
    kQuarantine,  // never again
    kGiveUp,      // never again, and nothing else of this kind of work either
  };

  explicit ItemDeaths(std::uint32_t most_deaths) : most_deaths_(most_deaths) {}

  // One that somebody else killed is no death, but a few in a row are: the kernel may be out of memory.
  Next judge(std::uint64_t item, const Ending& ending) {
    Count& count = counts_[item];
    if (ending.killed_from_outside() && ++count.kills < kMaxKills) return Next::kAgain;
    ++count.deaths;
    if (++deaths_ >= most_deaths_) return Next::kGiveUp;
    return count.deaths < kAttempts ? Next::kAgain : Next::kQuarantine;
  }
  [[nodiscard]] std::uint32_t attempts(std::uint64_t item) const {
    const auto found = counts_.find(item);
    return found == counts_.end() ? 0 : found->second.deaths;
  }

 private:
  static constexpr std::uint32_t kAttempts = 2;
  struct Count {
    std::uint32_t deaths = 0;
    int kills = 0;
  };

  std::uint32_t most_deaths_;
  std::uint32_t deaths_ = 0;
  std::map<std::uint64_t, Count> counts_;  // of items a worker ended over
};

}  // namespace limier::app
