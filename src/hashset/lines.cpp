// Lists of lines: plain digests, md5sum and its relatives (both forms), hashdeep, and tables with a head that names
// their columns (ICSE, NSRL's older text form).
#include <fmt/format.h>

#include <algorithm>

#include "hashset/reader.h"

namespace limier::hashset {
namespace {

constexpr std::size_t kMaxLine = 64u << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n\f\v");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n\f\v") - from + 1);
}

// Cells of a line of a table; quotes around a cell, doubled inside.
std::vector<std::string> cells_of(std::string_view line, char separator) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"')
      cells.back() += line[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == separator && !quoted)
      cells.emplace_back();
    else
      cells.back() += c;
  }
  for (std::string& cell : cells) cell = std::string(trimmed(cell));
  return cells;
}

// Which cell holds what.
struct Table {
  char separator = ',';
  std::vector<std::optional<Section>> digests;  // of each column
  std::optional<std::size_t> category;
};

// A head names at least one digest, and holds none.
std::optional<Table> head_of(std::string_view line) {
  for (const char separator : {';', '\t', ',', '|'}) {
    Table table;
    table.separator = separator;
    bool any = false;
    Digests none;
    for (const std::string& cell : cells_of(line, separator)) {
      if (put_digest(cell, none)) return std::nullopt;
      if (lower(cell) == "category") table.category = table.digests.size();
      table.digests.push_back(section_of_name(cell));
      any = any || table.digests.back();
    }
    if (any && (table.digests.size() > 1 || separator == '|')) return table;
  }
  return std::nullopt;
}

class Lines {
 public:
  explicit Lines(Intake& intake) : intake_(intake) {}

  Status take(std::string_view line, std::uint64_t number) {
    if (number == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    line = trimmed(line);
    if (line.empty()) return ok_status();
    if (line.starts_with("%%%%")) return hashdeep_head(line), ok_status();
    if (line.front() == '#' || line.starts_with("//")) return ok_status();
    if (hashdeep_) return row(line, number);
    if (!begun_) {
      begun_ = true;
      table_ = head_of(line);
      if (table_) {
        intake_.set_format(line.starts_with("MD5;SHA1;PhotoDNA") ? "ICSE CSV" : "CSV");
        return ok_status();
      }
      intake_.set_format("list of digests");
    }
    return table_ ? row(line, number) : plain(line, number);
  }

 private:
  void hashdeep_head(std::string_view line) {
    if (line.find("HASHDEEP") != std::string_view::npos) {
      hashdeep_ = true;
      intake_.set_format("hashdeep");
    } else if (hashdeep_) {
      line.remove_prefix(std::min(line.size(), line.find_first_not_of("% ")));
      table_ = Table();
      for (const std::string& cell : cells_of(line, ',')) table_->digests.push_back(section_of_name(cell));
    }
  }

  Status row(std::string_view line, std::uint64_t number) {
    if (!table_) return intake_.reject(number, "no head says which digests there are"), ok_status();
    // In hashdeep's form the name comes last and is not quoted.
    std::vector<std::string> cells = cells_of(line, table_->separator);
    Digests digests;
    bool any = false;
    for (std::size_t i = 0; i < std::min(cells.size(), table_->digests.size()); ++i) {
      if (!table_->digests[i] || cells[i].empty()) continue;
      if (!put_digest(*table_->digests[i], cells[i], digests))
        return intake_.reject(number, "a cell that should be a digest is none"), ok_status();
      any = true;
    }
    if (!any) return intake_.reject(number, "it holds no digest"), ok_status();
    std::uint8_t category = kNoCategory;
    if (table_->category && *table_->category < cells.size()) {
      const std::string& cell = cells[*table_->category];
      if (!cell.empty() && cell.size() <= 3 && std::ranges::all_of(cell, [](char c) { return c >= '0' && c <= '9'; }))
        category = static_cast<std::uint8_t>(std::min(std::stoi(cell), int{kNoCategory}));
    }
    return intake_.add(digests, category);
  }

  // "HEX", "HEX  name", "HEX *name", "\HEX  name" (a name with escapes), "SHA256 (name) = HEX", "HEX,…".
  Status plain(std::string_view line, std::uint64_t number) {
    Digests digests;
    if (line.front() == '\\') line.remove_prefix(1);
    const std::string_view first = line.substr(0, line.find_first_of(" \t,;|*"));
    if (put_digest(first, digests)) return intake_.add(digests);
    const std::size_t equals = line.rfind(" = ");
    const std::size_t open = line.find(" (");
    if (equals != std::string_view::npos && open != std::string_view::npos && open < equals) {
      const auto section = section_of_name(line.substr(0, open));
      if (section && put_digest(*section, trimmed(line.substr(equals + 3)), digests)) return intake_.add(digests);
    }
    intake_.reject(number, "it does not begin with an MD5, SHA-1 or SHA-256");
    return ok_status();
  }

  Intake& intake_;
  bool begun_ = false, hashdeep_ = false;
  std::optional<Table> table_;
};

}  // namespace

Status read_lines(const Source& source, Intake& intake) {
  LIMIER_TRY(FileBytes bytes, FileBytes::open(source.path, source.advance, source.stop));
  Lines lines(intake);
  std::string line;
  std::uint64_t number = 0;
  bool too_long = false;
  const auto end_of_line = [&]() -> Status {
    ++number;
    if (too_long)
      intake.reject(number, "it is longer than 64 KiB");
    else
      LIMIER_CHECK(lines.take(line, number));
    line.clear();
    too_long = false;
    return ok_status();
  };
  while (true) {
    const std::string_view part = as_text(bytes.buffered());
    if (part.empty()) break;
    const std::size_t end = part.find('\n');
    const std::string_view piece = part.substr(0, end);
    too_long = too_long || line.size() + piece.size() > kMaxLine;
    if (!too_long) line += piece;
    bytes.skip(piece.size() + (end == std::string_view::npos ? 0 : 1));
    if (end != std::string_view::npos) LIMIER_CHECK(end_of_line());
  }
  LIMIER_CHECK(bytes.status());
  return line.empty() && !too_long ? ok_status() : end_of_line();
}

}  // namespace limier::hashset
