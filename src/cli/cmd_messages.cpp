#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <tuple>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "cli/message_text.h"
#include "cli/row_marks.h"
#include "cli/rows.h"

namespace limier::cli {
namespace {

// Numbers are written in many ways (+31 6 12…, 06-12…): their last digits are the same.
constexpr std::size_t kTellingDigits = 9;
constexpr std::size_t kLeastDigits = 5;  // fewer are part of a name or an id rather

// The digits of a telephone number; "" for what is none.
std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (std::string_view("+-.() /").find(c) == std::string_view::npos)
      return {};
  }
  if (digits.size() < kLeastDigits) return {};
  return digits.size() > kTellingDigits ? digits.substr(digits.size() - kTellingDigits) : digits;
}

// Somebody is named by a part of a name, address or id, or by a number.
constexpr std::string_view kNamed =
    "(instr(lower(coalesce(m.sender, '') || char(10) || coalesce(m.sender_name, '') || char(10) || "
    "coalesce(m.recipients, '') || char(10) || coalesce(m.thread_name, '')), lower(?1)) > 0 OR ?2 <> '' AND "
    "instr(replace(replace(replace(replace(replace(replace(coalesce(m.sender, '') || char(10) || "
    "coalesce(m.recipients, ''), ' ', ''), '-', ''), '.', ''), '(', ''), ')', ''), '/', ''), ?2) > 0)";

class MessagesCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    const std::string group = "Filters";
    app.add_option("DIR", dir_, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("--thread", thread_, "Only the conversation with this id or name")->option_text("T")->group(group);
    app.add_option("--with", with_,
                   "Only conversations with somebody: part of a name or address, or a\nnumber in any form")
        ->option_text("WHO")
        ->group(group);
    app.add_option("--from", from_, "Not before this time (UTC): 2021, 2021-03, 2021-03-09T05:00")
        ->option_text("T")
        ->group(group)
        ->check(check_time);
    app.add_option("--to", to_, "Not after this time; a short form means its end")
        ->option_text("T")
        ->group(group)
        ->check(check_time);
    app.add_option("--priority", priority_,
                   "Only messages with a finding of this priority or above:\nlive-in-danger, high, medium, low or info")
        ->option_text("P")
        ->group(group)
        ->check(CLI::IsMember({"live-in-danger", "high", "medium", "low", "info"}));
    app.add_option("--limit", limit_, "At most this many messages")
        ->option_text("N")
        ->group(group)
        ->check(whole_number(1, kMostNumber));
  }

  int run(const Context& context) override {
    if (const auto status = refuse_batch_case(dir_, "messages"); !status) return context.fail(status.error());
    auto index = store::Index::open(dir_);
    if (!index) return context.fail(index.error());
    if (const auto status = refuse_without_content(**index); !status) return context.fail(status.error());
    const auto findings = read_finding_marks(**index);
    if (!findings) return context.fail(findings.error());
    const auto marks = store::read_marks(**index, dir_);
    if (!marks) return context.fail(marks.error());
    auto query = (*index)->query(sql(context.common.json ? "m.*" : kMessageColumns));
    if (!query) return context.fail(query.error());
    bind(*query);
    const std::uint64_t shown = context.common.json ? print_json(context, *query, *findings, *marks)
                                                    : print_text(context, *query, *findings, *marks);
    if (const auto status = query->status(); !status) return context.fail(status.error());
    if (shown == 0) say_nothing(context, **index);
    say_problem(context, *marks, dir_);
    if (shown > 0 && !findings->empty())
      context.say(
          fmt::format("a finding is a priority to read, not an accusation; what it rests on: limier explain {} KEY",
                      shell_quote(dir_)));
    return kExitGood;
  }

 private:
  // An empty list would look like "there are none".
  Status refuse_without_content(store::Index& index) const {
    LIMIER_TRY(auto run, index.query("SELECT profile FROM v_run ORDER BY run_id DESC LIMIT 1"));
    if (run.step() && (run.text(0) == "list" || run.text(0) == "quick"))
      return Error{ErrorKind::kUsage,
                   fmt::format("{} was made with --profile {}: no content was looked into, so messages are not "
                               "computed; run triage with --profile standard",
                               dir_, run.text(0))};
    return run.status();
  }

  // ?1 and ?2 are --with, ?3 --thread, ?4 and ?5 the time.
  [[nodiscard]] std::string sql(std::string_view columns) const {
    std::string where = "1";
    const auto moment = fmt::format("nullif({}, 9223372036854775807)", kMessageMoment);
    if (!with_.empty())
      where += fmt::format(
          " AND ({0} OR m.thread IS NOT NULL AND (coalesce(m.service, ''), m.thread, m.content_id) IN (SELECT "
          "coalesce(m.service, ''), m.thread, m.content_id FROM v_message m WHERE m.thread IS NOT NULL AND {0}))",
          kNamed);
    if (!thread_.empty()) where += " AND (m.thread = ?3 OR m.thread_name = ?3)";
    if (!from_.empty()) where += fmt::format(" AND {} >= ?4", moment);
    if (!to_.empty()) where += fmt::format(" AND {} < ?5", moment);
    if (!priority_.empty()) {
      where +=
          " AND m.message_id IN (SELECT subject_id FROM v_finding WHERE subject_kind = 'message' AND priority IN (";
      bool first = true;
      for (const std::string_view word : catalog::kPriorityWords) {
        where += fmt::format("{}'{}'", first ? "" : ", ", word);
        first = false;
        if (word == priority_) break;
      }
      where += "))";
    }
    const std::string_view order =
        with_.empty() ? "m.service, m.content_id, cast(m.thread AS INTEGER), m.thread, " : "";
    std::string text = fmt::format("SELECT {} FROM v_message m WHERE {} ORDER BY {}{}, m.message_id", columns, where,
                                   order, kMessageMoment);
    if (limit_ > 0) text += fmt::format(" LIMIT {}", limit_);
    return text;
  }

  void bind(store::Query& query) const {
    if (!with_.empty()) query.bind(1, with_).bind(2, digits_of(with_));
    if (!thread_.empty()) query.bind(3, thread_);
    if (!from_.empty()) query.bind(4, parse_period(from_)->from_ns);
    if (!to_.empty()) query.bind(5, parse_period(to_)->until_ns);
  }

  static std::uint64_t print_json(const Context& context, store::Query& query, const FindingMarks& findings,
                                  const store::Marks& marks) {
    JsonWriter json(context.out, 1);
    json.begin_array();
    const auto names = unique_names(query);
    std::uint64_t shown = 0;
    for (; !context.out.broken() && query.step(); ++shown)
      write_message(json, query, names, beside_message(findings, marks, query.integer(0)));
    json.finish();
    return shown;
  }

  std::uint64_t print_text(const Context& context, store::Query& query, const FindingMarks& findings,
                           const store::Marks& marks) const {
    const MessageForm form{.names_thread = !with_.empty(), .is_subject = false, .width = text_width()};
    std::optional<std::tuple<std::string, std::string, std::int64_t>> last;
    std::uint64_t shown = 0;
    for (; !context.out.broken() && query.step(); ++shown) {
      const std::tuple now(query.text(1), query.text(2), query.integer(15));
      if (!form.names_thread && last != now) {
        context.out.write(fmt::format("{}{}\n", last ? "\n" : "", context.style.bold(thread_title(query))));
        last = now;
      }
      print_message(context, query, beside_message(findings, marks, query.integer(0)), form);
    }
    return shown;
  }

  static void say_nothing(const Context& context, store::Index& index) {
    auto any = index.query("SELECT count(*) FROM v_message");
    const bool none = any && any->step() && any->integer(0) == 0;
    context.say(none ? "no messages were found in what was looked into; v_judged, v_item and v_not_examined say what "
                       "could not be"
                     : "no message matches");
  }

  std::string dir_, thread_, with_, from_, to_, priority_;
  std::uint64_t limit_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_messages() {
  return std::make_unique<MessagesCommand>();
}

}  // namespace limier::cli
