#include "content/pack_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "content/cell_finder.h"
#include "content/pack_beside.h"
#include "content/pack_lost.h"
#include "content/row_extras.h"

namespace limier::content {
namespace {

constexpr std::size_t kMaxRowRuns = 1u << 16;  // runs of row numbers that are remembered

bool has_table(const PackTable& wanted, const Database& database) {
  const SchemaTable* table = database.table(wanted.name);
  return table != nullptr && std::ranges::all_of(wanted.columns, [&](const std::string& column) {
           return database.has_column(*table, column);
         });
}

// Which row numbers came out already, as runs: they mostly come in order and without holes. When there are too many
// runs, what goes on rising is new, and what does not cannot be told any more.
class RowNumbers {
 public:
  enum class Added { kNew, kAgain, kUnknown };
  Added add(std::int64_t number) {
    auto after = runs_.upper_bound(number);
    const bool held = after != runs_.begin() && number <= std::prev(after)->second;
    if (held || (full_ && number == highest_)) return Added::kAgain;
    if (full_ && number < highest_) return Added::kUnknown;
    highest_ = std::max(highest_, number);
    // Neither end overflows: the run before lies below the number, the one behind above it.
    const bool joins_before = after != runs_.begin() && std::prev(after)->second == number - 1;
    const bool joins_after = after != runs_.end() && after->first - 1 == number;
    if (!joins_before && !joins_after && runs_.size() == kMaxRowRuns) {
      full_ = true;
      return Added::kNew;
    }
    std::int64_t last = number;
    if (joins_after) {
      last = after->second;
      after = runs_.erase(after);
    }
    if (joins_before)
      std::prev(after)->second = last;
    else
      runs_.emplace_hint(after, number, last);
    return Added::kNew;
  }

 private:
  std::map<std::int64_t, std::int64_t> runs_;  // first, last
  std::int64_t highest_ = INT64_MIN;
  bool full_ = false;
};

class RowRun {
 public:
  RowRun(const Pack& pack, const PackRow& row, Database& database, const LostRows& lost, PackWish wish, Rows& rows)
      : pack_(pack),
        wish_(wish),
        row_(row),
        database_(database),
        rows_(rows),
        lost_(row.group ? nullptr : lost.table(row.driver)),
        live_(lost_) {}

  PackResult run(const std::vector<std::pair<std::string, bool>>& capabilities) {
    std::string problem;
    const auto sql = expand_sql(row_, capabilities, problem);
    if (!sql) return query_failed(problem);
    // The condition may have macros of its own.
    where_ = "1";
    if (!row_.where.empty()) {
      PackRow condition;
      condition.sql = row_.where;
      auto expanded = expand_sql(condition, capabilities, problem);
      if (!expanded) return query_failed(problem);
      where_ = std::move(*expanded);
    }
    auto statement = database_.prepare(*sql);
    if (!statement) return query_failed(statement.error().message);
    const auto number = statement->column("_rowid");
    if (!number) return query_failed("its statement has no column '_rowid'");
    auto filler = RowFiller::bind(row_.map, *statement, pack_.app);
    if (!filler) return query_failed(filler.error().message);
    auto extras = RowExtras::bind(pack_, row_, *statement);
    if (!extras) return query_failed(extras.error().message);
    const bool whole = take_rows(*statement, *number, *filler, *extras);
    if (wish_ == PackWish::kAll) {
      tell_doubts();
      extras->tell(rows_);
      if (whole && !row_.group) compare(*sql);
    }
    // Where live rows are not known to their end, nothing can be told from them.
    if (whole && lost_ != nullptr) taken_ += run_lost(pack_, row_, *sql, database_, *lost_, live_, rows_);
    return {taken_, whole};
  }

 private:
  PackResult query_failed(std::string_view why) {
    rows_.issue("pack-query-failed",
                fmt::format("pack {}: the rows of {} could not be asked for: {}", pack_.name, row_.driver, why), true);
    return {0, false};
  }

  bool take_rows(Statement& statement, std::size_t number, const RowFiller& filler, RowExtras& extras) {
    const SchemaTable* driver = database_.table(row_.driver);
    CellFinder finder(database_.image(), driver != nullptr ? driver->root_page : 0);
    RowNumbers numbers;
    for (;;) {
      const Statement::Step step = statement.step();
      if (step == Statement::Step::kDone) return true;
      if (step == Statement::Step::kFailed) {
        rows_.issue("sqlite-damaged",
                    fmt::format("reading the rows of {} ended after {}: {}", row_.driver, taken_, statement.error()),
                    true);
        return false;
      }
      // Where the number is none, there is nothing by which the row could be found again.
      if (statement.type(number) != SQLITE_INTEGER) {
        ++doubled_;
        continue;
      }
      const std::int64_t rowid = statement.integer(number);
      if (row_.group) {
        take_row(statement, place_of(finder, rowid, ++grouped_[rowid]), rowid, filler, extras);
        if (grouped_.size() > kMaxRowRuns) return too_many_groups();
        continue;
      }
      const RowNumbers::Added added = numbers.add(rowid);
      if (added == RowNumbers::Added::kUnknown) {
        rows_.issue(
            "pack-too-many-rows",
            fmt::format("pack {}: the numbers of the rows of {} have more than {} holes and come in no order: the "
                        "rest is not read",
                        pack_.name, row_.driver, kMaxRowRuns),
            true);
        return false;
      }
      if (added == RowNumbers::Added::kAgain)
        ++doubled_;
      else
        take_row(statement, place_of(finder, rowid, 1), rowid, filler, extras);
    }
  }

  bool too_many_groups() {
    rows_.issue("pack-too-many-rows",
                fmt::format("pack {}: {} gives more than {} groups: the rest is not read", pack_.name, row_.driver,
                            kMaxRowRuns),
                true);
    return false;
  }

  // `time`: how often the number came; more than once where rows are no driver's rows.
  catalog::RowPlace place_of(CellFinder& finder, std::int64_t rowid, std::uint64_t time) {
    catalog::RowPlace place;
    place.locator = fmt::format("sqlite:{}:rowid={}", row_.driver, rowid);
    if (time > 1) place.locator += fmt::format(";part={}", time);
    place.state = catalog::RowState::kLive;
    const auto cell = finder.find(rowid);
    if (!cell) {
      ++placeless_;
      return place;
    }
    place.source = cell->source;
    place.page = cell->page;
    place.file_offset = static_cast<std::int64_t>(cell->file_offset);
    return place;
  }

  void take_row(const Statement& statement, const catalog::RowPlace& place, std::int64_t rowid, const RowFiller& filler,
                RowExtras& extras) {
    auto cells = filler.fill(statement, place, doubts_);
    live_.see(filler, cells, rowid);
    if (wish_ == PackWish::kLost) return;
    extras.add(statement, filler, place, cells, doubts_);
    rows_.add_cells(filler.kind(), std::move(cells), pack_.name, pack_.version);
    extras.emit(rows_);
    ++taken_;
  }

  void tell_doubts() {
    for (const auto& [column, count] : doubts_.times_out_of_range)
      rows_.issue("pack-time-out-of-range",
                  fmt::format("pack {}: {} values of {} in the rows of {} are no time that can be shown: NULL there",
                              pack_.name, count, column, row_.driver),
                  false);
    for (const auto& [column, count] : doubts_.texts_cut)
      rows_.issue("pack-text-cut",
                  fmt::format("pack {}: {} texts of {} in the rows of {} are too long, and cut", pack_.name, count,
                              column, row_.driver),
                  true);
    for (const auto& [column, doubt] : doubts_.undecoded)
      rows_.issue(
          "pack-decode-failed",
          fmt::format("pack {}: {} values of {} in the rows of {} are not what the pack takes them for; the first "
                      "has {}",
                      pack_.name, doubt.count, column, row_.driver, doubt.example),
          true);
    for (const auto& [column, codes] : doubts_.unknown_codes) tell_codes(column, codes);
    if (placeless_ > 0)
      rows_.issue("pack-row-without-place",
                  fmt::format("pack {}: {} rows of {} were not found in the table's own tree: their page is not known",
                              pack_.name, placeless_, row_.driver),
                  false);
  }

  void tell_codes(std::string_view column, const std::map<std::string, std::uint64_t>& codes) {
    std::string all;
    for (const auto& [code, count] : codes) {
      bool repaired = false;
      all += fmt::format("{}'{}' {}", all.empty() ? "" : ", ", utf8_text(code, repaired), count);
    }
    rows_.issue("pack-unknown-code",
                fmt::format("pack {}: {} in the rows of {} has codes that the pack does not know, with how often: {}",
                            pack_.name, column, row_.driver, all),
                false);
  }

  // Rows that have to come out. An index is quicker to count; the table itself has the last word.
  std::optional<std::int64_t> count_driver(std::string_view sql, bool by_index) {
    const std::string question =
        fmt::format("SELECT count(*) FROM {}.{} AS {} {} WHERE {}", pack_.database.name, row_.driver,
                    alias_of(sql, pack_.database.name + "." + row_.driver).value_or(row_.driver),
                    by_index ? "" : "NOT INDEXED", where_);
    auto statement = database_.prepare(question);
    if (!statement || statement->step() != Statement::Step::kRow) return std::nullopt;
    return statement->integer(0);
  }

  void compare(std::string_view sql) {
    const auto taken = static_cast<std::int64_t>(taken_);
    if (doubled_ == 0 && count_driver(sql, true) == taken) return;
    const auto count = count_driver(sql, false);
    if (doubled_ == 0 && count == taken) return;
    rows_.issue(
        "pack-lost-rows",
        fmt::format("pack {}: of {} rows of {}, {} came out, and {} a second time or without a number", pack_.name,
                    count ? std::to_string(*count) : "an unknown number of", row_.driver, taken_, doubled_),
        true);
  }

  const Pack& pack_;
  PackWish wish_;
  const PackRow& row_;
  Database& database_;
  Rows& rows_;
  const LostRows::Table* lost_;
  LiveSide live_;
  FillDoubts doubts_;
  std::string where_;
  std::map<std::int64_t, std::uint64_t> grouped_;  // how often a number came
  std::uint64_t taken_ = 0, doubled_ = 0, placeless_ = 0;
};

// The first value of a statement's first row.
std::optional<std::int64_t> ask(Database& database, const std::string& sql) {
  auto statement = database.prepare(sql);
  if (!statement || statement->step() != Statement::Step::kRow || statement->is_null(0)) return std::nullopt;
  return statement->integer(0);
}

// The last number that Core Data gave out for a table, which stands there under the name of its entity: CallRecord of
// the table ZCALLRECORD.
std::int64_t highest_of_core_data(std::string_view name, const std::string& table, Database& database) {
  const SchemaTable* numbers = database.table("Z_PRIMARYKEY");
  if (numbers == nullptr || !database.has_column(*numbers, "Z_NAME") || !database.has_column(*numbers, "Z_MAX"))
    return 0;
  return ask(database, fmt::format("SELECT max(Z_MAX) FROM {}.Z_PRIMARYKEY WHERE upper('Z' || Z_NAME) = upper('{}')",
                                   name, table))
      .value_or(0);
}

void look_for_gap(const Pack& pack, const PackGap& gap, Database& database, Rows& rows) {
  const SchemaTable* table = database.table(gap.table);
  if (table == nullptr || !database.has_column(*table, gap.column)) return;
  const std::string name = fmt::format("{}.{}", pack.database.name, gap.table);
  if (!gap.sequence) {
    const std::int64_t count = ask(database, fmt::format("SELECT count({}) FROM {}", gap.column, name)).value_or(0);
    if (count > 0)
      rows.issue("pack-gap", fmt::format("pack {}: {} keeps {} of rows that were deleted", pack.name, name, count),
                 false);
    return;
  }
  std::int64_t highest = ask(database, fmt::format("SELECT max({}) FROM {}", gap.column, name)).value_or(0);
  if (database.table("sqlite_sequence") != nullptr)
    highest = std::max(highest, ask(database, fmt::format("SELECT max(seq) FROM {}.sqlite_sequence WHERE name = '{}'",
                                                          pack.database.name, gap.table))
                                    .value_or(0));
  highest = std::max(highest, highest_of_core_data(pack.database.name, gap.table, database));
  const std::int64_t count = ask(database, fmt::format("SELECT count(*) FROM {} NOT INDEXED", name)).value_or(0);
  if (highest > count)
    rows.issue("pack-gap",
               fmt::format("pack {}: {} gave out {} numbers, {} of them have no row", pack.name, name, highest,
                           highest - count),
               false);
}

}  // namespace

bool pack_knows(const Pack& pack, const Database& database) {
  return std::ranges::all_of(pack.database.tables, [&](const PackTable& table) { return has_table(table, database); });
}

PackResult run_pack(const Pack& pack, const Source& source, Database& database, const LostRows& lost, PackWish wish,
                    Rows& rows) {
  database.set_name(pack.database.name);
  database.set_path(source.path);
  const BesideDatabases beside(pack, source, database, rows);
  if (beside.lacks_any()) return {0, false};
  const auto is_there = [&](const Capability& one) {
    if (one.database == pack.database.name) return has_table(one.table, database);
    return std::ranges::all_of(one.table.columns, [&](const std::string& column) {
      return database.attached_has(one.database, one.table.name, column);
    });
  };
  std::vector<std::pair<std::string, bool>> capabilities;
  for (const Capability& one : pack.capabilities) capabilities.emplace_back(one.name, is_there(one));
  const auto has = [&](const std::string& name) {
    return std::ranges::find(capabilities, std::pair(name, true)) != capabilities.end();
  };
  PackResult result;
  for (const PackRow& row : pack.rows) {
    if (!std::ranges::all_of(row.needs, has)) continue;
    if (wish == PackWish::kLost && (row.group || lost.table(row.driver) == nullptr)) continue;
    const PackResult one = RowRun(pack, row, database, lost, wish, rows).run(capabilities);
    result.rows += one.rows;
    result.whole = result.whole && one.whole;
  }
  if (wish == PackWish::kLost) return result;
  for (const PackGap& gap : pack.gaps) look_for_gap(pack, gap, database, rows);
  give_fragments(pack, lost, rows);
  return result;
}

}  // namespace limier::content
