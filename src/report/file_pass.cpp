#include "report/file_pass.h"

#include <fmt/format.h>

#include <set>
#include <string>

namespace limier::report {

using enum file_column::At;

namespace {

// In the order of file_column.
constexpr std::array<std::string_view, kCount> kColumns{"file_id",
                                                        "volume_id",
                                                        "parent_file_id",
                                                        "path",
                                                        "path_raw",
                                                        "name",
                                                        "kind",
                                                        "inode",
                                                        "sequence",
                                                        "attr_type",
                                                        "attr_id",
                                                        "stream",
                                                        "stream_raw",
                                                        "allocated",
                                                        "deleted",
                                                        "realloc",
                                                        "orphan",
                                                        "size",
                                                        "modified_ns",
                                                        "accessed_ns",
                                                        "changed_ns",
                                                        "created_ns",
                                                        "name_modified_ns",
                                                        "name_accessed_ns",
                                                        "name_changed_ns",
                                                        "name_created_ns",
                                                        "zone_basis",
                                                        "mode",
                                                        "uid",
                                                        "gid",
                                                        "owner_sid",
                                                        "link_count",
                                                        "link_target",
                                                        "link_target_raw",
                                                        "md5",
                                                        "sha1",
                                                        "sha256",
                                                        "content_state",
                                                        "mime",
                                                        "type_name",
                                                        "ext_mismatch",
                                                        "entropy",
                                                        "known",
                                                        "known_source"};

Result<std::string> select_files(store::Index& index) {
  LIMIER_TRY(const auto view, index.query("SELECT * FROM v_file LIMIT 0"));
  std::set<std::string, std::less<>> present;
  for (int column = 0; column < view.column_count(); ++column) present.insert(view.column_name(column));
  std::string sql;
  for (const std::string_view column : kColumns)
    sql += fmt::format("{}{}", sql.empty() ? "SELECT " : ", ", present.contains(column) ? column : "NULL");
  return sql + " FROM v_file ORDER BY file_id";
}

}  // namespace

void FileCells::read(const store::Query& row) {
  row.read(cells_);
  moments_.count = 0;
  add_four(kModifiedNs);
  // Streams share the $FILE_NAME of their file.
  if (is_null(kStream)) add_four(kNameModifiedNs);
}

void FileCells::add_four(file_column::At first) {
  std::array<std::int64_t, 4> times{};
  unsigned present = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const auto column = static_cast<file_column::At>(first + static_cast<int>(i));
    if (is_null(column)) continue;
    times[i] = integer(column);
    present |= 1u << i;
  }
  for (unsigned own = 0; own < 4; ++own) {
    if ((present >> own & 1) == 0) continue;
    Moment& moment = moments_.items[moments_.count++];
    moment = {times[own], first != kModifiedNs, {'.', '.', '.', '.'}};
    for (unsigned at = own; at < 4; ++at) {
      if ((present >> at & 1) == 0 || times[at] != times[own]) continue;
      moment.macb[at] = "macb"[at];
      present &= ~(1u << at);
    }
  }
}

Status pass_over_files(store::Index& index, std::span<FileVisitor* const> visitors) {
  LIMIER_TRY(const std::string sql, select_files(index));
  LIMIER_TRY(auto rows, index.query(sql));
  FileCells cells;
  while (rows.step()) {
    cells.read(rows);
    for (FileVisitor* visitor : visitors) LIMIER_CHECK(visitor->visit(cells));
  }
  return rows.status();
}

}  // namespace limier::report
