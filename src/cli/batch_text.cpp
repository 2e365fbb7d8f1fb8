#include "cli/batch_text.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "cli/json_writer.h"

namespace limier::cli {
namespace {

using batch::ExhibitState;
using batch::ExhibitStatus;

constexpr std::array kStates{ExhibitState::kPlanned, ExhibitState::kRunning,         ExhibitState::kInterrupted,
                             ExhibitState::kDone,    ExhibitState::kNothingExamined, ExhibitState::kFailed,
                             ExhibitState::kStale};
constexpr std::array<std::string_view, 5> kPriorities{"live-in-danger", "high", "medium", "low", "info"};

bool is_finished(const ExhibitStatus& status) {
  return batch::is_finished(status.state);
}

std::uint64_t not_examined_bytes(const ExhibitStatus& status) {
  std::uint64_t total = 0;
  if (status.record)
    for (const auto& gap : status.record->result.not_examined) total += gap.bytes;
  return total;
}

std::string gap_text(const ExhibitStatus& status) {
  if (!status.record || !is_finished(status)) return status.attempt_message;
  const auto& result = status.record->result;
  if (!result.message.empty()) return result.message;
  std::string text;
  for (const auto& gap : result.not_examined) {
    if (text.size() > 80) return text + ", ...";
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", gap.what, gap.reason);
  }
  return text;
}

void write_result(JsonWriter& json, const batch::ExhibitRecord& record) {
  const auto& result = record.result;
  json.key("exit_code").integer(result.exit_code);
  json.text_or_null("verdict", result.verdict).text_or_null("format", result.format);
  json.text_or_null("md5", result.md5).text_or_null("sha1", result.sha1).text_or_null("sha256", result.sha256);
  json.number("media_bytes", result.media_bytes).number("files", result.files).number("deleted", result.deleted);
  json.number("volumes", result.volumes).number("hits", result.hits).number("issues", result.issues);
  json.number("bad_ranges", result.bad_ranges).number("bad_bytes", result.bad_bytes);
  json.key("findings").begin_object();
  for (std::size_t i = 0; i < kPriorities.size(); ++i) json.number(kPriorities[i], result.findings[i]);
  json.end();
  json.key("not_examined").begin_array();
  for (const auto& gap : result.not_examined)
    json.begin_object()
        .text("what", gap.what)
        .text("reason", gap.reason)
        .number("bytes", gap.bytes)
        .number("items", gap.items)
        .end();
  json.end();
  json.text_or_null("index_sha256", record.index_sha256).number("attempts", record.attempts);
  json.text("host", record.host).text("started", format_time(record.started_ns));
  json.text("ended", format_time(record.ended_ns));
  json.key("cpu_seconds").real(record.cpu_seconds);
  json.number("peak_memory_bytes", record.peak_memory_bytes);
}

void write_exhibit(JsonWriter& json, const ExhibitStatus& status) {
  const auto& exhibit = *status.exhibit;
  json.begin_object().text("exhibit", exhibit.name).text("folder", exhibit.folder).text("image", exhibit.image);
  json.number("task", status.task).text("state", batch::state_name(status.state));
  json.number("size_bytes", exhibit.size_bytes());
  if (is_finished(status)) {
    json.text_or_null("message", status.record->result.message);
    write_result(json, *status.record);
  } else {
    json.text_or_null("message", status.attempt_message).key("exit_code");
    if (status.attempt_exit_code != 0)
      json.integer(status.attempt_exit_code);
    else
      json.null();
  }
  json.end();
}

void write_findings(JsonWriter& json, const batch::FindingsSoFar& so_far) {
  json.number("exhibits_judged", so_far.judged).number("findings_left_out", so_far.left_out);
  json.key("findings").begin_array();
  for (const auto& one : so_far.findings) {
    json.begin_object().text("exhibit", one.exhibit).text("folder", one.folder);
    json.key("finding_id").integer(one.finding_id);
    json.text("priority", one.priority).text("title", one.title).text_or_null("reason", one.reason);
    json.text("key", one.key).text_or_null("t", one.t).key("score").real(one.score);
    json.key("exhibit_rank").integer(one.rank).end();
  }
  json.end();
}

}  // namespace

bool is_batch_case(const std::string& dir) {
  std::error_code error;
  return std::filesystem::exists(dir + "/plan.json", error) && !std::filesystem::exists(dir + "/index.db", error);
}

Status refuse_batch_case(const std::string& dir, std::string_view command) {
  if (!is_batch_case(dir)) return ok_status();
  const auto plan = batch::load_plan(case_folder(dir));
  const std::string example = plan && !plan->exhibits.empty() ? plan->exhibits.front().folder : "EXHIBIT";
  const std::string_view instead = command == "report" ? "`limier batch merge` writes the report of the whole case"
                                                       : "`limier sql` asks the whole case";
  return Error{ErrorKind::kUsage,
               fmt::format("{} is a case of many exhibits; give one of them, as `limier {} {}/exhibits/{}`; {}", dir,
                           command, dir, example, instead)};
}

batch::CaseFolder case_folder(const std::string& given) {
  std::error_code error;
  auto path = std::filesystem::absolute(given, error).lexically_normal();
  if (!path.has_filename() && path.has_parent_path()) path = path.parent_path();
  return batch::CaseFolder(path.string());
}

void print_batch_table(const Context& context, const batch::Plan& plan, std::span<const ExhibitStatus> statuses) {
  Table table({{"exhibit"},
               {"task", Align::kRight},
               {"state"},
               {"exit", Align::kRight},
               {"verdict"},
               {"image files", Align::kRight},
               {"media", Align::kRight},
               {"files", Align::kRight},
               {"not examined", Align::kRight},
               {"why"}});
  std::array<std::size_t, kStates.size()> counts{};
  for (const ExhibitStatus& status : statuses) {
    ++counts[static_cast<std::size_t>(status.state)];
    const bool finished = is_finished(status);
    const auto* result = finished ? &status.record->result : nullptr;
    const int code = finished ? result->exit_code : status.attempt_exit_code;
    const std::uint64_t gaps = not_examined_bytes(status);
    table.add({terminal_text(status.exhibit->name), std::to_string(status.task),
               std::string(batch::state_name(status.state)), finished || code != 0 ? std::to_string(code) : "",
               finished ? terminal_text(result->verdict) : "", human_size(status.exhibit->size_bytes()),
               finished && result->media_bytes > 0 ? human_size(result->media_bytes) : "",
               finished ? group_digits(result->files) : "", finished && gaps > 0 ? human_size(gaps) : "",
               terminal_text(gap_text(status))});
  }
  table.print(context.out, context.style, "");
  std::string line = fmt::format("\n{} in {}: ", plural(statuses.size(), "exhibit", "exhibits"),
                                 plural(plan.tasks.size(), "task", "tasks"));
  bool first = true;
  for (const ExhibitState state : kStates) {
    const std::size_t count = counts[static_cast<std::size_t>(state)];
    if (count == 0) continue;
    line += fmt::format("{}{} {}", first ? "" : ", ", count, batch::state_name(state));
    first = false;
  }
  context.out.write(line + fmt::format("; exit code {}\n", batch::batch_exit_code(statuses)));
}

void print_batch_json(const Context& context, const batch::CaseFolder& folder, const batch::Plan& plan,
                      std::span<const ExhibitStatus> statuses, const batch::FindingsSoFar* findings) {
  JsonWriter json(context.out, 2);
  json.begin_object().text("case", folder.dir()).text("plan_digest", plan.digest);
  const int code = batch::batch_exit_code(statuses);
  json.boolean("finished", code != batch::kExitTemporary).key("exit_code").integer(code);
  json.number("tasks", plan.tasks.size()).key("counts").begin_object();
  for (const ExhibitState state : kStates) {
    std::uint64_t count = 0;
    for (const ExhibitStatus& status : statuses) count += status.state == state ? 1 : 0;
    json.number(batch::state_name(state), count);
  }
  json.end().key("exhibits").begin_array();
  for (const ExhibitStatus& status : statuses) write_exhibit(json, status);
  json.end();
  if (findings != nullptr) write_findings(json, *findings);
  json.key("submissions").begin_array();
  if (const auto submissions = batch::load_submissions(folder); submissions.ok())
    for (const auto& submission : *submissions) {
      json.begin_object().text("name", submission.name).text("executor", submission.executor);
      json.text("host", submission.host).text("started", format_time(submission.started_ns));
      json.boolean("cancelled", submission.cancelled).key("engine_ids").begin_array();
      for (const auto& id : submission.engine_ids) json.text(id);
      json.end().end();
    }
  json.end().end().finish();
}

}  // namespace limier::cli
