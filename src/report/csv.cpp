// files.csv, timeline.csv, marks.csv, and one table for every kind of row: RFC 4180 with LF line ends, UTF-8 without a
// byte order mark. NULL is an empty, unquoted field; text is quoted.
#include <future>

#include "report/declared.h"
#include "report/files_sheet.h"
#include "report/formats.h"
#include "report/marks.h"

namespace limier::report {

Status write_csv(Source& source, const std::string& dir) {
  LIMIER_TRY(auto files, FilesSheet::create(dir));
  LIMIER_TRY(auto timeline, TimelineSheet::create(dir));
  FileVisitor* const sheets[] = {&files, &timeline};
  LIMIER_CHECK(source.pass_over_files(sheets));
  // Sorting and the disk take their time: beside each other.
  LIMIER_TRY(const auto own, source.index().another());
  auto sorted = std::async(std::launch::async, [&] { return timeline.commit(*own); });
  Status status = files.commit();
  for (const catalog::KindInfo* kind : catalog::row_kinds())
    if (status.ok()) status = write_kind_csv(source.index(), *kind, dir);
  if (status.ok()) status = write_marks_csv(source.marks(), dir);
  Status other = sorted.get();
  return status.ok() ? std::move(other) : std::move(status);
}

}  // namespace limier::report
