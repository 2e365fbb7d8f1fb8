// Android's binary XML, since Android 12: "ABX\0", then one byte for each event, its kind in the lower half and the
// form of its value in the upper one. Source: Android Open Source Project, BinaryXmlSerializer and BinaryXmlPullParser.
#include <fmt/format.h>

#include <bit>
#include <optional>
#include <vector>

#include "content/xml_events.h"

namespace limier::content {
namespace {

enum Event : std::uint8_t {
  kStartDocument = 0,
  kEndDocument = 1,
  kStartTag = 2,
  kEndTag = 3,
  kText = 4,
  kCdata = 5,
  kEntity = 6,
  kBlanks = 7,
  kInstruction = 8,
  kComment = 9,
  kDoctype = 10,
  kAttribute = 15,
};
enum Form : std::uint8_t {
  kNothing = 1,
  kString = 2,
  kPooled = 3,
  kHexBytes = 4,
  kBase64Bytes = 5,
  kInt = 6,
  kIntHex = 7,
  kLong = 8,
  kLongHex = 9,
  kFloat = 10,
  kDouble = 11,
  kTrue = 12,
  kFalse = 13,
};
constexpr std::size_t kMaxPool = 0xFFFF;
constexpr std::uint16_t kNotYet = 0xFFFF;  // a text that is put into the pool here

std::string hex_of(std::int64_t value) {
  return value < 0 ? fmt::format("-{:x}", 0 - static_cast<std::uint64_t>(value)) : fmt::format("{:x}", value);
}

std::string base64_of(Bytes bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = static_cast<std::uint32_t>(bytes[i]) << 16;
    if (i + 1 < bytes.size()) bits |= static_cast<std::uint32_t>(bytes[i + 1]) << 8;
    if (i + 2 < bytes.size()) bits |= bytes[i + 2];
    for (std::size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? kDigits[bits >> (18 - 6 * k) & 0x3F] : '=';
  }
  return text;
}

class AbxReader {
 public:
  AbxReader(Bytes bytes, XmlEvents& events) : bytes_(bytes), events_(events) {}

  XmlEnd read() {
    constexpr std::string_view kMagic("ABX\0", 4);
    if (!as_text(bytes_).starts_with(kMagic)) return XmlEnd::kNotXml;
    at_ = kMagic.size();
    while (at_ < bytes_.size()) {
      const std::uint8_t mark = bytes_[at_++];
      if (!take(mark & 0x0F, mark >> 4)) break;
      if (ended_) return XmlEnd::kWhole;
    }
    return seen_ ? XmlEnd::kCut : XmlEnd::kNotXml;
  }

 private:
  bool take(unsigned event, unsigned form) {
    // The attributes of an element follow it.
    if (event != kAttribute && pending_) emit();
    switch (event) {
      case kStartDocument:
        return true;
      case kEndDocument:
        ended_ = open_.empty() && seen_;
        return ended_;
      case kStartTag: {
        auto name = pooled();
        if (!name || open_.size() >= kMaxXmlDepth) return false;
        open_.push_back(std::move(*name));
        pending_ = true;
        return true;
      }
      case kEndTag: {
        const auto name = pooled();
        if (!name || open_.empty() || open_.back() != *name) return false;
        events_.end(*name);
        open_.pop_back();
        return true;
      }
      case kAttribute: {
        auto name = pooled();
        auto text = name && pending_ && attributes_.size() < kMaxXmlAttributes ? value(form) : std::nullopt;
        if (!text) return false;
        attributes_.push_back({std::move(*name), std::move(*text)});
        return true;
      }
      case kText:
      case kCdata: {
        const auto text = value(form);
        if (text && !open_.empty()) events_.text(*text);
        return text.has_value();
      }
      case kEntity:
      case kBlanks:
      case kInstruction:
      case kComment:
      case kDoctype:
        return value(form).has_value();
      default:
        return false;
    }
  }

  void emit() {
    pending_ = false;
    seen_ = true;
    events_.start(open_.back(), attributes_);
    attributes_.clear();
  }

  template <class T>
  std::optional<T> number() {
    const auto found = be_at<T>(bytes_, at_);
    if (found) at_ += sizeof(T);
    return found;
  }
  std::optional<Bytes> block() {
    const auto size = number<std::uint16_t>();
    const auto part = size ? slice(bytes_, at_, *size) : std::nullopt;
    if (part) at_ += part->size();
    return part;
  }
  std::optional<std::string> pooled() {
    const auto place = number<std::uint16_t>();
    if (!place) return std::nullopt;
    if (*place != kNotYet) return *place < pool_.size() ? std::optional(pool_[*place]) : std::nullopt;
    const auto text = block();
    if (!text || pool_.size() >= kMaxPool) return std::nullopt;
    pool_.emplace_back(as_text(*text));
    return pool_.back();
  }

  // As the text form has it.
  std::optional<std::string> value(unsigned form) {
    const auto text_of = [](auto found, auto make) {
      return found ? std::optional<std::string>(make(*found)) : std::nullopt;
    };
    switch (form) {
      case kNothing:
        return std::string();
      case kString:
        return text_of(block(), [](Bytes bytes) { return std::string(as_text(bytes)); });
      case kPooled:
        return pooled();
      case kHexBytes:
        return text_of(block(), [](Bytes bytes) {
          std::string hex;
          for (const std::uint8_t byte : bytes) hex += fmt::format("{:02x}", byte);
          return hex;
        });
      case kBase64Bytes:
        return text_of(block(), base64_of);
      case kInt:
        return text_of(number<std::uint32_t>(),
                       [](auto bits) { return std::to_string(static_cast<std::int32_t>(bits)); });
      case kIntHex:
        return text_of(number<std::uint32_t>(), [](auto bits) { return hex_of(static_cast<std::int32_t>(bits)); });
      case kLong:
        return text_of(number<std::uint64_t>(),
                       [](auto bits) { return std::to_string(static_cast<std::int64_t>(bits)); });
      case kLongHex:
        return text_of(number<std::uint64_t>(), [](auto bits) { return hex_of(static_cast<std::int64_t>(bits)); });
      case kFloat:
        return text_of(number<std::uint32_t>(),
                       [](auto bits) { return fmt::format("{}", std::bit_cast<float>(bits)); });
      case kDouble:
        return text_of(number<std::uint64_t>(),
                       [](auto bits) { return fmt::format("{}", std::bit_cast<double>(bits)); });
      case kTrue:
        return "true";
      case kFalse:
        return "false";
      default:
        return std::nullopt;
    }
  }

  Bytes bytes_;
  XmlEvents& events_;
  std::size_t at_ = 0;
  std::vector<std::string> pool_, open_;
  std::vector<XmlAttribute> attributes_;
  bool pending_ = false, seen_ = false, ended_ = false;
};

}  // namespace

XmlEnd read_abx(Bytes abx, XmlEvents& events) {
  return AbxReader(abx, events).read();
}

}  // namespace limier::content
