#include "volume/iso_merge.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace limier::volume {

namespace {

constexpr std::uint64_t kFnvStart = 0xcbf29ce484222325u, kFnvPrime = 0x100000001b3u;

std::uint64_t mix(std::uint64_t hash, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) hash = (hash ^ ((number >> (8 * i)) & 0xFF)) * kFnvPrime;
  return hash;
}
std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * kFnvPrime;
  return hash;
}

// Letters and digits as they survive in a plain tree.
std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    if (!kept) c = '_';
  }
  return out;
}

// Nodes by a number, each of which is taken once.
class Takers {
 public:
  void add(std::uint64_t key, std::uint32_t node) { entries_.push_back({key, node}); }
  void settle() {
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : a.node < b.node; });
  }
  // The first node of that key that is not used and fits.
  template <class Fits>
  std::uint32_t find(std::uint64_t key, const std::vector<bool>& used, const Fits& fits) {
    auto& next = next_.try_emplace(key, first_of(key)).first->second;
    while (next < entries_.size() && entries_[next].key == key && used[entries_[next].node]) ++next;
    const std::size_t last = std::min(entries_.size(), next + kMostLookedAt);
    for (std::size_t at = next; at < last && entries_[at].key == key; ++at)
      if (!used[entries_[at].node] && fits(entries_[at].node)) return entries_[at].node;
    return kNoNode;
  }
  template <class Visit>
  void each(std::uint64_t key, const Visit& visit) const {
    std::size_t at = first_of(key);
    for (std::size_t i = 0; i < kMostLookedAt && at < entries_.size() && entries_[at].key == key; ++i, ++at)
      visit(entries_[at].node);
  }

 private:
  // Twins of one key are few; a disc with more was made for it.
  static constexpr std::size_t kMostLookedAt = 64;
  struct Entry {
    std::uint64_t key;
    std::uint32_t node;
  };
  [[nodiscard]] std::size_t first_of(std::uint64_t key) const {
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), key,
                                     [](const Entry& entry, std::uint64_t wanted) { return entry.key < wanted; });
    return static_cast<std::size_t>(at - entries_.begin());
  }
  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::size_t> next_;
};

class Merger {
 public:
  Merger(IsoTree& listing, const IsoTree& from, const std::vector<IsoSource>& sources, IsoMerge how)
      : listing_(listing),
        from_(from),
        sources_(sources),
        how_(how),
        children_(from.nodes),
        partner_(from.nodes.size(), kNoNode),
        wanted_(from.nodes.size(), false),
        used_(listing.nodes.size(), false) {
    const IsoSource& ours = sources[listing.nodes[0].tree];
    const IsoSource& theirs = sources[from.nodes[0].tree];
    comparable_ = ours.rock_ridge == theirs.rock_ridge && (ours.rock_ridge || ours.names == theirs.names);
    for (std::uint32_t i = 1; i < listing.nodes.size(); ++i) index(i);
    any_partial_ = std::any_of(listing.nodes.begin(), listing.nodes.end(),
                               [](const IsoNode& node) { return node.partial && !node.deleted; });
    exact_.settle();
    folded_.settle();
    loose_.settle();
    content_.settle();
  }

  IsoMerged run() {
    partner_[0] = 0;
    for (std::uint32_t parent = 0; parent < from_.nodes.size(); ++parent)
      if (from_.nodes[parent].folder && partner_[parent] != kNoNode) pair_children(parent);
    if (!listing_.moved.empty()) pair_moved();
    if (how_ == IsoMerge::kSameSession) pair_content();
    for (std::uint32_t i = 1; i < from_.nodes.size(); ++i) wanted_[i] = partner_[i] == kNoNode && is_wanted(i);
    // The folders above what is wanted.
    for (std::size_t i = from_.nodes.size(); i-- > 1;)
      if (wanted_[i] && partner_[from_.nodes[i].parent] == kNoNode) wanted_[from_.nodes[i].parent] = true;
    const std::size_t before = listing_.nodes.size();
    append();
    count_missing(before);
    if (any_partial_) tell(before);
    return merged_;
  }

 private:
  [[nodiscard]] std::uint64_t place(const IsoNode& node) const { return node.block * sources_[node.tree].block_bytes; }
  [[nodiscard]] static bool is_file(const IsoNode& node) { return !node.folder && !node.special && node.size > 0; }
  [[nodiscard]] bool same_content(const IsoNode& a, const IsoNode& b) const {
    return is_file(a) && is_file(b) && a.size == b.size && place(a) == place(b);
  }
  static std::uint64_t exact_key(std::uint32_t parent, std::string_view name, bool folder) {
    return mix(mix(kFnvStart, std::uint64_t{parent} * 2 + folder), name);
  }
  static std::uint64_t loose_key(std::uint32_t parent, std::string_view name, const IsoNode& node) {
    std::uint64_t key = mix(kFnvStart + 1, std::uint64_t{parent} * 2 + node.folder);
    for (const std::uint8_t byte : node.date) key = mix(key, byte);
    return mix(key, name.empty() ? std::uint64_t{0} : static_cast<std::uint8_t>(name.front()));
  }
  [[nodiscard]] std::uint64_t content_key(const IsoNode& node) const {
    return mix(mix(kFnvStart, place(node)), node.size);
  }

  void index(std::uint32_t i) {
    const IsoNode& node = listing_.nodes[i];
    if (node.made_up || node.boot) return;
    const std::string_view name = listing_.name(node);
    exact_.add(exact_key(node.parent, name, node.folder), i);
    if (is_file(node)) content_.add(content_key(node), i);
    if (comparable_ && how_ != IsoMerge::kSameSession && !names_differ(node.parent)) return;
    if (is_file(node)) return;
    const std::string plain = folded(name);
    folded_.add(exact_key(node.parent, plain, node.folder), i);
    loose_.add(loose_key(node.parent, plain, node), i);
  }

  // Whether the folder's entries may go by other names than in the rest of the listing.
  [[nodiscard]] bool names_differ(std::uint32_t folder) const {
    const IsoNode& node = listing_.nodes[folder];
    return !node.deleted && (node.partial || node.foreign);
  }

  void pair(std::uint32_t ours, std::uint32_t theirs) {
    partner_[theirs] = ours;
    used_[ours] = true;
  }

  // First all that have the same name, so that none of them is taken for another one with a similar name.
  void pair_children(std::uint32_t parent) {
    const std::uint32_t above = partner_[parent];
    const auto children = children_.of(parent);
    for (const std::uint32_t child : children) {
      const IsoNode& node = from_.nodes[child];
      const std::string_view name = from_.name(node);
      const std::uint32_t found = exact_.find(exact_key(above, name, node.folder), used_, [&](std::uint32_t other) {
        const IsoNode& ours = listing_.nodes[other];
        const bool alike = node.folder || (is_file(node) ? same_content(ours, node) : !is_file(ours));
        return ours.parent == above && ours.folder == node.folder && alike && listing_.name(ours) == name;
      });
      if (found != kNoNode) pair(found, child);
      // Where a folder was moved, trees without Rock Ridge may hold an empty file of its name.
      else if (!node.folder && !is_file(node))
        partner_[child] = folder_named(above, name);
    }
    if (names_differ(above)) pair_content(children, above);
    if (!comparable_ || names_differ(above)) {
      pair_similar(children, above, folded_,
                   [&](const IsoNode& node) { return exact_key(above, folded(from_.name(node)), node.folder); });
    }
    if (comparable_) return;
    pair_similar(children, above, loose_,
                 [&](const IsoNode& node) { return loose_key(above, folded(from_.name(node)), node); });
  }
  // Trees without Rock Ridge show copies of moved folders where they lie: what is in them is listed at its place.
  void pair_moved() {
    std::map<std::tuple<std::uint32_t, bool, std::string_view>, std::uint32_t> moved;
    for (const IsoMoved& one : listing_.moved) {
      const auto name = std::string_view(listing_.names).substr(one.name_at, one.name_length);
      moved.emplace(std::tuple(one.parent, bool{listing_.nodes[one.node].folder}, name), one.node);
    }
    std::vector<bool> copied(from_.nodes.size(), false);
    for (std::uint32_t i = 1; i < from_.nodes.size(); ++i) {
      const IsoNode& node = from_.nodes[i];
      const std::uint32_t above = partner_[node.parent];
      if (partner_[i] != kNoNode || above == kNoNode) continue;
      const auto found = moved.find(std::tuple(above, bool{node.folder}, from_.name(node)));
      if (found != moved.end())
        partner_[i] = found->second;
      else if (copied[node.parent])
        partner_[i] = twin_of(node, above);
      if (partner_[i] == kNoNode) continue;
      copied[i] = used_[partner_[i]] = true;
    }
  }
  // The same entry of the listing's folder, whether or not it has a partner.
  [[nodiscard]] std::uint32_t twin_of(const IsoNode& node, std::uint32_t above) const {
    std::uint32_t found = kNoNode;
    const std::string_view name = from_.name(node);
    exact_.each(exact_key(above, name, node.folder), [&](std::uint32_t other) {
      const IsoNode& ours = listing_.nodes[other];
      const bool alike = node.folder || (is_file(node) ? same_content(ours, node) : !is_file(ours));
      if (ours.parent == above && ours.folder == node.folder && alike && listing_.name(ours) == name) found = other;
    });
    return found != kNoNode || node.folder || is_file(node) ? found : folder_named(above, name);
  }
  std::uint32_t folder_named(std::uint32_t parent, std::string_view name) const {
    std::uint32_t found = kNoNode;
    exact_.each(exact_key(parent, name, true), [&](std::uint32_t other) {
      const IsoNode& ours = listing_.nodes[other];
      if (ours.folder && ours.parent == parent && listing_.name(ours) == name) found = other;
    });
    return found;
  }
  // Folders and empty files have nothing but names to know them by, and those differ from tree to tree.
  template <class Key>
  void pair_similar(std::span<const std::uint32_t> children, std::uint32_t above, Takers& takers, const Key& key) {
    for (const std::uint32_t child : children) {
      const IsoNode& node = from_.nodes[child];
      if (partner_[child] != kNoNode || is_file(node)) continue;
      const std::uint32_t found = takers.find(key(node), used_, [&](std::uint32_t other) {
        const IsoNode& ours = listing_.nodes[other];
        return ours.parent == above && ours.folder == node.folder;
      });
      if (found != kNoNode) pair(found, child);
    }
  }

  // The same within one folder.
  void pair_content(std::span<const std::uint32_t> children, std::uint32_t above) {
    for (const std::uint32_t child : children) {
      const IsoNode& node = from_.nodes[child];
      if (partner_[child] != kNoNode || !is_file(node)) continue;
      const std::uint32_t found = content_.find(content_key(node), used_, [&](std::uint32_t other) {
        return listing_.nodes[other].parent == above && same_content(listing_.nodes[other], node);
      });
      if (found != kNoNode) pair(found, child);
    }
  }
  void pair_content() {
    for (std::uint32_t i = 1; i < from_.nodes.size(); ++i) {
      const IsoNode& node = from_.nodes[i];
      if (partner_[i] != kNoNode || !is_file(node)) continue;
      const std::uint32_t found = content_.find(
          content_key(node), used_, [&](std::uint32_t other) { return same_content(listing_.nodes[other], node); });
      if (found != kNoNode) pair(found, i);
    }
  }

  // Whether the content is that of something listed, and of something in use.
  struct Known {
    bool listed = false, in_use = false;
  };
  [[nodiscard]] Known known(const IsoNode& node) const {
    Known answer;
    content_.each(content_key(node), [&](std::uint32_t other) {
      const IsoNode& ours = listing_.nodes[other];
      if (!same_content(ours, node)) return;
      answer.listed = true;
      answer.in_use = answer.in_use || !ours.deleted;
    });
    return answer;
  }

  bool is_wanted(std::uint32_t i) const {
    const IsoNode& node = from_.nodes[i];
    if (how_ == IsoMerge::kSameSession) return !node.folder || children_.of(i).empty();
    if (how_ == IsoMerge::kEarlierContent) return is_file(node) && !known(node).listed;
    return comparable_ || !is_file(node) || !known(node).listed;
  }

  void append() {
    std::size_t next_associated = 0;
    for (std::uint32_t i = 1; i < from_.nodes.size(); ++i) {
      const bool take = wanted_[i] && partner_[i] == kNoNode;
      while (next_associated < from_.associated.size() && from_.associated[next_associated].node < i) ++next_associated;
      if (!take) continue;
      if (listing_.nodes.size() >= kMaxIsoNodes) {
        listing_.cut = true;
        return;
      }
      IsoNode node = from_.nodes[i];
      const std::string name = name_of(node, partner_[node.parent]);
      node.parent = partner_[node.parent];
      const IsoNode& above = listing_.nodes[node.parent];
      const bool unsure = how_ != IsoMerge::kSameSession && above.partial && !above.deleted;
      node.deleted = how_ != IsoMerge::kSameSession && !unsure;
      // What a later session may have in it, nobody knows either.
      if (unsure) node.partial = node.folder;
      node.former = node.deleted && is_file(node) && known(node).in_use;
      node.name_at = static_cast<std::uint32_t>(listing_.names.size());
      node.name_length = static_cast<std::uint16_t>(std::min<std::size_t>(name.size(), UINT16_MAX));
      listing_.names.append(name, 0, node.name_length);
      const auto number = static_cast<std::uint32_t>(listing_.nodes.size());
      listing_.nodes.push_back(node);
      partner_[i] = number;
      if (next_associated < from_.associated.size() && from_.associated[next_associated].node == i) {
        IsoAssociated associated = from_.associated[next_associated];
        associated.node = number;
        listing_.associated.push_back(associated);
      }
      if (merged_.added++ == 0) merged_.first_added = number;
      if (unsure && merged_.unsure++ == 0) merged_.first_unsure = number;
    }
  }

  // Under the name of something else that is listed there, it says which tree it comes from.
  [[nodiscard]] std::string name_of(const IsoNode& node, std::uint32_t parent) {
    std::string name(from_.name(node));
    if (how_ != IsoMerge::kSameSession) return name;
    bool taken = false;
    for (const bool folder : {false, true}) {
      exact_.each(exact_key(parent, name, folder), [&](std::uint32_t other) {
        taken = taken || (listing_.nodes[other].parent == parent && listing_.name(listing_.nodes[other]) == name);
      });
    }
    if (!taken) return name;
    return name.append(" [").append(from_.label()).append("]");
  }

  void count_missing(std::size_t before) {
    if (how_ != IsoMerge::kSameSession) return;
    for (std::uint32_t i = 1; i < before; ++i) {
      const IsoNode& node = listing_.nodes[i];
      const bool of_the_main_tree = node.tree == listing_.nodes[0].tree;
      if (used_[i] || !of_the_main_tree || node.folder || node.special || node.boot) continue;
      if (merged_.missing++ == 0) merged_.first_missing = i;
    }
  }

  void tell(std::size_t before) {
    merged_.told.assign(listing_.nodes.size(), false);
    std::vector<bool> paired(listing_.nodes.size(), false);
    for (std::uint32_t i = 0; i < from_.nodes.size(); ++i) {
      if (partner_[i] == kNoNode || !from_.nodes[i].folder) continue;
      paired[partner_[i]] = true;
      if (!from_.nodes[i].partial) merged_.told[partner_[i]] = true;
    }
    if (how_ != IsoMerge::kEarlierSession || !comparable_) return;
    // A folder of which a session has nothing, while it tells all of the one above, was not there.
    for (std::uint32_t i = 1; i < before; ++i)
      if (!paired[i]) merged_.told[i] = merged_.told[listing_.nodes[i].parent];
  }

  IsoTree& listing_;
  const IsoTree& from_;
  const std::vector<IsoSource>& sources_;
  IsoMerge how_;
  IsoChildren children_;
  std::vector<std::uint32_t> partner_;  // of each node of `from`, in the listing
  std::vector<bool> wanted_, used_;
  bool any_partial_ = false;
  bool comparable_ = false;  // both name their files in the same way
  Takers exact_, folded_, loose_, content_;
  IsoMerged merged_;
};

}  // namespace

IsoMerged merge_iso_tree(IsoTree& listing, const IsoTree& from, const std::vector<IsoSource>& sources, IsoMerge how) {
  return Merger(listing, from, sources, how).run();
}

}  // namespace limier::volume
