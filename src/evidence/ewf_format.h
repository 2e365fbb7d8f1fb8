// The on-disk records of EWF-E01 and EWF-S01, and what one segment file holds. Private to the room.
//
// Source: "Expert Witness Compression Format (EWF)", J. Metz (libewf documentation), and ASR Data's "EWF
// specification".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "limier/evidence.h"

namespace limier::evidence {

inline constexpr std::size_t kFileHeaderSize = 13;
inline constexpr std::size_t kDescriptorSize = 76;
inline constexpr std::size_t kE01VolumeSize = 1052;
inline constexpr std::size_t kS01VolumeSize = 94;
inline constexpr std::size_t kTableHeaderSize = 24;
inline constexpr std::size_t kChecksumSize = 4;
inline constexpr std::uint32_t kOffsetMask = 0x7fffffff;  // bit 31: compressed
// 16,375 entries in EnCase 1-5, 65,534 in EnCase 6; other writers use larger tables.
inline constexpr std::uint32_t kMaxTableEntries = 1u << 24;
// A segment of 8 EiB is legal, one of a million sections is not: EnCase writes three per 512 MiB.
inline constexpr std::size_t kMaxSections = 1u << 20;
inline constexpr std::uint32_t kMaxSectorsPerChunk = 32768;  // the largest choice of EnCase and ewfacquire
inline constexpr std::uint32_t kMinSectorSize = 512;
inline constexpr std::uint32_t kMaxSectorSize = 4096;

std::uint32_t adler32(Bytes bytes);  // RFC 1950

// What zlib needs at worst for incompressible data, with room to spare (RFC 1951: 5 bytes per stored block).
constexpr std::uint64_t max_compressed(std::uint64_t chunk_size) {
  return chunk_size + chunk_size / 8 + 1024;
}

struct MediaInfo {
  std::uint32_t chunk_count = 0;
  std::uint32_t sectors_per_chunk = 0;
  std::uint32_t bytes_per_sector = 0;
  std::uint64_t sector_count = 0;
  std::uint64_t stated_sector_count = 0;  // larger where the writer states more sectors than its chunks can hold
  std::uint8_t media_type = 0;
  std::uint8_t media_flags = 0;
  std::array<std::uint8_t, 16> set_identifier{};
  [[nodiscard]] std::uint32_t chunk_size() const { return sectors_per_chunk * bytes_per_sector; }
  [[nodiscard]] std::uint64_t size_bytes() const { return sector_count * bytes_per_sector; }
  // What the sectors fill; chunk_count is what the writer states.
  [[nodiscard]] std::uint64_t chunks_needed() const {
    return (sector_count + sectors_per_chunk - 1) / sectors_per_chunk;
  }
};

// `content` is a whole volume, disk or data section behind its descriptor. An empty problem means `out` is sound.
std::string parse_media_info(Bytes content, MediaInfo& out);

struct Span {
  std::uint64_t begin = 0;  // first byte behind the descriptor
  std::uint64_t end = 0;
};

// One table with its copy, and where its chunks may lie. With neither: a sectors section that no table follows.
struct TablePlace {
  std::optional<Span> table;
  std::optional<Span> table2;
  Span data;  // the sectors section; empty when the chunks follow the entries in the table section itself
};

struct Segment {
  std::size_t index = 0;  // in EvidenceSpec::segments
  std::uint16_t number = 0;
  std::vector<TablePlace> tables;
  bool done = false;      // the chain ended as the last segment's does
  bool has_next = false;  // the chain ended as every other segment's does
  bool cut = false;       // the chain ended before its time
  std::optional<MediaInfo> media;
  std::string media_problem;  // of the first volume section, when it is not sound
  std::optional<Span> header, header2, hash, digest;
  std::optional<Span> file_list;  // of an L01
};

// Number from the file header; nullopt when this is not an EWF segment.
std::optional<std::uint16_t> read_segment_number(int fd);
// True when a sound section descriptor stands behind the place of the file header.
bool starts_with_a_section(int fd);
// Follows the section chain. Never fails: a chain that ends early is `cut`, and says so in `issues`.
Segment scan_segment(int fd, const SegmentInfo& info, std::size_t index, std::uint16_t number,
                     std::vector<OpenIssue>& issues);

}  // namespace limier::evidence
