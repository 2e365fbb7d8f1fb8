#include "content/cell_finder.h"

#include "content/sqlite_record.h"

namespace limier::content {
namespace {

constexpr std::uint8_t kInterior = 0x05;  // of a table
constexpr std::uint8_t kLeaf = 0x0d;
// A page of a table's tree, checked as far as its head and its list of cells.
struct FinderPage {
  Bytes bytes;
  bool leaf = false;
  std::uint64_t list = 0;  // of the cells' offsets
  std::uint32_t cells = 0;

  static std::optional<FinderPage> parse(Bytes bytes, bool first) {
    FinderPage page{bytes};
    const std::uint64_t head = first ? kHeadOfPageOne : 0;
    const auto type = slice(bytes, head, 1);
    const auto count = be_at<std::uint16_t>(bytes, head + 3);
    if (!type || !count || ((*type)[0] != kInterior && (*type)[0] != kLeaf)) return std::nullopt;
    page.leaf = (*type)[0] == kLeaf;
    page.list = head + (page.leaf ? 8 : 12);
    page.cells = *count;
    if (!slice(bytes, page.list, std::uint64_t{2} * page.cells)) return std::nullopt;
    return page;
  }
  [[nodiscard]] std::uint64_t offset_of(std::uint32_t cell) const {
    return be_at<std::uint16_t>(bytes, list + std::uint64_t{2} * cell).value_or(0);
  }
  // The row's number that a cell holds.
  [[nodiscard]] std::optional<std::int64_t> key_of(std::uint32_t cell) const {
    std::uint64_t at = offset_of(cell);
    if (leaf) {
      const auto payload = varint_at(bytes, at);
      if (!payload) return std::nullopt;
      at += payload->length;
    } else {
      at += 4;
    }
    const auto key = varint_at(bytes, at);
    if (!key) return std::nullopt;
    return static_cast<std::int64_t>(key->value);
  }
  // The page below that holds `rowid`: a cell's child has the keys up to its own.
  [[nodiscard]] std::optional<std::uint32_t> child_for(std::int64_t rowid) const {
    const auto cell = first_not_below(rowid);
    if (!cell) return std::nullopt;
    return be_at<std::uint32_t>(bytes, *cell == cells ? list - 4 : offset_of(*cell));
  }
  // By halving: keys rise. `cells` when all are lower.
  [[nodiscard]] std::optional<std::uint32_t> first_not_below(std::int64_t rowid) const {
    std::uint32_t low = 0;
    std::uint32_t high = cells;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      const auto key = key_of(middle);
      if (!key) return std::nullopt;
      if (*key < rowid)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
};

}  // namespace

const CellFinder::Page* CellFinder::load(std::size_t level, std::uint32_t number) {
  if (number == 0 || number > image_.page_count()) return nullptr;
  Page& page = way_[level];
  if (page.number != number) {
    page.bytes.resize(image_.page_size());
    page.number = 0;
    if (!image_.read((std::uint64_t{number} - 1) * image_.page_size(), page.bytes)) return nullptr;
    page.number = number;
  }
  return &page;
}

std::optional<CellPlace> CellFinder::find(std::int64_t rowid) {
  std::uint32_t number = root_;
  for (std::size_t level = 0; level < kMaxDepth; ++level) {
    const Page* stored = load(level, number);
    const auto page = stored != nullptr ? FinderPage::parse(stored->bytes, number == 1) : std::nullopt;
    if (!page) return std::nullopt;
    if (!page->leaf) {
      const auto child = page->child_for(rowid);
      if (!child) return std::nullopt;
      number = *child;
      continue;
    }
    const auto cell = page->first_not_below(rowid);
    if (!cell || *cell == page->cells || page->key_of(*cell) != rowid) return std::nullopt;
    const SqliteImage::Place place = image_.place_of(number);
    return CellPlace{number, place.source, place.offset + page->offset_of(*cell)};
  }
  return std::nullopt;
}

}  // namespace limier::content
