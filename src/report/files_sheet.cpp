#include "report/files_sheet.h"

#include <fmt/format.h>

#include "report/facts.h"

namespace limier::report {

using enum file_column::At;

namespace {

enum class As : std::uint8_t {
  kInteger,
  kReal,
  kText,
  kExact,  // text, but the bytes of the raw column where the index has them
  kHex,    // a BLOB in hex
  kTime,   // nanoseconds since 1970, written as ISO 8601
};

struct Column {
  std::string_view header;
  file_column::At at;
  As as;
  file_column::At raw = kCount;
};

constexpr Column kColumns[] = {
    {"file_id", kFileId, As::kInteger},
    {"volume_id", kVolumeId, As::kInteger},
    {"parent_file_id", kParentFileId, As::kInteger},
    {"path", kPath, As::kExact, kPathRaw},
    {"path_hex", kPathRaw, As::kHex},
    {"name", kName, As::kText},
    {"kind", kKind, As::kText},
    {"inode", kInode, As::kInteger},
    {"sequence", kSequence, As::kInteger},
    {"attr_type", kAttrType, As::kInteger},
    {"attr_id", kAttrId, As::kInteger},
    {"stream", kStream, As::kExact, kStreamRaw},
    {"allocated", kAllocated, As::kInteger},
    {"deleted", kDeleted, As::kInteger},
    {"realloc", kRealloc, As::kInteger},
    {"orphan", kOrphan, As::kInteger},
    {"size", kSize, As::kInteger},
    {"modified", kModifiedNs, As::kTime},
    {"accessed", kAccessedNs, As::kTime},
    {"changed", kChangedNs, As::kTime},
    {"created", kCreatedNs, As::kTime},
    {"name_modified", kNameModifiedNs, As::kTime},
    {"name_accessed", kNameAccessedNs, As::kTime},
    {"name_changed", kNameChangedNs, As::kTime},
    {"name_created", kNameCreatedNs, As::kTime},
    {"zone_basis", kZoneBasis, As::kText},
    {"mode", kMode, As::kInteger},
    {"uid", kUid, As::kInteger},
    {"gid", kGid, As::kInteger},
    {"owner_sid", kOwnerSid, As::kText},
    {"link_count", kLinkCount, As::kInteger},
    {"link_target", kLinkTarget, As::kExact, kLinkTargetRaw},
    {"md5", kMd5, As::kText},
    {"sha1", kSha1, As::kText},
    {"sha256", kSha256, As::kText},
    {"content_state", kContentState, As::kText},
    {"mime", kMime, As::kText},
    {"type_name", kTypeName, As::kText},
    {"ext_mismatch", kExtMismatch, As::kInteger},
    {"entropy", kEntropy, As::kReal},
    {"known", kKnown, As::kText},
    {"known_source", kKnownSource, As::kText},
};

}  // namespace

Result<FilesSheet> FilesSheet::create(const std::string& dir) {
  LIMIER_TRY(auto out, OutFile::create(dir, "files.csv"));
  for (const Column& column : kColumns) out << (&column == kColumns ? "" : ",") << column.header;
  out << "\n";
  return FilesSheet(std::move(out));
}

Status FilesSheet::visit(const FileCells& row) {
  std::string& line = out_.tail();
  for (std::size_t column = 0; column < std::size(kColumns); ++column) {
    if (column > 0) line += ',';
    put_field(line, row, column);
  }
  line += '\n';
  out_.appended();
  return ok_status();
}

void FilesSheet::put_field(std::string& line, const FileCells& row, std::size_t column) {
  const auto& [header, at, as, raw] = kColumns[column];
  if (as == As::kTime && !row.far_text(at).empty()) {
    put_csv_text(line, row.far_text(at));
    return;
  }
  if (row.is_null(at)) return;
  switch (as) {
    case As::kInteger:
      put_integer(line, row.integer(at));
      return;
    case As::kReal:
      fmt::format_to(std::back_inserter(line), "{}", row.real(at));
      return;
    case As::kText:
      put_csv_text(line, row.bytes(at));
      return;
    case As::kExact:
      put_csv_text(line, row.bytes(row.is_null(raw) ? at : raw));
      return;
    case As::kHex:
      line += hex(row.bytes(at));
      return;
    case As::kTime:
      line += '"';
      calendar_.put_time(line, row.integer(at), row.basis(at) != catalog::TimeBasis::kLocal);
      line += '"';
      return;
  }
}

}  // namespace limier::report
