// Digital Forensics XML 1.2 (github.com/dfxml-working-group/dfxml_schema), the elements fiwalk writes.
#include <fmt/format.h>

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
    out += fmt::format("      <parent_object><inode>{}</inode></parent_object>\n", row.integer(kParentInode));
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
  put_integer(out, "inode", row, kInode);
  put_integer(out, "mode", row, kMode);
  put_integer(out, "nlink", row, kLinks);
  put_integer(out, "uid", row, kUid);
  put_integer(out, "gid", row, kGid);
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

std::string head(const RunFacts& run, const EvidenceFacts& evidence) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<dfxml xmlns=\"http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML\" "
      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" version=\"1.2.0\">\n"
      "  <metadata><dc:type>Disk Image</dc:type></metadata>\n"
      "  <creator><program>limier</program><version>{}</version></creator>\n"
      "  <source>\n      <image_filename>{}</image_filename>\n      <sectorsize>{}</sectorsize>\n      "
      "<image_size>{}</image_size>\n",
      xml_text(run.tool_version), xml_text(evidence.path), evidence.sector_size, evidence.size_bytes);
  if (!run.jailed) out += "      <!-- the evidence was parsed without a jail (no sandbox) -->\n";
  if (evidence.md5) put_digest(out, "md5", xml_text(*evidence.md5));
  if (evidence.sha1) put_digest(out, "sha1", xml_text(*evidence.sha1));
  if (evidence.sha256) put_digest(out, "sha256", xml_text(*evidence.sha256));
  return out + "  </source>\n";
}

Result<std::string> volume_head(store::Index& index, std::int64_t volume_id) {
  LIMIER_TRY(auto rows, index.query("SELECT image_offset, length, block_size, fs_type, volume_id FROM v_volume "
                                    "WHERE volume_id = ? ORDER BY volume_id"));
  rows.bind(1, store::Value{volume_id});
  std::string out = "  <volume>\n";
  if (rows.step()) {
    out = fmt::format("  <volume offset=\"{0}\">\n    <partition_offset>{0}</partition_offset>\n", rows.integer(0));
    out += fmt::format("    <block_size>{}</block_size>\n    <ftype_str>{}</ftype_str>\n", rows.integer(2),
                       xml_text(rows.text(3)));
    out += fmt::format("    <volume_length>{}</volume_length>\n", rows.integer(1));
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
      LIMIER_TRY(const std::string start, volume_head(index, volume));
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
