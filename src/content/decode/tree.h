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

  // The member of a map by its key, and the items of a list or map one after the other: first_of(), then next_of();
  // kNone: there is none.
  [[nodiscard]] std::uint32_t member(std::uint32_t map, std::string_view key) const;
  [[nodiscard]] std::uint32_t first_of(std::uint32_t node) const { return nodes_[node].first; }
  [[nodiscard]] std::uint32_t next_of(std::uint32_t node) const { return nodes_[node].next; }
  [[nodiscard]] Kind kind_of(std::uint32_t node) const { return nodes_[node].kind; }
  // nullptr: it holds none. Of kNone too.
  [[nodiscard]] const Value* value_of(std::uint32_t node) const;
  [[nodiscard]] bool is_empty() const { return nodes_.empty(); }

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

// False: no JSON, or beyond the limits. The root is node 0.
bool read_json(Bytes bytes, Tree& tree);

}  // namespace limier::content::decode
