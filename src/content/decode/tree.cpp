#include "content/decode/tree.h"

namespace limier::content::decode {

std::uint32_t Tree::add(std::uint32_t parent, std::string_view key, Kind kind) {
  bytes_ += key.size();
  if (nodes_.size() >= kMaxNodes || bytes_ > kMaxOutputBytes || (parent == kNone) != nodes_.empty()) return kNone;
  const auto number = static_cast<std::uint32_t>(nodes_.size());
  Node node;
  node.kind = kind;
  node.key = key;
  nodes_.push_back(std::move(node));
  if (parent == kNone) return number;
  Node& above = nodes_[parent];
  if (above.first == kNone)
    above.first = number;
  else
    nodes_[above.last].next = number;
  above.last = number;
  return number;
}

std::uint32_t Tree::add_value(std::uint32_t parent, std::string_view key, Value value) {
  if (const auto* text = std::get_if<std::string>(&value)) bytes_ += text->size();
  const std::uint32_t number = add(parent, key, Kind::kValue);
  if (number != kNone) nodes_[number].value = std::move(value);
  return number;
}

std::uint32_t Tree::member(std::uint32_t map, std::string_view key) const {
  if (map == kNone || nodes_[map].kind != Kind::kMap) return kNone;
  std::uint32_t child = nodes_[map].first;
  while (child != kNone && nodes_[child].key != key) child = nodes_[child].next;
  return child;
}

const Value* Tree::value_of(std::uint32_t node) const {
  return node != kNone && nodes_[node].kind == Kind::kValue ? &nodes_[node].value : nullptr;
}

bool Tree::select(std::string_view path, std::vector<Value>& values) const {
  const auto parts = parse_path(path);
  if (!parts || nodes_.empty()) return false;
  std::vector<std::uint32_t> now{0};
  for (const PathPart& part : *parts) {
    std::vector<std::uint32_t> next;
    for (const std::uint32_t one : now) {
      const bool items = part.kind == PathPart::Kind::kAnyItem || part.kind == PathPart::Kind::kItem;
      if (nodes_[one].kind != (items ? Kind::kList : Kind::kMap)) continue;
      std::size_t count = 0;
      for (std::uint32_t child = nodes_[one].first; child != kNone; child = nodes_[child].next, ++count) {
        const bool taken = part.kind == PathPart::Kind::kMember ? nodes_[child].key == part.member
                           : part.kind == PathPart::Kind::kItem ? count == part.item
                                                                : true;
        if (taken) next.push_back(child);
      }
    }
    now = std::move(next);
  }
  for (const std::uint32_t one : now) {
    if (nodes_[one].kind != Kind::kValue) continue;
    if (values.size() >= kMaxValues) return false;
    values.push_back(nodes_[one].value);
  }
  return true;
}

}  // namespace limier::content::decode
