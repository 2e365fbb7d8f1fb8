#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>

#include "cli/batch_text.h"
#include "cli/rows.h"

namespace limier::cli {
namespace {

// An empty list would look like "nothing notable".
Status refuse_without_sets(store::Index& index, const std::string& status) {
  const std::string of_kind = status == "unknown" ? "" : fmt::format(" WHERE known = '{}'", status);
  auto sets = index.query("SELECT count(*) FROM v_hash_set" + of_kind);
  if (sets && sets->step() && sets->integer(0) > 0) return ok_status();
  return Error{ErrorKind::kUsage, fmt::format("--known {}: not computed, since triage was given no {}set (--hashset)",
                                              status, status == "unknown" ? "hash " : status + " hash ")};
}

// The conditions of the statement and the values bound to it, in step.
class Filter {
 public:
  void add(std::string_view condition) { sql_ += fmt::format(" AND {}", condition); }
  void add(std::string_view condition, store::Value value) {
    add(condition);
    values_.push_back(std::move(value));
  }
  [[nodiscard]] const std::string& sql() const { return sql_; }
  [[nodiscard]] const std::vector<store::Value>& values() const { return values_; }

 private:
  std::string sql_;
  std::vector<store::Value> values_;
};

std::int64_t bounded_size(const std::string& text) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(parse_size(text).value_or(0), kMost));
}

class FilesCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    const std::string group = "Filters";
    app.add_option("DIR", dir_, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("--path", path_, "Whole path matches this glob: '*/DCIM/*.jpg'")->option_text("GLOB")->group(group);
    app.add_option("--name", name_, "Name matches this glob: '*.sqlite'")->option_text("GLOB")->group(group);
    app.add_option("--text", text_, "Path holds this text, in either case")->option_text("T")->group(group);
    app.add_option("--kind,--type", kind_, "file, dir, link, device, stream or virtual")
        ->option_text("KIND")
        ->group(group)
        ->check(CLI::IsMember({"file", "dir", "link", "device", "stream", "virtual"}));
    app.add_flag("--deleted", deleted_, "Deleted entries only")->group(group);
    app.add_flag("--allocated", allocated_, "Allocated entries only")->group(group);
    app.add_flag("--orphan", orphan_, "Only entries whose folder is gone")->group(group);
    app.add_option("--min-size", min_size_, "At least this size: 4096, 64K, 10M, 2G")
        ->option_text("SIZE")
        ->group(group)
        ->check(check_size);
    app.add_option("--max-size", max_size_, "At most this size")->option_text("SIZE")->group(group)->check(check_size);
    app.add_option("--from", from_, "Modified not before this time (UTC): 2021, 2021-03-09T05:00")
        ->option_text("T")
        ->group(group)
        ->check(check_time);
    app.add_option("--to", to_, "Modified not after this time; a short form means its end")
        ->option_text("T")
        ->group(group)
        ->check(check_time);
    app.add_option(
           "--state", state_,
           "State of the content: complete, recovered, overwritten, partial,\nunreadable, encrypted, empty or not-read")
        ->option_text("STATE")
        ->group(group)
        ->check(CLI::IsMember(
            {"complete", "recovered", "overwritten", "partial", "unreadable", "encrypted", "empty", "not-read"}));
    app.add_option("--mime", mime_, "Type by content matches this glob: 'image/*'")->option_text("GLOB")->group(group);
    app.add_flag("--ext-mismatch", ext_mismatch_, "Only files whose name claims another type than their content")
        ->group(group);
    app.add_option("--known", known_,
                   "Hash status: known, notable or unknown, where triage was given\nsuch a --hashset")
        ->option_text("STATUS")
        ->group(group)
        ->check(CLI::IsMember({"known", "notable", "unknown"}));
    app.add_option("--limit", limit_, "At most this many lines")
        ->option_text("N")
        ->group(group)
        ->check(whole_number(1, kMostNumber));
  }

  int run(const Context& context) override {
    if (deleted_ && allocated_)
      return context.fail({ErrorKind::kUsage, "--deleted and --allocated exclude each other"});
    if (const auto status = refuse_batch_case(dir_, "files"); !status) return context.fail(status.error());
    auto index = store::Index::open(dir_);
    if (!index) return context.fail(index.error());
    if (!known_.empty())
      if (const auto status = refuse_without_sets(**index, known_); !status) return context.fail(status.error());
    say_where_no_content_was_read(context, **index);
    const Filter filter = make_filter();
    const bool several = several_volumes(**index);
    const std::string_view columns =
        context.common.json ? "*" : "file_id, kind, deleted, orphan, content_state, size, modified, path, volume_id";
    std::string sql = fmt::format("SELECT {} FROM v_file WHERE 1{} ORDER BY file_id", columns, filter.sql());
    if (limit_ > 0) sql += fmt::format(" LIMIT {}", limit_);
    auto query = (*index)->query(sql);
    if (!query) return context.fail(query.error());
    for (std::size_t i = 0; i < filter.values().size(); ++i) query->bind(static_cast<int>(i) + 1, filter.values()[i]);
    if (context.common.json)
      print_json(context, *query);
    else
      print_text(context, *query, several);
    if (const auto status = query->status(); !status) return context.fail(status.error());
    return kExitGood;
  }

 private:
  // Paths of two volumes may be the same.
  static bool several_volumes(store::Index& index) {
    auto count = index.query("SELECT count(*) FROM v_volume WHERE status IN ('parsed', 'partial')");
    return count && count->step() && count->integer(0) > 1;
  }

  void say_where_no_content_was_read(const Context& context, store::Index& index) const {
    if ((state_.empty() && mime_.empty() && !ext_mismatch_) || content_was_read(index)) return;
    const auto say = [&](std::string_view option, std::string_view what) {
      context.say(fmt::format("{}: this case was made with --profile list; no content was read, so {} not computed",
                              option, what));
    };
    if (!state_.empty()) say("--state", "its states are");
    if (!mime_.empty()) say("--mime", "its types are");
    if (ext_mismatch_) say("--ext-mismatch", "its types are");
  }

  Filter make_filter() const {
    Filter filter;
    if (!path_.empty()) filter.add("path GLOB ?", path_);
    if (!name_.empty()) filter.add("name GLOB ?", name_);
    if (!text_.empty()) filter.add("instr(lower(path), lower(?))", text_);
    if (!kind_.empty()) filter.add("kind = ?", kind_);
    if (deleted_) filter.add("deleted = 1");
    if (allocated_) filter.add("allocated = 1");
    if (orphan_) filter.add("orphan = 1");
    if (!min_size_.empty()) filter.add("size >= ?", bounded_size(min_size_));
    if (!max_size_.empty()) filter.add("size <= ?", bounded_size(max_size_));
    if (!from_.empty()) filter.add("modified_ns >= ?", parse_period(from_)->from_ns);
    if (!to_.empty()) filter.add("modified_ns < ?", parse_period(to_)->until_ns);
    if (!state_.empty()) filter.add("content_state = ?", state_);
    if (!mime_.empty()) filter.add("mime GLOB ?", mime_);
    if (ext_mismatch_) filter.add("ext_mismatch = 1");
    // What has no digest was not looked for in any set.
    if (known_ == "unknown") filter.add("known IS NULL AND sha256 IS NOT NULL");
    if (known_ == "known" || known_ == "notable") filter.add("known = ?", known_);
    return filter;
  }

  static void print_json(const Context& context, store::Query& query) {
    JsonWriter json(context.out, 1);
    json.begin_array();
    const auto names = unique_names(query);
    while (!context.out.broken() && query.step()) write_row(json, query, names);
    json.finish();
  }

  static std::string marks(const store::Query& query) {
    const std::string state = query.text(4);
    const bool harmed = state == "overwritten" || state == "partial" || state == "unreadable" || state == "encrypted";
    std::string text = query.integer(2) != 0 ? "d" : "-";
    text += query.integer(3) != 0 ? "o" : "-";
    return text + (harmed ? "!" : "-");
  }

  // Streamed: fixed columns, so that the first line is there at once and memory stays flat.
  static void print_text(const Context& context, store::Query& query, bool several) {
    const auto volume = [&](std::string_view text) { return several ? pad_left(text, 6) + "  " : std::string(); };
    const auto line = [](std::string_view id, std::string_view kind, std::string_view mark, std::string_view state,
                         std::string_view size, std::string_view time) {
      return fmt::format("{}  {}  {}  {}  {}  {}", pad_left(id, 8), pad_right(kind, 7), pad_right(mark, 3),
                         pad_right(state, 11), pad_left(size, 14), pad_right(time, 20));
    };
    if (!context.common.quiet)
      context.out.write(context.style.bold(volume("volume") +
                                           line("file", "kind", "", "content", "size", "modified (Z: UTC)") +
                                           "  path") +
                        "\n");
    while (!context.out.broken() && query.step()) {
      const std::string size = query.is_null(5) ? "-" : group_digits(static_cast<std::uint64_t>(query.integer(5)));
      const std::string time = query.is_null(6) ? "-" : time_to_seconds(query.text(6));
      context.out.write(volume(query.text(8)) +
                        line(query.text(0), query.text(1), marks(query), query.text(4), size, time) + "  " +
                        terminal_text(query.text(7)) + "\n");
    }
  }

  std::string dir_, path_, name_, text_, kind_, min_size_, max_size_, from_, to_, state_, mime_, known_;
  bool deleted_ = false, allocated_ = false, orphan_ = false, ext_mismatch_ = false;
  std::uint64_t limit_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_files() {
  return std::make_unique<FilesCommand>();
}

}  // namespace limier::cli
