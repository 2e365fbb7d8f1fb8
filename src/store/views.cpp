#include <fmt/format.h>

#include <array>

#include "limier/catalog.h"
#include "limier/catalog/findings.h"
#include "limier/types.h"
#include "store/declared_rows.h"
#include "store/schema.h"
#include "store/text_states.h"

namespace limier::store {

namespace {

template <class E>
std::string words(const std::string& column, int count, std::string_view (*name)(E)) {
  std::string sql = "CASE " + column;
  for (int i = 0; i < count; ++i) sql += fmt::format(" WHEN {} THEN '{}'", i, name(static_cast<E>(i)));
  return sql + " END";
}

std::string time_columns(const std::string& ns, const std::string& name) {
  return fmt::format("{} AS {}, {} AS {}_ns", iso_time(ns), name, ns, name);
}
// The times of a file: without a Z where no zone is known, and where 64 bits of nanoseconds do not hold it as a text
// alone.
std::string file_time_columns(unsigned place, const std::string& name) {
  const std::string ns = fmt::format("i.{}_ns", name), text = iso_time(ns);
  const std::string local =
      place < 4 ? fmt::format("iif(i.time_marks >> {} & 1, rtrim({}, 'Z'), {})", kLocalMarks + place, text, text)
                : text;
  return fmt::format(
      "iif(i.time_marks >> {} & 1, (SELECT text FROM far_time t WHERE t.inode_key = i.inode_key AND t.place = {}), "
      "{}) AS {}, {} AS {}_ns",
      kFarMarks + place, place, local, name, ns, name);
}
std::string hex(const std::string& column, const std::string& name) {
  return fmt::format("CASE WHEN {0} IS NOT NULL THEN lower(hex({0})) END AS {1}", column, name);
}
std::string header(const std::string& name, const std::string& as) {
  return fmt::format("(SELECT value FROM evidence_header WHERE name = '{}' ORDER BY position LIMIT 1) AS {}", name, as);
}

std::string run_views() {
  return fmt::format(
      R"sql(
CREATE VIEW v_run AS SELECT run_id, tool_version, {started}, {ended}, command, host, outcome, exit_code, profile, zone,
  nullif(fail_on, '') AS fail_on, nullif(scope_title, '') AS scope_title, nullif(scope_sha256, '') AS scope_sha256,
  language, nullif(keywords_sha256, '') AS keywords_sha256, nullif(keyword_engine, '') AS keyword_engine FROM run;
CREATE VIEW v_authority AS SELECT text, case_number, exhibit, examiner, agency, note FROM authority;
CREATE VIEW v_evidence AS SELECT evidence_id, path, format, size_bytes, sector_size, segment_count,
  {stored_md5}, {stored_sha1}, {md5}, {sha1}, {sha256}, verdict,
  {acq_case}, {acq_number}, {acq_examiner}, {acq_description}, {acq_notes}, {acq_date}, {acq_software},
  path_raw, variant, chunk_size, compression, media_type, set_identifier, incomplete,
  {expected_md5}, {expected_sha1}, {expected_sha256}, {stored_sha256} FROM evidence;
CREATE VIEW v_evidence_header AS SELECT position, name, value, value_raw FROM evidence_header;
CREATE VIEW v_segment AS SELECT position, name, name_raw, size_bytes, {segment_sha256} FROM segment;
)sql",
      fmt::arg("segment_sha256", hex("sha256", "sha256")), fmt::arg("started", time_columns("started_ns", "started")),
      fmt::arg("ended", time_columns("ended_ns", "ended")), fmt::arg("stored_md5", hex("stored_md5", "stored_md5")),
      fmt::arg("stored_sha1", hex("stored_sha1", "stored_sha1")), fmt::arg("md5", hex("md5", "md5")),
      fmt::arg("sha1", hex("sha1", "sha1")), fmt::arg("sha256", hex("sha256", "sha256")),
      fmt::arg("acq_case", header("case_number", "acq_case_number")),
      fmt::arg("acq_number", header("evidence_number", "acq_evidence_number")),
      fmt::arg("acq_examiner", header("examiner_name", "acq_examiner")),
      fmt::arg("acq_description", header("description", "acq_description")),
      fmt::arg("acq_notes", header("notes", "acq_notes")), fmt::arg("acq_date", header("acquiry_date", "acq_date")),
      fmt::arg("acq_software", header("acquiry_software_version", "acq_software")),
      fmt::arg("stored_sha256", hex("stored_sha256", "stored_sha256")),
      fmt::arg("expected_md5", hex("expected_md5", "expected_md5")),
      fmt::arg("expected_sha1", hex("expected_sha1", "expected_sha1")),
      fmt::arg("expected_sha256", hex("expected_sha256", "expected_sha256")));
}

std::string volume_views() {
  return fmt::format(R"sql(
CREATE VIEW v_bad_range AS SELECT image_offset, length, reason FROM bad_range;
CREATE VIEW v_volume AS SELECT volume_id, parent_id, scheme, slot, image_offset, length, description,
  nullif(fs_type, '') AS fs_type, nullif(fs_label, '') AS fs_label, nullif(fs_uuid, '') AS fs_uuid,
  nullif(block_size, 0) AS block_size, {status} AS status, nullif(encryption, '') AS encryption,
  declared_length, description_raw, fs_label_raw, status = 7 AS is_table, walkable, tsk_fs_type, pool_block FROM volume;
CREATE VIEW v_encryption AS
  SELECT 'volume' AS scope, volume_id, NULL AS file_id, scheme,
    iif(certainty = 0, 'structure', 'statistics') AS certainty,
    detail FROM encryption
  UNION ALL
  SELECT 'file', f.volume_id, f.file_id, CASE v.fs_type WHEN 'ntfs' THEN 'NTFS EFS' WHEN 'zip' THEN 'ZIP encryption'
    ELSE 'file-system encryption' END, 'structure',
    iif(v.fs_type = 'zip', 'its entry says that it is encrypted', 'the file system marks the stream as encrypted')
  FROM stream s CROSS JOIN file f ON f.content_id = s.content_id CROSS JOIN volume v ON v.volume_id = f.volume_id
  WHERE s.source = 5 AND f.reused = 0
  UNION ALL
  SELECT 'file', f.volume_id, f.file_id, k.scheme, 'structure', k.detail
  FROM content_type t CROSS JOIN stream s ON s.content_id = t.content_id CROSS JOIN file f ON f.content_id = t.content_id
  CROSS JOIN file_encryption k ON k.encryption = t.encryption
  WHERE t.encryption <> 0 AND s.state IN (0, 1) AND f.reused = 0
  UNION ALL
  SELECT w.scope, f.volume_id, f.file_id, i.reason, 'statistics', 'what lies in it has the measure of random bytes'
  FROM row_item i CROSS JOIN file f ON f.file_id = i.file_id CROSS JOIN (SELECT 'file' AS scope UNION ALL SELECT 'app') w
  WHERE i.state = {encrypted_item};
CREATE VIEW v_issue AS SELECT issue_id, stage, code, {severity} AS severity, volume_id, file_id, image_offset, length,
  message, inode, incomplete, message_raw, cause, attempt, memory_bytes FROM issue;
CREATE VIEW v_coverage AS SELECT image_offset, length, CASE state WHEN 0 THEN 'metadata' WHEN 1 THEN 'file'
  WHEN 2 THEN 'slack' WHEN 3 THEN 'unallocated' WHEN 4 THEN 'unpartitioned' WHEN 5 THEN 'encrypted'
  WHEN 6 THEN 'unreadable' END AS state FROM coverage;
CREATE VIEW v_not_examined AS SELECT what, reason, bytes, items FROM not_examined;
CREATE VIEW v_translation AS SELECT language, english, text FROM translation;
)sql",
                     fmt::arg("status", words<catalog::VolumeStatus>("status", 8, catalog::volume_status_name)),
                     fmt::arg("severity", words<catalog::Severity>("severity", 3, catalog::severity_name)),
                     fmt::arg("encrypted_item", static_cast<int>(catalog::ItemState::kEncrypted)));
}

// Columns that more than one view needs, over file f, name n, stream s.
constexpr const char* kName =
    "iif(n.name_chars = 0, '', substr(n.path, -n.name_chars)) || iif(f.is_stream, ':' || s.name, '')";
constexpr const char* kFileTables = R"sql(
  FROM file f JOIN name n ON n.name_key = f.name_key
  LEFT JOIN inode i ON i.inode_key = f.inode_key
  LEFT JOIN stream s ON s.content_id = f.content_id)sql";

// What can be said of the zone of a file's times: of all of them no more than of the least certain.
constexpr const char* kZoneBasis = R"sql(CASE WHEN i.time_marks & 15 THEN 'local' WHEN i.time_marks & 240 THEN 'stated'
    WHEN coalesce(i.modified_ns, i.accessed_ns, i.changed_ns, i.created_ns) IS NOT NULL OR i.time_marks <> 0 THEN 'utc'
    WHEN f.volume_id IN (SELECT volume_id FROM volume WHERE fs_type IN ('fat12', 'fat16', 'fat32', 'exfat', 'fat'))
    THEN 'local' ELSE 'utc' END)sql";

// Of a type whose signature leaves no doubt: whether the name's ending claims another one. A point in front is none of
// an ending.
std::string mismatch_of(const std::string& name) {
  const std::string ending = fmt::format("lower(substr({0}, length(rtrim({0}, replace({0}, '.', ''))) + 1))", name);
  return fmt::format(
      "CASE WHEN t.strong THEN substr({0}, 2) LIKE '%.%' AND EXISTS (SELECT 1 FROM telling_extension x WHERE "
      "x.extension = {1} AND instr(t.extensions, ' ' || x.extension || ' ') = 0) END",
      name, ending);
}

// A digest is a column of its own, unchanged, so that its index answers who has it (schema.cpp, question_indexes()).
std::string file_view() {
  const std::string state = "CASE WHEN s.content_id IS NULL THEN 7 WHEN f.reused AND s.source <> 0 THEN 2 ELSE " +
                            std::string(kStateOfContent) + " END";
  return fmt::format(
      R"sql(
CREATE VIEW v_file AS SELECT f.file_id, f.volume_id, f.parent_file_id, {path} AS path,
  CASE WHEN NOT f.is_stream THEN n.path_raw WHEN n.path_raw IS NOT NULL OR s.name_raw IS NOT NULL THEN
    CAST(coalesce(n.path_raw, n.path) || ':' || coalesce(s.name_raw, s.name) AS BLOB) END AS path_raw,
  {name} AS name,
  {kind} AS kind, n.inode, coalesce(i.sequence, n.sequence) AS sequence, iif(f.is_stream, s.name, NULL) AS stream,
  n.allocated, 1 - n.allocated AS deleted, n.orphan, coalesce(s.size_bytes, i.size_bytes) AS size,
  {modified}, {accessed}, {changed}, {created},
  {zone_basis} AS zone_basis,
  i.mode, i.uid, i.gid, nullif(i.link_target, '') AS link_target, d.md5_hex AS md5, d.sha1_hex AS sha1, d.sha256_hex AS sha256,
  {state} AS content_state,
  t.mime, t.name AS type_name, {mismatch} AS ext_mismatch, iif(c.type <> {empty}, c.entropy / 1000.0, NULL) AS entropy,
  iif(k.notable, 'notable', iif(k.notable = 0, 'known', NULL)) AS known, ks.sources AS known_source,
  s.attr_type, s.attr_id, f.content_id, nullif(i.owner_sid, '') AS owner_sid, i.link_count, f.reused AS realloc,
  n.sequence AS name_sequence, f.inode_key IS NOT NULL AS has_metadata, i.link_target_raw,
  iif(f.is_stream, s.name_raw, NULL) AS stream_raw, s.reason AS content_reason,
  {fn_modified}, {fn_accessed}, {fn_changed}, {fn_created}, i.time_marks,
  (SELECT name FROM stored_name a WHERE a.name_key = f.name_key AND NOT f.is_stream) AS stored_name,
  (SELECT name_raw FROM stored_name a WHERE a.name_key = f.name_key AND NOT f.is_stream) AS stored_name_raw,
  iif(i.time_marks >> {far} <> 0, (SELECT group_concat(place || ' ' || seconds || ' ' || text) FROM far_time t
    WHERE t.inode_key = i.inode_key), NULL) AS far_times, nullif(ks.categories, '') AS known_category
  {tables} LEFT JOIN digest d ON d.content_id = f.content_id AND NOT f.reused AND (s.state <= 1 OR s.state = 6)
  LEFT JOIN content_type c ON c.content_id = f.content_id AND NOT f.reused AND (s.state <= 1 OR s.state = 6)
  LEFT JOIN file_type t ON t.type = c.type
  LEFT JOIN known_content k ON k.content_id = f.content_id AND NOT f.reused AND (s.state <= 1 OR s.state = 6)
  LEFT JOIN known_source ks ON ks.source_id = k.source_id;
)sql",
      fmt::arg("path", kPathOfFile), fmt::arg("name", kName),
      fmt::arg("kind", words<catalog::FileKind>("f.kind", 6, catalog::file_kind_name)),
      fmt::arg("modified", file_time_columns(0, "modified")), fmt::arg("accessed", file_time_columns(1, "accessed")),
      fmt::arg("changed", file_time_columns(2, "changed")), fmt::arg("created", file_time_columns(3, "created")),
      fmt::arg("fn_modified", file_time_columns(4, "name_modified")),
      fmt::arg("fn_accessed", file_time_columns(5, "name_accessed")),
      fmt::arg("fn_changed", file_time_columns(6, "name_changed")),
      fmt::arg("fn_created", file_time_columns(7, "name_created")), fmt::arg("zone_basis", kZoneBasis),
      fmt::arg("mismatch", mismatch_of("(" + std::string(kName) + ")")), fmt::arg("empty", types::kEmptyType),
      fmt::arg("far", kFarMarks), fmt::arg("state", content_state_case(state)), fmt::arg("tables", kFileTables));
}

// The rows one of the eight times of a file gives: those that no time before it in its group of four equals, with the
// same knowledge of its zone.
std::string moments(std::string_view prefix, unsigned own) {
  constexpr std::array<std::string_view, 4> kTimes{"modified_ns", "accessed_ns", "changed_ns", "created_ns"};
  const bool own_times = prefix.empty();
  const auto column = [&](unsigned at) { return fmt::format("i.{}{}", prefix, kTimes.at(at)); };
  const auto basis = [](unsigned at) { return fmt::format("(i.time_marks >> {} & 17)", at); };
  const auto same = [&](unsigned at) {
    const std::string equal = fmt::format("{} = {}", column(at), column(own));
    return own_times ? fmt::format("{} AND {} = {}", equal, basis(at), basis(own)) : equal;
  };
  std::string macb, where = fmt::format("{} IS NOT NULL", column(own));
  for (unsigned at = 0; at < kTimes.size(); ++at) {
    const char letter = "macb"[at];
    macb += at == 0 ? "" : " || ";
    macb += at < own ? "'.'" : at == own ? fmt::format("'{}'", letter) : "";
    if (at > own) macb += fmt::format("iif({}, '{}', '.')", same(at), letter);
    if (at < own) where += fmt::format(" AND NOT coalesce({}, 0)", same(at));
  }
  // Streams share the $FILE_NAME of their file.
  if (!own_times) where += " AND f.is_stream = 0";
  return fmt::format(
      "SELECT {} AS t_ns, NULL AS far_text, NULL AS far_s, f.file_id, {} AS from_name, {} AS macb, {} AS basis FROM "
      "file f JOIN inode i ON i.inode_key = f.inode_key WHERE {}",
      column(own), own_times ? 0 : 1, macb, own_times ? basis(own) : "0", where);
}

// The same for times that 64 bits of nanoseconds do not hold.
std::string far_moments() {
  std::string macb;
  for (int at = 0; at < 4; ++at)
    macb += fmt::format("{}max(iif(x.place % 4 = {}, '{}', '.'))", at == 0 ? "" : " || ", at, "macb"[at]);
  return fmt::format(
      "SELECT NULL, x.text, x.seconds, f.file_id, x.place >= 4 AS from_name, {}, "
      "iif(x.place < 4, i.time_marks >> x.place & 17, 0) AS basis "
      "FROM far_time x JOIN inode i ON i.inode_key = x.inode_key JOIN file f ON f.inode_key = x.inode_key "
      "WHERE x.place < 4 OR f.is_stream = 0 GROUP BY f.file_id, x.text, x.seconds, x.place >= 4, basis",
      macb);
}

// Left joins, so that a query that asks for times alone reads no other table.
std::string timeline_view() {
  std::string all;
  for (const std::string_view prefix : {"", "name_"})
    for (unsigned own = 0; own < 4; ++own) all += (all.empty() ? "" : " UNION ALL ") + moments(prefix, own);
  all += " UNION ALL " + far_moments();
  return fmt::format(R"sql(
CREATE VIEW v_timeline AS SELECT coalesce(t.far_text, iif(t.basis & 1, rtrim({t}, 'Z'), {t})) AS t, t.t_ns, t.macb,
  iif(t.from_name, 'ntfs-fn', 'fs') AS source, t.file_id, {path} AS path,
  {kind} || iif(n.allocated, '', iif(f.reused, ', deleted, inode reused', ', deleted')) || iif(n.orphan, ', orphan', '')
    || iif(t.from_name, ', $FILE_NAME', '') AS description,
  CASE WHEN t.basis & 1 THEN 'local' WHEN t.basis THEN 'stated' ELSE 'utc' END AS zone_basis,
  coalesce(t.far_s, t.t_ns / 1000000000 - (t.t_ns % 1000000000 < 0)) AS t_s, NULL AS row_id
  FROM ({all}) t LEFT JOIN file f ON f.file_id = t.file_id LEFT JOIN name n ON n.name_key = f.name_key
  LEFT JOIN stream s ON s.content_id = iif(f.is_stream, f.content_id, NULL)
  UNION ALL SELECT t, t_ns, macb, source, file_id, path, description, zone_basis, t_s, row_id FROM v_moment;
)sql",
                     fmt::arg("t", iso_time("t.t_ns")), fmt::arg("path", kPathOfFile),
                     fmt::arg("kind", words<catalog::FileKind>("f.kind", 6, catalog::file_kind_name)),
                     fmt::arg("all", all));
}

// One row for every content there is, however many files have it; with the number of its first stream.
std::string content_view() {
  return fmt::format(
      R"sql(
CREATE VIEW v_content AS SELECT min(d.content_id) AS content_id, d.sha256_hex AS sha256, s.size_bytes AS size,
  count(DISTINCT f.file_id) AS files, t.mime, t.name AS type_name, {basis} AS type_basis,
  iif(c.type <> {empty}, c.entropy / 1000.0, NULL) AS entropy,
  iif(max(k.notable), 'notable', iif(max(k.notable) = 0, 'known', NULL)) AS known,
  max(ks.sources) AS known_source, CAST(NULL AS INTEGER) AS width, CAST(NULL AS INTEGER) AS height,
  CAST(NULL AS TEXT) AS pdq, {text_state} AS text_state, {item_state} AS item_state,
  min(ri.parser) AS parser, nullif(max(ks.categories), '') AS known_category
  FROM digest d JOIN stream s ON s.content_id = d.content_id JOIN file f ON f.content_id = d.content_id
  LEFT JOIN content_type c ON c.content_id = d.content_id LEFT JOIN file_type t ON t.type = c.type
  LEFT JOIN row_item ri ON ri.content_id = d.content_id AND ri.parser NOT IN ('libmagic', 'yara')
  LEFT JOIN known_content k ON k.content_id = d.content_id LEFT JOIN known_source ks ON ks.source_id = k.source_id
  LEFT JOIN text_content x ON x.content_id = d.content_id
  WHERE d.sha256_hex IS NOT NULL AND NOT f.reused AND (s.state <= 1 OR s.state = 6) GROUP BY d.sha256_hex;
)sql",
      fmt::arg("basis", "nullif(" + words<catalog::TypeBasis>("c.basis", 5, catalog::type_basis_name) + ", '')"),
      fmt::arg("empty", types::kEmptyType), fmt::arg("text_state", text_state_case()),
      fmt::arg("item_state", word_case(catalog::kItemStateWords, "min(ri.state)")));
}

std::string other_views() {
  return fmt::format(R"sql(
CREATE VIEW v_extent AS SELECT f.file_id, e.seq, e.file_offset, e.image_offset, e.length, {kind} AS kind, e.piece
  FROM file f JOIN extent e ON e.content_id = f.content_id
  WHERE f.reused = 0;
CREATE VIEW v_entity AS SELECT kind, normalized, CASE min(CASE validated WHEN 'checksum' THEN 0 WHEN 'grammar' THEN 1
  ELSE 2 END) WHEN 0 THEN 'checksum' WHEN 1 THEN 'grammar' ELSE 'none' END AS validated,
  count(*) + coalesce(sum(left_out), 0) AS hits, count(DISTINCT file_id) AS files, count(DISTINCT message_id) AS messages,
  min(rank) AS rank FROM v_hit WHERE normalized IS NOT NULL GROUP BY kind, normalized;
)sql",
                     fmt::arg("kind", words<catalog::ExtentKind>("e.kind", 7, catalog::extent_kind_name)));
}

}  // namespace

// ISO 8601 UTC with nine decimals. Division and remainder truncate towards zero, so times before 1970 need the second
// below; the form avoids intermediate values outside 64 bits.
std::string iso_time(const std::string& ns) {
  return fmt::format(
      "strftime('%Y-%m-%dT%H:%M:%S', {0} / 1000000000 - ({0} % 1000000000 < 0), 'unixepoch') || "
      "'.' || substr('00000000' || (({0} % 1000000000 + 1000000000) % 1000000000), -9) || 'Z'",
      ns);
}

std::string content_state_case(const std::string& column) {
  return words<catalog::ContentState>(column, 8, catalog::content_state_name);
}

std::string view_schema() {
  const std::string moments_view = "CREATE VIEW v_moment AS " + declared_moments() + ";\n";
  return run_views() + volume_views() + file_view() + content_view() + declared_views() + moments_view +
         timeline_view() + other_views();
}

}  // namespace limier::store
