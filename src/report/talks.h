// Findings with what stands around them: the message a finding is about, those before and behind it, and the file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "limier/store.h"
#include "report/facts.h"

namespace limier::report {

inline constexpr std::int64_t kNeighbours = 3;      // messages shown before and behind the one a finding is about
inline constexpr std::size_t kMaxShownText = 1200;  // bytes of a text on the page

// The beginning of a text, with its length where it was cut.
struct Excerpt {
  Text text;
  std::size_t left_out = 0;  // bytes
};
Excerpt excerpt(std::string_view bytes, std::size_t limit = kMaxShownText);

struct ShownMessage {
  std::int64_t message_id = 0, file_id = 0;
  Text service, thread, thread_name, direction, sender, sender_name, recipients;
  MaybeText t;
  Excerpt body;
  Text kind;
  bool deleted = false;
  Text state, source, parser, parser_version, locator;
  std::optional<std::int64_t> page;
};

struct ShownFinding {
  std::int64_t finding_id = 0, rank = 0;
  Text priority, title, pack, pack_version, rule, key, meaning, limits;
  Excerpt reason;
  MaybeText t;
  Text subject_kind;
  std::optional<std::int64_t> subject_id, file_id;
  Text path;                         // of the file
  Text summary;                      // of a subject that is no message
  std::vector<std::int64_t> around;  // messages in the order of their conversation, its own among them
};

// The first findings, gravest first, and the messages they need.
struct ShownFindings {
  std::vector<ShownFinding> findings;
  std::map<std::int64_t, ShownMessage> messages;
};
Result<ShownFindings> read_findings(store::Index& index, std::int64_t limit);

}  // namespace limier::report
