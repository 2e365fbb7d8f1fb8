#include "store/search_term.h"

#include <fmt/format.h>
#include <locale.h>
#include <regex.h>

#include <algorithm>
#include <array>

namespace limier::store {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";
constexpr std::size_t kMaxLine = 1u << 20;  // of a longer one each so many bytes are taken for a line
constexpr std::size_t kMaxPattern = 4096;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && kBlanks.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  while (!text.empty() && kBlanks.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

bool fits(std::string_view word, std::string_view text, SearchTerm::Fit fit) {
  switch (fit) {
    case SearchTerm::Fit::kWhole:
      return text == word;
    case SearchTerm::Fit::kBegins:
      return text.starts_with(word);
    case SearchTerm::Fit::kEnds:
      return text.ends_with(word);
    case SearchTerm::Fit::kWithin:
      return text.find(word) != std::string_view::npos;
  }
  return false;
}

}  // namespace

Result<SearchTerm> SearchTerm::make(std::string_view given, bool whole_words, TextWords& words) {
  SearchTerm term;
  std::string_view text = trimmed(given);
  term.open_begin_ = term.open_end_ = !whole_words;
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    text = trimmed(text.substr(1, text.size() - 2));
    term.open_begin_ = term.open_end_ = false;
  } else if (text.size() > 1 && (text.front() == '*' || text.back() == '*')) {
    term.open_begin_ = text.front() == '*';
    term.open_end_ = text.back() == '*';
    if (term.open_begin_) text.remove_prefix(1);
    if (term.open_end_ && !text.empty()) text.remove_suffix(1);
    text = trimmed(text);
  }
  if (text.empty()) return Error{ErrorKind::kUsage, "a term to search for is empty"};
  LIMIER_TRY(const auto* const parts, words.split(text));
  if (parts->empty()) {
    term.front_ = text;
    return term;
  }
  std::size_t end = 0;
  for (const TextWord& part : *parts) {
    const std::string_view signs = trimmed(text.substr(end, part.begin - end));
    // With blanks around them signs are still the signs; only blanks are anything.
    if (term.words_.empty())
      term.front_ = signs;
    else
      term.between_.emplace_back(signs.empty() ? std::string_view() : text.substr(end, part.begin - end));
    term.words_.emplace_back(part.folded);
    end = part.end;
  }
  term.behind_ = trimmed(text.substr(end));
  if (!term.front_.empty()) term.open_begin_ = false;
  if (!term.behind_.empty()) term.open_end_ = false;
  return term;
}

SearchTerm::Fit SearchTerm::fit(std::size_t at) const {
  const bool begins = at > 0 || !open_begin_, ends = at + 1 < words_.size() || !open_end_;
  if (begins) return ends ? Fit::kWhole : Fit::kBegins;
  return ends ? Fit::kEnds : Fit::kWithin;
}

bool SearchTerm::stands_at(std::string_view text, const std::vector<TextWord>& in, std::size_t at) const {
  for (std::size_t i = 0; i < words_.size(); ++i)
    if (!fits(words_[i], in[at + i].folded, fit(i))) return false;
  for (std::size_t i = 0; i < between_.size(); ++i) {
    const std::size_t begin = in[at + i].end;
    if (!between_[i].empty() && text.substr(begin, in[at + i + 1].begin - begin) != between_[i]) return false;
  }
  if (!front_.empty() && !text.substr(0, in[at].begin).ends_with(front_)) return false;
  return behind_.empty() || text.substr(in[at + words_.size() - 1].end).starts_with(behind_);
}

TextSpan SearchTerm::span_at(const std::vector<TextWord>& in, std::size_t at) const {
  const TextWord& first = in[at];
  const TextWord& last = in[at + words_.size() - 1];
  TextSpan span{first.begin - front_.size(), last.end + behind_.size()};
  // Where folding kept the length of a word, the part of it is known; else the whole word is shown.
  const auto same = [](const TextWord& word) { return word.folded.size() == word.end - word.begin; };
  if (open_begin_ && same(first)) {
    const std::size_t inside = words_.size() == 1
                                   ? (open_end_ ? first.folded.find(words_[0]) : first.folded.size() - words_[0].size())
                                   : first.folded.size() - words_[0].size();
    span.begin = first.begin + inside;
    if (words_.size() == 1 && open_end_) span.end = span.begin + words_[0].size();
  } else if (open_end_ && words_.size() == 1 && same(first)) {
    span.end = first.begin + words_[0].size();
  }
  if (open_end_ && words_.size() > 1 && same(last)) span.end = last.begin + words_.back().size();
  return span;
}

void SearchTerm::find(std::string_view text, const std::vector<TextWord>& in, std::vector<TextSpan>& out) const {
  if (words_.empty()) {
    for (std::size_t at = text.find(front_); at != std::string_view::npos; at = text.find(front_, at + front_.size()))
      out.push_back({at, at + front_.size()});
    return;
  }
  for (std::size_t at = 0; at + words_.size() <= in.size(); ++at)
    if (stands_at(text, in, at)) out.push_back(span_at(in, at));
}

// ---- regular expressions -------------------------------------------------------------------------------------------

namespace {

// UTF-8 whatever the locale of the machine; the C library brings this one with it.
locale_t utf8_locale() {
  static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return kLocale;
}

class InUtf8 {
 public:
  InUtf8() : before_(utf8_locale() != nullptr ? uselocale(utf8_locale()) : nullptr) {}
  ~InUtf8() {
    if (before_ != nullptr) uselocale(before_);
  }
  InUtf8(const InUtf8&) = delete;
  InUtf8& operator=(const InUtf8&) = delete;

 private:
  locale_t before_;
};

bool refers_back(std::string_view pattern) {
  for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
    if (pattern[at] != '\\') continue;
    if (pattern[at + 1] >= '1' && pattern[at + 1] <= '9') return true;
    ++at;
  }
  return false;
}

}  // namespace

struct SearchPattern::Impl {
  regex_t compiled{};
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { regfree(&compiled); }
};

SearchPattern::SearchPattern(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SearchPattern::SearchPattern(SearchPattern&&) noexcept = default;
SearchPattern& SearchPattern::operator=(SearchPattern&&) noexcept = default;
SearchPattern::~SearchPattern() = default;

Result<SearchPattern> SearchPattern::make(std::string_view text, bool ignore_case) {
  const auto wrong = [&](std::string_view why) {
    return Error{ErrorKind::kUsage, fmt::format("the regular expression {} cannot be used: {}", text, why)};
  };
  if (text.empty()) return Error{ErrorKind::kUsage, "a regular expression is empty"};
  if (text.size() > kMaxPattern) return wrong("it is too long");
  // With these the time it takes has no bound.
  if (refers_back(text)) return wrong("it refers back to a group");
  const InUtf8 utf8;
  auto impl = std::make_unique<Impl>();
  const int code = regcomp(&impl->compiled, std::string(text).c_str(), REG_EXTENDED | (ignore_case ? REG_ICASE : 0));
  if (code != 0) {
    std::array<char, 256> why{};
    regerror(code, &impl->compiled, why.data(), why.size());
    return wrong(why.data());
  }
  return SearchPattern(std::move(impl));
}

void SearchPattern::find(std::string_view text, std::vector<TextSpan>& out) const {
  const InUtf8 utf8;
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min({text.find('\n', line), line + kMaxLine, text.size()});
    for (std::size_t at = line; at < end;) {
      regmatch_t match{static_cast<regoff_t>(at - line), static_cast<regoff_t>(end - line)};
      const int flags = REG_STARTEND | (at > line ? REG_NOTBOL : 0);
      if (regexec(&impl_->compiled, text.data() + line, 1, &match, flags) != 0) break;
      const TextSpan span{line + static_cast<std::size_t>(match.rm_so), line + static_cast<std::size_t>(match.rm_eo)};
      if (span.end > span.begin) out.push_back(span);
      at = std::max(span.end, at + 1);
    }
    line = end + (end < text.size() && text[end] == '\n' ? 1 : 0);
  }
}

}  // namespace limier::store
