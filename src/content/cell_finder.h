// Where the record of a row stands: a descent of the table's b-tree by the row's number, with bounds of its own.
// Format: sqlite.org/fileformat2.html, section 1.6 (b-tree pages).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "content/sqlite_image.h"

namespace limier::content {

struct CellPlace {
  std::uint32_t page = 0;
  catalog::RowSource source = catalog::RowSource::kMain;
  std::uint64_t file_offset = 0;  // of the cell, in the file that source names
};

class CellFinder {
 public:
  CellFinder(const SqliteImage& image, std::uint32_t root_page) : image_(image), root_(root_page) {}

  // None: no such row, a table without row numbers, or a tree that makes no sense on the way. Quick for rows that are
  // asked for in order: the last way down is kept.
  std::optional<CellPlace> find(std::int64_t rowid);

 private:
  static constexpr std::size_t kMaxDepth = 20;  // as SQLite itself

  struct Page {
    std::uint32_t number = 0;
    std::vector<std::uint8_t> bytes;
  };
  const Page* load(std::size_t level, std::uint32_t number);

  const SqliteImage& image_;
  std::uint32_t root_;
  std::array<Page, kMaxDepth> way_;
};

}  // namespace limier::content
