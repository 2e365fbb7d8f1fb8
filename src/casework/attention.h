// Which exhibit deserves attention first, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "casework/exhibit_facts.h"
#include "limier/casework.h"

namespace limier::casework {

// What the links say about one exhibit.
struct LinkView {
  std::uint64_t links = 0;
  std::int64_t best_score = 0;  // thousandths
  std::size_t best_other = 0;   // position
  std::string best_evidence;
  bool same_image = false, same_device = false;  // with any other exhibit
};

struct AttentionInput {
  const ExhibitInput* exhibit = nullptr;
  const ExhibitFacts* facts = nullptr;  // nullptr: there is no result
  std::string problem;                  // why, then
  LinkView links;
  std::string best_other_name;
  std::int64_t deleted_here = 0;  // messages that another exhibit still has, where that is telling
};

struct Attention {
  std::int64_t place = 0;  // from 1
  std::string level, reason;
};

// In the order of the input.
std::vector<Attention> rank_attention(const std::vector<AttentionInput>& exhibits);

// "B2" before "B10".
bool natural_less(std::string_view a, std::string_view b);

}  // namespace limier::casework
