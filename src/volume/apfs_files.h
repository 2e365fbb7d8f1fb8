// What the file-system tree of an APFS volume says of its files.
//
// Owns:    a few nodes of the tree, bounded; the WalkBase outlives it.
// Threads: one.
#pragma once

#include "volume/apfs_tree.h"
#include "volume/fork.h"

namespace limier::volume {

struct ApfsInode {
  std::uint64_t number = 0, parent = 0;
  std::uint64_t data_number = 0;  // the object that owns the extents
  std::int64_t created_ns = 0, modified_ns = 0, changed_ns = 0, accessed_ns = 0;
  std::int32_t links = 0;
  std::uint32_t flags = 0;  // of BSD: UF_ and SF_
  std::uint32_t uid = 0, gid = 0;
  std::uint16_t mode = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t uncompressed_bytes = 0;  // of a compressed file, where the inode says it
  std::uint64_t crypto = 0;              // the key that new extents get
  bool sparse = false;
};
struct ApfsAttribute {
  std::string name;
  std::uint64_t data_number = 0;  // 0: the value stands in the tree
  std::uint64_t size_bytes = 0;
  std::uint64_t image_offset = 0;  // of a value in the tree
};
struct ApfsFile {
  ApfsInode inode;
  std::vector<ApfsAttribute> attributes;
  bool whole = true;  // false: the tree is damaged where attributes may stand
};

class ApfsFiles {
 public:
  // None when the volume's superblock or its maps cannot be read.
  static std::unique_ptr<ApfsFiles> open(WalkBase& walk, std::uint64_t volume_block, std::uint32_t block_bytes);
  std::optional<ApfsFile> file(std::uint64_t number);
  // `sparse`: what no extent tells of is a hole.
  Fork content(std::uint64_t data_number, std::uint64_t size_bytes, std::uint64_t crypto, bool sparse);
  // Every inode of the volume; false when some may be missing.
  bool each_inode(const std::function<void(const ApfsInode&)>& visit);

 private:
  ApfsFiles(WalkBase& walk, std::uint32_t block_bytes) : walk_(walk), blocks_(walk, block_bytes) {}
  bool open_trees(std::uint64_t volume_block);
  bool open_extents(Bytes super);
  bool is_file_key(std::uint64_t crypto);
  void add_extent_to(Fork& fork, std::uint64_t from, std::uint64_t length, std::uint64_t block, bool sparse);

  WalkBase& walk_;
  ApfsBlocks blocks_;
  std::optional<ApfsObjectMap> map_;
  std::optional<ApfsTree> tree_;
  std::optional<ApfsTree> sealed_extents_;  // of sealed volumes, which keep extents apart
  bool sealed_ = false;
  bool one_key_ = false;
};

}  // namespace limier::volume
