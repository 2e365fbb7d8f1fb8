// `limier check CASE`: every exhibit of a case, one after the other.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "batch/machine.h"
#include "limier/batch.h"

namespace limier::batch {
namespace {

// The folder of one exhibit and its completion record vouch for each other.
app::CheckReport::Item check_record(const CaseFolder& folder, const ExhibitRecord& record) {
  const std::string what = record.exhibit + ": completion record";
  const auto digest = file_sha256(folder.exhibit(record.folder) + "/index.db");
  if (!digest.ok()) return {what, false, digest.error().message};
  if (*digest != record.index_sha256)
    return {what, false, fmt::format("index.db has SHA-256 {}, the record names {}", *digest, record.index_sha256)};
  return {what, true, "names this index.db"};
}

Status check_exhibit(const CaseFolder& folder, const ExhibitStatus& status, bool evidence, app::CheckReport& report) {
  if (!is_finished(status.state) || status.record->index_sha256.empty()) {
    report.items.push_back(
        {status.exhibit->name, true, fmt::format("there is no result to check ({})", state_name(status.state))});
    return ok_status();
  }
  report.items.push_back(check_record(folder, *status.record));
  auto one = app::check(folder.exhibit(status.exhibit->folder), evidence);
  if (!one.ok()) {
    report.items.push_back({status.exhibit->name, false, one.error().message});
    return ok_status();
  }
  for (auto& item : one->items)
    report.items.push_back({status.exhibit->name + ": " + item.what, item.good, std::move(item.detail)});
  return ok_status();
}

}  // namespace

Result<app::CheckReport> check_case(const CaseFolder& folder, bool evidence) {
  LIMIER_TRY(const Plan plan, load_plan(folder));
  LIMIER_TRY(const auto statuses, read_status(folder, plan));
  app::CheckReport report;
  report.items.push_back({"plan.json", true, "its digest fits its content"});
  for (const ExhibitStatus& status : statuses) LIMIER_CHECK(check_exhibit(folder, status, evidence, report));
  report.good = std::all_of(report.items.begin(), report.items.end(), [](const auto& item) { return item.good; });
  return report;
}

}  // namespace limier::batch
