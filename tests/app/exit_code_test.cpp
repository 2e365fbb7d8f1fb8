// Which of several conditions a finished run ends with.
#include <gtest/gtest.h>

#include "limier/app.h"

namespace limier::app {
namespace {

using catalog::Priority;

store::IndexWriter::Conditions all() {
  store::IndexWriter::Conditions conditions;
  conditions.mismatch = conditions.incomplete = conditions.nothing_examined = true;
  conditions.first_finding = Priority::kHigh;
  return conditions;
}

TEST(ExitCode, OfAFinishedRunIsTheFirstThatHolds) {
  auto conditions = all();
  for (const auto& fail_on : {std::optional<Priority>(), std::optional(Priority::kLow)}) {
    conditions = all();
    EXPECT_EQ(exit_code_for(conditions, fail_on), 3);
    conditions.nothing_examined = false;
    EXPECT_EQ(exit_code_for(conditions, fail_on), 4);
    conditions.mismatch = false;
    conditions.damaged = true;
    EXPECT_EQ(exit_code_for(conditions, fail_on), 4);
    conditions.damaged = false;
    EXPECT_EQ(exit_code_for(conditions, fail_on), fail_on ? 1 : 5);
    conditions.incomplete = false;
    EXPECT_EQ(exit_code_for(conditions, fail_on), fail_on ? 1 : 0);
  }
}

TEST(ExitCode, OfAFindingDependsOnTheThreshold) {
  store::IndexWriter::Conditions conditions;
  EXPECT_EQ(exit_code_for(conditions, Priority::kLow), 0);
  conditions.first_finding = Priority::kHigh;
  EXPECT_EQ(exit_code_for(conditions, Priority::kLiveInDanger), 0);
  EXPECT_EQ(exit_code_for(conditions, Priority::kHigh), 1);
  EXPECT_EQ(exit_code_for(conditions, Priority::kMedium), 1);
  EXPECT_EQ(exit_code_for(conditions, std::nullopt), 0);
}

}  // namespace
}  // namespace limier::app
