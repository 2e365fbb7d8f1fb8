// What stands behind a Query, for the connections of this room.
#pragma once

#include <memory>

#include "limier/store.h"
#include "store/db.h"

namespace limier::store {

// Counts the steps of one connection until it is destroyed.
class StepBudget {
 public:
  StepBudget(sqlite3* connection, std::uint64_t steps);
  ~StepBudget();
  StepBudget(const StepBudget&) = delete;
  StepBudget& operator=(const StepBudget&) = delete;
  [[nodiscard]] bool used_up() const { return left_ == 0; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  static int take(void* self);
  sqlite3* connection_;
  std::uint64_t steps_;
  std::uint64_t left_;
};

struct Query::Impl {
  sqlite3* connection = nullptr;
  StatementHandle statement;
  int code = SQLITE_OK;
  ErrorKind error_kind = ErrorKind::kInternal;
  std::shared_ptr<StepBudget> budget;  // goes before the statement: that may be the connection's last hold
};

// In place: valid as long as the value is.
Cell cell_of(sqlite3_value* value);

// Our own statement on any connection of ours.
Result<Query> make_query(sqlite3* connection, std::string_view sql);

// Reading, and nothing else.
int authorize_reading(void*, int action, const char*, const char* second, const char*, const char*);
// A stranger's statement on a connection that has that authorizer; errors are his. `step_budget` 0: no end to it.
Result<Query> make_untrusted_query(sqlite3* connection, std::string_view sql, std::uint64_t step_budget);

}  // namespace limier::store
