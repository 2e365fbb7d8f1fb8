// Digital Forensics XML, the elements fiwalk writes, in the order and with the types of the schema
// (github.com/dfxml-working-group/dfxml_schema, dfxml.xsd: elements in a sequence; numbers without a sign, offsets and
// block sizes above zero where they are given at all). The schema has no place for facts of the media: a comment.
#include <fmt/format.h>

#include <algorithm>

#include "report/facts.h"
#include "report/formats.h"
#include "report/out_file.h"

namespace limier::report {
namespace {

enum Col : int {
  kId,
  kVolume,
  kParent,
  kPath,
  kPathRaw,
  kKind,
  kInode,
  kAllocated,
  kOrphan,
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
  kSha1,
  kSha256,
  kState,
  kLinks,
  kParentInode,
};

std::string files_sql(store::Index& index) {
  return fmt::format(
      "SELECT f.file_id, f.volume_id, f.parent_file_id, f.path, f.path_raw, f.kind, f.inode, f.allocated, f.orphan, "
      "f.size, "
      "f.modified, f.accessed, f.changed, f.created, f.mode, f.uid, f.gid, f.link_target, f.md5, f.sha1, f.sha256, "
      "f.content_state, {}, p.inode FROM v_file f LEFT JOIN v_file p ON p.file_id = f.parent_file_id ORDER BY "
      "f.file_id",
      has_column(index, "v_file", "link_count") ? "f.link_count" : "NULL");
}

// Files and extents are read side by side in file order: no query per file, one row of each in memory.
class Extents {
 public:
  explicit Extents(store::Query rows) : rows_(std::move(rows)) { advance(); }
  [[nodiscard]] bool at(std::int64_t file_id) {
    while (more_ && rows_.integer(0) < file_id) advance();
    return more_ && rows_.integer(0) == file_id;
  }
  [[nodiscard]] const store::Query& row() const { return rows_; }
  void advance() { more_ = rows_.step(); }
  [[nodiscard]] Status status() const { return rows_.status(); }

 private:
  store::Query rows_;
  bool more_ = false;
};

char type_letter(std::string_view kind) {
  if (kind == "dir") return 'd';
  if (kind == "link") return 'l';
  if (kind == "virtual") return 'v';
  return kind == "device" ? '-' : 'r';
}

void put(std::string& out, std::string_view element, std::string_view text) {
  out += fmt::format("      <{0}>{1}</{0}>\n", element, text);
}
void put_integer(std::string& out, std::string_view element, const store::Query& row, int column) {
  if (!row.is_null(column)) put(out, element, fmt::format("{}", row.integer(column)));
}
// Inode numbers above 2^63 - 1 are negative in the index.
void put_number(std::string& out, std::string_view element, const store::Query& row, int column) {
  if (!row.is_null(column)) put(out, element, fmt::format("{}", static_cast<std::uint64_t>(row.integer(column))));
}
void put_text(std::string& out, std::string_view element, const store::Query& row, int column) {
  if (!row.is_null(column)) put(out, element, xml_text(row.text(column)));
}
void put_digest(std::string& out, std::string_view type, std::string_view text) {
  out += fmt::format("      <hashdigest type=\"{}\">{}</hashdigest>\n", type, text);
}

void put_runs(std::string& out, Extents& extents, std::int64_t file_id) {
  if (!extents.at(file_id)) return;
  out += "      <byte_runs>\n";
  for (; extents.at(file_id); extents.advance()) {
    const store::Query& run = extents.row();
    out += fmt::format("        <byte_run file_offset=\"{}\"", run.integer(1));
    if (!run.is_null(2)) out += fmt::format(" img_offset=\"{}\"", run.integer(2));
    out += fmt::format(" len=\"{}\" type=\"{}\"/>\n", run.integer(3), xml_text(run.text(4)));
  }
  out += "      </byte_runs>\n";
}

std::string file_object(const store::Query& row, Extents& extents) {
  std::string out = "    <fileobject>\n";
  if (!row.is_null(kParentInode))
    out += fmt::format("      <parent_object><inode>{}</inode></parent_object>\n",
                       static_cast<std::uint64_t>(row.integer(kParentInode)));
  // Paths are relative to the volume, without the leading slash, as fiwalk gives them.
  std::string path = exact_text(row, kPath, kPathRaw);
  if (path.starts_with('/')) path.erase(0, 1);
  put(out, "filename", xml_text(path));
  put_integer(out, "partition", row, kVolume);
  put_integer(out, "id", row, kId);
  put(out, "name_type", std::string(1, type_letter(row.text(kKind))));
  put_integer(out, "filesize", row, kSize);
  put(out, row.integer(kAllocated) != 0 ? "alloc" : "unalloc", "1");
  if (row.integer(kOrphan) != 0) put(out, "orphan", "1");
  put_number(out, "inode", row, kInode);
  put_number(out, "mode", row, kMode);
  put_number(out, "nlink", row, kLinks);
  put_number(out, "uid", row, kUid);
  put_number(out, "gid", row, kGid);
  put_text(out, "mtime", row, kModified);
  put_text(out, "ctime", row, kChanged);
  put_text(out, "atime", row, kAccessed);
  put_text(out, "crtime", row, kCreated);
  put_text(out, "link_target", row, kTarget);
  put_runs(out, extents, row.integer(kId));
  for (const auto& [type, column] : {std::pair{"md5", kMd5}, {"sha1", kSha1}, {"sha256", kSha256}})
    if (!row.is_null(column)) put_digest(out, type, xml_text(row.text(column)));
  return out + "    </fileobject>\n";
}

// What a comment may hold without ending early.
bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string head(const RunFacts& run, const EvidenceFacts& evidence) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<dfxml xmlns=\"http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML\" "
      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" version=\"1.2.0\">\n"
      "  <metadata><dc:type>Disk Image</dc:type></metadata>\n"
      "  <creator><program>limier</program><version>{}</version></creator>\n"
      "  <source>\n    <image_filename>{}</image_filename>\n  </source>\n  <!-- the media: {} bytes in sectors of {} "
      "bytes",
      xml_text(run.tool_version), xml_text(evidence.path), evidence.size_bytes, evidence.sector_size);
  for (const auto& [name, digest] :
       {std::pair{"md5", &evidence.md5}, {"sha1", &evidence.sha1}, {"sha256", &evidence.sha256}})
    if (*digest && is_hex(**digest)) out += fmt::format("; {} {}", name, **digest);
  out += " -->\n";
  if (run.scope_sha256)
    out += fmt::format("  <!-- names that may not be read are masked: scope file with SHA-256 {} -->\n",
                       xml_text(*run.scope_sha256));
  if (!run.jailed) out += "  <!-- the evidence was parsed without a jail (no sandbox) -->\n";
  return out;
}

Result<std::string> volume_head(store::Index& index, std::int64_t volume_id, std::int64_t sector_size) {
  LIMIER_TRY(auto rows, index.query("SELECT image_offset, length, block_size, fs_type, volume_id FROM v_volume "
                                    "WHERE volume_id = ? ORDER BY volume_id"));
  rows.bind(1, store::Value{volume_id});
  std::string out = "  <volume>\n";
  if (rows.step()) {
    const std::int64_t offset = rows.integer(0), block_size = rows.integer(2);
    out = fmt::format(
        "  <volume offset=\"{0}\">\n    <byte_runs><byte_run img_offset=\"{0}\" len=\"{1}\"/></byte_runs>\n", offset,
        rows.integer(1));
    if (offset > 0) out += fmt::format("    <partition_offset>{}</partition_offset>\n", offset);
    if (sector_size > 0) out += fmt::format("    <sector_size>{}</sector_size>\n", sector_size);
    if (block_size > 0) out += fmt::format("    <block_size>{}</block_size>\n", block_size);
    if (!rows.is_null(3)) out += fmt::format("    <ftype_str>{}</ftype_str>\n", xml_text(rows.text(3)));
  }
  LIMIER_CHECK(rows.status());
  return out;
}

}  // namespace

Status write_dfxml(Source& source, const std::string& dir) {
  store::Index& index = source.index();
  LIMIER_TRY(const RunFacts run, read_run(index));
  LIMIER_TRY(const EvidenceFacts evidence, read_evidence(index));
  LIMIER_TRY(auto files, index.query(files_sql(index)));
  LIMIER_TRY(auto extent_rows, index.query("SELECT file_id, file_offset, image_offset, length, kind FROM v_extent "
                                           "ORDER BY file_id, seq"));
  Extents extents(std::move(extent_rows));
  LIMIER_TRY(auto out, OutFile::create(dir, "dfxml.xml"));
  out << head(run, evidence);
  std::optional<std::int64_t> open_volume;
  while (files.step() && !out.failed()) {
    const std::int64_t volume = files.integer(kVolume);
    if (open_volume != volume) {
      if (open_volume) out << "  </volume>\n";
      LIMIER_TRY(const std::string start, volume_head(index, volume, evidence.sector_size));
      out << start;
      open_volume = volume;
    }
    out << file_object(files, extents);
  }
  LIMIER_CHECK(files.status());
  LIMIER_CHECK(extents.status());
  if (open_volume) out << "  </volume>\n";
  out << "</dfxml>\n";
  return out.commit();
}

}  // namespace limier::report
