// Pairs of exhibits that share keys: adding up by kind, scoring, ranking. Memory is bounded whatever the number of
// exhibits: the triangle of pairs is worked through in bands, and sums are sorted on disk.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "casework/kinds.h"
#include "limier/base/sorter.h"

namespace limier::casework {

struct PairSums {
  std::uint64_t keys = 0, bytes = 0, points = 0;  // points in millionths
};

struct Link {
  std::uint32_t a = 0, b = 0;   // positions, a < b
  std::int64_t score = 0;       // thousandths
  std::vector<PairSums> kinds;  // by position in all_kinds()
};

// Calls `each` for the members (positions) and weight of every key of one kind that may link, again for each call.
using KeyPasses = std::function<Status(
    const std::function<void(const std::vector<std::uint32_t>&, std::int64_t weight, std::uint64_t size_bytes)>& each)>;

class LinkSums {
 public:
  LinkSums(std::string work_dir, std::size_t exhibits, std::size_t memory_bytes);
  // Adds one kind; calls `keys` as often as there are bands.
  Status add_kind(std::size_t kind, const KeyPasses& keys);
  // Highest score first, then by position. `left_out` counts the links beyond `limit`.
  Status ranked(std::uint64_t limit, std::uint64_t& left_out, const std::function<Status(const Link&)>& take);

 private:
  Status combine(Sorter& by_score);
  std::string work_dir_;
  std::size_t exhibits_, memory_bytes_;
  Sorter sums_;
};

// Score of one kind in a link, in thousandths.
std::int64_t kind_score(const Kind& kind, const PairSums& sums);
// "same image (digest of the media); 12 file contents in common (34.5 MiB)", most telling first.
// `volumes`: names the volumes whose identifiers are shared.
std::string evidence_sentence(const Link& link, std::string_view volumes);
std::string bytes_text(std::uint64_t bytes);  // "1.5 GiB", the same under every locale
// The kind that gives the most of the score.
std::size_t strongest_kind(const Link& link);

// Positions of the bits that are set.
std::vector<std::uint32_t> positions_of(const std::vector<std::uint8_t>& members);

}  // namespace limier::casework
