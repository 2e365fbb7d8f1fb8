// Source: the HTML standard of the WHATWG (names of elements, named characters).
#include "content/html_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "content/charset.h"

namespace limier::content {
namespace {

// Latin-1 from U+00A0 on, in their order.
constexpr std::string_view kLatin[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

struct Named {
  std::string_view name;
  char32_t character;
};
constexpr Named kNamed[] = {{"amp", '&'},       {"lt", '<'},        {"gt", '>'},        {"quot", '"'},
                            {"apos", '\''},     {"euro", 0x20AC},   {"hellip", 0x2026}, {"ndash", 0x2013},
                            {"mdash", 0x2014},  {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"sbquo", 0x201A},
                            {"ldquo", 0x201C},  {"rdquo", 0x201D},  {"bdquo", 0x201E},  {"bull", 0x2022},
                            {"trade", 0x2122},  {"oelig", 0x153},   {"OElig", 0x152},   {"lsaquo", 0x2039},
                            {"rsaquo", 0x203A}, {"permil", 0x2030}, {"dagger", 0x2020}, {"ensp", ' '},
                            {"emsp", ' '},      {"thinsp", ' '},    {"zwnj", 0x200C},   {"zwj", 0x200D},
                            {"scaron", 0x161},  {"Scaron", 0x160},  {"rarr", 0x2192},   {"larr", 0x2190}};

// Elements that begin a line of their own.
constexpr std::string_view kBlocks[] = {"address", "article",  "blockquote", "center", "dd", "div", "dl",
                                        "dt",      "fieldset", "footer",     "form",   "h1", "h2",  "h3",
                                        "h4",      "h5",       "h6",         "header", "hr", "li",  "ol",
                                        "p",       "pre",      "section",    "table",  "tr", "ul"};
// What stands in these is not shown.
constexpr std::string_view kHidden[] = {"script", "style", "title", "template", "noscript", "xml"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string tag_name(std::string_view tag) {
  std::string name;
  for (const char c : tag) {
    const char small = lower(c);
    if ((small < 'a' || small > 'z') && (small < '0' || small > '9')) break;
    if (name.size() == 12) break;
    name += small;
  }
  return name;
}

// The character of "&name;" or "&#n;" at the beginning; 0: there is none. `length` is what it takes.
char32_t entity(std::string_view text, std::size_t& length) {
  constexpr std::size_t kLongest = 12;
  const std::size_t end = text.substr(0, kLongest).find(';');
  if (end == std::string_view::npos || end < 2) return 0;
  length = end + 1;
  const std::string_view name = text.substr(1, end - 1);
  if (name[0] == '#') {
    const bool hex = name.size() > 2 && lower(name[1]) == 'x';
    char32_t value = 0;
    for (const char c : name.substr(hex ? 2 : 1)) {
      const char small = lower(c);
      const bool digit = small >= '0' && small <= '9', letter = hex && small >= 'a' && small <= 'f';
      if (!digit && !letter) return 0;
      value = value * (hex ? 16 : 10) + static_cast<char32_t>(digit ? small - '0' : small - 'a' + 10);
      if (value > 0x10FFFF) return 0;
    }
    return value < ' ' && value != '\n' && value != '\t' ? 0 : value;
  }
  for (const Named& known : kNamed)
    if (name == known.name) return known.character;
  for (std::size_t i = 0; i < std::size(kLatin); ++i)
    if (name == kLatin[i]) return static_cast<char32_t>(0xA0 + i);
  return 0;
}

class TextMaker {
 public:
  void character(char c) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      blank_ = true;
      return;
    }
    settle();
    text_ += c;
  }
  void wide(char32_t c) {
    if (c < 0x80) return character(static_cast<char>(c));
    if (c == 0xA0) {
      blank_ = true;
      return;
    }
    settle();
    append_utf8(text_, c);
  }
  void line() { line_ = true; }
  void empty_line() { ++breaks_; }
  void blank() { blank_ = true; }
  std::string take() { return std::move(text_); }

 private:
  void settle() {
    if (!text_.empty()) {
      if (line_ || breaks_ > 0)
        text_.append(std::min<std::size_t>(std::max<std::size_t>(breaks_, 1), 2), '\n');
      else if (blank_)
        text_ += ' ';
    }
    blank_ = line_ = false;
    breaks_ = 0;
  }
  std::string text_;
  bool blank_ = false, line_ = false;
  std::size_t breaks_ = 0;
};

// Behind the tag that ends the hidden element, or the end of all.
std::size_t behind_hidden(std::string_view html, std::size_t at, std::string_view name) {
  while (true) {
    at = html.find("</", at);
    if (at == std::string_view::npos) return html.size();
    if (tag_name(html.substr(at + 2, 16)) == name) {
      const std::size_t end = html.find('>', at);
      return end == std::string_view::npos ? html.size() : end + 1;
    }
    at += 2;
  }
}

// Behind the tag that begins at `at`; npos: nothing ends it. A '>' in quotes is part of it.
std::size_t behind_tag(std::string_view html, std::size_t at) {
  constexpr std::size_t kLongestTag = 64u << 10;
  const std::size_t limit = std::min(html.size(), at + kLongestTag);
  char quote = 0;
  for (std::size_t i = at; i < limit; ++i) {
    const char c = html[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && i > at && html[i - 1] == '=') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  // A quote that is never closed: the first '>' counts.
  const std::size_t end = html.find('>', at);
  return end == std::string_view::npos ? end : end + 1;
}

// What a picture stands for: messengers send small ones for faces, and their text is the face.
std::string_view alternative_of(std::string_view tag) {
  constexpr std::string_view kAlt = " alt=\"";
  const std::size_t at = tag.find(kAlt);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = tag.substr(at + kAlt.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace

std::string text_of_html(std::string_view html) {
  TextMaker out;
  bool tags_end = true;  // once one has no end, no other has
  for (std::size_t at = 0; at < html.size();) {
    const char c = html[at];
    if (c == '&') {
      std::size_t length = 0;
      if (const char32_t character = entity(html.substr(at), length); character != 0) {
        out.wide(character);
        at += length;
        continue;
      }
    }
    const bool tag = tags_end && c == '<' && at + 1 < html.size() &&
                     ((lower(html[at + 1]) >= 'a' && lower(html[at + 1]) <= 'z') || html[at + 1] == '/' ||
                      html[at + 1] == '!' || html[at + 1] == '?');
    if (!tag) {
      out.character(c);
      ++at;
      continue;
    }
    if (html.substr(at).starts_with("<!--")) {
      const std::size_t end = html.find("-->", at + 4);
      at = end == std::string_view::npos ? html.size() : end + 3;
      continue;
    }
    const bool closes = html[at + 1] == '/';
    const std::string name = tag_name(html.substr(at + (closes ? 2 : 1), 16));
    const std::size_t behind = behind_tag(html, at);
    tags_end = behind != std::string_view::npos;
    if (!tags_end) continue;  // then it is text
    const std::string_view whole = html.substr(at, behind - at);
    at = behind;
    if (!closes && std::ranges::find(kHidden, name) != std::end(kHidden)) {
      at = behind_hidden(html, at, name);
    } else if (name == "br") {
      out.empty_line();
    } else if (std::ranges::find(kBlocks, name) != std::end(kBlocks)) {
      out.line();
    } else if (name == "td" || name == "th") {
      out.blank();
    } else if (name == "img") {
      for (const char one : alternative_of(whole)) out.character(one);
    }
  }
  return out.take();
}

}  // namespace limier::content
