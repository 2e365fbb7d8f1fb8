#include "entities/phrase.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "entities/checks.h"
#include "entities/net.h"
#include "entities/phrase_words.h"
#include "limier/base.h"

namespace limier::entities {
namespace {

constexpr std::size_t kShortestWord = 3, kLongestWord = 8, kMostWords = 24, kFewestWords = 12;
constexpr std::size_t kLongestGap = 8;  // between two words
constexpr std::size_t kBeginning = 4;   // letters that no two words have in common

constexpr char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_gap(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ';';
}

// The words by their first four letters, which fit into the processor's first cache: most words of a text are none.
struct List {
  struct Slot {
    std::uint32_t beginning = 0;
    std::uint16_t number = 0;
  };
  static constexpr std::size_t kSlots = 4096;

  std::array<Slot, kSlots> slots{};
  std::array<std::string_view, 2048> words{};

  constexpr List() {
    std::size_t at = 0;
    for (std::uint16_t number = 0; number < words.size(); ++number) {
      std::size_t end = at;
      while (end < kPhraseWords.size() && kPhraseWords[end] != ' ') ++end;
      words[number] = kPhraseWords.substr(at, end - at);
      const std::uint32_t beginning = beginning_of(words[number]);
      std::size_t slot = first_slot(beginning);
      while (slots[slot].beginning != 0) slot = (slot + 1) % kSlots;
      slots[slot] = {beginning, number};
      at = end + 1;
    }
  }
  static constexpr std::uint32_t beginning_of(std::string_view word) {
    std::uint32_t beginning = 0;
    for (std::size_t i = 0; i < std::min(kBeginning, word.size()); ++i)
      beginning = beginning << 8u | static_cast<unsigned char>(small(word[i]));
    return beginning;
  }
  static constexpr std::size_t first_slot(std::uint32_t beginning) { return beginning * 2654435761u >> 20u; }
  // Of a word in small or capital letters, the number of the only one that begins so; -1: none does.
  [[nodiscard]] constexpr int candidate(std::string_view word) const {
    const std::uint32_t beginning = beginning_of(word);
    for (std::size_t slot = first_slot(beginning); slots[slot].beginning != 0; slot = (slot + 1) % kSlots)
      if (slots[slot].beginning == beginning) return slots[slot].number;
    return -1;
  }
  [[nodiscard]] std::string_view word(int number) const { return words[static_cast<std::size_t>(number)]; }
  [[nodiscard]] int number(std::string_view word_read) const {
    const int number = candidate(word_read);
    return number >= 0 && std::ranges::equal(word(number), word_read, {}, {}, small) ? number : -1;
  }
};
constexpr List kList;

struct Word {
  std::size_t begin = 0, end = 0;
  int number = 0;
};

// The word of the list that `at` is a letter of.
std::optional<Word> word_around(std::string_view text, std::size_t at) {
  std::size_t begin = at, end = at;
  while (begin > 0 && at - begin < kLongestWord && is_letter(text[begin - 1])) --begin;
  while (end < text.size() && end - begin <= kLongestWord && is_letter(text[end])) ++end;
  if (end - begin < kShortestWord || end - begin > kLongestWord) return std::nullopt;
  const auto joins = [](char c) { return is_alnum(c) || c == '_' || c == '-' || c == '\''; };
  if ((begin > 0 && joins(text[begin - 1])) || (end < text.size() && joins(text[end])) || behind_letter(text, begin))
    return std::nullopt;
  if (end < text.size() && static_cast<unsigned char>(text[end]) >= 0xC3 &&
      static_cast<unsigned char>(text[end]) < 0xE0)
    return std::nullopt;  // a letter outside of ASCII
  const int number = kList.number(text.substr(begin, end - begin));
  return number < 0 ? std::nullopt : std::optional(Word{begin, end, number});
}

// A number in front of a word, "12. " or "3) ": where it begins, or `at` when there is none.
std::size_t skip_number_back(std::string_view text, std::size_t at) {
  if (at == 0 || (text[at - 1] != '.' && text[at - 1] != ')' && text[at - 1] != ':')) return at;
  std::size_t begin = at - 1;
  while (begin > 0 && at - begin < 4 && is_digit(text[begin - 1])) --begin;
  const bool alone = begin == 0 || is_gap(text[begin - 1]);
  return begin < at - 1 && alone ? begin : at;
}

std::optional<Word> word_before(std::string_view text, const Word& word) {
  const auto gaps_end = [&](std::size_t at) {
    while (at > 0 && word.begin - at < kLongestGap && is_gap(text[at - 1])) --at;
    return at;
  };
  std::size_t at = gaps_end(word.begin);
  if (const std::size_t number = skip_number_back(text, at); number < at) at = gaps_end(number);
  if (at == word.begin || at == 0 || !is_letter(text[at - 1])) return std::nullopt;
  const auto before = word_around(text, at - 1);
  return before && before->end == at ? before : std::nullopt;
}

std::optional<Word> word_behind(std::string_view text, const Word& word) {
  std::size_t at = word.end;
  while (at < text.size() && at - word.end < kLongestGap + 4 && !is_letter(text[at])) ++at;
  if (at == text.size() || !is_letter(text[at])) return std::nullopt;
  const auto next = word_around(text, at);
  if (!next) return std::nullopt;
  const auto back = word_before(text, *next);  // what lies between is judged once
  return back && back->begin == word.begin ? next : std::nullopt;
}

// The first bits of the digest over the others are the last ones.
bool sum_is_right(const std::vector<Word>& words) {
  std::vector<std::uint8_t> bytes((words.size() * 11 + 7) / 8);
  std::size_t bit = 0;
  for (const Word& word : words)
    for (int i = 10; i >= 0; --i, ++bit)
      if ((word.number >> i & 1) != 0) bytes[bit / 8] |= static_cast<std::uint8_t>(0x80u >> bit % 8);
  const std::size_t sum_bits = words.size() / 3, data_bytes = (bit - sum_bits) / 8;
  const auto digest = *digest_of(Bytes(bytes).first(data_bytes), {.sha256 = true}).sha256;
  const auto mask = static_cast<std::uint8_t>(0xFFu << (8 - sum_bits));
  return (bytes[data_bytes] & mask) == (digest[0] & mask);
}

bool is_phrase(const std::vector<Word>& words) {
  if (words.size() < kFewestWords || words.size() > kMostWords || words.size() % 3 != 0) return false;
  std::set<int> different;
  for (const Word& word : words) different.insert(word.number);
  // Phrases of examples say one word over and over.
  return different.size() * 4 >= words.size() * 3 && sum_is_right(words);
}

}  // namespace

bool may_be_of_phrase(std::string_view word) {
  return word.size() >= kShortestWord && word.size() <= kLongestWord && kList.candidate(word) >= 0;
}

std::optional<Found> phrase_at(std::string_view text, std::size_t place) {
  std::size_t at = place;
  while (at < text.size() && at - place < kLongestGap + 4 && !is_letter(text[at])) ++at;
  if (at == text.size() || !is_letter(text[at])) return std::nullopt;
  const auto here = word_around(text, at);
  if (!here) return std::nullopt;
  Word first = *here;
  std::size_t count = 1;
  for (; count <= kMostWords; ++count) {
    const auto before = word_before(text, first);
    if (!before) break;
    first = *before;
  }
  if (count > kMostWords) return std::nullopt;
  std::vector<Word> words{first};
  while (words.size() <= kMostWords) {
    const auto next = word_behind(text, words.back());
    if (!next) break;
    words.push_back(*next);
  }
  // A title of words of the list may stand in the line above: then the lines are looked at one by one.
  if (!is_phrase(words)) {
    const auto breaks = [&](const Word& one, const Word& other) {
      return text.substr(one.end, other.begin - one.end).find('\n') != std::string_view::npos;
    };
    std::vector<Word> line;
    for (const Word& word : words) {
      if (!line.empty() && breaks(line.back(), word)) {
        if (line.back().end > here->begin) break;
        line.clear();
      }
      line.push_back(word);
    }
    words.swap(line);
    if (!is_phrase(words)) return std::nullopt;
  }
  std::string normalized;
  for (const Word& word : words) {
    if (!normalized.empty()) normalized += ' ';
    normalized += kList.word(word.number);
  }
  return Found{Kind::kPhrase, Proof::kChecksum, words.front().begin, words.back().end, std::move(normalized)};
}

}  // namespace limier::entities
