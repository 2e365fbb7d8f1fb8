// Rules while the index is written, and when it is finished.
#include <gtest/gtest.h>

#include "limier/rules.h"
#include "store/fixture.h"

namespace limier::rules {
namespace {

class WhileWritten : public store::testing::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
    volume(1, 0, 500'000);
    file(1, "/chat.db", 30, 4096, 100);
    check(writer_->build_catalog());
    check(writer_->choose_items({.parser = "chat", .version = "1", .path_globs = {"*.db"}, .lead = true}));
    auto waiting = writer_->waiting_items();
    ASSERT_TRUE(waiting.ok());
    ASSERT_EQ(waiting->size(), 1u);
    item_ = waiting->front().item_id;
  }
  void message(std::string locator, std::string body) {
    catalog::Message row;
    row.place.locator = std::move(locator);
    row.place.state = catalog::RowState::kLive;
    row.kind = "text";
    row.thread = "1";
    row.body = std::move(body);
    row.t_ns = 1'600'000'000'000'000'000 + ++count_ * 60'000'000'000;
    check(writer_->add_row(item_, catalog::kKindOf<catalog::Message>, "chat", "1", catalog::cells_of(row)));
  }
  static Report report_of(Result<store::RuleDoor> door) {
    EXPECT_TRUE(door.ok());
    const auto set = RuleSet::load({});
    auto report = run(*set, *door);
    EXPECT_TRUE(report.ok() && report->problems.empty());
    return *report;
  }

  std::int64_t item_ = 0;
  int count_ = 0;
};

TEST_F(WhileWritten, AFindingIsTheSameBeforeAndAfterRowsHaveTheirNumbers) {
  message("m:1", "tot straks");
  message("m:2", "we gaan je vermoorden en je broer ook, we weten waar je woont");
  const Report early = report_of(writer_->rule_door());
  ASSERT_FALSE(early.findings.empty());
  EXPECT_EQ(early.findings[0].priority, catalog::Priority::kLiveInDanger);

  auto door = writer_->rule_door();
  EXPECT_FALSE(door->query("DELETE FROM v_message", 1000).ok());
  message("m:3", "hallo");  // the writer itself may go on writing
  check(writer_->finish_item(item_, catalog::ItemState::kParsed, 1, ""));
  check(writer_->finish_evidence(digest_of({}, kAllDigests), store::Verdict::kVerified, true));
  check(writer_->settle_content());
  check(writer_->build_coverage());
  close();

  const Report late = report_of(index_->rule_door());
  ASSERT_FALSE(late.findings.empty());
  EXPECT_EQ(late.findings[0].key, early.findings[0].key);
  EXPECT_EQ(late.findings[0].reason, early.findings[0].reason);
  EXPECT_EQ(late.findings[0].subject_id, 2);
  EXPECT_EQ(late.findings[0].file_id, 1);
}

}  // namespace
}  // namespace limier::rules
