#include "cli/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace limier::cli {
namespace {

constexpr std::size_t kLongestWord = 64;  // longer ones are no misspelt command

constexpr std::array<std::string_view, 5> kLaterCommands{"diff", "search", "seal", "selftest", "slice"};

constexpr std::string_view kNoSearch =
    "this version looks into the message stores its packs know, and compares nothing else with the content of files";
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kLaterOptions{{
    {"--keywords", kNoSearch},
    {"--yara", kNoSearch},
    {"--lang", "this version writes its reports in English only"},
}};

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view given, std::span<const std::string> words) {
  if (given.size() > kLongestWord) return {};
  std::string best;
  // A third of the letters may be wrong, at least one: enough for slips, too little for other words.
  std::size_t least = std::max<std::size_t>(given.size() / 3, 1) + 1;
  for (const std::string& word : words) {
    const std::size_t far = distance(given, word);
    if (far >= least || far >= word.size()) continue;
    least = far;
    best = word;
  }
  return best;
}

std::string did_you_mean(std::string_view given, std::span<const std::string> words) {
  const std::string meant = nearest(given, words);
  return meant.empty() ? std::string() : fmt::format("; did you mean '{}'?", meant);
}

bool is_later_command(std::string_view name) {
  return std::find(kLaterCommands.begin(), kLaterCommands.end(), name) != kLaterCommands.end();
}

std::string_view later_option(std::string_view name) {
  const auto* const found = std::find_if(kLaterOptions.begin(), kLaterOptions.end(),
                                         [&](const auto& option) { return option.first == name; });
  return found == kLaterOptions.end() ? std::string_view() : found->second;
}

}  // namespace limier::cli
