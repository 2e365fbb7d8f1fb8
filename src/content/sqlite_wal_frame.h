// Head and frames of a write-ahead log, with their checksums. Format: sqlite.org/fileformat2.html, section 4.
#pragma once

#include <optional>

#include "content/sqlite_wal.h"

namespace limier::content {

struct WalSums {
  std::uint32_t first = 0, second = 0;

  // Whole pairs of words only: headers and pages are.
  void add(Bytes bytes, bool big_endian);
  friend bool operator==(const WalSums&, const WalSums&) = default;
};

struct WalHeader {
  bool big_endian = false;
  std::uint32_t page_size = 0;
  std::uint64_t salts = 0;
  WalSums sums;

  // A sound head of a form that is not known here; SQLite refuses the database then.
  static bool is_of_other_version(Bytes bytes);
  // Nothing where the bytes are no valid head.
  static std::optional<WalHeader> parse(Bytes bytes);
};

struct WalFrame {
  std::uint32_t page = 0;    // 0 in none that SQLite wrote
  std::uint32_t commit = 0;  // pages of the database after it; 0: the transaction goes on
  std::uint64_t salts = 0;
  WalSums sums;  // as stored

  static WalFrame parse(Bytes frame);
};
// Goes on with `sums` over a frame, head and page.
void add_frame(WalSums& sums, Bytes frame, bool big_endian);

}  // namespace limier::content
