#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "store/db.h"
#include "store/declared_rows.h"
#include "store/fixture.h"

namespace limier::store::testing {
namespace {

using catalog::ContentSource;

// Columns of each view as the public contract lists them, in its words; `x(_ns)` stands for x and x_ns.
const std::map<std::string, std::string> kContract = {
    {"v_run", "run_id, tool_version, started, ended, command, host, outcome, exit_code"},
    {"v_authority", "text, case_number, exhibit, examiner, agency, note"},
    {"v_evidence",
     "evidence_id, path, format, size_bytes, sector_size, segment_count, stored_md5, stored_sha1, md5, sha1, sha256, "
     "verdict, "
     "acq_case_number, acq_evidence_number, acq_examiner, acq_description, acq_notes, acq_date, acq_software"},
    {"v_bad_range", "image_offset, length, reason"},
    {"v_volume",
     "volume_id, parent_id, scheme, slot, image_offset, length, description, fs_type, fs_label, fs_uuid, "
     "block_size, status, encryption"},
    {"v_file",
     "file_id, volume_id, parent_file_id, path, path_raw, name, kind, inode, sequence, stream, allocated, deleted, "
     "orphan, "
     "size, modified(_ns), accessed(_ns), changed(_ns), created(_ns), zone_basis, mode, uid, gid, link_target, md5, "
     "sha1, "
     "sha256, content_state, mime, type_name, ext_mismatch, entropy, known, known_source"},
    {"v_content",
     "content_id, sha256, size, files, mime, type_name, type_basis, entropy, known, known_source, width, height, pdq, "
     "text_state, item_state, parser"},
    {"v_extent", "file_id, seq, file_offset, image_offset, length, kind"},
    {"v_timeline", "t, t_ns, macb, source, file_id, path, description, zone_basis"},
    {"v_hit",
     "hit_id, kind, value, value_raw, normalized, validated, encoding, file_id, content_id, image_offset, file_offset, "
     "decode_path, context, rank, locator, parser, parser_version"},
    {"v_entity", "kind, normalized, validated, hits, files, messages"},
    {"v_text", "file_id, content_id, part, body, locator, parser, parser_version"},
    {"v_encryption", "scope, volume_id, file_id, scheme, certainty, detail"},
    {"v_artifact", "artifact_id, kind, t(_ns), summary, detail, file_id, content_id, locator, parser, parser_version"},
    {"v_message",
     "message_id, service, thread, thread_name, direction, sender, sender_name, recipients, t(_ns), received(_ns), "
     "edited(_ns), body, body_raw, kind, service_id, attachments, deleted, state, source, file_id, content_id, "
     "locator, "
     "parser, parser_version"},
    {"v_attachment",
     "attachment_id, message_id, name, mime, size, path, file_id, content_id, locator, parser, parser_version"},
    {"v_finding",
     "finding_id, pack, pack_version, rule, priority, title, reason, meaning, limits, score, rank, key, t(_ns), "
     "subject_kind, subject_id, file_id"},
    {"v_judged", "kind, items, judged, not_judged, reason"},
    {"v_item", "content_id, parser, state, attempts, reason"},
    {"v_issue",
     "issue_id, stage, code, severity, volume_id, file_id, image_offset, length, message, cause, attempt, "
     "memory_bytes"},
    {"v_coverage", "image_offset, length, state"},
    {"v_not_examined", "what, reason, bytes, items"},
};

std::vector<std::string> columns_of(const std::string& list) {
  std::vector<std::string> columns;
  std::string word;
  for (const char c : list + ",") {
    if (c == ' ') continue;
    if (c != ',') {
      word += c;
      continue;
    }
    if (word.ends_with("(_ns)")) {
      word.resize(word.size() - 5);
      columns.push_back(word);
      word += "_ns";
    }
    columns.push_back(word);
    word.clear();
  }
  return columns;
}

TEST_F(StoreTest, ViewsHaveTheColumnsOfTheContract) {
  create();
  finish_all();
  for (const auto& [view, list] : kContract) {
    auto query = index_->query(fmt::format("SELECT * FROM {}", view));
    ASSERT_TRUE(query.ok()) << view << ": " << query.error().message;
    std::set<std::string> found;
    for (int i = 0; i < query->column_count(); ++i) found.insert(query->column_name(i));
    EXPECT_EQ(static_cast<int>(found.size()), query->column_count()) << view << " has a column twice";
    for (const auto& column : columns_of(list)) EXPECT_TRUE(found.contains(column)) << view << "." << column;
    while (query->step()) {
    }
    EXPECT_TRUE(query->status().ok()) << view;
  }
}

// docs/rows.md is what the declarations say; LIMIER_WRITE_DOCS=1 writes it anew.
TEST(DeclaredRowsPage, IsTheDeclarations) {
  const std::string path = LIMIER_SAMPLES "/../docs/rows.md";
  if (std::getenv("LIMIER_WRITE_DOCS") != nullptr) std::ofstream(path) << declared_page();
  std::ifstream page(path);
  const std::string written((std::istreambuf_iterator<char>(page)), std::istreambuf_iterator<char>());
  EXPECT_EQ(written, declared_page()) << "LIMIER_WRITE_DOCS=1 in the environment writes it anew";
}

// docs/index.md names every column of every view that is not declared, and no other; docs/rows.md follows from the
// declarations.
TEST_F(StoreTest, ViewsAreDocumented) {
  create();
  finish_all();
  std::map<std::string, std::set<std::string>> documented;
  std::ifstream page(LIMIER_SAMPLES "/../docs/index.md");
  ASSERT_TRUE(page.is_open());
  std::string view;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) {
      const auto at = line.find(" v_");
      view = at == std::string::npos ? "" : line.substr(at + 1);
    }
    const bool state_table = line.starts_with("| content_state | Meaning") || line.starts_with("| state | Meaning");
    if (state_table) view.clear();
    if (view.empty() || !line.starts_with("| ") || line.starts_with("| Column ")) continue;
    for (const auto& column : columns_of(line.substr(2, line.find(" |", 2) - 2))) documented[view].insert(column);
  }
  auto views = index_->query("SELECT name FROM sqlite_schema WHERE type = 'view'");
  ASSERT_TRUE(views.ok());
  while (views->step()) {
    if (catalog::find_kind(views->text(0).substr(2)) != nullptr) continue;
    auto query = index_->query(fmt::format("SELECT * FROM {}", views->text(0)));
    ASSERT_TRUE(query.ok());
    std::set<std::string> found;
    for (int i = 0; i < query->column_count(); ++i) found.insert(query->column_name(i));
    EXPECT_EQ(documented[views->text(0)], found) << views->text(0);
  }
}

TEST_F(StoreTest, OneFileIsLeft) {
  create();
  volume(1, 0, 500'000);
  file(1, "/a", 30, 4096, 100);
  finish_all();
  EXPECT_EQ(rows("SELECT count(*) FROM v_file"), "1");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir_)) names.push_back(entry.path().filename());
  EXPECT_EQ(names, std::vector<std::string>{"index.db"});
}

TEST_F(StoreTest, TheFileSaysWhatItIs) {
  create();
  volume(1, 0, 500'000);
  file(1, "/a", 30, 4096, 100);
  add(name(2, "/nothing", 99));
  finish_all();
  EXPECT_EQ(rows("PRAGMA application_id"), "1279872338");
  EXPECT_EQ(rows("PRAGMA user_version"), "12");
  EXPECT_EQ(rows("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(rows("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(rows("PRAGMA foreign_key_check"), "");
  EXPECT_EQ(
      rows("SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite_%' "
           "AND strict = 0"),
      "");
  EXPECT_NE(rows("SELECT count(*) FROM pragma_foreign_key_list('file')"), "0");
  EXPECT_EQ(rows("SELECT outcome, exit_code, started, ended FROM v_run"),
            "complete|0|2020-09-13T12:26:40.000000000Z|2020-09-13T12:26:41.000000000Z");
  EXPECT_EQ(rows("SELECT text FROM v_authority"), "training");
  EXPECT_EQ(rows("SELECT verdict, md5 FROM v_evidence"), "verified|d41d8cd98f00b204e9800998ecf8427e");
}

TEST_F(StoreTest, TimesAsTextAndNumber) {
  create();
  volume(1, 0, 500'000, "fat16");
  const std::int64_t times[] = {1, -1, INT64_MIN, INT64_MAX, -1'000'000'000, 1'615'266'000'123'456'789};
  std::uint64_t id = 0;
  for (const auto t : times) {
    ++id;
    add(name(id, numbered("/f", id), id));
    auto record = inode(id);
    record.times.modified = catalog::utc_stamp(t);
    add(record);
  }
  finish_all();
  std::string expected;
  for (const auto t : times) expected += fmt::format("{}{}|{}|-|utc", expected.empty() ? "" : "\n", format_time(t), t);
  EXPECT_EQ(rows("SELECT modified, modified_ns, created, zone_basis FROM v_file ORDER BY file_id"), expected);
}

// A time without a zone is never given a Z, wherever it is shown; a file's basis is that of its least certain time.
TEST_F(StoreTest, LocalTimesHaveNoZ) {
  using catalog::Stamp;
  using enum catalog::TimeBasis;
  create();
  volume(1, 0, 500'000, "fat16");
  const std::int64_t second = 1'000'000'000;
  std::uint64_t id = 0;
  const auto file = [&](const Stamp& modified, const Stamp& created) {
    ++id;
    add(name(id, numbered("/f", id), id));
    auto record = inode(id);
    record.times = {modified, {}, {}, created};
    add(record);
  };
  file({second, 0, kLocal}, {second, 0, kLocal});
  file({second, 0, kUtc}, {second, 0, kLocal});
  file({second, 0, kStated}, {second, 0, kUtc});
  file({}, {});
  finish_all();
  EXPECT_EQ(rows("SELECT modified, modified_ns, created, zone_basis FROM v_file ORDER BY file_id"),
            "2001-09-09T01:46:40.000000000|1000000000000000000|2001-09-09T01:46:40.000000000|local\n"
            "2001-09-09T01:46:40.000000000Z|1000000000000000000|2001-09-09T01:46:40.000000000|local\n"
            "2001-09-09T01:46:40.000000000Z|1000000000000000000|2001-09-09T01:46:40.000000000Z|stated\n-|-|-|local");
  EXPECT_EQ(rows("SELECT t, macb, path, zone_basis FROM v_timeline ORDER BY path, macb"),
            "2001-09-09T01:46:40.000000000|m..b|/f1|local\n2001-09-09T01:46:40.000000000|...b|/f2|local\n"
            "2001-09-09T01:46:40.000000000Z|m...|/f2|utc\n2001-09-09T01:46:40.000000000Z|...b|/f3|utc\n"
            "2001-09-09T01:46:40.000000000Z|m...|/f3|stated");
}

// What 64 bits of nanoseconds do not hold keeps its text, here and in the timeline, and stands in its place there.
TEST_F(StoreTest, TimesBeyondNanosecondsKeepTheirText) {
  using catalog::Stamp;
  using enum catalog::TimeBasis;
  create();
  volume(1, 0, 500'000);
  add(name(1, "/f", 30));
  auto record = inode(30);
  record.times = {
      {-11'644'473'600, 100, kUtc}, {10, 0, kUtc}, {10'430'380'800, 0, kUtc}, {1'833'029'933'770, 9, kLocal}};
  record.name_times.created = {-11'644'473'600, 200, kUtc};
  add(record);
  finish_all();
  EXPECT_EQ(rows("SELECT modified, modified_ns, accessed_ns, changed, changed_ns, created, name_created FROM v_file"),
            "1601-01-01T00:00:00.000000100Z|-|10000000000|2300-07-12T00:00:00.000000000Z|-|"
            "60056-05-28T05:36:10.000000009|1601-01-01T00:00:00.000000200Z");
  EXPECT_EQ(rows("SELECT t, t_ns, macb, source FROM v_timeline ORDER BY t_s, t_ns, file_id, source, macb"),
            "1601-01-01T00:00:00.000000100Z|-|m...|fs\n1601-01-01T00:00:00.000000200Z|-|...b|ntfs-fn\n"
            "1970-01-01T00:00:10.000000000Z|10000000000|.a..|fs\n2300-07-12T00:00:00.000000000Z|-|..c.|fs\n"
            "60056-05-28T05:36:10.000000009|-|...b|fs");
}

TEST_F(StoreTest, TimelineJoinsEqualTimes) {
  create();
  volume(1, 0, 500'000);
  add(name(1, "/f", 30));
  auto record = inode(30);
  const auto at = [](std::int64_t t_ns) { return catalog::utc_stamp(t_ns); };
  record.times = {at(10), at(20), at(10), at(20)};
  record.name_times = {at(5), {}, at(6), at(7)};
  add(record);
  add(name(2, "/d", 31, false));
  auto all_equal = inode(31, false);
  all_equal.times = {at(30), at(30), at(30), at(30)};
  add(all_equal);
  finish_all();
  EXPECT_EQ(
      rows("SELECT t_ns, macb, source, path, description FROM v_timeline ORDER BY t_ns"),
      "5|m...|ntfs-fn|/f|file, $FILE_NAME\n6|..c.|ntfs-fn|/f|file, $FILE_NAME\n7|...b|ntfs-fn|/f|file, $FILE_NAME\n"
      "10|m.c.|fs|/f|file\n20|.a.b|fs|/f|file\n30|macb|fs|/d|file, deleted");
}

TEST_F(StoreTest, HostileTextIsRepairedAndKept) {
  create();
  volume(1, 0, 500'000);
  auto record = name(1, "/a/\xFF\xC3\xA9", 1);
  add(record);
  add(name(2, std::string("/nul\0x", 6), 2));
  add(name(3, "/'); DROP TABLE name;--", 3));
  finish_all();
  EXPECT_EQ(rows("SELECT path, name, hex(path_raw) FROM v_file ORDER BY 1"),
            "/'); DROP TABLE name;--|'); DROP TABLE name;--|\n"
            "/a/\xEF\xBF\xBD\xC3\xA9|\xEF\xBF\xBD\xC3\xA9|2F612FFFC3A9\n"
            "/nul\xEF\xBF\xBDx|nul\xEF\xBF\xBDx|2F6E756C0078");
}

TEST_F(StoreTest, InterruptedAtAnyPointIsUsable) {
  for (int stage = 0; stage <= 4; ++stage) {
    SCOPED_TRACE(stage);
    create();
    volume(1, 0, 500'000);
    file(1, "/a", 30, 4096, 100);
    if (stage == 1) add(name(2, "/half", 31));
    if (stage >= 2) check(writer_->build_catalog());
    if (stage >= 3) sweep();
    if (stage >= 4) check(writer_->finish_evidence({}, std::nullopt, true));
    check(writer_->finish("interrupted", 130, 1));
    writer_.reset();
    auto opened = Index::open(dir_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    index_ = std::move(*opened);
    EXPECT_EQ(rows("SELECT outcome, exit_code FROM v_run"), "interrupted|130");
    EXPECT_EQ(rows("SELECT sum(length) FROM v_coverage"), "1000000");
    EXPECT_EQ(rows("SELECT content_state FROM v_file WHERE file_id = 1"), stage >= 3 ? "complete" : "not-read");
    index_.reset();
    std::filesystem::remove(dir_ + "/index.db");
  }
}

TEST_F(StoreTest, VolumesMayBeWalkedInAnyOrder) {
  std::string seen[2];
  for (int run = 0; run < 2; ++run) {
    create();
    volume(1, 0, 500'000);
    volume(2, 500'000, 500'000, "ntfs", catalog::VolumeStatus::kParsed);
    for (const std::uint32_t id : run == 0 ? std::vector{1u, 2u} : std::vector{2u, 1u}) {
      add(name(1, "/x", 30, true, id));
      add(inode(30, true, id));
      add(stream(30, ContentSource::kExtents, 100, 1, id));
      add(extent(30, 0, id * 300'000, 100, catalog::ExtentKind::kData, 0, id));
      catalog::IssueRecord issue;
      issue.stage = "walk";
      issue.code = "test";
      issue.volume_id = id;
      issue.inode = 30;
      add(issue);
    }
    finish_all();
    for (const auto& [view, columns] : kContract)
      if (view != "v_run") seen[run].append(rows(fmt::format("SELECT * FROM {}", view))).append("\n");
    index_.reset();
    std::filesystem::remove(dir_ + "/index.db");
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_NE(seen[0].find("/x"), std::string::npos);
}

TEST_F(StoreTest, NobodyElseMayWrite) {
  create();
  auto second = IndexWriter::create(dir_ + "/index.db", {}, {}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::kRefused);
  auto reader = Index::open(dir_);
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().kind, ErrorKind::kRefused);
  EXPECT_NE(reader.error().message.find("being written"), std::string::npos) << reader.error().message;
  volume(1, 0, 500'000);
  finish_all();
  EXPECT_EQ(rows("SELECT count(*) FROM v_volume"), "1");
}

TEST_F(StoreTest, AKilledWritersIndexIsRefused) {
  create();
  volume(1, 0, 500'000);
  for (const char* suffix : {"", "-wal"})
    if (std::filesystem::exists(dir_ + "/index.db" + suffix)) {
      std::filesystem::create_directories(dir_ + "/copy");
      std::filesystem::copy(dir_ + "/index.db" + suffix, dir_ + "/copy/index.db" + suffix);
    }
  const auto count = [&] {
    const std::filesystem::directory_iterator copies(dir_ + "/copy");
    return std::distance(begin(copies), end(copies));
  };
  const auto before = count();
  auto opened = Index::open(dir_ + "/copy");
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::kRefused);
  EXPECT_NE(opened.error().message.find("--resume"), std::string::npos) << opened.error().message;
  EXPECT_EQ(count(), before) << "reading must leave nothing behind";
}

TEST_F(StoreTest, OtherFilesAreRefused) {
  auto none = Index::open(dir_);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::kUsage);
  for (const auto& content : {std::string(), std::string("text"), std::string(4096, 'x')}) {
    std::ofstream(dir_ + "/index.db", std::ios::binary | std::ios::trunc) << content;
    auto opened = Index::open(dir_);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::kRefused) << opened.error().message;
  }
  std::filesystem::remove(dir_ + "/index.db");
  auto foreign = Database::open(dir_ + "/index.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  ASSERT_TRUE(foreign.ok());
  check(foreign->execute("CREATE TABLE t(x)"));
  check(foreign->close());
  auto opened = Index::open(dir_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::kRefused);
}

TEST_F(StoreTest, UsersMayOnlyRead) {
  create();
  volume(1, 0, 500'000);
  file(1, "/a", 30, 4096, 100);
  finish_all();
  for (const char* good :
       {"SELECT path FROM v_file", "SELECT count(*) FROM v_timeline;  ",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5) SELECT sum(x) FROM n",
        "EXPLAIN QUERY PLAN SELECT * FROM v_file", "VALUES (1)", "SELECT lower(md5) FROM v_file"}) {
    auto query = index_->query_untrusted(good);
    ASSERT_TRUE(query.ok()) << good << ": " << query.error().message;
    EXPECT_TRUE(query->step()) << good;
    EXPECT_TRUE(query->status().ok());
  }
  for (const char* bad :
       {"", "  ", "DELETE FROM file", "UPDATE run SET host = 'x'", "DROP VIEW v_file", "CREATE TABLE x(y)",
        "CREATE TEMP TABLE x(y)", "ATTACH '/tmp/x.db' AS x", "PRAGMA user_version = 10", "PRAGMA journal_mode",
        "SELECT load_extension('x')", "SELECT 1; SELECT 2", "VACUUM INTO '/tmp/y.db'", "BEGIN", "REINDEX", "ANALYZE",
        "SELECT * FROM no_such_view", "SELEKT 1", "INSERT INTO hit(kind, value) VALUES ('a', 'b')"}) {
    auto query = index_->query_untrusted(bad);
    ASSERT_FALSE(query.ok()) << bad;
    EXPECT_EQ(query.error().kind, ErrorKind::kUsage) << bad;
  }
  auto pragma = index_->query_untrusted("SELECT * FROM pragma_journal_mode");
  if (pragma.ok()) {
    EXPECT_FALSE(pragma->step());
    EXPECT_FALSE(pragma->status().ok());
  }
}

TEST_F(StoreTest, ValuesAreBoundAndComeBackTyped) {
  create();
  finish_all();
  auto query = index_->query("SELECT ?1, ?2, ?3, ?4, ?5");
  ASSERT_TRUE(query.ok());
  const std::vector<std::uint8_t> blob = {0, 1, 255};
  query->bind(1, std::int64_t{7}).bind(2, 0.5).bind(3, std::string("t\0u", 3)).bind(4, blob).bind(5, Value());
  ASSERT_TRUE(query->step());
  EXPECT_EQ(query->value(0), Value(std::int64_t{7}));
  EXPECT_EQ(query->value(1), Value(0.5));
  EXPECT_EQ(query->value(2), Value(std::string("t\0u", 3)));
  EXPECT_EQ(query->value(3), Value(blob));
  EXPECT_EQ(query->value(4), Value());
  EXPECT_FALSE(query->step());
  EXPECT_TRUE(query->status().ok());
}

TEST_F(StoreTest, EncryptionEndsWithNothingExamined) {
  create();
  volume(1, 0, 1'000'000, "", catalog::VolumeStatus::kEncrypted);
  catalog::EncryptionRecord record;
  record.volume_id = 1;
  record.scheme = "LUKS2";
  record.detail = "signature at 0";
  add(record);
  add(record);
  check(writer_->build_catalog());
  check(writer_->finish_evidence({}, Verdict::kNoStoredDigest, true));
  check(writer_->build_coverage());
  auto conditions = writer_->conditions();
  ASSERT_TRUE(conditions.ok());
  EXPECT_TRUE(conditions->nothing_examined);
  EXPECT_TRUE(conditions->incomplete);
  EXPECT_FALSE(conditions->mismatch || conditions->damaged);
  close();
  EXPECT_EQ(rows("SELECT scope, volume_id, file_id, scheme, certainty FROM v_encryption"),
            "volume|1|-|LUKS2|structure");
  EXPECT_EQ(rows("SELECT what, reason, bytes, items FROM v_not_examined"), "volume|encrypted|1000000|1");
}

// The file-size limit of the process stands in for a full disk: writes fail with an I/O error in the middle of the
// load.
TEST_F(StoreTest, AFullDiskIsTemporary) {
  create();
  volume(1, 0, 500'000);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{200'000, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  Status status = ok_status();
  for (std::uint64_t i = 1; status.ok() && i < 200'000; ++i) status = writer_->add(name(i, std::string(200, 'x'), i));
  if (status.ok()) status = writer_->finish("complete", 0, 0);
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kTemporary) << status.error().message;
  EXPECT_NE(status.error().message.find("check the disk"), std::string::npos) << status.error().message;
}

TEST(Database, NoSpaceIsOneClearSentence) {
  auto db = Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  ASSERT_TRUE(db.ok());
  ASSERT_TRUE(db->execute("PRAGMA max_page_count = 4; CREATE TABLE t(x)").ok());
  auto insert = db->prepare("INSERT INTO t VALUES (zeroblob(100000))");
  ASSERT_TRUE(insert.ok());
  const Status status = insert->run();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kTemporary);
  EXPECT_NE(status.error().message.find("no space is left"), std::string::npos) << status.error().message;
}

}  // namespace
}  // namespace limier::store::testing
