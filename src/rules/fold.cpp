#include "rules/fold.h"

#include <algorithm>
#include <array>

#include "limier/base/latin.h"

namespace limier::rules {
namespace {

constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// a to z, digits; 0 for everything else.
constexpr std::array<char, 128> kAscii = [] {
  std::array<char, 128> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = c;
    table[static_cast<std::size_t>(c - 'a' + 'A')] = c;
  }
  return table;
}();

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;  // bytes
  bool valid = false;
};

CodePoint decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (size == 1 || lead > 0xF4 || size > text.size() - at) return {};
  char32_t value = lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(at + i) & 0x3Fu);
  }
  return {value, size, true};
}

// Not seen: combining marks, soft hyphen, joiners, direction marks, variation selectors, skin tones.
constexpr bool is_unseen(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF ||
         (c >= 0x1F3FB && c <= 0x1F3FF) || (c >= 0xE0000 && c <= 0xE01EF);
}
constexpr bool is_picture(char32_t c) {
  return (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x1F000 && c <= 0x1FAFF);
}
constexpr bool is_punctuation(char32_t c) {
  return c < 0xC0 || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) || (c >= 0x3000 && c <= 0x3003) ||
         (c >= 0xFF00 && c <= 0xFF0F) || c == 0x60C || c == 0x61B || c == 0x61F;
}

class Folder {
 public:
  Folder(std::string_view text, Folded& out) : text_(text.substr(0, kMaxTextBytes)), out_(out) {}

  void run() {
    std::size_t at = 0;
    while (at < text_.size() && out_.words.size() < kMaxWords) {
      const auto byte = static_cast<unsigned char>(text_[at]);
      if (byte >= 0x80) {
        at += other(at);
        continue;
      }
      if (const char c = kAscii[byte]; c != 0)
        put(c);
      else
        sign(at);
      ++at;
    }
    close();
  }

 private:
  [[nodiscard]] char next_folded(std::size_t at) const {
    if (at + 1 >= text_.size()) return 0;
    const auto byte = static_cast<unsigned char>(text_[at + 1]);
    return byte < 0x80 ? kAscii[byte] : 'a';  // taken for a letter
  }
  [[nodiscard]] char last() const { return open_ ? out_.letters.back() : '\0'; }

  void put(char c) {
    if (!open_) {
      word_ = {static_cast<std::uint32_t>(out_.letters.size()), 0};
      open_ = true;
      run_ = 0;
    }
    run_ = last_put_ == c && out_.letters.size() > word_.at ? run_ + 1 : 1;
    last_put_ = c;
    out_.letters += c;
    if (is_digit(c)) word_.has_digit = true;
    if (is_lower(c) || static_cast<unsigned char>(c) >= 0x80) word_.has_letter = true;
    if (run_ >= 3 && is_lower(c)) word_.has_run = true;
  }
  void put(std::string_view letters) {
    for (const char c : letters) put(c);
  }
  void close() {
    if (!open_) return;
    open_ = false;
    const std::size_t size = out_.letters.size() - word_.at;
    // A longer one is a link or noise.
    word_.size = static_cast<std::uint32_t>(size);
    if (size <= kMaxWordBytes)
      out_.words.push_back(word_);
    else
      out_.letters.resize(word_.at);
  }
  void alone(std::string_view letters) {
    close();
    put(letters);
    close();
  }

  // Neither letter nor digit, ASCII.
  void sign(std::size_t at) {
    const char c = text_[at];
    const char next = next_folded(at);
    const bool inside = open_ && (is_lower(last()) || word_.has_sign) && is_lower(next);
    if ((c == '@' || c == '$' || c == '!') && inside) {
      put(c);
      word_.has_sign = true;
    } else if ((c == ':' || c == '.' || c == ',') && is_digit(last()) && is_digit(next)) {
      put(c);
    } else if (c == '$' && !inside) {
      alone("usd");
    } else {
      close();
    }
  }

  // Beyond ASCII; gives the bytes taken.
  std::size_t other(std::size_t at) {
    const CodePoint point = decode(text_, at);
    if (!point.valid) return close(), 1;
    const char32_t c = point.value;
    if (is_unseen(c)) return point.size;
    if (c == 0x20AC)
      alone("eur");
    else if (c == 0xA3)
      alone("gbp");
    else if (is_picture(c))
      alone(text_.substr(at, point.size));
    else if (is_punctuation(c))
      close();
    else if (c >= kFirstLatin && c <= kLastLatin)
      put(plain_latin(c));
    else if (c >= 0x218 && c <= 0x21B)
      put(c <= 0x219 ? "s" : "t");  // Romanian
    else if (c >= 0x410 && c <= 0x42F)
      put_small_cyrillic(c + 0x20);
    else
      put(text_.substr(at, point.size));
    return point.size;
  }
  void put_small_cyrillic(char32_t c) {
    put(static_cast<char>(0xC0 | (c >> 6)));
    put(static_cast<char>(0x80 | (c & 0x3F)));
  }

  std::string_view text_;
  Folded& out_;
  Word word_;
  bool open_ = false;
  char last_put_ = 0;
  int run_ = 0;
};

// What a digit or sign stands for in a word written to deceive; 0: nothing.
constexpr char meant_by(char c) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case '!':
      return 'i';
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '7':
      return 't';
    case '8':
      return 'b';
    case '9':
      return 'g';
    default:
      return 0;
  }
}

std::string squeezed(std::string_view word, std::size_t most) {
  std::string text;
  std::size_t run = 0;
  for (const char c : word) {
    const bool again = !text.empty() && text.back() == c;
    run = again ? run + 1 : 1;
    if (run <= most || !is_lower(c)) text += c;
  }
  return text;
}

std::string shape(std::string_view word) {
  std::string text;
  for (const char c : word) {
    if (!is_digit(c))
      text += c;
    else if (text.empty() || text.back() != '#')
      text += '#';
  }
  return text;
}

}  // namespace

void fold(std::string_view text, Folded& out) {
  out.letters.clear();
  out.words.clear();
  Folder(text, out).run();
}

void spellings(const Folded& folded, const Word& word, std::vector<std::string>& out) {
  const std::string_view text = folded.text(word);
  if (word.has_run) {
    out.push_back(squeezed(text, 2));
    out.push_back(squeezed(text, 1));
  }
  if (word.has_letter && (word.has_digit || word.has_sign)) {
    std::string meant(text);
    for (char& c : meant)
      if (const char letter = meant_by(c); letter != 0) c = letter;
    out.push_back(std::move(meant));
  }
  if (word.has_digit && is_digit(text.front())) out.push_back(shape(text));
}

}  // namespace limier::rules
