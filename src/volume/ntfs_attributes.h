// What stands in the attributes of NTFS records. Sources: Linux-NTFS documentation ("$STANDARD_INFORMATION",
// "$ATTRIBUTE_LIST", "$FILE_NAME", "$EA", "Attributes"); Microsoft [MS-FSCC] 2.1.2 (reparse points), 2.4.16
// (FILE_FULL_EA_INFORMATION) and 2.6 (file attributes).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limier/catalog.h"

namespace limier::volume {

inline constexpr std::uint32_t kNtfsStandardInformation = 0x10;
inline constexpr std::uint32_t kNtfsAttributeList = 0x20;
inline constexpr std::uint32_t kNtfsFileName = 0x30;
inline constexpr std::uint32_t kNtfsData = 0x80;
inline constexpr std::uint32_t kNtfsReparsePoint = 0xC0;
inline constexpr std::uint32_t kNtfsEa = 0xE0;

// The update sequence replaces the last two bytes of every 512 of an MFT record or index block; headers may straddle
// them. False when the record was not written as a whole.
bool apply_fixups(MutableBytes record);

// Units of 100 ns since 1601; zero is no time.
catalog::Stamp ntfs_time(std::uint64_t units);
// $STANDARD_INFORMATION and $FILE_NAME; absent what lies outside `content`.
catalog::FileTimes standard_information_times(Bytes content);
catalog::FileTimes file_name_times(Bytes content);

// The size of a stream with clusters as its attribute says it, in a record whose fixups are applied. The part of the
// attribute that holds the first cluster has it.
std::optional<std::uint64_t> non_resident_size(Bytes record, std::uint32_t type, std::string_view name);
// The record that holds that part, by the content of $ATTRIBUTE_LIST.
std::optional<std::uint64_t> listed_record(Bytes list, std::uint32_t type, std::string_view name);

// UTF-16LE as UTF-8; half a surrogate pair as the three bytes its number would have, so that two texts stay two.
std::string ntfs_text(Bytes utf16);

struct ExtendedAttribute {
  std::string name;
  std::uint32_t offset = 0;  // of the value, from the start of the attribute
  std::uint32_t length = 0;
};
// Those before the first that is damaged.
std::vector<ExtendedAttribute> parse_extended_attributes(Bytes content);

// What the system makes of a file with a reparse point.
enum class Redirected : std::uint8_t {
  kLink,         // opens something else
  kSpecial,      // a device, pipe or socket of Linux
  kCompressed,   // content is compressed in a stream of its own
  kShared,       // content is never in the file itself
  kPlaceholder,  // content is in the file itself when it is there at all
  kUnknown,      // a file that holds nothing may not be empty
  kEmpty,        // nothing, and nothing is missing
};
enum class WofMethod : std::uint8_t { kNone, kXpress4K, kXpress8K, kXpress16K, kLzx };
struct Reparse {
  std::uint32_t tag = 0;
  Redirected meaning = Redirected::kPlaceholder;
  std::string target;                   // kLink
  std::uint32_t mode = 0;               // kSpecial, kLink: type bits as in sys/stat.h
  WofMethod method = WofMethod::kNone;  // kCompressed, none: not known to limier, see `reason`
  std::string reason;                   // why the content is not read
};
std::optional<Reparse> parse_reparse(Bytes content);
// The same from the content of a file of Services for Unix (Interix): "IntxLNK", "IntxCHR", "IntxBLK".
std::optional<Reparse> parse_interix(Bytes content);

}  // namespace limier::volume
