// Directory entries of exFAT. Source: Microsoft, "exFAT file system specification", sections 6 and 7.
//
// Owns:    values only.
// Threads: plain functions.
// Errors:  bytes that are no such entries give nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "limier/base.h"

namespace limier::volume {

// First byte of an entry: the top bit says that it is in use, the next that it belongs to the primary entry before it,
// the third that one who does not know it may pass it over.
inline constexpr std::uint8_t kExfatInUse = 0x80, kExfatSecondary = 0x40, kExfatBenign = 0x20;
// Types without the top bit.
inline constexpr std::uint8_t kExfatBitmapEntry = 0x01, kExfatUpcaseEntry = 0x02, kExfatLabelEntry = 0x03,
                              kExfatFileEntry = 0x05, kExfatGuidEntry = 0x20, kExfatPaddingEntry = 0x21,
                              kExfatStreamEntry = 0x40, kExfatNameEntry = 0x41;
inline constexpr std::uint16_t kExfatReadOnly = 0x01, kExfatHidden = 0x02, kExfatFolder = 0x10;

struct ExfatTime {
  std::uint32_t stamp = 0;
  std::uint8_t hundredths = 0;  // 0 to 199
  std::uint8_t zone = 0;        // quarters of an hour from UTC in seven bits, with the top bit set
};
// As a clock showed it, the hundredths left out; none for zero.
std::optional<Civil> civil_of(const ExfatTime& time);
// Seconds to be taken from it for UTC; none when the zone is not known.
std::optional<std::int64_t> zone_seconds(const ExfatTime& time);

struct ExfatAllocation {
  std::uint32_t first_cluster = 0;
  std::uint64_t bytes = 0;
  bool in_a_row = false;  // no chain in the FAT
};

// A file or a folder: its entry, that of its stream, those of its name, and what others have put behind them.
struct ExfatFile {
  bool in_use = false;
  bool proven = false;  // the checksum over the set fits
  std::uint16_t attributes = 0;
  ExfatTime created, modified, accessed;
  std::uint64_t valid_bytes = 0;
  ExfatAllocation content;
  std::string name;  // UTF-8; half surrogate pairs as three bytes (ED A0 80), NUL as C0 80
  std::vector<ExfatAllocation> others;
  [[nodiscard]] bool folder() const { return (attributes & kExfatFolder) != 0; }
  // The time of creation, comparable.
  [[nodiscard]] std::uint64_t age() const { return std::uint64_t{created.stamp} << 8 | created.hundredths; }
};
// Entries of the set that this primary entry begins, itself included; 0 when it is none of a file.
std::size_t exfat_file_entries(Bytes primary);
// `set`: so many whole entries. Nothing when they are not all in use or all not, or not such a set, or of a kind that
// nobody may pass over who does not know it.
std::optional<ExfatFile> parse_exfat_file(Bytes set);

// The clusters of an allocation bitmap or an up-case table.
ExfatAllocation table_of(Bytes entry);
// Those of a primary entry of an unknown, benign kind, when it has any.
std::optional<ExfatAllocation> allocation_of_primary(Bytes entry);
// The label, whole also where it is longer than the eleven characters it may have; or whatever text stands in its
// place, though the entry counts none.
std::string exfat_label(Bytes entry, bool uncounted = false);

// UTF-16LE as above.
std::string wtf8_of(Bytes utf16);

}  // namespace limier::volume
