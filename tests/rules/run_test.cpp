#include <gtest/gtest.h>

#include "limier/rules.h"
#include "rules/functions.h"

namespace limier::rules {
namespace {

constexpr std::int64_t kDay = 86'400 * kNsPerSecond;
constexpr std::int64_t kToday = 1'700'000'000 * kNsPerSecond;
constexpr std::string_view kPack = R"(id = "p"
version = "7"
title = "t"
meaning = "m"
measured = "not"
sources = ["own"]
[[class]]
id = "kill"
title = "killing"
)";
constexpr std::string_view kSelect =
    "SELECT message_id AS subject_id, file_id, content_id, locator, t_ns, weight(criteria(body, 'p'), 'kill') AS "
    "score, "
    "reasons(criteria(body, 'p'), 'p') AS reason FROM v_message WHERE criteria(body, 'p') IS NOT NULL";

std::string rule_text(std::string_view sql, std::string_view more = "") {
  return "id = \"r\"\ntitle = \"T\"\npriority = \"high\"\nmeaning = \"M\"\nlimits = \"L\"\nsubject = \"message\"\nsql "
         "= \"\"\"" +
         std::string(sql) + "\"\"\"\n" + std::string(more) + "[[hit]]\ntext = \"dood\"\n[[miss]]\ntext = \"leven\"\n";
}

Result<RuleSet> set_of(std::string_view sql, std::string_view more = "") {
  return RuleSet::from_files({{"p/pack.toml", std::string(kPack)},
                              {"p/r.toml", rule_text(sql, more)},
                              {"p/lexicon/kill.nl.txt", "# Origin: test\ndood*  2\nmoord  1\n"},
                              {"p/lexicon/language.nl.txt", "# Origin: test\nhet  1\neen  1\n"}});
}

class Run : public ::testing::Test {
 protected:
  void add(std::string body, std::optional<std::int64_t> t_ns, std::string kind = "text") {
    catalog::Message message;
    message.service = "chat";
    message.thread = "1";
    message.body = std::move(body);
    message.kind = std::move(kind);
    message.t_ns = t_ns;
    message.place.locator = "row:" + std::to_string(++count_);
    ASSERT_TRUE(index_->add(message).ok());
  }
  Report report(std::string_view sql, const Options& options = {}) {
    const auto set = set_of(sql);
    EXPECT_TRUE(set.ok()) << set.error().message;
    auto door = index_->rule_door();
    auto result = run(*set, door, options);
    EXPECT_TRUE(result.ok());
    return *result;
  }

  std::unique_ptr<store::SampleIndex> index_ = std::move(*store::SampleIndex::create());
  int count_ = 0;
};

TEST_F(Run, FindingsAreRankedAndSayWhy) {
  add("een moord", kToday);
  add("leven", kToday);
  add("dood en moord", kToday);
  const Report got = report(kSelect);
  ASSERT_EQ(got.findings.size(), 2u);
  EXPECT_TRUE(got.problems.empty());
  const auto& first = got.findings[0];
  EXPECT_EQ(first.rank, 1);
  EXPECT_EQ(first.subject_id, 3);
  EXPECT_EQ(first.subject_kind, "message");
  EXPECT_EQ(first.score, 3);
  EXPECT_EQ(first.reason, "killing (\"dood\", \"moord\")");
  EXPECT_EQ(first.pack + first.pack_version + first.rule + first.title + first.meaning + first.limits,
            "p7rTML Measured: not");
  EXPECT_EQ(first.priority, catalog::Priority::kHigh);
  EXPECT_EQ(first.t_ns, kToday);
  EXPECT_EQ(first.key.size(), 16u);
  EXPECT_EQ(got.findings[1].rank, 2);
}

TEST_F(Run, AKeyStaysWhenMoreIsFound) {
  add("dood", kToday);
  const std::string before = report(kSelect).findings.at(0).key;
  add("dood en moord", kToday);
  const Report got = report(kSelect);
  EXPECT_EQ(got.findings.at(1).key, before);
  EXPECT_NE(got.findings.at(0).key, before);
}

TEST_F(Run, PriorityComesBeforeScoreAndNewestFirst) {
  add("dood", kToday - kDay);
  add("dood", kToday);
  add("moord", kToday);
  const std::string sql =
      std::string(kSelect).replace(7, 0, "CASE WHEN body = 'moord' THEN 'live-in-danger' ELSE 'low' END AS priority, ");
  const Report got = report(sql);
  ASSERT_EQ(got.findings.size(), 3u);
  EXPECT_EQ(got.findings[0].subject_id, 3);
  EXPECT_EQ(got.findings[1].subject_id, 2);
  EXPECT_EQ(got.findings[2].subject_id, 1);
}

TEST_F(Run, ARuleThatIsWrongIsAProblemAndNoMore) {
  for (const std::string_view sql :
       {"SELECT 1 AS subject_id", "SELECT nonsense", "DELETE FROM v_message", "PRAGMA journal_mode",
        "SELECT criteria(body, 'other') FROM v_message", "SELECT 1; SELECT 2", "ATTACH 'x' AS y"}) {
    add("dood", kToday);
    const Report got = report(sql);
    EXPECT_EQ(got.problems.size(), 1u) << sql;
    EXPECT_TRUE(got.findings.empty());
  }
}

TEST_F(Run, ARuleHasABudgetOfSteps) {
  for (int i = 0; i < 50; ++i) add("dood", kToday);
  const std::string endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) " +
                              std::string(kSelect) + " AND (SELECT count(*) FROM n) > 0";
  const Report got = report(endless, {.step_budget = 1'000'000});
  ASSERT_FALSE(got.problems.empty());
  EXPECT_NE(got.problems[0].find("steps"), std::string::npos);
  EXPECT_TRUE(report(kSelect).problems.empty());  // the connection is as before
}

TEST_F(Run, APackThatGuessesNoLanguageJudgesEveryText) {
  add("lorem ipsum dolor sit amet consectetur", kToday);
  const auto set = RuleSet::from_files({{"p/pack.toml", std::string(kPack)},
                                        {"p/r.toml", rule_text(kSelect)},
                                        {"p/lexicon/kill.nl.txt", "# Origin: test\ndood*  2\n"}});
  ASSERT_TRUE(set.ok());
  auto door = index_->rule_door();
  const auto got = run(*set, door);
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got->judged.size(), 1u);
  EXPECT_EQ(got->judged[0].not_judged, 0);
}

TEST_F(Run, WhatWasNotJudgedIsCounted) {
  add("dood", kToday);
  add("", kToday, "image");
  add("moord", kToday, "image");
  add("", kToday, "audio");
  add("", kToday, "call");
  add("lorem ipsum dolor sit amet consectetur", kToday);
  const Report got = report(kSelect);
  ASSERT_EQ(got.judged.size(), 3u);
  EXPECT_EQ(got.judged[0].kind, "messages with text");
  EXPECT_EQ(got.judged[0].items, 3);
  EXPECT_EQ(got.judged[0].not_judged, 1);
  EXPECT_EQ(got.judged[1].kind, "messages: audio");
  EXPECT_EQ(got.judged[2].kind, "messages: image");
  EXPECT_EQ(got.judged[2].not_judged, 2);
}

TEST_F(Run, LastActivityIsNotOneWrongClock) {
  EXPECT_EQ(report(kSelect).last_activity_ns, std::nullopt);
  for (int i = 0; i < 10; ++i) add("x", kToday - i * kDay);
  EXPECT_EQ(report(kSelect).last_activity_ns, kToday);
  add("x", kToday + 3000 * kDay);
  add("x", std::nullopt);
  EXPECT_EQ(report(kSelect).last_activity_ns, kToday);
}

TEST(RuleSet, WrongFilesAreNamed) {
  const auto message = [](const Result<RuleSet>& set) { return set.ok() ? "" : set.error().message; };
  EXPECT_EQ(message(set_of(kSelect)), "");
  EXPECT_NE(message(set_of(kSelect, "colour = \"red\"\n")).find("p/r.toml: there is no key 'colour'"),
            std::string::npos);
  EXPECT_NE(message(RuleSet::from_files({{"p/pack.toml", "id ="}})).find("p/pack.toml, line 1"), std::string::npos);
  EXPECT_NE(message(RuleSet::from_files({{"p/r.toml", rule_text(kSelect)}})).find("no pack.toml"), std::string::npos);
  EXPECT_NE(message(RuleSet::from_files({{"p/pack.toml", std::string(kPack)}, {"p/lexicon/kill.txt", ""}}))
                .find("<class>.<language>.txt"),
            std::string::npos);
}

TEST(RuleSet, DigestIsOverAllFiles) {
  const auto digest = [](std::string_view sql) { return set_of(sql)->packs().at(0).sha256; };
  EXPECT_EQ(digest(kSelect), digest(kSelect));
  EXPECT_NE(digest(kSelect), digest("SELECT 1"));
  EXPECT_EQ(digest(kSelect).size(), 64u);
}

TEST(RuleSet, SamplesAreHeldToTheirWord) {
  const auto good = set_of(kSelect);
  EXPECT_TRUE(check(*good)->empty());
  const auto bad = set_of(kSelect, "[[hit]]\ntext = \"leven\"\nafter = [\"dood\"]\n[[miss]]\ntext = \"moord\"\n");
  const auto wrong = *check(*bad);
  ASSERT_EQ(wrong.size(), 2u);
  EXPECT_EQ(wrong[0], "rule p/r: this hit sample is not found: leven");
  EXPECT_EQ(wrong[1], "rule p/r: this miss sample is found: moord");
}

TEST_F(Run, EarlyLooksAtGraveMessagesOnly) {
  add("dood", kToday);
  std::string text = rule_text(
      "SELECT 1 AS subject_id, 1 AS file_id, 1 AS content_id, 'x' AS locator, 1 AS t_ns, 1 AS "
      "score, 'r' AS reason FROM v_message");
  text.replace(text.find("subject = \"message\""), 19, "subject = \"file\"");
  std::string minor = rule_text(kSelect);
  minor.replace(minor.find("priority = \"high\""), 17, "priority = \"medium\"");
  minor.replace(minor.find("id = \""), 6, "id = \"minor-");
  const auto set = RuleSet::from_files({{"p/pack.toml", std::string(kPack)},
                                        {"p/minor.toml", minor},
                                        {"p/q.toml", rule_text(kSelect)},
                                        {"p/r.toml", text},
                                        {"p/lexicon/kill.nl.txt", "# Origin: test\ndood*  2\n"}});
  ASSERT_TRUE(set.ok()) << set.error().message;
  auto door = index_->rule_door();
  EXPECT_EQ(run(*set, door)->findings.size(), 3u);
  const auto early = run(*set, door, {.early = true});
  ASSERT_EQ(early->findings.size(), 1u);
  EXPECT_EQ(early->findings[0].subject_kind, "message");
  EXPECT_TRUE(early->judged.empty());
}

TEST_F(Run, ARuleOverWhatIsNotComputedSaysSo) {
  add("dood", kToday);
  const Report got = report(std::string(kSelect) + " AND NOT EXISTS (SELECT 1 FROM v_text)");
  EXPECT_EQ(got.findings.size(), 1u);
  EXPECT_TRUE(got.problems.empty());
  ASSERT_EQ(got.judged.back().kind, "v_text");
  EXPECT_EQ(got.judged.back().reason, "not computed in this version, so these rules find nothing there: p/r");
}

TEST(RuleSet, WordsOfReasonsHaveTheirValuesInEveryLanguage) {
  const auto with = [](const std::string& words) {
    return RuleSet::from_files({{"p/pack.toml", std::string(kPack) + words},
                                {"p/r.toml", rule_text(kSelect)},
                                {"p/lexicon/kill.nl.txt", "# Origin: test\ndood*  2\n"}});
  };
  const auto good = with("[[words]]\nen = \"{w}: {} files\"\nnl = \"{} bestanden: {}\"\n");
  EXPECT_TRUE(good.ok()) << good.error().message;
  EXPECT_NE(with("[[words]]\nen = \"{} files\"\nnl = \"bestanden\"\n").error().message.find("other values"),
            std::string::npos);
  EXPECT_NE(with("[[words]]\nen = \"{} {}\"\nnl = \"{} {}\"\n").error().message.find("words of its own"),
            std::string::npos);
  EXPECT_NE(with("[[words]]\nen = \"a {b\"\nnl = \"a {b\"\n").error().message.find("words of its own"),
            std::string::npos);
}

TEST_F(Run, PacksThatAgreeAreJudgedOnce) {
  add("een moord in het huis van de buren", kToday);
  add("lorem ipsum dolor sit amet consectetur", kToday);
  const std::string second = std::string(kPack)
                                 .replace(kPack.find("\"p\""), 3, "\"q\"")
                                 .replace(kPack.find("sources"), 0, "languages_of = \"p\"\n");
  const auto own = std::string(kSelect).replace(kSelect.find("'p'"), 3, "'q'");
  std::vector<PackFile> files{{"p/pack.toml", std::string(kPack)},
                              {"p/r.toml", rule_text(kSelect)},
                              {"p/lexicon/kill.nl.txt", "# Origin: test\ndood*  2\nmoord  1\n"},
                              {"p/lexicon/language.nl.txt", "# Origin: test\nhet  1\neen  1\n"},
                              {"q/pack.toml", second},
                              {"q/r.toml", rule_text(own)},
                              {"q/lexicon/kill.nl.txt", "# Origin: test\nbuur  1\n"}};
  const auto set = RuleSet::from_files(files);
  ASSERT_TRUE(set.ok()) << set.error().message;
  auto door = index_->rule_door();
  const auto got = run(*set, door);
  ASSERT_EQ(got->judged.size(), 1u);
  EXPECT_EQ(got->judged[0].kind, "messages with text");
  EXPECT_EQ(got->judged[0].not_judged, 1);
  // Given anew, as a folder of all packs is, they take the place of the program's own: no list is read twice.
  const auto again = RuleSet::from_files(files, files);
  EXPECT_TRUE(again.ok()) << again.error().message;
  files[3].path = "p/lexicon/kill.en.txt";  // nothing tells languages apart now
  EXPECT_NE(RuleSet::from_files(files).error().message.find("no pack p with lists of languages"), std::string::npos);
}

TEST(RuleSet, SamplesOfRowsAreADeviceOfTheirOwn) {
  const std::string select =
      "SELECT min(app_id) AS subject_id, min(file_id) AS file_id, 1 AS content_id, name AS locator, max(last_used_ns) "
      "AS "
      "t_ns, 1.0 AS score, name AS reason FROM v_app GROUP BY name HAVING count(*) > 1 AND max(last_used_ns) > 0";
  const std::string row = "{view = \"app\", name = \"X\", last_used = \"2025-01-01T00:00:00Z\"}";
  const auto wrong_of = [&](const std::string& samples) {
    std::string text = rule_text(select);
    text.resize(text.find("[[hit]]"));
    const auto set = RuleSet::from_files({{"p/pack.toml", std::string(kPack)}, {"p/r.toml", text + samples}});
    return set.ok() ? *check(*set) : std::vector<std::string>{set.error().message};
  };
  const std::string two = "[[hit]]\ntext = \"two\"\nrows = [" + row + ", " + row + "]\n";
  EXPECT_EQ(wrong_of(two + "[[miss]]\ntext = \"one\"\nrows = [" + row + "]\n"), std::vector<std::string>{});
  EXPECT_EQ(wrong_of(two + "[[miss]]\ntext = \"both\"\nrows = [" + row + ", " + row + "]\n"),
            std::vector<std::string>{"rule p/r: this miss sample is found: both"});
  EXPECT_EQ(wrong_of(two + "[[miss]]\ntext = \"none\"\nrows = [{view = \"nothing\"}]\n"),
            std::vector<std::string>{"rule p/r, sample 'none': there is no view v_nothing"});
  EXPECT_EQ(wrong_of(two + "[[miss]]\ntext = \"odd\"\nrows = [{view = \"app\", colour = 1}]\n"),
            std::vector<std::string>{"rule p/r, sample 'odd': v_app has no column colour"});
  EXPECT_EQ(wrong_of(two + "[[miss]]\ntext = \"when\"\nrows = [{view = \"app\", last_used = \"late\"}]\n"),
            std::vector<std::string>{"rule p/r, sample 'when': last_used is no time: late"});
  EXPECT_NE(wrong_of(two + "[[miss]]\nrows = [" + row + "]\n").at(0).find("needs a 'text'"), std::string::npos);
}

// ---- the pack of the program
// ------------------------------------------------------------------------------------------

class Danger : public ::testing::Test {
 protected:
  static catalog::Priority priority_at(std::int64_t age_ns, bool with_time = true) {
    auto index = std::move(*store::SampleIndex::create());
    catalog::Message message;
    message.kind = "text";
    message.thread = "quiet";
    message.body = "tot morgen";
    for (int i = 0; i < 5; ++i) {
      message.t_ns = kToday - i * kDay;
      EXPECT_TRUE(index->add(message).ok());
    }
    message.thread = "other";
    message.body = "we gaan je vermoorden en je broer ook, we weten waar je woont";
    message.t_ns = with_time ? std::optional(kToday - age_ns) : std::nullopt;
    EXPECT_TRUE(index->add(message).ok());
    const auto set = RuleSet::load({});
    auto door = index->rule_door();
    const auto report = run(*set, door);
    EXPECT_EQ(report->findings.size(), 1u);
    return report->findings.at(0).priority;
  }
};

TEST_F(Danger, OfTheLastNinetyDaysIsLive) {
  EXPECT_EQ(priority_at(89 * kDay), catalog::Priority::kLiveInDanger);
  EXPECT_EQ(priority_at(91 * kDay), catalog::Priority::kHigh);
  EXPECT_EQ(priority_at(0, false), catalog::Priority::kLiveInDanger);
}

TEST_F(Danger, NeighboursCountWithinFiveMessagesAndTwoHours) {
  const auto score_of_answer = [](std::int64_t minutes, int between) {
    auto index = std::move(*store::SampleIndex::create());
    const auto add = [&](std::string body, std::int64_t t_ns) {
      catalog::Message message;
      message.kind = "text";
      message.thread = "1";
      message.body = std::move(body);
      message.t_ns = t_ns;
      EXPECT_TRUE(index->add(message).ok());
    };
    add("we gaan je vermoorden en je broer ook, we weten waar je woont", kToday);
    for (int i = 0; i < between; ++i) add("hm", kToday + i + 1);
    add("ok", kToday + minutes * 60 * kNsPerSecond);
    const auto set = RuleSet::load({});
    auto door = index->rule_door();
    const auto report = run(*set, door);
    for (const auto& finding : report->findings)
      if (finding.subject_id == between + 2) return finding.score;
    return 0.0;
  };
  EXPECT_GT(score_of_answer(119, 4), 1);
  EXPECT_EQ(score_of_answer(121, 4), 0);
  EXPECT_EQ(score_of_answer(119, 5), 0);
}

TEST_F(Danger, LaughterLowers) {
  const auto set = RuleSet::load({});
  auto index = std::move(*store::SampleIndex::create());
  for (const char* body : {"ik vermoord je en je broer morgen", "ik vermoord je en je broer morgen haha"}) {
    catalog::Message message;
    message.kind = "text";
    message.thread = body;
    message.body = body;
    message.t_ns = kToday;
    ASSERT_TRUE(index->add(message).ok());
  }
  auto door = index->rule_door();
  const auto report = run(*set, door);
  ASSERT_EQ(report->findings.size(), 2u);
  EXPECT_EQ(report->findings[0].subject_id, 1);
  EXPECT_GT(report->findings[0].score, 2 * report->findings[1].score);
}

}  // namespace
}  // namespace limier::rules
