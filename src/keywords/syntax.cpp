#include "keywords/syntax.h"

#include <fmt/format.h>

#include <algorithm>

#include "keywords/letters.h"
#include "limier/base/latin.h"

namespace limier::keywords {
namespace {

constexpr int kMaxDepth = 40;
constexpr std::uint32_t kMaxRepeat = kMaxMatch;
constexpr char32_t kLastFolded = 0x1fff;  // letters behind it have no cases here

void add(Letters& letters, char32_t first, char32_t last) {
  if (first <= last) letters.emplace_back(first, last);
}

void settle(Letters& letters) {
  std::ranges::sort(letters);
  Letters joined;
  for (const auto& one : letters) {
    if (!joined.empty() && one.first <= joined.back().second + 1)
      joined.back().second = std::max(joined.back().second, one.second);
    else
      joined.push_back(one);
  }
  letters = std::move(joined);
}

bool has(const Letters& letters, char32_t c) {
  return std::ranges::any_of(letters, [&](const auto& one) { return c >= one.first && c <= one.second; });
}

// Any character of a text: no control character, and nothing that is no character.
const Letters& any_letter() {
  static const Letters kAny{{'\t', '\t'}, {0x20, 0x7e}, {0xa0, 0xd7ff}, {0xe000, 0xfffd}, {0x10000, kLastCodePoint}};
  return kAny;
}

Letters all_but(const Letters& letters) {
  Letters left;
  for (auto [first, last] : any_letter()) {
    for (const auto& out : letters) {
      if (out.second < first || out.first > last) continue;
      if (out.first > first) add(left, first, out.first - 1);
      first = std::max<char32_t>(first, out.second + 1);
      if (first > last) break;
    }
    add(left, first, last);
  }
  settle(left);
  return left;
}

// The other case, and the same letters with and without accents.
void widen(Letters& letters, const Keyword& keyword) {
  settle(letters);
  Letters more;
  if (keyword.any_accents) {
    for (char32_t c = kFirstLatin; c <= kLastLatin; ++c) {
      const std::string_view plain = plain_latin(c);
      if (plain.size() != 1) continue;
      const auto letter = static_cast<char32_t>(static_cast<unsigned char>(plain[0]));
      const bool small = small_letter(c) == c;
      const char32_t as_plain = small ? letter : capital_letter(letter);
      if (has(letters, as_plain)) more.emplace_back(c, c);
      if (has(letters, c)) {
        more.emplace_back(as_plain, as_plain);
        for (char32_t other = kFirstLatin; other <= kLastLatin; ++other)
          if (plain_latin(other) == plain && (small_letter(other) == other) == small) more.emplace_back(other, other);
      }
    }
    letters.insert(letters.end(), more.begin(), more.end());
    settle(letters);
    more.clear();
  }
  if (keyword.any_case) {
    for (const auto& [first, last] : letters)
      for (char32_t c = first; c <= std::min(last, kLastFolded); ++c)
        for (const char32_t other : {small_letter(c), capital_letter(c), small_letter(capital_letter(c))})
          if (other != c) more.emplace_back(other, other);
    if (has(letters, 0x3c3) || has(letters, 0x3a3)) more.emplace_back(0x3c2, 0x3c2);
    letters.insert(letters.end(), more.begin(), more.end());
    settle(letters);
  }
}

Node node_of(Letters letters) {
  Node node;
  node.kind = Node::Kind::kLetters;
  node.letters = std::move(letters);
  return node;
}
Node letter(char32_t c, const Keyword& keyword) {
  Letters letters{{c, c}};
  widen(letters, keyword);
  return node_of(std::move(letters));
}
Node repeated(Node part, std::uint32_t least, std::uint32_t most) {
  Node node;
  node.kind = Node::Kind::kRepeat;
  node.least = least;
  node.most = most;
  node.parts.push_back(std::move(part));
  return node;
}
// Accents as characters of their own, behind the letter they stand on.
Node marks() {
  return repeated(node_of({{0x300, 0x36f}}), 0, 2);
}

Node literal(const Keyword& keyword) {
  std::vector<char32_t> text;
  for (std::size_t at = 0; at < keyword.pattern.size();) {
    const auto c = next_utf8(keyword.pattern, at);
    if (!c) break;  // was checked
    const std::string_view plain = keyword.any_accents ? plain_latin(*c) : std::string_view();
    if (keyword.any_accents && *c >= 0x300 && *c <= 0x36f) continue;
    const bool capital = small_letter(*c) != *c;
    if (plain.empty()) {
      text.push_back(*c);
    } else {
      for (const char part : plain) {
        const auto one = static_cast<char32_t>(static_cast<unsigned char>(part));
        text.push_back(capital ? capital_letter(one) : one);
      }
    }
  }
  Node all;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!keyword.any_accents) {
      all.parts.push_back(letter(text[at], keyword));
      continue;
    }
    const auto plain_letter = [&](std::size_t i) {
      Node one;
      one.parts.push_back(letter(text[i], keyword));
      if (is_word_letter(text[i])) one.parts.push_back(marks());
      return one;
    };
    // Two letters for which one may stand: ss for ß, ae for æ.
    Letters ligatures;
    if (at + 1 < text.size())
      for (char32_t c = kFirstLatin; c <= kLastLatin; ++c) {
        const std::string_view plain = plain_latin(c);
        if (plain.size() != 2) continue;
        const auto same = [&](std::size_t i) {
          const auto p = static_cast<char32_t>(static_cast<unsigned char>(plain[i]));
          return keyword.any_case ? small_letter(text[at + i]) == p
                                  : text[at + i] == (small_letter(c) == c ? p : capital_letter(p));
        };
        if (same(0) && same(1)) add(ligatures, c, c);
      }
    if (ligatures.empty()) {
      all.parts.push_back(plain_letter(at));
      continue;
    }
    settle(ligatures);
    Node two, choice;
    two.parts = {plain_letter(at), plain_letter(at + 1)};
    choice.kind = Node::Kind::kChoice;
    choice.parts = {std::move(two), node_of(std::move(ligatures))};
    all.parts.push_back(std::move(choice));
    ++at;
  }
  return all;
}

class Reader {
 public:
  explicit Reader(const Keyword& keyword) : keyword_(keyword), text_(keyword.pattern) {}

  Result<Node> read() {
    LIMIER_TRY(Node node, choice(0));
    if (at_ < text_.size()) return wrong("a ) without its (");
    return node;
  }

 private:
  [[nodiscard]] Error wrong(std::string_view what) const {
    return {ErrorKind::kUsage, fmt::format("at character {}: {}", at_ + 1, what)};
  }
  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!at(c)) return false;
    ++at_;
    return true;
  }

  Result<Node> choice(int depth) {
    if (depth > kMaxDepth) return wrong("too many groups inside each other");
    Node node;
    node.kind = Node::Kind::kChoice;
    do {
      LIMIER_TRY(Node part, sequence(depth));
      node.parts.push_back(std::move(part));
    } while (take('|'));
    if (node.parts.size() > 1) return node;
    Node only = std::move(node.parts.front());
    return only;
  }

  Result<Node> sequence(int depth) {
    Node node;
    while (at_ < text_.size() && !at('|') && !at(')')) {
      LIMIER_TRY(Node part, atom(depth));
      LIMIER_TRY(part, repeat(std::move(part)));
      node.parts.push_back(std::move(part));
    }
    return node;
  }

  Result<Node> repeat(Node part) {
    std::uint32_t least = 1, most = 1;
    if (take('*')) {
      least = 0, most = kNoEnd;
    } else if (take('+')) {
      most = kNoEnd;
    } else if (take('?')) {
      least = 0;
    } else if (take('{')) {
      LIMIER_TRY(least, number());
      most = least;
      if (take(',')) {
        most = kNoEnd;
        if (!at('}')) {
          LIMIER_TRY(most, number());
        }
      }
      if (!take('}')) return wrong("a { begins {n}, {n,} or {n,m}; write \\{ for the character");
      if (most < least || most == 0) return wrong("a repeat whose end comes before its beginning");
    } else {
      return part;
    }
    if (at('*') || at('+') || at('?') || at('{'))
      return wrong("a repeat of a repeat; of all that is found the longest is taken, so +? and the like say nothing");
    return repeated(std::move(part), least, most);
  }
  Result<std::uint32_t> number() {
    std::uint32_t value = 0;
    const std::size_t first = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && value <= kMaxRepeat)
      value = value * 10 + static_cast<std::uint32_t>(text_[at_++] - '0');
    if (at_ == first) return wrong("a { begins {n}, {n,} or {n,m}; write \\{ for the character");
    if (value > kMaxRepeat) return wrong(fmt::format("a repeat of more than {}", kMaxRepeat));
    return value;
  }

  Result<Node> atom(int depth) {
    if (take('(')) {
      if (take('?') && !take(':'))
        return wrong("of groups that begin with (? only (?: is known; options stand behind the pattern");
      LIMIER_TRY(Node node, choice(depth + 1));
      if (!take(')')) return wrong("a ( without its )");
      return node;
    }
    if (take('[')) return bracket();
    if (take('.')) return node_of(any_letter());
    if (at('^') || at('$'))
      return wrong("bytes have no lines, so that ^ and $ say nothing; write \\^ or \\$ for the character");
    if (at('*') || at('+') || at('?') || at('{')) return wrong("a repeat of nothing");
    Letters letters;
    LIMIER_TRY(const bool single, one(letters));
    if (single && keyword_.any_accents && is_word_letter(letters.front().first)) {
      widen(letters, keyword_);
      Node both;
      both.parts = {node_of(std::move(letters)), marks()};
      return both;
    }
    widen(letters, keyword_);
    return node_of(std::move(letters));
  }

  Result<Node> bracket() {
    const bool negated = take('^');
    Letters letters;
    for (bool first = true; first || !at(']'); first = false) {
      if (at_ >= text_.size()) return wrong("a [ without its ]");
      Letters begin;
      LIMIER_TRY(const bool single, one(begin));
      if (single && at('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        Letters end;
        LIMIER_TRY(const bool single_end, one(end));
        if (!single_end || end.front().first < begin.front().first) return wrong("a stretch a-z that runs backwards");
        begin.front().second = end.front().first;
      }
      letters.insert(letters.end(), begin.begin(), begin.end());
    }
    ++at_;
    widen(letters, keyword_);
    if (negated) letters = all_but(letters);
    if (letters.empty()) return wrong("a [] that nothing is in");
    return node_of(std::move(letters));
  }

  // A character or a class of them; whether it is a single one.
  Result<bool> one(Letters& out) {
    if (!take('\\')) {
      const auto c = next_utf8(text_, at_);
      if (!c) return wrong("no UTF-8");
      add(out, *c, *c);
      return true;
    }
    if (at_ >= text_.size()) return wrong("a \\ with nothing behind it");
    const char c = text_[at_];
    const auto single = [&](char32_t letter_) {
      ++at_;
      add(out, letter_, letter_);
      return true;
    };
    const auto some = [&](Letters letters, bool negated) {
      ++at_;
      settle(letters);
      out = negated ? all_but(letters) : letters;
      return false;
    };
    switch (c) {
      case 't':
        return single('\t');
      case 'n':
        return single('\n');
      case 'r':
        return single('\r');
      case 'd':
      case 'D':
        return some({{'0', '9'}}, c == 'D');
      case 's':
      case 'S':
        return some({{'\t', '\n'}, {'\r', '\r'}, {' ', ' '}, {0xa0, 0xa0}}, c == 'S');
      case 'w':
      case 'W':
        return some({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, c == 'W');
      case 'b':
      case 'B':
        return wrong("\\b is not known; the option `word` asks for whole words");
      case 'x':
      case 'u':
        return by_number(c == 'x' ? 2 : 4, out);
      default:
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
          return wrong(fmt::format("\\{} is not known", c));
        const auto other = next_utf8(text_, at_);
        if (!other) return wrong("no UTF-8");
        add(out, *other, *other);
        return true;
    }
  }
  Result<bool> by_number(std::size_t digits, Letters& out) {
    ++at_;
    const bool braces = take('{');
    char32_t value = 0;
    std::size_t count = 0;
    const std::size_t most = braces ? 6 : digits;
    for (; at_ < text_.size() && count < most; ++at_, ++count) {
      const char c = text_[at_];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) break;
      value = value * 16 + static_cast<char32_t>(digit);
    }
    if ((braces ? count == 0 || !take('}') : count != digits) || value > kLastCodePoint ||
        (value >= 0xd800 && value <= 0xdfff))
      return wrong("no number of a character");
    if (value == 0) return wrong("a zero byte is no character of a text");
    add(out, value, value);
    return true;
  }

  const Keyword& keyword_;
  std::string_view text_;
  std::size_t at_ = 0;
};

// ---- bytes
// ----------------------------------------------------------------------------------------------------------

std::string byte_text(unsigned first, unsigned last) {
  return first == last ? fmt::format("\\x{:02x}", first) : fmt::format("[\\x{:02x}-\\x{:02x}]", first, last);
}

// Each in a group of its own: RE2 20220601 takes equal beginnings of alternatives out, forgets that they are bytes, and
// looks for the UTF-8 of them.
std::string any_of(const std::vector<std::string>& texts) {
  return texts.size() == 1 ? texts.front() : fmt::format("(?:({}))", fmt::join(texts, ")|("));
}

// Strings of byte ranges, one after the other.
class Ranges {
 public:
  void put(std::string text, std::size_t length) {
    least_ = all_.empty() ? length : std::min(least_, length);
    most_ = std::max(most_, length);
    all_.push_back(std::move(text));
  }
  void put_single(unsigned first, unsigned last) {
    if (singles_.empty() && first == last)
      only_ = static_cast<int>(first);
    else
      only_ = -1;
    singles_ += first == last ? fmt::format("\\x{:02x}", first) : fmt::format("\\x{:02x}-\\x{:02x}", first, last);
  }
  std::optional<BytePattern> pattern() {
    if (!singles_.empty())
      put(only_ >= 0 ? byte_text(static_cast<unsigned>(only_), static_cast<unsigned>(only_)) : "[" + singles_ + "]", 1);
    if (all_.empty()) return std::nullopt;
    return BytePattern{any_of(all_), least_, most_};
  }

 private:
  std::vector<std::string> all_;
  std::string singles_;
  int only_ = -1;
  std::size_t least_ = 0, most_ = 0;
};

void utf8_range(char32_t first, char32_t last, Ranges& out) {
  constexpr std::array<char32_t, 4> kLimits{0x7f, 0x7ff, 0xffff, kLastCodePoint};
  for (const char32_t limit : kLimits)
    if (first <= limit && last > limit) {
      utf8_range(first, limit, out);
      utf8_range(limit + 1, last, out);
      return;
    }
  if (last < 0x80) return out.put_single(first, last);
  for (unsigned n = 1; n < 4; ++n) {
    const char32_t low = (char32_t{1} << (6 * n)) - 1;
    if ((first & ~low) == (last & ~low)) continue;
    if ((first & low) != 0) {
      utf8_range(first, first | low, out);
      utf8_range((first | low) + 1, last, out);
      return;
    }
    if ((last & low) != low) {
      utf8_range(first, (last & ~low) - 1, out);
      utf8_range(last & ~low, last, out);
      return;
    }
  }
  std::string a, b, text;
  put_utf8(a, first);
  put_utf8(b, last);
  for (std::size_t i = 0; i < a.size(); ++i)
    text += byte_text(static_cast<unsigned char>(a[i]), static_cast<unsigned char>(b[i]));
  out.put(std::move(text), a.size());
}

// Units of UTF-16, the low byte first.
void unit_range(const std::string& before, char32_t first, char32_t last, std::size_t length, const std::string& behind,
                Ranges& out) {
  const unsigned high_first = first >> 8u, high_last = last >> 8u;
  const unsigned low_first = first & 0xffu, low_last = last & 0xffu;
  const auto put = [&](unsigned l1, unsigned l2, unsigned h1, unsigned h2) {
    out.put(before + byte_text(l1, l2) + byte_text(h1, h2) + behind, length);
  };
  if (high_first == high_last) return put(low_first, low_last, high_first, high_first);
  unsigned from = high_first, to = high_last;
  if (low_first != 0) put(low_first, 0xff, from, from), ++from;
  if (low_last != 0xff) put(0, low_last, to, to), --to;
  if (from <= to) put(0, 0xff, from, to);
}
std::string unit_text(char32_t first, char32_t last) {
  Ranges all;
  unit_range("", first, last, 2, "", all);
  return all.pattern()->text;
}

void utf16_range(char32_t first, char32_t last, Ranges& out) {
  if (first <= 0xffff) unit_range("", first, std::min<char32_t>(last, 0xffff), 2, "", out);
  if (last <= 0xffff) return;
  const char32_t a = std::max<char32_t>(first, 0x10000) - 0x10000, b = last - 0x10000;
  char32_t from = a >> 10u, to = b >> 10u;
  const auto put = [&](char32_t h1, char32_t h2, char32_t l1, char32_t l2) {
    out.put(unit_text(0xd800 + h1, 0xd800 + h2) + unit_text(0xdc00 + l1, 0xdc00 + l2), 4);
  };
  if (from == to) return put(from, from, a & 0x3ffu, b & 0x3ffu);
  if ((a & 0x3ffu) != 0) put(from, from, a & 0x3ffu, 0x3ff), ++from;
  if ((b & 0x3ffu) != 0x3ff) put(to, to, 0, b & 0x3ffu), --to;
  if (from <= to) put(from, to, 0, 0x3ff);
}

std::optional<BytePattern> letters_in(const Letters& letters, Encoding encoding) {
  Ranges ranges;
  for (const auto& [first, last] : letters) switch (encoding) {
      case Encoding::kUtf8:
        utf8_range(first, last, ranges);
        break;
      case Encoding::kUtf16le:
        utf16_range(first, last, ranges);
        break;
      case Encoding::kCp1252:
        break;
    }
  if (encoding == Encoding::kCp1252) {
    constexpr unsigned kBytes = 256;
    const auto is_in = [&](unsigned byte) {
      return has(letters, of_cp1252(static_cast<std::uint8_t>(byte))) &&
             of_cp1252(static_cast<std::uint8_t>(byte)) != 0xfffd;
    };
    for (unsigned byte = 0; byte < kBytes; ++byte) {
      if (!is_in(byte)) continue;
      const unsigned first = byte;
      while (byte + 1 < kBytes && is_in(byte + 1)) ++byte;
      ranges.put_single(first, byte);
    }
  }
  return ranges.pattern();
}

std::size_t times(std::size_t bytes, std::uint32_t count) {
  if (bytes == 0 || count == 0) return 0;
  return count == kNoEnd || bytes >= BytePattern::kUnbounded / count ? BytePattern::kUnbounded : bytes * count;
}

}  // namespace

Result<Node> tree_of(const Keyword& keyword) {
  if (!keyword.expression) return literal(keyword);
  return Reader(keyword).read();
}

std::size_t least_letters(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kLetters:
      return 1;
    case Node::Kind::kRepeat:
      return times(least_letters(node.parts.front()), node.least);
    case Node::Kind::kChoice: {
      std::size_t least = BytePattern::kUnbounded;
      for (const Node& part : node.parts) least = std::min(least, least_letters(part));
      return least;
    }
    case Node::Kind::kSequence:
      break;
  }
  std::size_t sum = 0;
  for (const Node& part : node.parts) sum = std::min(BytePattern::kUnbounded, sum + least_letters(part));
  return sum;
}

std::optional<BytePattern> bytes_of(const Node& node, Encoding encoding) {
  BytePattern all;
  switch (node.kind) {
    case Node::Kind::kLetters:
      return letters_in(node.letters, encoding);
    case Node::Kind::kRepeat: {
      auto part = bytes_of(node.parts.front(), encoding);
      if (!part || part->most == 0) return node.least == 0 || part ? std::optional(all) : std::nullopt;
      const std::string count =
          node.most == kNoEnd ? fmt::format("{{{},}}", node.least) : fmt::format("{{{},{}}}", node.least, node.most);
      return BytePattern{fmt::format("(?:{}){}", part->text, count), times(part->least, node.least),
                         times(part->most, node.most)};
    }
    case Node::Kind::kChoice: {
      std::vector<std::string> texts;
      all.least = BytePattern::kUnbounded;
      for (const Node& one : node.parts) {
        const auto part = bytes_of(one, encoding);
        if (!part) continue;
        texts.push_back(part->text);
        all.least = std::min(all.least, part->least);
        all.most = std::max(all.most, part->most);
      }
      if (texts.empty()) return std::nullopt;
      all.text = any_of(texts);
      return all;
    }
    case Node::Kind::kSequence:
      break;
  }
  for (const Node& one : node.parts) {
    const auto part = bytes_of(one, encoding);
    if (!part) return std::nullopt;
    all.text += part->text;
    all.least = std::min(BytePattern::kUnbounded, all.least + part->least);
    all.most = std::min(BytePattern::kUnbounded, all.most + part->most);
  }
  return all;
}

}  // namespace limier::keywords
