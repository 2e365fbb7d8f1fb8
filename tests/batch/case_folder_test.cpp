// The plan, the records and the locks of a case folder.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "batch/attempts.h"
#include "batch/plan.h"
#include "limier/batch.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

class CaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "limier-batch-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
    folder_ = CaseFolder(dir_ + "/case");
  }
  void TearDown() override { fs::remove_all(dir_); }

  static Exhibit exhibit(const std::string& name, std::uint64_t size_bytes) {
    Exhibit one;
    one.name = one.folder = one.authority.exhibit = name;
    one.image = "/evidence/" + name + ".E01";
    one.authority.text = "warrant 12/2026";
    one.profile = "standard";
    one.segments = {{name + ".E01", size_bytes, 17, std::string(64, 'a')}};
    return one;
  }
  Plan plan_of_two() const {
    Plan plan;
    plan.exhibits = {exhibit("A-1", 300), exhibit("A-2", 20)};
    plan.tasks = {{1, {"A-1"}, 300}, {2, {"A-2"}, 20}};
    return plan;
  }
  ExhibitRecord record_of(const Exhibit& exhibit, int exit_code) const {
    ExhibitRecord record;
    record.exhibit = exhibit.name;
    record.folder = exhibit.folder;
    record.exhibit_digest = exhibit.digest;
    record.index_sha256 = std::string(64, 'b');
    record.result.exit_code = exit_code;
    record.result.findings = {1, 2, 3, 4, 5};
    record.result.not_examined = {{"volume 2", "encrypted: BitLocker", 4096, 1}};
    record.cpu_seconds = 1.5;
    return record;
  }

  std::string dir_;
  CaseFolder folder_{""};
};

TEST_F(CaseTest, APlanComesBackAsItWasWritten) {
  Plan plan = plan_of_two();
  ASSERT_TRUE(save_plan(folder_, plan).ok());
  const auto back = load_plan(folder_);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->digest, plan.digest);
  EXPECT_EQ(back->exhibits.size(), 2U);
  EXPECT_EQ(back->exhibits[0].segments, plan.exhibits[0].segments);
  EXPECT_EQ(back->exhibits[0].authority.exhibit, "A-1");
  EXPECT_EQ(back->task(2)->exhibits, std::vector<std::string>{"A-2"});
}

TEST_F(CaseTest, APlanThatWasEditedIsRefused) {
  Plan plan = plan_of_two();
  ASSERT_TRUE(save_plan(folder_, plan).ok());
  std::string text = *read_whole_file(folder_.plan());
  text.replace(text.find("warrant"), 7, "consent");
  ASSERT_TRUE(publish_file(folder_.plan(), text).ok());
  const auto back = load_plan(folder_);
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().kind, ErrorKind::kUsage);
}

TEST_F(CaseTest, ARecordComesBackAndHalfARecordIsNone) {
  Plan plan = plan_of_two();
  seal_plan(plan);
  ASSERT_TRUE(publish_record(folder_, record_of(plan.exhibits[0], 5)).ok());
  const auto back = load_record(folder_, "A-1");
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->result.findings[4], 5U);
  EXPECT_EQ(back->result.not_examined[0].reason, "encrypted: BitLocker");
  const std::string text = *read_whole_file(folder_.record("A-1"));
  std::ofstream(folder_.record("A-1"), std::ios::trunc) << text.substr(0, text.size() / 2);
  EXPECT_FALSE(load_record(folder_, "A-1").has_value());
}

TEST_F(CaseTest, StatesFollowRecordsAndLocks) {
  Plan plan = plan_of_two();
  seal_plan(plan);
  auto states = read_status(folder_, plan);
  ASSERT_TRUE(states.ok());
  EXPECT_EQ((*states)[0].state, ExhibitState::kPlanned);
  EXPECT_EQ(batch_exit_code(*states), 75);

  ASSERT_TRUE(publish_record(folder_, record_of(plan.exhibits[0], 4)).ok());
  ASSERT_TRUE(save_attempt(folder_, "A-2", {plan.exhibits[1].digest, 1, false, 0, "", "node1", 0}).ok());
  auto lock = FileLock::try_lock(folder_.task_lock(2), "a test", nullptr);
  ASSERT_TRUE(lock.ok() && lock->has_value());
  states = read_status(folder_, plan);
  EXPECT_EQ((*states)[0].state, ExhibitState::kDone);
  EXPECT_EQ((*states)[1].state, ExhibitState::kRunning);
  lock->reset();
  states = read_status(folder_, plan);
  EXPECT_EQ((*states)[1].state, ExhibitState::kInterrupted);

  ASSERT_TRUE(publish_record(folder_, record_of(plan.exhibits[1], 3)).ok());
  states = read_status(folder_, plan);
  EXPECT_EQ((*states)[1].state, ExhibitState::kNothingExamined) << "there is an index of it";
  EXPECT_EQ(batch_exit_code(*states), 3);
  ExhibitRecord without = record_of(plan.exhibits[1], 3);
  without.index_sha256.clear();
  ASSERT_TRUE(publish_record(folder_, without).ok());
  states = read_status(folder_, plan);
  EXPECT_EQ((*states)[1].state, ExhibitState::kFailed);
  EXPECT_EQ(batch_exit_code(*states), 3);
  EXPECT_EQ(unfinished_tasks(folder_, plan, false)->size(), 2U) << "no task record was published";
  for (const std::uint32_t number : {1U, 2U}) ASSERT_TRUE(publish_task_record(folder_, {number, "", "", 0, {}}).ok());
  EXPECT_TRUE(unfinished_tasks(folder_, plan, false)->empty());
  EXPECT_EQ(*unfinished_tasks(folder_, plan, true), std::vector<std::uint32_t>{2});

  plan.exhibits[0].segments[0].size_bytes = 301;
  seal_plan(plan);
  states = read_status(folder_, plan);
  EXPECT_EQ((*states)[0].state, ExhibitState::kStale);
  EXPECT_EQ(batch_exit_code(*states), 75);
}

TEST_F(CaseTest, TheWorstExitCodeSpeaksForAll) {
  for (const bool threshold : {false, true}) {
    const std::array worst_first =
        threshold ? std::array{75, 7, 2, 6, 4, 1, 3, 5, 0} : std::array{75, 7, 2, 6, 3, 4, 5, 1, 0};
    for (std::size_t i = 0; i < worst_first.size(); ++i)
      for (std::size_t j = i; j < worst_first.size(); ++j) {
        EXPECT_EQ(worse_exit_code(worst_first[i], worst_first[j], threshold), worst_first[i]);
        EXPECT_EQ(worse_exit_code(worst_first[j], worst_first[i], threshold), worst_first[i]);
      }
  }
}

TEST_F(CaseTest, AThresholdPutsADangerBeforeALockedExhibit) {
  Exhibit locked, threat;
  std::array<ExhibitStatus, 2> statuses;
  for (std::size_t i = 0; i < 2; ++i) {
    statuses[i].exhibit = i == 0 ? &locked : &threat;
    statuses[i].state = i == 0 ? ExhibitState::kNothingExamined : ExhibitState::kDone;
    statuses[i].record.emplace();
    statuses[i].record->result.exit_code = i == 0 ? 3 : 1;
  }
  EXPECT_EQ(batch_exit_code(statuses), 3);
  threat.fail_on = "high";
  EXPECT_EQ(batch_exit_code(statuses), 1);
}

TEST_F(CaseTest, ALockIsHeldByOne) {
  const std::string path = folder_.lock();
  auto first = FileLock::try_lock(path, "limier batch run", nullptr);
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_TRUE(FileLock::is_held(path));
  std::string holder;
  auto second = FileLock::try_lock(path, "limier batch plan", &holder);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->has_value());
  EXPECT_NE(holder.find("limier batch run, process "), std::string::npos) << holder;
  first->reset();
  EXPECT_FALSE(FileLock::is_held(path));
}

TEST_F(CaseTest, SubmissionsAreNumberedAndComeBackInOrder) {
  EXPECT_EQ(*next_submission_name(folder_, "slurm"), "slurm-1");
  Submission submission{"slurm-1", "slurm", "head", 0, 5, "d", {1, 2}, {"4711"}, false};
  ASSERT_TRUE(save_submission(folder_, submission).ok());
  EXPECT_EQ(*next_submission_name(folder_, "slurm"), "slurm-2");
  submission.name = "slurm-2";
  submission.started_ns = 4;
  ASSERT_TRUE(save_submission(folder_, submission).ok());
  const auto all = load_submissions(folder_);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].name, "slurm-2");
  EXPECT_EQ((*all)[1].engine_ids, std::vector<std::string>{"4711"});
}

}  // namespace
}  // namespace limier::batch
