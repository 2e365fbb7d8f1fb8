// Property lists as they are stored: objects that name each other by number.
#pragma once

#include "content/decode/tree.h"

namespace limier::content::decode {

struct Plist {
  enum class Kind : std::uint8_t { kNull, kValue, kReference, kList, kMap };
  struct Object {
    Kind kind = Kind::kNull;
    Value value;                      // kReference: a number into the archive's own list
    std::vector<std::uint32_t> held;  // items; of a map key, value, key, value, …
  };
  std::vector<Object> objects;
  std::uint32_t top = 0;

  // The value of a key of a map; nullopt: there is none.
  [[nodiscard]] std::optional<std::uint32_t> member(std::uint32_t map, std::string_view key) const;
  [[nodiscard]] const std::string* text(std::uint32_t object) const;
};

// Binary or XML; nullopt: neither, or beyond the limits.
std::optional<Plist> read_plist(Bytes bytes);
std::optional<Plist> read_xml_plist(std::string_view xml);

}  // namespace limier::content::decode
