// What the finished exhibits hold, before any merge: read from their indexes.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "limier/batch.h"

namespace limier::batch {
namespace {

constexpr std::uint64_t kMaxListed = 1'000;  // of one exhibit

Status add_findings(const CaseFolder& folder, const Exhibit& exhibit, FindingsSoFar& all) {
  LIMIER_TRY(const auto index, store::Index::open(folder.exhibit(exhibit.folder)));
  LIMIER_TRY(auto judged, index->query("SELECT EXISTS (SELECT 1 FROM v_judged)"));
  if (judged.step()) all.judged += judged.integer(0) != 0 ? 1 : 0;
  LIMIER_CHECK(judged.status());
  LIMIER_TRY(auto rows,
             index->query("SELECT finding_id, priority, title, reason, key, coalesce(t, ''), score, rank FROM "
                          "v_finding ORDER BY rank, finding_id"));
  for (std::uint64_t count = 0; rows.step(); ++count) {
    if (count >= kMaxListed) {
      ++all.left_out;
      continue;
    }
    all.findings.push_back({exhibit.name, exhibit.folder, rows.integer(0), rows.text(1), rows.text(2), rows.text(3),
                            rows.text(4), rows.text(5), rows.real(6), rows.integer(7)});
  }
  return rows.status();
}

}  // namespace

FindingsSoFar findings_so_far(const CaseFolder& folder, std::span<const ExhibitStatus> statuses) {
  FindingsSoFar all;
  for (const ExhibitStatus& status : statuses) {
    if (!is_finished(status.state) || !status.record || status.record->index_sha256.empty()) continue;
    if (!add_findings(folder, *status.exhibit, all)) all.unreadable.push_back(status.exhibit->name);
  }
  const auto urgency = [](const ExhibitFinding& one) {
    return std::tuple(catalog::priority_of(one.priority).value_or(catalog::Priority::kInfo), -one.score, one.rank);
  };
  std::stable_sort(all.findings.begin(), all.findings.end(),
                   [&](const ExhibitFinding& a, const ExhibitFinding& b) { return urgency(a) < urgency(b); });
  return all;
}

}  // namespace limier::batch
