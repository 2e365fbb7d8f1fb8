#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/batch_text.h"
#include "cli/rows.h"
#include "limier/catalog/rows.h"

namespace limier::cli {
namespace {

class TimelineCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", dir_, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("--from", from_, "Not before this time (UTC): 2021, 2021-03, 2021-03-09T05:00")
        ->option_text("T")
        ->check(check_time);
    app.add_option("--to", to_, "Not after this time; a short form means its end")->option_text("T")->check(check_time);
    app.add_option("--kind,--source", kind_,
                   "Only rows of this source: fs, ntfs-fn, message, call, web, …; several with\ncommas between")
        ->option_text("KIND");
    app.add_option("--path", path_, "Only files whose whole path matches this glob: '*/DCIM/*'")->option_text("GLOB");
    app.add_option("--text", text_, "Only rows whose path or description holds this, in either case")->option_text("T");
    app.add_flag("--deleted", deleted_, "Only deleted files, and deleted or recovered rows out of content");
    app.add_option("--limit", limit_, "At most this many lines")->option_text("N")->check(whole_number(1, kMostNumber));
  }

  int run(const Context& context) override {
    if (const auto status = refuse_batch_case(dir_, "timeline"); !status) return context.fail(status.error());
    for (const std::string& kind : kinds())
      if (std::ranges::find(sources(), kind) == sources().end())
        return context.fail({ErrorKind::kUsage, fmt::format("--kind: there is no source '{}'; there are {}",
                                                            terminal_text(kind), fmt::join(sources(), ", "))});
    auto index = store::Index::open(dir_);
    if (!index) return context.fail(index.error());
    std::string sql =
        "SELECT t, t_ns, macb, source, file_id, path, description, zone_basis FROM v_timeline WHERE t IS NOT NULL";
    std::vector<store::Value> values;
    if (!from_.empty()) {
      sql += " AND (t_ns >= ? OR t_ns IS NULL AND t_s > 0)";
      values.emplace_back(parse_period(from_)->from_ns);
    }
    if (!to_.empty()) {
      sql += " AND (t_ns < ? OR t_ns IS NULL AND t_s < 0)";
      values.emplace_back(parse_period(to_)->until_ns);
    }
    add_filters(sql, values);
    sql += " ORDER BY t_s, t_ns, iif(t_ns IS NULL, rtrim(t, 'Z'), NULL), file_id, source, row_id, macb DESC";
    if (limit_ > 0) sql += fmt::format(" LIMIT {}", limit_);
    auto query = (*index)->query(sql);
    if (!query) return context.fail(query.error());
    for (std::size_t i = 0; i < values.size(); ++i) query->bind(static_cast<int>(i) + 1, values[i]);
    if (context.common.json)
      print_json(context, *query);
    else
      print_text(context, *query);
    if (const auto status = query->status(); !status) return context.fail(status.error());
    return kExitGood;
  }

 private:
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> kinds;
    for (std::string_view rest = kind_; !rest.empty();) {
      const auto comma = rest.find(',');
      kinds.emplace_back(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return kinds;
  }
  static const std::vector<std::string>& sources() {
    static const std::vector<std::string> kAll = [] {
      std::vector<std::string> all{"fs", "ntfs-fn"};
      for (const catalog::KindInfo* kind : catalog::row_kinds())
        if (!kind->summary.empty()) all.emplace_back(kind->name);
      return all;
    }();
    return kAll;
  }

  void add_filters(std::string& sql, std::vector<store::Value>& values) const {
    std::string marks;
    for (const std::string& kind : kinds()) {
      marks += marks.empty() ? "?" : ", ?";
      values.emplace_back(kind);
    }
    if (!marks.empty()) sql += fmt::format(" AND source IN ({})", marks);
    if (!path_.empty()) {
      sql += " AND path GLOB ?";
      values.emplace_back(path_);
    }
    if (!text_.empty()) {
      sql += " AND instr(lower(coalesce(path, '') || char(10) || coalesce(description, '')), lower(?))";
      values.emplace_back(text_);
    }
    if (deleted_) sql += fmt::format(" AND ({})", deleted_rows());
  }

  // Of the file system: by the file. Out of content: by the row's own state, and where an application marks it.
  static std::string deleted_rows() {
    std::string sql = "source IN ('fs', 'ntfs-fn') AND file_id IN (SELECT file_id FROM v_file WHERE deleted)";
    for (const catalog::KindInfo* kind : catalog::row_kinds()) {
      if (kind->summary.empty() || kind->origin != catalog::Origin::kContent) continue;
      const bool marks = std::ranges::find(kind->columns, std::string_view("deleted"), &catalog::ColumnInfo::name) !=
                         kind->columns.end();
      sql += fmt::format(
          " OR source = '{0}' AND row_id IN (SELECT {0}_id FROM v_{0} WHERE state IN ('recovered', "
          "'fragment'){1})",
          kind->name, marks ? " OR deleted" : "");
    }
    return sql;
  }

  static void print_json(const Context& context, store::Query& query) {
    JsonWriter json(context.out, 1);
    json.begin_array();
    const auto names = unique_names(query);
    while (!context.out.broken() && query.step()) write_row(json, query, names);
    json.finish();
  }

  // The longest that can come.
  static std::size_t source_width() {
    std::size_t width = 0;
    for (const std::string& source : sources()) width = std::max(width, source.size());
    return width;
  }

  static void print_text(const Context& context, store::Query& query) {
    const auto line = [&](std::string_view time, std::string_view macb, std::string_view source, std::string_view id) {
      return fmt::format("{}  {}  {}  {}", pad_right(time, 30), pad_right(macb, 4), pad_right(source, source_width()),
                         pad_left(id, 8));
    };
    if (!context.common.quiet)
      context.out.write(context.style.bold(line("time (Z: UTC)", "macb", "source", "file") + "  what") + "\n");
    while (!context.out.broken() && query.step()) {
      std::string what = terminal_text(query.text(5));
      if (const std::string about = query.text(6); !about.empty() && about != query.text(5)) {
        if (!what.empty()) what += "  ";
        what += context.style.dim(terminal_text(about));
      }
      context.out.write(line(short_time(query.text(0)), query.is_null(2) ? "-" : terminal_text(query.text(2)),
                             terminal_text(query.text(3)), query.is_null(4) ? "-" : query.text(4)) +
                        "  " + what + "\n");
    }
  }

  std::string dir_, from_, to_, kind_, path_, text_;
  bool deleted_ = false;
  std::uint64_t limit_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_timeline() {
  return std::make_unique<TimelineCommand>();
}

}  // namespace limier::cli
