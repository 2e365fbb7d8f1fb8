#include "store/schema.h"

#include "store/declared_rows.h"

namespace limier::store {

namespace {

// Keys: name_key, inode_key and content_id hold the volume in the upper and the ordinal within the volume in the lower
// 40 bits, so that they follow catalog order whatever the order in which volumes arrive, and a volume is one range of
// keys.
constexpr const char* kRunTables = R"sql(
CREATE TABLE run (
  run_id INTEGER PRIMARY KEY, tool_version TEXT NOT NULL, started_ns INTEGER NOT NULL, ended_ns INTEGER,
  command TEXT NOT NULL, host TEXT NOT NULL, profile TEXT NOT NULL, zone TEXT NOT NULL, fail_on TEXT NOT NULL,
  scope_title TEXT NOT NULL, scope_sha256 TEXT NOT NULL, language TEXT NOT NULL,
  keywords_sha256 TEXT NOT NULL, keyword_engine TEXT NOT NULL, outcome TEXT, exit_code INTEGER
) STRICT;
-- How often something may not be read: in a volume (0: none), in a content (0: none).
CREATE TABLE scope_count (
  volume_id INTEGER NOT NULL, item_id INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
  items INTEGER NOT NULL, PRIMARY KEY (volume_id, item_id, kind, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE authority (
  authority_id INTEGER PRIMARY KEY, text TEXT NOT NULL, case_number TEXT NOT NULL, exhibit TEXT NOT NULL,
  examiner TEXT NOT NULL, agency TEXT NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE evidence (
  evidence_id INTEGER PRIMARY KEY, path TEXT NOT NULL, path_raw BLOB, format TEXT NOT NULL, variant TEXT NOT NULL,
  size_bytes INTEGER NOT NULL, sector_size INTEGER NOT NULL, chunk_size INTEGER NOT NULL,
  segment_count INTEGER NOT NULL,
  compression TEXT NOT NULL, media_type TEXT NOT NULL, set_identifier TEXT NOT NULL, incomplete INTEGER NOT NULL,
  stored_md5 BLOB, stored_sha1 BLOB, stored_sha256 BLOB, expected_md5 BLOB, expected_sha1 BLOB, expected_sha256 BLOB,
  md5 BLOB, sha1 BLOB, sha256 BLOB, verdict TEXT
) STRICT;
CREATE TABLE evidence_header (
  position INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL, value_raw BLOB
) STRICT;
CREATE TABLE segment (
  position INTEGER PRIMARY KEY, name TEXT NOT NULL, name_raw BLOB, size_bytes INTEGER NOT NULL, sha256 BLOB
) STRICT;
)sql";

constexpr const char* kCatalogTables = R"sql(
CREATE TABLE volume (
  volume_id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES volume(volume_id), scheme TEXT NOT NULL,
  slot TEXT NOT NULL,
  image_offset INTEGER NOT NULL, length INTEGER NOT NULL, declared_length INTEGER NOT NULL,
  description TEXT NOT NULL, description_raw BLOB, fs_type TEXT NOT NULL, fs_label TEXT NOT NULL, fs_label_raw BLOB,
  fs_uuid TEXT NOT NULL, block_size INTEGER NOT NULL, status INTEGER NOT NULL, encryption TEXT NOT NULL,
  walkable INTEGER NOT NULL, tsk_fs_type INTEGER NOT NULL, pool_block INTEGER NOT NULL
) STRICT;
CREATE TABLE name (
  name_key INTEGER PRIMARY KEY, volume_id INTEGER NOT NULL REFERENCES volume(volume_id), parent_key INTEGER NOT NULL,
  path TEXT NOT NULL, path_raw BLOB, name_chars INTEGER NOT NULL, inode INTEGER NOT NULL, sequence INTEGER NOT NULL,
  kind INTEGER NOT NULL, allocated INTEGER NOT NULL, orphan INTEGER NOT NULL
) STRICT;
CREATE TABLE inode (
  inode_key INTEGER PRIMARY KEY, volume_id INTEGER NOT NULL REFERENCES volume(volume_id), inode INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  name_sequence INTEGER NOT NULL, kind INTEGER NOT NULL, allocated INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
  mode INTEGER NOT NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL, link_count INTEGER NOT NULL, owner_sid TEXT,
  link_target TEXT, link_target_raw BLOB,
  modified_ns INTEGER, accessed_ns INTEGER, changed_ns INTEGER, created_ns INTEGER,
  name_modified_ns INTEGER, name_accessed_ns INTEGER, name_changed_ns INTEGER, name_created_ns INTEGER,
  time_marks INTEGER NOT NULL
) STRICT;
CREATE TABLE far_time (
  inode_key INTEGER NOT NULL REFERENCES inode(inode_key), place INTEGER NOT NULL, seconds INTEGER NOT NULL,
  text TEXT NOT NULL, PRIMARY KEY (inode_key, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE stream (
  content_id INTEGER PRIMARY KEY, inode_key INTEGER NOT NULL REFERENCES inode(inode_key), attr_type INTEGER NOT NULL,
  attr_id INTEGER NOT NULL, name TEXT NOT NULL, name_raw BLOB, is_default INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
  source INTEGER NOT NULL, piece_count INTEGER NOT NULL, state INTEGER NOT NULL, deleted INTEGER NOT NULL,
  reason TEXT
) STRICT;
CREATE TABLE digest (
  content_id INTEGER PRIMARY KEY REFERENCES stream(content_id), md5 BLOB, sha1 BLOB, sha256 BLOB,
  md5_hex TEXT GENERATED ALWAYS AS (CASE WHEN md5 IS NOT NULL THEN lower(hex(md5)) END) VIRTUAL,
  sha1_hex TEXT GENERATED ALWAYS AS (CASE WHEN sha1 IS NOT NULL THEN lower(hex(sha1)) END) VIRTUAL,
  sha256_hex TEXT GENERATED ALWAYS AS (CASE WHEN sha256 IS NOT NULL THEN lower(hex(sha256)) END) VIRTUAL
) STRICT;
-- Members of archives: how to unpack them, what their bytes must add up to, and what was wrong with them.
CREATE TABLE packed (
  content_id INTEGER PRIMARY KEY REFERENCES stream(content_id), coding INTEGER NOT NULL, crc32 INTEGER,
  fault INTEGER NOT NULL
) STRICT;
-- Names as an archive has them, where the path is another one.
CREATE TABLE stored_name (
  name_key INTEGER PRIMARY KEY REFERENCES name(name_key), name TEXT NOT NULL, name_raw BLOB
) STRICT;
-- What hash sets say; the words of it once.
CREATE TABLE known_source (
  source_id INTEGER PRIMARY KEY, sources TEXT NOT NULL, categories TEXT NOT NULL, UNIQUE (sources, categories)
) STRICT;
CREATE TABLE known_content (
  content_id INTEGER PRIMARY KEY REFERENCES stream(content_id), notable INTEGER NOT NULL,
  source_id INTEGER NOT NULL REFERENCES known_source(source_id)
) STRICT;
-- Of types that are text; store::TextState.
CREATE TABLE text_content (
  content_id INTEGER PRIMARY KEY REFERENCES stream(content_id), state INTEGER NOT NULL
) STRICT;
CREATE TABLE extent (
  content_id INTEGER NOT NULL REFERENCES stream(content_id), seq INTEGER NOT NULL, piece INTEGER NOT NULL,
  file_offset INTEGER NOT NULL, image_offset INTEGER, length INTEGER NOT NULL, kind INTEGER NOT NULL,
  PRIMARY KEY (content_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE block (
  block_id INTEGER PRIMARY KEY, volume_id INTEGER NOT NULL REFERENCES volume(volume_id), image_offset INTEGER NOT NULL,
  length INTEGER NOT NULL, use INTEGER NOT NULL
) STRICT;
CREATE TABLE file (
  file_id INTEGER PRIMARY KEY, volume_id INTEGER NOT NULL REFERENCES volume(volume_id),
  name_key INTEGER NOT NULL REFERENCES name(name_key), parent_file_id INTEGER REFERENCES file(file_id),
  inode_key INTEGER REFERENCES inode(inode_key), content_id INTEGER REFERENCES stream(content_id),
  kind INTEGER NOT NULL, is_stream INTEGER NOT NULL, reused INTEGER NOT NULL
) STRICT;
)sql";

constexpr const char* kResultTables = R"sql(
CREATE TABLE bad_range (
  image_offset INTEGER NOT NULL, length INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (image_offset, length, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE encryption (
  encryption_id INTEGER PRIMARY KEY, volume_id INTEGER NOT NULL REFERENCES volume(volume_id), scheme TEXT NOT NULL,
  certainty INTEGER NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE TABLE issue (
  issue_id INTEGER PRIMARY KEY, stage TEXT NOT NULL, code TEXT NOT NULL, severity INTEGER NOT NULL,
  volume_id INTEGER REFERENCES volume(volume_id), inode INTEGER, file_id INTEGER REFERENCES file(file_id),
  image_offset INTEGER, length INTEGER NOT NULL, message TEXT NOT NULL, message_raw BLOB, incomplete INTEGER NOT NULL,
  step INTEGER NOT NULL, cause TEXT, attempt INTEGER, memory_bytes INTEGER, item_id INTEGER
) STRICT;
CREATE TABLE coverage (
  image_offset INTEGER PRIMARY KEY, length INTEGER NOT NULL, state INTEGER NOT NULL
) STRICT;
CREATE TABLE translation (
  language TEXT NOT NULL, english TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (language, english)
) STRICT, WITHOUT ROWID;
CREATE TABLE not_examined (
  not_examined_id INTEGER PRIMARY KEY, what TEXT NOT NULL, reason TEXT NOT NULL, bytes INTEGER, items INTEGER NOT NULL
) STRICT;
)sql";

}  // namespace

std::string table_schema() {
  return std::string(kRunTables) + kCatalogTables + kResultTables + declared_tables() + content_type_schema() +
         progress_schema() + checkpoint_schema() + byte_hit_schema() + keyword_schema();
}

// Carries what the sweeps over the media need, so that they do not look every extent up again. Made when it is first
// needed: by the plan of the sweep, by damage, by volumes with more extents than fit into memory.
std::string extent_index() {
  return "CREATE INDEX IF NOT EXISTS extent_by_offset ON extent(image_offset, length, kind) WHERE image_offset IS NOT "
         "NULL";
}

// A walk sends inodes in the order of their numbers and the streams of an inode behind it, which proves that none comes
// twice. As soon as one does not, these decide, and answer what is asked by number.
std::string inode_index() {
  return "CREATE UNIQUE INDEX IF NOT EXISTS inode_by_number ON inode(volume_id, inode);";
}
std::string stream_index() {
  return "CREATE UNIQUE INDEX IF NOT EXISTS stream_by_attribute ON stream(inode_key, attr_type, attr_id);";
}

std::string drop_catalog_indexes() {
  return "DROP INDEX IF EXISTS extent_by_offset; DROP INDEX IF EXISTS file_by_parent; DROP INDEX IF EXISTS "
         "file_by_content; DROP INDEX IF EXISTS digest_by_sha256; DROP INDEX IF EXISTS content_encrypted;";
}

// Made at the very end: they serve questions, not the run. What is in this folder; who has this digest, which needs to
// be asked only where there are digests, and costs ten times as much to sort.
std::string question_indexes(bool has_digests) {
  std::string sql =
      "CREATE INDEX IF NOT EXISTS file_by_parent ON file(parent_file_id) WHERE parent_file_id IS NOT NULL;"
      "CREATE INDEX IF NOT EXISTS content_encrypted ON content_type(encryption) WHERE encryption <> 0;";
  if (has_digests)
    sql +=
        "CREATE INDEX IF NOT EXISTS file_by_content ON file(content_id) WHERE content_id IS NOT NULL;"
        "CREATE INDEX IF NOT EXISTS digest_by_sha256 ON digest(sha256_hex) WHERE sha256_hex IS NOT NULL;";
  return sql;
}

}  // namespace limier::store
