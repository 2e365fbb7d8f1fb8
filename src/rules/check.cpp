// Samples of rules, each a thread of its own on an index in memory.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "limier/rules.h"
#include "rules/functions.h"

namespace limier::rules {
namespace {

constexpr std::int64_t kFirstTime = 1'700'000'000 * kNsPerSecond;  // any time does
constexpr std::int64_t kBetween = 60 * kNsPerSecond;

Result<std::int64_t> add_sample(store::SampleIndex& index, const Sample& sample, std::size_t number) {
  std::int64_t position = 0, subject = 0;
  const auto add = [&](const std::string& text) -> Result<std::int64_t> {
    catalog::Message message;
    message.service = "sample";
    message.thread = std::to_string(number);
    message.body = text;
    message.kind = "text";
    message.place.locator = fmt::format("sample:{}.{}", number, position);
    message.t_ns = kFirstTime + position++ * kBetween;
    return index.add(message);
  };
  for (const auto& text : sample.before) LIMIER_CHECK(add(text));
  LIMIER_TRY(subject, add(sample.text));
  for (const auto& text : sample.after) LIMIER_CHECK(add(text));
  return subject;
}

// Whether the rule finds something on a device of these rows and nothing else.
Result<bool> finds(const Pack& pack, const Rule& rule, const RuleSet& set, const Sample& sample) {
  LIMIER_TRY(auto index, store::SampleIndex::create());
  for (const store::SampleRow& row : sample.rows) LIMIER_CHECK(index->add(row));
  auto door = index->rule_door();
  LIMIER_TRY(const auto findings, run_alone(set, pack, rule, door));
  return std::any_of(findings.begin(), findings.end(),
                     [&](const catalog::Finding& finding) { return finding.priority <= rule.priority; });
}

std::string wrong_sample(const Pack& pack, const Rule& rule, const Sample& sample) {
  return fmt::format("rule {}/{}: this {} sample is {}: {}", pack.id, rule.id, sample.hit ? "hit" : "miss",
                     sample.hit ? "not found" : "found", sample.text);
}

Status check_pack(const RuleSet& set, const Pack& pack, std::vector<std::string>& wrong) {
  LIMIER_TRY(auto index, store::SampleIndex::create());
  struct Expected {
    const Rule* rule;
    const Sample* sample;
    std::int64_t subject;
  };
  std::vector<Expected> expected;
  for (const Rule& rule : pack.rules)
    for (const Sample& sample : rule.samples) {
      if (!sample.rows.empty()) {
        const auto found = finds(pack, rule, set, sample);
        if (!found)
          wrong.push_back(
              fmt::format("rule {}/{}, sample '{}': {}", pack.id, rule.id, sample.text, found.error().message));
        else if (*found != sample.hit)
          wrong.push_back(wrong_sample(pack, rule, sample));
        continue;
      }
      LIMIER_TRY(const std::int64_t subject, add_sample(*index, sample, expected.size() + 1));
      expected.push_back({&rule, &sample, subject});
    }
  auto door = index->rule_door();
  LIMIER_TRY(const Report report, run(set, door));
  for (const std::string& problem : report.problems)
    if (problem.find(fmt::format(" {}/", pack.id)) != std::string::npos) wrong.push_back(problem);
  std::map<std::pair<std::string, std::int64_t>, catalog::Priority> found;
  for (const auto& finding : report.findings)
    if (finding.pack == pack.id)
      found.emplace(std::pair(finding.rule, finding.subject_id.value_or(0)), finding.priority);
  for (const auto& [rule, sample, subject] : expected) {
    const auto at = found.find({rule->id, subject});
    // A hit is one at the rule's own priority.
    const bool hit = at != found.end() && at->second <= rule->priority;
    if (hit == sample->hit) continue;
    wrong.push_back(wrong_sample(pack, *rule, *sample));
  }
  return ok_status();
}

}  // namespace

Result<std::vector<std::string>> check(const RuleSet& set) {
  std::vector<std::string> wrong;
  for (const Pack& pack : set.packs()) LIMIER_CHECK(check_pack(set, pack, wrong));
  return wrong;
}

}  // namespace limier::rules
