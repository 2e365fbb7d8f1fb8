#include "app/rules_phase.h"

#include <fmt/format.h>

#include <set>

#include "limier/store/rule_door.h"

namespace limier::app {
namespace {

// Between two early looks, in lengths of the last one: a tenth of the time at most.
constexpr int kRest = 9;

}  // namespace

RulesPhase::RulesPhase(store::IndexWriter& index, const rules::RuleSet& rules, Progress& progress)
    : index_(index), rules_(rules), progress_(progress) {}

Status RulesPhase::look_early() {
  const auto begun = Clock::now();
  if (begun < next_look_) return ok_status();
  LIMIER_TRY(auto door, index_.rule_door());
  const auto report = rules::run(rules_, door, {.early = true});
  if (!report) return ok_status();  // what is wrong with a rule is said at the end
  tell(*report, true);
  const auto now = Clock::now();
  next_look_ = now + kRest * (now - begun);
  return ok_status();
}

Status RulesPhase::finish() {
  progress_.stage_started("rules", 0, "");
  rules::Report report;
  {
    LIMIER_TRY(auto door, index_.rule_door());
    LIMIER_TRY(report, rules::run(rules_, door));
  }
  LIMIER_CHECK(index_.clear_engine_rows(catalog::kKindOf<catalog::Finding>));
  LIMIER_CHECK(index_.clear_engine_rows(catalog::kKindOf<catalog::Judged>));
  for (const catalog::Finding& finding : report.findings) LIMIER_CHECK(index_.add(finding));
  for (const catalog::Judged& judged : report.judged) LIMIER_CHECK(index_.add(judged));
  for (const std::string& problem : report.problems) {
    catalog::IssueRecord issue;
    issue.stage = "rules";
    issue.code = "rule-not-run";
    issue.message = problem;
    issue.incomplete = true;
    LIMIER_CHECK(index_.add(issue));
  }
  tell(report, false);
  progress_.stage_ended();
  return ok_status();
}

// News are those of priority high or above; what was told and does not hold any more is taken back.
void RulesPhase::tell(const rules::Report& report, bool provisional) {
  std::set<std::string_view> there;
  for (const catalog::Finding& finding : report.findings) {
    if (finding.priority > catalog::Priority::kHigh) continue;
    there.insert(finding.key);
    const auto before = told_.find(finding.key);
    if (before != told_.end() && before->second == finding.priority) continue;
    told_[finding.key] = finding.priority;
    FindingNews news;
    news.key = finding.key;
    news.priority = rules::priority_word(finding.priority);
    news.title = finding.title;
    news.reason = finding.reason;
    news.t = finding.t_ns;
    news.provisional = provisional;
    progress_.finding(news);
  }
  std::erase_if(told_, [&](const auto& told) {
    if (there.contains(told.first)) return false;
    FindingNews news;
    news.key = told.first;
    news.withdrawn = true;
    progress_.finding(news);
    return true;
  });
}

}  // namespace limier::app
