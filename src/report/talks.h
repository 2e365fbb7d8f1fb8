// Findings with what stands around them: the message a finding is about, those before and behind it, and the file; and
// the conversations that findings are about.
#pragma once

#include <map>
#include <optional>
#include <set>
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
// The ids of the same findings.
Result<std::set<std::int64_t>> read_finding_ids(store::Index& index, std::int64_t limit);

// A finding's rank and priority, by the message it is about: the gravest one.
struct Mark {
  std::int64_t finding_id = 0, rank = 0;
  Text priority;
};
// A conversation with findings, or the part of it where the first of them is.
struct ShownTalk {
  Text service, thread, thread_name;
  std::int64_t total = 0, before = 0;  // messages in all; that come before those shown
  std::vector<std::int64_t> shown;     // in the order of the conversation
  std::map<std::int64_t, Mark> marks;  // of its messages
};
struct ShownTalks {
  std::vector<ShownTalk> talks;  // that with the gravest finding first
  std::map<std::int64_t, ShownMessage> messages;
  std::int64_t left_out = 0;  // conversations with findings
};
inline constexpr std::size_t kMaxTalks = 10;
inline constexpr std::int64_t kMaxTalkMessages = 150, kBeforeFirstMark = 40;
// Conversations with a finding above low.
Result<ShownTalks> read_talks(store::Index& index);

// The SQL that orders priorities, gravest first: 0 to 4.
std::string priority_order(std::string_view column);

}  // namespace limier::report
