#include "store/timeline_rows.h"

#include <algorithm>

namespace limier::store {

Status TimelineRows::add(std::int64_t file_id, const EightTimes& times, bool with_name_times) {
  add_four(file_id, times, 0, false);
  if (with_name_times) add_four(file_id, times, 4, true);
  return rows_.size() < kBatch ? ok_status() : flush();
}

void TimelineRows::add_four(std::int64_t file_id, const EightTimes& times, std::size_t first, bool from_name) {
  unsigned done = 0;
  for (unsigned own = 0; own < 4; ++own) {
    const auto& time = times[first + own];
    if (!time || (done >> own & 1) != 0) continue;
    unsigned same = 0;
    for (unsigned at = own; at < 4; ++at)
      if (times[first + at] == time) same |= 1u << at;
    done |= same;
    rows_.push_back({*time, file_id, from_name, static_cast<std::uint8_t>(same)});
  }
}

Status TimelineRows::flush() {
  std::sort(rows_.begin(), rows_.end());
  for (const Row& row : rows_) {
    insert_.bind(1, row.t_ns);
    insert_.bind(2, row.file_id);
    insert_.bind(3, std::int64_t{row.from_name});
    insert_.bind(4, std::int64_t{row.macb});
    LIMIER_CHECK(insert_.run());
  }
  rows_.clear();
  return ok_status();
}

}  // namespace limier::store
