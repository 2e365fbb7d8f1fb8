// What was handed to engines.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "batch/json.h"
#include "limier/batch.h"

namespace limier::batch {

namespace fs = std::filesystem;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Submission, name, executor, host, pid, started_ns, plan_digest, tasks, engine_ids,
                                   cancelled)

Result<std::vector<Submission>> load_submissions(const CaseFolder& folder) {
  std::vector<Submission> submissions;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.submissions(), error)) {
    if (entry.path().extension() != ".json") continue;
    LIMIER_TRY(const auto text, read_whole_file(entry.path().string()));
    auto submission = parse_json(text, [](const Json& from) { return from.get<Submission>(); });
    if (!submission)
      return Error{ErrorKind::kUsage, fmt::format("{}: is not a submission record of limier; move it out of the case",
                                                  entry.path().string())};
    submissions.push_back(std::move(*submission));
  }
  std::sort(submissions.begin(), submissions.end(), [](const Submission& one, const Submission& other) {
    return std::tie(one.started_ns, one.name) < std::tie(other.started_ns, other.name);
  });
  return submissions;
}

Result<std::string> next_submission_name(const CaseFolder& folder, std::string_view executor) {
  for (std::uint32_t number = 1;; ++number) {
    std::string name = fmt::format("{}-{}", executor, number);
    std::error_code error;
    if (!fs::exists(folder.submissions() + "/" + name + ".json", error)) return name;
  }
}

Status save_submission(const CaseFolder& folder, const Submission& submission) {
  return publish_file(folder.submissions() + "/" + submission.name + ".json", json_document(submission));
}

}  // namespace limier::batch
