// The examiner's marks: lines added to marks.jsonl, each with the SHA-256 of the line before it.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/case_folder.h"
#include "limier/app.h"
#include "limier/base/flat_object.h"
#include "limier/version.h"

namespace limier::app {
namespace {

using store::Mark;
using store::MarkAction;

// Another mark, or a report, is written in a moment; a triage is not.
constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::size_t kMaxTagBytes = 200;
constexpr std::size_t kMaxTextBytes = 16u << 10;

Error usage(std::string message) {
  return {ErrorKind::kUsage, std::move(message)};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Status check_words(const MarkOptions& options) {
  for (const auto& [text, what] : {std::pair(&options.value, "the tag"),
                                   {&options.text, "the text"},
                                   {&options.examiner, "the name of the examiner"}})
    if (!is_valid_utf8(*text)) return usage(fmt::format("{} is not valid UTF-8", what));
  if (options.text.size() > kMaxTextBytes) return usage(fmt::format("the text is longer than {} bytes", kMaxTextBytes));
  if (options.examiner.size() > kMaxTagBytes || has_control(options.examiner))
    return usage("the name of the examiner is one short line");
  if (options.action == MarkAction::kTag || options.action == MarkAction::kUntag) {
    if (is_blank(options.value)) return usage("the tag is empty");
    if (options.value.size() > kMaxTagBytes || has_control(options.value))
      return usage(fmt::format("a tag is one line of at most {} bytes; for more there is limier note", kMaxTagBytes));
  }
  if (options.action == MarkAction::kNote && is_blank(options.text)) return usage("the note is empty");
  if (options.action == MarkAction::kDecide) {
    const auto* const decision = store::find_decision(options.value);
    if (decision == nullptr) return usage(fmt::format("there is no decision '{}'", options.value));
    if (!decision->of_whom.empty() && is_blank(options.text))
      return usage(fmt::format("with {}, --text says {}", decision->word, decision->of_whom));
  }
  return ok_status();
}

struct Examiner {
  std::string name, from;
};
Result<Examiner> examiner_of(store::Index& index, const MarkOptions& options) {
  if (!is_blank(options.examiner)) return Examiner{options.examiner, "option"};
  LIMIER_TRY(auto authority, index.query("SELECT examiner FROM v_authority"));
  if (authority.step() && !is_blank(authority.text(0))) return Examiner{authority.text(0), "case"};
  LIMIER_CHECK(authority.status());
  if (const passwd* const user = ::getpwuid(::geteuid()); user != nullptr && !is_blank(user->pw_name)) {
    bool repaired = false;
    return Examiner{utf8_text(user->pw_name, repaired), "login"};
  }
  return usage("who makes the mark is not known; say it with --examiner NAME");
}

Result<std::vector<store::RowIdentity>> rows_of(store::Index& index, const MarkOptions& options) {
  const bool decides = options.action == MarkAction::kDecide || options.action == MarkAction::kUndecide;
  std::vector<store::RowIdentity> rows;
  for (const std::string& text : options.rows) {
    LIMIER_TRY(auto row, store::find_row(index, text));
    if (!row)
      return usage(
          fmt::format("{} has no row '{}'; give one as file:12, message:881 or finding:3, or the key of a "
                      "finding; nothing was written",
                      options.dir, terminal_text(text)));
    if (decides && row->name.kind != "finding")
      return usage(
          fmt::format("'{}' is no finding: decisions are made of findings (finding:3, or the key of one); for "
                      "other rows there are limier tag and limier note",
                      terminal_text(text)));
    const bool twice =
        std::any_of(rows.begin(), rows.end(), [&](const store::RowIdentity& other) { return other.name == row->name; });
    if (!twice) rows.push_back(std::move(*row));
  }
  return rows;
}

// The mark of this kind that stands at a row: the tag of that name, or its decision.
const Mark* standing(const store::Marks& marks, const store::RowName& row, const MarkOptions& options) {
  const bool tag = options.action == MarkAction::kTag || options.action == MarkAction::kUntag;
  for (const Mark* const mark : marks.of(row)) {
    if (tag && mark->action == MarkAction::kTag && mark->value == options.value) return mark;
    if (!tag && mark->action == MarkAction::kDecide) return mark;
  }
  return nullptr;
}

// Whether a line is to be written for this row.
Result<bool> changes(const store::Marks& marks, const store::RowIdentity& row, const MarkOptions& options,
                     const std::string& examiner) {
  if (options.action == MarkAction::kNote) return true;
  const Mark* const before = standing(marks, row.name, options);
  switch (options.action) {
    case MarkAction::kTag:
      return before == nullptr;
    case MarkAction::kUntag:
      if (before == nullptr)
        return usage(fmt::format("{} has no tag '{}'; nothing was written", row.name.text(), options.value));
      return true;
    case MarkAction::kUndecide:
      if (before == nullptr)
        return usage(fmt::format("of {} nothing is decided; nothing was written", row.name.text()));
      return true;
    default:
      return before == nullptr || before->value != options.value || before->text != options.text ||
             before->examiner != examiner;
  }
}

// As in the audit log: what is left of a line whose writer died is kept in a line that takes its place.
Status replace_torn_line(const std::string& path, std::string& log) {
  const auto end = log.rfind('\n');
  const std::string torn = log.substr(end == std::string::npos ? 0 : end + 1);
  log.resize(log.size() - torn.size());
  log += fmt::format(
      "{{\"time\":{},\"action\":\"cut-off-line-replaced\",\"bytes_hex\":\"{}\",\"previous_sha256\":\"{}\"}}\n",
      json_string(format_time(wall_clock_ns())), hex(torn), chain_head(log));
  return write_file(path, log);
}

Result<std::string> log_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::string();
  return read_file(path);
}

}  // namespace

Result<MarkOutcome> put_marks(const MarkOptions& options, const std::atomic<int>& stop) {
  LIMIER_CHECK(check_words(options));
  LIMIER_TRY(auto index, store::Index::open(options.dir));
  LIMIER_TRY(const auto rows, rows_of(*index, options));
  LIMIER_TRY(const Examiner examiner, examiner_of(*index, options));
  const std::string path = options.dir + "/" + std::string(store::kMarksFile);
  if (::access(options.dir.c_str(), W_OK) != 0)
    return usage(fmt::format("{}: nothing can be written there: {}", options.dir, std::strerror(errno)));

  LIMIER_TRY(const FolderLock lock, FolderLock::wait_for(options.dir, kPatience, stop));
  LIMIER_TRY(std::string log, log_of(path));
  if (!log.empty() && log.back() != '\n') LIMIER_CHECK(replace_torn_line(path, log));
  LIMIER_TRY(const auto before, store::match_marks(*index, store::parse_marks(log)));
  MarkOutcome outcome;
  std::string lines;
  const std::int64_t now = wall_clock_ns();
  for (const store::RowIdentity& row : rows) {
    LIMIER_TRY(const bool wanted, changes(before, row, options, examiner.name));
    if (!wanted) {
      outcome.as_before.push_back(row.name.text());
      continue;
    }
    Mark mark;
    mark.time_ns = now;
    mark.time = format_time(now);
    mark.examiner = examiner.name;
    mark.examiner_from = examiner.from;
    mark.tool_version = LIMIER_VERSION;
    mark.action = options.action;
    mark.row = row;
    mark.value = options.action == MarkAction::kUndecide ? standing(before, row.name, options)->value : options.value;
    mark.text = options.text;
    lines += store::mark_line(mark, lines.empty() ? log : lines);
    outcome.made.push_back(std::move(mark));
  }
  if (stop.load() != 0) return Error{ErrorKind::kInterrupted, "interrupted; nothing was written"};
  if (!lines.empty()) LIMIER_CHECK(append_file(path, lines, log.size()));
  return outcome;
}

}  // namespace limier::app
