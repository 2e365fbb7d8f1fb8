#include "content/sqlite_traces.h"

#include <fmt/format.h>

#include <algorithm>

namespace limier::content {
namespace {

constexpr std::uint32_t kBlockHead = 4;     // next block, size
constexpr std::uint32_t kLeastBlock = 20;   // a smaller one may have held nothing but NULL and zeros
constexpr std::uint64_t kBytesToTell = 64;  // of free blocks
constexpr std::uint64_t kBlocksToTell = 3;
constexpr std::uint64_t kBlocksOfMany = 8;     // where others were not zeroed
constexpr std::uint32_t kLeavesToTell = 5;     // fewer stand in order by themselves
constexpr std::uint64_t kMostFreePercent = 5;  // 12 and more in an index whose entries came one by one
constexpr std::uint32_t kNumbersALeaf = 8;     // of rows, that are looked at
constexpr std::uint32_t kMostTrees = 8192;

bool is_zero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

// Bytes of a leaf's cells, with their places in the list.
struct LeafFill {
  std::uint64_t free = 0, largest = 0;
  bool known = false;
};

std::uint64_t cell_bytes(Bytes page, const TreePage& tree, std::uint64_t start) {
  if (tree.type == PageType::kTableLeaf) {
    const auto cell = leaf_cell_at(page, start);
    return cell ? cell->end - cell->start : 0;
  }
  const auto size = varint_at(page, start);
  if (!size) return 0;
  const std::uint64_t local = local_index_payload_bytes(size->value, static_cast<std::uint32_t>(page.size()));
  return size->length + local + (local < size->value ? 4 : 0);
}

LeafFill fill_of(Bytes page, const TreePage& tree) {
  LeafFill fill;
  std::uint64_t used = tree.list_end();
  for (std::uint32_t i = 0; i < tree.cells; ++i) {
    const std::uint64_t bytes = std::max<std::uint64_t>(cell_bytes(page, tree, tree.offset_of(page, i)), 4);
    used += bytes;
    fill.largest = std::max(fill.largest, bytes + 2);
  }
  fill.known = used <= page.size() && tree.cells > 0;
  fill.free = fill.known ? page.size() - used : 0;
  return fill;
}

}  // namespace

void SqliteTraces::begin_tree(Tree kind, std::uint32_t root) {
  if (trees_.size() == kMostTrees) return give_up_order();
  trees_.push_back({.kind = kind, .root = root});
}

void SqliteTraces::see_page(std::uint32_t number, Bytes page, const TreePage& tree) {
  see_blocks(page, tree);
  if (trees_.empty() || !order_known_) return;
  Shape& shape = trees_.back();
  if (number != shape.root) {
    shape.lowest = std::min(shape.lowest, number);
    shape.highest = std::max(shape.highest, number);
  }
  if (tree.is_leaf()) see_leaf(number, page, tree);
}

// Blocks that cells left behind which were freed: SQLite writes their first four bytes, and nothing else unless it is
// told to zero them.
void SqliteTraces::see_blocks(Bytes page, const TreePage& tree) {
  std::uint64_t blocks = 0, zeroed = 0, bytes_zeroed = 0;
  std::uint64_t last = std::max<std::uint64_t>(tree.content_start, tree.list_end());
  for (std::uint32_t block = tree.first_freeblock; block != 0;) {
    const std::uint32_t size = be_at<std::uint16_t>(page, block + 2).value_or(0);
    const auto bytes = slice(page, block, size);
    // A list that leads where no cell ever stood was not made by SQLite, and says nothing.
    if (!bytes || size < kBlockHead || block < last) return;
    if (size >= kLeastBlock) {
      ++blocks;
      if (is_zero(bytes->subspan(kBlockHead))) {
        ++zeroed;
        bytes_zeroed += size - kBlockHead;
      }
    }
    last = std::uint64_t{block} + size;
    block = be_at<std::uint16_t>(page, block).value_or(0);
  }
  blocks_ += blocks;
  blocks_zeroed_ += zeroed;
  bytes_zeroed_ += bytes_zeroed;
}

void SqliteTraces::see_leaf(std::uint32_t number, Bytes page, const TreePage& tree) {
  Shape& shape = trees_.back();
  const LeafFill fill = fill_of(page, tree);
  if (shape.leaves > 0) {
    shape.ascending = shape.ascending && number > shape.last_leaf;
    // Written in one go, a leaf ends where the next cell has no room; which of the next leaf's that was is not known.
    shape.packed = shape.packed && shape.last_free <= std::max(shape.last_cell, fill.largest);
    shape.free_bytes += shape.last_free;
    shape.page_bytes += page.size();
  }
  if (!fill.known && tree.cells > 0) give_up_order();
  ++shape.leaves;
  shape.last_leaf = number;
  shape.last_free = fill.free;
  shape.last_cell = fill.largest;
  if (shape.kind != Tree::kIndex) return;
  const std::uint32_t step = std::max<std::uint32_t>(1, tree.cells / kNumbersALeaf);
  for (std::uint32_t i = 0; i < tree.cells; i += step) see_number(page, tree.offset_of(page, i));
}

// The last value of an entry of an index is the number of its row.
void SqliteTraces::see_number(Bytes page, std::uint64_t cell) {
  const auto size = varint_at(page, cell);
  if (!size || local_index_payload_bytes(size->value, static_cast<std::uint32_t>(page.size())) != size->value) return;
  const auto record = slice(page, cell + size->length, size->value);
  if (!record || !parse_record_head(*record, head_) || head_.types.empty()) return;
  const std::uint64_t type = head_.types.back();
  if (type == 0 || type == 7 || type > 9) return;
  const auto value = slice(*record, head_.payload_bytes() - bytes_of_type(type), bytes_of_type(type));
  if (!value) return;
  const std::int64_t number = integer_of_type(type, *value);
  Shape& shape = trees_.back();
  if (shape.numbers++ > 0) ++(number > shape.last_number ? shape.rising : shape.falling);
  shape.last_number = number;
}

void SqliteTraces::see_free_leaf(Bytes page) {
  ++leaves_;
  if (is_zero(page)) ++leaves_zeroed_;
}

// Behind its list stand entries that were taken from it; whatever else the page held reached up to its end.
void SqliteTraces::see_free_trunk(Bytes page, std::uint32_t leaves) {
  const std::size_t half = page.size() / 2;
  if (leaves > half / 4 - 2) return;
  ++trunks_;
  if (is_zero(page.subspan(half))) ++trunks_zeroed_;
}

// Every tree in the order of its keys, full, and beside the others, behind all roots; and among them an index in the
// order of whose entries the rows were not made. Entries that come with their rows leave another order, and less full
// pages.
bool SqliteTraces::is_written_anew(std::uint64_t free_pages) const {
  if (!order_known_ || free_pages > 0) return false;
  std::vector<const Shape*> grown;
  std::uint32_t last_root = 0, first_page = UINT32_MAX;
  bool shown = false;
  for (const Shape& tree : trees_) {
    if (tree.root <= last_root) return false;
    last_root = tree.root;
    if (tree.lowest == UINT32_MAX || tree.root == 1) continue;
    first_page = std::min(first_page, tree.lowest);
    grown.push_back(&tree);
    if (tree.leaves < 2) continue;
    if (!tree.ascending) return false;
    if (tree.kind == Tree::kTable) {
      if (!tree.packed) return false;
      continue;
    }
    // The last leaves of an index are evened out at its end.
    const bool full = tree.free_bytes * 100 <= tree.page_bytes * kMostFreePercent;
    if (tree.leaves >= kLeavesToTell && !full) return false;
    const std::uint32_t steps = tree.rising + tree.falling;
    shown = shown || (tree.leaves >= kLeavesToTell && full && steps >= 2 * kLeavesToTell &&
                      std::min(tree.rising, tree.falling) * 5 >= steps);
  }
  if (!shown || first_page < last_root) return false;
  std::ranges::sort(grown, {}, &Shape::lowest);
  for (std::size_t i = 1; i < grown.size(); ++i)
    if (grown[i]->lowest < grown[i - 1]->highest) return false;
  return true;
}

void SqliteTraces::tell_zeroed(Rows& rows) const {
  const std::uint64_t zeroed_pages = leaves_zeroed_ + trunks_zeroed_;
  const bool by_blocks =
      bytes_zeroed_ >= kBytesToTell && blocks_zeroed_ >= (blocks_zeroed_ == blocks_ ? kBlocksToTell : kBlocksOfMany);
  // A page that was never written is zero too; one that holds the list was.
  const bool by_pages = trunks_zeroed_ > 0 && trunks_zeroed_ == trunks_ && leaves_zeroed_ == leaves_ &&
                        zeroed_pages >= kBlocksToTell && blocks_zeroed_ == blocks_;
  if (!by_blocks && !by_pages) return;
  std::string text = "SQLite zeroed what was deleted (secure_delete): ";
  if (by_blocks)
    text += fmt::format("{} of {} free blocks of its pages, {} bytes, hold nothing but zeros", blocks_zeroed_, blocks_,
                        bytes_zeroed_);
  if (by_pages)
    text += fmt::format("{}all its {} free pages hold nothing but zeros", by_blocks ? ", and " : "", zeroed_pages);
  else if (leaves_ > leaves_zeroed_)
    text += fmt::format("; {} of its {} free pages still hold what they held", leaves_ - leaves_zeroed_, leaves_);
  text +=
      ". What stood there is no longer in the database; how many rows that were is not known, and a log or journal may "
      "still have them";
  rows.issue("sqlite-secure-delete", std::move(text), false);
}

void SqliteTraces::tell(AutoVacuum auto_vacuum, std::uint64_t free_pages, Rows& rows) const {
  if (auto_vacuum == AutoVacuum::kFull)
    rows.issue("sqlite-auto-vacuum",
               "the database is set to auto_vacuum=FULL: pages that become free are cut off the file with every "
               "transaction, and what was deleted on them is no longer in it",
               false);
  if (auto_vacuum == AutoVacuum::kIncremental)
    rows.issue("sqlite-auto-vacuum",
               "the database is set to auto_vacuum=INCREMENTAL: free pages are cut off the file when its application "
               "asks for it, and what was deleted on them is then no longer in it",
               false);
  tell_zeroed(rows);
  if (is_written_anew(free_pages))
    rows.issue("sqlite-vacuumed",
               "the database was written anew in one go, as VACUUM does, and no page was freed since: its trees are "
               "full and stand in order, an index too whose rows were made in another order. What was deleted before "
               "that is not in the file",
               false);
}

}  // namespace limier::content
