// The rows of the time line: each distinct instant of a file once, with the letters of the times it stands for.
#pragma once

#include <array>
#include <vector>

#include "store/db.h"

namespace limier::store {

// Modified, accessed, changed, created: the inode's own times, then those of its NTFS $FILE_NAME.
using EightTimes = std::array<std::optional<std::int64_t>, 8>;

class TimelineRows {
 public:
  explicit TimelineRows(Statement insert) : insert_(std::move(insert)) {}
  // `with_name_times` is false for streams, which share the $FILE_NAME of their file.
  Status add(std::int64_t file_id, const EightTimes& times, bool with_name_times);
  Status flush();

 private:
  struct Row {
    std::int64_t t_ns = 0, file_id = 0;
    bool from_name = false;
    std::uint8_t macb = 0;  // bit 0: modified, 1: accessed, 2: changed, 3: created
    auto operator<=>(const Row&) const = default;
  };
  // Sorted before they are written, so that a batch walks once through the table; 12 MiB at most.
  static constexpr std::size_t kBatch = 512u << 10;

  void add_four(std::int64_t file_id, const EightTimes& times, std::size_t first, bool from_name);

  Statement insert_;
  std::vector<Row> rows_;
};

}  // namespace limier::store
