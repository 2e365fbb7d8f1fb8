// From the tables of all segments to "where is chunk n". Private to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "evidence/ewf_format.h"

namespace limier::evidence {

// The chunks of one table: 4 bytes each, because a 20 TB image has 600 million of them.
struct ChunkGroup {
  std::uint64_t first_chunk = 0;
  std::uint32_t count = 0;
  std::size_t segment = 0;   // index in EvidenceSpec::segments
  std::uint16_t number = 0;  // of the segment
  std::uint64_t base = 0;
  Span data;
  std::uint32_t overflow_from = 0;  // entries from here on are plain 32-bit offsets
  std::vector<std::uint32_t> entries;
  bool cut = false;        // the segment ends early: what lies behind its end is missing, not broken
  bool recovered = false;  // found in the data itself, without a table
  // Of the other copy, when neither has a sound checksum, or when they do not count from the same place.
  std::vector<std::uint32_t> alternate;
  std::uint64_t alternate_base = 0;
  // Otherwise where table2 is. It is read when a chunk is not sound by the first table, and only then: of sound sets it
  // is never needed, and it would double what the tables take.
  std::optional<Span> table2;
};
// The entries of the group's table2, when it can be read and they are others than those in use.
std::vector<std::uint32_t> load_alternate(int fd, const ChunkGroup& group);

// Where the bytes of one chunk are.
struct ChunkPlace {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;        // up to the next chunk: an upper bound
  std::optional<bool> compressed;  // unknown behind a 2 GiB overflow
};
// nullopt when the entry points outside the data of its table. `entries` count from `base`.
std::optional<ChunkPlace> place_of(const ChunkGroup& group, std::uint64_t base,
                                   const std::vector<std::uint32_t>& entries, std::uint32_t index);
inline std::optional<ChunkPlace> place_of(const ChunkGroup& group, std::uint32_t index) {
  return place_of(group, group.base, group.entries, index);
}

// A stretch of unknown length: a missing segment, a cut one, an unreadable table.
struct Gap {
  std::string code;
  std::string message;
  std::uint16_t number = 0;  // the segment it is in; 0 for segments that are not there
};
using Piece = std::variant<ChunkGroup, Gap>;

// Reads the tables of one segment, in order; where one is lost, the chunks it named are looked for in the data. At most
// as many entries as the media has chunks are kept of a segment.
void load_tables(int fd, const SegmentInfo& info, const Segment& segment, const MediaInfo& media,
                 std::vector<Piece>& pieces, std::vector<OpenIssue>& issues);

// Numbers the chunks: from the front up to the first gap, and from the end back to the last one. What lies between two
// gaps has a place only where all whole segments of the set hold equally many chunks, as those of a set without
// compression do. Every range of chunks left without data becomes an issue.
std::vector<ChunkGroup> number_chunks(std::vector<Piece> pieces, const MediaInfo& media,
                                      std::vector<OpenIssue>& issues);

}  // namespace limier::evidence
