#include "rules/lexicon.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

namespace limier::rules {
namespace {

constexpr char kStem = '\x01';  // in the tree: whatever follows in the word
constexpr char kSpace = ' ';
constexpr char kGap = '\x02';  // in front of a word: others may stand before it
constexpr std::string_view kGapSign = "..";
constexpr std::uint32_t kMaxGap = 4;    // words
constexpr std::size_t kMaxStates = 32;  // ways a term of several words may go on
// A language that has less than this part of the best one's common words is not that of the text.
constexpr float kNearBest = 0.6F;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// The weight behind two blanks or a tab; 1 when there is none.
std::optional<double> split_weight(std::string_view& line) {
  const auto gap = std::max(line.rfind("  ") == std::string_view::npos ? 0 : line.rfind("  "),
                            line.rfind('\t') == std::string_view::npos ? 0 : line.rfind('\t'));
  if (gap == 0) return 1;
  const std::string_view number = trimmed(line.substr(gap));
  double weight = 0;
  const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), weight);
  if (code != std::errc() || end != number.data() + number.size() || !(weight > 0) || weight > 10) return std::nullopt;
  line = trimmed(line.substr(0, gap));
  return weight;
}

// What makes a term mean something else than its writer thinks; "" where nothing does.
std::string_view oddity_of(std::string_view term) {
  std::string_view before;
  while (!term.empty()) {
    const auto blank = term.find(' ');
    const std::string_view word = term.substr(0, blank);
    term = blank == std::string_view::npos ? std::string_view() : trimmed(term.substr(blank));
    if (word.find('*') < word.size() - 1) return "'*' stands at the end of a word alone";
    const bool number = word.find_first_not_of("0123456789.") == std::string_view::npos && word != kGapSign;
    if (term.empty() && number && before.ends_with('*')) return "a weight stands behind two blanks or a tab";
    before = word;
  }
  return {};
}

// A term as the tree has it: folded words, one blank between them, kStem behind a stem. "" when nothing is left of it.
std::string key_of(std::string_view term) {
  std::string key;
  Folded folded;
  bool gap = false;
  while (!term.empty()) {
    const auto blank = term.find(' ');
    std::string_view word = term.substr(0, blank);
    term = blank == std::string_view::npos ? std::string_view() : trimmed(term.substr(blank));
    if (word == kGapSign && !key.empty() && !term.empty()) {
      gap = true;
      continue;
    }
    const bool stem = word.ends_with('*');
    if (stem) word.remove_suffix(1);
    std::string letters;
    if (word.find('#') != std::string_view::npos) {
      letters = word;
    } else {
      fold(word, folded);
      for (const Word& one : folded.words) letters += (letters.empty() ? "" : " ") + std::string(folded.text(one));
    }
    if (letters.empty()) return {};
    if (!key.empty()) key += kSpace;
    if (std::exchange(gap, false)) key += kGap;
    key += letters;
    if (stem) key += kStem;
  }
  return key;
}

}  // namespace

struct Lexicon::Work {
  Folded folded;
  std::vector<std::string> spellings;
  std::vector<State> states, next_states;
  std::vector<Match> matches;
};

Lexicon::Work& Lexicon::work_of_thread() {
  static thread_local Work work;
  return work;
}

Lexicon::Lexicon(std::vector<ClassInfo> classes) : classes_(std::move(classes)), terms_(1), building_(1), nodes_(1) {
  classes_.push_back({std::string(kLanguageClass), "", true});
  language_class_ = static_cast<std::uint8_t>(classes_.size() - 1);
  languages_.emplace_back(kAnyLanguage);
  language_has_words_.push_back(true);
}

Status Lexicon::add(const PackFile& file, std::string_view class_id, std::string_view language) {
  const auto wrong = [&](std::size_t line, std::string_view what) {
    return Error{ErrorKind::kUsage, fmt::format("{}, line {}: {}", file.path, line, what)};
  };
  const auto found =
      std::find_if(classes_.begin(), classes_.end(), [&](const ClassInfo& one) { return one.id == class_id; });
  if (found == classes_.end()) return wrong(1, fmt::format("pack.toml has no [[class]] '{}'", class_id));
  const auto class_index = static_cast<std::uint8_t>(found - classes_.begin());
  auto place = std::find(languages_.begin(), languages_.end(), language);
  if (place == languages_.end()) {
    if (languages_.size() == kMaxLanguages) return wrong(1, "there are too many languages");
    place = languages_.insert(place, std::string(language));
    language_has_words_.push_back(false);
  }
  const auto language_index = static_cast<std::uint8_t>(place - languages_.begin());
  if (class_index != language_class_) language_has_words_[language_index] = true;
  guesses_languages_ = guesses_languages_ || class_index == language_class_;
  if (file.bytes.find("# Origin: ") == std::string::npos)
    return wrong(1, "a line '# Origin: …' that says where its words come from is missing");
  std::string_view rest = file.bytes;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    std::string_view line = trimmed(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.empty() || line == "#" || line.starts_with("# ")) continue;
    const auto weight = split_weight(line);
    if (!weight) return wrong(number, "what stands behind the terms is no weight above 0 and up to 10");
    while (!line.empty()) {
      const auto comma = line.find(',');
      const std::string_view term = trimmed(line.substr(0, comma));
      line = comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1);
      if (entries_.size() == kMaxEntries) return wrong(number, "the pack has too many terms");
      if (const auto status = add_term(term, *weight, class_index, language_index); !status)
        return wrong(number, status.error().message);
      entries_.push_back({std::string(term), file.path, number});
    }
  }
  return ok_status();
}

Status Lexicon::add_term(std::string_view term, double weight, std::uint8_t class_index, std::uint8_t language) {
  if (const auto oddity = oddity_of(term); !oddity.empty())
    return Error{ErrorKind::kUsage, fmt::format("'{}': {}", term, oddity)};
  const std::string key = key_of(term);
  if (key.empty()) return Error{ErrorKind::kUsage, fmt::format("'{}' holds no word", term)};
  std::uint32_t node = 0;
  for (const char letter : key) {
    auto& children = building_[node];
    const auto found =
        std::find_if(children.begin(), children.end(), [&](const auto& one) { return one.first == letter; });
    if (found != children.end()) {
      node = found->second;
      continue;
    }
    const auto fresh = static_cast<std::uint32_t>(building_.size());
    children.emplace_back(letter, fresh);
    building_.emplace_back();
    nodes_.emplace_back();
    node = fresh;
  }
  for (std::uint32_t at = nodes_[node].term; at != 0; at = terms_[at].next)
    if (terms_[at].class_index == class_index && terms_[at].language == language)
      return Error{ErrorKind::kUsage, fmt::format("'{}' stands twice in the class", term)};
  terms_.push_back({nodes_[node].term, class_index, language, static_cast<float>(weight)});
  nodes_[node].term = static_cast<std::uint32_t>(terms_.size() - 1);
  return ok_status();
}

void Lexicon::finish() {
  for (std::size_t node = 0; node < building_.size(); ++node) {
    auto& children = building_[node];
    std::sort(children.begin(), children.end());
    nodes_[node].first_child = static_cast<std::uint32_t>(letters_.size());
    nodes_[node].child_count = static_cast<std::uint32_t>(children.size());
    for (const auto& [letter, target] : children) {
      letters_.push_back(letter);
      children_.push_back(target);
    }
  }
  building_.clear();
  building_.shrink_to_fit();
}

bool Lexicon::has_words(std::string_view language) const {
  const auto found = std::find(languages_.begin(), languages_.end(), language);
  return found != languages_.end() && language_has_words_[static_cast<std::size_t>(found - languages_.begin())];
}

// 0: none (the root is nobody's child).
std::uint32_t Lexicon::child(std::uint32_t node, char letter) const {
  const Node& here = nodes_[node];
  const char* const first = letters_.data() + here.first_child;
  const char* const last = first + here.child_count;
  const char* const found = std::lower_bound(first, last, letter);
  if (found == last || *found != letter) return 0;
  return children_[static_cast<std::size_t>(found - letters_.data())];
}

void Lexicon::note(Work& work, std::uint32_t node, std::size_t first, std::size_t last) const {
  for (std::uint32_t term = nodes_[node].term; term != 0; term = terms_[term].next)
    work.matches.push_back({term, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)});
  const std::uint32_t next = child(node, kSpace);
  if (next == 0) return;
  if (work.next_states.size() < kMaxStates) work.next_states.push_back({next, 0});
  if (const std::uint32_t gap = child(next, kGap); gap != 0 && work.next_states.size() < kMaxStates)
    work.next_states.push_back({gap, kMaxGap});
}

// One word from one place in the tree.
void Lexicon::walk(Work& work, std::uint32_t from, std::string_view word, std::size_t first, std::size_t last) const {
  std::uint32_t node = from;
  for (const char letter : word) {
    node = child(node, letter);
    if (node == 0) return;
    if (const std::uint32_t stem = child(node, kStem); stem != 0) note(work, stem, first, last);
  }
  note(work, node, first, last);
}

void Lexicon::find_from(Work& work, std::size_t first) const {
  work.states.assign(1, {});
  for (std::size_t at = first; at < work.folded.words.size() && !work.states.empty(); ++at) {
    const Word& word = work.folded.words[at];
    work.spellings.clear();
    spellings(work.folded, word, work.spellings);
    work.next_states.clear();
    for (const State& state : work.states) {
      walk(work, state.node, work.folded.text(word), first, at);
      for (const std::string& other : work.spellings) walk(work, state.node, other, first, at);
      if (state.skips > 0 && work.next_states.size() < kMaxStates)
        work.next_states.push_back({state.node, state.skips - 1});
    }
    work.states.swap(work.next_states);
  }
}

void Lexicon::find(Work& work) const {
  work.matches.clear();
  for (std::size_t first = 0; first < work.folded.words.size(); ++first) find_from(work, first);
}

std::array<float, kMaxLanguages> Lexicon::language_scores(const Work& work) const {
  std::array<float, kMaxLanguages> scores{};
  for (const Match& match : work.matches)
    if (const Term& term = terms_[match.term]; term.class_index == language_class_)
      scores[term.language] += term.weight;
  return scores;
}

std::string_view Lexicon::language(std::string_view text) const {
  Work& work = work_of_thread();
  fold(text, work.folded);
  find(work);
  const auto scores = language_scores(work);
  const auto best = std::max_element(scores.begin(), scores.end());
  return *best > 0 ? std::string_view(languages_[static_cast<std::size_t>(best - scores.begin())]) : "";
}

Lexicon::Criteria Lexicon::criteria(std::string_view text) const {
  Work& work = work_of_thread();
  fold(text, work.folded);
  find(work);
  const auto scores = language_scores(work);
  const float least = *std::max_element(scores.begin(), scores.end()) * kNearBest;
  // Of a class, one match for each first word (the heaviest), and each text of words once.
  auto& matches = work.matches;
  std::erase_if(matches, [&](const Match& match) {
    const Term& term = terms_[match.term];
    return term.class_index == language_class_ || (term.language != 0 && scores[term.language] < least);
  });
  std::sort(matches.begin(), matches.end(), [&](const Match& one, const Match& other) {
    const auto key = [&](const Match& m) {
      return std::tuple(terms_[m.term].class_index, m.first, -terms_[m.term].weight, m.term);
    };
    return key(one) < key(other);
  });
  Criteria criteria;
  criteria.classes.resize(classes_.size());
  std::size_t covered = 0;  // words of the class counted already
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const Term& term = terms_[matches[i].term];
    const bool same_class = i > 0 && terms_[matches[i - 1].term].class_index == term.class_index;
    if (!same_class) covered = 0;
    if (same_class && matches[i].first == matches[i - 1].first) continue;
    if (matches[i].last + 1 <= covered) continue;
    std::string words;
    for (std::size_t at = matches[i].first; at <= matches[i].last; ++at)
      words += (words.empty() ? "" : " ") + std::string(work.folded.text(work.folded.words[at]));
    Class& one = criteria.classes[term.class_index];
    covered = matches[i].last + 1;
    if (std::find(one.words.begin(), one.words.end(), words) != one.words.end()) continue;
    one.weight += term.weight;
    if (one.words.size() < kMaxWordsOfClass) one.words.push_back(std::move(words));
    if (!classes_[term.class_index].supporting) criteria.any = true;
  }
  return criteria;
}

std::string criteria_text(const Lexicon& lexicon, const Lexicon::Criteria& criteria) {
  if (!criteria.any) return {};
  std::string text;
  for (std::size_t i = 0; i < criteria.classes.size(); ++i) {
    const auto& one = criteria.classes[i];
    if (one.weight <= 0) continue;
    text += fmt::format("{}{}={:g}:{}", text.empty() ? "" : ";", lexicon.classes()[i].id, one.weight,
                        fmt::join(one.words, "|"));
  }
  return text;
}

ClassText class_in(std::string_view criteria, std::string_view class_id) {
  while (!criteria.empty()) {
    const auto end = criteria.find(';');
    const std::string_view part = criteria.substr(0, end);
    criteria = end == std::string_view::npos ? std::string_view() : criteria.substr(end + 1);
    if (!part.starts_with(class_id) || part.size() <= class_id.size() || part[class_id.size()] != '=') continue;
    const auto colon = part.find(':');
    if (colon == std::string_view::npos) return {};
    ClassText found;
    const std::string_view number = part.substr(class_id.size() + 1, colon - class_id.size() - 1);
    std::from_chars(number.data(), number.data() + number.size(), found.weight);
    found.words = part.substr(colon + 1);
    return found;
  }
  return {};
}

}  // namespace limier::rules
