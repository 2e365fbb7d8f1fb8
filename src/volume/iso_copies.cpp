#include <algorithm>
#include <tuple>

#include "volume/iso_tree.h"

namespace limier::volume {

namespace {

class Dropper {
 public:
  Dropper(IsoTree& tree, std::uint32_t first, const std::vector<IsoCopy>& copies)
      : tree_(tree), first_(first), children_(tree.nodes), original_(tree.nodes.size(), kNoNode) {
    for (const IsoCopy& one : copies) original_[one.copy] = one.original;
  }

  std::vector<std::uint32_t> run() {
    const auto count = static_cast<std::uint32_t>(tree_.nodes.size());
    // Folders stand in front of what they hold.
    for (std::uint32_t i = first_; i < count; ++i)
      if (original_[i] != kNoNode && tree_.nodes[i].folder) match(i);
    std::vector<bool> kept(count, false);
    for (std::uint32_t i = count; i-- > 0;) {
      kept[i] = kept[i] || i < first_ || original_[i] == kNoNode;
      if (kept[i] && i >= first_) kept[tree_.nodes[i].parent] = true;
    }
    std::vector<std::uint32_t> numbers(count);
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; i < count; ++i) numbers[i] = kept[i] ? next++ : original_[i];
    compact(kept, numbers);
    return numbers;
  }

 private:
  // What tells two entries of a folder apart.
  [[nodiscard]] auto key(std::uint32_t number) const {
    const IsoNode& node = tree_.nodes[number];
    const bool folder = node.folder;
    return std::tuple(tree_.name(node), folder, bool{node.special}, folder ? 0 : node.block, folder ? 0 : node.size,
                      folder ? 0 : node.sections, folder ? IsoDate() : node.date);
  }
  [[nodiscard]] std::vector<std::uint32_t> sorted(std::uint32_t folder) const {
    const auto list = children_.of(folder);
    std::vector<std::uint32_t> out(list.begin(), list.end());
    std::sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    return out;
  }
  void match(std::uint32_t copy) {
    const std::vector<std::uint32_t> ours = sorted(original_[copy]), theirs = sorted(copy);
    auto at = ours.begin();
    for (const std::uint32_t child : theirs) {
      while (at != ours.end() && key(*at) < key(child)) ++at;
      if (at == ours.end()) return;
      // What is itself only there since it lies beneath a copy is no original.
      if (key(*at) == key(child) && *at < first_) original_[child] = *at++;
    }
  }
  void compact(const std::vector<bool>& kept, const std::vector<std::uint32_t>& numbers) {
    std::vector<IsoNode> nodes;
    for (std::size_t i = 0; i < tree_.nodes.size(); ++i) {
      const IsoNode& node = tree_.nodes[i];
      if (!kept[i] && kept[node.parent])
        tree_.moved.push_back({numbers[node.parent], numbers[i], node.name_at, node.name_length});
      if (!kept[i]) continue;
      nodes.push_back(node);
      nodes.back().parent = numbers[node.parent];
    }
    tree_.nodes = std::move(nodes);
    std::erase_if(tree_.associated, [&](const IsoAssociated& one) { return !kept[one.node]; });
    for (IsoAssociated& one : tree_.associated) one.node = numbers[one.node];
  }

  IsoTree& tree_;
  std::uint32_t first_;
  IsoChildren children_;
  std::vector<std::uint32_t> original_;  // of each node that is a copy
};

}  // namespace

std::vector<std::uint32_t> drop_iso_copies(IsoTree& tree, std::uint32_t first, const std::vector<IsoCopy>& copies) {
  return Dropper(tree, first, copies).run();
}

}  // namespace limier::volume
