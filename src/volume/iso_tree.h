// The folders and files that one volume descriptor leads to, in memory. Private to the room.
//
// Owns:    the nodes and their names; no content. Nodes of a disc are limited (kMaxIsoNodes).
// Sources: ECMA-119, 4th edition: 6.8 (folders, path table), 9.1 (records), 9.4 (path table); Joliet Specification
//          (Microsoft, 1995); IEEE P1282 (relocated folders).
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "volume/rock_ridge.h"

namespace limier::volume {

inline constexpr std::size_t kMaxIsoNodes = 1u << 21;  // of all trees of a disc together
inline constexpr std::uint32_t kNoNode = UINT32_MAX;

struct IsoNode {
  std::uint64_t record = 0;  // logical offset of its first directory record
  std::uint64_t size = 0;    // of all its sections, as the records say
  std::uint64_t block = 0;   // of its first section, behind an extended attribute record
  std::uint32_t parent = 0;
  std::uint32_t sections = 1;
  std::uint32_t name_at = 0;
  std::uint16_t name_length = 0;
  std::uint16_t tree = 0;  // whose record it is
  IsoDate date{};
  bool folder : 1 = false;
  bool in_pieces : 1 = false;   // several sections, or interleaved
  bool special : 1 = false;     // Rock Ridge: no file and no folder
  bool unreadable : 1 = false;  // a folder whose records are not there
  bool table_only : 1 = false;  // a folder that the path table alone names
  bool deleted : 1 = false;     // of an earlier session
  bool former : 1 = false;      // deleted, and its content is that of something in use
  bool boot : 1 = false;        // `record` is that of the boot catalog
  bool made_up : 1 = false;     // a folder in which limier gathers what has no place
  bool partial : 1 = false;     // a folder of whose records some may be lost, or all
  bool foreign : 1 = false;     // a folder whose own records are lost, and another tree of its session gave them
};

struct IsoAssociated {
  std::uint32_t node = 0;
  std::uint64_t record = 0;
  std::uint32_t sections = 1;
};

// A name that is not listed: what it stands for is listed as `node`.
struct IsoMoved {
  std::uint32_t parent = 0, node = 0;
  std::uint32_t name_at = 0;
  std::uint16_t name_length = 0;
};

struct IsoTree {
  IsoRoot root;
  bool rock_ridge = false;
  std::uint8_t skip = 0;       // bytes in front of the fields of Rock Ridge
  std::uint8_t root_skip = 0;  // the same in the root folder's own record
  bool readable = false;       // its root folder
  std::vector<IsoNode> nodes;  // the root first, then breadth first
  std::string names;
  std::vector<IsoAssociated> associated;                          // in the order of their nodes
  std::vector<IsoMoved> moved;                                    // copies of moved folders
  std::vector<std::pair<std::uint64_t, std::uint64_t>> metadata;  // logical ranges: folders, path tables, continuations
  std::uint64_t damaged = 0, first_damaged = 0;                   // records; logical offset
  std::uint64_t loops = 0;
  std::uint32_t first_loop = 0;
  std::uint64_t table_only = 0;
  std::uint32_t first_table_only = 0;
  bool cut = false;  // more nodes than the limit
  [[nodiscard]] std::string_view name(const IsoNode& node) const {
    return std::string_view(names).substr(node.name_at, node.name_length);
  }
  // How a user knows the tree.
  [[nodiscard]] std::string_view label() const { return rock_ridge ? "Rock Ridge" : iso_names_name(root.names); }
};

// The tree beneath `root`; `number` is what its nodes carry. `beat` is called now and then with the node at hand.
IsoTree load_iso_tree(IsoDisc& disc, const IsoRoot& root, std::uint16_t number, std::size_t most_nodes,
                      const std::function<void(std::uint64_t)>& beat);

// The children of each node, in the order in which they were found.
class IsoChildren {
 public:
  explicit IsoChildren(const std::vector<IsoNode>& nodes);
  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t node) const {
    return std::span(children_).subspan(first_[node], first_[node + 1] - first_[node]);
  }

 private:
  std::vector<std::uint32_t> first_, children_;
};

// A moved folder and the one that is shown in its place; both numbers of nodes.
struct IsoCopy {
  std::uint32_t copy = 0, original = 0;
};
// Takes out of the tree what such folders hold of the same name and content, from `first` on, with folders of which
// nothing is left. Gives the numbers of all nodes afterwards, of those taken out the number of what is shown.
std::vector<std::uint32_t> drop_iso_copies(IsoTree& tree, std::uint32_t first, const std::vector<IsoCopy>& copies);

// The bytes of a name as limier shows them: Joliet in UTF-8 (half surrogate pairs as three bytes), the rest as it is;
// without the version ";1".
std::string iso_name(IsoNames names, Bytes id);

}  // namespace limier::volume
