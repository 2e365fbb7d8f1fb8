#include "volume/iso_tree.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kMaxTableBytes = 16u << 20;
constexpr std::uint64_t kBeatEvery = 256;
constexpr std::uint32_t kTypeMask = 0170000, kRegular = 0100000, kFolderType = 0040000;

std::string joliet_name(Bytes id) {
  std::string name;
  Utf16Reader text(id, true);
  while (const auto code = text.next()) append_utf8(name, *code);
  if (id.size() % 2 != 0) name += static_cast<char>(id.back());
  return name;
}

class Loader {
 public:
  Loader(IsoDisc& disc, IsoTree& tree, std::uint16_t number, std::size_t most_nodes,
         const std::function<void(std::uint64_t)>& beat)
      : disc_(disc), tree_(tree), number_(number), most_nodes_(most_nodes), beat_(beat) {
    sectors_left_ = disc.sectors() + 1;
  }

  void run() {
    if (!add_root()) return;
    read_pending();
    place_relocated();
    read_path_table();
    for (const std::uint32_t loop : loops_)
      if (tree_.loops++ == 0) tree_.first_loop = seen_.at(tree_.nodes[loop].block);
  }

 private:
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t block) const { return block * tree_.root.block_bytes; }
  void damaged_at(std::uint64_t offset) {
    if (tree_.damaged++ == 0) tree_.first_damaged = offset;
  }

  // The record that a folder holds of itself; false when there is none.
  bool self_of(std::uint64_t block, IsoRecord& self) {
    if (!disc_.inside(offset_of(block), 1)) return false;
    IsoRecords records(disc_, tree_.root.block_bytes, offset_of(block), kIsoSector);
    if (!records.next(self) || !self.is_self()) return false;
    own_record_.assign(self.system_use.begin(), self.system_use.end());
    self.system_use = own_record_;
    return true;
  }

  // The folder that a moved one belongs to, by the record it holds of the one above.
  std::optional<std::uint32_t> parent_link(std::uint64_t block) {
    IsoRecords records(disc_, tree_.root.block_bytes, offset_of(block), kIsoSector);
    IsoRecord record;
    if (!records.next(record) || !records.next(record) || !record.is_parent()) return std::nullopt;
    return read_rock_ridge(disc_, tree_.root.block_bytes, record.system_use, tree_.skip).parent_block;
  }

  // A folder that was moved is shown where a record with CL leads to it; without such a record, where it lies.
  // genisoimage -M writes moved folders of earlier sessions again, but not the records that lead to them: these still
  // lead to the earlier session's folder, which is what systems show. What the copy holds of that is not listed again.
  void place_relocated() {
    std::erase_if(relocated_, [&](const IsoNode& node) { return seen_.contains(node.block); });
    if (relocated_.empty()) return;
    const auto first = static_cast<std::uint32_t>(tree_.nodes.size());
    std::map<std::pair<std::string_view, std::uint32_t>, std::uint32_t> shown;  // name, folder above -> node
    for (const std::uint32_t link : links_) {
      beat_(link);
      const auto above = parent_link(tree_.nodes[link].block);
      if (above) shown.emplace(std::pair(tree_.name(tree_.nodes[link]), *above), link);
    }
    std::vector<IsoCopy> copies;
    for (const IsoNode& node : std::exchange(relocated_, {})) {
      beat_(first);
      if (seen_.contains(node.block)) continue;
      const auto above = parent_link(node.block);
      const auto found = above ? shown.find(std::pair(tree_.name(node), *above)) : shown.end();
      if (found != shown.end()) {
        copies.push_back({static_cast<std::uint32_t>(tree_.nodes.size()), found->second});
        shown.erase(found);
      }
      add_folder(node, node.size);
    }
    read_pending();
    if (!tree_.cut && !copies.empty()) drop(first, copies);
  }

  void drop(std::uint32_t first, const std::vector<IsoCopy>& copies) {
    const std::size_t before = tree_.nodes.size();
    const std::vector<std::uint32_t> numbers = drop_iso_copies(tree_, first, copies);
    if (tree_.nodes.size() == before) return;
    next_ = tree_.nodes.size();
    for (auto& [block, node] : seen_) node = numbers[node];
    std::vector<std::uint32_t> loops;
    for (const std::uint32_t loop : loops_)
      if (numbers[loop] >= first || loop < first) loops.push_back(numbers[loop]);
    loops_ = std::move(loops);
  }

  bool add_root() {
    IsoNode root;
    root.folder = true;
    root.tree = number_;
    root.record = offset_of(tree_.root.block);
    root.block = tree_.root.block;
    root.size = tree_.root.length;
    IsoRecord self;
    tree_.readable = self_of(tree_.root.block, self) && disc_.inside(root.record, root.size);
    root.unreadable = root.partial = !tree_.readable;
    root.date = self.date;
    if (tree_.readable) {
      const auto skip = rock_ridge_of_root(disc_, tree_.root.block_bytes, self.system_use);
      tree_.rock_ridge = skip.has_value();
      tree_.skip = skip.value_or(0);
      const bool at_start = self.system_use.size() < 2 || as_text(self.system_use.first(2)) == "SP" || tree_.skip == 0;
      tree_.root_skip = at_start ? 0 : 14;
    }
    tree_.nodes.push_back(root);
    seen_.emplace(root.block, 0);
    return tree_.readable;
  }

  void read_pending() {
    for (; next_ < tree_.nodes.size(); ++next_) {
      const IsoNode& node = tree_.nodes[next_];
      if (!node.folder || node.unreadable || tree_.cut) continue;
      read_folder(static_cast<std::uint32_t>(next_));
    }
  }

  void read_folder(std::uint32_t number) {
    beat_(number);
    const std::uint64_t begin = offset_of(tree_.nodes[number].block), length = tree_.nodes[number].size;
    tree_.metadata.emplace_back(begin, length);
    IsoRecords records(disc_, tree_.root.block_bytes, begin, length);
    IsoRecord record;
    open_ = kNoNode;
    associated_.reset();
    std::uint64_t sectors = length / kIsoSector + 1;
    // No sector belongs to two folders: a tree with more sectors than the disc was made to keep us busy.
    if (sectors > sectors_left_) {
      tree_.nodes[number].partial = true;
      return damaged_at(begin);
    }
    sectors_left_ -= sectors;
    for (std::uint64_t seen = 0; !tree_.cut && records.next(record); ++seen) {
      if (seen % kBeatEvery == 0) beat_(number);
      if (record.is_self() || record.is_parent()) {
        note_continuation(record, number == 0 && record.is_self() ? tree_.root_skip : tree_.skip);
        continue;
      }
      read_record(record, number);
    }
    flush_associated(number);
    const bool open_end = open_ != kNoNode;  // a section that says another one follows was the last
    if (open_end) damaged_at(begin);
    if (open_end || records.some_lost()) tree_.nodes[number].partial = true;
    if (records.damaged() > 0) {
      if (tree_.damaged == 0) tree_.first_damaged = records.first_damaged();
      tree_.damaged += records.damaged();
    }
  }

  void note_continuation(const IsoRecord& record, std::uint8_t skip) {
    if (!tree_.rock_ridge) return;
    const RockRidge fields = read_rock_ridge(disc_, tree_.root.block_bytes, record.system_use, skip);
    if (fields.continued_bytes > 0) tree_.metadata.emplace_back(fields.continued_at, fields.continued_bytes);
  }

  void read_record(const IsoRecord& record, std::uint32_t parent) {
    if (record.associated()) return add_associated(record, parent);
    if (open_ != kNoNode) {
      IsoNode& node = tree_.nodes[open_];
      const bool same = !record.folder() && as_text(record.id) == open_id_;
      if (same) {
        node.size += record.length;
        ++node.sections;
        node.in_pieces = true;
        if (!record.more_follows()) open_ = kNoNode;
        return;
      }
      damaged_at(record.offset);
      open_ = kNoNode;
    }
    if (associated_ && as_text(record.id) != associated_->id) flush_associated(parent);
    const std::size_t before = tree_.nodes.size();
    add(record, parent);
    if (associated_ && tree_.nodes.size() > before)
      tree_.associated.push_back({static_cast<std::uint32_t>(before), associated_->record, associated_->sections});
    associated_.reset();
    if (record.more_follows() && !record.folder() && tree_.nodes.size() > before) {
      open_ = static_cast<std::uint32_t>(before);
      open_id_ = as_text(record.id);
    }
  }

  // A file that belongs to the one of the same name, whose record follows.
  void add_associated(const IsoRecord& record, std::uint32_t parent) {
    if (associated_ && associated_->more && as_text(record.id) == associated_->id) {
      ++associated_->sections;
      associated_->node.size += record.length;
      associated_->node.sections = associated_->sections;
      associated_->node.in_pieces = true;
      associated_->more = record.more_follows();
      return;
    }
    flush_associated(parent);
    associated_ = Pending{std::string(as_text(record.id)), record.offset,           1,
                          record.more_follows(),           node_of(record, parent), text_of(record.id)};
  }

  // Nothing of that name follows: a file like others.
  void flush_associated(std::uint32_t parent) {
    if (!associated_) return;
    static_cast<void>(parent);
    push(associated_->node, associated_->name);
    associated_.reset();
  }

  [[nodiscard]] std::string text_of(Bytes id) const { return iso_name(tree_.root.names, id); }

  IsoNode node_of(const IsoRecord& record, std::uint32_t parent) const {
    IsoNode node;
    node.record = record.offset;
    node.size = record.length;
    node.block = record.block + record.attribute_blocks;
    node.parent = parent;
    node.tree = number_;
    node.date = record.date;
    node.folder = record.folder();
    node.in_pieces = record.unit_blocks != 0;
    return node;
  }

  void add(const IsoRecord& record, std::uint32_t parent) {
    IsoNode node = node_of(record, parent);
    std::string name;
    bool moved = false;
    std::optional<std::uint32_t> child;
    if (tree_.rock_ridge) {
      RockRidge fields = read_rock_ridge(disc_, tree_.root.block_bytes, record.system_use, tree_.skip);
      if (fields.damaged) {
        damaged_at(record.offset);
        tree_.nodes[parent].partial = true;  // the name may be another one
      }
      if (fields.continued_bytes > 0) tree_.metadata.emplace_back(fields.continued_at, fields.continued_bytes);
      if (fields.name && !fields.name->empty()) name = std::move(*fields.name);
      const std::uint32_t type = fields.mode & kTypeMask;
      node.special = !node.folder &&
                     (fields.has_link || (fields.has_mode && type != kRegular && type != kFolderType && type != 0));
      moved = fields.relocated && node.folder;
      child = fields.child_block;
    }
    if (name.empty()) name = text_of(record.id);
    if (child && !node.folder) return add_child_link(node, *child, name);
    if (!node.folder) return push(node, name);
    node.name_at = keep(name, node);
    if (moved) {
      relocated_.push_back(node);
      return;
    }
    add_folder(node, record.length);
  }

  // CL: an empty file that stands for a folder elsewhere.
  void add_child_link(IsoNode node, std::uint32_t block, const std::string& name) {
    IsoRecord self;
    node.folder = true;
    node.block = block;
    node.size = 0;
    node.name_at = keep(name, node);
    if (self_of(block, self)) {
      node.record = self.offset;
      node.size = self.length;
    }
    const std::size_t before = tree_.nodes.size();
    add_folder(node, node.size);
    if (tree_.nodes.size() > before && !tree_.nodes[before].unreadable)
      links_.push_back(static_cast<std::uint32_t>(before));
  }

  void add_folder(IsoNode node, std::uint64_t length) {
    node.size = length;
    const auto [known, fresh] = seen_.emplace(node.block, static_cast<std::uint32_t>(tree_.nodes.size()));
    if (!fresh) {
      // A second way to a folder leads round in a circle, or is damage.
      node.unreadable = true;
    } else {
      node.unreadable = !usable_folder(node);
    }
    node.partial = node.unreadable;
    const std::size_t before = tree_.nodes.size();
    push(node);
    if (!fresh && tree_.nodes.size() > before) loops_.push_back(static_cast<std::uint32_t>(before));
  }

  bool usable_folder(const IsoNode& node) {
    IsoRecord self;
    if (!disc_.inside(offset_of(node.block), node.size) || !self_of(node.block, self)) return false;
    if (self.block + self.attribute_blocks != node.block) damaged_at(offset_of(node.block));
    return true;
  }

  std::uint32_t keep(std::string_view name, IsoNode& node) {
    const auto at = static_cast<std::uint32_t>(tree_.names.size());
    node.name_length = static_cast<std::uint16_t>(std::min<std::size_t>(name.size(), UINT16_MAX));
    tree_.names.append(name.substr(0, node.name_length));
    return at;
  }
  void push(IsoNode node, std::string_view name) {
    node.name_at = keep(name, node);
    push(node);
  }
  void push(const IsoNode& node) {
    if (tree_.nodes.size() >= most_nodes_) {
      tree_.cut = true;
      return;
    }
    tree_.nodes.push_back(node);
  }

  // Folders that no record names, but the table of folders does.
  void read_path_table() {
    const std::uint64_t length = std::min(tree_.root.table_bytes, kMaxTableBytes);
    for (const IsoTable& table : tree_.root.tables)
      if (disc_.inside(offset_of(table.block), length)) tree_.metadata.emplace_back(offset_of(table.block), length);
    if (tree_.root.tables.empty() || tree_.cut) return;
    const IsoTable& table = tree_.root.tables.front();
    const auto bytes = disc_.bytes(offset_of(table.block), static_cast<std::size_t>(length));
    std::vector<std::uint32_t> nodes;  // by the number in the table
    std::size_t at = 0;
    while (const auto head = slice(bytes, at, 8)) {
      const std::size_t name_bytes = (*head)[0];
      const auto name = slice(bytes, at + 8, name_bytes);
      if (name_bytes == 0 || !name) break;
      const std::uint64_t extent =
          table.big_endian ? be_at<std::uint32_t>(*head, 2).value_or(0) : le_at<std::uint32_t>(*head, 2).value_or(0);
      const std::size_t parent =
          table.big_endian ? be_at<std::uint16_t>(*head, 6).value_or(0) : le_at<std::uint16_t>(*head, 6).value_or(0);
      nodes.push_back(node_of_table(extent + (*head)[1], parent, nodes, *name));
      if (nodes.size() % kBeatEvery == 0) beat_(0);
      at += 8 + name_bytes + name_bytes % 2;
    }
  }

  std::uint32_t node_of_table(std::uint64_t block, std::size_t parent, const std::vector<std::uint32_t>& nodes,
                              Bytes name) {
    if (const auto known = seen_.find(block); known != seen_.end()) return known->second;
    IsoRecord self;
    if (nodes.empty() || tree_.cut || !self_of(block, self)) return kNoNode;
    if (self.block + self.attribute_blocks != block || !disc_.inside(offset_of(block), self.length)) return kNoNode;
    const bool placed = parent >= 1 && parent <= nodes.size() && nodes[parent - 1] != kNoNode;
    IsoNode node = node_of(self, placed ? nodes[parent - 1] : 0);
    node.folder = node.table_only = true;
    const auto number = static_cast<std::uint32_t>(tree_.nodes.size());
    node.name_at = keep(text_of(name), node);
    add_folder(node, self.length);
    if (tree_.table_only++ == 0) tree_.first_table_only = number;
    read_pending();  // what it names itself, the table only repeats
    return number;
  }

  struct Pending {
    std::string id;
    std::uint64_t record = 0;
    std::uint32_t sections = 1;
    bool more = false;
    IsoNode node;
    std::string name;
  };

  IsoDisc& disc_;
  IsoTree& tree_;
  std::uint16_t number_;
  std::size_t most_nodes_;
  const std::function<void(std::uint64_t)>& beat_;
  std::uint64_t sectors_left_ = 0;
  std::size_t next_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> seen_;  // block of a folder -> node
  std::vector<IsoNode> relocated_;
  std::vector<std::uint32_t> links_, loops_;  // nodes: folders that CL leads to; second ways to folders
  std::vector<std::uint8_t> own_record_;
  std::uint32_t open_ = kNoNode;  // a file of which another section follows
  std::string open_id_;
  std::optional<Pending> associated_;
};

// The name as it is recorded, with its version; nothing when what is shown comes from elsewhere.
std::string whole_name(IsoDisc& disc, const IsoTree& tree, const IsoNode& node) {
  IsoRecords records(disc, tree.root.block_bytes, node.record, kIsoSector - node.record % kIsoSector);
  IsoRecord record;
  if (node.table_only || !records.next(record) || iso_name(tree.root.names, record.id) != tree.name(node)) return {};
  return tree.root.names == IsoNames::kJoliet ? joliet_name(record.id) : std::string(as_text(record.id));
}

// Two names of a folder that only the version, or a dot at the end, told apart keep them.
void tell_apart(IsoDisc& disc, IsoTree& tree) {
  const IsoChildren children(tree.nodes);
  std::unordered_set<std::string_view> names;
  std::vector<std::uint32_t> twins;
  for (std::uint32_t parent = 0; parent < tree.nodes.size(); ++parent) {
    const auto list = children.of(parent);
    if (list.size() < 2) continue;
    names.clear();
    for (const std::uint32_t child : list)
      if (!names.insert(tree.name(tree.nodes[child])).second) twins.push_back(child);
  }
  for (const std::uint32_t twin : twins) {
    IsoNode& node = tree.nodes[twin];
    const std::string whole = whole_name(disc, tree, node);
    if (whole.empty()) continue;
    node.name_at = static_cast<std::uint32_t>(tree.names.size());
    node.name_length = static_cast<std::uint16_t>(whole.size());
    tree.names += whole;
  }
}

}  // namespace

std::string iso_name(IsoNames names, Bytes id) {
  std::string name = names == IsoNames::kJoliet ? joliet_name(id) : std::string(as_text(id));
  if (names == IsoNames::kEnhanced) return name;
  if (name.size() > 2 && name.ends_with(";1")) name.resize(name.size() - 2);
  // A name without an extension ends with the dot that would stand before it.
  const bool dotted = names == IsoNames::kPrimary || names == IsoNames::kSupplementary;
  if (dotted && name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

IsoTree load_iso_tree(IsoDisc& disc, const IsoRoot& root, std::uint16_t number, std::size_t most_nodes,
                      const std::function<void(std::uint64_t)>& beat) {
  IsoTree tree;
  tree.root = root;
  Loader(disc, tree, number, most_nodes, beat).run();
  if (!tree.nodes.empty()) tell_apart(disc, tree);
  if (tree.cut)
    for (IsoNode& node : tree.nodes) node.partial = node.folder;
  return tree;
}

IsoChildren::IsoChildren(const std::vector<IsoNode>& nodes) : first_(nodes.size() + 1, 0) {
  if (nodes.empty()) return;
  for (std::size_t i = 1; i < nodes.size(); ++i) ++first_[nodes[i].parent + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  children_.resize(nodes.size() - 1);
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (std::size_t i = 1; i < nodes.size(); ++i) children_[next[nodes[i].parent]++] = static_cast<std::uint32_t>(i);
}

}  // namespace limier::volume
