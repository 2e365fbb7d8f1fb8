// The text of bodies that are HTML. Source: the HTML standard (html.spec.whatwg.org), section 13.2, as far as
// messengers use it: tags go, blocks stand on lines of their own, characters written by name or number become
// themselves.
#include <algorithm>
#include <array>

#include "content/decode/decode.h"
#include "content/decode/marks.h"

namespace limier::content::decode {
namespace {

constexpr std::array<std::string_view, 17> kBlocks{"blockquote", "br", "dd", "div", "dl",  "dt",    "h1", "h2", "h3",
                                                   "hr",         "li", "ol", "p",   "pre", "table", "tr", "ul"};
constexpr std::array<std::string_view, 2> kUnseen{"script", "style"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// One tag: its name in small letters, and whether it ends an element.
struct Tag {
  std::string name;
  std::string_view inside;
  std::size_t end = 0;  // behind it
};
// nullopt: this `<` begins none. `open_end`: there is no end behind it, and none has to be looked for again.
std::optional<Tag> tag_at(std::string_view text, std::size_t at, bool& open_end) {
  std::size_t from = at + 1;
  if (from < text.size() && text[from] == '/') ++from;
  if (from >= text.size() || (!is_letter(text[from]) && text[from] != '!' && text[from] != '?')) return std::nullopt;
  if (text.substr(from).starts_with("!--")) {
    const std::size_t end = text.find("-->", from);
    return Tag{"", {}, end == std::string_view::npos ? text.size() : end + 3};
  }
  char quote = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '>') {
      Tag tag;
      for (std::size_t n = from; n < i && (is_letter(text[n]) || (text[n] >= '0' && text[n] <= '9')); ++n)
        tag.name += static_cast<char>(text[n] >= 'A' && text[n] <= 'Z' ? text[n] - 'A' + 'a' : text[n]);
      tag.inside = text.substr(from, i - from);
      tag.end = i + 1;
      return tag;
    }
  }
  open_end = true;
  return std::nullopt;
}

class TextMaker {
 public:
  std::string make(std::string_view html) {
    for (std::size_t at = 0; at < html.size();) {
      const auto tag = html[at] == '<' && !open_end_ ? tag_at(html, at, open_end_) : std::nullopt;
      if (tag) {
        at = behind(html, at, *tag);
      } else if (html[at] == '&') {
        std::string one;
        at += put_reference(html, at, one);
        put(one);
      } else {
        put(html.substr(at++, 1));
      }
    }
    return std::move(out_);
  }

 private:
  void put(std::string_view text) {
    if (text == " " || text == "\t" || text == "\r" || text == "\n") {
      blank_ = true;
      return;
    }
    if (!out_.empty() && line_) out_ += '\n';
    if (!out_.empty() && blank_ && !line_) out_ += ' ';
    line_ = blank_ = false;
    out_ += text;
  }
  std::size_t behind(std::string_view html, std::size_t at, const Tag& tag) {
    line_ = line_ || std::ranges::find(kBlocks, tag.name) != kBlocks.end();
    const bool opens = html[at + 1] != '/';
    if (opens && tag.name == "img") put_alternative(tag.inside);
    if (!opens || std::ranges::find(kUnseen, tag.name) == kUnseen.end()) return tag.end;
    const std::size_t close = html.find("</" + tag.name, tag.end);
    return close == std::string_view::npos ? html.size() : close;
  }
  // Messengers send small pictures for faces; their text is the face.
  void put_alternative(std::string_view inside) {
    const std::size_t at = inside.find(" alt=\"");
    if (at == std::string_view::npos) return;
    const std::size_t from = at + 6;
    const std::size_t end = inside.find('"', from);
    if (end != std::string_view::npos && end > from) put(inside.substr(from, end - from));
  }

  std::string out_;
  bool line_ = false, blank_ = false;  // wanted before what comes next
  bool open_end_ = false;
};

}  // namespace

bool decode_html_text(Bytes bytes, std::string_view, std::vector<Value>& values) {
  values.emplace_back(TextMaker().make(as_text(bytes)));
  return true;
}

}  // namespace limier::content::decode
