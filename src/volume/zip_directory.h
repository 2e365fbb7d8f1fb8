// Everything that stands in a zip, in the order of the file: members, whether its directory lists them or not, and what
// lies between them. Private to the room.
//
// The directory is what readers go by, and is read first; then every local header, because only there stand all the
// times, and because the two must agree. Gaps are looked through for members that no directory lists.
#pragma once

#include <functional>
#include <unordered_map>

#include "volume/reader.h"
#include "volume/zip_format.h"

namespace limier::volume {

// Oddities of a member, as issues call them.
enum class ZipMark : std::uint8_t {
  kHeaderMismatch,
  kUnlisted,
  kOverlap,
  kBadOffset,
  kStoredWithDescriptor,
  kTruncated,
  kCrowded,  // lies with too many others in the same bytes
};

struct ZipEntry {
  std::uint64_t inode = 0;  // where the header stands that lists it: in the directory, or before its data
  std::uint64_t local_offset = 0, data_offset = 0, packed = 0, size = 0;
  std::uint64_t end = 0;  // of all that belongs to it
  std::uint32_t crc32 = 0, external = 0;
  std::uint16_t version_made = 0, flags = 0, method = 0, dos_time = 0, dos_date = 0;
  std::uint16_t aes_method = 0;
  std::uint32_t marks = 0;  // one bit a ZipMark
  bool has_data = false;    // its data lies where it is said to lie
  bool stale_unicode = false;
  std::string name;          // raw bytes
  std::string unicode_name;  // "" when the raw name is to be read
  std::optional<std::int32_t> ut_modified, ut_accessed, ut_created, ux_modified, ux_accessed;
  std::uint64_t nt_modified = 0, nt_accessed = 0, nt_created = 0;
  std::uint32_t uid = 0, gid = 0;

  void mark(ZipMark what) { marks |= std::uint32_t{1} << static_cast<unsigned>(what); }
  [[nodiscard]] bool has(ZipMark what) const { return (marks >> static_cast<unsigned>(what) & 1) != 0; }
  [[nodiscard]] bool encrypted() const {
    return (flags & (kZipEncrypted | kZipHiddenHeader)) != 0 || method == kZipAes;
  }
  [[nodiscard]] bool folder() const { return name.ends_with('/') || name.ends_with('\\'); }
};

struct ZipGap {
  std::uint64_t offset = 0, length = 0;
  std::string_view what;  // "prefix-data", "gap", "trailing-data"
};

// The record at the end, and where the directory lies by it.
struct ZipEnd {
  std::uint64_t offset = 0, length = 0;  // of all records of the end
  std::uint64_t directory = 0, directory_length = 0, entries = 0;
  std::int64_t shift = 0;  // what offsets in it are short of, when something was put in front
  std::uint32_t disk = 0, directory_disk = 0;
};
std::optional<ZipEnd> find_zip_end(const RangeReader& file);

class ZipDirectory {
 public:
  using Beat = std::function<void(std::uint64_t)>;
  ZipDirectory(const RangeReader& file, Beat beat) : file_(file), beat_(std::move(beat)) {}

  void load();
  // Without load(): one entry.
  std::optional<ZipEntry> entry_at(std::uint64_t inode);
  // By inode, once loaded.
  [[nodiscard]] const std::vector<ZipEntry>& entries() const { return entries_; }
  [[nodiscard]] const std::vector<ZipGap>& gaps() const { return gaps_; }
  [[nodiscard]] const std::optional<ZipEnd>& end() const { return end_; }
  // There is no directory, or not all of it.
  [[nodiscard]] bool truncated() const { return truncated_; }
  [[nodiscard]] bool too_many() const { return too_many_; }
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> fragments() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
    for (const Span& span : fragments_) list.emplace_back(span.from, span.to - span.from);
    return list;
  }

 private:
  struct Span {
    std::uint64_t from = 0, to = 0;
  };
  void load_listed(std::uint64_t from, std::uint64_t length);
  bool add_listed(const ZipHeader& central, std::uint64_t inode);
  ZipEntry listed_entry(const ZipHeader& central, std::uint64_t inode);
  void add_local(ZipEntry& entry, const ZipHeader* central);
  std::optional<ZipHeader> local_at(std::uint64_t offset);
  void look_through(Span gap);
  std::optional<std::uint64_t> next_header(std::uint64_t from, std::uint64_t to);
  bool is_central(std::uint64_t offset);
  std::optional<ZipEntry> unlisted_at(std::uint64_t offset, std::uint64_t to);
  bool find_data_end(ZipEntry& entry, std::uint64_t to);
  void mark_overlaps();
  [[nodiscard]] std::vector<Span> gaps_between() const;

  const RangeReader& file_;
  Beat beat_;
  std::optional<ZipEnd> end_;
  std::vector<ZipEntry> entries_;
  std::vector<Span> fragments_;  // parts of a directory that has no end
  std::vector<ZipGap> gaps_;
  bool truncated_ = false;
  bool too_many_ = false;
};

}  // namespace limier::volume
