// What the trees of an HFS+ volume say of its files.
//
// Owns:    where each record of the catalog stands (12 bytes each), once something was looked up; the WalkBase outlives
// it. Threads: one.
#pragma once

#include "volume/hfs_tree.h"

namespace limier::volume {

struct HfsFile {
  std::uint32_t number = 0, parent = 0;
  std::string name;  // UTF-16, big-endian, as it stands
  bool folder = false;
  bool link = false;              // a hard link: another file or folder in its place
  std::uint32_t link_number = 0;  // of a hard link
  std::uint32_t created = 0, modified = 0, changed = 0, accessed = 0;  // seconds since 1904, UTC; 0: none
  std::uint32_t flags = 0;                                             // of BSD: UF_ and SF_
  std::uint16_t mode = 0;
  Fork data, resource;
};
struct HfsAttribute {
  std::string name;  // UTF-8
  Fork value;
  bool resident = false;
};

class HfsFiles {
 public:
  // None when the volume header or the catalog cannot be read.
  static std::unique_ptr<HfsFiles> open(WalkBase& walk);
  std::optional<HfsFile> file(std::uint32_t number);
  std::vector<HfsAttribute> attributes(std::uint32_t number);
  // What a folder holds, without forks, in the order of the catalog.
  std::vector<HfsFile> children(std::uint32_t folder);
  // Of the file or folder that a hard link leads to; its own number where that is not found.
  std::uint32_t target_of(const HfsFile& link);
  [[nodiscard]] bool has_attributes() const { return attributes_.has_value(); }
  // The tree of attributes is there, but not all of it can be read.
  [[nodiscard]] bool lost_attributes() const { return attributes_ ? attributes_->damaged() : declares_attributes_; }
  // Every file and folder, without forks, hard links too; false when some may be missing.
  bool each_file(const std::function<void(const HfsFile&)>& visit);

 private:
  // Where a record stands.
  struct Place {
    std::uint32_t number = 0, node = 0;
    std::uint16_t index = 0;
  };
  HfsFiles(WalkBase& walk) : walk_(walk) {}
  bool open_trees();
  Fork fork_of(Bytes data, std::uint32_t number, std::uint8_t kind);
  bool add_extents(Bytes extents, std::uint32_t blocks, Fork& fork, std::uint32_t& done) const;
  void find_all();
  std::optional<HfsItem> look_up(std::uint32_t number);
  void read_attribute(const HfsItem& item, HfsAttribute& attribute) const;

  WalkBase& walk_;
  std::uint32_t block_bytes_ = 0;
  std::optional<HfsTree> overflow_, catalog_, attributes_;
  std::vector<Place> places_;  // sorted by number
  bool found_all_ = false;
  bool declares_attributes_ = false;  // the volume header does
};

// As macOS shows it: a slash, which only a path may have, as a colon; NUL as its symbol, U+2400; half of a surrogate
// pair in three bytes, as any other unit.
std::string hfs_name_text(std::string_view utf16);

}  // namespace limier::volume
