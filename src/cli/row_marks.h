// The examiner's marks that stand at a row, on the terminal and as JSON: as the reports show them.
#pragma once

#include "cli/command.h"
#include "cli/json_writer.h"
#include "limier/store/marks.h"

namespace limier::cli {

// One line a mark, `indent` columns in: "* tag: to translate  (I. Janssens, 2026-01-02 03:04:05)".
void print_row_marks(const Context& context, const store::Marks& marks, const store::RowName& row, std::size_t indent,
                     std::size_t width);
// "marks" of the object that is open: an array, empty where there are none.
void write_row_marks(JsonWriter& json, const store::Marks& marks, const store::RowName& row);
// That the file of marks is not as it was written, where it is not.
void say_problem(const Context& context, const store::Marks& marks, const std::string& dir);

}  // namespace limier::cli
