#include "report/lists.h"

#include <fmt/format.h>

namespace limier::report {
namespace {

// 2101-01-01, where the activity chart ends: later times are damage or defaults and would fill the list of recent
// files.
constexpr std::int64_t kLatestPlausibleNs = 4'133'980'800 * kNsPerSecond;

struct Selection {
  std::string_view where, order;
  std::int64_t limit;
};

Selection selection_of(List list) {
  switch (list) {
    case List::kLargest:
      return {"kind IN ('file', 'stream') AND size > 0", "size DESC, file_id", kMaxLargest};
    case List::kRecent:
      return {"kind = 'file' AND modified_ns < ?1", "modified_ns DESC, file_id", kMaxRecent};
    case List::kRecovered:
      return {"deleted <> 0 AND content_state = 'recovered' AND kind IN ('file', 'stream')", "size DESC, file_id",
              kMaxNotable};
    case List::kOverwritten:
      return {"content_state = 'overwritten' AND kind IN ('file', 'stream')", "size DESC, file_id", kMaxNotable};
    case List::kUnreadable:
      return {"content_state IN ('unreadable', 'partial') AND kind IN ('file', 'stream')", "size DESC, file_id",
              kMaxNotable};
    case List::kEncrypted:
      return {"content_state = 'encrypted'", "size DESC, file_id", kMaxNotable};
    case List::kStreams:
      // Windows writes a Zone.Identifier to every download: counted in the table of names, not listed.
      return {"kind = 'stream' AND coalesce(stream, '') <> 'Zone.Identifier' AND size > 0", "size DESC, file_id",
              kMaxNotable};
  }
  return {"0", "file_id", 0};
}

}  // namespace

Result<std::vector<FileRow>> read_list(store::Index& index, List list) {
  const Selection selection = selection_of(list);
  LIMIER_TRY(auto rows, index.query(fmt::format(
                            "SELECT file_id, volume_id, path, path_raw, size, modified, deleted, content_state "
                            "FROM v_file WHERE {} ORDER BY {} LIMIT {}",
                            selection.where, selection.order, selection.limit)));
  if (list == List::kRecent) rows.bind(1, store::Value{kLatestPlausibleNs});
  std::vector<FileRow> files;
  while (rows.step())
    files.push_back({rows.integer(0), rows.integer(1), exact_text(rows, 2, 3), rows.integer(4), maybe_text(rows, 5),
                     rows.integer(6) != 0, rows.text(7)});
  LIMIER_CHECK(rows.status());
  return files;
}

Result<StreamNames> read_stream_names(store::Index& index) {
  LIMIER_TRY(auto rows,
             index.query("SELECT stream, count(*) AS items FROM v_file WHERE kind = 'stream' GROUP BY stream "
                         "ORDER BY items DESC, stream"));
  StreamNames names;
  while (rows.step()) {
    ++names.different;
    if (names.different <= kMaxNotable) names.top.push_back({rows.text(0), rows.integer(1)});
  }
  LIMIER_CHECK(rows.status());
  return names;
}

}  // namespace limier::report
