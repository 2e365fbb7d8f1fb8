// Patterns over characters, as a tree; and the same over bytes, as both engines understand it.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limier/keywords.h"

namespace limier::keywords {

// Stretches of code points, sorted, none touching the next.
using Letters = std::vector<std::pair<char32_t, char32_t>>;

struct Node {
  enum class Kind : std::uint8_t { kLetters, kSequence, kChoice, kRepeat };
  Kind kind = Kind::kSequence;
  Letters letters;
  std::vector<Node> parts;
  std::uint32_t least = 1, most = 1;  // kRepeat
};
inline constexpr std::uint32_t kNoEnd = UINT32_MAX;

// Error without file and line.
Result<Node> tree_of(const Keyword& keyword);
// In characters.
std::size_t least_letters(const Node& node);

struct BytePattern {
  std::string text;  // of \xHH, classes, groups, alternatives and repeats alone
  std::size_t least = 0, most = 0;
  static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max() / 4;
};
// nullopt: nothing that it matches can be written in that encoding.
std::optional<BytePattern> bytes_of(const Node& node, Encoding encoding);

}  // namespace limier::keywords
