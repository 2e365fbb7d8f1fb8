#include "content/dpkg_parser.h"

#include <fmt/format.h>

#include "content/line_reader.h"
#include "limier/base/digest.h"
#include "limier/catalog/package_files.h"

namespace limier::content {
namespace {

constexpr std::size_t kDigits = 32, kBlanks = 2, kMaxPath = 4096;

// "HEX  path", from the root and without its slash.
bool is_entry(std::string_view line) {
  if (line.size() <= kDigits + kBlanks || line.size() > kDigits + kBlanks + kMaxPath) return false;
  return parse_digest<16>(line.substr(0, kDigits)).has_value() && line.substr(kDigits, kBlanks) == "  " &&
         line[kDigits + kBlanks] != '/';
}

}  // namespace

Outcome DpkgParser::parse(const Source& source, Rows& rows) const {
  if (source.main->size_bytes() > kMaxDpkgBytes)
    return {catalog::ItemState::kTooLarge, "larger than lists of a package's files are"};
  LineReader lines(*source.main, 0, source.main->size_bytes());
  std::uint64_t number = 0, taken = 0, strange = 0;
  TextLine line;
  while (lines.next(line)) {
    if (line.starts) ++number;
    // A line without an end may be cut: what it says is not sure.
    if (!line.starts || line.eol.empty() || !is_entry(line.text)) {
      if (line.starts) ++strange;
      if (taken == 0 && strange > 0) return {catalog::ItemState::kNotApplicable, "no list of a package's files"};
      continue;
    }
    catalog::PackageFile row;
    row.place.locator = fmt::format("md5sums:{}", number);
    row.place.file_offset = static_cast<std::int64_t>(line.file_offset);
    row.path = line.text.substr(kDigits + kBlanks);
    row.md5 = hex_digest(*parse_digest<16>(line.text.substr(0, kDigits)));
    rows.add(row, name(), version());
    ++taken;
  }
  if (lines.were_bytes_missing()) rows.issue("dpkg-bytes-missing", "parts of the file are not there", true);
  if (strange > 0)
    rows.issue("dpkg-lines", fmt::format("{} lines are none of a list of a package's files", strange), true);
  return {};
}

}  // namespace limier::content
