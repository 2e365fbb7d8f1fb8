// The capped lists of files both the page and the JSON show.
#pragma once

#include <vector>

#include "report/facts.h"

namespace limier::report {

// Caps, named in the text of the reports.
inline constexpr std::int64_t kMaxLargest = 25;
inline constexpr std::int64_t kMaxRecent = 25;
inline constexpr std::int64_t kMaxNotable = 25;  // each list of "what stands out"
inline constexpr std::int64_t kMaxExtensionRows = 25;
inline constexpr std::size_t kMaxSegments = 100;
inline constexpr std::int64_t kMaxRanges = 100;  // bad ranges on the page; the JSON has all
inline constexpr std::int64_t kMaxIssues = 200;
inline constexpr std::int64_t kMaxFindings = 200;
inline constexpr std::int64_t kMaxVolumes = 200;
inline constexpr std::int64_t kMaxNotExamined = 200;

struct FileRow {
  std::int64_t file_id = 0, volume_id = 0;
  Text path;  // exact bytes where the index has them
  std::int64_t size = 0;
  MaybeText modified;
  bool deleted = false;
  Text content_state;
};

enum class List : std::uint8_t { kLargest, kRecent, kRecovered, kOverwritten, kUnreadable, kEncrypted, kStreams };
Result<std::vector<FileRow>> read_list(store::Index& index, List list);

// Names of alternate streams, most frequent first.
struct StreamName {
  Text name;
  std::int64_t items = 0;
};
struct StreamNames {
  std::vector<StreamName> top;
  std::int64_t different = 0;
};
Result<StreamNames> read_stream_names(store::Index& index);

}  // namespace limier::report
