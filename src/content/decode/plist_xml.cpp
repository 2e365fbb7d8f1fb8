// Property lists written as XML. Source: Apple, PropertyList-1.0.dtd; as much of XML as they use.
#include <algorithm>
#include <charconv>

#include "content/decode/marks.h"
#include "content/decode/plist.h"
#include "limier/base/times.h"

namespace limier::content::decode {
namespace {

constexpr std::size_t kMaxObjects = 1u << 17;
constexpr std::int64_t kSince2001 = 978'307'200;

class XmlReader {
 public:
  explicit XmlReader(std::string_view xml) : xml_(xml) {}

  std::optional<Plist> read() {
    if (xml_.starts_with("\xef\xbb\xbf")) at_ = 3;
    while (at_ < xml_.size()) {
      if (xml_[at_] != '<') {
        if (in_text_ ? !take_text() : !is_blank(xml_[at_++])) return std::nullopt;
        continue;
      }
      if (!take_tag()) return std::nullopt;
      if (done_) return std::move(plist_);
    }
    return std::nullopt;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  bool take_text() {
    while (at_ < xml_.size() && xml_[at_] != '<') {
      if (xml_[at_] == '&')
        at_ += put_reference(xml_, at_, text_);
      else
        text_ += xml_[at_++];
    }
    return text_.size() <= kMaxOutputBytes;
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
    if (rest.starts_with("<![CDATA[")) {
      const std::size_t from = at_ + 9;
      if (!in_text_ || !skip_to("]]>")) return false;
      text_ += xml_.substr(from, at_ - 3 - from);
      return true;
    }
    if (rest.starts_with("<?") || rest.starts_with("<!")) return skip_to(">");
    std::size_t end = xml_.find('>', at_);
    if (end == std::string_view::npos) return false;
    std::string_view inside = xml_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    const bool closes = inside.starts_with('/');
    if (closes) inside.remove_prefix(1);
    const bool empty = inside.ends_with('/');
    if (empty) inside.remove_suffix(1);
    const std::string_view name = inside.substr(0, std::min(inside.find_first_of(" \t\r\n"), inside.size()));
    if (closes) return close(name);
    return open(name) && (!empty || close(name));
  }

  // The number of a new object, hung where it belongs.
  bool hang(Plist::Object object, bool as_key = false) {
    if (plist_.objects.size() >= kMaxObjects) return false;
    const auto number = static_cast<std::uint32_t>(plist_.objects.size());
    plist_.objects.push_back(std::move(object));
    if (open_.empty()) {
      if (number != 0) return false;
      return true;
    }
    Plist::Object& above = plist_.objects[open_.back()];
    if (above.kind == Plist::Kind::kMap && as_key != (above.held.size() % 2 == 0)) return false;
    above.held.push_back(number);
    return above.kind == Plist::Kind::kMap || !as_key;
  }
  bool open(std::string_view name) {
    if (name == "plist") return true;
    if (in_text_) return false;
    if (name == "dict" || name == "array") {
      Plist::Object object;
      object.kind = name == "dict" ? Plist::Kind::kMap : Plist::Kind::kList;
      const auto number = static_cast<std::uint32_t>(plist_.objects.size());
      if (open_.size() > kMaxDepth || !hang(std::move(object))) return false;
      open_.push_back(number);
      return true;
    }
    in_text_ = true;
    text_.clear();
    return true;
  }
  bool close(std::string_view name) {
    if (name == "dict" || name == "array") {
      if (open_.empty() || in_text_) return false;
      const Plist::Object& object = plist_.objects[open_.back()];
      open_.pop_back();
      done_ = open_.empty();
      return (object.kind == Plist::Kind::kMap) == (name == "dict") &&
             (object.kind != Plist::Kind::kMap || object.held.size() % 2 == 0);
    }
    if (name == "plist") return false;  // nothing stood in it
    if (!in_text_) return false;
    in_text_ = false;
    done_ = open_.empty();
    Plist::Object object;
    object.kind = Plist::Kind::kValue;
    return value_of(name, object.value) && hang(std::move(object), name == "key");
  }
  bool value_of(std::string_view name, Value& value) {
    if (name == "key" || name == "string") {
      value = std::exchange(text_, {});
    } else if (name == "true" || name == "false") {
      value = std::int64_t{name == "true" ? 1 : 0};
    } else if (name == "data") {
      std::vector<Value> bytes;
      if (!decode_base64(as_bytes(text_), {}, bytes)) return false;
      value = std::move(bytes.front());
    } else if (name == "date") {
      const auto time = parse_time(text_);
      if (!time) return false;
      value = static_cast<double>(*time / kNsPerSecond - kSince2001);
    } else if (name == "integer") {
      std::int64_t number = 0;
      if (!number_of(number)) return false;
      value = number;
    } else if (name == "real") {
      double number = 0;
      if (!number_of(number)) return false;
      value = number;
    } else {
      return false;
    }
    return true;
  }
  template <class Number>
  bool number_of(Number& number) const {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    return error == std::errc() && end == text_.data() + text_.size();
  }

  std::string_view xml_;
  std::size_t at_ = 0;
  Plist plist_;
  std::vector<std::uint32_t> open_;
  std::string text_;
  bool in_text_ = false, done_ = false;
};

}  // namespace

std::optional<Plist> read_xml_plist(std::string_view xml) {
  return XmlReader(xml).read();
}

}  // namespace limier::content::decode
