#include "app/case_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "limier/app.h"

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
  ErrorKind kind_of(const fs::path& target, bool allow = false) {
    auto status = prepare_case_folder(target.string(), evidence, allow);
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
  EXPECT_TRUE(prepare_case_folder((root / "evidence-2").string(), evidence, false).ok());
  EXPECT_TRUE(prepare_case_folder((root / "evidence/case").string(), evidence, true).ok());
}

TEST_F(CaseFolder, RefusesWhatIsNotEmptyOrNoFolder) {
  fs::create_directories(root / "full");
  std::ofstream(root / "full/note") << "x";
  EXPECT_EQ(kind_of(root / "full"), ErrorKind::kUsage);
  EXPECT_EQ(kind_of(root / "full/note"), ErrorKind::kUsage);
  std::ofstream(root / "full/index.db") << "x";
  EXPECT_EQ(kind_of(root / "full"), ErrorKind::kRefused);
}

TEST_F(CaseFolder, IsPrivate) {
  ASSERT_TRUE(prepare_case_folder((root / "new/case").string(), evidence, false).ok());
  EXPECT_EQ(fs::status(root / "new/case").permissions() & fs::perms::all, fs::perms::owner_all);
}

TEST_F(CaseFolder, TheAuditChainShowsAChangedLine) {
  const std::string dir = (root / "case").string();
  ASSERT_TRUE(prepare_case_folder(dir, evidence, false).ok());
  AuditLog log(dir);
  ASSERT_TRUE(log.append("one", {{"who", "a\"b"}}).ok());
  ASSERT_TRUE(log.append("two", {}).ok());
  ASSERT_TRUE(log.append("three", {}).ok());
  ASSERT_TRUE(write_file(dir + "/manifest.json", "{\n  \"audit_head_sha256\": \"" + audit_head(*read_file(log.path())) +
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

}  // namespace
}  // namespace limier::app
