// Body file as the Sleuth Kit writes it since version 3 (wiki.sleuthkit.org, "Body file"):
// MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime, times in seconds, 0 for none.
#include <fmt/format.h>

#include <array>

#include "report/facts.h"
#include "report/formats.h"
#include "report/out_file.h"

namespace limier::report {
namespace {

constexpr std::string_view kNtfs = "ntfs";

// POSIX <sys/stat.h> values, written out because the mode comes from the evidence, not from this machine.
constexpr std::int64_t kTypeMask = 0170000;
constexpr std::int64_t kSetUid = 04000, kSetGid = 02000, kSticky = 01000;

char type_letter(std::string_view kind, std::int64_t mode) {
  if (kind == "dir") return 'd';
  if (kind == "link") return 'l';
  if (kind == "virtual") return 'v';
  if (kind != "device") return 'r';
  switch (mode & kTypeMask) {
    case 0010000:
      return 'p';
    case 0020000:
      return 'c';
    case 0060000:
      return 'b';
    case 0140000:
      return 's';
    default:
      return '-';
  }
}

// "r/rrwxr-xr-x": the type of the name, the type of the inode, the permissions.
std::string mode_text(std::string_view kind, std::int64_t mode) {
  const char type = type_letter(kind, mode);
  std::string text{type, '/', type == 'v' ? 'V' : type};
  static constexpr std::string_view kBits = "rwxrwxrwx";
  for (std::size_t i = 0; i < kBits.size(); ++i) text += (mode >> (8 - i)) & 1 ? kBits[i] : '-';
  const auto special = [&](std::int64_t bit, std::size_t at, char with, char without) {
    if (mode & bit) text[at] = text[at] == 'x' ? with : without;
  };
  special(kSetUid, 5, 's', 'S');
  special(kSetGid, 8, 's', 'S');
  special(kSticky, 11, 't', 'T');
  return text;
}

// Whole seconds, rounded down as everywhere; 0 when there is no time.
std::int64_t seconds(const store::Query& row, int column) {
  if (row.is_null(column)) return 0;
  const std::int64_t time_ns = row.integer(column);
  return time_ns / kNsPerSecond - (time_ns % kNsPerSecond < 0 ? 1 : 0);
}

enum Col : int {
  kVolume,
  kPath,
  kPathRaw,
  kKind,
  kInode,
  kDeleted,
  kSize,
  kModified,
  kAccessed,
  kChanged,
  kCreated,
  kMode,
  kUid,
  kGid,
  kTarget,
  kMd5,
  kFsType,
  kAttrType,
  kAttrId,
  kRealloc,
  kNameModified,
  kNameAccessed,
  kNameChanged,
  kNameCreated,
  kTargetRaw,
};

std::string select_of(store::Index& index) {
  std::string sql =
      "SELECT f.volume_id, f.path, f.path_raw, f.kind, f.inode, f.deleted, f.size, f.modified_ns, f.accessed_ns, "
      "f.changed_ns, f.created_ns, f.mode, f.uid, f.gid, f.link_target, f.md5, v.fs_type";
  for (const std::string_view extra : {"attr_type", "attr_id", "realloc", "name_modified_ns", "name_accessed_ns",
                                       "name_changed_ns", "name_created_ns", "link_target_raw"})
    sql += has_column(index, "v_file", extra) ? fmt::format(", f.{}", extra) : ", NULL";
  return sql + " FROM v_file f LEFT JOIN v_volume v ON v.volume_id = f.volume_id ORDER BY f.file_id";
}

std::string address(const store::Query& row) {
  if (row.is_null(kInode)) return "0";
  if (row.text(kFsType) != kNtfs || row.is_null(kAttrType) || row.integer(kAttrType) == 0)
    return fmt::format("{}", row.integer(kInode));
  return fmt::format("{}-{}-{}", row.integer(kInode), row.integer(kAttrType), row.integer(kAttrId));
}

std::string line_of(const store::Query& row, std::string_view prefix, std::string_view mark, int first_time,
                    const std::array<int, 4>& order) {
  std::string name = std::string(prefix) + bodyfile_field(exact_text(row, kPath, kPathRaw));
  name += mark;
  if (row.text(kKind) == "link" && !row.is_null(kTarget))
    name += " -> " + bodyfile_field(exact_text(row, kTarget, kTargetRaw));
  if (row.integer(kDeleted) != 0) name += row.integer(kRealloc) != 0 ? " (deleted-realloc)" : " (deleted)";
  const bool digest = !row.is_null(kMd5) && mark.empty();
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n", digest ? row.text(kMd5) : "0", name, address(row),
                     mode_text(row.text(kKind), row.integer(kMode)), row.integer(kUid), row.integer(kGid),
                     row.integer(kSize), seconds(row, first_time + order[0]), seconds(row, first_time + order[1]),
                     seconds(row, first_time + order[2]), seconds(row, first_time + order[3]));
}

// "2, 5"
Result<std::string> volumes_with_local_times(store::Index& index) {
  LIMIER_TRY(auto rows, index.query("SELECT DISTINCT volume_id FROM v_file WHERE zone_basis = 'local' AND coalesce("
                                    "modified_ns, accessed_ns, changed_ns, created_ns) IS NOT NULL ORDER BY 1"));
  std::string list;
  while (rows.step()) list += fmt::format("{}{}", list.empty() ? "" : ", ", rows.integer(0));
  LIMIER_CHECK(rows.status());
  return list;
}

Result<bool> several_volumes(store::Index& index) {
  LIMIER_TRY(auto rows, index.query("SELECT count(*) FROM (SELECT DISTINCT volume_id FROM v_file LIMIT 2)"));
  const bool several = rows.step() && rows.integer(0) > 1;
  LIMIER_CHECK(rows.status());
  return several;
}

}  // namespace

Status write_bodyfile(Source& source, const std::string& dir) {
  store::Index& index = source.index();
  LIMIER_TRY(const bool several, several_volumes(index));
  LIMIER_TRY(auto rows, index.query(select_of(index)));
  LIMIER_TRY(auto out, OutFile::create(dir, "bodyfile.txt"));
  LIMIER_TRY(const RunFacts run, read_run(index));
  // mactime skips such lines.
  LIMIER_TRY(const std::string local, volumes_with_local_times(index));
  if (!local.empty())
    out << "# the times of these volumes are local, without a zone, written here as if they were UTC: " << local
        << "\n";
  if (!run.jailed) out << "# the evidence was parsed without a jail (--no-sandbox)\n";
  // Offsets from the modified column to access, modification, change, creation: the order of the body file.
  constexpr std::array<int, 4> kBodyOrder{1, 0, 2, 3};
  while (rows.step() && !out.failed()) {
    // Paths of two volumes may be the same: with several, each path starts with the volume it is on.
    const std::string prefix = several ? fmt::format("/vol{}", rows.integer(kVolume)) : std::string();
    out << line_of(rows, prefix, "", kModified, kBodyOrder);
    bool named_times = false;
    for (int at = kNameModified; at <= kNameCreated; ++at) named_times = named_times || !rows.is_null(at);
    if (named_times && rows.text(kKind) != "stream")
      out << line_of(rows, prefix, " ($FILE_NAME)", kNameModified, kBodyOrder);
  }
  LIMIER_CHECK(rows.status());
  return out.commit();
}

}  // namespace limier::report
