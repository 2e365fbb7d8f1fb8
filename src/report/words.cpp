#include "report/words.h"

#include <algorithm>
#include <array>
#include <optional>

#include "report/numbers.h"

namespace limier::report {
namespace {

constexpr std::array<std::string_view, 4> kLanguages{"en", "nl", "fr", "de"};
constexpr std::string_view kIndexPart = "index";  // parts of this name hold patterns
constexpr int kMaxDepth = 3;                      // of sentences in sentences

// What begins with words of its own is tried before what begins with a value, which may be anything.
constexpr auto kOwnWords = [](const auto& pattern) { return pattern.pieces.front().size(); };

// The text of a line "nl Wiens toestel"; nothing for a line in another language.
std::optional<std::string_view> line_in(std::string_view line, std::string_view language) {
  if (!line.starts_with(language) || line.substr(language.size(), 1) != " ") return std::nullopt;
  return line.substr(language.size() + 1);
}

// Where the next "; " stands that is not between quotation marks.
std::size_t next_break(std::string_view text, std::size_t from) {
  bool quoted = false;
  for (std::size_t at = from; at + 1 < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (!quoted && text[at] == ';' && text[at + 1] == ' ') return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::span<const std::string_view> languages() {
  return kLanguages;
}

Status check_language(std::string_view language) {
  if (std::ranges::find(kLanguages, language) != kLanguages.end()) return ok_status();
  std::string known;
  for (const std::string_view one : kLanguages) known += fmt::format("{}{}", known.empty() ? "" : ", ", one);
  return Error{ErrorKind::kUsage,
               fmt::format("there are no reports in the language '{}'; there are {}", language, known)};
}

Result<Words> Words::in(std::string_view language) {
  LIMIER_CHECK(check_language(language));
  return of(language, embedded_words());
}

Words Words::of(std::string_view language, std::span<const EmbeddedFile> parts) {
  Words words;
  words.language_ = language;
  if (language == kLanguages.front()) return words;
  for (const EmbeddedFile& part : parts) {
    std::string_view english;
    for (std::string_view rest = part.bytes; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (const auto key = line_in(line, kLanguages.front())) english = *key;
      const auto text = line_in(line, language);
      if (!text) continue;
      words.texts_.emplace(english, *text);
      if (!part.path.starts_with(kIndexPart) || english.find('{') == std::string_view::npos) continue;
      words.patterns_.push_back(Pattern::of(english, *text));
    }
  }
  std::ranges::stable_sort(words.patterns_, std::ranges::greater(), kOwnWords);
  return words;
}

void Words::add(const std::string& english, const std::string& text) {
  if (english.find('{') == std::string::npos) {
    added_.insert_or_assign(english, text);
    return;
  }
  Pattern pattern = Pattern::of(english, text);
  const auto place =
      std::ranges::upper_bound(patterns_, pattern.pieces.front().size(), std::ranges::greater(), kOwnWords);
  patterns_.insert(place, std::move(pattern));
}

Words::Pattern Words::Pattern::of(std::string_view english, std::string_view text) {
  Pattern pattern{{}, {}, std::string(text)};
  std::size_t from = 0;
  for (std::size_t at = english.find('{'); at != std::string_view::npos; at = english.find('{', from)) {
    const std::size_t end = std::min(english.find('}', at), english.size() - 1);
    pattern.pieces.emplace_back(english.substr(from, at - from));
    pattern.is_words.push_back(end - at > 1);
    from = end + 1;
  }
  pattern.pieces.emplace_back(english.substr(from));
  return pattern;
}

Status Words::add_translations(store::Index& index) {
  if (language_ == kLanguages.front()) return ok_status();
  auto rows = index.query("SELECT english, text FROM v_translation WHERE language = ?1");
  if (!rows) return ok_status();  // an index of before there were any
  rows->bind(1, language_);
  while (rows->step()) add(rows->text(0), rows->text(1));
  return rows->status();
}

const std::string_view* Words::find(std::string_view english) const {
  const auto found = texts_.find(english);
  return found == texts_.end() ? nullptr : &found->second;
}

std::string_view Words::whole(std::string_view english) const {
  const std::string_view* const found = find(english);
  return found == nullptr ? english : *found;
}

std::string_view Words::operator()(Key key) const {
  const std::string_view* const found = find(key.text);
  return found == nullptr ? key.english() : *found;
}

// A test holds the values of every translation to those of its key; a sentence whose places do not fit is shown in
// English all the same, rather than thrown across the room.
std::string Words::filled(std::string_view form, std::string_view english, fmt::format_args values) {
  try {
    return fmt::vformat(form, values);
  } catch (const fmt::format_error&) {
    return fmt::vformat(english, values);
  }
}

Key Words::number(std::int64_t count, Key one, Key many) const {
  return count == 1 || (count == 0 && language_ == "fr") ? one : many;
}

std::string Words::count(std::int64_t count, Key one, Key many) const {
  return fmt::format("{} {}", grouped(count), (*this)(number(count, one, many)));
}

std::string Words::by_pattern(std::string_view english, int depth) const {
  for (const Pattern& pattern : patterns_) {
    const auto& pieces = pattern.pieces;
    if (!english.starts_with(pieces.front()) || !english.ends_with(pieces.back())) continue;
    std::vector<std::string> values;
    std::size_t at = pieces.front().size();
    for (std::size_t i = 1; i < pieces.size() && at != std::string_view::npos; ++i) {
      const bool last = i + 1 == pieces.size();
      const std::size_t end = last ? english.size() - pieces[i].size() : english.find(pieces[i], at);
      if (end == std::string_view::npos || end < at || (end == at && pieces[i].empty() && !last)) {
        at = std::string_view::npos;
        break;
      }
      const std::string_view value = english.substr(at, end - at);
      values.push_back(pattern.is_words[i - 1] ? stored_within(value, depth + 1) : std::string(value));
      at = end + pieces[i].size();
    }
    if (at == std::string_view::npos) continue;
    std::string text;
    std::size_t next = 0;
    const std::string_view form = pattern.text;
    for (std::size_t from = 0; from < form.size();) {
      const std::size_t open = form.find('{', from);
      text += form.substr(from, open - from);
      if (open == std::string_view::npos) break;
      const std::size_t close = form.find('}', open);
      const std::string_view place = form.substr(open + 1, close - open - 1);
      const bool numbered = !place.empty() && place.front() >= '0' && place.front() <= '9';
      const std::size_t which = numbered ? static_cast<std::size_t>(place.front() - '0') : next++;
      if (which < values.size()) text += values[which];
      from = close + 1;
    }
    return text;
  }
  return {};
}

// `killing ("dood")`: the words in quotation marks are those of a message.
std::string Words::reasons(std::string_view english) const {
  const std::size_t open = english.find(" (\"");
  if (open == std::string_view::npos || !english.ends_with("\")")) return {};
  const std::string_view title = english.substr(0, open);
  if (const auto own = added_.find(title); own != added_.end()) return own->second + std::string(english.substr(open));
  return {};
}

std::string Words::sentence(std::string_view english, int depth) const {
  if (const std::string_view* const found = find(english)) return std::string(*found);
  if (const auto own = added_.find(english); own != added_.end()) return own->second;
  if (depth > kMaxDepth) return std::string(english);
  if (std::string text = by_pattern(english, depth); !text.empty()) return text;
  if (std::string text = reasons(english); !text.empty()) return text;
  return std::string(english);
}

// A list of sentences is taken apart before patterns are tried: a value is then never longer than its sentence.
std::string Words::stored_within(std::string_view english, int depth) const {
  if (const std::string_view* const found = find(english)) return std::string(*found);
  if (const auto own = added_.find(english); own != added_.end()) return own->second;
  std::string text;
  for (std::size_t from = 0;;) {
    const std::size_t end = next_break(english, from);
    text += sentence(english.substr(from, end - from), depth);
    if (end == std::string_view::npos) return text;
    text += "; ";
    from = end + 2;
  }
}

std::string Words::stored(std::string_view english) const {
  return language_ == kLanguages.front() ? std::string(english) : stored_within(english, 0);
}

}  // namespace limier::report
