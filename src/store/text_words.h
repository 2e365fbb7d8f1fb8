// A text as the words of the full-text index: SQLite's own tokenizer, so that what is looked up there and what is
// confirmed over the stored text are the same words.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "limier/base/result.h"

namespace limier::store {

// As FTS5 is told: Unicode letters and digits make words, in small letters and without accents.
inline constexpr std::string_view kTokenizer = "unicode61 remove_diacritics 2";

struct TextWord {
  std::string_view folded;         // until the next split()
  std::size_t begin = 0, end = 0;  // bytes of the text
};

class TextWords {
 public:
  static Result<TextWords> make();
  TextWords(TextWords&&) noexcept;
  TextWords& operator=(TextWords&&) noexcept;
  ~TextWords();
  // In the order of the text; valid until the next call.
  Result<const std::vector<TextWord>*> split(std::string_view text);

 private:
  struct Impl;
  explicit TextWords(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace limier::store
