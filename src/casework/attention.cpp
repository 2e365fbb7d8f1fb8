#include "casework/attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

namespace limier::casework {
namespace {

// In order: the first that applies is the exhibit's level. docs/case.md lists them.
enum class Level : std::uint8_t {
  kLiveInDanger,
  kHighFindings,
  kIntegrity,
  kNoResult,
  kLinked,
  kMediumFindings,
  kPartNotExamined,
  kRoutine,
};
constexpr std::array<std::string_view, 8> kLevelNames{"live in danger",    "high findings", "integrity",
                                                      "no result",         "linked",        "medium findings",
                                                      "part not examined", "routine"};
// A link from here on is worth saying first: a few dozen contents that only the two exhibits have.
constexpr std::int64_t kTellingScore = 30'000;

class Judge {
 public:
  explicit Judge(const AttentionInput& input) : input_(input) {
    if (input.facts == nullptr)
      no_result();
    else
      result(*input.facts);
    if (!reason_.empty()) return;
    reason_ = "no damage, no gap and no telling link; ";
    const bool judged = input.facts != nullptr &&
                        std::ranges::any_of(input.facts->judged, [](const auto& one) { return one.items > 0; });
    reason_ += judged ? "no finding, which is no all-clear" : "no message was read";
  }
  [[nodiscard]] Level level() const { return level_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::int64_t findings() const { return findings_; }

 private:
  void say(Level level, const std::string& text) {
    level_ = std::min(level_, level);
    reason_ += reason_.empty() ? text : "; " + text;
  }
  // What the first finding of a priority is about.
  static std::string first_title(const ExhibitFacts& facts, std::string_view priority) {
    const auto& list = facts.finding_list;
    const auto first =
        std::find_if(list.begin(), list.end(), [&](const FactsFinding& one) { return one.priority == priority; });
    return first == list.end() || first->title.empty() ? std::string() : fmt::format(" ({})", first->title);
  }
  void no_result() { say(Level::kNoResult, "no result: " + input_.problem); }

  void result(const ExhibitFacts& facts) {
    findings_ = facts.findings[0] * 1'000'000 + facts.findings[1] * 1'000 + facts.findings[2];
    static constexpr std::array<std::pair<Level, std::string_view>, 3> kFindings{
        {{Level::kLiveInDanger, "live-in-danger"}, {Level::kHighFindings, "high"}, {Level::kMediumFindings, "medium"}}};
    for (std::size_t i = 0; i < kFindings.size(); ++i)
      if (facts.findings[i] > 0)
        say(kFindings[i].first,
            fmt::format("{} {} {}{}", facts.findings[i], kFindings[i].second,
                        facts.findings[i] == 1 ? "finding" : "findings", first_title(facts, kFindings[i].second)));
    if (input_.deleted_here > 0)
      say(Level::kMediumFindings, fmt::format("{} {} deleted here that another exhibit still has", input_.deleted_here,
                                              input_.deleted_here == 1 ? "message is" : "messages are"));
    if (facts.verdict == "mismatch")
      say(Level::kIntegrity, "a digest of the media differs from the recorded one");
    else if (facts.verdict == "damaged" || facts.bad_ranges > 0)
      say(Level::kIntegrity, fmt::format("the image is damaged: {} bytes in {} {}", facts.bad_bytes, facts.bad_ranges,
                                         facts.bad_ranges == 1 ? "range" : "ranges"));
    else if (facts.verdict == "incomplete")
      say(Level::kIntegrity, "segments of the image are missing");
    if (input_.exhibit->exit_code == 3) say(Level::kNoResult, "nothing of it could be examined");
    links();
    if (facts.interrupted) say(Level::kPartNotExamined, "the examination was interrupted");
    if (facts.encrypted_volumes > 0)
      say(Level::kPartNotExamined,
          fmt::format("{} encrypted {}", facts.encrypted_volumes, facts.encrypted_volumes == 1 ? "volume" : "volumes"));
    else if (input_.exhibit->exit_code == 5)
      say(Level::kPartNotExamined, "part of it could not be examined");
  }
  void links() {
    const LinkView& links = input_.links;
    if (links.links == 0) return;
    const bool telling = links.same_image || links.same_device || links.best_score >= kTellingScore;
    if (telling) say(Level::kLinked, fmt::format("linked to {}: {}", input_.best_other_name, links.best_evidence));
  }

  const AttentionInput& input_;
  Level level_ = Level::kRoutine;
  std::string reason_;
  std::int64_t findings_ = 0;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::vector<Attention> rank_attention(const std::vector<AttentionInput>& exhibits) {
  std::vector<Judge> judges;
  judges.reserve(exhibits.size());
  for (const AttentionInput& input : exhibits) judges.emplace_back(input);
  std::vector<std::size_t> order(exhibits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto urgency = [&](std::size_t i) {
    const std::int64_t recovered = exhibits[i].facts == nullptr ? 0 : exhibits[i].facts->recovered;
    return std::tuple(judges[i].level(), -judges[i].findings(), -exhibits[i].links.best_score, -recovered);
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return urgency(a) < urgency(b); });
  std::vector<Attention> ranked(exhibits.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    const Judge& judge = judges[order[place]];
    ranked[order[place]] = {static_cast<std::int64_t>(place + 1),
                            std::string(kLevelNames[static_cast<std::size_t>(judge.level())]), judge.reason()};
  }
  return ranked;
}

bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      while (i + 1 < a.size() && a[i] == '0' && is_digit(a[i + 1])) ++i;
      while (j + 1 < b.size() && b[j] == '0' && is_digit(b[j + 1])) ++j;
      std::size_t end_a = i, end_b = j;
      while (end_a < a.size() && is_digit(a[end_a])) ++end_a;
      while (end_b < b.size() && is_digit(b[end_b])) ++end_b;
      if (end_a - i != end_b - j) return end_a - i < end_b - j;
      const int order = a.substr(i, end_a - i).compare(b.substr(j, end_b - j));
      if (order != 0) return order < 0;
      i = end_a;
      j = end_b;
    } else if (a[i] != b[j]) {
      return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
    } else {
      ++i;
      ++j;
    }
  }
  if ((i < a.size()) != (j < b.size())) return j < b.size();
  return a < b;  // "07" and "7"
}

}  // namespace limier::casework
