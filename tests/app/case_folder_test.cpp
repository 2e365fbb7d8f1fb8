#include "app/case_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "limier/app.h"
#include "limier/base/flat_object.h"

namespace limier::app {
namespace {

namespace fs = std::filesystem;

class CaseFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "limier-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root = name;
    fs::create_directories(root / "evidence");
    evidence.folder = (root / "evidence").string();
  }
  void TearDown() override { fs::remove_all(root); }
  ErrorKind kind_of(const fs::path& target, bool allow = false, bool resume = false) {
    auto status = prepare_case_folder(target.string(), evidence, allow, resume);
    EXPECT_FALSE(status.ok());
    return status.ok() ? ErrorKind::kInternal : status.error().kind;
  }
  fs::path root;
  EvidenceSet evidence;
};

TEST_F(CaseFolder, RefusesTheEvidencesFolderAndBelow) {
  EXPECT_EQ(kind_of(root / "evidence"), ErrorKind::kRefused);
  EXPECT_EQ(kind_of(root / "evidence/sub/case"), ErrorKind::kRefused);
  EXPECT_EQ(kind_of(root / "other/../evidence/case"), ErrorKind::kRefused);
  EXPECT_FALSE(fs::exists(root / "evidence/sub"));
  EXPECT_TRUE(prepare_case_folder((root / "evidence-2").string(), evidence, false, false).ok());
  EXPECT_TRUE(prepare_case_folder((root / "evidence/case").string(), evidence, true, false).ok());
}

TEST_F(CaseFolder, RefusesWhatIsNotEmptyOrNoFolder) {
  fs::create_directories(root / "full");
  std::ofstream(root / "full/note") << "x";
  EXPECT_EQ(kind_of(root / "full"), ErrorKind::kUsage);
  EXPECT_EQ(kind_of(root / "full/note"), ErrorKind::kUsage);
  std::ofstream(root / "full/index.db") << "x";
  EXPECT_EQ(kind_of(root / "full"), ErrorKind::kRefused);
  EXPECT_EQ(kind_of(root / "full", false, true), ErrorKind::kRefused);
}

TEST_F(CaseFolder, TakesOneRunAtATime) {
  const std::string dir = (root / "case").string();
  {
    const auto first = prepare_case_folder(dir, evidence, false, false);
    ASSERT_TRUE(first.ok());
    EXPECT_TRUE(first->held());
    EXPECT_EQ(kind_of(dir), ErrorKind::kRefused);
    EXPECT_EQ(kind_of(dir, false, true), ErrorKind::kRefused);
  }
  EXPECT_TRUE(prepare_case_folder(dir, evidence, false, false).ok());
}

// A run that died in its first moments leaves an empty file; whoever wants to go on says so.
TEST_F(CaseFolder, AnUnfinishedIndexIsTakenOnlyWithResume) {
  fs::create_directories(root / "case");
  std::ofstream(root / "case/index.db").flush();
  const auto refused = prepare_case_folder((root / "case").string(), evidence, false, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kRefused);
  EXPECT_NE(refused.error().message.find("--resume"), std::string::npos);
  EXPECT_TRUE(prepare_case_folder((root / "case").string(), evidence, false, true).ok());
}

TEST_F(CaseFolder, RemovesReportsAndWhatWasBeingWritten) {
  const fs::path dir = root / "case";
  fs::create_directories(dir);
  for (const char* name : {"report.html", ".files.csv.partial", "manifest.json", "manifest.json.tmp", "dfxml.xml",
                           "audit.jsonl", "index.db", "notes.txt"})
    std::ofstream(dir / name) << "x";
  remove_reports(dir.string());
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(dir)) left.insert(entry.path().filename().string());
  EXPECT_EQ(left, (std::set<std::string>{"audit.jsonl", "index.db", "notes.txt"}));
}

TEST_F(CaseFolder, IsPrivate) {
  ASSERT_TRUE(prepare_case_folder((root / "new/case").string(), evidence, false, false).ok());
  EXPECT_EQ(fs::status(root / "new/case").permissions() & fs::perms::all, fs::perms::owner_all);
}

TEST_F(CaseFolder, TheAuditChainShowsAChangedLine) {
  const std::string dir = (root / "case").string();
  ASSERT_TRUE(prepare_case_folder(dir, evidence, false, false).ok());
  AuditLog log(dir);
  ASSERT_TRUE(log.append("one", {{"who", "a\"b"}}).ok());
  ASSERT_TRUE(log.append("two", {}).ok());
  ASSERT_TRUE(log.append("three", {}).ok());
  ASSERT_TRUE(write_file(dir + "/manifest.json", "{\n  \"audit_head_sha256\": \"" + chain_head(*read_file(log.path())) +
                                                     "\",\n  \"files\": [\n" +
                                                     "    {\"name\":\"audit.jsonl\",\"size_bytes\":0,\"sha256\":\"" +
                                                     hex_digest(*hash_file(log.path())) + "\"}\n  ]\n}\n")
                  .ok());
  auto good = check(dir, false);
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(good->good);

  std::string text = *read_file(log.path());
  text.replace(text.find("a\\\"b"), 4, "a\\\"c");
  ASSERT_TRUE(write_file(log.path(), text).ok());
  auto bad = check(dir, false);
  ASSERT_TRUE(bad.ok());
  EXPECT_FALSE(bad->good);
  bool chain_named = false;
  for (const auto& item : bad->items) chain_named = chain_named || item.detail.find("line 2") != std::string::npos;
  EXPECT_TRUE(chain_named);
}

// Cut at every byte of the last line, as a kill or a full disk leaves it.
TEST_F(CaseFolder, ATornAuditLineIsReplacedAndItsBytesAreKept) {
  const std::string path = (root / "audit.jsonl").string();
  AuditLog log(root.string());
  ASSERT_TRUE(log.append("one", {}).ok());
  const std::string first = *read_file(path);
  ASSERT_TRUE(log.append("two", {}).ok());
  const std::string both = *read_file(path);
  for (std::size_t cut = 0; cut + 1 < both.size(); cut += 7) {
    ASSERT_TRUE(write_file(path, both.substr(0, cut)).ok());
    ASSERT_TRUE(log.append("three", {}).ok());
    const std::string text = *read_file(path);
    const bool first_whole = cut >= first.size();
    const std::string torn = both.substr(first_whole ? first.size() : 0, cut - (first_whole ? first.size() : 0));
    EXPECT_EQ(text.starts_with(first), first_whole);
    EXPECT_EQ(text.find("\"bytes_hex\":\"" + hex(torn) + "\"") != std::string::npos, !torn.empty()) << cut;
    ASSERT_TRUE(write_file((root / "manifest.json").string(),
                           "{\n  \"audit_head_sha256\": \"" + chain_head(text) + "\",\n  \"files\": [\n" +
                               "    {\"name\":\"audit.jsonl\",\"size_bytes\":0,\"sha256\":\"" +
                               hex_digest(*hash_file(path)) + "\"}\n  ]\n}\n")
                    .ok());
    fs::remove_all(root / "evidence");  // not a part of the folder that is checked
    const auto checked = check(root.string(), false);
    ASSERT_TRUE(checked.ok());
    for (const auto& item : checked->items) EXPECT_TRUE(item.good) << cut << " " << item.what << ": " << item.detail;
  }
}

}  // namespace
}  // namespace limier::app
