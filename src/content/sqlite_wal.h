// The write-ahead log of a SQLite database: which of its frames the application saw. Format:
// sqlite.org/fileformat2.html, section 4 (the WAL file), and sqlite.org/walformat.html.
#pragma once

#include <optional>
#include <vector>

#include "limier/content.h"

namespace limier::content {

inline constexpr std::uint64_t kWalHeaderBytes = 32;
inline constexpr std::uint64_t kWalFrameHeaderBytes = 24;
// Frames of the current generation that are looked at: 16 GiB of pages of 4 KiB, 32 MiB of memory.
inline constexpr std::size_t kMaxWalFrames = 4u << 20;

inline bool is_page_size(std::uint32_t bytes) {
  return bytes >= 512 && bytes <= 65536 && (bytes & (bytes - 1)) == 0;
}

// The pages that the log's last commit leaves, each at its newest committed frame.
class Wal {
 public:
  // Nothing where no transaction is whole: an empty log, another file, one that was checkpointed. Says in `rows` what
  // is damaged or left out.
  static std::optional<Wal> read(const Reader& file, Rows& rows);

  [[nodiscard]] std::uint32_t page_size() const { return page_size_; }
  // Pages of the database after the last commit.
  [[nodiscard]] std::uint32_t page_count() const { return page_count_; }
  // Where in the log the bytes of a page stand; none: not in the log.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint32_t page) const;

 private:
  std::uint32_t page_size_ = 0;
  std::uint32_t page_count_ = 0;
  std::vector<std::uint64_t> frames_;  // page << 32 | index of the frame, sorted, one a page
};

}  // namespace limier::content
