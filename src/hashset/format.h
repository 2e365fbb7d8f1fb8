// The set file, byte for byte (docs/hashsets.md has it in words). Numbers are little-endian, digests are as they are.
#pragma once

#include <cstring>

#include "limier/hashset.h"

namespace limier::hashset {

inline constexpr std::string_view kMagic = "LIMIRSET";
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kHeaderBytes = 4096;  // the last 32 of them: SHA-256 of those before
inline constexpr std::size_t kTrailerBytes = 32;
inline constexpr std::size_t kKeyBytes = 16;  // of a digest; the rest of it stands apart, and is read on a match alone
inline constexpr std::size_t kAlign = 16;
inline constexpr unsigned kMaxIndexBits = 22;

// Places in the header.
namespace at {
inline constexpr std::size_t kVersion = 8, kKind = 12, kRows = 16, kRejected = 24, kSize = 32, kSectionFacts = 64;
inline constexpr std::size_t kSectionStride = 16;  // entries (8), bits of the index (4), has categories (4)
inline constexpr std::size_t kName = 256, kListVersion = 512, kFormat = 768;
inline constexpr std::size_t kTextBytes = 256;  // length (2), then bytes
inline constexpr std::size_t kHeaderDigest = kHeaderBytes - 32;
}  // namespace at
inline constexpr std::size_t kMaxText = at::kTextBytes - 2;

// Where the parts of a section lie. Everything follows from the header.
struct SectionPlan {
  std::uint64_t entries = 0;
  unsigned index_bits = 0;
  bool has_categories = false;
  std::uint64_t keys = 0, rest = 0, categories = 0, index = 0, end = 0;
};

inline std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kAlign - 1) / kAlign * kAlign;
}

// Some 32 to 64 keys for a place of the index.
inline unsigned index_bits_for(std::uint64_t entries) {
  unsigned bits = 0;
  while (bits < kMaxIndexBits && (entries >> (bits + 6)) != 0) ++bits;
  return bits;
}

// Sections lie in their order; one without entries takes no room.
inline void place(SectionPlan& plan, std::size_t section, std::uint64_t from) {
  plan.keys = from;
  plan.rest = aligned(plan.keys + kKeyBytes * plan.entries);
  plan.categories = aligned(plan.rest + (kDigestBytes[section] - kKeyBytes) * plan.entries);
  plan.index = aligned(plan.categories + (plan.has_categories ? plan.entries : 0));
  plan.end = plan.entries == 0 ? from : plan.index + 8 * ((std::uint64_t{1} << plan.index_bits) + 1);
  plan.end = aligned(plan.end);
}

inline void put_le(std::uint8_t* to, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace limier::hashset
