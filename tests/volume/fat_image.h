// A FAT volume built byte by byte, by the specification and nothing else.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "volume/support.h"

namespace limier::volume::testing {

struct FatShape {
  unsigned bits = 16;
  std::uint32_t sector_bytes = 512;
  std::uint32_t cluster_sectors = 1;
  std::uint32_t tables = 2;
  std::uint32_t root_slots = 64;  // FAT12 and FAT16
  std::uint32_t root_cluster = 2;
  std::uint32_t clusters = 5000;
  bool signature = true;  // 55 AA
};

class FatImage {
 public:
  explicit FatImage(const FatShape& shape) : shape_(shape) {
    reserved_ = shape.bits == 32 ? 32 : 1;
    const std::uint64_t table = ((std::uint64_t{shape.clusters} + 2) * shape.bits + 7) / 8;
    table_sectors_ = static_cast<std::uint32_t>((table + shape.sector_bytes - 1) / shape.sector_bytes);
    if (shape.bits == 32) shape_.root_slots = 0;
    const std::uint32_t root_sectors = (shape_.root_slots * 32 + shape.sector_bytes - 1) / shape.sector_bytes;
    entries_ = std::uint64_t{reserved_ + shape.tables * table_sectors_} * shape.sector_bytes;
    clusters_ = entries_ + std::uint64_t{root_sectors} * shape.sector_bytes;
    bytes_.resize(clusters_ + std::uint64_t{shape.clusters} * cluster_bytes());
    write_boot(0);
    if (shape.bits == 32) {
      write_boot(6ull * shape.sector_bytes);
      chain({shape.root_cluster});
    }
  }
  [[nodiscard]] std::uint32_t cluster_bytes() const { return shape_.cluster_sectors * shape_.sector_bytes; }
  [[nodiscard]] std::uint64_t offset(std::uint32_t cluster) const {
    return clusters_ + std::uint64_t{cluster - 2} * cluster_bytes();
  }
  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  [[nodiscard]] std::uint64_t root_offset() const { return shape_.bits == 32 ? offset(shape_.root_cluster) : entries_; }
  [[nodiscard]] std::uint32_t end() const { return shape_.bits == 32 ? 0x0FFFFFFFu : (1u << shape_.bits) - 1; }
  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }

  void write(std::uint64_t at, const std::string& text) {
    std::copy(text.begin(), text.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void set(std::uint32_t cluster, std::uint32_t value, int table = -1) {
    for (std::uint32_t k = 0; k < shape_.tables; ++k) {
      if (table >= 0 && k != static_cast<std::uint32_t>(table)) continue;
      const std::uint64_t start = std::uint64_t{reserved_ + k * table_sectors_} * shape_.sector_bytes;
      if (shape_.bits == 12) {
        std::uint8_t* at = bytes_.data() + start + cluster * 3 / 2;
        const unsigned old = at[0] | at[1] << 8;
        const unsigned now = cluster % 2 != 0 ? (old & 0xF) | value << 4 : (old & 0xF000) | (value & 0xFFF);
        at[0] = static_cast<std::uint8_t>(now), at[1] = static_cast<std::uint8_t>(now >> 8);
      } else {
        for (unsigned i = 0; i < shape_.bits / 8; ++i)
          bytes_[start + cluster * (shape_.bits / 8) + i] = static_cast<std::uint8_t>(value >> (8 * i));
      }
    }
  }
  void chain(const std::vector<std::uint32_t>& clusters) {
    for (std::size_t i = 0; i < clusters.size(); ++i)
      set(clusters[i], i + 1 < clusters.size() ? clusters[i + 1] : end());
  }
  // Content over these clusters, which are linked.
  void store(const std::vector<std::uint32_t>& clusters, const std::string& content) {
    chain(clusters);
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      const std::size_t at = i * cluster_bytes();
      if (at < content.size()) write(offset(clusters[i]), content.substr(at, cluster_bytes()));
    }
  }
  void root(const std::string& entries) { write(root_offset(), entries); }
  std::vector<std::uint8_t>& bytes() { return bytes_; }

  [[nodiscard]] catalog::VolumeRecord volume() const {
    catalog::VolumeRecord record;
    record.volume_id = 1;
    record.length = bytes_.size();
    record.fs_type = "fat" + std::to_string(shape_.bits);
    record.walkable = true;
    return record;
  }
  [[nodiscard]] std::string save(const TempDir& dir) const {
    const std::string path = dir.file("fat.img");
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
    return path;
  }

 private:
  void write_boot(std::uint64_t at) {
    std::uint8_t* boot = bytes_.data() + at;
    const auto put = [&](std::size_t where, std::uint64_t value, std::size_t width) {
      for (std::size_t i = 0; i < width; ++i) boot[where + i] = static_cast<std::uint8_t>(value >> (8 * i));
    };
    put(0, 0x903CEB, 3);
    put(11, shape_.sector_bytes, 2);
    put(13, shape_.cluster_sectors, 1);
    put(14, reserved_, 2);
    put(16, shape_.tables, 1);
    put(17, shape_.root_slots, 2);
    put(21, 0xF8, 1);
    put(32, bytes_.size() / shape_.sector_bytes, 4);
    if (shape_.bits == 32) {
      put(36, table_sectors_, 4);
      put(44, shape_.root_cluster, 4);
      put(48, 1, 2);
      put(50, 6, 2);
    } else {
      put(22, table_sectors_, 2);
    }
    if (shape_.signature) put(510, 0xAA55, 2);
  }

  FatShape shape_;
  std::uint32_t reserved_ = 1;
  std::uint32_t table_sectors_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t clusters_ = 0;
  std::vector<std::uint8_t> bytes_;
};

struct FatShort {
  std::uint8_t attributes = 0x20;
  std::uint32_t cluster = 0;
  std::uint32_t size = 0;
  std::uint8_t case_flags = 0;
  std::uint8_t hundredths = 0;
  std::uint16_t date = 0x58A6, time = 0x3905;  // 2024-05-06 07:08:10
};

inline std::string fat_short(std::string name, const FatShort& what = {}) {
  name.resize(11, ' ');
  const auto put = [&](std::uint32_t value, int width) {
    for (int i = 0; i < width; ++i) name += static_cast<char>(value >> (8 * i));
  };
  put(what.attributes, 1), put(what.case_flags, 1), put(what.hundredths, 1), put(what.time, 2), put(what.date, 2);
  put(what.date, 2), put(what.cluster >> 16, 2), put(what.time, 2), put(what.date, 2), put(what.cluster, 2);
  put(what.size, 4);
  return name;
}
inline std::string fat_folder(const std::string& name, std::uint32_t cluster) {
  return fat_short(name, {.attributes = 0x10, .cluster = cluster});
}
inline std::string fat_dots(std::uint32_t self, std::uint32_t parent) {
  return fat_folder(".", self) + fat_folder("..", parent);
}
inline std::uint8_t fat_checksum(const std::string& short_entry) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < 11; ++i)
    sum = (((sum & 1) << 7) + (sum >> 1) + static_cast<std::uint8_t>(short_entry[i])) & 0xFF;
  return static_cast<std::uint8_t>(sum);
}
// The parts of a long name, in front of `short_entry`.
inline std::string fat_long(std::u16string name, const std::string& short_entry, int checksum = -1) {
  const unsigned parts = static_cast<unsigned>((name.size() + 12) / 13);
  if (name.size() % 13 != 0) name += u'\0';
  name.resize(parts * 13, u'\xFFFF');
  std::string out;
  for (unsigned part = parts; part > 0; --part) {
    std::string entry(32, '\0');
    entry[0] = static_cast<char>(part | (part == parts ? 0x40 : 0));
    entry[11] = 0x0F;
    entry[13] = static_cast<char>(checksum >= 0 ? checksum : fat_checksum(short_entry));
    constexpr std::array<std::size_t, 13> kPlaces{1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    for (std::size_t i = 0; i < kPlaces.size(); ++i) {
      entry[kPlaces[i]] = static_cast<char>(name[(part - 1) * 13 + i]);
      entry[kPlaces[i] + 1] = static_cast<char>(name[(part - 1) * 13 + i] >> 8);
    }
    out += entry;
  }
  return out + short_entry;
}
// As a driver leaves them.
inline std::string fat_deleted(std::string entries) {
  for (std::size_t at = 0; at < entries.size(); at += 32) entries[at] = '\xE5';
  return entries;
}

}  // namespace limier::volume::testing
