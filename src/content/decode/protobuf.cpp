// Protocol buffers without their description: fields by number, as in path "4.4.2.1". Source: protobuf.dev, "Encoding".
#include "content/decode/decode.h"

namespace limier::content::decode {
namespace {

std::optional<std::uint64_t> varint(Bytes bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at >= bytes.size()) return std::nullopt;
    const std::uint8_t byte = bytes[at++];
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80u) == 0) return value;
  }
  return std::nullopt;
}

struct Field {
  std::uint64_t number = 0;
  bool is_number = false;
  std::uint64_t value = 0;
  Bytes bytes;
};

// The next field of a message; nullopt where there is none that is whole.
std::optional<Field> next_field(Bytes message, std::size_t& at) {
  const auto tag = varint(message, at);
  if (!tag || *tag >> 3 == 0 || *tag >> 3 > (1u << 29)) return std::nullopt;
  Field field{*tag >> 3, true, 0, {}};
  std::uint64_t length = 0;
  switch (*tag & 7u) {
    case 0: {
      const auto value = varint(message, at);
      if (!value) return std::nullopt;
      field.value = *value;
      return field;
    }
    case 1: {
      const auto value = le_at<std::uint64_t>(message, at);
      if (!value) return std::nullopt;
      field.value = *value;
      at += 8;
      return field;
    }
    case 5: {
      const auto value = le_at<std::uint32_t>(message, at);
      if (!value) return std::nullopt;
      field.value = *value;
      at += 4;
      return field;
    }
    case 2: {
      const auto size = varint(message, at);
      if (!size) return std::nullopt;
      length = *size;
      break;
    }
    default:
      return std::nullopt;  // groups are of before 2008
  }
  const auto part = slice(message, at, length);
  if (!part) return std::nullopt;
  at += part->size();
  field.is_number = false;
  field.bytes = *part;
  return field;
}

}  // namespace

bool decode_protobuf(Bytes bytes, std::string_view path, std::vector<Value>& values) {
  const auto parts = parse_path(path);
  if (!parts || parts->empty()) return false;
  std::vector<Bytes> now{bytes};
  for (std::size_t depth = 0; depth < parts->size(); ++depth) {
    const bool last = depth + 1 == parts->size();
    std::vector<Bytes> next;
    for (const Bytes message : now) {
      for (std::size_t at = 0; at < message.size();) {
        const auto field = next_field(message, at);
        if (!field) return false;
        if (std::to_string(field->number) != (*parts)[depth].member) continue;
        if (!last) {
          if (!field->is_number) next.push_back(field->bytes);
        } else if (values.size() >= kMaxValues) {
          return false;
        } else if (field->is_number) {
          values.emplace_back(static_cast<std::int64_t>(field->value));
        } else {
          values.emplace_back(std::string(as_text(field->bytes)));
        }
      }
    }
    if (next.size() > kMaxValues) return false;
    now = std::move(next);
  }
  return true;
}

}  // namespace limier::content::decode
