// Which file is which segment of a set, and what each holds. Private to the room.
#pragma once

#include <vector>

#include "evidence/ewf_format.h"
#include "evidence/ewf_tables.h"

namespace limier::evidence {

// Scans every file and puts the segments in the order of the numbers inside them. Two files with one number are an
// error that names both; with allow_incomplete the one whose name fits stays. A file whose header is damaged is what
// its name says, with allow_incomplete.
Result<std::vector<Segment>> scan_set(const EvidenceSpec& spec, const std::vector<int>& fds,
                                      std::vector<OpenIssue>& issues);

struct LoadedSegment {
  Segment segment;
  std::vector<Piece> pieces;
};

// Reads the tables of all segments. Where the numbers have a hole although every chunk of the media is there, a number
// is damaged, and the names are followed.
std::vector<LoadedSegment> load_set(const EvidenceSpec& spec, const std::vector<int>& fds,
                                    std::vector<Segment> segments, const MediaInfo& media,
                                    std::vector<OpenIssue>& issues);

}  // namespace limier::evidence
