// Findings of tasks that are at work, as the run of the batch shows them. The tasks are played by a script.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "batch/plan.h"
#include "limier/batch.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

class Recorder final : public Progress {
 public:
  void stage_started(std::string_view, std::uint64_t, std::string_view) override {}
  void advanced(std::uint64_t) override {}
  void stage_ended() override {}
  void note(std::string_view message) override { notes.emplace_back(message); }
  void finding(const FindingNews& news) override { findings.push_back(news); }
  std::vector<FindingNews> findings;
  std::vector<std::string> notes;
};

class LiveFindings : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "limier-live-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { fs::remove_all(dir_); }

  // Runs one task whose standard error is these lines.
  void run(const std::string& lines) {
    const CaseFolder folder(dir_ + "/case");
    Plan plan;
    Exhibit exhibit;
    exhibit.name = exhibit.folder = "A-1";
    exhibit.image = "/evidence/A-1.E01";
    exhibit.authority.text = "warrant 12/2026";
    exhibit.segments = {{"A-1.E01", 300, 17, std::string(64, 'a')}};
    plan.exhibits = {exhibit};
    plan.tasks = {{1, {"A-1"}, 300}};
    ASSERT_TRUE(save_plan(folder, plan).ok());
    std::ofstream(dir_ + "/lines") << lines;
    const std::string program = dir_ + "/task";
    std::ofstream(program) << "#!/bin/sh\ncat '" << dir_ << "/lines' >&2\n";
    fs::permissions(program, fs::perms::owner_all);
    RunOptions options;
    options.program = program;
    const std::atomic<int> stop{0};
    const std::vector<std::uint32_t> tasks{1};
    const auto submission = make_executor("local")->start(folder, plan, tasks, options, recorder_, stop);
    ASSERT_TRUE(submission.ok()) << submission.error().message;
  }

  std::string dir_;
  Recorder recorder_;
};

TEST_F(LiveFindings, AreShownWithTheirExhibit) {
  run(R"({"stage":"exhibit A-1","done":0,"total":300,"unit":"bytes","rate":0.0,"eta_s":null}
{"finding":{"key":"danger/threat:1","priority":"live-in-danger","title":"A threat","reason":"knife","t":"2021-03-09T05:00:00.000000000Z","provisional":true}}
{"finding":{"key":"danger/threat:2","priority":"high","title":"A threat","reason":"","t":null,"provisional":false}}
{"withdrawn":"danger/threat:1"}
)");
  ASSERT_EQ(recorder_.findings.size(), 3U);
  const FindingNews& first = recorder_.findings[0];
  EXPECT_EQ(first.exhibit, "A-1");
  EXPECT_EQ(first.key, "danger/threat:1");
  EXPECT_EQ(first.priority, "live-in-danger");
  EXPECT_EQ(first.title, "A threat");
  EXPECT_EQ(first.reason, "knife");
  EXPECT_EQ(first.t, parse_time("2021-03-09T05:00:00"));
  EXPECT_TRUE(first.provisional);
  EXPECT_FALSE(recorder_.findings[1].t);
  EXPECT_FALSE(recorder_.findings[1].provisional);
  EXPECT_TRUE(recorder_.findings[2].withdrawn);
  EXPECT_EQ(recorder_.findings[2].key, "danger/threat:1");
  EXPECT_EQ(recorder_.findings[2].exhibit, "A-1");
}

TEST_F(LiveFindings, LinesThatAreNoneAreShownAsTheyAre) {
  run("{\"finding\":{\"key\":7}}\n{\"finding\":null}\n");
  EXPECT_TRUE(recorder_.findings.empty());
  ASSERT_GE(recorder_.notes.size(), 2U);
  EXPECT_EQ(recorder_.notes[0], "task 1: {\"finding\":{\"key\":7}}");
}

}  // namespace
}  // namespace limier::batch
