// The manifest: which exhibits there are and what may be done with them. CSV (RFC 4180) and TOML lead to the same rows;
// every mistake in it is reported at once, with its line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "limier/batch.h"

namespace limier::batch {

struct Cell {
  std::string value;
  std::size_t line = 0;
};
// By the field's own name (kFields), never by an alias.
using Cells = std::map<std::string, Cell, std::less<>>;

struct ManifestRow {
  std::size_t line = 0;
  Cells cells;
};
struct Manifest {
  Cells defaults;
  std::vector<ManifestRow> rows;
};

// The field's own name for a column title or key, upper or lower case, with spaces, hyphens or underscores; "" when
// there is no such field.
std::string_view field_name(std::string_view title);
std::string known_fields();  // for messages

// Add what is wrong to `problems` and go on with what can be read.
Manifest parse_csv_manifest(std::string_view text, std::vector<PlanProblem>& problems);
Manifest parse_toml_manifest(std::string_view text, std::vector<PlanProblem>& problems);
// TOML when the name ends in .toml, else CSV; not UTF-8, or larger than the limit: one problem and no rows.
Manifest parse_manifest(std::string_view text, std::string_view file_name, std::vector<PlanProblem>& problems);

// Keyword files and YARA rules that rows name. Each list of them is read once, however many exhibits are given it.
class GivenFiles {
 public:
  const Result<std::vector<std::string>>& keywords(const std::vector<std::string>& paths);  // SHA-256 of each
  const Result<std::string>& yara(const std::vector<std::string>& paths);                   // one for all

 private:
  std::map<std::vector<std::string>, Result<std::vector<std::string>>> keywords_;
  std::map<std::vector<std::string>, Result<std::string>> yara_;
};

// A row with the defaults filled in, checked as far as that goes without touching evidence. Paths become absolute,
// seen from `base`. Exhibit::segments is left empty.
Exhibit exhibit_of(const ManifestRow& row, const Cells& defaults, const std::string& base, const TextRules& rules,
                   GivenFiles& given, std::vector<PlanProblem>& problems);

// The name of an exhibit's folder; "" when none can be made of it, and *why says so.
std::string folder_name(std::string_view exhibit, std::string* why);

}  // namespace limier::batch
