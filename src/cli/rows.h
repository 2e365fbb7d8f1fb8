// Rows of the index on their way out: one place that turns values into JSON, CSV and cells.
#pragma once

#include <string>
#include <vector>

#include "cli/json_writer.h"
#include "cli/output.h"
#include "limier/store.h"

namespace limier::cli {

// Column names made unique ("n", "n_2"), as a JSON object needs them.
std::vector<std::string> unique_names(const store::Query& query);
// NULL as null, text as text, bytes in hex, numbers as numbers; columns the contract calls flags as true and false.
// The same columns inside an object that the caller has begun and ends.
void write_cells(JsonWriter& json, const store::Query& query, const std::vector<std::string>& names);
void write_row(JsonWriter& json, const store::Query& query, const std::vector<std::string>& names);
std::string cell_text(const store::Value& value);  // for terminals
std::string csv_cell(const store::Value& value);   // NULL is an empty field
bool is_number(const store::Value& value);

// False for a case made with --profile list: what depends on content is not computed, and an empty answer says nothing.
bool content_was_read(store::Index& index);

// "2021-03-09 05:00:00Z" from the index's "2021-03-09T05:00:00.000000000Z"; the fraction stays where there is one. A
// time that the evidence keeps without a zone has no Z here either.
std::string short_time(const std::string& text);
// The same to the second, for columns.
std::string time_to_seconds(const std::string& text);

}  // namespace limier::cli
