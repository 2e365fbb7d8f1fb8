// Whether the indexes of a database hold what its tables do. SQLite answers from either, whichever is quicker, and does
// not notice where they differ: rows found by such an index are missing, or others. Each side is summed up as it is
// walked; nothing is kept but two numbers an index. Of one thread; nothing fails.
#pragma once

#include <string>
#include <vector>

#include "content/sqlite_tables.h"

namespace limier::content {

class IndexCheck {
 public:
  // Before the trees are walked.
  void add_schema(const std::vector<SchemaEntry>& entries);

  void begin_table(const DbTable& table);
  void add_row(const RecordHead& head, Bytes body, std::int64_t rowid);
  void begin_index(const SchemaEntry& entry);
  void add_entry(Bytes record);
  // Cells of the tree that was begun, readable or not.
  void count_cells(std::uint64_t cells);

  // After all trees, in the order of the schema.
  [[nodiscard]] std::vector<std::string> disagreeing() const;

 private:
  struct Side {
    std::uint64_t cells = 0, sum = 0;
    bool is_known = false;
  };
  struct Index {
    std::string name, table, sql;
    std::uint32_t root_page = 0;
    Side rows, entries;
    bool by_content = true;            // false: only counted
    std::vector<std::size_t> columns;  // in the order of the record; kRowNumber: the row's number
  };
  std::vector<Index> indexes_;
  std::vector<Index*> of_table_;  // of the one that was begun
  Index* entries_of_ = nullptr;
  RecordHead head_;
  std::vector<std::uint64_t> offsets_;
};

}  // namespace limier::content
