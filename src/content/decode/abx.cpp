// Android's binary XML (ABX, since Android 12). Source: Android Open Source Project, com.android.internal.util
// BinaryXmlSerializer and com.android.modules.utils FastDataInput (facts). An element is a map: its attributes as
// "@name", its text as "#text", its elements by their names.
#include <bit>

#include "content/decode/tree.h"

namespace limier::content::decode {
namespace {

constexpr std::string_view kMagic("ABX\0", 4);
constexpr std::uint16_t kNewText = 0xffff;  // no number of a text that came before: one that comes now
constexpr std::size_t kMaxPool = 1u << 16;

enum Token : std::uint8_t {
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
  kDocumentType = 10,
  kAttribute = 15,
};
enum Form : std::uint8_t {
  kNone = 1,
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

class AbxReader {
 public:
  AbxReader(Bytes bytes, Tree& tree) : bytes_(bytes), tree_(tree) {}

  bool read() {
    if (!as_text(bytes_).starts_with(kMagic)) return false;
    at_ = kMagic.size();
    open_.push_back(tree_.add(Tree::kNone, {}, Tree::Kind::kMap));
    while (at_ < bytes_.size()) {
      const std::uint8_t mark = bytes_[at_++];
      const auto form = static_cast<std::uint8_t>(mark >> 4);
      switch (mark & 0x0fu) {
        case kStartDocument:
          break;
        case kEndDocument:
          return open_.size() == 1;
        case kStartTag:
          if (!start()) return false;
          break;
        case kEndTag:
          if (open_.size() < 2 || !pooled()) return false;
          open_.pop_back();
          break;
        case kAttribute: {
          const auto name = pooled();
          if (!name || open_.size() < 2 || !put("@" + *name, form)) return false;
          break;
        }
        case kText:
        case kCdata:
          if (!put("#text", form)) return false;
          break;
        case kEntity:
        case kBlanks:
        case kInstruction:
        case kComment:
        case kDocumentType:
          if (form != kNone && !text()) return false;
          break;
        default:
          return false;
      }
    }
    return false;  // it has to say that it ends
  }

 private:
  std::optional<std::string> text() {
    const auto size = be_at<std::uint16_t>(bytes_, at_);
    const auto part = size ? slice(bytes_, at_ + 2, *size) : std::nullopt;
    if (!part) return std::nullopt;
    at_ += 2 + part->size();
    return std::string(as_text(*part));
  }
  std::optional<std::string> pooled() {
    const auto number = be_at<std::uint16_t>(bytes_, at_);
    if (!number) return std::nullopt;
    at_ += 2;
    if (*number != kNewText) return *number < pool_.size() ? std::optional(pool_[*number]) : std::nullopt;
    auto one = text();
    if (!one || pool_.size() >= kMaxPool) return std::nullopt;
    pool_.push_back(*one);
    return one;
  }
  bool start() {
    const auto name = pooled();
    if (!name || open_.size() > kMaxDepth) return false;
    const std::uint32_t made = tree_.add(open_.back(), *name, Tree::Kind::kMap);
    open_.push_back(made);
    return made != Tree::kNone;
  }
  template <class Number>
  std::optional<Number> number() {
    const auto value = be_at<Number>(bytes_, at_);
    at_ += sizeof(Number);
    return value;
  }
  std::optional<Value> value(std::uint8_t form) {
    switch (form) {
      case kString:
      case kHexBytes:
      case kBase64Bytes: {
        auto bytes = text();
        return bytes ? std::optional<Value>(std::move(*bytes)) : std::nullopt;
      }
      case kPooled: {
        auto one = pooled();
        return one ? std::optional<Value>(std::move(*one)) : std::nullopt;
      }
      case kInt:
      case kIntHex: {
        const auto bits = number<std::uint32_t>();
        return bits ? std::optional<Value>(std::int64_t{static_cast<std::int32_t>(*bits)}) : std::nullopt;
      }
      case kLong:
      case kLongHex: {
        const auto bits = number<std::uint64_t>();
        return bits ? std::optional<Value>(static_cast<std::int64_t>(*bits)) : std::nullopt;
      }
      case kFloat: {
        const auto bits = number<std::uint32_t>();
        return bits ? std::optional<Value>(static_cast<double>(std::bit_cast<float>(*bits))) : std::nullopt;
      }
      case kDouble: {
        const auto bits = number<std::uint64_t>();
        return bits ? std::optional<Value>(std::bit_cast<double>(*bits)) : std::nullopt;
      }
      case kTrue:
      case kFalse:
        return std::optional<Value>(std::int64_t{form == kTrue ? 1 : 0});
      default:
        return std::nullopt;
    }
  }
  bool put(std::string_view name, std::uint8_t form) {
    if (form == kNone) return tree_.add(open_.back(), name, Tree::Kind::kNull) != Tree::kNone;
    auto one = value(form);
    return one && tree_.add_value(open_.back(), name, std::move(*one)) != Tree::kNone;
  }

  Bytes bytes_;
  Tree& tree_;
  std::size_t at_ = 0;
  std::vector<std::string> pool_;
  std::vector<std::uint32_t> open_;
};

}  // namespace

bool decode_abx(Bytes bytes, std::string_view path, std::vector<Value>& values) {
  Tree tree;
  return AbxReader(bytes, tree).read() && tree.select(path, values);
}

}  // namespace limier::content::decode
