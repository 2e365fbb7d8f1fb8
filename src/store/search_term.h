// What is looked for: a term (a word, a part of one, several words in a row), or a regular expression; and where it
// stands in a text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/text_words.h"

namespace limier::store {

struct TextSpan {
  std::size_t begin = 0, end = 0;  // bytes of the text
};

// Of its words the first may begin, and the last end, within a word of the text, where that side is open. Blanks
// between words stand for any blanks and signs; signs stand for themselves. A term of signs alone is looked for as it
// stands.
class SearchTerm {
 public:
  // kUsage for one of nothing. "…": whole words; word* and *word: that side is open, the other is not.
  static Result<SearchTerm> make(std::string_view text, bool whole_words, TextWords& words);

  // How one of its words must stand in a word of the text.
  enum class Fit : std::uint8_t { kWhole, kBegins, kEnds, kWithin };
  [[nodiscard]] std::size_t word_count() const { return words_.size(); }
  [[nodiscard]] const std::string& word(std::size_t at) const { return words_[at]; }
  [[nodiscard]] Fit fit(std::size_t at) const;

  void find(std::string_view text, const std::vector<TextWord>& in, std::vector<TextSpan>& out) const;

 private:
  [[nodiscard]] bool stands_at(std::string_view text, const std::vector<TextWord>& in, std::size_t at) const;
  [[nodiscard]] TextSpan span_at(const std::vector<TextWord>& in, std::size_t at) const;

  std::vector<std::string> words_;    // folded
  std::vector<std::string> between_;  // after each word but the last: signs; empty: anything
  std::string front_, behind_;        // signs
  bool open_begin_ = false, open_end_ = false;
};

// A POSIX extended regular expression over each line of a text, in UTF-8.
class SearchPattern {
 public:
  static Result<SearchPattern> make(std::string_view text, bool ignore_case);
  SearchPattern(SearchPattern&&) noexcept;
  SearchPattern& operator=(SearchPattern&&) noexcept;
  ~SearchPattern();
  void find(std::string_view text, std::vector<TextSpan>& out) const;

 private:
  struct Impl;
  explicit SearchPattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limier::store
