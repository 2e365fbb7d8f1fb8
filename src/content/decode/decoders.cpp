#include <algorithm>

#include "content/decode/decode.h"

namespace limier::content::decode {
namespace {

constexpr std::array kDecoders{
    Decoder{"abx", true, decode_abx},
    Decoder{"base64", false, decode_base64},
    Decoder{"gzip", false, decode_gzip},
    Decoder{"hex", false, decode_hex},
    Decoder{"html-text", false, decode_html_text},
    Decoder{"json", true, decode_json},
    Decoder{"nskeyed", true, decode_nskeyed},
    Decoder{"plist", true, decode_plist},
    Decoder{"protobuf", true, decode_protobuf},
    Decoder{"tl-message", true, decode_tl_message},
    Decoder{"typedstream-string", false, decode_typedstream_string},
    Decoder{"utf16", false, decode_utf16},
    Decoder{"zlib", false, decode_zlib},
};
static_assert(std::ranges::is_sorted(kDecoders, {}, &Decoder::name));

std::size_t size_of(const std::vector<Value>& values) {
  std::size_t size = 0;
  for (const Value& one : values)
    if (const auto* text = std::get_if<std::string>(&one)) size += text->size();
  return size;
}

}  // namespace

std::span<const Decoder> decoders() {
  return kDecoders;
}

const Decoder* find_decoder(std::string_view name) {
  const auto found = std::ranges::find(kDecoders, name, &Decoder::name);
  return found == kDecoders.end() ? nullptr : &*found;
}

bool run_steps(std::span<const Step> steps, Bytes bytes, std::vector<Value>& values) {
  std::vector<Value> now{std::string(as_text(bytes))};
  for (const Step& step : steps) {
    std::vector<Value> next;
    for (const Value& one : now) {
      const auto* text = std::get_if<std::string>(&one);
      if (text == nullptr || !step.decoder->decode(as_bytes(*text), step.path, next)) return false;
      if (next.size() > kMaxValues || size_of(next) > kMaxOutputBytes) return false;
    }
    now = std::move(next);
  }
  for (Value& one : now) values.push_back(std::move(one));
  return true;
}

std::optional<std::vector<PathPart>> parse_path(std::string_view path) {
  std::vector<PathPart> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    if (parts.size() > kMaxDepth) return std::nullopt;
    if (path[at] == '[') {
      const std::size_t close = path.find(']', at);
      if (close == std::string_view::npos || close - at > 7) return std::nullopt;
      PathPart part{PathPart::Kind::kAnyItem, {}, 0};
      for (const char c : path.substr(at + 1, close - at - 1)) {
        if (c < '0' || c > '9') return std::nullopt;
        part.kind = PathPart::Kind::kItem;
        part.item = part.item * 10 + static_cast<std::size_t>(c - '0');
      }
      parts.push_back(std::move(part));
      at = close + 1;
      if (at < path.size() && path[at] == '.') ++at;
      continue;
    }
    PathPart part;
    bool plain = true;
    for (; at < path.size() && path[at] != '.' && path[at] != '['; ++at) {
      if (path[at] == '\\' && at + 1 < path.size()) {
        ++at;
        plain = false;
      }
      part.member += path[at];
    }
    if (part.member.empty()) return std::nullopt;
    if (plain && part.member == "*") part.kind = PathPart::Kind::kAnyMember;
    parts.push_back(std::move(part));
    if (at < path.size() && path[at] == '.' && ++at == path.size()) return std::nullopt;
  }
  return parts;
}

}  // namespace limier::content::decode
