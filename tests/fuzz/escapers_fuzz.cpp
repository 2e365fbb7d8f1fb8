// No escaper lets an active character through, whatever the bytes.
#include <cstdlib>

#include "limier/base.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limier;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string& out : {terminal_text(text), html_text(text), xml_text(text), csv_field(text),
                                 bodyfile_field(text), json_string(text)}) {
    if (!is_valid_utf8(out)) std::abort();
    for (const char c : out)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) std::abort();
  }
  if (html_text(text).find_first_of("<>\"'") != std::string::npos) std::abort();
  if (xml_text(text).find_first_of("<>\"'") != std::string::npos) std::abort();
  // A CSV field is quoted as a whole, quotes inside are doubled, and no spreadsheet takes it for a formula.
  const std::string field = csv_field(text);
  const bool quoted = field.size() >= 2 && field.front() == '"' && field.back() == '"';
  const std::string_view inside = quoted ? std::string_view(field).substr(1, field.size() - 2) : field;
  if (!quoted && inside.find_first_of(",\"") != std::string::npos) std::abort();
  for (std::size_t i = 0; quoted && i < inside.size(); ++i)
    if (inside[i] == '"' && (i + 1 == inside.size() || inside[++i] != '"')) std::abort();
  if (!inside.empty() && std::string_view("=+-@").find(inside.front()) != std::string_view::npos) std::abort();
  // JSON: between its quotes, a quote stands behind a backslash, and every backslash starts an escape.
  const std::string json = json_string(text);
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') std::abort();
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] == '"') std::abort();
    if (json[i] != '\\') continue;
    if (++i + 1 >= json.size() || std::string_view("\"\\/bfnrtu").find(json[i]) == std::string_view::npos) std::abort();
  }
  if (bodyfile_field(text).find('|') != std::string::npos) std::abort();
  return 0;
}
