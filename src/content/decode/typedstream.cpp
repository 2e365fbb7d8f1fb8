// The first string of an NSArchiver stream, as Messages keeps the text of a message in attributedBody. The layout, from
// GNUstep base (NSUnarchiver) and from streams themselves: a head, then values behind the text that says their types;
// objects, classes and type texts that came before are named by number.
#include "content/decode/decode.h"

namespace limier::content::decode {
namespace {

constexpr std::string_view kHead("\x04\x0bstreamtyped", 13);
constexpr std::uint8_t kTwoBytes = 0x81, kFourBytes = 0x82, kNew = 0x84, kNil = 0x85, kEnd = 0x86;
constexpr std::uint8_t kFirstReference = 0x92;
constexpr std::size_t kMaxTypeBytes = 256;

class Stream {
 public:
  explicit Stream(Bytes bytes) : bytes_(bytes) {}

  // The bytes of the first value of type `+` in an object whose class is a string's.
  std::optional<std::string> first_string() {
    if (!as_text(bytes_).starts_with(kHead)) return std::nullopt;
    at_ = kHead.size();
    if (!integer()) return std::nullopt;
    auto type = type_text();
    while (type) {
      for (const char c : *type) {
        if (c == '@') {
          if (!object()) return std::nullopt;
        } else if (c == '+') {
          auto text = counted();
          if (!text || is_string_) return text;
        } else if (c == 'i' || c == 'I' || c == 'q' || c == 'Q' || c == 'l' || c == 'L' || c == 's' || c == 'S' ||
                   c == 'c' || c == 'C') {
          if (!integer()) return std::nullopt;
        } else {
          return std::nullopt;
        }
      }
      while (at_ < bytes_.size() && bytes_[at_] == kEnd) ++at_;
      type = type_text();
    }
    return std::nullopt;
  }

 private:
  std::optional<std::uint8_t> peek() const { return at_ < bytes_.size() ? std::optional(bytes_[at_]) : std::nullopt; }
  std::optional<std::uint32_t> integer() {
    const auto first = peek();
    if (!first) return std::nullopt;
    ++at_;
    if (*first == kTwoBytes || *first == kFourBytes) {
      const auto value = *first == kTwoBytes ? std::optional<std::uint32_t>(le_at<std::uint16_t>(bytes_, at_))
                                             : le_at<std::uint32_t>(bytes_, at_);
      at_ += *first == kTwoBytes ? 2 : 4;
      return value;
    }
    if (*first >= 0x80 && *first < kFirstReference) return std::nullopt;
    return static_cast<std::uint32_t>(static_cast<std::int8_t>(*first));  // as a length, a negative one is none
  }
  std::optional<std::string> counted() {
    const auto size = integer();
    const auto part = size ? slice(bytes_, at_, *size) : std::nullopt;
    if (!part) return std::nullopt;
    at_ += part->size();
    return std::string(as_text(*part));
  }
  // A text that may have come before: the type of what follows, or the name of a class.
  std::optional<std::string> type_text() {
    const auto first = peek();
    if (!first) return std::nullopt;
    if (*first == kNew) {
      ++at_;
      auto text = counted();
      if (!text || text->size() > kMaxTypeBytes) return std::nullopt;
      texts_.push_back(*text);
      return text;
    }
    if (*first < kFirstReference || *first - kFirstReference >= static_cast<int>(texts_.size())) return std::nullopt;
    ++at_;
    return texts_[*first - kFirstReference];
  }
  // The head of an object: its class and those above it. What it holds follows as values behind their types.
  bool object() {
    const auto first = peek();
    if (!first) return false;
    ++at_;
    is_string_ = false;
    if (*first == kNil || *first >= kFirstReference) return true;
    if (*first != kNew) return false;
    for (std::size_t depth = 0; depth < kMaxDepth; ++depth) {
      const auto mark = peek();
      if (!mark) return false;
      if (*mark == kNil || *mark >= kFirstReference) {
        ++at_;
        return true;
      }
      if (*mark != kNew) return false;
      ++at_;
      const auto name = type_text();
      if (!name || !integer()) return false;
      is_string_ = is_string_ || *name == "NSString" || *name == "NSMutableString";
    }
    return false;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  std::vector<std::string> texts_;
  bool is_string_ = false;
};

}  // namespace

bool decode_typedstream_string(Bytes bytes, std::string_view, std::vector<Value>& values) {
  auto text = Stream(bytes).first_string();
  if (!text) return false;
  values.emplace_back(std::move(*text));
  return true;
}

}  // namespace limier::content::decode
