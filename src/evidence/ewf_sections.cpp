#include <libdeflate.h>

#include <algorithm>
#include <string_view>

#include "evidence/ewf_format.h"
#include "evidence/positional.h"

namespace limier::evidence {
namespace {

struct Descriptor {
  std::string type;
  std::uint64_t next = 0;
  std::uint64_t size = 0;
  bool sound = false;
};

bool is_known_type(std::string_view type) {
  static constexpr std::array<std::string_view, 20> kTypes{
      "header", "header2", "volume", "disk",    "data",    "sectors", "table",      "table2", "next",   "done",
      "hash",   "digest",  "error2", "session", "xheader", "xhash",   "incomplete", "ltree",  "ltypes", "map"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

// Sections whose first part says something without the rest: chunks stand by themselves, and S01 keeps them in `table`.
bool is_of_use_cut(std::string_view type) {
  return type == "sectors" || type == "table" || type == "table2";
}

std::optional<Descriptor> read_descriptor(int fd, std::uint64_t offset) {
  std::array<std::uint8_t, kDescriptorSize> bytes{};
  if (!read_exactly(fd, offset, bytes)) return std::nullopt;
  const auto block = Block<kDescriptorSize>::at(bytes, 0);
  if (!block) return std::nullopt;
  const std::string_view type = as_text(block->bytes<0, 16>());
  return Descriptor{std::string(type.substr(0, type.find('\0'))), block->le<16, std::uint64_t>(),
                    block->le<24, std::uint64_t>(), adler32(block->bytes<0, 72>()) == block->le<72, std::uint32_t>()};
}

// Builds a Segment section by section.
class Scanner {
 public:
  Scanner(int fd, Segment& segment) : fd_(fd), segment_(segment) {}

  // `content` lies inside the file.
  void take(const Descriptor& section, Span content) {
    const std::string& type = section.type;
    if (type == "volume" || type == "disk" || type == "data")
      take_media(content);
    else if (type == "sectors")
      take_sectors(content);
    else if (type == "table")
      take_table(content);
    else if (type == "table2")
      take_table2(content);
    else if (type == "header" && !segment_.header)
      segment_.header = content;
    else if (type == "header2" && !segment_.header2)
      segment_.header2 = content;
    else if (type == "ltree" && !segment_.file_list)
      segment_.file_list = content;
    else if (type == "hash" && !segment_.hash)
      segment_.hash = content;
    else if (type == "digest" && !segment_.digest)
      segment_.digest = content;
    previous_is_table_ = type == "table";
  }
  // At the end of the chain: data that no table came for.
  void finish() {
    if (sectors_open_) segment_.tables.push_back({std::nullopt, std::nullopt, last_sectors_});
    sectors_open_ = false;
  }

 private:
  static std::uint64_t length_of(Span span) { return span.end - span.begin; }
  void take_media(Span content) {
    if (segment_.media) return;
    std::array<std::uint8_t, kE01VolumeSize> bytes{};
    const std::uint64_t length = content.end - content.begin;
    if (length > bytes.size()) {
      if (segment_.media_problem.empty()) segment_.media_problem = "has a size no known writer uses";
      return;
    }
    const auto part = MutableBytes(bytes).first(static_cast<std::size_t>(length));
    MediaInfo media;
    std::string problem = read_exactly(fd_, content.begin, part) ? parse_media_info(part, media) : "cannot be read";
    if (problem.empty())
      segment_.media = media;
    else if (segment_.media_problem.empty())
      segment_.media_problem = std::move(problem);
  }
  void take_sectors(Span content) {
    finish();
    last_sectors_ = content;
    sectors_open_ = true;
  }
  void take_table(Span content) {
    // A second table for the same data is its copy, whatever it is called: as a table of its own it would number every
    // chunk behind it wrongly.
    if (previous_is_table_ && last_sectors_.begin < last_sectors_.end && !segment_.tables.back().table2 &&
        segment_.tables.back().table && length_of(*segment_.tables.back().table) == length_of(content)) {
      segment_.tables.back().table2 = content;
      return;
    }
    segment_.tables.push_back({content, std::nullopt, last_sectors_});
    sectors_open_ = false;
  }
  void take_table2(Span content) {
    sectors_open_ = false;
    if (previous_is_table_)
      segment_.tables.back().table2 = content;
    else
      segment_.tables.push_back({std::nullopt, content, last_sectors_});
  }

  int fd_;
  Segment& segment_;
  Span last_sectors_;
  bool previous_is_table_ = false;
  bool sectors_open_ = false;  // no table has come for the last sectors section
};

}  // namespace

std::uint32_t adler32(Bytes bytes) {
  return libdeflate_adler32(1, bytes.data(), bytes.size());
}

std::string parse_media_info(Bytes content, MediaInfo& out) {
  // Both layouts begin alike; E01 has a 64-bit sector count, S01 a 32-bit one with zeros behind it.
  if (content.size() != kE01VolumeSize && content.size() != kS01VolumeSize) return "has a size no known writer uses";
  const auto checksum = le_at<std::uint32_t>(content, content.size() - kChecksumSize);
  if (!checksum || adler32(content.first(content.size() - kChecksumSize)) != *checksum) return "has a wrong checksum";
  const auto block = Block<kS01VolumeSize>::at(content, 0);
  if (!block) return "is too short";
  MediaInfo media;
  media.chunk_count = block->le<4, std::uint32_t>();
  media.sectors_per_chunk = block->le<8, std::uint32_t>();
  media.bytes_per_sector = block->le<12, std::uint32_t>();
  media.sector_count = block->le<16, std::uint32_t>();
  if (content.size() == kE01VolumeSize) {
    media.sector_count = block->le<16, std::uint64_t>();
    media.media_type = block->le<0, std::uint8_t>();  // S01 has another meaning for this byte
    media.media_flags = block->le<36, std::uint8_t>();
    const Bytes identifier = block->bytes<64, 16>();
    std::copy(identifier.begin(), identifier.end(), media.set_identifier.begin());
  }
  if (media.sectors_per_chunk == 0 || media.sectors_per_chunk > kMaxSectorsPerChunk)
    return "states " + std::to_string(media.sectors_per_chunk) + " sectors per chunk";
  if (media.bytes_per_sector < kMinSectorSize || media.bytes_per_sector > kMaxSectorSize)
    return "states " + std::to_string(media.bytes_per_sector) + " bytes per sector";
  media.stated_sector_count = media.sector_count;
  if (media.sector_count == 0) return "states no sectors";
  // Also bounds sector_count x bytes_per_sector: 2^32 chunks of at most 2^27 bytes.
  const std::uint64_t held = std::uint64_t{media.chunk_count} * media.sectors_per_chunk;
  if (media.sector_count > held) {
    // Of an S01, whose readers go by its chunks, what those hold is read.
    if (content.size() != kS01VolumeSize || held == 0) return "states more sectors than its chunks can hold";
    media.sector_count = held;
  }
  out = media;
  return "";
}

std::optional<std::uint16_t> read_segment_number(int fd) {
  std::array<std::uint8_t, kFileHeaderSize> bytes{};
  if (!read_exactly(fd, 0, bytes)) return std::nullopt;
  const auto header = Block<kFileHeaderSize>::at(bytes, 0);
  using std::string_view_literals::operator""sv;
  if (!header) return std::nullopt;
  const std::string_view magic = as_text(header->bytes<0, 8>());
  if (magic != "EVF\x09\x0d\x0a\xff\x00"sv && magic != "LVF\x09\x0d\x0a\xff\x00"sv) return std::nullopt;
  return header->le<9, std::uint16_t>();
}

bool starts_with_a_section(int fd) {
  const auto section = read_descriptor(fd, kFileHeaderSize);
  return section && section->sound && is_known_type(section->type);
}

Segment scan_segment(int fd, const SegmentInfo& info, std::size_t index, std::uint16_t number,
                     std::vector<OpenIssue>& issues) {
  Segment segment;
  segment.index = index;
  segment.number = number;
  Scanner scanner(fd, segment);
  std::uint64_t offset = kFileHeaderSize;
  for (std::size_t count = 0; count < kMaxSections; ++count) {
    const auto section = read_descriptor(fd, offset);
    if (!section || (!section->sound && !is_known_type(section->type))) break;
    if (!section->sound)
      issues.push_back({"ewf-section-damaged",
                        "The descriptor of a " + section->type + " section in " + info.name + " has a wrong checksum.",
                        0, 0});
    if (section->type == "next" || section->type == "done") {
      (section->type == "done" ? segment.done : segment.has_next) = true;
      scanner.finish();
      return segment;
    }
    const std::uint64_t begin = offset + kDescriptorSize;
    // Only forwards: a chain that turns back never ends.
    const bool forward = section->next >= begin;
    const std::uint64_t end = std::min(forward ? section->next : info.size_bytes, info.size_bytes);
    const bool whole = !forward || section->next <= info.size_bytes;
    if (begin <= end && (whole || is_of_use_cut(section->type))) scanner.take(*section, {begin, end});
    if (!forward || section->next > info.size_bytes) break;
    offset = section->next;
  }
  segment.cut = true;
  scanner.finish();
  return segment;
}

}  // namespace limier::evidence
