// Property lists. Source of the binary form: Apple, CFBinaryPList.c (the comment at its head). Dates are numbers:
// seconds since 2001, as stored.
#include "content/decode/plist.h"

#include <algorithm>
#include <bit>

#include "content/decode/decode.h"

namespace limier::content::decode {
namespace {

constexpr std::size_t kMaxObjects = 1u << 17;
constexpr std::size_t kMaxReferences = 1u << 19;
constexpr std::size_t kTrailerBytes = 32;
constexpr std::string_view kBinaryMagic = "bplist0";

class BinaryReader {
 public:
  explicit BinaryReader(Bytes bytes) : bytes_(bytes) {}

  std::optional<Plist> read() {
    if (bytes_.size() < kTrailerBytes + 8) return std::nullopt;
    const std::uint64_t trailer = bytes_.size() - kTrailerBytes;
    offset_bytes_ = bytes_[trailer + 6];
    reference_bytes_ = bytes_[trailer + 7];
    const std::uint64_t count = *be_at<std::uint64_t>(bytes_, trailer + 8);
    const std::uint64_t top = *be_at<std::uint64_t>(bytes_, trailer + 16);
    table_ = *be_at<std::uint64_t>(bytes_, trailer + 24);
    if (count == 0 || count > kMaxObjects || top >= count || offset_bytes_ == 0 || offset_bytes_ > 8 ||
        reference_bytes_ == 0 || reference_bytes_ > 8 || table_ > trailer)
      return std::nullopt;
    plist_.top = static_cast<std::uint32_t>(top);
    plist_.objects.resize(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto offset = number(table_ + i * offset_bytes_, offset_bytes_);
      if (!offset || !object(*offset, plist_.objects[i])) return std::nullopt;
    }
    return std::move(plist_);
  }

 private:
  [[nodiscard]] std::optional<std::uint64_t> number(std::uint64_t at, std::uint64_t size) const {
    const auto part = slice(bytes_, at, size);
    if (!part) return std::nullopt;
    std::uint64_t value = 0;
    for (const std::uint8_t byte : *part) value = value << 8 | byte;
    return value;
  }
  // How many; larger ones stand in an integer behind the mark.
  std::optional<std::uint64_t> count(std::uint8_t mark, std::uint64_t& at) const {
    if ((mark & 0x0fu) != 0x0fu) return mark & 0x0fu;
    const auto kind = number(at, 1);
    if (!kind || *kind >> 4 != 1 || (*kind & 0x0fu) > 3) return std::nullopt;
    const std::uint64_t size = std::uint64_t{1} << (*kind & 0x0fu);
    const auto value = number(at + 1, size);
    at += 1 + size;
    return value;
  }
  bool take(Plist::Object& object, std::string text) {
    room_ += text.size();
    object.kind = Plist::Kind::kValue;
    object.value = std::move(text);
    return room_ <= kMaxOutputBytes;
  }
  bool wide_text(Plist::Object& object, std::uint64_t at, std::uint64_t characters) {
    const auto part = characters <= bytes_.size() ? slice(bytes_, at, characters * 2) : std::nullopt;
    if (!part) return false;
    std::vector<std::uint8_t> marked{0xfe, 0xff};
    marked.insert(marked.end(), part->begin(), part->end());
    std::vector<Value> text;
    // Half a character: the bytes stay as they are.
    if (!decode_utf16(marked, {}, text)) return take(object, std::string(as_text(*part)));
    return take(object, std::get<std::string>(std::move(text.front())));
  }
  bool references(Plist::Object& object, std::uint64_t at, std::uint64_t items, std::uint64_t stride) {
    references_ += items;
    if (items > kMaxReferences || references_ > kMaxReferences) return false;
    for (std::uint64_t i = 0; i < items; ++i)
      for (std::uint64_t part = 0; part < stride; ++part) {
        const auto value = number(at + (part * items + i) * reference_bytes_, reference_bytes_);
        if (!value || *value >= plist_.objects.size()) return false;
        object.held.push_back(static_cast<std::uint32_t>(*value));
      }
    return true;
  }
  bool scalar(std::uint8_t mark, std::uint64_t at, Plist::Object& object) const {
    object.kind = Plist::Kind::kValue;
    const std::uint64_t size = std::uint64_t{1} << (mark & 0x0fu);
    if (mark >> 4 == 1 && size <= 16) {
      // One of 16 bytes holds what fits no 8.
      const auto value = size == 16 ? number(at + 8, 8) : number(at, size);
      if (!value) return false;
      object.value = static_cast<std::int64_t>(*value);
      return true;
    }
    const auto value = number(at, size);
    if (!value) return false;
    if (size == 8)
      object.value = std::bit_cast<double>(*value);
    else if (size == 4 && mark >> 4 == 2)
      object.value = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(*value)));
    else
      return false;
    return true;
  }
  bool object(std::uint64_t at, Plist::Object& object) {
    if (at >= table_) return false;
    const std::uint8_t mark = bytes_[at++];
    switch (mark >> 4) {
      case 0:
        if (mark == 0x08 || mark == 0x09) {
          object.kind = Plist::Kind::kValue;
          object.value = std::int64_t{mark == 0x09 ? 1 : 0};
        }
        return true;
      case 1:
      case 2:
      case 3:
        return (mark >> 4 != 3 || mark == 0x33) && (mark & 0x0fu) <= 4 && scalar(mark, at, object);
      case 8: {
        const auto value = number(at, (mark & 0x0fu) + 1);
        if (!value || (mark & 0x0fu) > 7) return false;
        object.kind = Plist::Kind::kReference;
        object.value = static_cast<std::int64_t>(*value);
        return true;
      }
      default:
        break;
    }
    const auto items = count(mark, at);
    if (!items) return false;
    switch (mark >> 4) {
      case 4:
      case 5: {
        const auto part = slice(bytes_, at, *items);
        return part && take(object, std::string(as_text(*part)));
      }
      case 6:
        return wide_text(object, at, *items);
      case 0xa:
      case 0xb:
      case 0xc:
        object.kind = Plist::Kind::kList;
        return references(object, at, *items, 1);
      case 0xd:
        object.kind = Plist::Kind::kMap;
        return references(object, at, *items, 2);
      default:
        return false;
    }
  }

  Bytes bytes_;
  std::uint64_t offset_bytes_ = 0, reference_bytes_ = 0, table_ = 0, references_ = 0;
  std::size_t room_ = 0;
  Plist plist_;
};

// The tree of a property list that is no archive.
bool spread(const Plist& plist, Tree& tree) {
  struct Waiting {
    std::uint32_t object, parent;
    std::string_view key;
    std::size_t depth;
  };
  std::vector<Waiting> waiting{{plist.top, Tree::kNone, {}, 0}};
  // Items go in at the end in turn: what waits is taken from the front.
  for (std::size_t next = 0; next < waiting.size(); ++next) {
    const Waiting one = waiting[next];
    const Plist::Object& object = plist.objects[one.object];
    if (one.depth > kMaxDepth) return false;
    if (object.kind != Plist::Kind::kList && object.kind != Plist::Kind::kMap) {
      const bool valued = object.kind == Plist::Kind::kValue;
      const std::uint32_t made =
          valued ? tree.add_value(one.parent, one.key, object.value) : tree.add(one.parent, one.key, Tree::Kind::kNull);
      if (made == Tree::kNone) return false;
      continue;
    }
    const bool map = object.kind == Plist::Kind::kMap;
    const std::uint32_t made = tree.add(one.parent, one.key, map ? Tree::Kind::kMap : Tree::Kind::kList);
    if (made == Tree::kNone || waiting.size() + object.held.size() > kMaxReferences) return false;
    for (std::size_t i = 0; i < object.held.size(); i += map ? 2 : 1) {
      const std::string* key = map ? plist.text(object.held[i]) : nullptr;
      if (map && key == nullptr) continue;
      waiting.push_back(
          {object.held[i + (map ? 1 : 0)], made, map ? std::string_view(*key) : std::string_view(), one.depth + 1});
    }
  }
  return true;
}

}  // namespace

std::optional<std::uint32_t> Plist::member(std::uint32_t map, std::string_view key) const {
  const Object& object = objects[map];
  if (object.kind != Kind::kMap) return std::nullopt;
  for (std::size_t i = 0; i + 1 < object.held.size(); i += 2)
    if (const std::string* name = text(object.held[i]); name != nullptr && *name == key) return object.held[i + 1];
  return std::nullopt;
}

const std::string* Plist::text(std::uint32_t object) const {
  return objects[object].kind == Kind::kValue ? std::get_if<std::string>(&objects[object].value) : nullptr;
}

std::optional<Plist> read_plist(Bytes bytes) {
  if (bytes.size() > kMaxOutputBytes) return std::nullopt;
  if (as_text(bytes).starts_with(kBinaryMagic)) return BinaryReader(bytes).read();
  return read_xml_plist(as_text(bytes));
}

bool decode_plist(Bytes bytes, std::string_view path, std::vector<Value>& values) {
  const auto plist = read_plist(bytes);
  Tree tree;
  return plist && spread(*plist, tree) && tree.select(path, values);
}

}  // namespace limier::content::decode
