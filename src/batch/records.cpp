// Completion records: published by rename as the last step, so that one that is there is whole.
#include "batch/json.h"
#include "limier/batch.h"

namespace limier::batch {
namespace {

constexpr int kRecordFormat = 1;

Json to_json(const ExhibitResult& result) {
  Json not_examined = Json::array();
  for (const auto& item : result.not_examined)
    not_examined.push_back(
        {{"what", item.what}, {"reason", item.reason}, {"bytes", item.bytes}, {"items", item.items}});
  return {{"exit_code", result.exit_code},
          {"message", result.message},
          {"mismatch", result.mismatch},
          {"damaged", result.damaged},
          {"incomplete", result.incomplete},
          {"nothing_examined", result.nothing_examined},
          {"verdict", result.verdict},
          {"format", result.format},
          {"md5", result.md5},
          {"sha1", result.sha1},
          {"sha256", result.sha256},
          {"media_bytes", result.media_bytes},
          {"files", result.files},
          {"deleted", result.deleted},
          {"volumes", result.volumes},
          {"issues", result.issues},
          {"hits", result.hits},
          {"bad_ranges", result.bad_ranges},
          {"bad_bytes", result.bad_bytes},
          {"findings", result.findings},
          {"coverage_bytes", result.coverage_bytes},
          {"not_examined", std::move(not_examined)}};
}

ExhibitResult result_from(const Json& from) {
  ExhibitResult result;
  result.exit_code = from.at("exit_code");
  result.message = from.at("message");
  result.mismatch = from.at("mismatch");
  result.damaged = from.at("damaged");
  result.incomplete = from.at("incomplete");
  result.nothing_examined = from.at("nothing_examined");
  result.verdict = from.at("verdict");
  result.format = from.at("format");
  result.md5 = from.at("md5");
  result.sha1 = from.at("sha1");
  result.sha256 = from.at("sha256");
  result.media_bytes = from.at("media_bytes");
  result.files = from.at("files");
  result.deleted = from.at("deleted");
  result.volumes = from.at("volumes");
  result.issues = from.at("issues");
  result.hits = from.at("hits");
  result.bad_ranges = from.at("bad_ranges");
  result.bad_bytes = from.at("bad_bytes");
  result.findings = from.at("findings");
  result.coverage_bytes = from.at("coverage_bytes");
  for (const auto& item : from.at("not_examined"))
    result.not_examined.push_back({item.at("what"), item.at("reason"), item.at("bytes"), item.at("items")});
  return result;
}

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
  record.result = result_from(from.at("result"));
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
                         {"result", to_json(record.result)},
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
