#include "batch/slurm_text.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "batch/external.h"

namespace limier::batch::slurm {
namespace {

std::vector<std::uint32_t> tasks_up_to(std::uint32_t count) {
  std::vector<std::uint32_t> tasks(count);
  std::iota(tasks.begin(), tasks.end(), 1u);
  return tasks;
}

TEST(SlurmArrays, EveryTaskIsInOneArrayAndNoArrayIsLargerThanAllowed) {
  for (const std::uint32_t size : {1u, 2u, 7u, 8u, 1001u}) {
    for (const std::uint32_t count : {1u, 7u, 8u, 9u, 300u}) {
      std::multiset<std::uint32_t> seen;
      for (const Array& array : split_arrays(tasks_up_to(count), size, 4)) {
        EXPECT_LE(array.tasks.size(), size);
        EXPECT_FALSE(array.tasks.empty());
        seen.insert(array.tasks.begin(), array.tasks.end());
      }
      const auto all = tasks_up_to(count);
      EXPECT_EQ(seen, std::multiset<std::uint32_t>(all.begin(), all.end())) << size << " " << count;
    }
  }
}

TEST(SlurmArrays, TogetherNeverMoreThanAskedForRunAtTheSameTime) {
  for (const std::uint32_t max_active : {1u, 2u, 3u, 16u, 100u}) {
    const auto arrays = split_arrays(tasks_up_to(40), 8, max_active);
    ASSERT_EQ(arrays.size(), 5u);
    // Arrays that wait for another one do not add to it: the sum over the heads of the lanes is the limit.
    std::uint32_t heads = 0;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      EXPECT_GE(arrays[i].max_active, 1u);
      if (!arrays[i].starts_after) {
        heads += arrays[i].max_active;
      } else {
        ASSERT_LT(*arrays[i].starts_after, i);
        EXPECT_EQ(arrays[i].max_active, arrays[*arrays[i].starts_after].max_active);
      }
    }
    EXPECT_EQ(heads, max_active);
  }
}

TEST(SlurmArrays, LargeTasksAreDealtOutSoThatEachArrayBeginsWithOne) {
  const auto arrays = split_arrays(tasks_up_to(6), 3, 2);
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_EQ(arrays[0].tasks, (std::vector<std::uint32_t>{1, 3, 5}));
  EXPECT_EQ(arrays[1].tasks, (std::vector<std::uint32_t>{2, 4, 6}));
  EXPECT_TRUE(split_arrays({}, 8, 2).empty());
}

TEST(SlurmText, MaxArraySizeIsReadFromTheConfiguration) {
  EXPECT_EQ(max_array_size("MaxAge = 1\nMaxArraySize            = 1001\nMaxDBDMsgs = 20\n"), 1001u);
  EXPECT_EQ(max_array_size("MaxArraySize = (null)\n"), std::nullopt);
  EXPECT_EQ(max_array_size("NotMaxArraySize = 5\n"), std::nullopt);
}

TEST(SlurmText, TheQueueIsReadLineByLine) {
  const auto entries =
      parse_queue("17|3|RUNNING|limier-aa-slurm-1-0\n18|N/A|PENDING|limier-aa-slurm-1-merge\nnonsense\n||\n");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].job_id, "17");
  EXPECT_EQ(entries[0].element, 3u);
  EXPECT_EQ(entries[0].state, "RUNNING");
  EXPECT_EQ(entries[1].element, std::nullopt);
  EXPECT_EQ(entries[1].name, "limier-aa-slurm-1-merge");
}

TEST(SlurmText, JobNumbers) {
  EXPECT_EQ(parse_job_id("1234\n"), "1234");
  EXPECT_EQ(parse_job_id("1234;north\n"), "1234");
  EXPECT_EQ(parse_job_id("Submitted batch job 12\n"), std::nullopt);
  EXPECT_EQ(parse_job_id(""), std::nullopt);
}

TEST(SlurmOptions, WhatLimierNeedsItselfIsRefused) {
  const auto refused = [](std::vector<std::string> options) { return !check_site_options(options).ok(); };
  EXPECT_TRUE(refused({"--array=0-3"}));
  EXPECT_TRUE(refused({"-a0-3"}));
  EXPECT_TRUE(refused({"--arr", "1"}));
  EXPECT_TRUE(refused({"--job-name=x"}));
  EXPECT_TRUE(refused({"-J", "x"}));
  EXPECT_TRUE(refused({"--wait"}));
  EXPECT_TRUE(refused({"--wrap=rm"}));
  EXPECT_TRUE(refused({"--dependency=afterok:1"}));
  EXPECT_TRUE(refused({"other.sh"}));
  EXPECT_TRUE(refused({"--partition=a", "other.sh"}));
  EXPECT_FALSE(refused({}));
  EXPECT_FALSE(refused({"--partition=a", "-A", "forensics", "--time=12:00:00", "--wait-all-nodes=1"}));
  EXPECT_FALSE(refused({"--comment", "$(reboot); 'x'"}));
}

TEST(SlurmScripts, NamesOfFilesAreNeverShellCode) {
  RunOptions options;
  options.program = "/opt/li mier";
  const std::string script = array_script({{4, 9}, 2, {}}, CaseFolder("/c/it's $(reboot) `x`"), options);
  EXPECT_NE(script.find("tasks=(4 9)"), std::string::npos);
  EXPECT_NE(script.find(R"('/opt/li mier' batch exec '/c/it'\''s $(reboot) `x`')"), std::string::npos) << script;
}

TEST(External, WordsSurviveTheShell) {
  const std::vector<std::string> words{"plain", "", "two words", "it's", "$HOME `x` \"q\" \\", "line\nbreak", "*?[a]~"};
  std::vector<std::string> printf_words{"printf", "%s|"};
  printf_words.insert(printf_words.end(), words.begin(), words.end());
  const auto output =
      run_program(std::vector<std::string>{"sh", "-c", shell_line(printf_words)}, std::chrono::seconds(20));
  ASSERT_TRUE(output.ok());
  EXPECT_EQ(output->out, "plain||two words|it's|$HOME `x` \"q\" \\|line\nbreak|*?[a]~|");
}

TEST(External, ExitCodesOutputsAndLimits) {
  const auto run = [](std::string script, int limit_s) {
    return run_program(std::vector<std::string>{"sh", "-c", std::move(script)}, std::chrono::seconds(limit_s));
  };
  const auto both = run("echo out; echo err >&2; exit 3", 20);
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->exit_code, 3);
  EXPECT_EQ(both->out, "out\n");
  EXPECT_EQ(both->err, "err\n");
  const auto killed = run("kill -9 $$", 20);
  ASSERT_TRUE(killed.ok());
  EXPECT_EQ(killed->exit_code, 137);
  const auto slow = run("sleep 30", 1);
  ASSERT_FALSE(slow.ok());
  EXPECT_EQ(slow.error().kind, ErrorKind::kTemporary);
  const auto absent = run_program(std::vector<std::string>{"no-such-program-here"}, std::chrono::seconds(1));
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace limier::batch::slurm
