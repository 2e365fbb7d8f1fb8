// What becomes of the text of contents whose type is text; v_content.text_state.
#pragma once

#include <array>

#include "store/db.h"

namespace limier::store {

// As table text_content holds it. Of the same bytes in several places the greatest counts.
enum class TextState : std::uint8_t { kNone, kKnown, kOverLimit, kKept, kCut };
inline constexpr std::array<std::string_view, 5> kTextStateWords{"none", "known", "over-limit", "kept", "cut"};

inline constexpr std::string_view kTextsOfKnown = "texts-in-known-files", kTextsOverLimit = "texts-over-limit";

// Once rows have their ids: of those that were read. Replaces the issues on those that were not.
Status settle_text_states(Database& db);
// SQL over the joins of v_content: the word, or NULL where the run took no texts out of files.
std::string text_state_case();

}  // namespace limier::store
