// A case folder with an index made of plain tables that carry the columns of the views: what the reports must cope
// with, hostile names above all, without an image behind it.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "limier/catalog/rows.h"
#include "limier/report.h"

namespace limier::report::testing {

inline std::vector<std::string> hostile_names() {
  using namespace std::string_literals;
  return {
      "<script>alert(1)</script>",
      "\"><img src=x onerror=alert(1)>",
      "' onmouseover='alert(1)",
      "&lt;already&amp;escaped",
      "</style><style>*{display:none}",
      "<!-- comment",
      "]]>",
      "=cmd|'/c calc'!A0",
      "+1+1",
      "-1+1",
      "@SUM(1)",
      "\t=1",
      "\r=2",
      "'=3",
      "\xEF\xBC\x9D"
      "1",
      "a,b;c",
      "line\nbreak.txt",
      "quote\"d",
      "pipe|d",
      "back\\slash",
      "\\x1B literal",
      "\x1B[31mred\x1B[0m",
      "bell\x07",
      "del\x7F",
      "c1\xC2\x9B"
      "31m",
      "\xE2\x80\xAE"
      "gpj.exe",
      "zero\xE2\x80\x8Bwidth",
      "\xEF\xBB\xBF"
      "bom",
      "\xD8\x9Cmark",
      "iso\xE2\x81\xA6late",
      "tag\xF3\xA0\x81\x81",
      "line\xE2\x80\xA8sep",
      "latin1 caf\xE9.txt",
      "overlong\xC0\xAF",
      "surrogate\xED\xA0\x80",
      "truncated\xE2\x82",
      "beyond\xF4\x90\x80\x80",
      "nul\0byte"s,
      "emoji \xF0\x9F\x98\x80.png",
      "\xE6\x97\xA5\xE6\x9C\xAC.txt",
      "plain.txt",
      std::string(2000, 'x') + ".bin",
  };
}

class CaseFolder {
 public:
  CaseFolder() {
    std::string name = std::filesystem::temp_directory_path() / "limier-report-XXXXXX";
    dir_ = ::mkdtemp(name.data());
    EXPECT_EQ(sqlite3_open((dir_ + "/index.db").c_str(), &db_), SQLITE_OK);
    create();
  }
  CaseFolder(const CaseFolder&) = delete;
  CaseFolder& operator=(const CaseFolder&) = delete;
  ~CaseFolder() {
    sqlite3_close(db_);
    std::filesystem::remove_all(dir_);
  }
  [[nodiscard]] const std::string& dir() const { return dir_; }

  void run(const std::string& sql) {
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << sql << ": " << (message ? message : "");
    sqlite3_free(message);
  }

  // A file of volume 2; the raw bytes beside the text where it had to be repaired, as store does it.
  void add_file(const std::string& path_bytes, const std::string& kind = "file", std::int64_t size = 10,
                bool deleted = false, const std::string& state = "complete",
                std::int64_t modified_ns = 1'615'266'000'000'000'000) {
    bool repaired = false;
    const std::string path = utf8_text(path_bytes, repaired);
    const std::string name = path.substr(path.rfind('/') + 1);
    sqlite3_stmt* row = nullptr;
    ASSERT_EQ(
        sqlite3_prepare_v2(
            db_,
            "INSERT INTO v_file(file_id, volume_id, path, path_raw, name, kind, inode, sequence, stream, allocated, "
            "deleted, "
            "orphan, size, modified, modified_ns, created, created_ns, zone_basis, mode, uid, gid, md5, content_state, "
            "attr_type, attr_id, link_count, realloc, name_created_ns) VALUES "
            "(?1, 2, ?2, ?3, ?4, ?5, ?1 + 100, 1, ?6, 1 - ?7, ?7, 0, ?8, ?9, ?10, ?9, ?10, 'utc', 33188, 0, 0, ?11, "
            "?12, 128, 1, 1, 0, ?10)",
            -1, &row, nullptr),
        SQLITE_OK);
    const std::string iso = format_time(modified_ns);
    const std::string stream = kind == "stream" ? name.substr(name.rfind(':') + 1) : "";
    const std::string md5 = "0123456789abcdef0123456789abcdef";
    const auto text = [&](int at, const std::string& value) {
      sqlite3_bind_text(row, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    };
    sqlite3_bind_int64(row, 1, ++files_);
    text(2, path);
    if (repaired) sqlite3_bind_blob(row, 3, path_bytes.data(), static_cast<int>(path_bytes.size()), SQLITE_STATIC);
    text(4, name);
    text(5, kind);
    if (kind == "stream") text(6, stream);
    sqlite3_bind_int64(row, 7, deleted ? 1 : 0);
    sqlite3_bind_int64(row, 8, size);
    text(9, iso);
    sqlite3_bind_int64(row, 10, modified_ns);
    if (state == "complete" || state == "recovered") text(11, md5);
    text(12, state);
    EXPECT_EQ(sqlite3_step(row), SQLITE_DONE);
    sqlite3_finalize(row);
    add_time(path, iso, modified_ns);
  }

  Status write(std::vector<std::string> formats) {
    auto index = store::Index::open(dir_);
    if (!index) return index.error();
    const auto written = write_reports(**index, dir_, formats);
    return written.ok() ? ok_status() : Status(written.error());
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in(dir_ + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

 private:
  void add_time(const std::string& path, const std::string& iso, std::int64_t t_ns) {
    sqlite3_stmt* row = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(db_, "INSERT INTO v_timeline VALUES (?1, ?2, 'm..b', 'fs', ?3, ?4, 'file')", -1, &row,
                                 nullptr),
              SQLITE_OK);
    sqlite3_bind_text(row, 1, iso.data(), static_cast<int>(iso.size()), SQLITE_STATIC);
    sqlite3_bind_int64(row, 2, t_ns);
    sqlite3_bind_int64(row, 3, files_);
    sqlite3_bind_text(row, 4, path.data(), static_cast<int>(path.size()), SQLITE_STATIC);
    EXPECT_EQ(sqlite3_step(row), SQLITE_DONE);
    sqlite3_finalize(row);
  }

  void create() {
    run("PRAGMA synchronous = OFF");
    run("PRAGMA application_id = " + std::to_string(store::kApplicationId));
    run("PRAGMA user_version = " + std::to_string(store::kSchemaVersion));
    for (const catalog::KindInfo* kind : catalog::row_kinds()) {
      std::string columns;
      for (const catalog::ViewColumn& column : catalog::view_columns(*kind))
        columns += (columns.empty() ? "" : ", ") + column.name;
      run("CREATE TABLE v_" + std::string(kind->name) + "(" + columns + ")");
    }
    run(R"sql(
CREATE TABLE v_run(run_id INTEGER, tool_version, started, ended, command, host, outcome, exit_code INTEGER,
  profile, zone);
CREATE TABLE v_authority(text, case_number, exhibit, examiner, agency, note);
CREATE TABLE v_evidence(evidence_id INTEGER, path, format, size_bytes INTEGER, sector_size INTEGER,
  segment_count INTEGER, stored_md5,
  stored_sha1, md5, sha1, sha256, verdict, acq_case_number, acq_evidence_number, acq_examiner, acq_description,
  acq_notes,
  acq_date, acq_software);
CREATE TABLE v_bad_range(image_offset INTEGER, length INTEGER, reason);
CREATE TABLE v_volume(volume_id INTEGER, parent_id INTEGER, scheme, slot, image_offset INTEGER, length INTEGER,
  description, fs_type,
  fs_label, fs_uuid, block_size INTEGER, status, encryption);
CREATE TABLE v_file(file_id INTEGER PRIMARY KEY, volume_id INTEGER, parent_file_id INTEGER, path, path_raw BLOB,
  name, kind, inode INTEGER,
  sequence INTEGER, stream, allocated INTEGER, deleted INTEGER, orphan INTEGER, size INTEGER, modified,
  modified_ns INTEGER,
  accessed, accessed_ns INTEGER, changed, changed_ns INTEGER, created, created_ns INTEGER, zone_basis,
  mode INTEGER, uid INTEGER,
  gid INTEGER, link_target, md5, sha1, sha256, content_state, mime, type_name, ext_mismatch INTEGER, entropy REAL,
  known,
  known_source, attr_type INTEGER, attr_id INTEGER, owner_sid, link_count INTEGER, realloc INTEGER,
  name_modified_ns INTEGER,
  name_accessed_ns INTEGER, name_changed_ns INTEGER, name_created_ns INTEGER);
CREATE TABLE v_extent(file_id INTEGER, seq INTEGER, file_offset INTEGER, image_offset INTEGER, length INTEGER, kind);
CREATE TABLE v_timeline(t, t_ns INTEGER, macb, source, file_id INTEGER, path, description);
CREATE TABLE v_moment(t, t_ns INTEGER, macb, source, file_id INTEGER, path, description, zone_basis, t_s INTEGER,
  row_id INTEGER);
CREATE TABLE v_encryption(scope, volume_id INTEGER, file_id INTEGER, scheme, certainty, detail);
CREATE TABLE v_issue(issue_id INTEGER, stage, code, severity, volume_id INTEGER, file_id INTEGER,
  image_offset INTEGER, length INTEGER, message, cause, attempt INTEGER, memory_bytes INTEGER);
CREATE TABLE v_coverage(image_offset INTEGER, length INTEGER, state);
CREATE TABLE v_not_examined(what, reason, bytes INTEGER, items INTEGER);
INSERT INTO v_run VALUES (1, '0.1.0', '2026-01-01', '2026-01-02', 'limier triage', 'secret-host', 'complete', 5,
  'standard', '');
INSERT INTO v_authority VALUES ('Warrant 2021/1234 <b>', '2021-0042', 'Exhibit 3', 'A. Examiner', 'Police', '');
INSERT INTO v_evidence VALUES (1, '/cases/laptop.E01', 'ewf', 1000, 512, 2, 'aa', NULL, 'aa', NULL, 'bb',
  'verified', 'C-1', NULL,
  'J. <i>Doe</i>', 'laptop', NULL, '2021-03-09', 'ewfacquire');
INSERT INTO v_volume VALUES (1, NULL, 'gpt', 'Meta', 0, 100, 'Primary Table', NULL, NULL, NULL, NULL,
  'unallocated', NULL),
  (2, NULL, 'gpt', '000', 100, 800, 'Basic data', 'ntfs', 'Windows', 'AB', 4096, 'parsed', NULL),
  (3, NULL, 'gpt', '001', 900, 100, 'Basic data', NULL, NULL, NULL, NULL, 'encrypted', 'BitLocker');
INSERT INTO v_encryption VALUES ('volume', 3, NULL, 'BitLocker', 'structure', 'signature at byte 3');
INSERT INTO v_coverage VALUES (0, 100, 'metadata'), (100, 300, 'file'), (400, 33, 'slack'), (433, 467,
  'unallocated'), (900, 100, 'encrypted');
INSERT INTO v_not_examined VALUES ('volume 3', 'encrypted (BitLocker)', 100, 1);
INSERT INTO v_issue VALUES (1, 'walk', 'listing-may-be-incomplete', 'warning', 2, NULL, 100, 0,
  'an index entry is damaged', NULL, NULL, NULL);
)sql");
  }

  std::string dir_;
  sqlite3* db_ = nullptr;
  std::int64_t files_ = 0;
};

}  // namespace limier::report::testing
