// An exFAT volume written byte by byte into a sparse file, after Microsoft's "exFAT file system specification".
#pragma once

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "volume/support.h"

namespace limier::volume::testing {

inline constexpr std::uint32_t kChainEnd = 0xFFFFFFFF, kBadCluster = 0xFFFFFFF7;
// 2024-05-06 07:08:10
inline constexpr std::uint32_t kSomeTime = 44u << 25 | 5u << 21 | 6u << 16 | 7u << 11 | 8u << 5 | 5u;

struct ExfatShape {
  unsigned sector_shift = 9;
  unsigned cluster_shift = 3;  // sectors of a cluster
  std::uint32_t clusters = 200;
  std::uint8_t fats = 1;
  bool second_in_force = false;
  std::uint64_t bitmap_extra = 0;  // bytes that the bitmap is longer than needed
};

struct FileSpec {
  std::u16string name;
  std::uint32_t cluster = 0;
  std::uint64_t size = 0;
  std::optional<std::uint64_t> valid{};
  bool in_a_row = true;
  std::uint16_t attributes = 0x20;
  bool deleted = false;
  std::uint32_t created = kSomeTime, modified = kSomeTime, accessed = kSomeTime;
  std::uint8_t created_hundredths = 0, modified_hundredths = 0;
  std::uint8_t created_zone = 0, modified_zone = 0, accessed_zone = 0;
  std::vector<std::vector<std::uint8_t>> behind{};  // further secondary entries
  bool wrong_sum = false;
};

inline void put_le(std::vector<std::uint8_t>& out, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

inline std::vector<std::uint8_t> entries_of(const FileSpec& spec) {
  const std::size_t names = (spec.name.size() + 14) / 15;
  std::vector<std::uint8_t> set((2 + names + spec.behind.size()) * 32);
  set[0] = 0x85;
  set[1] = static_cast<std::uint8_t>(set.size() / 32 - 1);
  put_le(set, 4, spec.attributes, 2);
  put_le(set, 8, spec.created, 4);
  put_le(set, 12, spec.modified, 4);
  put_le(set, 16, spec.accessed, 4);
  set[20] = spec.created_hundredths;
  set[21] = spec.modified_hundredths;
  set[22] = spec.created_zone;
  set[23] = spec.modified_zone;
  set[24] = spec.accessed_zone;
  set[32] = 0xC0;
  set[33] = spec.in_a_row ? 3 : 1;
  set[35] = static_cast<std::uint8_t>(spec.name.size());
  put_le(set, 40, spec.valid.value_or(spec.size), 8);
  put_le(set, 52, spec.cluster, 4);
  put_le(set, 56, spec.size, 8);
  for (std::size_t i = 0; i < names; ++i) {
    set[(2 + i) * 32] = 0xC1;
    for (std::size_t unit = i * 15; unit < std::min(spec.name.size(), (i + 1) * 15); ++unit)
      put_le(set, (2 + i) * 32 + 2 + (unit - i * 15) * 2, spec.name[unit], 2);
  }
  for (std::size_t i = 0; i < spec.behind.size(); ++i)
    std::copy(spec.behind[i].begin(), spec.behind[i].end(),
              set.begin() + static_cast<std::ptrdiff_t>((2 + names + i) * 32));
  std::uint16_t sum = 0;
  for (std::size_t at = 0; at < set.size(); ++at)
    if (at != 2 && at != 3) sum = static_cast<std::uint16_t>(((sum & 1) != 0 ? 0x8000 : 0) + (sum >> 1) + set[at]);
  put_le(set, 2, spec.wrong_sum ? sum ^ 0x5555u : sum, 2);
  if (spec.deleted)
    for (std::size_t at = 0; at < set.size(); at += 32) set[at] &= 0x7F;
  return set;
}

inline std::vector<std::uint8_t> label_entry(const std::u16string& text, bool in_use = true) {
  std::vector<std::uint8_t> entry(32);
  entry[0] = in_use ? 0x83 : 0x03;
  entry[1] = static_cast<std::uint8_t>(in_use ? text.size() : 0);
  for (std::size_t i = 0; i < text.size(); ++i) put_le(entry, 2 + 2 * i, text[i], 2);
  return entry;
}

inline std::vector<std::uint8_t> filled(std::size_t size, int byte) {
  return std::vector<std::uint8_t>(size, static_cast<std::uint8_t>(byte));
}

class ExfatImage {
 public:
  explicit ExfatImage(std::string path, ExfatShape shape = {}) : path_(std::move(path)), shape_(shape) {
    sector = 1u << shape.sector_shift;
    cluster = sector << shape.cluster_shift;
    const std::uint64_t fat_sectors = ((shape.clusters + 2) * 4ull + sector - 1) / sector;
    fat_offset = 32ull * sector;
    fat_bytes = fat_sectors * sector;
    heap = fat_offset + fat_bytes * shape.fats;
    fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    size = heap + std::uint64_t{shape.clusters} * cluster;
    EXPECT_EQ(::ftruncate(fd_.get(), static_cast<off_t>(size)), 0);
    write_boot();
    set_fat(0, 0xFFFFFFF8);
    set_fat(1, kChainEnd);
    const std::uint64_t bitmap_bytes = (shape.clusters + 7) / 8 + shape.bitmap_extra;
    const auto tables = static_cast<std::uint32_t>((bitmap_bytes + cluster - 1) / cluster);
    std::vector<std::uint32_t> bitmaps;
    for (unsigned which = 0; which < shape.fats; ++which) bitmaps.push_back(take(tables));
    const std::uint32_t upcase = take(1);
    root = take(1);
    bitmaps_ = bitmaps;
    for (const std::uint32_t number : in_use_)
      for (std::size_t which = 0; which < bitmaps_.size(); ++which) write_bit(which, number, true);
    for (const std::uint32_t first : bitmaps) {
      std::vector<std::uint32_t> chain;
      for (std::uint32_t i = 0; i < tables; ++i) chain.push_back(first + i);
      link(chain);
    }
    link({upcase});
    link({root});
    for (unsigned which = 0; which < shape.fats; ++which) {
      std::vector<std::uint8_t> entry(32);
      entry[0] = 0x81;
      entry[1] = static_cast<std::uint8_t>(which);
      put_le(entry, 20, bitmaps_[which], 4);
      put_le(entry, 24, bitmap_bytes, 8);
      add(entry);
    }
    std::vector<std::uint8_t> table(32);
    table[0] = 0x82;
    put_le(table, 20, upcase, 4);
    put_le(table, 24, 60, 8);
    add(table);
  }

  // The next clusters in a row, marked as in use.
  std::uint32_t take(std::uint32_t count = 1) {
    const std::uint32_t first = next_;
    for (std::uint32_t i = 0; i < count; ++i) use(next_++);
    return first;
  }
  void use(std::uint32_t number, bool used = true) {
    if (used)
      in_use_.insert(number);
    else
      in_use_.erase(number);
    for (std::size_t which = 0; which < bitmaps_.size(); ++which) write_bit(which, number, used);
  }
  void set_fat(std::uint32_t number, std::uint32_t value, int which = -1) {
    std::vector<std::uint8_t> bytes(4);
    put_le(bytes, 0, value, 4);
    for (int i = 0; i < shape_.fats; ++i)
      if (which < 0 || which == i) write(fat_offset + static_cast<std::uint64_t>(i) * fat_bytes + number * 4ull, bytes);
  }
  void link(const std::vector<std::uint32_t>& chain, std::uint32_t end = kChainEnd) {
    for (std::size_t i = 0; i < chain.size(); ++i) set_fat(chain[i], i + 1 < chain.size() ? chain[i + 1] : end);
  }
  [[nodiscard]] std::uint64_t offset(std::uint32_t number) const { return heap + (number - 2ull) * cluster; }
  void fill(std::uint32_t number, const std::vector<std::uint8_t>& bytes) { write(offset(number), bytes); }
  void write(std::uint64_t at, const std::vector<std::uint8_t>& bytes) {
    ASSERT_EQ(::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(bytes.size()));
  }
  // Appends to the root folder; the inode of the first entry.
  std::uint64_t add(const std::vector<std::uint8_t>& entries) {
    const std::uint64_t at = offset(root) + root_used_;
    write(at, entries);
    root_used_ += entries.size();
    EXPECT_LE(root_used_, cluster) << "the root folder is full";
    return inode_at(at);
  }
  std::uint64_t add(const FileSpec& spec) { return add(entries_of(spec)); }
  void write_bit(std::size_t which, std::uint32_t number, bool used) {
    const std::uint64_t at = offset(bitmaps_[which]) + (number - 2) / 8;
    std::vector<std::uint8_t> byte(1);
    ASSERT_EQ(::pread(fd_.get(), byte.data(), 1, static_cast<off_t>(at)), 1);
    const auto bit = static_cast<std::uint8_t>(1u << (number - 2) % 8);
    byte[0] = static_cast<std::uint8_t>(used ? byte[0] | bit : byte[0] & ~bit);
    write(at, byte);
  }
  [[nodiscard]] std::uint64_t inode_at(std::uint64_t at) const { return 3 + (at - heap) / 32; }
  void skip_root(std::size_t bytes) { root_used_ += bytes; }
  [[nodiscard]] std::size_t root_left() const { return cluster - root_used_; }

  void write_boot(std::uint64_t region = 0, bool both = true) {
    std::vector<std::uint8_t> bytes(12ull * sector);
    const std::string name = "EXFAT   ";
    bytes[0] = 0xEB, bytes[1] = 0x76, bytes[2] = 0x90;
    std::copy(name.begin(), name.end(), bytes.begin() + 3);
    put_le(bytes, 72, size / sector, 8);
    put_le(bytes, 80, fat_offset / sector, 4);
    put_le(bytes, 84, fat_bytes / sector, 4);
    put_le(bytes, 88, heap / sector, 4);
    put_le(bytes, 92, shape_.clusters, 4);
    put_le(bytes, 96, root_number(), 4);
    put_le(bytes, 100, 0x1234ABCD, 4);
    put_le(bytes, 104, 0x0100, 2);
    put_le(bytes, 106, (shape_.second_in_force ? 1u : 0u) | 2u, 2);  // and it was not unmounted
    bytes[108] = static_cast<std::uint8_t>(shape_.sector_shift);
    bytes[109] = static_cast<std::uint8_t>(shape_.cluster_shift);
    bytes[110] = shape_.fats;
    bytes[111] = 0x80;
    bytes[112] = 99;  // percent in use, which nobody may trust
    put_le(bytes, 510, 0xAA55, 2);
    for (std::size_t i = 1; i < 9; ++i) put_le(bytes, (i + 1) * sector - 4, 0xAA550000, 4);
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < 11ull * sector; ++at)
      if (at != 106 && at != 107 && at != 112) sum = ((sum & 1) != 0 ? 0x80000000u : 0u) + (sum >> 1) + bytes[at];
    for (std::size_t at = 11ull * sector; at < bytes.size(); at += 4) put_le(bytes, at, sum, 4);
    write(region, bytes);
    if (both) write(12ull * sector, bytes);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

  std::uint32_t sector = 0, cluster = 0, root = 0;
  std::uint64_t fat_offset = 0, fat_bytes = 0, heap = 0, size = 0;

 private:
  [[nodiscard]] std::uint32_t root_number() const {
    const std::uint64_t bitmap_bytes = (shape_.clusters + 7) / 8 + shape_.bitmap_extra;
    return static_cast<std::uint32_t>(2 + (bitmap_bytes + cluster - 1) / cluster * shape_.fats + 1);
  }
  std::string path_;
  ExfatShape shape_;
  UniqueFd fd_;
  std::vector<std::uint32_t> bitmaps_;
  std::set<std::uint32_t> in_use_;
  std::uint32_t next_ = 2;
  std::size_t root_used_ = 0;
};

}  // namespace limier::volume::testing
