// rules: packs of rules over the public views. A pack is data (TOML, SQL, word lists); this room reads it, gives its
// SQL the functions it needs and turns what it selects into findings. docs/rules.md is the format.
//
//     LIMIER_TRY(const auto set, rules::RuleSet::load({}));                // the program's own packs
//     LIMIER_TRY(auto door, writer.rule_door());                           // or index.rule_door(), a finished index
//     LIMIER_TRY(const auto report, rules::run(set, door));                // again and again while rows come
//     for (const catalog::Finding& finding : report.findings) …            // ranked: 1 comes first
//
// A provisional finding is one of an early run; finding.key says which of a later run is the same, and one that is
// missing there is withdrawn.
//
// Owns:    a RuleSet owns its rules and lexicons and is never changed after load().
// Threads: a RuleSet may be shared; run() belongs to the thread of the door.
// Errors:  kUsage, with the file and line, for a pack that is wrong; a rule that fails while running is a problem in
//          the report, and the others go on.
// Units:   times in ns since 1970, UTC.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limier/base.h"
#include "limier/catalog/findings.h"
#include "limier/store/rule_door.h"

namespace limier::rules {

// What a rule must find, or must not: a message, with those before and after it in its thread; or rows of any view,
// which are all there is of a device.
struct Sample {
  bool hit = false;
  std::string text;  // of the message; of rows, how they are named when they do not come out as they say
  std::vector<std::string> before, after;
  std::vector<store::SampleRow> rows;
};

// What a pack or a rule says in another language, beside its English: by the code of the language.
struct Translated {
  std::string title, meaning, limits, measured;  // "": not given
};
using Translations = std::map<std::string, Translated, std::less<>>;

struct Rule {
  std::string id, title;
  catalog::Priority priority = catalog::Priority::kInfo;
  std::string meaning, limits;
  std::string subject;  // view without v_
  std::string sql;
  std::vector<Sample> samples;
  Translations translations;
};

class Lexicon;

struct Pack {
  std::string id, version, title, meaning;
  std::string measured;  // share of false alarms and misses, and on what
  std::vector<std::string> sources;
  std::string languages_of;  // the pack whose lists tell languages apart; empty: its own
  std::string sha256;        // over its files in the order of their names
  std::vector<Rule> rules;
  std::shared_ptr<const Lexicon> lexicon;
  Translations translations;
  // Of texts that its reasons are put together from, titles of classes above all: language, English, text.
  std::vector<std::array<std::string, 3>> words;
};

// One file of a pack: "danger/violence.toml".
struct PackFile {
  std::string path;
  std::string bytes;
};

class RuleSet {
 public:
  // The packs built into the program, and those in each folder: a pack, or a folder of packs. A pack of the same id as
  // an earlier one takes its place.
  static Result<RuleSet> load(const std::vector<std::string>& folders);
  // `own`: files of packs that these may take their lists of languages from.
  static Result<RuleSet> from_files(std::vector<PackFile> files, std::span<const PackFile> own = {});
  [[nodiscard]] const std::vector<Pack>& packs() const { return packs_; }

 private:
  std::vector<Pack> packs_;
};

struct Options {
  // Instructions of SQLite's machine that one rule may take; a rule over a million messages takes some 4e9.
  std::uint64_t step_budget = 100'000'000'000;
  // While rows still come in: only rules over messages that may give high or above, and nothing is said of what could
  // not be judged.
  bool early = false;
};

struct Report {
  std::vector<catalog::Finding> findings;  // by rank
  std::vector<catalog::Judged> judged;
  std::vector<std::string> problems;             // rules that could not be run, rules that were cut short
  std::optional<std::int64_t> last_activity_ns;  // what "the last 90 days" count back from
};

inline std::string_view priority_word(catalog::Priority priority) {
  return catalog::kPriorityWords.at(static_cast<std::size_t>(priority));
}

// All that the packs say in other languages, each beside the English that findings have: language, English, text.
std::vector<std::array<std::string, 3>> translations(const RuleSet& set);

Result<Report> run(const RuleSet& set, store::RuleDoor& door, const Options& options = {});

// Samples of every rule, run on an index in memory: a sentence for each that does not come out as it says.
Result<std::vector<std::string>> check(const RuleSet& set);

// The classes and words that the lexicon of a pack finds in a text, as criteria() gives them; "" when none.
std::string criteria_of(const Pack& pack, std::string_view text);

}  // namespace limier::rules
