#include <fmt/format.h>

#include "app/case_folder.h"
#include "limier/app.h"

namespace limier::app {

Status rewrite_reports(const std::string& dir, const std::vector<std::string>& formats, const std::string& language,
                       const std::string& command_line) {
  LIMIER_TRY(auto index, store::Index::open(dir));
  LIMIER_TRY(const FolderLock lock, FolderLock::take(dir));
  LIMIER_CHECK(report::write_reports(*index, dir, formats, language));
  std::string list;
  for (const std::string& format : formats) list += (list.empty() ? "" : ",") + format;
  AuditLog::Fields fields{{"formats", list.empty() ? "default" : list}, {"command", command_line}};
  LIMIER_TRY(const auto marks, marks_fields(dir));
  fields.insert(fields.end(), marks.begin(), marks.end());
  LIMIER_CHECK(AuditLog(dir).append("report", fields));
  return write_manifest(dir, {});
}

}  // namespace limier::app
