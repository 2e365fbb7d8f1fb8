// Directory records and dates of ISO 9660. Private to the room.
//
// Source: ECMA-119, 4th edition: 6.8 (directories), 8.4.26.1 (date and time, 17 bytes), 9.1 (directory records).
#pragma once

#include "limier/catalog.h"
#include "volume/iso_disc.h"

namespace limier::volume {

using IsoDate = std::array<std::uint8_t, 7>;

struct IsoRecord {
  std::uint64_t offset = 0;  // logical, of the record itself
  std::uint64_t block = 0;   // of the extent
  std::uint64_t length = 0;  // bytes of the section
  bool contradicts = false;  // the two byte orders of a number disagree
  std::uint8_t attribute_blocks = 0;
  std::uint8_t flags = 0;
  std::uint8_t unit_blocks = 0, gap_blocks = 0;  // interleaved when not 0
  IsoDate date{};
  Bytes id;          // refers to the scan's own memory, until its next step
  Bytes system_use;  // the same
  [[nodiscard]] bool hidden() const { return (flags & 0x01) != 0; }
  [[nodiscard]] bool folder() const { return (flags & 0x02) != 0; }
  [[nodiscard]] bool associated() const { return (flags & 0x04) != 0; }
  [[nodiscard]] bool more_follows() const { return (flags & 0x80) != 0; }
  [[nodiscard]] bool is_self() const { return id.size() == 1 && id[0] == 0; }
  [[nodiscard]] bool is_parent() const { return id.size() == 1 && id[0] == 1; }
};

// The records of a folder, or of a part of it, one after the other.
class IsoRecords {
 public:
  IsoRecords(IsoDisc& disc, std::uint32_t block_bytes, std::uint64_t offset, std::uint64_t length)
      : disc_(disc), block_bytes_(block_bytes), at_(offset), end_(offset + length) {}
  // False at the end.
  bool next(IsoRecord& record);
  // Records, or rests of sectors, that contradict themselves.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }
  [[nodiscard]] std::uint64_t first_damaged() const { return first_damaged_; }
  // Whether there may have been more records than were given.
  [[nodiscard]] bool some_lost() const { return some_lost_; }

 private:
  void damaged_at(std::uint64_t offset);
  void lost_at(std::uint64_t offset);
  bool load(std::uint64_t sector_start);
  bool parse(Bytes bytes, IsoRecord& record);

  IsoDisc& disc_;
  std::uint32_t block_bytes_;
  std::uint64_t at_, end_;
  std::uint64_t loaded_ = UINT64_MAX;
  std::size_t in_sector_ = 0;
  std::array<std::uint8_t, kIsoSector> sector_{};
  std::uint64_t damaged_ = 0, first_damaged_ = 0;
  bool some_lost_ = false;
  std::size_t left_unused_ = kIsoSector;  // bytes behind the last record, in its sector
};

struct IsoTime {
  catalog::Stamp stamp;     // absent when there is none
  bool impossible = false;  // no calendar or clock shows it
  bool zoneless = false;    // its offset is none that a zone has: a local time
};
IsoTime iso_time(Bytes seven_or_seventeen);

}  // namespace limier::volume
