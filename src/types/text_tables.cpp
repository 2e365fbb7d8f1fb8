// Sources: RFC 8259 (JSON), RFC 4180 (CSV), RFC 5322 2.2 (header fields).
#include <algorithm>
#include <array>
#include <bitset>
#include <optional>

#include "types/text.h"

namespace limier::types {

namespace {

constexpr std::size_t kMaxDepth = 128;
constexpr std::size_t kJsonBytes = 2048;  // that have to be JSON

// Goes over JSON without recursion; what is nested is a bit each: list or object.
class Json {
 public:
  explicit Json(std::string_view text) : text_(text) {}

  enum class End : std::uint8_t { kWrong, kCut, kValue };
  // Over one value; kCut where the text ends within it.
  End value() {
    depth_ = 0;
    do {
      const End part = depth_ == 0 ? item() : member();
      if (part != End::kValue) return part;
    } while (depth_ > 0);
    return End::kValue;
  }
  void spaces() { at_ = std::min(text_.size(), text_.find_first_not_of(" \t\r\n", at_)); }
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }

 private:
  // A scalar, or the opening of a list or object.
  End item() {
    spaces();
    if (at_end()) return End::kCut;
    const char c = text_[at_];
    if (c == '{' || c == '[') {
      if (depth_ == kMaxDepth) return End::kWrong;
      object_[depth_++] = c == '{';
      ++at_;
      fresh_ = true;
      return End::kValue;
    }
    fresh_ = false;
    if (c == '"') return string();
    return word();
  }

  // The next member of what is open, or its end.
  End member() {
    spaces();
    if (at_end()) return End::kCut;
    const bool object = object_[depth_ - 1];
    if (text_[at_] == (object ? '}' : ']')) {
      ++at_;
      --depth_;
      fresh_ = false;
      return End::kValue;
    }
    if (!fresh_) {
      if (text_[at_] != ',') return End::kWrong;
      ++at_;
      spaces();
      if (at_end()) return End::kCut;
    }
    if (object) {
      if (text_[at_] != '"') return End::kWrong;
      if (const End name = string(); name != End::kValue) return name;
      spaces();
      if (at_end()) return End::kCut;
      if (text_[at_++] != ':') return End::kWrong;
    }
    return item();
  }

  End string() {
    for (++at_; !at_end(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, End::kValue;
      if (c == '\\') ++at_;
      if (c == '\n') return End::kWrong;
    }
    at_ = text_.size();
    return End::kCut;
  }

  End word() {
    const std::size_t end = std::min(text_.size(), text_.find_first_of(" \t\r\n,]}", at_));
    const std::string_view word = text_.substr(at_, end - at_);
    if (word.empty()) return End::kWrong;
    at_ = end;
    const bool cut = end == text_.size();
    for (const std::string_view literal : {"true", "false", "null"})
      if (word == literal || (cut && literal.starts_with(word))) return cut ? End::kCut : End::kValue;
    const bool number = word.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
                        (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'));
    return !number ? End::kWrong : cut ? End::kCut : End::kValue;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool fresh_ = false;  // nothing in it yet
  std::bitset<kMaxDepth> object_;
};

// Calls each(line) for every complete line, until it says no.
template <class Each>
void for_each_line(std::string_view text, bool whole, const Each& each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos && !whole) return;
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!each(line)) return;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// Separators outside of quotes; nothing where a quote is not closed.
std::optional<std::size_t> separators(std::string_view line, char separator) {
  std::size_t count = 0;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted) ++count;
  }
  return quoted ? std::nullopt : std::optional(count);
}

bool is_field_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7F && c != ':'; });
}

}  // namespace

bool is_json(std::string_view text, bool whole) {
  whole = whole && text.size() <= kJsonBytes;
  text = text.substr(0, kJsonBytes);
  Json json(text);
  const Json::End end = json.value();
  if (end != Json::End::kValue) return end == Json::End::kCut && !whole;
  json.spaces();
  return json.at_end();
}

bool is_json_lines(std::string_view text, bool whole) {
  whole = whole && text.size() <= kJsonBytes;
  text = text.substr(0, kJsonBytes);
  Json json(text);
  std::size_t values = 0;
  for (; !json.at_end(); ++values) {
    const Json::End end = json.value();
    if (end == Json::End::kWrong) return false;
    if (end == Json::End::kCut) return values >= 2 && !whole;
    json.spaces();
  }
  return values >= 2;
}

// Lines with the same number of separators: three of them with several, more where there is one.
bool is_csv(std::string_view text, bool whole) {
  constexpr std::size_t kMaxLines = 32;
  for (const char separator : {',', ';', '\t'}) {
    std::size_t lines = 0, ending = 0;
    std::optional<std::size_t> expected;
    bool same = true;
    for_each_line(text, whole, [&](std::string_view line) {
      const auto count = separators(line, separator);
      if (!expected) expected = count;
      same = count && *count > 0 && count == expected;
      if (same) ++lines;
      if (same && line.back() == separator) ++ending;
      return same && lines < kMaxLines;
    });
    if (same && expected && lines >= (*expected >= 2 ? 3u : 6u) && (*expected >= 2 || ending == 0)) return true;
  }
  return false;
}

// A section first, then keys; comments may stand before it.
bool is_ini(std::string_view text) {
  constexpr std::size_t kMaxLines = 64;
  std::size_t lines = 0, keys = 0;
  bool section = false, wrong = false;
  for_each_line(text, true, [&](std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos || line[begin] == ';' || line[begin] == '#') return ++lines < kMaxLines;
    if (line[begin] == '[' && line.find(']', begin) > begin + 1 && line.find(']', begin) != std::string_view::npos) {
      section = true;
    } else if (section && line.find('=', begin) != std::string_view::npos) {
      ++keys;
    } else {
      wrong = !section || keys == 0;
      return false;
    }
    return ++lines < kMaxLines && keys < 2;
  });
  return section && keys > 0 && !wrong;
}

// Fields of mail, at least two of those that every message has, before the first empty line.
bool is_mail_header(std::string_view text) {
  constexpr std::string_view kFields[] = {"received",     "return-path",  "from",        "to",
                                          "subject",      "date",         "message-id",  "delivered-to",
                                          "mime-version", "content-type", "reply-to",    "x-mailer",
                                          "cc",           "references",   "in-reply-to", "dkim-signature",
                                          "x-received",   "sender",       "arc-seal",    "authentication-results"};
  constexpr std::size_t kMaxLines = 64;
  std::uint32_t seen = 0;
  std::size_t lines = 0;
  bool wrong = false;
  for_each_line(text, true, [&](std::string_view line) {
    if (line.empty()) return false;
    if (line[0] == ' ' || line[0] == '\t') return wrong = lines == 0, !wrong;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon))) return wrong = lines < 3, false;
    std::array<char, 24> name{};
    const std::size_t length = std::min(colon, name.size());
    std::transform(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(length), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (std::size_t i = 0; i < std::size(kFields); ++i)
      if (std::string_view(name.data(), length) == kFields[i]) seen |= 1u << i;
    if (lines == 0 && seen == 0 && !line.starts_with("X-") && !line.starts_with("x-")) return wrong = true, false;
    return ++lines < kMaxLines;
  });
  const std::uint32_t sender = seen & 0b111, address = seen >> 3 & 0b111;
  return !wrong && sender != 0 && (address != 0 || (sender & (sender - 1)) != 0 || seen >> 6 != 0);
}

}  // namespace limier::types
