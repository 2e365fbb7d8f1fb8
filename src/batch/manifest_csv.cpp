// CSV as RFC 4180 has it, with comments, a byte order mark, any line end, and the separators spreadsheets write.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "batch/manifest.h"

namespace limier::batch {
namespace {

struct Record {
  std::size_t line = 0;  // where it begins
  std::vector<Cell> fields;
};

class CsvReader {
 public:
  CsvReader(std::string_view text, char separator, std::size_t first_line, std::vector<PlanProblem>& problems)
      : text_(text), separator_(separator), problems_(problems), line_(first_line) {}

  // The next record that is neither blank nor a comment; false at the end.
  bool next(Record& record) {
    while (at_ < text_.size()) {
      if (text_[at_] == '#' || is_blank_line()) {
        skip_line();
        continue;
      }
      read_record(record);
      return true;
    }
    return false;
  }

 private:
  [[nodiscard]] bool is_blank_line() const {
    // A line of nothing but separators is what spreadsheets leave of an empty row.
    for (std::size_t at = at_; at < text_.size() && text_[at] != '\n'; ++at)
      if (text_[at] != ' ' && text_[at] != '\t' && text_[at] != '\r' && text_[at] != separator_) return false;
    return true;
  }
  void skip_line() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    if (at_ < text_.size()) ++at_;
    ++line_;
  }
  void read_record(Record& record) {
    record = {line_, {}};
    for (;;) {
      record.fields.push_back(read_field());
      if (at_ < text_.size() && text_[at_] == separator_) {
        ++at_;
        continue;
      }
      if (at_ < text_.size()) ++at_;  // '\n'
      ++line_;
      return;
    }
  }
  [[nodiscard]] bool at_end_of_field() const {
    return at_ >= text_.size() || text_[at_] == separator_ || text_[at_] == '\n' ||
           (text_[at_] == '\r' && (at_ + 1 >= text_.size() || text_[at_ + 1] == '\n'));
  }
  Cell read_field() {
    Cell cell{"", line_};
    if (at_ < text_.size() && text_[at_] == '"')
      read_quoted(cell);
    else
      while (!at_end_of_field()) cell.value += text_[at_++];
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    return cell;
  }
  void read_quoted(Cell& cell) {
    for (++at_;;) {
      if (at_ >= text_.size()) {
        problems_.push_back({cell.line, "a quoted field begins here and never ends; close it with a quote"});
        return;
      }
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        cell.value += c;
        continue;
      }
      if (at_ >= text_.size() || text_[at_] != '"') break;
      cell.value += text_[at_++];
    }
    if (at_end_of_field()) return;
    problems_.push_back(
        {line_,
         "text follows a closing quote; write a quote inside a quoted field twice, and nothing behind the last"});
    while (!at_end_of_field()) ++at_;
  }

  std::string_view text_;
  char separator_;
  std::vector<PlanProblem>& problems_;
  std::size_t at_ = 0;
  std::size_t line_;
};

// "sep=;" in the first line, as spreadsheets write it to tell themselves; taken off, the separator remembered.
std::optional<char> take_separator_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  if (line.starts_with('"') && line.ends_with('"') && line.size() > 2) line = line.substr(1, line.size() - 2);
  constexpr std::string_view kWord = "sep=";
  if (line.size() != kWord.size() + 1 || (!line.starts_with(kWord) && !line.starts_with("SEP="))) return std::nullopt;
  const char separator = line.back();
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return separator;
}

// Spreadsheets of countries with a decimal comma write semicolons; the header tells.
char separator_of(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.starts_with('#') || line.find_first_not_of(" \t\r,;") == std::string_view::npos) continue;
    for (const char separator : {',', ';', '\t'})
      if (line.find(separator) != std::string_view::npos) return separator;
    return ',';
  }
  return ',';
}

std::string_view separator_word(char separator) {
  return separator == ',' ? "comma" : separator == ';' ? "semicolon" : separator == '\t' ? "tab" : "separator";
}

// The field of each column; an empty name where the column is not used.
std::vector<std::string> read_header(const Record& header, std::vector<PlanProblem>& problems) {
  std::vector<std::string> columns;
  for (const Cell& title : header.fields) {
    std::string name(field_name(title.value));
    if (name.empty())
      problems.push_back(
          {title.line, fmt::format("there is no column '{}'; the first line names the columns, which are {}",
                                   title.value, known_fields())});
    else if (std::find(columns.begin(), columns.end(), name) != columns.end())
      problems.push_back({title.line, fmt::format("the column '{}' is there twice", name)});
    columns.push_back(std::move(name));
  }
  return columns;
}

}  // namespace

Manifest parse_csv_manifest(std::string_view text, std::vector<PlanProblem>& problems) {
  Manifest manifest;
  const auto told = take_separator_line(text);
  const char separator = told ? *told : separator_of(text);
  CsvReader reader(text, separator, told ? 2 : 1, problems);
  Record record;
  if (!reader.next(record)) return manifest;
  const auto columns = read_header(record, problems);
  while (reader.next(record)) {
    if (record.fields.size() != columns.size()) {
      problems.push_back({record.line, fmt::format("has {} fields where the header has {}; put a field with a {} in "
                                                   "quotes",
                                                   record.fields.size(), columns.size(), separator_word(separator))});
      continue;
    }
    ManifestRow row{record.line, {}};
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (!columns[i].empty()) row.cells.emplace(columns[i], std::move(record.fields[i]));
    manifest.rows.push_back(std::move(row));
  }
  return manifest;
}

}  // namespace limier::batch
