#include "volume/ad1_format.h"

#include <algorithm>

#include "limier/base.h"

namespace limier::volume {

namespace {

constexpr std::size_t kMaxName = 64u << 10, kMaxValue = 64u << 10;
constexpr std::uint64_t kMostAboutTheImage = 1u << 20;
constexpr std::uint64_t kMaxChunkBytes = 64u << 20;

}  // namespace

Ad1Bytes::Ad1Bytes(const evidence::Image& image, const evidence::EvidenceSpec& spec) : image_(image) {
  std::uint64_t header_bytes = evidence::kAd1HeaderBytes;
  std::vector<std::uint8_t> head(evidence::kAd1HeaderBytes);
  head.resize(image.read(0, MutableBytes(head)).length);
  if (const auto said = evidence::ad1_header(Bytes(head))) header_bytes = said->header_bytes;
  std::uint64_t at = 0;
  const auto add = [&](std::uint64_t length) {
    const std::uint64_t skipped = std::min(header_bytes, length);
    headers_.emplace_back(at, skipped);
    if (length > skipped) parts_.push_back({size_, at + skipped, length - skipped});
    size_ += length - skipped;
    at += length;
  };
  for (const auto& segment : spec.segments) add(segment.size_bytes);
  if (spec.segments.empty()) add(image.size_bytes());
}

std::optional<Ad1Bytes::Place> Ad1Bytes::place(std::uint64_t offset) const {
  auto part = std::ranges::upper_bound(parts_, offset, {}, &Part::offset);
  if (part == parts_.begin()) return std::nullopt;
  --part;
  const std::uint64_t within = offset - part->offset;
  if (within >= part->length) return std::nullopt;
  return Place{part->image_offset + within, part->length - within};
}

std::optional<std::uint64_t> Ad1Bytes::offset_of(std::uint64_t image_offset) const {
  auto part = std::ranges::upper_bound(parts_, image_offset, {}, &Part::image_offset);
  if (part == parts_.begin()) return std::nullopt;
  --part;
  const std::uint64_t within = image_offset - part->image_offset;
  if (within >= part->length) return std::nullopt;
  return part->offset + within;
}

std::vector<std::uint8_t> Ad1Bytes::read(std::uint64_t offset, std::size_t length) const {
  std::vector<std::uint8_t> out;
  while (out.size() < length) {
    const auto at = place(offset + out.size());
    if (!at) break;
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(length - out.size(), at->length));
    const std::size_t before = out.size();
    out.resize(before + part);
    const std::size_t got = image_.read(at->image_offset, MutableBytes(out).subspan(before)).length;
    out.resize(before + got);
    if (got < part) break;
  }
  return out;
}

std::optional<Ad1Header> Ad1Bytes::header() const {
  constexpr std::size_t kHeader = 48, kOfVersion4 = 0x5c;
  const auto bytes = read(0, kOfVersion4);
  const auto block = Block<kHeader>::at(Bytes(bytes), 0);
  if (!block || as_text(block->bytes<0, evidence::kAd1Image.size()>()) != evidence::kAd1Image) return std::nullopt;
  Ad1Header header;
  header.version = block->le<0x10, std::uint32_t>();
  header.chunk_bytes = block->le<0x18, std::uint32_t>();
  header.first_entry = block->le<0x24, std::uint64_t>();
  const std::uint64_t name = std::min<std::uint64_t>(block->le<0x2c, std::uint32_t>(), kMaxName);
  header.end = (header.version >= 4 ? kOfVersion4 : kHeader) + name;
  if (header.first_entry > header.end && header.first_entry - header.end <= kMostAboutTheImage)
    header.end = header.first_entry;
  if (header.version >= 4) header.footer = le_at<std::uint64_t>(Bytes(bytes), 0x3c).value_or(0);
  if (header.chunk_bytes == 0 || header.chunk_bytes > kMaxChunkBytes) return std::nullopt;
  return header;
}

std::optional<Ad1Entry> Ad1Bytes::entry(std::uint64_t offset) const {
  constexpr std::size_t kFixed = 48, kUsualName = 208, kParent = 8;
  auto bytes = read(offset, kFixed + kUsualName);
  const auto block = Block<kFixed>::at(Bytes(bytes), 0);
  if (!block) return std::nullopt;
  Ad1Entry entry;
  entry.offset = offset;
  entry.next = block->le<0, std::uint64_t>();
  entry.child = block->le<8, std::uint64_t>();
  entry.attributes = block->le<16, std::uint64_t>();
  entry.chunks = block->le<24, std::uint64_t>();
  entry.size_bytes = block->le<32, std::uint64_t>();
  entry.type = block->le<40, std::uint32_t>();
  const std::uint32_t length = block->le<44, std::uint32_t>();
  if (length > kMaxName) return std::nullopt;
  if (length > kUsualName) bytes = read(offset, kFixed + length);
  const auto name = slice(Bytes(bytes), kFixed, length);
  if (!name) return std::nullopt;
  entry.name = as_text(*name);
  entry.end = offset + kFixed + length + kParent;
  return entry;
}

std::optional<Ad1Attribute> Ad1Bytes::attribute(std::uint64_t offset) const {
  constexpr std::size_t kFixed = 20, kUsual = 64;
  auto bytes = read(offset, kFixed + kUsual);
  const auto block = Block<kFixed>::at(Bytes(bytes), 0);
  if (!block) return std::nullopt;
  Ad1Attribute attribute;
  attribute.next = block->le<0, std::uint64_t>();
  attribute.id = block->le<12, std::uint32_t>();
  const std::uint32_t length = block->le<16, std::uint32_t>();
  if (length > kMaxValue) return std::nullopt;
  if (length > kUsual) bytes = read(offset, kFixed + length);
  const auto value = slice(Bytes(bytes), kFixed, length);
  if (!value) return std::nullopt;
  attribute.value = as_text(*value);
  attribute.end = offset + kFixed + length;
  return attribute;
}

std::optional<Ad1Chunks> Ad1Bytes::chunks(const Ad1Entry& entry, std::uint32_t chunk_bytes) const {
  constexpr std::uint64_t kNumber = 8;
  const auto head = read(entry.chunks, 2 * kNumber);
  const auto block = Block<2 * kNumber>::at(Bytes(head), 0);
  if (!block) return std::nullopt;
  const std::uint64_t count = block->le<0, std::uint64_t>();
  if (count == 0 || count != (entry.size_bytes - 1) / chunk_bytes + 1 || count > size_ / kNumber) return std::nullopt;
  const std::uint64_t last_at = entry.chunks + kNumber + count * kNumber;
  const auto last = read(last_at, kNumber);
  if (last.size() != kNumber) return std::nullopt;
  Ad1Chunks chunks;
  chunks.table_end = last_at + kNumber;
  chunks.begin = block->le<8, std::uint64_t>();
  chunks.end = le_at<std::uint64_t>(Bytes(last), 0).value_or(0);
  if (chunks.end <= chunks.begin || chunks.end > size_) return std::nullopt;
  return chunks;
}

}  // namespace limier::volume
