// Source of the structures: Apple TN1150, "B-Trees".
#include "volume/hfs_tree.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::size_t kDescriptor = 14;
constexpr std::size_t kHeaderNode = 120;  // descriptor and header record
constexpr std::uint8_t kLeafKind = 0xFF, kIndexKind = 0;
constexpr std::uint32_t kVariableIndexKeys = 4;

std::uint16_t count_of(Bytes node) {
  return be_at<std::uint16_t>(node, 10).value_or(0);
}
std::uint8_t kind_of_node(Bytes node) {
  return node.size() > kDescriptor ? node[8] : std::uint8_t{1};
}

}  // namespace

std::optional<HfsTree> HfsTree::open(WalkBase& walk, Fork file) {
  HfsTree tree(walk, std::move(file));
  if (!tree.open_header()) return std::nullopt;
  return tree;
}

bool HfsTree::open_header() {
  std::array<std::uint8_t, kHeaderNode> bytes{};
  if (!read_fork(*walk_, file_, 0, bytes)) return false;
  const auto head = Block<kHeaderNode>::at(bytes, 0);
  root_ = head->be<16, std::uint32_t>();
  first_leaf_ = head->be<24, std::uint32_t>();
  node_bytes_ = head->be<32, std::uint16_t>();
  longest_key_ = head->be<34, std::uint16_t>();
  nodes_ = head->be<36, std::uint32_t>();
  keys_vary_ = (head->be<52, std::uint32_t>() & kVariableIndexKeys) != 0;
  const bool power = node_bytes_ >= 512 && (node_bytes_ & (node_bytes_ - 1)) == 0;
  if (!power || head->be<8, std::uint8_t>() != 1) return false;
  nodes_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(nodes_, file_.size_bytes / node_bytes_));
  return true;
}

Bytes HfsTree::node(std::uint32_t number) {
  if (number == 0 || number >= nodes_) return {};
  Slot& slot = slots_[number % kSlots];
  if (slot.number == number) return slot.bytes;
  slot.number = UINT32_MAX;
  slot.bytes.resize(node_bytes_);
  if (!read_fork(*walk_, file_, std::uint64_t{number} * node_bytes_, slot.bytes)) return {};
  slot.number = number;
  return slot.bytes;
}

std::optional<HfsItem> HfsTree::item(Bytes node, std::uint32_t number, std::uint16_t index) const {
  const std::size_t places = node.size() - 2 * (std::size_t{index} + 1);
  if (2 * (std::size_t{index} + 2) > node.size() - kDescriptor) return std::nullopt;
  const std::uint64_t first = be_at<std::uint16_t>(node, places).value_or(0);
  const std::uint64_t last = be_at<std::uint16_t>(node, places - 2).value_or(0);
  if (first < kDescriptor || last <= first) return std::nullopt;
  const auto record = slice(node, first, last - first);
  const auto key_size = record ? be_at<std::uint16_t>(*record, 0) : std::nullopt;
  if (!key_size) return std::nullopt;
  const bool padded = kind_of_node(node) == kIndexKind && !keys_vary_;
  std::size_t value_at = 2 + std::size_t{padded ? longest_key_ : *key_size};
  value_at += value_at % 2;
  const auto key = slice(*record, 2, *key_size);
  if (!key || value_at > record->size()) return std::nullopt;
  return HfsItem{*key, record->subspan(value_at), std::uint64_t{number} * node_bytes_ + first + value_at, number,
                 index};
}

std::optional<std::uint32_t> HfsTree::child(Bytes node, std::uint32_t number, std::uint16_t index) const {
  const auto entry = item(node, number, index);
  return entry ? be_at<std::uint32_t>(entry->value, 0) : std::nullopt;
}

void HfsTree::seek(const Before& before) {
  std::uint32_t number = root_;
  node_ = 0;
  visited_ = 0;
  for (unsigned level = 0; number != 0; ++level) {
    const Bytes bytes = node(number);
    const std::uint8_t kind = kind_of_node(bytes);
    if (level > kMaxLevels || (kind != kLeafKind && kind != kIndexKind)) {
      damaged_ = true;
      return;
    }
    std::uint16_t low = 0, high = count_of(bytes);
    while (low < high) {
      const auto middle = static_cast<std::uint16_t>(low + (high - low) / 2);
      const auto entry = item(bytes, number, middle);
      if (!entry) damaged_ = true;
      if (entry && before(entry->key)) {
        low = static_cast<std::uint16_t>(middle + 1);
      } else {
        high = middle;
      }
    }
    if (kind == kLeafKind) {
      node_ = number;
      index_ = low;
      return;
    }
    // What is sought may stand at the end of the child before.
    const auto below = child(bytes, number, low > 0 ? static_cast<std::uint16_t>(low - 1) : low);
    if (!below) damaged_ = true;
    number = below.value_or(0);
  }
}

void HfsTree::seek_first() {
  node_ = first_leaf_;
  index_ = 0;
  visited_ = 0;
}

std::optional<HfsItem> HfsTree::next() {
  while (node_ != 0) {
    const Bytes bytes = node(node_);
    if (kind_of_node(bytes) != kLeafKind || visited_ > nodes_) {
      damaged_ = true;
      node_ = 0;
      return std::nullopt;
    }
    if (index_ < count_of(bytes)) {
      const auto found = item(bytes, node_, index_);
      ++index_;
      if (found) return found;
      damaged_ = true;
      continue;
    }
    node_ = be_at<std::uint32_t>(bytes, 0).value_or(0);
    index_ = 0;
    ++visited_;
  }
  return std::nullopt;
}

std::optional<HfsItem> HfsTree::at(std::uint32_t number, std::uint16_t index) {
  const Bytes bytes = node(number);
  if (kind_of_node(bytes) != kLeafKind || index >= count_of(bytes)) return std::nullopt;
  return item(bytes, number, index);
}

}  // namespace limier::volume
