// The capped lists of files both the page and the JSON show.
#pragma once

#include <vector>

#include "report/facts.h"
#include "report/keepers.h"

namespace limier::report {

// Caps, named in the text of the reports.
inline constexpr std::size_t kMaxLargest = 25;
inline constexpr std::size_t kMaxRecent = 25;
inline constexpr std::size_t kMaxRecentUser = 50;
inline constexpr std::size_t kMaxNotable = 25;  // each list of "what stands out"
inline constexpr std::int64_t kMaxExtensionRows = 25;
inline constexpr std::int64_t kMaxTypeRows = 40;
inline constexpr std::size_t kMaxSegments = 100;
inline constexpr std::int64_t kMaxRanges = 100;  // bad ranges on the page; the JSON has all
inline constexpr std::int64_t kMaxIssues = 200;
inline constexpr std::int64_t kMaxFindings = 200;
inline constexpr std::int64_t kMaxVolumes = 200;
inline constexpr std::int64_t kMaxNotExamined = 200;

// Picks the files of every list while v_file goes by, row by row; keeps no more than the lists show.
class ListPicker {
 public:
  struct Candidate {
    std::int64_t file_id = 0, size = 0;
    std::optional<std::int64_t> modified_ns;
    std::string_view kind, content_state;
    bool deleted = false;
    bool zone_identifier = false;  // the stream Windows adds to every download
    bool internal = false;         // see internals.h
    Keeper keeper = Keeper::kOther;
    bool mismatch = false;  // its name claims another type
  };
  void offer(const Candidate& candidate);
  // The picked rows, in the order of each list.
  Status read(store::Index& index, std::array<std::vector<FileRow>, kListCount>& lists);

 private:
  struct Pick {
    std::int64_t key = 0, file_id = 0;  // largest key first, then the smallest file_id
    bool operator<(const Pick& other) const { return key != other.key ? key > other.key : file_id < other.file_id; }
  };
  void pick(List list, std::size_t limit, std::int64_t key, std::int64_t file_id);

  std::array<std::vector<Pick>, kListCount> picks_;  // each a heap with the pick to be dropped next in front
};

Result<StreamNames> read_stream_names(store::Index& index);

}  // namespace limier::report
