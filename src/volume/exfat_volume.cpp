#include "volume/exfat_volume.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::uint64_t kRegionSectors = 12;  // boot sector, 8 extended ones, parameters, reserved, checksum
constexpr std::uint64_t kSummedSectors = 11;
constexpr unsigned kLeastSectorShift = 9, kMostSectorShift = 12, kMostClusterShift = 25;
constexpr std::uint32_t kMostClusters = 0xFFFFFFF5;
constexpr std::size_t kWindowBytes = 4u << 10;
constexpr std::size_t kMostRuns = 1u << 22;
constexpr std::uint64_t kBeatEvery = 4096;

std::vector<std::uint8_t> bytes_at(const ReadVolume& read, std::uint64_t volume_offset, std::size_t length) {
  std::vector<std::uint8_t> bytes(length);
  bytes.resize(read(volume_offset, bytes));
  return bytes;
}

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// Section 3.1; fields that mounts go by must make sense, the rest may be anything.
std::optional<ExfatLayout> parse_boot_sector(Bytes sector) {
  const auto boot = Block<512>::at(sector, 0);
  if (!boot || as_text(boot->bytes<3, 8>()) != "EXFAT   " || !all_zero(boot->bytes<11, 53>()) ||
      boot->le<510, std::uint16_t>() != 0xAA55)
    return std::nullopt;
  const unsigned sector_shift = boot->le<108, std::uint8_t>();
  const unsigned cluster_shift = boot->le<109, std::uint8_t>();
  if (sector_shift < kLeastSectorShift || sector_shift > kMostSectorShift ||
      cluster_shift > kMostClusterShift - sector_shift)
    return std::nullopt;
  ExfatLayout layout;
  layout.sector_bytes = 1u << sector_shift;
  layout.cluster_bytes = 1u << (sector_shift + cluster_shift);
  layout.sectors = boot->le<72, std::uint64_t>();
  layout.fat_offset = std::uint64_t{boot->le<80, std::uint32_t>()} << sector_shift;
  layout.fat_bytes = std::uint64_t{boot->le<84, std::uint32_t>()} << sector_shift;
  layout.heap_offset = std::uint64_t{boot->le<88, std::uint32_t>()} << sector_shift;
  layout.clusters = std::min(boot->le<92, std::uint32_t>(), kMostClusters);
  layout.root_cluster = boot->le<96, std::uint32_t>();
  layout.serial = boot->le<100, std::uint32_t>();
  layout.fats = boot->le<110, std::uint8_t>();
  layout.second_in_force = layout.fats == 2 && (boot->le<106, std::uint16_t>() & 1) != 0;
  const bool sane = (layout.fats == 1 || layout.fats == 2) && layout.fat_offset > 0 &&
                    layout.heap_offset >= layout.fat_offset + layout.fat_bytes * layout.fats && layout.clusters > 0 &&
                    layout.has(layout.root_cluster) && layout.sectors > layout.heap_offset >> sector_shift &&
                    layout.sectors <= UINT64_MAX >> (sector_shift + 1);
  return sane ? std::optional(layout) : std::nullopt;
}

// Section 3.4: the sum of eleven sectors, without the flags and the percentage in use, fills the twelfth.
bool sum_fits(const ReadVolume& read, std::uint64_t region_offset, std::uint32_t sector_bytes) {
  const auto region = bytes_at(read, region_offset, static_cast<std::size_t>(kRegionSectors * sector_bytes));
  if (region.size() != kRegionSectors * sector_bytes) return false;
  const std::size_t summed = static_cast<std::size_t>(kSummedSectors * sector_bytes);
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < summed; ++at)
    if (at != 106 && at != 107 && at != 112) sum = (sum << 31 | sum >> 1) + region[at];
  for (std::size_t at = summed; at < region.size(); at += 4)
    if (le_at<std::uint32_t>(region, at) != sum) return false;
  return true;
}

// No cluster of the chain twice.
bool repeats(std::vector<ExfatRun> runs) {
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < runs.size(); ++i)
    if (runs[i].first < std::uint64_t{runs[i - 1].first} + runs[i - 1].count) return true;
  return false;
}

void append(ClusterChain& chain, std::uint32_t cluster) {
  ++chain.clusters;
  auto& runs = chain.runs;
  if (!runs.empty() && std::uint64_t{runs.back().first} + runs.back().count == cluster)
    ++runs.back().count;
  else
    runs.push_back({cluster, 1});
}

// Leaves the clusters up to the first that comes again.
void cut_at_repetition(ClusterChain& chain) {
  ClusterChain cut;
  cut.repeats = true;
  ClusterSet seen;
  for (const ExfatRun& run : chain.runs) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      if (seen.contains(run.first + i)) {
        chain = std::move(cut);
        return;
      }
      seen.add(run.first + i, 1);
      append(cut, run.first + i);
    }
  }
}

}  // namespace

ReadVolume reader_of(const RangeReader& volume) {
  return [&volume](std::uint64_t volume_offset, MutableBytes out) -> std::size_t {
    const auto bytes = volume.read(volume_offset, out.size());
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return bytes.size();
  };
}

std::optional<ExfatLayout> find_exfat(const ReadVolume& read) {
  auto main = parse_boot_sector(bytes_at(read, 0, 512));
  if (main && sum_fits(read, 0, main->sector_bytes)) return main;
  std::optional<ExfatLayout> copy;
  for (unsigned shift = kLeastSectorShift; shift <= kMostSectorShift; ++shift) {
    const std::uint64_t at = kRegionSectors << shift;
    auto candidate = parse_boot_sector(bytes_at(read, at, 512));
    if (!candidate || candidate->sector_bytes != 1u << shift) continue;
    candidate->boot = sum_fits(read, at, candidate->sector_bytes) ? ExfatBoot::kCopy : ExfatBoot::kUnproven;
    if (candidate->boot == ExfatBoot::kCopy) return candidate;
    copy = candidate;
  }
  if (main) main->boot = ExfatBoot::kUnproven;
  return main ? main : copy;
}

std::optional<std::uint32_t> ExfatFat::entry(std::uint32_t cluster) {
  const std::uint64_t within = std::uint64_t{cluster} * 4;
  if (within + 4 > layout_.fat_bytes) return std::nullopt;
  const std::uint64_t at = layout_.fat_offset + (layout_.second_in_force ? layout_.fat_bytes : 0) + within;
  const std::uint64_t start = at / kWindowBytes * kWindowBytes;
  if (window_.empty() || window_offset_ != start) {
    window_.resize(kWindowBytes);
    window_.resize(read_(start, window_));
    window_offset_ = start;
  }
  return le_at<std::uint32_t>(window_, at - start);
}

// Brent's method finds chains that lead into themselves without a list of where they have been.
ClusterChain ExfatFat::chain(std::uint32_t first, std::uint64_t wanted, const Beat& beat) {
  ClusterChain chain;
  if (wanted == 0 || !layout_.has(first)) return chain;
  append(chain, first);
  std::uint32_t at = first, landmark = first;
  std::uint64_t until_moved = 1, since_moved = 0;
  for (;;) {
    const auto next = entry(at);
    if (!next || (*next != kEnd && !layout_.has(*next))) return chain;
    if (*next == kEnd || chain.clusters == wanted) {
      chain.repeats = repeats(chain.runs);
      if (!chain.repeats) chain.end = *next == kEnd ? ExfatChainEnd::kMark : ExfatChainEnd::kWanted;
      break;
    }
    at = *next;
    chain.repeats = at == landmark;
    if (chain.repeats || chain.runs.size() >= kMostRuns) break;
    if (++since_moved == until_moved) landmark = at, until_moved *= 2, since_moved = 0;
    append(chain, at);
    if (chain.clusters % kBeatEvery == 0) beat();
  }
  if (chain.repeats) cut_at_repetition(chain);
  return chain;
}

ClusterChain ExfatFat::row(std::uint32_t first, std::uint64_t wanted) const {
  ClusterChain chain;
  if (wanted == 0 || !layout_.has(first) || wanted > layout_.clusters || !layout_.has(first + wanted - 1)) return chain;
  chain.runs.push_back({first, static_cast<std::uint32_t>(wanted)});
  chain.clusters = wanted;
  chain.end = ExfatChainEnd::kMark;
  return chain;
}

void ExfatBitmap::set_place(std::vector<ExfatRun> runs, std::uint64_t bytes) {
  std::uint64_t there = 0;
  for (const ExfatRun& run : runs) there += std::uint64_t{run.count} * layout_.cluster_bytes;
  runs_ = std::move(runs);
  known_ = std::min(there, bytes) >= (std::uint64_t{layout_.clusters} + 7) / 8;
  window_.clear();
}

const std::uint8_t* ExfatBitmap::byte_of(std::uint64_t index) {
  if (!window_.empty() && index >= window_first_ && index - window_first_ < window_.size())
    return &window_[static_cast<std::size_t>(index - window_first_)];
  // Windows end where clusters end: those are powers of two of 512 bytes and more.
  const std::uint64_t step = std::min<std::uint64_t>(kWindowBytes, layout_.cluster_bytes);
  window_first_ = index / step * step;
  std::uint64_t before = 0;
  for (const ExfatRun& run : runs_) {
    const std::uint64_t length = std::uint64_t{run.count} * layout_.cluster_bytes;
    if (window_first_ >= before && window_first_ - before < length) {
      window_.resize(static_cast<std::size_t>(step));
      window_.resize(read_(layout_.offset_of(run.first) + (window_first_ - before), window_));
      if (index - window_first_ < window_.size()) return &window_[static_cast<std::size_t>(index - window_first_)];
      break;
    }
    before += length;
  }
  window_.clear();
  unreadable_ = true;
  return nullptr;
}

bool ExfatBitmap::used(std::uint32_t cluster) {
  if (!known_ || !layout_.has(cluster)) return true;
  const std::uint32_t bit = cluster - ExfatLayout::kFirstCluster;
  const std::uint8_t* const byte = byte_of(bit / 8);
  return byte == nullptr || (*byte >> bit % 8 & 1) != 0;
}

std::uint32_t ExfatBitmap::alike(std::uint32_t cluster, std::uint32_t most) {
  if (!known_) return most;
  const bool first = used(cluster);
  const std::uint8_t whole = first ? 0xFF : 0;
  std::uint32_t count = 1;
  while (count < most) {
    const std::uint32_t bit = cluster + count - ExfatLayout::kFirstCluster;
    const std::uint8_t* const byte = bit % 8 == 0 && most - count >= 8 ? byte_of(bit / 8) : nullptr;
    if (byte != nullptr && *byte == whole) {
      count += 8;
    } else {
      if (used(cluster + count) != first) break;
      ++count;
    }
  }
  return count;
}

void ClusterSet::add(std::uint64_t first, std::uint64_t count) {
  if (count == 0) return;
  std::uint64_t end = first + count;
  auto after = ranges_.upper_bound(first);
  if (after != ranges_.begin()) {
    const auto before = std::prev(after);
    if (before->second >= first) {
      first = before->first;
      end = std::max(end, before->second);
      after = ranges_.erase(before);
    }
  }
  while (after != ranges_.end() && after->first <= end) {
    end = std::max(end, after->second);
    after = ranges_.erase(after);
  }
  ranges_.emplace_hint(after, first, end);
}

bool ClusterSet::contains(std::uint64_t cluster) const {
  const auto after = ranges_.upper_bound(cluster);
  return after != ranges_.begin() && cluster < std::prev(after)->second;
}

}  // namespace limier::volume
