// files.csv, findings.csv, timeline.csv: RFC 4180 with LF line ends, UTF-8 without a byte order mark. NULL is an empty,
// unquoted field; text is quoted.
#include <fmt/format.h>

#include <future>
#include <span>

#include "report/facts.h"
#include "report/formats.h"
#include "report/out_file.h"

namespace limier::report {
namespace {

enum class As : std::uint8_t {
  kInteger,
  kReal,
  kText,
  kExact,  // text, but the bytes of the BLOB column <source>_raw where the index has them
  kHex,    // a BLOB in hex
  kTime,   // nanoseconds since 1970, written as ISO 8601
};

struct Column {
  std::string_view header;
  std::string_view source;  // column of the view
  As as;
  bool optional = false;  // beyond the contract: empty when the index lacks it
};

constexpr Column kFileColumns[] = {
    {"file_id", "file_id", As::kInteger},
    {"volume_id", "volume_id", As::kInteger},
    {"parent_file_id", "parent_file_id", As::kInteger},
    {"path", "path", As::kExact},
    {"path_hex", "path_raw", As::kHex},
    {"name", "name", As::kText},
    {"kind", "kind", As::kText},
    {"inode", "inode", As::kInteger},
    {"sequence", "sequence", As::kInteger},
    {"attr_type", "attr_type", As::kInteger, true},
    {"attr_id", "attr_id", As::kInteger, true},
    {"stream", "stream", As::kExact},
    {"allocated", "allocated", As::kInteger},
    {"deleted", "deleted", As::kInteger},
    {"realloc", "realloc", As::kInteger, true},
    {"orphan", "orphan", As::kInteger},
    {"size", "size", As::kInteger},
    {"modified", "modified_ns", As::kTime},
    {"accessed", "accessed_ns", As::kTime},
    {"changed", "changed_ns", As::kTime},
    {"created", "created_ns", As::kTime},
    {"name_modified", "name_modified_ns", As::kTime, true},
    {"name_accessed", "name_accessed_ns", As::kTime, true},
    {"name_changed", "name_changed_ns", As::kTime, true},
    {"name_created", "name_created_ns", As::kTime, true},
    {"zone_basis", "zone_basis", As::kText},
    {"mode", "mode", As::kInteger},
    {"uid", "uid", As::kInteger},
    {"gid", "gid", As::kInteger},
    {"owner_sid", "owner_sid", As::kText, true},
    {"link_count", "link_count", As::kInteger, true},
    {"link_target", "link_target", As::kExact},
    {"md5", "md5", As::kText},
    {"sha1", "sha1", As::kText},
    {"sha256", "sha256", As::kText},
    {"content_state", "content_state", As::kText},
    {"mime", "mime", As::kText},
    {"type_name", "type_name", As::kText},
    {"ext_mismatch", "ext_mismatch", As::kInteger},
    {"entropy", "entropy", As::kReal},
    {"known", "known", As::kText},
    {"known_source", "known_source", As::kText},
};

constexpr Column kTimelineColumns[] = {
    {"t", "t_ns", As::kTime},
    {"t_ns", "t_ns", As::kInteger},
    {"macb", "macb", As::kText},
    {"source", "source", As::kText},
    {"file_id", "file_id", As::kInteger},
    {"path", "path", As::kText},
    {"description", "description", As::kText},
};

constexpr Column kFindingColumns[] = {
    {"finding_id", "finding_id", As::kInteger},
    {"pack", "pack", As::kText},
    {"rule", "rule", As::kText},
    {"priority", "priority", As::kText},
    {"title", "title", As::kText},
    {"reason", "reason", As::kText},
    {"subject_kind", "subject_kind", As::kText},
    {"subject_id", "subject_id", As::kInteger},
    {"file_id", "file_id", As::kInteger},
};

struct Sheet {
  std::string_view file;
  std::string_view view;
  std::string_view order;
  std::span<const Column> columns;
};

constexpr Sheet kFiles{"files.csv", "v_file", "file_id", kFileColumns};
constexpr Sheet kFindings{"findings.csv", "v_finding", "finding_id", kFindingColumns};
constexpr Sheet kTimeline{"timeline.csv", "v_timeline", "t_ns, file_id, source", kTimelineColumns};

std::string select_of(store::Index& index, const Sheet& sheet) {
  std::string sql = "SELECT ";
  std::string raw;
  for (const Column& column : sheet.columns) {
    if (&column != sheet.columns.data()) sql += ", ";
    sql += column.optional ? column_or_null(index, sheet.view, column.source) : std::string(column.source);
    if (column.as == As::kExact) raw += ", " + column_or_null(index, sheet.view, std::string(column.source) + "_raw");
  }
  return fmt::format("{}{} FROM {} ORDER BY {}", sql, raw, sheet.view, sheet.order);
}

void put_field(std::string& line, const store::Query& row, const Column& column, int at, int raw) {
  if (row.is_null(at)) return;
  switch (column.as) {
    case As::kInteger:
      fmt::format_to(std::back_inserter(line), "{}", row.integer(at));
      return;
    case As::kReal:
      fmt::format_to(std::back_inserter(line), "{}", row.real(at));
      return;
    case As::kText:
      line += csv_field(row.text(at));
      return;
    case As::kExact:
      line += csv_field(exact_text(row, at, raw));
      return;
    case As::kHex:
      line += hex(as_text(row.blob(at)));
      return;
    case As::kTime:
      line += csv_field(format_time(row.integer(at)));
      return;
  }
}

Status put_sheet(store::Index& index, const Sheet& sheet, const std::string& dir) {
  LIMIER_TRY(auto out, OutFile::create(dir, sheet.file));
  LIMIER_TRY(auto rows, index.query(select_of(index, sheet)));
  std::string line;
  for (const Column& column : sheet.columns) line += (line.empty() ? "" : ",") + std::string(column.header);
  out << line << "\n";
  while (rows.step() && !out.failed()) {
    line.clear();
    int raw = static_cast<int>(sheet.columns.size());
    for (int at = 0; const Column& column : sheet.columns) {
      if (at > 0) line += ',';
      put_field(line, rows, column, at, raw);
      if (column.as == As::kExact) ++raw;
      ++at;
    }
    line += '\n';
    out << line;
  }
  LIMIER_CHECK(rows.status());
  return out.commit();
}

}  // namespace

Status write_csv(Source& source, const std::string& dir) {
  store::Index& index = source.index();
  // The time line takes as long as the rest together.
  auto timeline = std::async(std::launch::async, [&]() -> Status {
    LIMIER_TRY(const auto own, index.another());
    return put_sheet(*own, kTimeline, dir);
  });
  Status status = ok_status();
  for (const Sheet& sheet : {kFiles, kFindings})
    if (status.ok()) status = put_sheet(index, sheet, dir);
  Status other = timeline.get();
  return status.ok() ? other : status;
}

}  // namespace limier::report
