// The door through which rules read: one SELECT at a time over the public views, under an authorizer that denies
// everything else, within a budget of steps; and functions of the engine that those statements may call.
//
// Owns:    nothing; the Index, IndexWriter or SampleIndex that gave it must outlive it and its queries.
// Threads: that of the connection.
// Errors:  kUsage for a statement that is wrong, writes, or takes more than its steps; else as store.h.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limier/catalog/messages.h"
#include "limier/store.h"

namespace limier::store {

// Called for each row. The cells are valid during the call; the same cells must give the same value.
struct SqlFunction {
  std::string name;
  int arguments = 0;
  std::function<Value(std::span<const Cell>)> call;
};

class RuleDoor {
 public:
  // Replaces one of the same name. Only statements may call it, no view or trigger of the file.
  Status add_function(SqlFunction function);
  // One SELECT. `step_budget`: instructions of SQLite's machine it may take, in all. On a writer's connection nothing
  // may be written, and no other query be stepped, while the query lives.
  Result<Query> query(std::string_view sql, std::uint64_t step_budget);

 private:
  friend class Index;
  friend class IndexWriter;
  friend class SampleIndex;
  RuleDoor(sqlite3* connection, bool ours) : connection_(connection), ours_(ours) {}
  sqlite3* connection_;
  bool ours_;  // statements of our own run on it too
};

// A view of the index ("v_file") and its columns, in their order.
struct ViewColumns {
  std::string view;
  std::vector<std::string> columns;
};
// Every public view of this version.
Result<std::vector<ViewColumns>> public_views();

// One row of a sample: the view without v_, and what stands in it, by column. A text in a column that has a `…_ns`
// beside it is a time, and fills both.
struct SampleRow {
  std::string view;
  std::vector<std::pair<std::string, Value>> cells;
};

// Rows in memory, under views with the columns of the real ones: what samples of rules are run on.
class SampleIndex {
 public:
  static Result<std::unique_ptr<SampleIndex>> create();
  ~SampleIndex();
  // Gives its message_id, from 1.
  Result<std::int64_t> add(const catalog::Message& message);
  // Gives its number in the view, from 1. kUsage: no such view or column, or no such time.
  Result<std::int64_t> add(const SampleRow& row);
  RuleDoor rule_door();

 private:
  struct Impl;
  explicit SampleIndex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limier::store
