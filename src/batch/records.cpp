// Completion records: published by rename as the last step, so that one that is there is whole.
#include "batch/json.h"
#include "limier/batch.h"

namespace limier::batch {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NotExamined, what, reason, bytes, items)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ExhibitResult, exit_code, message, mismatch, damaged, incomplete, nothing_examined,
                                   verdict, format, md5, sha1, sha256, media_bytes, files, deleted, volumes, issues,
                                   hits, bad_ranges, bad_bytes, findings, coverage_bytes, not_examined)

namespace {

constexpr int kRecordFormat = 1;

ExhibitRecord record_from(const Json& from) {
  ExhibitRecord record;
  record.exhibit = from.at("exhibit");
  record.folder = from.at("folder");
  record.exhibit_digest = from.at("exhibit_digest");
  record.plan_digest = from.at("plan_digest");
  record.tool_version = from.at("tool_version");
  record.tool_commit = from.at("tool_commit");
  record.index_sha256 = from.at("index_sha256");
  record.index_bytes = from.at("index_bytes");
  record.result = from.at("result");
  const Json& run = from.at("run");
  record.host = run.at("host");
  record.started_ns = run.at("started_ns");
  record.ended_ns = run.at("ended_ns");
  record.cpu_seconds = run.at("cpu_seconds");
  record.peak_memory_bytes = run.at("peak_memory_bytes");
  record.attempts = run.at("attempts");
  return record;
}

TaskRecord task_record_from(const Json& from) {
  TaskRecord record;
  record.number = from.at("task");
  record.plan_digest = from.at("plan_digest");
  record.tool_version = from.at("tool_version");
  record.exit_code = from.at("exit_code");
  for (const auto& one : from.at("exhibits")) record.exhibits.emplace_back(one.at("exhibit"), one.at("index_sha256"));
  return record;
}

}  // namespace

std::optional<ExhibitRecord> load_record(const CaseFolder& folder, std::string_view exhibit_folder) {
  const auto text = read_whole_file(folder.record(exhibit_folder));
  if (!text.ok()) return std::nullopt;
  return parse_json(*text, record_from);
}

Status publish_record(const CaseFolder& folder, const ExhibitRecord& record) {
  const Json document = {{"format", kRecordFormat},
                         {"exhibit", record.exhibit},
                         {"folder", record.folder},
                         {"exhibit_digest", record.exhibit_digest},
                         {"plan_digest", record.plan_digest},
                         {"tool_version", record.tool_version},
                         {"tool_commit", record.tool_commit},
                         {"index_sha256", record.index_sha256},
                         {"index_bytes", record.index_bytes},
                         {"result", record.result},
                         {"run",
                          {{"host", record.host},
                           {"started_ns", record.started_ns},
                           {"ended_ns", record.ended_ns},
                           {"cpu_seconds", record.cpu_seconds},
                           {"peak_memory_bytes", record.peak_memory_bytes},
                           {"attempts", record.attempts}}}};
  return publish_file(folder.record(record.folder), json_document(document));
}

std::optional<TaskRecord> load_task_record(const CaseFolder& folder, std::uint32_t number) {
  const auto text = read_whole_file(folder.task(number));
  if (!text.ok()) return std::nullopt;
  return parse_json(*text, task_record_from);
}

Status publish_task_record(const CaseFolder& folder, const TaskRecord& record) {
  Json exhibits = Json::array();
  for (const auto& [exhibit, index_sha256] : record.exhibits)
    exhibits.push_back({{"exhibit", exhibit}, {"index_sha256", index_sha256}});
  const Json document = {{"task", record.number},
                         {"plan_digest", record.plan_digest},
                         {"tool_version", record.tool_version},
                         {"exit_code", record.exit_code},
                         {"exhibits", std::move(exhibits)}};
  return publish_file(folder.task(record.number), json_document(document));
}

}  // namespace limier::batch
