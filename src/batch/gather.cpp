#include "batch/gather.h"

#include <algorithm>

namespace limier::batch {
namespace {

constexpr std::array<std::string_view, 5> kPriorities{"live-in-danger", "high", "medium", "low", "info"};
constexpr std::array<std::string_view, 7> kCoverageStates{"metadata",      "file",      "slack",     "unallocated",
                                                          "unpartitioned", "encrypted", "unreadable"};
// Records are read by the hundred: an index with more gaps than this says how many more there are.
constexpr std::size_t kMostGaps = 200;

std::uint64_t number(const store::Query& row, int column) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(column), 0));
}

template <class Use>
Status each_row(store::Index& index, std::string_view sql, const Use& use) {
  LIMIER_TRY(auto rows, index.query(sql));
  while (rows.step()) use(rows);
  return rows.status();
}

// total() of SQLite is a floating point number that cannot overflow; sums of bytes are exact up to 2^53.
std::uint64_t total(const store::Query& row, int column) {
  return static_cast<std::uint64_t>(std::max(row.real(column), 0.0));
}

template <std::size_t N>
void put(std::array<std::uint64_t, N>& into, const std::array<std::string_view, N>& names, std::string_view name,
         std::uint64_t value) {
  const auto* const at = std::find(names.begin(), names.end(), name);
  if (at != names.end()) into[static_cast<std::size_t>(at - names.begin())] += value;
}

Status read_evidence(store::Index& index, ExhibitResult& result) {
  return each_row(index,
                  "SELECT format, coalesce(verdict, ''), coalesce(md5, ''), coalesce(sha1, ''), "
                  "coalesce(sha256, ''), size_bytes FROM v_evidence",
                  [&](const store::Query& row) {
                    result.format = row.text(0);
                    result.verdict = row.text(1);
                    result.md5 = row.text(2);
                    result.sha1 = row.text(3);
                    result.sha256 = row.text(4);
                    result.media_bytes = number(row, 5);
                  });
}

Status read_counts(store::Index& index, ExhibitResult& result) {
  LIMIER_CHECK(each_row(index, "SELECT count(*), total(deleted) FROM v_file", [&](const store::Query& row) {
    result.files = number(row, 0);
    result.deleted = total(row, 1);
  }));
  return each_row(index,
                  "SELECT (SELECT count(*) FROM v_volume), (SELECT count(*) FROM v_issue), "
                  "(SELECT count(*) FROM v_hit), count(*), total(length) FROM v_bad_range",
                  [&](const store::Query& row) {
                    result.volumes = number(row, 0);
                    result.issues = number(row, 1);
                    result.hits = number(row, 2);
                    result.bad_ranges = number(row, 3);
                    result.bad_bytes = total(row, 4);
                  });
}

Status read_gaps(store::Index& index, ExhibitResult& result) {
  std::uint64_t left_out = 0;
  LIMIER_CHECK(each_row(index, "SELECT what, reason, bytes, items FROM v_not_examined", [&](const store::Query& row) {
    if (result.not_examined.size() >= kMostGaps)
      ++left_out;
    else
      result.not_examined.push_back({row.text(0), row.text(1), number(row, 2), number(row, 3)});
  }));
  if (left_out > 0) result.not_examined.push_back({"more", "see v_not_examined of the exhibit's index", 0, left_out});
  return ok_status();
}

}  // namespace

Result<ExhibitResult> gather_result(const std::string& index_dir) {
  LIMIER_TRY(const auto index, store::Index::open(index_dir));
  ExhibitResult result;
  LIMIER_CHECK(read_evidence(*index, result));
  LIMIER_CHECK(read_counts(*index, result));
  LIMIER_CHECK(
      each_row(*index, "SELECT priority, count(*) FROM v_finding GROUP BY priority",
               [&](const store::Query& row) { put(result.findings, kPriorities, row.text(0), number(row, 1)); }));
  LIMIER_CHECK(each_row(
      *index, "SELECT state, total(length) FROM v_coverage GROUP BY state",
      [&](const store::Query& row) { put(result.coverage_bytes, kCoverageStates, row.text(0), total(row, 1)); }));
  LIMIER_CHECK(read_gaps(*index, result));
  return result;
}

}  // namespace limier::batch
