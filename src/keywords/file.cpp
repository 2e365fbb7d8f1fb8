// The file that says what is looked for (docs/keywords.md).
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "keywords/letters.h"
#include "limier/base/digest.h"
#include "limier/base/untrusted.h"
#include "limier/keywords.h"

namespace limier::keywords {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kMaxKind = 32;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_kind(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKind && text.front() >= 'a' && text.front() <= 'z' &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

class Lines {
 public:
  Lines(const std::string& path, std::span<const std::string_view> reserved, Set& set, std::uint32_t file)
      : path_(path), reserved_(reserved), set_(set), file_(file) {
    for (const Keyword& one : set_.keywords) {
      seen_.insert(name_of(one));
      expressions_ += one.expression;
    }
  }

  Status read(std::string_view bytes) {
    constexpr std::string_view kMark = "\xef\xbb\xbf";
    if (bytes.starts_with(kMark)) bytes.remove_prefix(kMark.size());
    if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) return wrong("it is UTF-16; save it as UTF-8");
    while (!bytes.empty()) {
      ++line_;
      const std::size_t end = std::min(bytes.find('\n'), bytes.size());
      LIMIER_CHECK(line(bytes.substr(0, end)));
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    return ok_status();
  }

 private:
  [[nodiscard]] Error wrong(std::string_view what) const {
    return {ErrorKind::kUsage, fmt::format("{}, line {}: {}", path_, line_, what)};
  }
  static std::string name_of(const Keyword& keyword) {
    return fmt::format("{}\n{}\n{}\n{}", keyword.kind, keyword.expression, options_of(keyword), keyword.pattern);
  }

  Status line(std::string_view text) {
    if (!is_valid_utf8(text)) return wrong("it is not UTF-8; save the file as UTF-8");
    text = trimmed(text);
    if (text.empty() || text.front() == '#') return ok_status();
    if (text.front() == '[') {
      if (text.back() != ']')
        return wrong("a [ begins options for the lines behind it and needs its ]; put a word that begins so in quotes");
      return options(text.substr(1, text.size() - 2), defaults_);
    }
    Keyword keyword = defaults_;
    keyword.line = line_;
    keyword.file = file_;
    if (text.front() == '"' || text.front() == '/') {
      std::size_t end = 0;
      LIMIER_CHECK(quoted(text, keyword, end));
      LIMIER_CHECK(options(text.substr(end), keyword));
    } else {
      keyword.pattern = text;
    }
    return put(std::move(keyword));
  }

  Status quoted(std::string_view text, Keyword& keyword, std::size_t& end) {
    const char quote = text.front();
    keyword.expression = quote == '/';
    for (std::size_t at = 1; at < text.size(); ++at) {
      const char c = text[at];
      if (c == quote) {
        end = at + 1;
        return end == text.size() || kBlanks.find(text[end]) != std::string_view::npos
                   ? ok_status()
                   : Status(wrong(fmt::format("a blank is missing behind the second {0}; a {0} within is written \\{0}",
                                              quote)));
      }
      if (c == '\\' && at + 1 < text.size()) {
        const char next = text[++at];
        // In an expression everything else behind a backslash is its own business.
        if (next != quote && keyword.expression) keyword.pattern += c;
        if (next != quote && next != '\\' && !keyword.expression)
          return wrong(fmt::format("in quotes there are \\\" and \\\\ alone, not \\{}", terminal_text({&next, 1})));
        keyword.pattern += next;
        continue;
      }
      keyword.pattern += c;
    }
    return wrong(fmt::format("the second {} is missing", quote));
  }

  Status options(std::string_view text, Keyword& keyword) {
    bool encodings = false;
    while (!(text = trimmed(text)).empty()) {
      const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
      const std::string_view word = text.substr(0, end);
      text.remove_prefix(end);
      if (word == "case" || word == "nocase") {
        keyword.any_case = word == "nocase";
      } else if (word == "word" || word == "noword") {
        keyword.whole_word = word == "word";
      } else if (word == "accents" || word == "noaccents") {
        keyword.any_accents = word == "noaccents";
      } else if (std::ranges::find(kEncodingWords, word) != kEncodingWords.end()) {
        if (!encodings) keyword.utf8 = keyword.utf16le = keyword.cp1252 = false;
        encodings = true;
        keyword.utf8 = keyword.utf8 || word == "utf-8";
        keyword.utf16le = keyword.utf16le || word == "utf-16le";
        keyword.cp1252 = keyword.cp1252 || word == "cp1252";
      } else if (word.starts_with("kind=")) {
        keyword.kind = word.substr(5);
        if (!is_kind(keyword.kind))
          return wrong(fmt::format("a kind is a word of small letters, digits and -, at most {} of them", kMaxKind));
        if (std::ranges::find(reserved_, keyword.kind) != reserved_.end())
          return wrong(
              fmt::format("`{}` is what limier calls its own, which it checks; take another kind", keyword.kind));
      } else if (word.starts_with("max=")) {
        std::uint32_t value = 0;
        const std::string_view digits = word.substr(4);
        for (const char c : digits)
          value = c >= '0' && c <= '9' && value <= kMostPlaces ? value * 10 + static_cast<std::uint32_t>(c - '0')
                                                               : kMostPlaces + 1;
        if (digits.empty() || value == 0 || value > kMostPlaces)
          return wrong(fmt::format("max= takes a number from 1 to {}", kMostPlaces));
        keyword.places = value;
      } else {
        return wrong(fmt::format(
            "`{}` is no option; there are case, nocase, word, noword, accents, noaccents, utf-8, utf-16le, cp1252, "
            "kind=NAME and max=NUMBER",
            terminal_text(word)));
      }
    }
    return ok_status();
  }

  Status put(Keyword keyword) {
    if (keyword.pattern.size() > kMaxPattern) return wrong(fmt::format("it is longer than {} bytes", kMaxPattern));
    if (!keyword.expression &&
        std::ranges::any_of(keyword.pattern, [](char c) { return c == 0x7f || (c >= 0 && c < ' ' && c != '\t'); }))
      return wrong("it holds a control character; write it as a regular expression, as /a\\x0Ab/");
    if (!seen_.insert(name_of(keyword)).second) return ok_status();
    if (keyword.expression && ++expressions_ > kMaxExpressions)
      return wrong(fmt::format("more than {} regular expressions", kMaxExpressions));
    if (set_.keywords.size() == kMaxKeywords) return wrong(fmt::format("more than {} keywords", kMaxKeywords));
    set_.keywords.push_back(std::move(keyword));
    return ok_status();
  }

  const std::string& path_;
  std::span<const std::string_view> reserved_;
  Set& set_;
  std::uint32_t file_, line_ = 0;
  std::size_t expressions_ = 0;
  Keyword defaults_;
  std::set<std::string> seen_;
};

}  // namespace

std::string options_of(const Keyword& keyword) {
  std::string text = keyword.any_case ? "nocase" : "case";
  if (keyword.any_accents) text += " noaccents";
  if (keyword.whole_word) text += " word";
  if (!keyword.utf8 || !keyword.utf16le || !keyword.cp1252)
    for (const auto& [wanted, encoding] : {std::pair(keyword.utf8, Encoding::kUtf8),
                                           {keyword.utf16le, Encoding::kUtf16le},
                                           {keyword.cp1252, Encoding::kCp1252}})
      if (wanted) text += fmt::format(" {}", encoding_word(encoding));
  if (keyword.places != kDefaultPlaces) text += fmt::format(" max={}", keyword.places);
  return text;
}

Result<File> parse(std::string_view bytes, const std::string& path, std::span<const std::string_view> reserved,
                   Set& set) {
  std::uint32_t number = 0;
  for (const Keyword& one : set.keywords) number = std::max(number, one.file + 1);
  const std::size_t before = set.keywords.size();
  LIMIER_CHECK(Lines(path, reserved, set, number).read(bytes));
  File file;
  file.name = std::filesystem::path(path).filename().string();
  Hasher hasher({false, false, true});
  hasher.update(as_bytes(bytes));
  file.sha256 = hex_digest(*hasher.finish().sha256);
  file.entries = static_cast<std::int64_t>(set.keywords.size() - before);
  if (file.entries == 0)
    return Error{ErrorKind::kUsage, fmt::format("{}: there is no keyword in it{}", path,
                                                before > 0 ? " that the files before it do not have" : "")};
  return file;
}

}  // namespace limier::keywords
