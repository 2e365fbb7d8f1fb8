#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>
#include <vector>

#include "cli/batch_text.h"
#include "cli/rows.h"
#include "limier/catalog/rows.h"
#include "limier/report.h"
#include "limier/store/rule_door.h"

namespace limier::cli {
namespace {

// Rows the column widths of a table are taken from; later ones are printed as they come.
constexpr std::size_t kMeasuredRows = 1000;

// Columns that have no values without a hash set.
constexpr std::array<std::string_view, 3> kColumnsOfSets{"known", "known_source", "known_category"};
constexpr std::array<std::string_view, 4> kColumnsOfContent{"mime", "type_name", "ext_mismatch", "entropy"};

using Words = std::set<std::string, std::less<>>;

// The words of a statement, in lower case.
Words words_of(std::string_view sql) {
  Words words;
  std::string word;
  for (const char c : sql) {
    const bool part = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    if (part) word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (part || word.empty()) continue;
    words.insert(std::exchange(word, {}));
  }
  if (!word.empty()) words.insert(word);
  return words;
}

// Those that come out of content: not with every profile.
std::vector<std::string> views_of_content() {
  std::vector<std::string> views{"v_moment"};
  for (const catalog::KindInfo* kind : catalog::row_kinds()) {
    std::string view = fmt::format("v_{}", kind->name);
    if (kind->name != "pack" && kind->name != "hash_set" && kind->name != "yara_file" && kind->name != "masked")
      views.push_back(std::move(view));
  }
  return views;
}

template <class Views>
std::string named_in(const Words& words, const Views& views) {
  std::string named;
  for (const auto& view : views)
    if (words.contains(view)) named += fmt::format("{}{}", named.empty() ? "" : ", ", view);
  return named;
}

// Content is not looked into with every profile, and rules do not always run: says so where these views are empty.
void say_what_was_not_looked_into(const Context& context, store::Index& index, const Words& words) {
  const std::string named = named_in(words, views_of_content());
  if (named.empty()) return;
  const auto work = report::read_work(index);
  if (!work || work->contents > 0 || work->strange > 0) return;
  context.say(fmt::format("no content was looked into (profile {}), so an empty answer says nothing: {}",
                          terminal_text(work->profile), named));
}

void say_what_is_not_computed(const Context& context, store::Index& index, std::string_view sql) {
  const auto words = words_of(sql);
  say_what_was_not_looked_into(context, index, words);
  std::string of_sets;
  for (const std::string_view view : {"v_file", "v_content"})
    for (const std::string_view column : kColumnsOfSets)
      if (words.contains(std::string(view)) && words.contains(std::string(column)))
        of_sets += fmt::format("{}{} of {}", of_sets.empty() ? "" : ", ", column, view);
  if (!of_sets.empty()) {
    auto sets = index.query("SELECT count(*) FROM v_hash_set");
    if (!sets || !sets->step() || sets->integer(0) == 0)
      context.say(fmt::format("triage was given no hash set (--hashset), so not computed: {}", of_sets));
  }
  std::string content;
  if (words.contains("v_content")) content = "v_content";
  if (words.contains("v_file"))
    for (const std::string_view column : kColumnsOfContent)
      if (words.contains(column)) content += fmt::format("{}{} of v_file", content.empty() ? "" : ", ", column);
  if (!content.empty() && !content_was_read(index))
    context.say(
        fmt::format("this case was made with --profile list; no content was read, so not computed: {}", content));
}

// What SQLite says about the user's statement is the user's to mend.
Error as_usage(Error error) {
  if (error.kind == ErrorKind::kInternal) error.kind = ErrorKind::kUsage;
  return error;
}

class SqlCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", dir_, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("SQL", sql_, "One read-only statement, in quotes")->required()->option_text(" ");
    app.add_flag("--csv", csv_, "Result as CSV (cells that a spreadsheet would calculate are defused)");
  }

  int run(const Context& context) override {
    if (csv_ && context.common.json) return context.fail({ErrorKind::kUsage, "--csv and --json exclude each other"});
    auto index = store::Index::open(dir_);
    bool is_case = false;
    // A case folder of many exhibits has a case.db instead.
    if (!index && index.error().kind == ErrorKind::kUsage) {
      auto merged = store::Index::open_case(dir_);
      is_case = merged.ok() || is_batch_case(dir_);
      if (is_case) index = std::move(merged);
    }
    if (!index) return context.fail(index.error());
    auto query = (*index)->query_untrusted(sql_);
    if (!query) return context.fail(as_usage(query.error()));
    if (!is_case) say_what_is_not_computed(context, **index, sql_);
    if (context.common.json)
      print_json(context, *query);
    else if (csv_)
      print_csv(context, *query);
    else
      print_table(context, *query);
    if (const auto status = query->status(); !status) return context.fail(as_usage(status.error()));
    return kExitGood;
  }

 private:
  static void print_json(const Context& context, store::Query& query) {
    JsonWriter json(context.out, 1);
    json.begin_array();
    const auto names = unique_names(query);
    while (!context.out.broken() && query.step()) write_row(json, query, names);
    json.finish();
  }

  static void print_csv(const Context& context, store::Query& query) {
    std::string line;
    for (int column = 0; column < query.column_count(); ++column)
      line += (column > 0 ? "," : "") + csv_field(query.column_name(column));
    context.out.write(line + "\r\n");
    while (!context.out.broken() && query.step()) {
      line.clear();
      for (int column = 0; column < query.column_count(); ++column)
        line += (column > 0 ? "," : "") + csv_cell(query.value(column));
      context.out.write(line + "\r\n");
    }
  }

  static void print_table(const Context& context, store::Query& query) {
    std::vector<std::vector<std::string>> rows;
    std::vector<bool> numeric(static_cast<std::size_t>(query.column_count()), true);
    const auto read_row = [&]() {
      std::vector<std::string> cells;
      for (int column = 0; column < query.column_count(); ++column) {
        const store::Value value = query.value(column);
        if (!is_number(value) && !std::holds_alternative<std::monostate>(value))
          numeric[static_cast<std::size_t>(column)] = false;
        cells.push_back(cell_text(value));
      }
      return cells;
    };
    bool more = query.step();
    for (; more && rows.size() < kMeasuredRows; more = query.step()) rows.push_back(read_row());

    std::vector<Table::Column> columns;
    columns.reserve(static_cast<std::size_t>(query.column_count()));
    for (int column = 0; column < query.column_count(); ++column)
      columns.push_back({terminal_text(query.column_name(column)),
                         numeric[static_cast<std::size_t>(column)] && !rows.empty() ? Align::kRight : Align::kLeft});
    Table table(std::move(columns));
    for (auto& row : rows) table.add(std::move(row));
    table.print(context.out, context.style, "");
    for (; more && !context.out.broken(); more = query.step()) {
      table.add(read_row());
      table.print_rows(context.out, "");
    }
  }

  std::string dir_, sql_;
  bool csv_ = false;
};

}  // namespace

std::unique_ptr<Command> make_sql() {
  return std::make_unique<SqlCommand>();
}

}  // namespace limier::cli
