#include "batch/attempts.h"

#include "batch/json.h"

namespace limier::batch {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Attempt, exhibit_digest, count, ended, exit_code, message, host, started_ns)

std::optional<Attempt> load_attempt(const CaseFolder& folder, std::string_view exhibit_folder) {
  const auto text = read_whole_file(folder.attempt(exhibit_folder));
  if (!text.ok()) return std::nullopt;
  return parse_json(*text, [](const Json& from) { return from.get<Attempt>(); });
}

Status save_attempt(const CaseFolder& folder, std::string_view exhibit_folder, const Attempt& attempt) {
  return publish_file(folder.attempt(exhibit_folder), json_document(attempt));
}

}  // namespace limier::batch
