// What limier makes of the rows: findings, what rules could look at, and what became of every content a parser wanted.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

enum class Priority : std::int8_t { kLiveInDanger, kHigh, kMedium, kLow, kInfo };
inline constexpr std::array<std::string_view, 5> kPriorityWords{"live-in-danger", "high", "medium", "low", "info"};

// nullopt: it is none of the words.
constexpr std::optional<Priority> priority_of(std::string_view word) {
  for (std::size_t i = 0; i < kPriorityWords.size(); ++i)
    if (kPriorityWords[i] == word) return static_cast<Priority>(i);
  return std::nullopt;
}

struct Finding {
  static constexpr KindInfo kKind{
      .name = "finding",
      .plural = "findings",
      .title = "Findings",
      .meaning = "What the rules say should be read first. A finding is a priority to read, not an accusation.",
      .origin = Origin::kEngine,
      .summary = "",
      .always_listed = true};
  static constexpr auto columns() {
    return std::tuple{
        Column{"pack", &Finding::pack, As::kOwnText, "the rule pack"},
        Column{"pack_version", &Finding::pack_version, As::kOwnText, "its version"},
        Column{"rule", &Finding::rule, As::kOwnText, "the rule"},
        Column{"priority", &Finding::priority, kPriorityWords, "how soon it should be read"},
        Column{"title", &Finding::title, As::kOwnText, "what the rule looks for"},
        Column{"reason", &Finding::reason, As::kText, "what it found: the classes and the words"},
        Column{"meaning", &Finding::meaning, As::kOwnText, "what it means"},
        Column{"limits", &Finding::limits, As::kOwnText, "what it does not mean"},
        Column{"score", &Finding::score, As::kReal, "higher: more of what the rule looks for"},
        Column{"rank", &Finding::rank, As::kInteger, "1: open first, over all priorities"},
        Column{"key", &Finding::key, As::kOwnText, "of the rule and its subject: the same on every run"},
        Column{"t", &Finding::t_ns, As::kTime, "time of the subject"},
        Column{"subject_kind", &Finding::subject_kind, As::kOwnText, "the view, without v_"},
        Column{"subject_id", &Finding::subject_id, As::kInteger, "the row there"},
        Column{"file_id", &Finding::file_id, As::kInteger, "the file it is from"},
    };
  }

  std::string pack, pack_version, rule;
  Priority priority = Priority::kInfo;
  std::string title, reason, meaning, limits;
  double score = 0;
  std::int64_t rank = 0;
  std::string key;
  std::optional<std::int64_t> t_ns;
  std::string subject_kind;
  std::optional<std::int64_t> subject_id, file_id;
};

// v_judged: what the rules could look at, and what not.
struct Judged {
  static constexpr KindInfo kKind{.name = "judged",
                                  .plural = "judged",
                                  .title = "What the rules could judge",
                                  .meaning = "How much of each kind the rules could look at, and why not at the rest.",
                                  .origin = Origin::kEngine,
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"kind", &Judged::kind, As::kOwnText, "messages, …"},
        Column{"items", &Judged::items, As::kInteger, "how many there are"},
        Column{"judged", &Judged::judged, As::kInteger, "of these, looked at"},
        Column{"not_judged", &Judged::not_judged, As::kInteger, "of these, not looked at"},
        Column{"reason", &Judged::reason, As::kOwnText, "why not"},
    };
  }

  std::string kind;
  std::int64_t items = 0, judged = 0, not_judged = 0;
  std::string reason;
};

// What became of a content for one parser.
enum class ItemState : std::int8_t { kParsed, kNotApplicable, kNotRead, kFailed, kQuarantined, kTooLarge, kEncrypted };
inline constexpr std::array<std::string_view, 7> kItemStateWords{"parsed",      "not-applicable", "not-read", "failed",
                                                                 "quarantined", "too-large",      "encrypted"};

// Parsers that look for numbers, addresses or rules alone, or name a type: what their contents mean nobody knows by
// them.
inline constexpr std::string_view kSearchers = "'libmagic', 'packed', 'sqlite-texts', 'yara'";

struct Item {
  static constexpr KindInfo kKind{.name = "item",
                                  .plural = "items",
                                  .title = "Contents that parsers looked at",
                                  .meaning = "Every content that a parser wanted, and what became of it.",
                                  .origin = Origin::kEngine,
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"content_id", &Item::content_id, As::kInteger, "the content"},
        Column{"file_id", &Item::file_id, As::kInteger, "the first file that has it"},
        Column{"parser", &Item::parser, As::kOwnText, "who wanted it"},
        Column{"parser_version", &Item::parser_version, As::kOwnText, "its version"},
        Column{"state", &Item::state, kItemStateWords, "what became of it"},
        Column{"attempts", &Item::attempts, As::kInteger, "workers that were given it"},
        Column{"rows", &Item::rows, As::kInteger, "rows that came out of it"},
        Column{"reason", &Item::reason, As::kText, "why it is not parsed; NULL when it is"},
    };
  }

  std::int64_t content_id = 0;
  std::optional<std::int64_t> file_id;
  std::string parser, parser_version;
  ItemState state = ItemState::kNotRead;
  std::int64_t attempts = 0, rows = 0;
  std::string reason;
};

}  // namespace limier::catalog
