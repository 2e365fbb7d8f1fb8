// Messages as Telegram keeps them: objects of its type language, a constructor of 32 bits and then fields, some of them
// only with a bit of the flags. Sources: core.telegram.org, "Binary Data Serialization" and the schemas of its layers;
// DrKLO/Telegram, TL_legacy_message.java (facts). What is asked for: "kind", "text", "from", "date".
// Where a constructor is not known, the fields behind it are not either: then the kind is that constructor, in hex.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "content/decode/decode.h"
#include "limier/base.h"

namespace limier::content::decode {
namespace {

constexpr std::uint32_t kVector = 0x1cb5c415;
constexpr std::uint32_t kMaxEntities = 1000;         // of one quotation
constexpr std::uint32_t kFirstDate = 1'375'000'000;  // July 2013, before the first version
constexpr std::uint32_t kPhoneCall = 0x80e11a7f;

constexpr std::array<std::uint32_t, 8> kMessages{0xa66c7efc, 0x1e4c8a69, 0x76bec211, 0x38116ee0,
                                                 0x85d6cbe2, 0xbce383d2, 0x58ae39c9, 0xf52e6b7f};
// With a second word of flags: since layer 179.
constexpr std::array<std::uint32_t, 11> kMessages2{0x7600b9d3, 0x95ef6f2b, 0x3ae56482, 0x9cb490e9,
                                                   0xb92f76cf, 0x9815cec8, 0xeabcdd4d, 0x96fdbbe9,
                                                   0x94345242, 0xbde09c2e, 0x2357bf25};
constexpr std::array<std::uint32_t, 3> kWithRank{0x3ae56482, 0x95ef6f2b, 0x7600b9d3};
constexpr std::array<std::uint32_t, 2> kWithGuest{0x95ef6f2b, 0x7600b9d3};
// Before layer 133 the number of a bot has 32 bits.
constexpr std::array<std::uint32_t, 3> kShortNumbers{0xbce383d2, 0x58ae39c9, 0xf52e6b7f};
// What Telegram says itself, with a header that is known, and without.
constexpr std::array<std::uint32_t, 4> kService{0x7a800e0a, 0xd3d28540, 0x2b085862, 0x286fa604};
constexpr std::array<std::uint32_t, 4> kOldService{0x9e19a1f6, 0xc06b9607, 0x1d86f70e, 0x9f8d60bb};

enum class Is : std::uint8_t { kInt, kText, kPeer, kForward, kMedia, kEntities };
struct Step {
  std::uint32_t flag = 0;  // 0: always there
  Is is = Is::kInt;
};
constexpr std::array<Step, 11> kForwardSteps{{{1, Is::kPeer},
                                              {32, Is::kText},
                                              {0, Is::kInt},
                                              {4, Is::kInt},
                                              {8, Is::kText},
                                              {16, Is::kPeer},
                                              {16, Is::kInt},
                                              {256, Is::kPeer},
                                              {512, Is::kText},
                                              {1024, Is::kInt},
                                              {64, Is::kText}}};
constexpr std::array<Step, 10> kReplySteps{{{16, Is::kInt},
                                            {1, Is::kPeer},
                                            {32, Is::kForward},
                                            {256, Is::kMedia},
                                            {2, Is::kInt},
                                            {64, Is::kText},
                                            {128, Is::kEntities},
                                            {1024, Is::kInt},
                                            {2048, Is::kInt},
                                            {4096, Is::kText}}};
constexpr std::array<Step, 3> kOldReplySteps{{{0, Is::kInt}, {1, Is::kPeer}, {2, Is::kInt}}};

struct Kind {
  std::uint32_t constructor;
  std::string_view word;
};
constexpr std::array<Kind, 14> kMedia{{{0x3ded6320, "text"},
                                       {0x695150d7, "photo"},
                                       {0xe216eb63, "photo"},
                                       {0x52d8ccd9, "document"},
                                       {0x4cf4d72d, "document"},
                                       {0xdd570bd5, "document"},
                                       {0x9cb070d7, "document"},
                                       {0x56e0d474, "location"},
                                       {0xb940c666, "location"},
                                       {0x2ec0533f, "location"},
                                       {0x70322949, "contact"},
                                       {0xddf10c3b, "text"},
                                       {0xa32dd600, "text"},
                                       {0x4bd6e798, "poll"}}};

template <std::size_t N>
bool is_one_of(std::uint32_t constructor, const std::array<std::uint32_t, N>& all) {
  return std::ranges::find(all, constructor) != all.end();
}

// Reads on until something does not fit; what did not is in `unknown`, where it is a constructor.
class TlReader {
 public:
  explicit TlReader(Bytes bytes) : bytes_(bytes) {}

  std::optional<std::uint32_t> word() {
    const auto value = le_at<std::uint32_t>(bytes_, at_);
    if (value) at_ += 4;
    return value;
  }
  std::optional<std::int64_t> number() {
    const auto value = le_at<std::uint64_t>(bytes_, at_);
    if (value) at_ += 8;
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
  }
  std::optional<std::string_view> text() {
    const auto first = slice(bytes_, at_, 1);
    if (!first) return std::nullopt;
    std::uint64_t size = (*first)[0], head = 1;
    if (size == 0xff) return std::nullopt;
    if (size == 0xfe) {
      const auto whole = le_at<std::uint32_t>(bytes_, at_);
      if (!whole) return std::nullopt;
      size = *whole >> 8;
      head = 4;
    }
    const auto part = slice(bytes_, at_ + head, size);
    if (!part) return std::nullopt;
    at_ += (head + size + 3) / 4 * 4;
    return as_text(*part);
  }
  // Users have their number, groups and channels the negative of theirs, as in the tables.
  std::optional<std::int64_t> peer() {
    const auto constructor = word();
    if (!constructor) return std::nullopt;
    std::optional<std::int64_t> id;
    switch (*constructor) {
      case 0x59511722:
      case 0x36c6019a:
      case 0xa2a5371e:
        id = number();
        break;
      case 0x9db1bc6d:
      case 0xbad0e5bb:
      case 0xbddde532:
        if (const auto value = word()) id = *value;
        break;
      default:
        unknown = *constructor;
    }
    if (!id || *id < 0) return std::nullopt;
    return *constructor == 0x59511722 || *constructor == 0x9db1bc6d ? *id : -*id;
  }

  template <std::size_t N>
  bool skip(std::uint32_t flags, const std::array<Step, N>& steps) {
    return std::ranges::all_of(
        steps, [&](const Step& step) { return (step.flag != 0 && (flags & step.flag) == 0) || skip_one(step.is); });
  }
  bool skip_forward() {
    const auto constructor = word(), flags = word();
    if (!constructor || !flags || (*constructor != 0x4e4df4bb && *constructor != 0x5f777dce)) {
      unknown = constructor.value_or(0);
      return false;
    }
    const std::uint32_t known = *constructor == 0x5f777dce ? *flags & ~0x700u : *flags;
    for (const Step& step : kForwardSteps) {
      if (step.flag != 0 && (known & step.flag) == 0) continue;
      const bool read = step.is == Is::kPeer   ? peer().has_value()
                        : step.is == Is::kText ? text().has_value()
                                               : word().has_value();
      if (!read) return false;
    }
    return true;
  }
  bool skip_reply() {
    const auto constructor = word();
    if (!constructor) return false;
    if (*constructor == 0x0e5af939) return peer() && word();
    if (*constructor == 0x9c98bfc1) return number() && word();
    const auto flags = word();
    if (!flags) return false;
    switch (*constructor) {
      case 0x1b97dd66:
        return skip(*flags, kReplySteps);
      case 0x6917560b:
        return skip(*flags & ~0x1000u, kReplySteps);
      case 0xafbc09db:
        return skip(*flags & ~0x1800u, kReplySteps);
      case 0x6eebcabd:
        return skip(*flags & ~0x1c00u, kReplySteps);
      case 0xa6d57763:
        return skip(*flags, kOldReplySteps);
      default:
        unknown = *constructor;
        return false;
    }
  }

  std::uint32_t unknown = 0;

 private:
  // No step leads back to a reply: this ends.
  bool skip_one(Is is) {
    switch (is) {
      case Is::kInt:
        return word().has_value();
      case Is::kText:
        return text().has_value();
      case Is::kPeer:
        return peer().has_value();
      case Is::kEntities:
        return skip_entities();
      case Is::kForward:
        return skip_forward();
      case Is::kMedia:
        unknown = word().value_or(0);
        return false;
    }
    return false;
  }
  // Marks in a quotation: where they begin, how long they are, and what some have besides.
  bool skip_entities() {
    const auto vector = word(), count = word();
    if (!vector || !count || *vector != kVector || *count > kMaxEntities) return false;
    for (std::uint32_t i = 0; i < *count; ++i) {
      const auto constructor = word();
      if (!constructor) return false;
      if (*constructor == 0xf1ccaaac && !word()) return false;
      if (!word() || !word()) return false;
      switch (*constructor) {
        case 0x73924be0:
        case 0x76a6d327:
          if (!text()) return false;
          break;
        case 0xdc7b1140:
        case 0xc8cf05f8:
          if (!number()) return false;
          break;
        case 0xbb92ba95:
        case 0xfa04579d:
        case 0x6f635b0d:
        case 0x6cef8ac7:
        case 0x6ed02538:
        case 0x64e475c2:
        case 0xbd610bc9:
        case 0x826f8b60:
        case 0x28a20571:
        case 0x9b69e34b:
        case 0x4c4e743f:
        case 0x9c4e7e8b:
        case 0xbf0693d4:
        case 0x761e6af4:
        case 0x32ca960f:
        case 0x20df5d0:
        case 0xf1ccaaac:
          break;
        default:
          unknown = *constructor;
          return false;
      }
    }
    return true;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
};

struct Message {
  std::string kind;
  std::optional<std::int64_t> from, date;
  std::string text;
};

std::string name_of(std::uint32_t constructor) {
  return fmt::format("0x{:08x}", constructor);
}

// What came before the date: false where a part of it is not known.
bool read_head(TlReader& in, std::uint32_t constructor, std::uint32_t flags, std::uint32_t flags2, Message& message) {
  if (!in.word()) return false;
  if ((flags & 1u << 8) != 0 && !(message.from = in.peer())) return false;
  if ((flags & 1u << 29) != 0 && !is_one_of(constructor, kService) && !in.word()) return false;
  if ((flags2 & 1u << 12) != 0 && is_one_of(constructor, kWithRank) && !in.text()) return false;
  if (!in.peer()) return false;
  return (flags & 1u << 28) == 0 || in.peer().has_value();
}

bool read_date(TlReader& in, Message& message) {
  const auto date = in.word();
  if (!date || *date < kFirstDate) return false;
  message.date = *date;
  return true;
}

bool read_service(TlReader& in, std::uint32_t constructor, std::uint32_t flags, Message& message) {
  message.kind = "service";
  if (!read_head(in, constructor, flags, 0, message) || ((flags & 8u) != 0 && !in.skip_reply()) ||
      !read_date(in, message))
    return in.unknown != 0;
  if (in.word() == kPhoneCall) message.kind = "call";
  return true;
}

bool read_body(TlReader& in, std::uint32_t constructor, std::uint32_t flags, std::uint32_t flags2, Message& message) {
  if (!read_head(in, constructor, flags, flags2, message)) return false;
  if ((flags & 4u) != 0 && !in.skip_forward()) return false;
  if ((flags & 1u << 11) != 0 &&
      !(is_one_of(constructor, kShortNumbers) ? in.word().has_value() : in.number().has_value()))
    return false;
  if ((flags2 & 1u) != 0 && !in.number()) return false;
  if ((flags2 & 1u << 19) != 0 && is_one_of(constructor, kWithGuest) && !in.peer()) return false;
  if ((flags & 8u) != 0 && !in.skip_reply()) return false;
  if (!read_date(in, message)) return false;
  const auto text = in.text();
  bool repaired = false;
  if (!text || utf8_text(*text, repaired) != *text) return false;
  message.text = *text;
  message.kind = "text";
  if ((flags & 1u << 9) == 0) return true;
  const auto media = in.word();
  if (!media) return false;
  const auto known = std::ranges::find(kMedia, *media, &Kind::constructor);
  message.kind = known == kMedia.end() ? "media" : std::string(known->word);
  return true;
}

std::optional<Message> read_message(Bytes bytes) {
  TlReader in(bytes);
  const auto constructor = in.word();
  if (!constructor) return std::nullopt;
  Message message;
  const bool second = is_one_of(*constructor, kMessages2);
  if (is_one_of(*constructor, kOldService)) {
    message.kind = "service";
    return message;
  }
  if (!second && !is_one_of(*constructor, kMessages) && !is_one_of(*constructor, kService)) {
    message.kind = name_of(*constructor);
    return message;
  }
  const auto flags = in.word(), flags2 = second ? in.word() : std::optional<std::uint32_t>(0);
  if (!flags || !flags2) return std::nullopt;
  const bool whole = is_one_of(*constructor, kService) ? read_service(in, *constructor, *flags, message)
                                                       : read_body(in, *constructor, *flags, *flags2, message);
  if (whole) return message;
  if (in.unknown == 0) return std::nullopt;
  message.kind = name_of(in.unknown);
  message.text.clear();
  return message;
}

}  // namespace

bool decode_tl_message(Bytes bytes, std::string_view path, std::vector<Value>& values) {
  const auto message = read_message(bytes);
  if (!message) return false;
  if (path == "kind") {
    values.emplace_back(message->kind);
  } else if (path == "text") {
    if (!message->text.empty()) values.emplace_back(message->text);
  } else if (path == "from") {
    if (message->from) values.emplace_back(*message->from);
  } else if (path == "date") {
    if (message->date) values.emplace_back(*message->date);
  } else {
    return false;
  }
  return true;
}

}  // namespace limier::content::decode
