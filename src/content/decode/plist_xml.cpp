// Property lists written as XML. Source: Apple, PropertyList-1.0.dtd; the XML itself is read by xml_events.
#include <algorithm>
#include <charconv>

#include "content/decode/plist.h"
#include "content/xml_events.h"
#include "limier/base/times.h"

namespace limier::content::decode {
namespace {

constexpr std::size_t kMaxObjects = 1u << 17;
constexpr std::int64_t kSince2001 = 978'307'200;

class PlistMaker final : public XmlEvents {
 public:
  void start(std::string_view name, std::span<const XmlAttribute>) override { right_ = right_ && open(name); }
  void text(std::string_view text) override {
    text_ += in_text_ ? text : std::string_view();
    right_ = right_ && text_.size() <= kMaxOutputBytes && (in_text_ || text.find_first_not_of(" \t\r\n") == text.npos);
  }
  void end(std::string_view name) override {
    if (!done_) right_ = right_ && close(name);
  }
  // Nothing counts behind the outermost object: a list may be cut there.
  std::optional<Plist> take() { return right_ && done_ ? std::optional(std::move(plist_)) : std::nullopt; }

 private:
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
    if (done_ || in_text_) return false;
    if (name == "plist") return open_.empty();
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

  Plist plist_;
  std::vector<std::uint32_t> open_;
  std::string text_;
  bool in_text_ = false, done_ = false, right_ = true;
};

}  // namespace

std::optional<Plist> read_xml_plist(std::string_view xml) {
  PlistMaker maker;
  (void)read_xml(xml, maker);
  return maker.take();
}

}  // namespace limier::content::decode
