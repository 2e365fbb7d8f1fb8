// The pages of a database as its application saw it: which page belongs to what, and every live row once. Nothing is
// trusted: a page counts once, whatever points to it, so that loops end.
#pragma once

#include <functional>
#include <vector>

#include "content/sqlite_image.h"
#include "content/sqlite_index_check.h"
#include "content/sqlite_tables.h"
#include "content/sqlite_traces.h"

namespace limier::content {

inline constexpr std::uint32_t kMaxWalkedPages = 16u << 20;  // 64 GiB of pages of 4 KiB, 64 MiB of memory
inline constexpr std::size_t kMaxLiveHashes = 12u << 20;     // 96 MiB
inline constexpr std::uint64_t kMaxRowBytes = 16u << 20;     // of a row that is looked at

enum class PageRole : std::uint8_t {
  kNone,
  kSchema,
  kTable,
  kKeyedTable,
  kIndex,
  kOverflow,
  kTrunk,
  kFreeLeaf,
  kPointerMap
};

struct DbHead {
  std::uint32_t usable_bytes = 0;
  TextEncoding encoding = TextEncoding::kUtf8;
  bool has_short_integers = true;  // 0 and 1 are types of their own (schema format 4)
  std::uint32_t change_counter = 0, counted_pages = 0, version_valid_for = 0;
  std::uint32_t first_trunk = 0, free_pages = 0;
  std::uint32_t schema_changes = 0;  // counted by SQLite: one a table made, dropped or altered
  bool auto_vacuum = false, incremental_vacuum = false;
};

// A live row: of a table with row numbers, or of one with a key.
struct LiveRow {
  const DbTable* table = nullptr;
  std::optional<std::int64_t> rowid;
  const RecordHead* head = nullptr;
  Bytes body;
  std::uint32_t page = 0;
  std::uint64_t offset = 0;  // of the cell, in its page
};

struct PageRange {
  std::uint32_t start = 0, end = 0;
};

class SqlitePages {
 public:
  SqlitePages(const SqliteImage& image, Rows& rows) : image_(image), rows_(rows) {}

  // False where page 1 has no head that can be true, or there are too many pages. `each` gets every live row, and may
  // end the walk by false; it is not called for the schema.
  bool walk(TableSet& tables, const std::function<bool(const LiveRow&)>& each);
  // Before the walk: indexes are compared with their tables, which takes reading every entry of theirs.
  void compare_indexes() { compares_indexes_ = true; }

  // The tables alone, without a look at their rows.
  bool read_tables(TableSet& tables);

  [[nodiscard]] const DbHead& head() const { return head_; }
  [[nodiscard]] std::uint32_t page_count() const { return static_cast<std::uint32_t>(roles_.size()) - 1; }
  [[nodiscard]] PageRole role(std::uint32_t page) const { return roles_[page].role; }
  // Of a page with the role of a table.
  [[nodiscard]] DbTable* owner(std::uint32_t page) const;
  // Live pages of tables with bytes that no live cell takes.
  [[nodiscard]] const std::vector<std::uint32_t>& loose_pages() const { return loose_; }
  [[nodiscard]] const std::vector<std::uint32_t>& free_pages() const { return free_; }
  // Entries of the schema: tables, indexes, views, triggers.
  [[nodiscard]] std::size_t schema_entries() const { return schema_entries_; }
  [[nodiscard]] std::uint32_t damaged_pages() const { return damaged_; }
  // Names of indexes that do not hold what their tables do.
  [[nodiscard]] const std::vector<std::string>& disagreeing_indexes() const { return disagreeing_; }
  // Whether a row with these values is live. Only while hashes_complete().
  [[nodiscard]] bool has_live(std::uint64_t hash) const;
  [[nodiscard]] bool hashes_complete() const { return hashes_.size() < kMaxLiveHashes; }
  bool read_page(std::uint32_t page, std::vector<std::uint8_t>& out) const;
  [[nodiscard]] Bytes usable(Bytes page) const { return page.first(head_.usable_bytes); }
  // How the database was kept; free pages are to be shown to it by who reads them.
  [[nodiscard]] SqliteTraces& traces() { return traces_; }

 private:
  struct Owned {
    PageRole role = PageRole::kNone;
    std::uint16_t table = 0;  // in owners_
  };
  // A page to visit, and between which numbers the rows below it have to lie.
  struct Step {
    std::uint32_t page = 0;
    std::int64_t low = INT64_MIN, high = INT64_MAX;
  };
  bool read_head();
  bool begin_walk();
  std::vector<SchemaEntry> read_schema(TableSet& tables);
  bool claim(std::uint32_t page, PageRole role, std::uint16_t table = 0);
  bool walk_tree(std::uint32_t root, PageRole role, DbTable* table, const std::function<bool(const LiveRow&)>& each);
  bool visit_page(const Step& step, PageRole role, DbTable* table, std::vector<Step>& stack,
                  const std::function<bool(const LiveRow&)>& each);
  void push_children(const Step& step, const TreePage& page, DbTable* table, std::vector<Step>& stack);
  bool visit_leaf(const Step& step, const TreePage& page, DbTable& table,
                  const std::function<bool(const LiveRow&)>& each);
  bool visit_keyed(std::uint32_t number, const TreePage& page, PageRole role, DbTable* table,
                   const std::function<bool(const LiveRow&)>& each);
  bool read_payload(Bytes page, std::uint64_t at, std::uint64_t local, std::uint64_t whole);
  bool take_row(LiveRow row, DbTable& table, const std::function<bool(const LiveRow&)>& each);
  void note_loose(std::uint32_t number, Bytes page, const std::vector<PageRange>& used, const TreePage& tree);
  void walk_freelist();
  void mark_fixed_pages();
  void damage(DbTable* table);

  const SqliteImage& image_;
  Rows& rows_;
  DbHead head_;
  std::vector<Owned> roles_;
  std::vector<DbTable*> owners_;
  std::vector<std::uint32_t> loose_, free_;
  std::vector<std::uint64_t> hashes_;
  IndexCheck indexes_;
  std::vector<std::string> disagreeing_;
  bool compares_indexes_ = false;
  std::vector<std::uint8_t> page_, chain_page_, payload_;
  RecordHead record_;
  SqliteTraces traces_;
  std::size_t schema_entries_ = 0;
  std::uint32_t damaged_ = 0;
  std::uint64_t rows_too_large_ = 0;
};

// Ranges of a page between the end of its list and its own that no cell of the list takes, in order.
std::vector<PageRange> free_ranges(Bytes page, const TreePage& tree);
// Those of a leaf of a table that make sense.
std::vector<LeafCell> cells_of_leaf(Bytes page, const TreePage& tree);

}  // namespace limier::content
