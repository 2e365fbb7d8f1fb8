// Layout of an exFAT volume: boot regions, FAT, clusters and the allocation bitmap.
// Source: Microsoft, "exFAT file system specification", sections 2 to 5, 7.1 and 8.1.
//
// Owns:    a window on the FAT and one on the bitmap, of a few KiB.
// Threads: one.
// Errors:  what lies outside the volume or contradicts itself is no answer (nullopt, ExfatChainEnd::kBroken).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "volume/reader.h"

namespace limier::volume {

// Bytes of the volume from `volume_offset` on, fewer at its end.
using ReadVolume = std::function<std::size_t(std::uint64_t volume_offset, MutableBytes out)>;

ReadVolume reader_of(const RangeReader& volume);

inline constexpr std::size_t kExfatEntryBytes = 32;

enum class ExfatBoot : std::uint8_t {
  kMain,      // the main boot region, proven by its checksum
  kCopy,      // the copy behind it, because the main one is damaged
  kUnproven,  // neither fits its checksum
};

struct ExfatLayout {
  ExfatBoot boot = ExfatBoot::kMain;
  std::uint32_t sector_bytes = 0;   // 512 to 4096
  std::uint32_t cluster_bytes = 0;  // up to 32 MiB
  std::uint64_t sectors = 0;        // of the volume, as it says
  std::uint64_t fat_offset = 0;     // of the first FAT
  std::uint64_t fat_bytes = 0;      // of each
  std::uint64_t heap_offset = 0;    // of cluster 2
  std::uint32_t clusters = 0;
  std::uint32_t root_cluster = 0;
  std::uint32_t serial = 0;
  std::uint8_t fats = 1;         // two: TexFAT
  bool second_in_force = false;  // the second FAT and bitmap count

  static constexpr std::uint32_t kFirstCluster = 2;
  [[nodiscard]] bool has(std::uint64_t cluster) const {
    return cluster >= kFirstCluster && cluster - kFirstCluster < clusters;
  }
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t cluster) const {
    return heap_offset + (cluster - kFirstCluster) * cluster_bytes;
  }
  [[nodiscard]] std::uint32_t cluster_at(std::uint64_t volume_offset) const {
    return static_cast<std::uint32_t>((volume_offset - heap_offset) / cluster_bytes + kFirstCluster);
  }
  [[nodiscard]] std::uint64_t clusters_for(std::uint64_t bytes) const {
    return bytes / cluster_bytes + (bytes % cluster_bytes != 0 ? 1 : 0);
  }
};

// The volume's layout by the boot region that holds, or nothing when neither looks like exFAT.
std::optional<ExfatLayout> find_exfat(const ReadVolume& read);

struct ExfatRun {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};
enum class ExfatChainEnd : std::uint8_t {
  kMark,    // the mark of the end stands behind the last cluster
  kWanted,  // as many clusters as were asked for; the chain goes on
  kBroken,  // it leads outside, into free space or into itself, or was not there
};
struct ClusterChain {
  std::vector<ExfatRun> runs;
  std::uint64_t clusters = 0;
  ExfatChainEnd end = ExfatChainEnd::kBroken;
  bool repeats = false;  // it leads into itself; `runs` end there
};

// `beat` is called every few thousand steps.
using Beat = std::function<void()>;

class ExfatFat {
 public:
  ExfatFat(const ExfatLayout& layout, ReadVolume read) : layout_(layout), read_(std::move(read)) {}
  static constexpr std::uint32_t kBad = 0xFFFFFFF7;
  static constexpr std::uint32_t kEnd = 0xFFFFFFFF;
  // What the FAT in force says of the cluster.
  std::optional<std::uint32_t> entry(std::uint32_t cluster);
  // At most `wanted` clusters from `first` on, as the FAT links them; it ends where the FAT does.
  ClusterChain chain(std::uint32_t first, std::uint64_t wanted, const Beat& beat);
  // The clusters in a row; broken when they do not all lie in the volume, without any.
  [[nodiscard]] ClusterChain row(std::uint32_t first, std::uint64_t wanted) const;

 private:
  const ExfatLayout& layout_;
  ReadVolume read_;
  std::vector<std::uint8_t> window_;
  std::uint64_t window_offset_ = 0;
};

// One bit a cluster, in the clusters of a file.
class ExfatBitmap {
 public:
  ExfatBitmap(const ExfatLayout& layout, ReadVolume read) : layout_(layout), read_(std::move(read)) {}
  void set_place(std::vector<ExfatRun> runs, std::uint64_t bytes);
  // There is one and it holds a bit for every cluster.
  [[nodiscard]] bool known() const { return known_; }
  // Without a bitmap every cluster counts as in use: calling it free would invite a wrong reading.
  bool used(std::uint32_t cluster);
  // So many clusters from `cluster` on are used, or free, as the first is; at most `most`.
  std::uint32_t alike(std::uint32_t cluster, std::uint32_t most);
  [[nodiscard]] bool unreadable() const { return unreadable_; }

 private:
  const std::uint8_t* byte_of(std::uint64_t index);
  const ExfatLayout& layout_;
  ReadVolume read_;
  std::vector<ExfatRun> runs_;
  bool known_ = false;
  bool unreadable_ = false;
  std::vector<std::uint8_t> window_;
  std::uint64_t window_first_ = 0;  // byte of the bitmap
};

// A set of clusters, kept as ranges.
class ClusterSet {
 public:
  void add(std::uint64_t first, std::uint64_t count);
  void add(const std::vector<ExfatRun>& runs) {
    for (const ExfatRun& run : runs) add(run.first, run.count);
  }
  [[nodiscard]] bool contains(std::uint64_t cluster) const;
  // first → behind the last; none touches another
  [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& ranges() const { return ranges_; }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;
};

}  // namespace limier::volume
