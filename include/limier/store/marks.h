// The examiner's marks: tags, notes and decisions in a side file beside the index, DIR/marks.jsonl. They are never in
// the index; reports show them. Here is what reads them; app::put_marks writes.
//
// Owns:    values.
// Threads: plain data; what takes an Index belongs to its thread.
// Errors:  an unreadable file is kUsage. A line that is none of ours, or a chain that does not hold, is no error: what
//          can be read is given, with the problem.
// Units:   times in ns since 1970, UTC.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limier/store.h"

namespace limier::store {

inline constexpr std::string_view kMarksFile = "marks.jsonl";

// ---- rows by name --------------------------------------------------------------------------------------------------

// "message:881", "file:12", "finding:3".
struct RowName {
  std::string kind;
  std::int64_t id = 0;
  [[nodiscard]] std::string text() const { return kind + ":" + std::to_string(id); }
  friend auto operator<=>(const RowName&, const RowName&) = default;
};
// nullopt for what names no kind of row out of content, no file and no finding.
std::optional<RowName> parse_row_name(std::string_view text);

// A row by what stays the same when the index is made anew.
struct RowIdentity {
  RowName name;
  std::string key;      // of a finding its own; else made of the kind, the place of the file and the place in it
  std::string path;     // of its file; "" where it has none
  std::string locator;  // in the file; "" of files and findings
};
// `text` as parse_row_name() takes it, or the key of a finding. nullopt: there is no such row.
Result<std::optional<RowIdentity>> find_row(Index& index, std::string_view text);

// ---- lines of the file ---------------------------------------------------------------------------------------------

enum class MarkAction : std::uint8_t { kTag, kUntag, kNote, kDecide, kUndecide };
inline constexpr std::array<std::string_view, 5> kMarkActionWords{"tag", "untag", "note", "decide", "undecide"};

// What can be decided of a finding.
struct Decision {
  std::string_view word;     // as it is given and stored
  std::string_view title;    // as reports show it
  bool reviewed;             // somebody has judged it
  std::string_view of_whom;  // what the text has to say; "" when it may be left out
};
inline constexpr std::array<Decision, 4> kDecisions{{{"confirmed", "confirmed", true, ""},
                                                     {"false-alarm", "false alarm", true, ""},
                                                     {"to-be-read-by", "to be read by", false, "who is to read it"},
                                                     {"passed-on", "passed on", true, "to whom it was passed on"}}};
const Decision* find_decision(std::string_view word);

struct Mark {
  std::size_t line = 0;  // in the file, from 1
  std::int64_t time_ns = 0;
  std::string time;           // as stored
  std::string examiner;       // who made it
  std::string examiner_from;  // how that is known: "option", "case" or "login"
  std::string tool_version;
  MarkAction action = MarkAction::kNote;
  RowIdentity row;    // as it was when the mark was made
  std::string value;  // the tag, or the word of the decision
  std::string text;   // of a note, or beside a decision
};
// One line of the file with its line end; chains on to `log`.
std::string mark_line(const Mark& mark, std::string_view log);

struct MarkLog {
  std::vector<Mark> marks;
  std::string problem;               // "" while every line is ours and the chain holds
  std::size_t lines = 0;             // whole ones
  std::string head;                  // chain_head() over these
  bool torn = false;                 // behind them stands part of a line: a writer is at work, or died
  std::vector<std::string> digests;  // chain_head() behind each line
};
MarkLog parse_marks(std::string_view text);
// An empty log where there is no such file.
Result<MarkLog> read_marks_file(const std::string& dir);

// ---- what holds now ------------------------------------------------------------------------------------------------

enum class MarkState : std::uint8_t { kStands, kTakenBack, kReplaced, kTakesBack };

struct StandingMark {
  Mark mark;
  std::optional<RowName> now;  // the row in this index; nullopt: it has no such row
  MarkState state = MarkState::kStands;
};
struct Review {
  std::int64_t findings = 0, reviewed = 0, assigned = 0;  // assigned: to be read by somebody
  std::array<std::int64_t, kDecisions.size()> decided{};
};
struct Marks {
  std::vector<StandingMark> all;                         // in the order they were made
  std::string problem;                                   // that of the log
  std::map<RowName, std::vector<std::size_t>> standing;  // places in `all`, of the marks that stand
  Review review;
  // Those that stand at a row.
  [[nodiscard]] std::vector<const Mark*> of(const RowName& row) const;
};
// Rows are found by their keys: in an index that was made anew they may have other numbers.
Result<Marks> match_marks(Index& index, MarkLog log);
Result<Marks> read_marks(Index& index, const std::string& dir);

// "tag: to translate", "decided: false alarm (a film title)", "note: …".
std::string mark_sentence(const Mark& mark);

}  // namespace limier::store
