#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "limier/app.h"

namespace limier::cli {
namespace {

constexpr std::size_t kShownBytes = 60;  // of a value, in the table for people

class RowsCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", options_.dir, "Case folder that triage wrote")->required()->option_text(" ");
    auto* file = app.add_option("--file", options_.file_ids, "Numbers of the files, as `limier files` shows them")
                     ->option_text("ID...")
                     ->delimiter(',')
                     ->check(whole_number(1, kMostNumber));
    app.add_flag("--all", options_.all, "Every file that is a SQLite database by its content")->excludes(file);
    app.add_option("--table", options_.question.table, "Rows of the table of this name only")->option_text("T");
    app.add_option("--state", states_, "live, superseded, uncommitted, recovered, fragment; default: all")
        ->option_text("S,...")
        ->delimiter(',')
        ->check(
            CLI::IsMember(std::vector<std::string>(catalog::kRowStateWords.begin(), catalog::kRowStateWords.end())));
    app.add_option("--image", options_.image, "Where the evidence is now, when it has moved")->option_text("IMAGE");
  }

  int run(const Context& context) override {
    if (options_.file_ids.empty() && !options_.all)
      return context.fail({ErrorKind::kUsage, "say which databases: --file ID, or --all"});
    options_.sandbox = !context.common.no_sandbox;
    options_.stall_seconds = context.common.stall_seconds;
    options_.command_line = context.command_line;
    std::set<std::int64_t> seen;
    std::erase_if(options_.file_ids, [&](std::int64_t id) { return !seen.insert(id).second; });
    for (std::size_t i = 0; i < catalog::kRowStateWords.size(); ++i)
      if (states_.empty() || std::ranges::find(states_, catalog::kRowStateWords[i]) != states_.end())
        options_.question.states |= 1u << i;
    if (const auto status = refuse_batch_case(options_.dir, "rows"); !status) return context.fail(status.error());
    app::RowsTaker taker;
    taker.row = [&](const app::DatabaseFile& file, const content::DatabaseTable* table,
                    const content::DatabaseRow& row) {
      context.common.json ? print_json(context, file, table, row) : print_text(context, file, table, row);
      return !context.out.broken();
    };
    taker.note = [&](const app::DatabaseFile& file, const std::string& message, bool) {
      context.say(fmt::format("file {}: {}", file.file_id, message));
    };
    const auto summary = app::read_rows(options_, taker, context.stop);
    if (!summary) return context.fail(summary.error());
    if (!context.common.json)
      context.say(fmt::format("{} in {}", plural(summary->rows, "row", "rows"),
                              plural(summary->files, "database", "databases")));
    return summary->incomplete ? kExitPartly : kExitGood;
  }

 private:
  static std::string_view state_word(const content::DatabaseRow& row) {
    return catalog::kRowStateWords[static_cast<std::size_t>(row.state)];
  }
  static std::string_view source_word(const content::DatabaseRow& row) {
    return catalog::kRowSourceWords[static_cast<std::size_t>(row.source)];
  }

  static void put_value(JsonWriter& json, const content::DatabaseValue& value) {
    using Kind = content::DatabaseValue::Kind;
    switch (value.kind) {
      case Kind::kNull:
        json.null();
        break;
      case Kind::kInteger:
        json.integer(value.integer);
        break;
      case Kind::kReal:
        json.real(value.real);
        break;
      case Kind::kText:
        json.text(value.bytes);
        break;
      case Kind::kBlob:
        json.begin_object().text("hex", hex(value.bytes)).end();
        break;
    }
  }

  static void print_json(const Context& context, const app::DatabaseFile& file, const content::DatabaseTable* table,
                         const content::DatabaseRow& row) {
    JsonWriter json(context.out, 0);
    json.begin_object().key("file_id").integer(file.file_id);
    json.evidence("path", file.path).key("table");
    table != nullptr ? json.text(table->name) : json.null();
    json.key("rowid");
    row.rowid ? json.integer(*row.rowid) : json.null();
    json.key("columns").begin_array();
    if (table != nullptr)
      for (const std::string& column : table->columns) json.text(column);
    json.end().key("values").begin_array();
    for (const content::DatabaseValue& value : row.values) put_value(json, value);
    json.end().text("state", state_word(row)).text("source", source_word(row));
    json.number("page", row.page).number("offset", row.file_offset).end();
    json.finish();
  }

  static std::string shown(const content::DatabaseValue& value) {
    using Kind = content::DatabaseValue::Kind;
    switch (value.kind) {
      case Kind::kNull:
        return "NULL";
      case Kind::kInteger:
        return std::to_string(value.integer);
      case Kind::kReal:
        return fmt::format("{}", value.real);
      case Kind::kText:
        return terminal_text(value.bytes);
      case Kind::kBlob:
        break;
    }
    const bool cut = value.bytes.size() > kShownBytes / 2;
    return "x'" + hex(value.bytes.substr(0, kShownBytes / 2)) + (cut ? "…'" : "'");
  }

  void print_text(const Context& context, const app::DatabaseFile& file, const content::DatabaseTable* table,
                  const content::DatabaseRow& row) {
    if (last_file_ != file.file_id) {
      context.out.write(context.style.bold(fmt::format("file {}  {}", file.file_id, terminal_text(file.path))) + "\n");
      last_file_ = file.file_id;
      last_table_ = "\n";
    }
    const std::string name = table != nullptr ? terminal_text(table->name) : "(table not known)";
    if (last_table_ != name) {
      std::string columns;
      if (table != nullptr)
        for (const std::string& column : table->columns)
          columns += (columns.empty() ? "" : ", ") + terminal_text(column);
      context.out.write(fmt::format("  {} ({})\n", name, columns));
      last_table_ = name;
    }
    std::string values;
    for (const content::DatabaseValue& value : row.values) values += (values.empty() ? "" : " | ") + shown(value);
    context.out.write(fmt::format("  {}  {}  {}  {}  {}  {}\n", pad_right(state_word(row), 11),
                                  pad_right(source_word(row), 9), pad_left(std::to_string(row.page), 7),
                                  pad_left(std::to_string(row.file_offset), 12),
                                  pad_left(row.rowid ? std::to_string(*row.rowid) : "-", 8), values));
  }

  app::RowsOptions options_;
  std::vector<std::string> states_;
  std::int64_t last_file_ = 0;
  std::string last_table_;
};

}  // namespace

std::unique_ptr<Command> make_rows() {
  return std::make_unique<RowsCommand>();
}

}  // namespace limier::cli
