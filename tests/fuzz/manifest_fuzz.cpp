// The batch manifest, CSV and TOML, as somebody else wrote it: whatever stands in it ends in rows or in problems with a
// line. What was read from CSV must read the same again when it is written by the book (RFC 4180).
#include <algorithm>
#include <cstdlib>

#include "batch/manifest.h"

namespace {

using namespace limier;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

bool same_cells(const batch::Cells& one, const batch::Cells& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.value == b.second.value;
  });
}

void read_again(const batch::Manifest& manifest) {
  std::string text;
  for (const auto& [name, cell] : manifest.rows.front().cells) text += (text.empty() ? "" : ",") + name;
  for (const auto& row : manifest.rows) {
    text += "\r\n";
    for (bool first = true; const auto& [name, cell] : row.cells) {
      text += (first ? "" : ",") + quoted(cell.value);
      first = false;
    }
  }
  std::vector<batch::PlanProblem> problems;
  const auto again = batch::parse_manifest(text, "again.csv", problems);
  require(problems.empty() && again.rows.size() == manifest.rows.size());
  for (std::size_t i = 0; i < again.rows.size(); ++i) require(same_cells(again.rows[i].cells, manifest.rows[i].cells));
}

void plan_rows(const batch::Manifest& manifest) {
  const batch::TextRules rules{[](std::string_view zone) { return zone.starts_with('E'); },
                               [](std::string_view text) { return text.find_first_not_of(" \t") == text.npos; }};
  for (const auto& row : manifest.rows) {
    // What these name is read from end to end, folders with all that is below them.
    const auto names = [&](const char* field) {
      return row.cells.contains(field) || manifest.defaults.contains(field);
    };
    if (names("keywords") || names("yara")) continue;
    std::vector<batch::PlanProblem> problems;
    batch::GivenFiles given;
    const auto exhibit = batch::exhibit_of(row, manifest.defaults, "/case", rules, given, problems);
    if (!problems.empty()) continue;
    require(!exhibit.folder.empty() && exhibit.folder.find('/') == std::string::npos && exhibit.folder != "." &&
            exhibit.folder != "..");
    require(exhibit.image.starts_with('/'));
    require(exhibit.expect_md5.empty() || parse_digest<16>(exhibit.expect_md5));
    require(exhibit.expect_sha1.empty() || parse_digest<20>(exhibit.expect_sha1));
    require(exhibit.expect_sha256.empty() || parse_digest<32>(exhibit.expect_sha256));
  }
}

}  // namespace

// An odd first byte: TOML.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool toml = (data[0] & 1) != 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<batch::PlanProblem> problems;
  const auto manifest = batch::parse_manifest(text, toml ? "case.toml" : "case.csv", problems);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const auto& problem : problems) require(!problem.message.empty() && problem.line <= lines + 1);
  for (const auto& row : manifest.rows) {
    require(row.line >= 1 && row.line <= lines);
    for (const auto& [name, cell] : row.cells) require(batch::field_name(name) == name && is_valid_utf8(cell.value));
  }
  require(!manifest.rows.empty() || !problems.empty());
  plan_rows(manifest);
  if (!toml && !manifest.rows.empty() && problems.empty()) read_again(manifest);
  return 0;
}
