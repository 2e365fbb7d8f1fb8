// What the pages of a database say of how it was kept: whether SQLite cut off or zeroed what was deleted, and whether
// the file was written anew in one go (VACUUM), so that nothing deleted before can be in it. Only what the pages show
// is said; docs/formats/sqlite.md, "What is known to be lost", says what each claim rests on.
#pragma once

#include <vector>

#include "content/sqlite_record.h"
#include "limier/content.h"

namespace limier::content {

class SqliteTraces {
 public:
  enum class Tree : std::uint8_t { kTable, kIndex };

  // Then its pages, leaves in the order of their keys. `page`: the usable bytes.
  void begin_tree(Tree kind, std::uint32_t root);
  void see_page(std::uint32_t number, Bytes page, const TreePage& tree);
  // A table in the order of its key, or a tree that makes no sense: what was written in which order is not told.
  void give_up_order() { order_known_ = false; }

  // Of the freelist: a leaf, or a page that holds the list of `leaves` others.
  void see_free_leaf(Bytes page);
  void see_free_trunk(Bytes page, std::uint32_t leaves);

  // Issues, once everything was seen. `free_pages`: of the freelist, seen or not.
  enum class AutoVacuum : std::uint8_t { kNone, kFull, kIncremental };
  void tell(AutoVacuum auto_vacuum, std::uint64_t free_pages, Rows& rows) const;

 private:
  struct Shape {
    Tree kind = Tree::kTable;
    std::uint32_t root = 0;
    std::uint32_t leaves = 0, last_leaf = 0;
    std::uint32_t lowest = UINT32_MAX, highest = 0;  // pages but the root
    bool ascending = true, packed = true;
    std::uint64_t free_bytes = 0, page_bytes = 0;  // of all leaves but the last
    std::uint64_t last_free = 0, last_cell = 0;    // of the leaf before: what it had free, its largest cell
    // Numbers of rows, at a few entries of each leaf of an index.
    std::int64_t last_number = 0;
    std::uint32_t numbers = 0, rising = 0, falling = 0;
  };
  void see_blocks(Bytes page, const TreePage& tree);
  void see_leaf(std::uint32_t number, Bytes page, const TreePage& tree);
  void see_number(Bytes page, std::uint64_t cell);
  [[nodiscard]] bool is_written_anew(std::uint64_t free_pages) const;
  void tell_zeroed(Rows& rows) const;

  std::vector<Shape> trees_;
  bool order_known_ = true;
  std::uint64_t blocks_ = 0, blocks_zeroed_ = 0, bytes_zeroed_ = 0;
  std::uint64_t leaves_ = 0, leaves_zeroed_ = 0, trunks_ = 0, trunks_zeroed_ = 0;
  RecordHead head_;
};

}  // namespace limier::content
