// JUnit XML as Jenkins, GitLab and GitHub read it: testsuites, testsuite, testcase with failure, error or skipped.
#include "limier/report/junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "limier/base.h"
#include "limier/catalog/findings.h"
#include "report/formats.h"
#include "report/lists.h"
#include "report/out_file.h"
#include "report/talks.h"

namespace limier::report {
namespace {

constexpr std::size_t kMostGapsShown = 50;

enum class Kind : std::uint8_t { kPassed, kFailure, kError, kSkipped };

struct Check {
  std::string name;
  Kind kind = Kind::kPassed;
  std::string message;               // one line
  std::vector<std::string> lines{};  // further ones; a line end within one is shown as \n
};

Check integrity(const JunitSuite& suite) {
  Check check{"integrity", Kind::kPassed, ""};
  if (suite.mismatch)
    check = {"integrity", Kind::kFailure, "a computed digest differs from the stored or expected one"};
  else if (suite.damaged)
    check = {"integrity", Kind::kFailure,
             fmt::format("{} damaged ranges, {} bytes", suite.bad_ranges, suite.bad_bytes)};
  else if (suite.verdict.empty())
    check = {"integrity", Kind::kSkipped, "the media were not read (profile list)"};
  else
    check.message = "verdict: " + suite.verdict;
  return check;
}

Check coverage(const JunitSuite& suite) {
  if (suite.covered_bytes != suite.media_bytes)
    return {"coverage", Kind::kFailure,
            fmt::format("{} of {} bytes are accounted for", suite.covered_bytes, suite.media_bytes)};
  if (suite.unreadable_bytes > 0)
    return {"coverage", Kind::kFailure,
            fmt::format("{} of {} bytes cannot be read", suite.unreadable_bytes, suite.media_bytes)};
  return {"coverage", Kind::kPassed, fmt::format("all {} bytes are accounted for", suite.media_bytes)};
}

Check completeness(const JunitSuite& suite) {
  Check check{"completeness", Kind::kPassed, ""};
  for (std::size_t i = 0; i < std::min(suite.not_examined.size(), kMostGapsShown); ++i) {
    const auto& gap = suite.not_examined[i];
    check.lines.push_back(fmt::format("{}: {} ({} bytes, {} items)", gap.what, gap.reason, gap.bytes, gap.items));
  }
  if (suite.not_examined.size() > kMostGapsShown)
    check.lines.push_back(fmt::format("and {} more", suite.not_examined.size() - kMostGapsShown));
  if (suite.nothing_examined) {
    check.kind = Kind::kFailure;
    check.message = "nothing could be examined";
  } else if (suite.incomplete) {
    check.kind = Kind::kFailure;
    check.message = "part of the evidence could not be examined";
  } else {
    check.message = suite.done;
  }
  return check;
}

// Of the priorities that fail; 0: none does.
std::size_t failing(std::string_view fail_on) {
  const auto* const threshold = std::ranges::find(catalog::kPriorityWords, fail_on);
  return threshold == catalog::kPriorityWords.end()
             ? 0
             : static_cast<std::size_t>(threshold - catalog::kPriorityWords.begin()) + 1;
}

Check findings(const JunitSuite& suite) {
  std::uint64_t above = 0, all = 0;
  std::string counts;
  for (std::size_t i = 0; i < suite.findings.size(); ++i) {
    if (i < failing(suite.fail_on)) above += suite.findings[i];
    all += suite.findings[i];
    counts += fmt::format("{}{} {}", i == 0 ? "" : ", ", suite.findings[i], catalog::kPriorityWords[i]);
  }
  if (all == 0 && !suite.rules)
    return {"findings", Kind::kSkipped, "not computed: there was nothing that rules could judge"};
  if (above > 0)
    return {
        "findings", Kind::kFailure, fmt::format("{} findings of priority {} or above", above, suite.fail_on), {counts}};
  if (all == 0) return {"findings", Kind::kPassed, "none by the rules that were run; that is no all-clear"};
  return {"findings",
          Kind::kPassed,
          suite.fail_on.empty() ? "no threshold was given, so no finding fails"
                                : fmt::format("none of priority {} or above; that is no all-clear", suite.fail_on),
          {counts}};
}

Check finding(const JunitSuite::Finding& one) {
  return {fmt::format("finding {}: {}", one.key, one.title),
          Kind::kFailure,
          one.priority,
          {one.reason, one.path, "A finding is a priority to read, not an accusation."}};
}

std::vector<Check> checks_of(const JunitSuite& suite) {
  std::vector<Check> checks{integrity(suite), coverage(suite), completeness(suite), findings(suite)};
  for (const JunitSuite::Finding& one : suite.above) checks.push_back(finding(one));
  if (!suite.not_there.empty())
    for (Check& check : checks) check = {check.name, Kind::kError, suite.not_there};
  return checks;
}

std::string xml_lines(std::span<const std::string> lines) {
  std::string text;
  for (const std::string& line : lines) text += xml_text(line) + "\n";
  return text;
}

std::string case_text(const JunitSuite& suite, const Check& check) {
  const std::string head =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", xml_text(suite.name), xml_text(check.name));
  const std::string message = xml_text(check.message);
  switch (check.kind) {
    case Kind::kPassed:
      if (check.message.empty() && check.lines.empty()) return head + "/>\n";
      return fmt::format("{}>\n      <system-out>{}{}{}</system-out>\n    </testcase>\n", head, message,
                         message.empty() ? "" : "\n", xml_lines(check.lines));
    case Kind::kSkipped:
      return fmt::format("{}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", head, message);
    case Kind::kFailure:
    case Kind::kError:
      break;
  }
  const std::string_view element = check.kind == Kind::kError ? "error" : "failure";
  const std::string_view type = std::string_view(check.name).substr(0, check.name.find(' '));
  return fmt::format("{}>\n      <{} type=\"{}\" message=\"{}\">{}</{}>\n    </testcase>\n", head, element, type,
                     message, xml_lines(check.lines), element);
}

struct Totals {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  void add(std::span<const Check> checks) {
    const auto count = [&](Kind kind) {
      return static_cast<std::size_t>(
          std::count_if(checks.begin(), checks.end(), [&](const Check& check) { return check.kind == kind; }));
    };
    tests += checks.size();
    failures += count(Kind::kFailure);
    errors += count(Kind::kError);
    skipped += count(Kind::kSkipped);
  }
  // The schema has no `skipped` for all suites together.
  [[nodiscard]] std::string of_all() const {
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", tests, failures, errors);
  }
  [[nodiscard]] std::string of_suite() const { return fmt::format("{} skipped=\"{}\"", of_all(), skipped); }
};

std::uint64_t number(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

Result<std::vector<JunitSuite::Gap>> read_gaps(store::Index& index) {
  std::vector<JunitSuite::Gap> gaps;
  LIMIER_TRY(auto rows, index.query("SELECT what, reason, bytes, items FROM v_not_examined"));
  while (rows.step()) gaps.push_back({rows.text(0), rows.text(1), number(rows.integer(2)), number(rows.integer(3))});
  LIMIER_CHECK(rows.status());
  return gaps;
}

// Those that fail.
Result<std::vector<JunitSuite::Finding>> read_above(store::Index& index, std::string_view fail_on) {
  std::vector<JunitSuite::Finding> above;
  const std::size_t failing_priorities = failing(fail_on);
  if (failing_priorities == 0) return above;
  LIMIER_TRY(const ShownFindings shown, read_findings(index, kMaxFindings));
  for (const ShownFinding& one : shown.findings)
    if (failing(one.priority) <= failing_priorities)
      above.push_back({one.priority, one.title, one.key, one.reason.text, one.path});
  return above;
}

std::string suite_name(const Facts& facts) {
  if (!facts.authority.exhibit.empty()) return facts.authority.exhibit;
  const std::size_t slash = facts.evidence.path.rfind('/');
  return slash == std::string::npos ? facts.evidence.path : facts.evidence.path.substr(slash + 1);
}

}  // namespace

std::string junit_document(std::span<const JunitSuite> suites) {
  Totals all;
  std::string body;
  for (const JunitSuite& suite : suites) {
    const auto checks = checks_of(suite);
    Totals own;
    own.add(checks);
    all.add(checks);
    body += fmt::format("  <testsuite name=\"{}\" {} time=\"0\">\n", xml_text(suite.name), own.of_suite());
    for (const Check& check : checks) body += case_text(suite, check);
    body += "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"limier\" {} time=\"0\">\n{}"
      "</testsuites>\n",
      all.of_all(), body);
}

Status write_junit(Source& source, const std::string& dir) {
  LIMIER_TRY(const Facts* facts, source.facts());
  JunitSuite suite;
  suite.name = suite_name(*facts);
  const Conditions& conditions = facts->conditions;
  if (conditions.interrupted) suite.not_there = "the run was interrupted; what is there is not the whole";
  suite.verdict = facts->evidence.verdict;
  suite.mismatch = conditions.mismatch;
  suite.damaged = conditions.damaged;
  suite.incomplete = conditions.incomplete;
  suite.nothing_examined = conditions.nothing_examined;
  suite.done = work_done(facts->work);
  suite.media_bytes = number(facts->evidence.size_bytes);
  suite.covered_bytes = number(facts->coverage.total());
  for (std::size_t i = 0; i < kCoverageStates.size(); ++i) {
    if (kCoverageStates[i] == "unreadable") suite.unreadable_bytes = number(facts->coverage.bytes[i]);
    if (kCoverageStates[i] == "encrypted") suite.encrypted_bytes = number(facts->coverage.bytes[i]);
  }
  suite.bad_ranges = number(facts->counts.bad_ranges);
  suite.bad_bytes = number(facts->counts.bad_bytes);
  for (std::size_t i = 0; i < suite.findings.size(); ++i) suite.findings[i] = number(facts->counts.by_priority[i]);
  suite.rules = facts->work.rules;
  suite.fail_on = facts->run.fail_on;
  LIMIER_TRY(suite.above, read_above(source.index(), suite.fail_on));
  LIMIER_TRY(suite.not_examined, read_gaps(source.index()));
  LIMIER_TRY(OutFile out, OutFile::create(dir, "junit.xml"));
  out << junit_document(std::span(&suite, 1));
  return out.commit();
}

}  // namespace limier::report
