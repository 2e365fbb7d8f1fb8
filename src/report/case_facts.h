// What the case reports state, read from the views of case.db once. Lists are capped; the caps are named in the text.
#pragma once

#include <map>

#include "report/facts.h"

namespace limier::report {

inline constexpr std::int64_t kMaxCaseLinks = 1'000;      // read; the CSV and GraphML have all
inline constexpr std::int64_t kMaxShownLinks = 60;        // on the page
inline constexpr std::size_t kMaxExplainedOnPage = 25;    // with their keys
inline constexpr std::int64_t kMaxCaseContents = 1'000;   // in the JSON
inline constexpr std::int64_t kMaxShownContents = 100;    // on the page
inline constexpr std::int64_t kMaxCaseKeys = 300;         // of each other kind, in the JSON
inline constexpr std::int64_t kMaxShownKeys = 25;         // on the page
inline constexpr std::int64_t kMaxCsvContents = 100'000;  // in case-shared.csv
inline constexpr std::int64_t kMaxShownNotExamined = 500;
inline constexpr std::int64_t kMaxCaseFindings = 1'000;  // in the JSON
inline constexpr std::int64_t kMaxCasePeople = 1'000;    // in the JSON, and as many messages that are on two
inline constexpr std::int64_t kMaxShownFindings = 100;   // on the page
inline constexpr std::int64_t kMaxShownJudged = 200;
inline constexpr std::size_t kMaxListChars = 160;  // of a list of exhibits in a table cell
inline constexpr std::size_t kMaxShownPlaces = 8;  // exhibits of a shared key, in a table cell

struct CaseExhibitFacts {
  Text exhibit, image, folder, state, level, reason;
  std::int64_t attention = 0;
  std::optional<std::int64_t> exit_code;
  MaybeText exit_class, message, verdict;
  Text authority, case_number, examiner, agency, scope, note;
  MaybeText description, notes, evidence_number, model;  // as the container states them
  MaybeText whose;                                       // as the device says
  MaybeText format, md5, sha1, sha256, identifiers;
  std::optional<std::int64_t> size_bytes, files, deleted, recovered, not_examined, not_examined_bytes;
  std::int64_t links = 0;
  Text profile;
  // There is an index of it, and a report.
  [[nodiscard]] bool has_result() const { return !message.has_value(); }
  [[nodiscard]] bool examined() const { return has_result() && exit_code != 3; }
};

// Where a key lies on one exhibit.
struct CasePlace {
  Text exhibit;
  std::optional<std::int64_t> file_id;
  MaybeText path;
  std::optional<bool> deleted;
};

struct CaseKeyFacts {
  std::int64_t key_id = 0, rank = 0;
  Text kind, value, exhibit_list;
  std::int64_t size = 0, exhibits = 0, files = 0;
  bool notable = false;
  double weight = 0;
  std::vector<CasePlace> places;  // by exhibit; of the keys whose files are named, else empty
};

struct CaseLinkKeyFacts {
  Text kind, value;
  std::int64_t size = 0;
  CasePlace a, b;
};

struct CaseLinkFacts {
  std::int64_t link_id = 0;
  Text a, b, strongest, evidence;
  double score = 0;
  bool same_image = false, same_device = false;
  std::int64_t shared_contents = 0, shared_bytes = 0;
  std::vector<CaseLinkKeyFacts> keys;
};

struct CaseKindFacts {
  Text kind, title, meaning;
  std::int64_t weight = 0, keys = 0, shared = 0, known = 0, filler = 0;
};

struct CaseFacts {
  Text tool_version;
  std::int64_t exhibits = 0, merged = 0, exit_code = 0, keys = 0, shared_keys = 0, shared_contents = 0, links = 0,
               links_left_out = 0;
  std::int64_t media_bytes = 0, files = 0, not_examined = 0;
  std::int64_t findings = 0;         // of all priorities, on all exhibits
  std::int64_t findings_listed = 0;  // of these, in the case; the others are in the indexes alone
  std::int64_t judged = 0;           // exhibits with something that rules could judge
  std::vector<CaseExhibitFacts> by_attention;
  std::vector<std::size_t> by_name;      // positions in by_attention
  std::vector<CaseLinkFacts> top_links;  // by score
  std::vector<CaseKindFacts> kinds;
  [[nodiscard]] std::int64_t examined() const;
  // What was done with all that were examined.
  [[nodiscard]] Text done(const Words& w) const;
};

Result<CaseFacts> read_case_facts(store::Index& index);
// The first `limit` keys of a kind, by rank.
Result<std::vector<CaseKeyFacts>> read_case_keys(store::Index& index, std::string_view kind, std::int64_t limit);

// "complete", "nothing examined", …: what an exit code says of one exhibit or of the whole case.
Key exit_meaning(std::int64_t code);

}  // namespace limier::report
