#include "report/file_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
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
                                                        "known_source",
                                                        "time_marks",
                                                        "far_times"};

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
  read_far_times();
  add_four(kModifiedNs);
  // Streams share the $FILE_NAME of their file.
  if (is_null(kStream)) add_four(kNameModifiedNs);
}

// time_marks has a bit for each of the file's own times that is local, and four further one that its zone was stated.
catalog::TimeBasis FileCells::basis(file_column::At time) const {
  const int place = time - kModifiedNs;
  if (place >= 4 || is_null(kTimeMarks)) return catalog::TimeBasis::kUtc;
  const std::int64_t marks = integer(kTimeMarks) >> place;
  if ((marks & 1) != 0) return catalog::TimeBasis::kLocal;
  return (marks & 16) != 0 ? catalog::TimeBasis::kStated : catalog::TimeBasis::kUtc;
}

// "place seconds text", one after the other with commas between them.
void FileCells::read_far_times() {
  if (any_far_) far_.fill({});
  any_far_ = !is_null(kFarTimes);
  if (!any_far_) return;
  std::string_view rest = bytes(kFarTimes);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view one = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const std::size_t first = one.find(' '), second = one.find(' ', first + 1);
    if (first != 1 || second == std::string_view::npos || one[0] < '0' || one[0] > '7') continue;
    Far& far = far_[static_cast<std::size_t>(one[0] - '0')];
    const char* const end = one.data() + second;
    if (std::from_chars(one.data() + 2, end, far.seconds).ptr == end) far.text = one.substr(second + 1);
  }
}

void FileCells::add_four(file_column::At first) {
  std::array<std::int64_t, 4> times{};
  std::array<catalog::TimeBasis, 4> bases{};
  unsigned present = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const auto column = static_cast<file_column::At>(first + static_cast<int>(i));
    bases[i] = basis(column);
    if (is_null(column)) continue;
    times[i] = integer(column);
    present |= 1u << i;
  }
  for (unsigned own = 0; own < 4; ++own) {
    if ((present >> own & 1) == 0) continue;
    Moment& moment = moments_.items[moments_.count++];
    moment = {times[own], first != kModifiedNs, {'.', '.', '.', '.'}, bases[own]};
    for (unsigned at = own; at < 4; ++at) {
      if ((present >> at & 1) == 0 || times[at] != times[own] || bases[at] != bases[own]) continue;
      moment.macb[at] = "macb"[at];
      present &= ~(1u << at);
    }
  }
  if (!any_far_) return;
  for (unsigned own = 0; own < 4; ++own) {
    const Far& out = far(static_cast<file_column::At>(first + static_cast<int>(own)));
    if (out.text.empty()) continue;
    const auto begin = moments_.items.begin(), end = begin + static_cast<std::ptrdiff_t>(moments_.count);
    const auto known = std::find_if(begin, end, [&](const Moment& one) {
      return one.far_text == out.text && one.basis == bases[own] && one.from_name == (first != kModifiedNs);
    });
    if (known == end)
      moments_.items[moments_.count++] = {0,        first != kModifiedNs, {'.', '.', '.', '.'}, bases[own],
                                          out.text, out.seconds};
    (*known).macb[own] = "macb"[own];
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
