#include "cli/message_text.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "cli/row_marks.h"
#include "cli/rows.h"

namespace limier::cli {
namespace {

constexpr std::size_t kTextWidth = 80, kLeastWidth = 40, kMostWidth = 120;
constexpr std::size_t kIndent = 12;

// Bytes of `text` that fill at most `width` columns.
std::size_t fitting(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  for (std::size_t columns = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u) continue;
    if (++columns > width) break;
  }
  return at;
}

void wrap(std::string_view line, std::size_t width, std::vector<std::string>& into) {
  // A message may be megabytes long: each step looks at one line of it.
  for (std::size_t end = fitting(line, width); end < line.size(); end = fitting(line, width)) {
    const std::size_t space = line.rfind(' ', end);
    const bool between_words = space != std::string_view::npos && space > 0;
    if (between_words) end = space;
    into.emplace_back(line.substr(0, end));
    line.remove_prefix(between_words ? end + 1 : end);
  }
  into.emplace_back(line);
}

std::string arrow(const std::string& direction) {
  if (direction == "out") return "->";
  return direction == "in" ? "<-" : "--";
}

std::string person(const std::string& name, const std::string& number) {
  if (name.empty()) return terminal_text(number);
  return number.empty() || number == name ? terminal_text(name)
                                          : fmt::format("{} ({})", terminal_text(name), terminal_text(number));
}

// Who it came from or went to.
std::string other_side(const store::Query& row) {
  if (row.text(4) != "out") return person(row.text(6), row.text(5));
  return "to " + (row.is_null(7) ? person(row.text(3), row.text(2)) : terminal_text(row.text(7)));
}

std::string marks_of(const Style& style, const store::Query& row) {
  std::string marks;
  const auto add = [&](const std::string& mark) { marks += (marks.empty() ? "" : ", ") + mark; };
  if (row.integer(12) != 0) add("deleted");
  if (const std::string state = row.text(13); !state.empty() && state != "live") add(state);
  if (const std::string kind = row.text(10); !kind.empty() && kind != "text") add(terminal_text(kind));
  if (row.integer(11) > 0) add(plural(static_cast<std::uint64_t>(row.integer(11)), "attachment", "attachments"));
  return marks.empty() ? marks : style.warn("  [" + marks + "]");
}

std::string mark_line(const FindingMark& mark) {
  return fmt::format("{}: {}: {}", mark.priority, terminal_text(mark.title), terminal_text(mark.reason));
}

}  // namespace

Result<FindingMarks> read_finding_marks(store::Index& index) {
  LIMIER_TRY(auto query, index.query("SELECT subject_id, finding_id, priority, title, reason, key FROM v_finding WHERE "
                                     "subject_kind = 'message' AND subject_id IS NOT NULL ORDER BY rank, finding_id"));
  FindingMarks marks;
  while (query.step())
    marks[query.integer(0)].push_back({query.integer(1), query.text(2), query.text(3), query.text(4), query.text(5)});
  LIMIER_CHECK(query.status());
  return marks;
}

BesideMessage beside_message(const FindingMarks& findings, const store::Marks& marks, std::int64_t message_id) {
  const auto found = findings.find(message_id);
  return {found == findings.end() ? std::span<const FindingMark>() : std::span<const FindingMark>(found->second),
          marks};
}

std::string thread_title(const store::Query& row) {
  std::string title = row.is_null(1) ? "messages" : terminal_text(row.text(1));
  if (!row.is_null(2)) title += fmt::format(", thread {}", terminal_text(row.text(2)));
  if (!row.is_null(3) && row.text(3) != row.text(2)) title += fmt::format(", {}", terminal_text(row.text(3)));
  return title + fmt::format(", file {}", row.integer(14));
}

std::vector<std::string> text_lines(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    wrap(terminal_text(line), width, lines);
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

void print_message(const Context& context, const store::Query& row, const BesideMessage& beside,
                   const MessageForm& form) {
  const std::string indent(kIndent, ' ');
  const std::size_t room = form.width - std::min(form.width - 1, kIndent);
  const std::string time = row.is_null(8) ? "no time" : time_to_seconds(row.text(8));
  context.out.write(fmt::format(
      "{}  {}  {}  {}{}\n", pad_left((form.is_subject ? "> " : "") + row.text(0), kIndent - 2), context.style.dim(time),
      arrow(row.text(4)), context.style.bold(other_side(row)), marks_of(context.style, row)));
  if (form.names_thread) context.out.write(indent + context.style.dim(thread_title(row)) + "\n");
  if (!row.is_null(9))
    for (const std::string& line : text_lines(row.text(9), room)) context.out.write(indent + line + "\n");
  print_row_marks(context, beside.marks, {"message", row.integer(0)}, kIndent, form.width);
  for (const FindingMark& mark : beside.findings) {
    for (const std::string& line : text_lines(mark_line(mark), room - 2))
      context.out.write(fmt::format("{}{} {}\n", indent, context.style.bad("!"), line));
    context.out.write(fmt::format("{}  {}\n", indent, context.style.dim("key " + terminal_text(mark.key))));
    print_row_marks(context, beside.marks, {"finding", mark.finding_id}, kIndent + 2, form.width);
  }
}

void write_message(JsonWriter& json, const store::Query& row, const std::vector<std::string>& names,
                   const BesideMessage& beside) {
  json.begin_object();
  write_cells(json, row, names);
  json.key("findings").begin_array();
  for (const FindingMark& mark : beside.findings) {
    json.begin_object().key("finding_id").integer(mark.finding_id);
    json.text("priority", mark.priority).text("title", mark.title).text("key", mark.key);
    write_row_marks(json, beside.marks, {"finding", mark.finding_id});
    json.end();
  }
  json.end();
  write_row_marks(json, beside.marks, {"message", row.integer(0)});
  json.end();
}

std::size_t text_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kTextWidth;
  return std::clamp<std::size_t>(size.ws_col, kLeastWidth, kMostWidth);
}

}  // namespace limier::cli
