// The examiner's marks as the reports show them: at their row, and in a list of their own.
#pragma once

#include <string>

#include "limier/store/marks.h"
#include "report/json_out.h"
#include "report/page.h"

namespace limier::report {

inline constexpr std::size_t kMaxShownMarks = 500;  // on the page; JSON and CSV have all

std::string_view mark_state_word(store::MarkState state);
// Those that stand at a row: "<span …>to translate</span> …"; "" where there are none.
std::string marks_html(const Words& w, const store::Marks& marks, const store::RowName& row);
// "3 of 12 findings reviewed (1 confirmed, 2 false alarm), 9 not".
std::string review_text(const Words& w, const store::Review& review);
// "review" and "marks", two members of the object that is open.
void put_marks_json(JsonOut& json, const store::Marks& marks);
// One mark, as members of the object that is open.
void put_mark_members(JsonOut& json, const store::StandingMark& mark);
// "marks" of one row, where it has some.
void put_row_marks(JsonOut& json, const store::Marks& marks, const store::RowName& row);
inline constexpr std::string_view kMarksCsv = "marks.csv";
// Without a mark, what was left of it is removed.
Status write_marks_csv(const store::Marks& marks, const std::string& dir);
// What the row says of itself, in its index; "" where it says nothing.
Result<std::string> row_summary(store::Index& index, const store::RowName& row);
// A row of the table of marks, for columns When, Who, Row, What, State.
enum class MarkLinks : std::uint8_t { kNone, kFindings };  // to the cards of findings, where the page has them
std::vector<std::string> mark_cells(const Words& w, const store::StandingMark& mark, const std::string& summary,
                                    MarkLinks links);

}  // namespace limier::report
