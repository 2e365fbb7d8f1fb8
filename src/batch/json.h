// The one include of nlohmann/json. Its exceptions stay in the function that parses: see parse_json(). A struct whose
// keys are the names of its members has one list for writing and reading, NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace limier::batch {

using Json = nlohmann::json;  // keys sorted: dump() is canonical

// Calls `read(document)` and returns what it gives; nullopt when the text is no JSON, or a member has another type than
// `read` asks for.
template <class Read>
auto parse_json(std::string_view text, const Read& read) -> std::optional<decltype(read(Json()))> {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

// One JSON document as limier writes it: canonical, two spaces, a newline at the end.
inline std::string json_document(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace limier::batch
