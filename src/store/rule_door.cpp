// Statements that are not ours, and the door for rules.
#include "limier/store/rule_door.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/query_impl.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

// How often SQLite asks whether it may go on, in steps of its machine.
constexpr int kStepsPerQuestion = 1000;
constexpr int kMaxArguments = 8;

bool is_blank(std::string_view rest) {
  return std::all_of(rest.begin(), rest.end(),
                     [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == ';'; });
}

// A function as SQLite keeps it.
struct Registered {
  SqlFunction function;
};

void give(sqlite3_context* context, const Value& value) {
  const sqlite3_destructor_type copy = SQLITE_TRANSIENT;
  if (const auto* number = std::get_if<std::int64_t>(&value))
    sqlite3_result_int64(context, *number);
  else if (const auto* real = std::get_if<double>(&value))
    sqlite3_result_double(context, *real);
  else if (const auto* text = std::get_if<std::string>(&value))
    sqlite3_result_text64(context, text->data(), text->size(), copy, SQLITE_UTF8);
  else if (const auto* blob = std::get_if<std::vector<std::uint8_t>>(&value))
    sqlite3_result_blob64(context, blob->data(), blob->size(), copy);
  else
    sqlite3_result_null(context);
}

void call(sqlite3_context* context, int count, sqlite3_value** values) {
  const auto* registered = static_cast<const Registered*>(sqlite3_user_data(context));
  std::array<Cell, kMaxArguments> cells;
  for (int i = 0; i < count; ++i) cells.at(static_cast<std::size_t>(i)) = cell_of(values[i]);
  try {
    give(context, registered->function.call(std::span<const Cell>(cells).first(static_cast<std::size_t>(count))));
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  } catch (const std::exception& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

void forget(void* registered) {
  delete static_cast<Registered*>(registered);  // NOLINT(cppcoreguidelines-owning-memory): SQLite owned it
}

}  // namespace

// Functions are fine but for the two that load code or hand out pointers.
int authorize_reading(void*, int action, const char*, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION: {
      const std::string_view name = second == nullptr ? "" : second;
      return name == "load_extension" || name == "fts3_tokenizer" ? SQLITE_DENY : SQLITE_OK;
    }
    default:
      return SQLITE_DENY;
  }
}

Result<Query> make_untrusted_query(sqlite3* connection, std::string_view sql, std::uint64_t step_budget) {
  auto query = std::make_unique<Query::Impl>();
  query->connection = connection;
  query->error_kind = ErrorKind::kUsage;
  // The largest statement SQLite takes by default (SQLITE_MAX_SQL_LENGTH).
  constexpr std::size_t kMaxSql = 1'000'000;
  if (sql.size() > kMaxSql) return Error{ErrorKind::kUsage, "the statement is longer than a million bytes"};
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(query->connection, sql.data(), static_cast<int>(sql.size()), &raw, &rest);
  query->statement.reset(raw);
  if (code == SQLITE_AUTH)
    return Error{ErrorKind::kUsage,
                 fmt::format("only one reading SELECT is allowed here ({})", sqlite3_errmsg(query->connection))};
  if (code != SQLITE_OK)
    return Error{ErrorKind::kUsage, fmt::format("the statement is wrong: {}", sqlite3_errmsg(query->connection))};
  if (raw == nullptr) return Error{ErrorKind::kUsage, "the statement is empty"};
  if (!is_blank(sql.substr(static_cast<std::size_t>(rest - sql.data()))))
    return Error{ErrorKind::kUsage, "only one statement is allowed; quote it as a whole"};
  if (sqlite3_stmt_readonly(raw) == 0) return Error{ErrorKind::kUsage, "only one reading SELECT is allowed here"};
  if (step_budget > 0) query->budget = std::make_shared<StepBudget>(connection, step_budget);
  return Query(std::move(query));
}

StepBudget::StepBudget(sqlite3* connection, std::uint64_t steps)
    : connection_(connection), steps_(steps), left_(steps / kStepsPerQuestion + 1) {
  sqlite3_progress_handler(connection_, kStepsPerQuestion, take, this);
}
StepBudget::~StepBudget() {
  sqlite3_progress_handler(connection_, 0, nullptr, nullptr);
}
int StepBudget::take(void* self) {
  auto& left = static_cast<StepBudget*>(self)->left_;
  if (left > 0) --left;
  return left == 0 ? 1 : 0;
}

Status RuleDoor::add_function(SqlFunction function) {
  const std::string name = function.name;
  const int arguments = function.arguments;
  if (arguments > kMaxArguments)
    return Error{ErrorKind::kInternal, fmt::format("the SQL function {} has too many arguments", name)};
  auto registered = std::make_unique<Registered>(Registered{std::move(function)});
  // SQLite frees it, also when this fails.
  const int code = sqlite3_create_function_v2(connection_, name.c_str(), arguments,
                                              SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                              registered.release(), call, nullptr, nullptr, forget);
  if (code != SQLITE_OK) return sqlite_error(connection_, code, "a function for rules cannot be added");
  return ok_status();
}

Result<Query> RuleDoor::query(std::string_view sql, std::uint64_t step_budget) {
  // A connection of our own may have none: then it has it while the statement is prepared.
  sqlite3_set_authorizer(connection_, authorize_reading, nullptr);
  auto query = make_untrusted_query(connection_, sql, step_budget);
  if (ours_) sqlite3_set_authorizer(connection_, nullptr, nullptr);
  return query;
}

Result<RuleDoor> IndexWriter::rule_door() {
  LIMIER_CHECK(impl_->flush_rows());
  return RuleDoor(impl_->db_.get(), true);
}

}  // namespace limier::store
