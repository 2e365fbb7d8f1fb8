// files.csv, findings.csv, timeline.csv: RFC 4180 with LF line ends, UTF-8 without a byte order mark. NULL is an empty,
// unquoted field; text is quoted.
#include <fmt/format.h>

#include <future>

#include "report/files_sheet.h"
#include "report/formats.h"

namespace limier::report {
namespace {

struct Column {
  std::string_view name;
  bool integer = false;
};

constexpr Column kFindingColumns[] = {
    {"finding_id", true}, {"pack"},          {"rule"}, {"priority"}, {"title"}, {"reason"}, {"subject_kind"},
    {"subject_id", true}, {"file_id", true},
};

Status put_findings(store::Index& index, const std::string& dir) {
  LIMIER_TRY(auto out, OutFile::create(dir, "findings.csv"));
  std::string names;
  for (const Column& column : kFindingColumns) names += (names.empty() ? "" : ",") + std::string(column.name);
  out << names << "\n";
  LIMIER_TRY(auto rows, index.query(fmt::format("SELECT {} FROM v_finding ORDER BY finding_id", names)));
  while (rows.step() && !out.failed()) {
    std::string& line = out.tail();
    for (int at = 0; const Column& column : kFindingColumns) {
      if (at > 0) line += ',';
      if (column.integer && !rows.is_null(at))
        put_integer(line, rows.integer(at));
      else if (!rows.is_null(at))
        put_csv_text(line, rows.text_view(at));
      ++at;
    }
    line += '\n';
    out.appended();
  }
  LIMIER_CHECK(rows.status());
  return out.commit();
}

}  // namespace

Status write_csv(Source& source, const std::string& dir) {
  LIMIER_TRY(auto files, FilesSheet::create(dir));
  LIMIER_TRY(auto timeline, TimelineSheet::create(dir));
  FileVisitor* const sheets[] = {&files, &timeline};
  LIMIER_CHECK(source.pass_over_files(sheets));
  // Sorting and the disk take their time: beside each other.
  auto sorted = std::async(std::launch::async, [&] { return timeline.commit(); });
  Status status = files.commit();
  if (status.ok()) status = put_findings(source.index(), dir);
  Status other = sorted.get();
  return status.ok() ? std::move(other) : std::move(status);
}

}  // namespace limier::report
