// The words of a pack, all classes and languages in one tree: a text is folded once and gone through once.
//
// lexicon/<class>.<language>.txt: `term, term   weight` a line; `stem*`; `#` stands for digits; `steek .. neer` allows
// up to four words between the parts of a verb; a line that begins with
// '# ' is a comment. The class `language` holds the commonest words of a language: by them is guessed which languages
// a text may be in, and only words of those count. Language `any`: always.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limier/rules.h"
#include "rules/fold.h"

namespace limier::rules {

inline constexpr std::size_t kMaxClasses = 64;
inline constexpr std::size_t kMaxLanguages = 32;
inline constexpr std::size_t kMaxEntries = 200'000;
inline constexpr std::size_t kMaxWordsOfClass = 6;  // named in criteria
inline constexpr std::string_view kLanguageClass = "language";
inline constexpr std::string_view kAnyLanguage = "any";

struct ClassInfo {
  std::string id;
  std::string title;        // "" : not named in reasons
  bool supporting = false;  // says nothing by itself: criteria() is NULL when nothing else matched
};

// An entry as it stands in a file, for tests and messages.
struct Entry {
  std::string term, file;
  std::size_t line = 0;
};

class Lexicon {
 public:
  // Classes in the order of pack.toml, which is that of reasons.
  explicit Lexicon(std::vector<ClassInfo> classes);
  // One file; the first mistake in it ends it.
  Status add(const PackFile& file, std::string_view class_id, std::string_view language);
  void finish();

  struct Class {
    double weight = 0;
    std::vector<std::string> words;
  };
  struct Criteria {
    std::vector<Class> classes;  // as classes()
    bool any = false;            // of those that say something by themselves
  };
  [[nodiscard]] Criteria criteria(std::string_view text) const;
  // The best guess; "" when no common word of any language is in it.
  [[nodiscard]] std::string_view language(std::string_view text) const;
  [[nodiscard]] const std::vector<ClassInfo>& classes() const { return classes_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  // Languages that have more than common words.
  [[nodiscard]] bool has_words(std::string_view language) const;
  // There are words of the class `language`: else no language is ever guessed, and every text is compared with all
  // words.
  [[nodiscard]] bool guesses_languages() const { return guesses_languages_; }

 private:
  struct Term {
    std::uint32_t next = 0;  // another of the same letters; 0: none
    std::uint8_t class_index = 0, language = 0;
    float weight = 1;
  };
  struct Match {
    std::uint32_t term = 0, first = 0, last = 0;  // words
  };
  struct Node {
    std::uint32_t term = 0;         // first of its list
    std::uint32_t first_child = 0;  // in letters_ and children_
    std::uint32_t child_count = 0;
  };
  struct Work;  // memory that is kept from text to text

  Status add_term(std::string_view term, double weight, std::uint8_t class_index, std::uint8_t language);
  [[nodiscard]] std::uint32_t child(std::uint32_t node, char letter) const;
  // A place in the tree at which the next word goes on, and how many words may be passed over first.
  struct State {
    std::uint32_t node = 0;
    std::uint32_t skips = 0;
  };
  void find(Work& work) const;
  void find_from(Work& work, std::size_t first) const;
  void walk(Work& work, std::uint32_t from, std::string_view word, std::size_t first, std::size_t last) const;
  void note(Work& work, std::uint32_t node, std::size_t first, std::size_t last) const;
  [[nodiscard]] std::array<float, kMaxLanguages> language_scores(const Work& work) const;
  static Work& work_of_thread();

  std::vector<ClassInfo> classes_;
  std::vector<std::string> languages_;
  std::vector<bool> language_has_words_;
  bool guesses_languages_ = false;
  std::vector<Entry> entries_;
  std::vector<Term> terms_;
  std::vector<std::vector<std::pair<char, std::uint32_t>>> building_;
  std::vector<Node> nodes_;
  std::vector<char> letters_;
  std::vector<std::uint32_t> children_;
  std::uint8_t language_class_ = 0;
};

// criteria() as text: "kill=3:vermoord|dood;weapon=2:mes", classes in the order of the pack.
std::string criteria_text(const Lexicon& lexicon, const Lexicon::Criteria& criteria);

// The part of such a text about one class.
struct ClassText {
  double weight = 0;
  std::string_view words;  // separated by |
};
ClassText class_in(std::string_view criteria, std::string_view class_id);

}  // namespace limier::rules
