// The system use fields of directory records: Rock Ridge. Private to the room.
//
// Sources: IEEE P1281 "System Use Sharing Protocol" 1.12 (SP, CE, ST, ER, ES); IEEE P1282 "Rock Ridge Interchange
// Protocol" 1.12 and 1.10 (RR, PX, PN, SL, NM, CL, PL, RE, TF, SF); zisofs: libisofs, doc/zisofs_format.txt (ZF).
#pragma once

#include <array>
#include <optional>
#include <string>

#include "volume/iso_record.h"

namespace limier::volume {

enum class RockTime : std::size_t { kCreated, kModified, kAccessed, kChanged, kCount };

struct Zisofs {
  std::array<char, 2> algorithm{};
  std::uint32_t header_bytes = 0;
  std::uint8_t block_bits = 0;
  std::uint32_t size_bytes = 0;
};

struct RockRidge {
  bool present = false;  // any field of it
  std::optional<std::string> name;
  std::string link_target;
  bool has_mode = false, has_link = false;
  std::uint32_t mode = 0, links = 0, uid = 0, gid = 0;
  std::array<std::optional<std::array<std::uint8_t, 17>>, static_cast<std::size_t>(RockTime::kCount)> long_times{};
  std::array<std::optional<IsoDate>, static_cast<std::size_t>(RockTime::kCount)> times{};
  std::optional<std::uint32_t> child_block;   // CL: the folder stands there
  std::optional<std::uint32_t> parent_block;  // PL, in the record of the folder above: the one it was moved from
  bool relocated = false;                     // RE: shown where a CL leads to it
  bool sparse = false;
  std::optional<Zisofs> zisofs;
  bool damaged = false;
  std::uint64_t continued_at = 0, continued_bytes = 0;  // the first continuation area, logical
};

// What the root folder's own record says: how many bytes to skip in every other record; none without Rock Ridge.
std::optional<std::uint8_t> rock_ridge_of_root(IsoDisc& disc, std::uint32_t block_bytes, Bytes system_use);
RockRidge read_rock_ridge(IsoDisc& disc, std::uint32_t block_bytes, Bytes system_use, std::uint8_t skip);

}  // namespace limier::volume
