// Sources: Rich Text Format specification 1.9.1; [MS-OXRTFEX] (HTML within RTF: \fromhtml, \htmltag, \htmlrtf).
#include "content/rtf_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "content/html_text.h"

namespace limier::content {
namespace {

constexpr std::size_t kMaxGroups = 1000;  // one within the other
constexpr std::size_t kMaxText = 16u << 20;

// Groups whose text is not shown.
constexpr std::string_view kHidden[] = {
    "fonttbl",   "colortbl", "stylesheet",        "info",    "pict",      "object",    "header",    "footer",
    "headerl",   "headerr",  "footerl",           "footerr", "themedata", "datastore", "listtable", "rsidtbl",
    "generator", "xmlnstbl", "listoverridetable", "fldinst", "filetbl",   "revtbl",    "bkmkstart", "bkmkend"};

struct Sign {
  std::string_view word, text;
};
constexpr Sign kSigns[] = {{"par", "\n"},
                           {"line", "\n"},
                           {"tab", "\t"},
                           {"cell", "\t"},
                           {"row", "\n"},
                           {"sect", "\n"},
                           {"page", "\n"},
                           {"emdash", "\xE2\x80\x94"},
                           {"endash", "\xE2\x80\x93"},
                           {"lquote", "\xE2\x80\x98"},
                           {"rquote", "\xE2\x80\x99"},
                           {"ldblquote", "\xE2\x80\x9C"},
                           {"rdblquote", "\xE2\x80\x9D"},
                           {"bullet", "\xE2\x80\xA2"}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

class RtfReader {
 public:
  RtfReader(std::string_view rtf, const Charsets& charsets) : rtf_(rtf), charsets_(charsets) {}

  std::string read() {
    while (at_ < rtf_.size() && text_.size() < kMaxText) {
      const char c = rtf_[at_++];
      if (c == '{') {
        if (groups_.size() >= kMaxGroups) break;
        flush();
        groups_.push_back(group_);
        continue;
      }
      if (c == '}') {
        if (groups_.empty()) break;
        flush();
        group_ = groups_.back();
        groups_.pop_back();
        if (groups_.empty()) break;  // what stands behind the document is not of it
        continue;
      }
      if (c == '\\')
        control();
      else if (c != '\r' && c != '\n')
        byte(c);
    }
    flush();
    return is_page_ ? text_of_html(text_) : std::move(text_);
  }

 private:
  struct Group {
    bool hidden = false;    // \fonttbl and the like
    bool as_rtf = false;    // \htmlrtf: only for those who read no HTML
    bool tag = false;       // \htmltag: a piece of the page
    std::size_t after = 1;  // characters that follow a \u for those who do not know it
  };

  void control() {
    if (at_ >= rtf_.size()) return;
    const char c = rtf_[at_];
    if (!is_letter(c)) {
      ++at_;
      if (c == '\'') {
        hex();
      } else if (c == '*') {
        group_.hidden = true;  // a group that may be passed over
      } else if (c == '~') {
        byte(' ');
      } else if (c == '\\' || c == '{' || c == '}') {
        byte(c);
      } else if (c == '\r' || c == '\n') {
        sign("\n");
      }
      return;
    }
    std::size_t end = at_;
    while (end < rtf_.size() && end - at_ < 32 && is_letter(rtf_[end])) ++end;
    const std::string_view word = rtf_.substr(at_, end - at_);
    at_ = end;
    const std::optional<int> number = parameter();
    if (at_ < rtf_.size() && rtf_[at_] == ' ') ++at_;
    apply(word, number);
  }

  std::optional<int> parameter() {
    std::size_t end = at_;
    if (end < rtf_.size() && rtf_[end] == '-') ++end;
    int value = 0;
    const std::size_t digits = end;
    while (end < rtf_.size() && end - digits < 9 && rtf_[end] >= '0' && rtf_[end] <= '9')
      value = value * 10 + (rtf_[end++] - '0');
    if (end == digits) return std::nullopt;
    const bool minus = rtf_[at_] == '-';
    at_ = end;
    return minus ? -value : value;
  }

  void apply(std::string_view word, std::optional<int> number) {
    if (word == "u" && number) {
      unicode(*number);
    } else if (word == "uc" && number) {
      group_.after = static_cast<std::size_t>(std::clamp(*number, 0, 8));
    } else if (word == "ansicpg" && number && *number > 0) {
      flush();
      charset_ = charset_of_code_page(static_cast<std::uint32_t>(*number));
    } else if (word == "fromhtml") {
      is_page_ = true;
    } else if (word == "htmltag") {
      group_.hidden = false;
      group_.tag = true;
    } else if (word == "htmlrtf") {
      flush();
      group_.as_rtf = !number || *number != 0;
    } else if (word == "bin" && number && *number > 0) {
      at_ = std::min(rtf_.size(), at_ + static_cast<std::size_t>(*number));
    } else if (std::ranges::find(kHidden, word) != std::end(kHidden)) {
      group_.hidden = true;
    } else {
      for (const Sign& known : kSigns)
        if (known.word == word) sign(known.text);
    }
  }

  void unicode(int number) {
    flush();
    const auto unit = static_cast<char32_t>(static_cast<std::uint32_t>(number) & 0xFFFF);
    if (shown()) {
      if (unit >= 0xD800 && unit < 0xDC00) {
        high_ = unit;
      } else if (unit >= 0xDC00 && unit < 0xE000 && high_ != 0) {
        append_utf8(text_, 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00));
        high_ = 0;
      } else {
        append_utf8(text_, unit);
      }
    }
    for (std::size_t i = 0; i < group_.after && at_ < rtf_.size(); ++i) {
      if (rtf_[at_] == '{' || rtf_[at_] == '}') break;
      if (rtf_[at_] != '\\')
        ++at_;
      else if (rtf_.substr(at_).starts_with("\\'"))
        at_ = std::min(rtf_.size(), at_ + 4);
      else
        break;
    }
  }

  void hex() {
    if (at_ + 1 >= rtf_.size() || hex_of(rtf_[at_]) < 0 || hex_of(rtf_[at_ + 1]) < 0) return;
    byte(static_cast<char>(hex_of(rtf_[at_]) * 16 + hex_of(rtf_[at_ + 1])));
    at_ += 2;
  }

  [[nodiscard]] bool shown() const { return !group_.hidden && !group_.as_rtf; }
  void byte(char c) {
    if (shown()) bytes_ += c;
  }
  void sign(std::string_view text) {
    flush();
    if (shown()) text_ += text;
  }
  // Bytes in the document's set, together: a character may be of several.
  void flush() {
    if (bytes_.empty()) return;
    const auto text = charsets_.to_utf8(bytes_, charset_);
    for (const char c : text ? *text : bytes_) {
      const bool escaped = is_page_ && !group_.tag && (c == '<' || c == '&');
      text_ += escaped ? (c == '<' ? "&lt;" : "&amp;") : std::string_view(&c, 1);
    }
    bytes_.clear();
  }

  std::string_view rtf_;
  const Charsets& charsets_;
  std::size_t at_ = 0;
  std::string text_, bytes_, charset_ = "windows-1252";
  Group group_;
  std::vector<Group> groups_;
  char32_t high_ = 0;
  bool is_page_ = false;
};

}  // namespace

std::string text_of_rtf(std::string_view rtf, const Charsets& charsets) {
  if (!rtf.starts_with("{\\rtf")) return {};
  std::string text = RtfReader(rtf, charsets).read();
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace limier::content
