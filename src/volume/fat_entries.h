// Directory entries of FAT: names, times, and what is none. Source: Microsoft, "FAT32 File System Specification" 1.03.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "volume/fat_geometry.h"

namespace limier::volume {

// A date and a time as an entry holds them.
struct FatTime {
  std::uint16_t date = 0;
  std::uint16_t time = 0;
  std::uint8_t hundredths = 0;  // 0 to 199; of the creation only
  [[nodiscard]] Civil civil() const;
  [[nodiscard]] bool exists() const { return date != 0; }
  [[nodiscard]] bool possible() const { return hundredths < 200 && civil_seconds(civil()).has_value(); }
};

// Refers to the caller's bytes.
class FatEntry {
 public:
  explicit FatEntry(const Block<kFatEntryBytes>& bytes) : bytes_(bytes) {}
  [[nodiscard]] Bytes name() const { return bytes_.bytes<0, 11>(); }
  [[nodiscard]] std::uint8_t first() const { return bytes_.le<0, std::uint8_t>(); }
  [[nodiscard]] std::uint8_t attributes() const { return bytes_.le<11, std::uint8_t>(); }
  [[nodiscard]] std::uint8_t case_flags() const { return bytes_.le<12, std::uint8_t>(); }
  [[nodiscard]] bool end_mark() const { return first() == 0; }
  [[nodiscard]] bool deleted() const { return first() == 0xE5; }
  [[nodiscard]] bool long_part() const { return (attributes() & 0x3F) == 0x0F; }
  [[nodiscard]] bool label() const { return !long_part() && (attributes() & 0x08) != 0; }
  [[nodiscard]] bool folder() const { return !long_part() && !label() && (attributes() & 0x10) != 0; }
  [[nodiscard]] bool dots() const;  // "." or ".."
  // The word at offset 20 holds something else on FAT12 and FAT16 (OS/2: extended attributes).
  [[nodiscard]] std::uint32_t cluster(unsigned bits) const {
    const std::uint32_t high = bits == 32 ? bytes_.le<20, std::uint16_t>() : 0u;
    return (high << 16 | bytes_.le<26, std::uint16_t>()) & 0x0FFFFFFF;
  }
  [[nodiscard]] std::uint32_t size_bytes() const { return bytes_.le<28, std::uint32_t>(); }
  [[nodiscard]] FatTime created() const {
    return {bytes_.le<16, std::uint16_t>(), bytes_.le<14, std::uint16_t>(), bytes_.le<13, std::uint8_t>()};
  }
  [[nodiscard]] FatTime modified() const { return {bytes_.le<24, std::uint16_t>(), bytes_.le<22, std::uint16_t>(), 0}; }
  [[nodiscard]] FatTime accessed() const { return {bytes_.le<18, std::uint16_t>(), 0, 0}; }
  // Of a part of a long name.
  [[nodiscard]] std::uint8_t checksum() const { return bytes_.le<13, std::uint8_t>(); }
  [[nodiscard]] std::array<std::uint16_t, 13> units() const;
  [[nodiscard]] std::uint16_t part_cluster() const { return bytes_.le<26, std::uint16_t>(); }

 private:
  Block<kFatEntryBytes> bytes_;
};

// An entry that may be what is left of one: nothing in it contradicts the volume. `wary`: nor the specification, for
// places where no entry needs to be.
bool plausible_entry(const FatEntry& entry, const FatGeometry& geometry, bool wary);
bool plausible_part(const FatEntry& part);

// The 8.3 name. Bytes of 128 and more are characters of the code page, or as they stand where it is 0 or has none; the
// first byte of a deleted one is lost: '_'. Never empty.
std::string short_name(const FatEntry& entry, std::uint32_t code_page);
std::string label_name(const FatEntry& entry, std::uint32_t code_page);

// Gathers the parts of a long name, which stand before the entry it belongs to, last part first.
class LongNames {
 public:
  void add(const FatEntry& part);
  void clear() { parts_ = 0; }
  // The long name of `entry`, when the parts just before it are whole and made for its short name. Of a deleted one the
  // parts have lost their numbers, and the short name its first byte, which the checksum gives back: it must be one
  // that the long name leads to. Starts anew.
  std::optional<std::string> take(const FatEntry& entry);

 private:
  static constexpr std::size_t kUnits = 13;
  static constexpr std::size_t kMostParts = 20;
  [[nodiscard]] bool belongs(const FatEntry& entry) const;
  // As UTF-8; half a surrogate pair in the three bytes that its number would have.
  [[nodiscard]] std::string text() const;

  std::array<std::array<std::uint16_t, kUnits>, kMostParts> units_{};  // in the order in which they stand
  std::size_t parts_ = 0;
  std::size_t expected_ = 0;  // the number of the next part; 0: whole
  std::uint8_t checksum_ = 0;
  bool deleted_ = false;
};

}  // namespace limier::volume
