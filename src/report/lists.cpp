#include "report/lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace limier::report {
namespace {

// 2101-01-01, where the activity chart ends: later times are damage or defaults and would fill the list of recent
// files.
constexpr std::int64_t kLatestPlausibleNs = 4'133'980'800 * kNsPerSecond;

List largest_of(Keeper keeper) {
  if (keeper == Keeper::kUser) return List::kLargestUser;
  return keeper == Keeper::kSystem ? List::kLargestSystem : List::kLargestOther;
}
List recent_of(Keeper keeper) {
  if (keeper == Keeper::kUser) return List::kRecentUser;
  return keeper == Keeper::kSystem ? List::kRecentSystem : List::kRecentOther;
}

}  // namespace

void ListPicker::pick(List list, std::size_t limit, std::int64_t key, std::int64_t file_id) {
  auto& heap = picks_[static_cast<std::size_t>(list)];
  const Pick pick{key, file_id};
  if (heap.size() == limit) {
    if (!(pick < heap.front())) return;
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
  }
  heap.push_back(pick);
  std::push_heap(heap.begin(), heap.end());
}

void ListPicker::offer(const Candidate& file) {
  const bool stream = file.kind == "stream", plain = file.kind == "file";
  if (file.content_state == "encrypted") pick(List::kEncrypted, kMaxNotable, file.size, file.file_id);
  if (plain && file.modified_ns && *file.modified_ns < kLatestPlausibleNs) {
    pick(file.internal ? List::kRecentInternal : List::kRecent, kMaxRecent, *file.modified_ns, file.file_id);
    if (!file.internal)
      pick(recent_of(file.keeper), file.keeper == Keeper::kUser ? kMaxRecentUser : kMaxRecent, *file.modified_ns,
           file.file_id);
  }
  if (!plain && !stream) return;
  if (file.size > 0) {
    pick(file.internal ? List::kLargestInternal : List::kLargest, kMaxLargest, file.size, file.file_id);
    if (!file.internal) pick(largest_of(file.keeper), kMaxLargest, file.size, file.file_id);
  }
  if (stream && file.size > 0 && !file.zone_identifier && !file.internal)
    pick(List::kStreams, kMaxNotable, file.size, file.file_id);
  if (file.deleted && file.content_state == "recovered") pick(List::kRecovered, kMaxNotable, file.size, file.file_id);
  if (file.content_state == "overwritten") pick(List::kOverwritten, kMaxNotable, file.size, file.file_id);
  if (file.mismatch) pick(List::kMismatch, kMaxNotable, file.size, file.file_id);
  if (file.content_state == "unreadable" || file.content_state == "partial")
    pick(List::kUnreadable, kMaxNotable, file.size, file.file_id);
}

Status ListPicker::read(store::Index& index, std::array<std::vector<FileRow>, kListCount>& lists) {
  // One statement for all of them: preparing the view takes longer than reading it.
  std::string ids;
  for (const auto& picks : picks_)
    for (const Pick& pick : picks) ids += fmt::format("{}{}", ids.empty() ? "" : ",", pick.file_id);
  if (ids.empty()) return ok_status();
  std::map<std::int64_t, FileRow> files;
  LIMIER_TRY(auto rows, index.query(fmt::format("SELECT file_id, volume_id, path, path_raw, size, modified, deleted, "
                                                "content_state, type_name FROM v_file WHERE file_id IN ({})",
                                                ids)));
  while (rows.step())
    files.insert_or_assign(rows.integer(0),
                           FileRow{rows.integer(0), rows.integer(1), exact_text(rows, 2, 3), rows.integer(4),
                                   maybe_text(rows, 5), rows.integer(6) != 0, rows.text(7), maybe_text(rows, 8)});
  LIMIER_CHECK(rows.status());
  for (std::size_t list = 0; list < kListCount; ++list) {
    std::sort(picks_[list].begin(), picks_[list].end());
    for (const Pick& pick : picks_[list])
      if (const auto found = files.find(pick.file_id); found != files.end()) lists[list].push_back(found->second);
  }
  return ok_status();
}

Result<StreamNames> read_stream_names(store::Index& index) {
  LIMIER_TRY(auto rows,
             index.query("SELECT stream, count(*) AS items FROM v_file WHERE kind = 'stream' GROUP BY stream "
                         "ORDER BY items DESC, stream"));
  StreamNames names;
  while (rows.step()) {
    ++names.different;
    if (names.top.size() < kMaxNotable) names.top.push_back({rows.text(0), rows.integer(1)});
  }
  LIMIER_CHECK(rows.status());
  return names;
}

}  // namespace limier::report
