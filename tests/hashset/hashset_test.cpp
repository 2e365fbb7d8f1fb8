#include "limier/hashset.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

namespace limier::hashset {
namespace {

namespace fs = std::filesystem;

const std::atomic<int> kGoOn{0};

std::string md5_of(std::string_view text) {
  return hex_digest(*digest_of(as_bytes(text), kAllDigests).md5);
}
std::string sha1_of(std::string_view text) {
  return hex_digest(*digest_of(as_bytes(text), kAllDigests).sha1);
}
std::string sha256_of(std::string_view text) {
  return hex_digest(*digest_of(as_bytes(text), kAllDigests).sha256);
}
std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}
Digests all_of(std::string_view text) {
  return digest_of(as_bytes(text), kAllDigests);
}

class HashSets : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/hashset-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  std::string database(const std::string& name, const std::string& sql) const {
    const std::string path = dir_ / name;
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
    return path;
  }
  ImportOptions options(const std::string& list) const {
    ImportOptions made;
    made.list = list;
    made.to = dir_ / fmt::format("{}.set", ++sets_);
    made.name = "A set";
    return made;
  }
  Result<ImportReport> import(const ImportOptions& made) {
    auto report = import_list(made, {}, kGoOn);
    if (!report) return report;
    auto set = Set::open(made.to);
    EXPECT_TRUE(set.ok()) << (set.ok() ? "" : set.error().message);
    if (set.ok()) {
      set_ = std::move(*set);
      const auto good = set_->verify(kGoOn);
      EXPECT_TRUE(good.ok()) << (good.ok() ? "" : good.error().message);
    }
    return report;
  }
  Result<ImportReport> import(const std::string& list) { return import(options(list)); }
  std::string refused(const std::string& list) {
    const auto made = options(list);
    const auto report = import_list(made, {}, kGoOn);
    EXPECT_FALSE(report.ok());
    EXPECT_FALSE(fs::exists(made.to));
    // Nothing half done is left behind either.
    for (const auto& one : fs::directory_iterator(dir_))
      EXPECT_EQ(one.path().string().find(".part-"), std::string::npos);
    if (report.ok()) return "";
    EXPECT_EQ(report.error().kind, ErrorKind::kUsage);
    return report.error().message;
  }
  [[nodiscard]] bool has(std::string_view text) const { return set_->contains(all_of(text)); }
  [[nodiscard]] std::set<int> categories(std::string_view text) const {
    Categories found;
    set_->categories_of(all_of(text), found);
    std::set<int> numbers;
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found.test(i)) numbers.insert(static_cast<int>(i));
    return numbers;
  }

  fs::path dir_;
  mutable int sets_ = 0;
  std::unique_ptr<Set> set_;
};

TEST_F(HashSets, PlainListsAndMd5sumInAllTheirForms) {
  const auto report = import(
      write("list", fmt::format("\xEF\xBB\xBF# a comment\r\n{}\r\n\n{}  a name\n{} *binary name\n\\{}  a\\nname\n"
                                "SHA256 (a (file)) = {}\nMD5 (x) = {}\n{},more,cells\n// another\n{}",
                                md5_of("1"), upper(sha1_of("2")), sha256_of("3"), md5_of("4"), sha256_of("5"),
                                md5_of("6"), md5_of("7"), sha256_of("last, without a newline"))));
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->rows, 8u);
  EXPECT_EQ(report->rejected, 0u);
  for (const char* text : {"1", "2", "3", "4", "5", "6", "7", "last, without a newline"})
    EXPECT_TRUE(has(text)) << text;
  EXPECT_FALSE(has("8"));
  EXPECT_EQ(set_->info().entries, (std::array<std::uint64_t, 3>{3, 1, 4}));
  EXPECT_EQ(set_->info().name, "A set");
  EXPECT_EQ(set_->info().format, "list of digests");
}

TEST_F(HashSets, LinesThatAreNoneAreCountedAndTheFirstIsNamed) {
  const auto report = import(write("list", fmt::format("{}\nno digest\n{}0\nMD5 (x) = {}\n{}\n", md5_of("1"),
                                                       md5_of("2"), sha1_of("3"), std::string(70'000, 'a'))));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rows, 1u);
  EXPECT_EQ(report->rejected, 4u);
  EXPECT_EQ(report->first_rejected, 2u);
  EXPECT_NE(report->why_rejected, "");
  EXPECT_EQ(set_->info().rejected, 4u);
}

TEST_F(HashSets, TheDigestOfNothingIsNeverInASet) {
  const auto report =
      import(write("list", fmt::format("{}\n{}\n{}\n{}\n", md5_of(""), sha1_of(""), sha256_of(""), md5_of("x"))));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->left_out, 3u);
  EXPECT_FALSE(has(""));
  EXPECT_TRUE(has("x"));
}

TEST_F(HashSets, HashdeepGoesByItsHead) {
  const auto report = import(write(
      "list", fmt::format("%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## Invoked from: /\n## $ hashdeep\n##\n"
                          "1,{},{},/a, with commas and \" a quote\n1,{},{},b\n",
                          md5_of("1"), sha256_of("1"), md5_of("2"), sha256_of("2"))));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rows, 2u);
  EXPECT_EQ(report->set.entries[0], 2u);
  EXPECT_EQ(report->set.format, "hashdeep");
  EXPECT_TRUE(has("1"));
}

TEST_F(HashSets, TablesGoByTheNamesOfTheirColumns) {
  const auto icse = import(
      write("icse", fmt::format("MD5;SHA1;PhotoDNA;Image ID\n{};{};1,2,3;17\n", md5_of("1"), upper(sha1_of("1")))));
  ASSERT_TRUE(icse.ok());
  EXPECT_EQ(icse->set.format, "ICSE CSV");
  EXPECT_EQ(icse->set.entries[1], 1u);
  EXPECT_TRUE(has("1"));
  // NSRL's older form: the digests of another column do not count as lengths would say.
  const auto old = import(
      write("rds2", fmt::format("\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\"\n\"{}\",\"{}\",\"0\",\"a \"\"b\"\", c\"\n",
                                upper(sha1_of("2")), md5_of("2"))));
  ASSERT_TRUE(old.ok());
  EXPECT_TRUE(has("2"));
  const auto swapped =
      import(write("swapped", fmt::format("name,md5\n{},{}\n{},\n", md5_of("a name"), md5_of("3"), md5_of("4"))));
  ASSERT_TRUE(swapped.ok());
  EXPECT_TRUE(has("3"));
  EXPECT_FALSE(has("a name"));
  EXPECT_EQ(swapped->rejected, 1u);
  const auto numbered = import(
      write("numbered", fmt::format("md5,category\n{},2\n{},\n{},999\n", md5_of("5"), md5_of("6"), md5_of("7"))));
  ASSERT_TRUE(numbered.ok());
  EXPECT_EQ(categories("5"), (std::set<int>{2}));
  EXPECT_EQ(categories("6"), (std::set<int>{kNoCategory}));
  EXPECT_EQ(categories("7"), (std::set<int>{kNoCategory}));
}

constexpr const char* kVic1 = R"({{"odata.metadata":"http://example.org/api/metadata/1.3.xml#Media","value":[
  {{"MediaID":1,"Category":1,"MD5":"{}","SHA1":"{}","Hashes":[{{"HashName":"PhotoDNA","HashValue":"AAAA"}}],
   "MediaFiles":[{{"FileName":"x","MD5":"{}"}}]}},
  {{"MediaID":2,"MD5":"{}","SHA1":null,"Category":"2"}},
  {{"MediaID":3,"Category":2,"AlternativeHashes":[{{"HashValue":"{}","HashName":"SHA256"}}]}},
  {{"MediaID":4,"Category":3}},
  {{"MediaID":5,"Category":3,"MD5":"broken"}}
]}})";

TEST_F(HashSets, ProjectVicKeepsTheNumberOfTheCategory) {
  const auto report = import(write("vic.json", fmt::format(fmt::runtime(kVic1), upper(md5_of("1")), upper(sha1_of("1")),
                                                           md5_of("inner"), md5_of("2"), sha256_of("3"))));
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->rows, 3u);
  EXPECT_EQ(report->rejected, 2u);
  EXPECT_EQ(report->first_rejected, 4u);
  EXPECT_EQ(report->set.format, "Project VIC 1.x JSON");
  EXPECT_EQ(categories("1"), (std::set<int>{1}));
  EXPECT_EQ(categories("2"), (std::set<int>{2}));
  EXPECT_EQ(categories("3"), (std::set<int>{2}));
  EXPECT_FALSE(has("inner"));
  EXPECT_EQ(set_->categories()[2], 2u);
}

TEST_F(HashSets, ProjectVic2AndListsOfCases) {
  const auto two = import(write(
      "vic2.json",
      fmt::format(
          "\xEF\xBB\xBF{{\"@odata.context\":\"x\",\"value\":[{{\"SHA1\":\"{}\",\"Category\":1,\"MD5\":\"{}\"}}]}}",
          sha1_of("1"), md5_of("1"))));
  ASSERT_TRUE(two.ok()) << two.error().message;
  EXPECT_EQ(two->set.format, "Project VIC 2.0 JSON");
  EXPECT_EQ(two->set.entries[1], 1u);
  const auto cases = import(write(
      "cases.json",
      fmt::format("{{\"odata.metadata\":\"…/"
                  "1.2.xml#Cases\",\"value\":[{{\"CaseID\":\"a\",\"Media\":[{{\"MD5\":\"{}\",\"Category\":5}}]}}]}}",
                  md5_of("2"))));
  ASSERT_TRUE(cases.ok()) << cases.error().message;
  EXPECT_EQ(cases->rows, 1u);
  EXPECT_EQ(cases->rejected, 0u);
  EXPECT_EQ(categories("2"), (std::set<int>{5}));
}

TEST_F(HashSets, OnlyTheCategoriesThatAreWanted) {
  auto made = options(write("vic.json", fmt::format(fmt::runtime(kVic1), md5_of("1"), sha1_of("1"), md5_of("inner"),
                                                    md5_of("2"), sha256_of("3"))));
  made.categories = Categories();
  made.categories->set(1);
  const auto report = import(made);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->rows, 1u);
  EXPECT_EQ(report->left_out, 2u);
  EXPECT_FALSE(has("2"));
}

TEST_F(HashSets, OneDigestUnderTwoCategoriesHasBoth) {
  const auto report =
      import(write("vic.json", fmt::format("{{\"value\":[{{\"MD5\":\"{0}\",\"Category\":2}},{{\"MD5\":\"{0}\","
                                           "\"Category\":1}},{{\"MD5\":\"{0}\",\"Category\":2}}]}}",
                                           md5_of("1"))));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->set.total(), 2u);
  EXPECT_EQ(categories("1"), (std::set<int>{1, 2}));
}

TEST_F(HashSets, JsonThatIsCutOrNestedWithoutEndGivesNoSet) {
  const std::string whole =
      fmt::format("{{\"value\":[{{\"MD5\":\"{}\"}},{{\"MD5\":\"{}\"}}]}}", md5_of("1"), md5_of("2"));
  for (std::size_t length = 1; length < whole.size(); ++length) refused(write("cut.json", whole.substr(0, length)));
  EXPECT_NE(refused(write("deep.json", "{\"value\":" + std::string(100'000, '['))).find("nested"), std::string::npos);
}

constexpr const char* kMinimal =
    "CREATE TABLE FILE(sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL, "
    "file_name "
    "VARCHAR, file_size INTEGER, package_id INTEGER, PRIMARY KEY(sha256, sha1, md5, file_name, file_size, package_id));"
    "CREATE TABLE VERSION(version VARCHAR, build_set VARCHAR, build_date, release_date, description VARCHAR);"
    "INSERT INTO VERSION VALUES('2026.03.1', 'android', '', '', 'x');";

std::string row_of(std::string_view text, int package) {
  return fmt::format("INSERT INTO FILE VALUES('{}','{}','{}','00000000','n',1,{});", upper(sha256_of(text)),
                     upper(sha1_of(text)), upper(md5_of(text)), package);
}

TEST_F(HashSets, NsrlMinimal) {
  const auto report =
      import(database("rds.db", std::string(kMinimal) + row_of("1", 1) + row_of("1", 2) + row_of("2", 1)));
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->rows, 3u);
  EXPECT_EQ(report->set.entries, (std::array<std::uint64_t, 3>{2, 0, 0}));
  EXPECT_EQ(report->set.version, "2026.03.1");
  EXPECT_EQ(report->set.format, "NSRL RDSv3");
  EXPECT_TRUE(has("1"));
  EXPECT_TRUE(has("2"));
}

TEST_F(HashSets, NsrlFullWhoseDigestsComeLastAndFileIsAView) {
  const auto report = import(database(
      "rds.db",
      fmt::format("CREATE TABLE METADATA(metadata_id INTEGER PRIMARY KEY, bytes INTEGER, path VARCHAR, crc32, md5, "
                  "sha1, sha256);"
                  "CREATE VIEW FILE AS SELECT DISTINCT sha256, sha1, md5, path AS file_name FROM METADATA;"
                  "INSERT INTO METADATA "
                  "VALUES(1,2,'p','0','{}','{}','{}'),(2,2,'p','0','{}',NULL,NULL),(3,2,'p',NULL,NULL,NULL,NULL);",
                  upper(md5_of("1")), upper(sha1_of("1")), upper(sha256_of("1")), md5_of("2"))));
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_TRUE(has("1"));
  EXPECT_TRUE(has("2"));
  EXPECT_EQ(report->rejected, 1u);
  EXPECT_EQ(report->first_rejected, 3u);
}

TEST_F(HashSets, DeltasAreReadAndNeverRun) {
  auto made =
      options(database("rds.db", std::string(kMinimal) + row_of("stays", 1) + row_of("twice", 1) + row_of("twice", 2) +
                                     row_of("goes", 1) + row_of("all go", 1) + row_of("all go", 2)));
  const auto gone = [](std::string_view text, int package) {
    return fmt::format(
        "DELETE FROM FILE WHERE sha256='{}' AND sha1='{}' AND md5='{}' AND file_name='n' AND package_id={};\n",
        upper(sha256_of(text)), upper(sha1_of(text)), upper(md5_of(text)), package);
  };
  made.deltas.push_back(
      write("delta.sql", "BEGIN TRANSACTION;\n-- it's a comment; DELETE FROM FILE;\n" + row_of("new", 3) +
                             gone("twice", 1) + gone("goes", 1) +
                             fmt::format("DELETE FROM \"FILE\" WHERE \"sha256\" = '{}';", sha256_of("all go")) +
                             fmt::format("INSERT INTO FILE(package_id, md5, file_name, sha256) VALUES(1,'{}','it''s; "
                                         "DELETE FROM FILE','{}'),(-2,'{}',NULL,'{}');",
                                         md5_of("a"), sha256_of("a"), md5_of("b"), sha256_of("b")) +
                             "INSERT INTO PKG VALUES(1,'x');UPDATE VERSION SET version='2026.06.1';/* ; */UPDATE FILE "
                             "SET file_name='y' WHERE package_id=1;COMMIT;"));
  const auto report = import(made);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->rejected, 0u) << report->why_rejected;
  for (const char* text : {"stays", "twice", "new", "a", "b"}) EXPECT_TRUE(has(text)) << text;
  for (const char* text : {"goes", "all go"}) EXPECT_FALSE(has(text)) << text;
  EXPECT_EQ(report->set.format, "NSRL RDSv3 with 1 delta");
}

TEST_F(HashSets, WhatADeltaDoesThatCannotBeFollowedIsCounted) {
  for (const char* statement :
       {"DROP TABLE FILE;", "DELETE FROM FILE;", "DELETE FROM FILE WHERE package_id = 3;",
        "UPDATE FILE SET sha256='x' WHERE package_id=1;", "INSERT INTO FILE SELECT * FROM other;", "ATTACH 'x' AS y;",
        "DELETE FROM FILE WHERE sha256='a' OR 1=1;", "SELECT load_extension('x');",
        "INSERT INTO FILE VALUES(readfile('/etc/passwd'));", "DELETE FROM FILE WHERE sha256 LIKE '%';"}) {
    auto made = options(database(fmt::format("rds{}.db", sets_), std::string(kMinimal) + row_of("stays", 1)));
    made.deltas.push_back(write("delta.sql", std::string("BEGIN;") + statement + row_of("after it", 1)));
    const auto report = import(made);
    ASSERT_TRUE(report.ok()) << statement;
    EXPECT_EQ(report->rejected, 1u) << statement;
    EXPECT_TRUE(has("stays")) << statement;
    EXPECT_TRUE(has("after it")) << statement;
  }
}

TEST_F(HashSets, DamagedAndForeignDatabasesGiveNoSet) {
  const std::string path = database("rds.db", std::string(kMinimal) + row_of("1", 1));
  std::string bytes;
  {
    std::ifstream in(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_NE(refused(write("cut.db", bytes.substr(0, bytes.size() / 2))), "");
  std::string broken = bytes;
  std::fill(broken.begin() + 4096, broken.end(), '\xff');
  EXPECT_NE(refused(write("broken.db", broken)), "");
  EXPECT_NE(refused(database("other.db", "CREATE TABLE message(body)")).find("none of NSRL"), std::string::npos);
  write("rds.db-wal", "something");
  EXPECT_NE(refused(path).find("-wal"), std::string::npos);
}

TEST_F(HashSets, ForeignFilesAreRefusedWithASentence) {
  EXPECT_NE(refused(write("empty", "")).find("is empty"), std::string::npos);
  EXPECT_NE(refused(write("zip", "PK\x03\x04more")).find("archive"), std::string::npos);
  EXPECT_NE(refused(write("words", "only words\nand more\n")).find("none is usable"), std::string::npos);
  EXPECT_NE(refused(write("utf16", std::string("\xFF\xFE"
                                               "a\0b\0",
                                               6)))
                .find("UTF-16"),
            std::string::npos);
  EXPECT_NE(refused(write("binary", std::string("a\0b", 3))).find("neither text"), std::string::npos);
  EXPECT_NE(refused(dir_ / "none").find("cannot be read"), std::string::npos);
  EXPECT_NE(refused(dir_).find("is not a file"), std::string::npos);
}

TEST_F(HashSets, ASetIsNeverOverwritten) {
  const auto made = options(write("list", md5_of("1")));
  ASSERT_TRUE(import(made).ok());
  const auto again = import_list(made, {}, kGoOn);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().message.find("never overwritten"), std::string::npos);
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST_F(HashSets, EveryCutAndEveryFlippedByteOfASetIsFound) {
  const auto made = options(write("list", fmt::format("md5,category\n{},1\n{},2\n", md5_of("1"), md5_of("2"))));
  ASSERT_TRUE(import(made).ok());
  const std::string whole = bytes_of(made.to);
  const auto complaint = [&](const std::string& bytes) {
    const std::string path = write("damaged.set", bytes);
    const auto set = Set::open(path);
    if (!set) return set.error().message;
    for (const char* text : {"1", "2", "3"})
      static_cast<void>((*set)->contains(all_of(text)));  // whatever it says, within the file
    const auto good = (*set)->verify(kGoOn);
    return good.ok() ? std::string() : good.error().message;
  };
  EXPECT_EQ(complaint(whole), "");
  for (std::size_t length = 0; length < whole.size(); length += length < 64 || length > 4000 ? 1 : 97)
    EXPECT_NE(complaint(whole.substr(0, length)), "") << length;
  for (std::size_t at = 0; at < whole.size(); at += at < 1100 || at > 4000 ? 1 : 61) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x41);
    EXPECT_NE(complaint(flipped), "") << at;
  }
  EXPECT_NE(complaint(whole + "x"), "");
}

// Whatever stands in it, sealed or not: look-ups stay inside.
TEST_F(HashSets, AnIndexThatLiesIsRefusedEvenWithTheRightDigests) {
  std::string list;
  for (int i = 0; i < 5000; ++i) list += sha256_of(std::to_string(i)) + "\n";
  const auto made = options(write("list", list));
  ASSERT_TRUE(import(made).ok());
  std::string bytes = bytes_of(made.to);
  const std::size_t index = 4096 + 5000 * 32;
  bytes[index + 8] = '\xff';
  bytes[index + 9] = '\xff';
  const auto trailer = *digest_of(as_bytes(std::string_view(bytes).substr(0, bytes.size() - 32)), kAllDigests).sha256;
  std::copy(trailer.begin(), trailer.end(), bytes.end() - 32);
  const auto set = Set::open(write("lies.set", bytes));
  ASSERT_FALSE(set.ok());
  EXPECT_NE(set.error().message.find("index"), std::string::npos);
}

// Against std::set, with so little memory that it is sorted in many parts.
TEST_F(HashSets, SortedInPartsItHoldsWhatALibrarysSetHolds) {
  std::mt19937_64 random(7);
  std::set<std::string> truth;
  std::string list;
  for (int i = 0; i < 20'000; ++i) {
    const std::string digest = sha256_of(std::to_string(random() % 15'000));
    truth.insert(digest);
    list += digest + "\n";
  }
  auto made = options(write("list", list));
  made.memory_bytes = 64u << 10;
  const auto report = import(made);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->set.total(), truth.size());
  for (int i = 0; i < 20'000; ++i)
    ASSERT_EQ(set_->contains(all_of(std::to_string(i))), truth.contains(sha256_of(std::to_string(i)))) << i;
  // The same list in another order, and in one piece, is the same set.
  std::string backwards;
  for (const std::string& digest : truth) backwards.insert(0, digest + "\n");
  auto whole = options(write("backwards", backwards));
  ASSERT_TRUE(import(whole).ok());
  const std::string one = bytes_of(made.to), other = bytes_of(whole.to);
  EXPECT_EQ(one.substr(4096, one.size() - 4096 - 32), other.substr(4096, other.size() - 4096 - 32));
}

// Digests that all begin alike defeat an index by their first bits, not the search.
TEST_F(HashSets, DigestsThatBeginAlikeAreFound) {
  std::string list;
  for (int i = 0; i < 3000; ++i) list += std::string(32, '0') + sha256_of(std::to_string(i)).substr(32) + "\n";
  ASSERT_TRUE(import(write("list", list)).ok());
  for (int i = 0; i < 3000; ++i) {
    Digests digests;
    digests.sha256 = *parse_digest<32>(std::string(32, '0') + sha256_of(std::to_string(i)).substr(32));
    EXPECT_TRUE(set_->contains(digests));
    (*digests.sha256)[31] ^= 1;
    EXPECT_FALSE(set_->contains(digests));
  }
}

TEST_F(HashSets, StoppedItLeavesNothing) {
  const std::atomic<int> stop{2};
  const auto made = options(write("list", md5_of("1")));
  const auto report = import_list(made, {}, stop);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::kInterrupted);
  EXPECT_FALSE(fs::exists(made.to));
}

}  // namespace
}  // namespace limier::hashset
