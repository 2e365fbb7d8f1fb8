#include "batch/attempts.h"

#include "batch/json.h"

namespace limier::batch {

std::optional<Attempt> load_attempt(const CaseFolder& folder, std::string_view exhibit_folder) {
  const auto text = read_whole_file(folder.attempt(exhibit_folder));
  if (!text.ok()) return std::nullopt;
  return parse_json(*text, [](const Json& from) {
    Attempt attempt;
    attempt.exhibit_digest = from.at("exhibit_digest");
    attempt.count = from.at("count");
    attempt.ended = from.at("ended");
    attempt.exit_code = from.at("exit_code");
    attempt.message = from.at("message");
    attempt.host = from.at("host");
    attempt.started_ns = from.at("started_ns");
    return attempt;
  });
}

Status save_attempt(const CaseFolder& folder, std::string_view exhibit_folder, const Attempt& attempt) {
  const Json document = {
      {"exhibit_digest", attempt.exhibit_digest}, {"count", attempt.count},     {"ended", attempt.ended},
      {"exit_code", attempt.exit_code},           {"message", attempt.message}, {"host", attempt.host},
      {"started_ns", attempt.started_ns}};
  return publish_file(folder.attempt(exhibit_folder), json_document(document));
}

}  // namespace limier::batch
