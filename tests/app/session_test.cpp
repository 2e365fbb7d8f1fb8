// The supervisor against workers that die, hang and lie.
#include "app/session.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <thread>

#include "limier/catalog.h"

namespace limier::app {
namespace {

using namespace std::chrono_literals;

class RogueSession : public ::testing::Test {
 protected:
  void SetUp() override { setenv("LIMIER_LIBEXEC", LIMIER_TEST_LIBEXEC, 1); }
  void TearDown() override { unsetenv("LIMIER_LIBEXEC"); }
  Ending run(const std::string& word) {
    Session session;
    session.worker = "rogue-worker";
    session.job.assign(word.begin(), word.end());
    session.limits = limits;
    session.max_row_bytes = 1u << 20;
    session.on_frame = [](const worker::Frame& frame) {
      if (frame.type == worker::FrameType::kBlocks) return ok_status();
      return for_each_record<catalog::NameRecord>(frame, [](const auto&) { return ok_status(); });
    };
    auto ending = run_session(session, evidence, stop);
    EXPECT_TRUE(ending.ok());
    return ending.ok() ? *ending : Ending{};
  }
  WatchLimits limits{400ms, 1500ms, 60s, 0, 0};
  EvidenceSet evidence;
  std::atomic<int> stop{0};
};

TEST_F(RogueSession, AFinishedWorkerGivesItsFigures) {
  const Ending ending = run("done");
  EXPECT_EQ(ending.kind, EndingKind::kFinished);
  EXPECT_EQ(ending.stats.chunks_decoded, 5u);
}

TEST_F(RogueSession, ACrashIsNamedWithItsSignalAndItem) {
  const Ending ending = run("abort");
  EXPECT_EQ(ending.kind, EndingKind::kCrashed);
  EXPECT_TRUE(ending.exit.signalled);
  EXPECT_EQ(ending.exit.code, SIGABRT);
  EXPECT_EQ(ending.item, 77u);
  EXPECT_NE(ending.sentence().find("ABRT"), std::string::npos);
}

TEST_F(RogueSession, AnEarlyExitIsACrashToo) {
  const Ending ending = run("exit");
  EXPECT_EQ(ending.kind, EndingKind::kCrashed);
  EXPECT_FALSE(ending.exit.signalled);
  EXPECT_EQ(ending.exit.code, 9);
}

TEST_F(RogueSession, AHangIsEndedByTheWallClock) {
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(run("hang").kind, EndingKind::kStalled);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST_F(RogueSession, AnEndlessLoopOverOneItemIsEnded) {
  EXPECT_EQ(run("loop").kind, EndingKind::kStalled);
}

TEST_F(RogueSession, NewItemsForEverAreEndedWhenNothingIsReadOrFound) {
  limits.slack = 500ms;
  const auto before = std::chrono::steady_clock::now();
  const Ending ending = run("new items for ever");
  EXPECT_EQ(ending.kind, EndingKind::kOverTime);
  EXPECT_TRUE(ending.died());
  EXPECT_GE(ending.unaccounted, limits.slack);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
  EXPECT_EQ(run("frames for ever").kind, EndingKind::kOverTime) << "progress reports are no rows";
}

// 8 TB in pieces of 32 KiB, ten million files, on the slowest media: nobody who is at work runs out of time.
TEST(WorkAndTime, WhatIsReadAndFoundAccountsForTheTime) {
  EXPECT_EQ(worth_of({}, 1u << 30), 0ms);
  EXPECT_EQ(worth_of({.new_bytes = 8u << 20, .new_pieces = 256}, 0), 1s + 256 * 20ms);
  EXPECT_EQ(worth_of({.row_bytes = 20'000}, 0), 1s);
  EXPECT_EQ(worth_of({.content_bytes = 20'000'000}, 5'000'000), 2s);
  EXPECT_EQ(worth_of({.content_bytes = 1ull << 60}, 5'000'000), 2s) << "four times the evidence, no more";
  constexpr std::uint64_t kMost = UINT64_MAX;
  EXPECT_GT(worth_of({kMost, kMost, kMost, kMost}, kMost), 0ms) << "whatever a worker writes into the page";
}

TEST_F(RogueSession, LiesEndTheWorker) {
  EXPECT_EQ(run("garbage").kind, EndingKind::kMisbehaved);
  EXPECT_EQ(run("lie").kind, EndingKind::kMisbehaved);
}

TEST_F(RogueSession, NothingIsTakenFromAWorkerOutsideItsJail) {
  EXPECT_EQ(run("rows before the jail").kind, EndingKind::kMisbehaved);
  EXPECT_EQ(run("ready twice").kind, EndingKind::kMisbehaved);
#if !defined(LIMIER_SANITIZED)
  const Ending ending = run("no jail");
  EXPECT_EQ(ending.kind, EndingKind::kMisbehaved);
  EXPECT_NE(ending.sentence().find("no jail"), std::string::npos);
#endif
}

TEST_F(RogueSession, SignsOfLifeForEverAreEndedToo) {
  limits.session = 700ms;
  EXPECT_EQ(run("new items for ever").kind, EndingKind::kOverTime);
  EXPECT_EQ(run("frames for ever").kind, EndingKind::kOverTime);
}

TEST_F(RogueSession, AWorkerCannotFillTheDisk) {
  const Ending ending = run("rows for ever");
  EXPECT_EQ(ending.kind, EndingKind::kMisbehaved);
  EXPECT_NE(ending.sentence().find("more rows"), std::string::npos);
}

TEST_F(RogueSession, AWorkerThatGrowsIsEndedBeforeTheSystemSuffers) {
  limits.item = 60s;
  limits.worker_bytes = 256u << 20;
  const Ending ending = run("grow");
  EXPECT_EQ(ending.kind, EndingKind::kOverMemory);
  EXPECT_GT(ending.exit.peak_bytes, limits.worker_bytes);
  EXPECT_LT(ending.exit.peak_bytes, 2 * limits.worker_bytes);
}

TEST_F(RogueSession, ProcessesTogetherHaveALimitToo) {
  limits.item = 60s;
  limits.tree_bytes = 256u << 20;
  EXPECT_EQ(run("grow").kind, EndingKind::kOverMemory);
}

TEST_F(RogueSession, WhatReadsContentHasADeadlineByItsSize) {
  EXPECT_EQ(content_limit(0), 10s);
  EXPECT_EQ(content_limit(10'000'000), 11s);
  EXPECT_EQ(content_limit(1'000'000'000), 110s);
  EXPECT_LT(content_limit(UINT64_MAX), 3h);
  // Ten seconds are more than an item without content gets here, so only the session's end is left to come.
  limits.session = 2500ms;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(run("content").kind, EndingKind::kOverTime);
  EXPECT_GT(std::chrono::steady_clock::now() - before, 2s);
}

TEST_F(RogueSession, AFailureCarriesTheWorkersSentence) {
  const Ending ending = run("fail");
  EXPECT_EQ(ending.kind, EndingKind::kFailed);
  EXPECT_EQ(ending.error.kind, ErrorKind::kEvidence);
  EXPECT_EQ(ending.error.message, "no such volume");
}

TEST_F(RogueSession, AStopSignalEndsItAtOnce) {
  std::thread later([this] {
    std::this_thread::sleep_for(100ms);
    stop.store(SIGINT);
  });
  EXPECT_EQ(run("loop").kind, EndingKind::kInterrupted);
  later.join();
}

}  // namespace
}  // namespace limier::app
