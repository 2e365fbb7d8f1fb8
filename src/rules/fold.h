// A text as words that can be compared: lower case, without accents, one word after the other.
//
// Letters of Latin scripts become a to z; those of others stay as they are. Marks that cannot be seen are dropped, so
// that they hide nothing. Digits between letters stay; 22:30 and 10.000 are one word; an emoji is a word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limier::rules {

// Of a longer text the rest is not looked at.
inline constexpr std::size_t kMaxTextBytes = 16u << 10;
inline constexpr std::size_t kMaxWords = 2000;
inline constexpr std::size_t kMaxWordBytes = 64;

struct Word {
  std::uint32_t at = 0, size = 0;  // in Folded::letters
  bool has_letter = false, has_digit = false;
  bool has_sign = false;  // @ $ ! between letters
  bool has_run = false;   // a letter three times or more
};

struct Folded {
  std::string letters;
  std::vector<Word> words;
  [[nodiscard]] std::string_view text(const Word& word) const {
    return std::string_view(letters).substr(word.at, word.size);
  }
};

// Keeps the memory of `out`.
void fold(std::string_view text, Folded& out);

// Other ways a word may be meant, appended to `out`: signs and digits read as letters (m0ord), letters held down
// (kaaapot), and the form of a number with its unit (20u as #u). The word itself is not among them.
void spellings(const Folded& folded, const Word& word, std::vector<std::string>& out);

}  // namespace limier::rules
