#include "cli/row_marks.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/message_text.h"
#include "cli/rows.h"

namespace limier::cli {

void print_row_marks(const Context& context, const store::Marks& marks, const store::RowName& row, std::size_t indent,
                     std::size_t width) {
  const std::size_t room = width - std::min(width - 1, indent + 2);
  for (const store::Mark* const mark : marks.of(row)) {
    const std::string said =
        fmt::format("{}  ({}, {})", store::mark_sentence(*mark), mark->examiner, time_to_seconds(mark->time));
    bool first = true;
    for (const std::string& line : text_lines(said, room)) {
      context.out.write(
          fmt::format("{}{} {}\n", std::string(indent, ' '), first ? context.style.bold("*") : " ", line));
      first = false;
    }
  }
}

void write_row_marks(JsonWriter& json, const store::Marks& marks, const store::RowName& row) {
  json.key("marks").begin_array();
  for (const store::Mark* const mark : marks.of(row)) {
    json.begin_object().text("time", mark->time).text("examiner", mark->examiner);
    json.text("action", store::kMarkActionWords[static_cast<std::size_t>(mark->action)]);
    json.text_or_null("value", mark->value).text_or_null("text", mark->text).end();
  }
  json.end();
}

void say_problem(const Context& context, const store::Marks& marks, const std::string& dir) {
  if (!marks.problem.empty())
    context.say(fmt::format("{}/{}: {}; see limier check", dir, store::kMarksFile, marks.problem));
}

}  // namespace limier::cli
