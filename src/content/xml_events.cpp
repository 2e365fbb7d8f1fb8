// Source: Extensible Markup Language (XML) 1.0, as far as Android and Apple write it: no entities of its own, no
// namespaces, UTF-8.
#include "content/xml_events.h"

#include <algorithm>
#include <vector>

#include "content/charset.h"

namespace limier::content {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

class TextReader {
 public:
  TextReader(std::string_view xml, XmlEvents& events) : xml_(xml), events_(events) {}

  XmlEnd read() {
    if (xml_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (!xml_.substr(at_).starts_with('<')) return XmlEnd::kNotXml;  // nothing stands before the declaration
    while (at_ < xml_.size()) {
      if (xml_[at_] != '<') {
        if (!take_text()) return ended();
        continue;
      }
      if (!take_tag()) return ended();
      if (seen_ && open_.empty()) return XmlEnd::kWhole;
    }
    return ended();
  }

 private:
  [[nodiscard]] XmlEnd ended() const { return seen_ ? XmlEnd::kCut : XmlEnd::kNotXml; }

  bool take_text() {
    const std::size_t end = xml_.find('<', at_);
    if (end == std::string_view::npos) return false;  // half a text is none
    const std::string_view raw = xml_.substr(at_, end - at_);
    at_ = end;
    if (open_.empty()) return raw.find_first_not_of(kBlank) == std::string_view::npos;
    events_.text(resolved(raw));
    return true;
  }

  // Behind the next `end`, or false.
  bool skip_to(std::string_view end) {
    const std::size_t found = xml_.find(end, at_);
    if (found == std::string_view::npos) return false;
    at_ = found + end.size();
    return true;
  }

  bool take_tag() {
    const std::string_view rest = xml_.substr(at_);
    if (rest.starts_with("<!--")) return skip_to("-->");
    if (rest.starts_with("<?")) return skip_to("?>");
    if (rest.starts_with("<![CDATA[")) {
      const std::size_t begin = at_ + 9;
      if (open_.empty() || !skip_to("]]>")) return false;
      events_.text(xml_.substr(begin, at_ - 3 - begin));
      return true;
    }
    if (rest.starts_with("<!")) return skip_to(">");
    if (rest.starts_with("</")) {
      const std::size_t begin = at_ + 2;
      if (!skip_to(">")) return false;
      std::string_view name = xml_.substr(begin, at_ - 1 - begin);
      name = name.substr(0, name.find_last_not_of(kBlank) + 1);
      if (open_.empty() || open_.back() != name) return false;
      open_.pop_back();
      events_.end(name);
      return true;
    }
    ++at_;
    return take_start();
  }

  void skip_blanks() { at_ = std::min(xml_.size(), xml_.find_first_not_of(kBlank, at_)); }
  std::string_view name() {
    const std::size_t end = std::min(xml_.size(), xml_.find_first_of(" \t\r\n=/><\"'", at_));
    const std::string_view found = xml_.substr(at_, end - at_);
    at_ = end;
    return found;
  }

  bool take_start() {
    const std::string_view element = name();
    if (element.empty()) return false;
    std::vector<XmlAttribute> attributes;
    while (true) {
      skip_blanks();
      if (at_ >= xml_.size()) return false;
      const bool empty = xml_[at_] == '/';
      if (empty) ++at_;
      if (at_ < xml_.size() && xml_[at_] == '>') {
        ++at_;
        return emit(element, attributes, empty);
      }
      if (empty) return false;
      const std::string_view key = name();
      skip_blanks();
      if (key.empty() || at_ >= xml_.size() || xml_[at_] != '=' || attributes.size() >= kMaxXmlAttributes) return false;
      ++at_;
      skip_blanks();
      if (at_ >= xml_.size() || (xml_[at_] != '"' && xml_[at_] != '\'')) return false;
      const std::size_t end = xml_.find(xml_[at_], at_ + 1);
      if (end == std::string_view::npos) return false;
      attributes.push_back({std::string(key), resolved(xml_.substr(at_ + 1, end - at_ - 1))});
      at_ = end + 1;
    }
  }

  bool emit(std::string_view element, std::span<const XmlAttribute> attributes, bool empty) {
    if (open_.size() >= kMaxXmlDepth) return false;
    seen_ = true;
    events_.start(element, attributes);
    if (empty)
      events_.end(element);
    else
      open_.emplace_back(element);
    return true;
  }

  static std::string resolved(std::string_view raw) {
    std::string text;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '&') {
        const std::size_t end = raw.substr(i, 12).find(';');
        const auto character = end == std::string_view::npos ? U'\0' : reference(raw.substr(i + 1, end - 1));
        if (character != 0) {
          append_utf8(text, character);
          i += end;
          continue;
        }
      }
      text += raw[i];
    }
    return text;
  }

  static char32_t reference(std::string_view name) {
    struct Named {
      std::string_view name;
      char32_t character;
    };
    constexpr Named kNamed[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const Named& known : kNamed)
      if (known.name == name) return known.character;
    if (name.size() < 2 || name[0] != '#') return 0;
    const bool hex = name[1] == 'x';
    char32_t value = 0;
    for (const char c : name.substr(hex ? 2 : 1)) {
      const bool digit = c >= '0' && c <= '9', small = hex && c >= 'a' && c <= 'f', large = hex && c >= 'A' && c <= 'F';
      if (!digit && !small && !large) return 0;
      value = value * (hex ? 16 : 10) + static_cast<char32_t>(digit ? c - '0' : small ? c - 'a' + 10 : c - 'A' + 10);
      if (value > 0x10FFFF) return 0;
    }
    return value;
  }

  std::string_view xml_;
  XmlEvents& events_;
  std::size_t at_ = 0;
  std::vector<std::string_view> open_;
  bool seen_ = false;
};

}  // namespace

XmlEnd read_xml(std::string_view xml, XmlEvents& events) {
  return TextReader(xml, events).read();
}

XmlEnd read_any_xml(Bytes bytes, XmlEvents& events) {
  return as_text(bytes).starts_with("ABX") ? read_abx(bytes, events) : read_xml(as_text(bytes), events);
}

std::string_view attribute(std::span<const XmlAttribute> attributes, std::string_view name) {
  const auto found = std::ranges::find(attributes, name, &XmlAttribute::name);
  return found == attributes.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace limier::content
