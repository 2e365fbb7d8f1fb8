// The state of the batch as checks of a CI system: CASE/junit.xml.
#include "limier/report/junit.h"

#include <fmt/format.h>

#include <numeric>

#include "limier/batch.h"
#include "limier/report.h"

namespace limier::batch {
namespace {

constexpr std::size_t kEncrypted = 5, kUnreadable = 6;  // of coverage_bytes

std::string why_not_there(const ExhibitStatus& status) {
  if (status.state == ExhibitState::kFailed && status.record->index_sha256.empty())
    return status.record->result.message;
  if (is_finished(status.state)) return "";
  return fmt::format("not finished: {}{}{}", state_name(status.state), status.attempt_message.empty() ? "" : ", ",
                     status.attempt_message);
}

report::JunitSuite suite_of(const ExhibitStatus& status) {
  report::JunitSuite suite;
  suite.name = status.exhibit->name;
  suite.not_there = why_not_there(status);
  suite.fail_on = status.exhibit->fail_on;
  if (!suite.not_there.empty()) return suite;
  const ExhibitResult& result = status.record->result;
  suite.verdict = result.verdict;
  const std::string& profile = status.exhibit->profile;
  suite.done = profile == "list" || profile == "quick" ? report::work_done({profile})
                                                       : "listed and hashed; known message stores looked into";
  suite.mismatch = result.mismatch;
  suite.damaged = result.damaged;
  suite.incomplete = result.incomplete;
  suite.nothing_examined = result.nothing_examined;
  suite.media_bytes = result.media_bytes;
  suite.covered_bytes = std::accumulate(result.coverage_bytes.begin(), result.coverage_bytes.end(), std::uint64_t{0});
  suite.encrypted_bytes = result.coverage_bytes[kEncrypted];
  suite.unreadable_bytes = result.coverage_bytes[kUnreadable];
  suite.bad_ranges = result.bad_ranges;
  suite.bad_bytes = result.bad_bytes;
  suite.findings = result.findings;
  for (const NotExamined& gap : result.not_examined)
    suite.not_examined.push_back({gap.what, gap.reason, gap.bytes, gap.items});
  return suite;
}

}  // namespace

Status write_junit(const CaseFolder& folder, std::span<const ExhibitStatus> statuses) {
  std::vector<report::JunitSuite> suites;
  for (const ExhibitStatus& status : statuses) suites.push_back(suite_of(status));
  return publish_file(folder.junit(), report::junit_document(suites));
}

}  // namespace limier::batch
