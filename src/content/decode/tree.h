// A structure that a value holds (JSON, property lists, XML): nodes in one list, so that nothing of it is walked by
// functions that call themselves.
#pragma once

#include "content/decode/decode.h"

namespace limier::content::decode {

class Tree {
 public:
  enum class Kind : std::uint8_t { kNull, kValue, kList, kMap };
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // The new node's number; kNone beyond the limits. The first one, with no parent, is the root.
  std::uint32_t add(std::uint32_t parent, std::string_view key, Kind kind);
  std::uint32_t add_value(std::uint32_t parent, std::string_view key, Value value);

  // The values at `path`, in order. False: it is no path, or finds more than the limits.
  bool select(std::string_view path, std::vector<Value>& values) const;

 private:
  struct Node {
    Kind kind = Kind::kNull;
    std::uint32_t first = kNone, last = kNone, next = kNone;
    std::string key;
    Value value;
  };
  std::vector<Node> nodes_;
  std::size_t bytes_ = 0;
};

}  // namespace limier::content::decode
