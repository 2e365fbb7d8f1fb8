// Sources: ECMA-167 3rd edition: 2/9 (recognition sequence), 3/7.2 (tags), 3/10.1 (primary volume descriptor), 3/10.2
// (anchor), 3/10.5 (partition), 3/10.6 (logical volume); OSTA UDF 2.60, 2.1.1 (dstring), 2.2.3 (places of the anchor).
#include "volume/udf_probe.h"

#include <algorithm>

#include "volume/superblock.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kRecognitionStart = 32768;
constexpr std::size_t kMaxRecognition = 64;     // structures of the sequence that are looked at
constexpr std::uint32_t kMaxDescriptors = 256;  // of the volume descriptor sequence
constexpr unsigned kPrimary = 1, kAnchor = 2, kPartition = 5, kLogical = 6, kTerminating = 8;

bool has_recognition_sequence(const RangeReader& volume) {
  for (const std::uint64_t step : {2048u, 4096u}) {
    for (std::size_t i = 0; i < kMaxRecognition; ++i) {
      const auto bytes = volume.read(kRecognitionStart + i * step + 1, 5);
      const std::string_view id = as_text(bytes);
      if (id == "NSR02" || id == "NSR03") return true;
      if (id != "CD001" && id != "BEA01" && id != "TEA01" && id != "BOOT2" && id != "CDW02") break;
    }
  }
  return false;
}

// The tag that begins a descriptor: its number, when its checksum matches and it stands where it says.
unsigned tag_of(Bytes descriptor, std::uint64_t sector) {
  const auto tag = Block<16>::at(descriptor, 0);
  if (!tag) return 0;
  unsigned sum = 0;
  for (std::size_t i = 0; i < 16; ++i)
    if (i != 4) sum += descriptor[i];
  if ((sum & 0xFF) != tag->le<4, std::uint8_t>() || tag->le<12, std::uint32_t>() != sector) return 0;
  return tag->le<0, std::uint16_t>();
}

// A dstring: the first byte says how many bits a character has, the last one how many bytes are used.
std::string dstring(Bytes field) {
  const std::size_t used = std::min<std::size_t>(field.back(), field.size() - 1);
  if (used < 2) return {};
  const Bytes text = field.subspan(1, used - 1);
  if (field.front() == 16) return utf16_text(text, true);
  if (field.front() != 8) return {};
  std::vector<std::uint8_t> wide;
  for (const std::uint8_t c : text) wide.insert(wide.end(), {0, c});
  return utf16_text(wide, true);
}

void read_descriptors(const RangeReader& volume, std::uint64_t first, std::uint64_t count, UdfVolume& found) {
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, kMaxDescriptors); ++i) {
    const auto bytes = volume.read((first + i) * found.sector_bytes, 512);
    const auto block = Block<512>::at(bytes, 0);
    if (!block) return;
    const unsigned tag = tag_of(bytes, first + i);
    if (tag == 0 || tag == kTerminating) return;
    if (tag == kLogical) {
      found.label = dstring(block->bytes<84, 128>());
      found.block_bytes = block->le<212, std::uint32_t>();
    } else if (tag == kPrimary && found.label.empty()) {
      found.label = dstring(block->bytes<24, 32>());
    } else if (tag == kPartition) {
      const std::uint64_t end = std::uint64_t{block->le<188, std::uint32_t>()} + block->le<192, std::uint32_t>();
      found.end = std::max(found.end, end * found.sector_bytes);
    }
  }
}

bool read_anchor(const RangeReader& volume, std::uint64_t sector, UdfVolume& found) {
  const auto bytes = volume.read(sector * found.sector_bytes, 512);
  const auto block = Block<512>::at(bytes, 0);
  if (!block || tag_of(bytes, sector) != kAnchor) return false;
  found.anchor_offset = sector * found.sector_bytes;
  const std::uint64_t length = block->le<16, std::uint32_t>();
  read_descriptors(volume, block->le<20, std::uint32_t>(), length / found.sector_bytes, found);
  return true;
}

}  // namespace

std::optional<UdfVolume> find_udf(const RangeReader& volume) {
  if (!has_recognition_sequence(volume)) return std::nullopt;
  UdfVolume found;
  for (const std::uint32_t sector_bytes : {2048u, 512u, 4096u, 1024u}) {
    found.sector_bytes = sector_bytes;
    const std::uint64_t sectors = volume.size_bytes() / sector_bytes;
    for (const std::uint64_t at : {std::uint64_t{256}, sectors - 1, sectors - 257, std::uint64_t{512}})
      if (at < sectors && read_anchor(volume, at, found)) return found;
  }
  return UdfVolume{};
}

}  // namespace limier::volume
