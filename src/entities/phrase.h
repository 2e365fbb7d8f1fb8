// Phrases that a wallet of coins is made again from (BIP 39), by the English list.
#pragma once

#include <optional>
#include <string_view>

#include "limier/entities.h"

namespace limier::entities {

// None is shorter, in bytes: between two looks less may lie.
inline constexpr std::size_t kShortestPhrase = 12 * 4 - 1;

// Quick, and seldom wrong about a word that is none of the list.
bool may_be_of_phrase(std::string_view word);
// The phrase that a word at `place`, or right behind it, is part of. A phrase is all of its words: 12, 15, 18, 21 or 24
// in a row, between whatever is no word of the list; with blanks, lines, commas or numbers ("1. ") between them.
std::optional<Found> phrase_at(std::string_view text, std::size_t place);

}  // namespace limier::entities
