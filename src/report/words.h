// The words of the pages in the language of their reader. The English text in the code is the key of the catalogue in
// lang/, which is part of the program; docs/languages.md says how it is kept. Values are never changed after they were
// made, and may be shared by threads.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "limier/base.h"
#include "limier/base/embedded.h"
#include "limier/report.h"

namespace limier::report {

// What is said on a page, in English, marked so that the catalogue can be held against the code: "Whose device"_w. It
// may hold {} for values. What stands before a '|' is not shown: it tells apart what is one word in English alone.
struct Key {
  std::string_view text;
  [[nodiscard]] constexpr std::string_view english() const { return text.substr(text.find('|') + 1); }
  [[nodiscard]] constexpr bool empty() const { return text.empty(); }
};
inline namespace words_literals {
consteval Key operator""_w(const char* text, std::size_t size) {
  return {{text, size}};
}
}  // namespace words_literals

// The parts of lang/.
std::span<const EmbeddedFile> embedded_words();

class Words {
 public:
  Words() = default;  // English
  // One of languages(); another is kUsage with a sentence that names those there are.
  static Result<Words> in(std::string_view language);
  // From texts of the form of those in lang/; tests give their own.
  static Words of(std::string_view language, std::span<const EmbeddedFile> parts);

  [[nodiscard]] std::string_view language() const { return language_; }
  [[nodiscard]] std::string_view operator()(Key key) const;
  // With the values in the places of the {}: HTML, as the text around them is.
  template <class First, class... More>
  [[nodiscard]] std::string operator()(Key key, const First& first, const More&... more) const {
    return filled((*this)(key), key.english(), fmt::make_format_args(first, more...));
  }
  // "1 file", "2,345 files": the number, and the word that the language has for so many.
  [[nodiscard]] std::string count(std::int64_t count, Key one, Key many) const;
  // The one for one, where the sentences differ by more than the word.
  [[nodiscard]] Key number(std::int64_t count, Key one, Key many) const;
  // What the program itself wrote into an index, as plain text; in English where no catalogue has it. Never for bytes
  // of evidence.
  [[nodiscard]] std::string stored(std::string_view english) const;
  // As stored(), of texts that may hold bytes of evidence (what libmagic says of a content): as a whole, or not at all.
  [[nodiscard]] std::string_view whole(std::string_view english) const;

  // Translations that came with a pack of rules: see v_translation. With {} for values it is a pattern, as in lang/.
  void add(const std::string& english, const std::string& text);
  Status add_translations(store::Index& index);

 private:
  // "{} of {} sectors": what stands between the values; a value in {w} is itself such a text.
  struct Pattern {
    std::vector<std::string> pieces;
    std::vector<bool> is_words;
    std::string text;
    static Pattern of(std::string_view english, std::string_view text);
  };
  static std::string filled(std::string_view form, std::string_view english, fmt::format_args values);
  [[nodiscard]] const std::string_view* find(std::string_view english) const;
  [[nodiscard]] std::string by_pattern(std::string_view english, int depth) const;
  [[nodiscard]] std::string reasons(std::string_view english) const;
  [[nodiscard]] std::string sentence(std::string_view english, int depth) const;
  [[nodiscard]] std::string stored_within(std::string_view english, int depth) const;

  std::string language_ = "en";
  std::unordered_map<std::string_view, std::string_view> texts_;
  std::vector<Pattern> patterns_;
  std::map<std::string, std::string, std::less<>> added_;
};

}  // namespace limier::report
