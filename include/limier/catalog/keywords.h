// Which words and patterns were looked for (triage --keywords).
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

enum class KeywordForm : std::int8_t { kLiteral, kExpression };
inline constexpr std::array<std::string_view, 2> kKeywordFormWords{"literal", "expression"};

struct KeywordUsed {
  static constexpr KindInfo kKind{.name = "keyword",
                                  .plural = "keywords",
                                  .title = "Keywords",
                                  .meaning = "What was looked for with --keywords, and in how many places it stands.",
                                  .origin = Origin::kEngine,
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"pattern", &KeywordUsed::pattern, As::kOwnText, "as the file has it, without quotes or slashes"},
        Column{"form", &KeywordUsed::form, kKeywordFormWords, "a literal, or a regular expression"},
        Column{"kind", &KeywordUsed::kind, As::kOwnText, "kind of its hits in v_hit"},
        Column{"options", &KeywordUsed::options, As::kOwnText, "how it was looked for (docs/keywords.md)"},
        Column{"hits", &KeywordUsed::hits, As::kInteger, "places listed in v_hit"},
        Column{"more", &KeywordUsed::more, As::kInteger,
               "places in the bytes of the image beyond the most that are kept of it: counted, and not listed"},
        Column{"file_name", &KeywordUsed::file_name, As::kOwnText, "of the file that it comes from"},
        Column{"line", &KeywordUsed::line, As::kInteger, "there"},
        Column{"file_sha256", &KeywordUsed::file_sha256, As::kOwnText, "of that file"},
    };
  }

  std::string pattern;
  KeywordForm form = KeywordForm::kLiteral;
  std::string kind, options;
  std::int64_t hits = 0, more = 0;
  std::string file_name;
  std::int64_t line = 0;
  std::string file_sha256;
};

}  // namespace limier::catalog
