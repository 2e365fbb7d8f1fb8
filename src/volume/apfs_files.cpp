// Source of the structures: "Apple File System Reference" (2020-06-22): apfs_superblock_t, j_key_t, j_inode_val_t,
// j_xattr_val_t, j_file_extent_val_t, fext_tree_val_t, "Extended Fields".
#include "volume/apfs_files.h"

#include <algorithm>

namespace limier::volume {

namespace {

enum class RecordType : unsigned { kInode = 3, kAttribute = 4, kCryptoState = 7, kExtent = 8 };

constexpr std::size_t kMaxExtentRecords = kMaxRuns;
constexpr std::uint64_t kNumberMask = (1ull << 60) - 1;
constexpr std::uint64_t kLengthMask = (1ull << 56) - 1;
constexpr std::uint64_t kSealed = 0x20;                                     // of the incompatible features
constexpr std::uint64_t kOneKey = 8;                                        // of the volume's flags
constexpr std::uint32_t kPhysical = 0x40000000;                             // of a tree's type
constexpr std::uint64_t kIsSparse = 0x200, kHasUncompressedSize = 0x40000;  // of an inode's internal flags
constexpr unsigned kDataStreamField = 8;                                    // INO_EXT_TYPE_DSTREAM
constexpr unsigned kStreamValue = 1;                                        // XATTR_DATA_STREAM
constexpr std::uint64_t kLastReservedKey = 5;
constexpr std::size_t kMaxFields = 64;

std::uint64_t key_of(std::uint64_t number, RecordType type) {
  return (static_cast<std::uint64_t>(type) << 60) | number;
}
// The order of the tree: by number, then by type.
bool is_before(Bytes key, std::uint64_t number, RecordType type) {
  const std::uint64_t head = le_at<std::uint64_t>(key, 0).value_or(0);
  const std::uint64_t its_number = head & kNumberMask;
  return its_number < number || (its_number == number && (head >> 60) < static_cast<unsigned>(type));
}

// The extended field with the size of the content.
void read_fields(Bytes fields, ApfsInode& inode) {
  const auto head = Block<4>::at(fields, 0);
  if (!head) return;
  const std::size_t count = std::min<std::size_t>(head->le<0, std::uint16_t>(), kMaxFields);
  std::uint64_t at = 4 + 4 * std::uint64_t{head->le<0, std::uint16_t>()};
  for (std::size_t i = 0; i < count; ++i) {
    const auto field = Block<4>::at(fields, 4 + 4 * i);
    if (!field) return;
    const std::uint64_t size = field->le<2, std::uint16_t>();
    if (field->le<0, std::uint8_t>() == kDataStreamField) {
      inode.size_bytes = le_at<std::uint64_t>(fields, at).value_or(0);
      inode.crypto = le_at<std::uint64_t>(fields, at + 16).value_or(0);
      return;
    }
    at += (size + 7) / 8 * 8;
  }
}

std::optional<ApfsInode> parse_inode(std::uint64_t number, Bytes value) {
  const auto block = Block<92>::at(value, 0);
  if (!block) return std::nullopt;
  ApfsInode inode;
  inode.number = number;
  inode.parent = block->le<0, std::uint64_t>();
  inode.data_number = block->le<8, std::uint64_t>();
  inode.created_ns = static_cast<std::int64_t>(block->le<16, std::uint64_t>());
  inode.modified_ns = static_cast<std::int64_t>(block->le<24, std::uint64_t>());
  inode.changed_ns = static_cast<std::int64_t>(block->le<32, std::uint64_t>());
  inode.accessed_ns = static_cast<std::int64_t>(block->le<40, std::uint64_t>());
  inode.links = static_cast<std::int32_t>(block->le<56, std::uint32_t>());
  inode.flags = block->le<68, std::uint32_t>();
  inode.uid = block->le<72, std::uint32_t>();
  inode.gid = block->le<76, std::uint32_t>();
  inode.mode = block->le<80, std::uint16_t>();
  inode.sparse = (block->le<48, std::uint64_t>() & kIsSparse) != 0;
  if ((block->le<48, std::uint64_t>() & kHasUncompressedSize) != 0)
    inode.uncompressed_bytes = block->le<84, std::uint64_t>();
  read_fields(value.subspan(92), inode);
  return inode;
}

std::optional<ApfsAttribute> parse_attribute(const ApfsItem& item) {
  const auto name_size = le_at<std::uint16_t>(item.key, 8);
  const auto name = name_size ? slice(item.key, 10, *name_size) : std::nullopt;
  const auto head = Block<4>::at(item.value, 0);
  if (!name || !head) return std::nullopt;
  ApfsAttribute attribute;
  attribute.name = as_text(*name);
  if (!attribute.name.empty() && attribute.name.back() == '\0') attribute.name.pop_back();
  if ((head->le<0, std::uint16_t>() & kStreamValue) != 0) {
    const auto stream = Block<16>::at(item.value, 4);
    if (!stream) return std::nullopt;
    attribute.data_number = stream->le<0, std::uint64_t>();
    attribute.size_bytes = stream->le<8, std::uint64_t>();
    return attribute.data_number != 0 ? std::optional(attribute) : std::nullopt;
  }
  attribute.size_bytes = head->le<2, std::uint16_t>();
  attribute.image_offset = item.image_offset + 4;
  return slice(item.value, 4, attribute.size_bytes) ? std::optional(attribute) : std::nullopt;
}

std::uint64_t end_of(const Fork& fork) {
  return fork.runs.empty() ? 0 : fork.runs.back().fork_offset + fork.runs.back().length;
}

}  // namespace

std::unique_ptr<ApfsFiles> ApfsFiles::open(WalkBase& walk, std::uint64_t volume_block, std::uint32_t block_bytes) {
  constexpr std::uint32_t kLeastBlock = 4096, kMostBlock = 65536;
  if (block_bytes < kLeastBlock || block_bytes > kMostBlock) return nullptr;
  std::unique_ptr<ApfsFiles> files(new ApfsFiles(walk, block_bytes));
  return files->open_trees(volume_block) ? std::move(files) : nullptr;
}

bool ApfsFiles::open_trees(std::uint64_t volume_block) {
  const Bytes found = blocks_.read(volume_block);
  const std::vector<std::uint8_t> super(found.begin(), found.end());  // the blocks read below may take its place
  const auto head = Block<1048>::at(super, 0);
  if (!head || as_text(head->bytes<32, 4>()) != "APSB") return false;
  map_.emplace(blocks_, head->le<128, std::uint64_t>(), head->le<16, std::uint64_t>());
  sealed_ = (head->le<56, std::uint64_t>() & kSealed) != 0;
  one_key_ = (head->le<264, std::uint64_t>() & kOneKey) != 0;
  const bool physical = (head->le<116, std::uint32_t>() & kPhysical) != 0;
  const auto place = [this, physical](std::uint64_t object) {
    return physical ? std::optional(object) : map_->place(object);
  };
  const auto root = place(head->le<136, std::uint64_t>());
  if (!root) return false;
  tree_.emplace(blocks_, *root, place, ApfsTree::Fixed{});
  return !sealed_ || open_extents(super);
}

bool ApfsFiles::open_extents(Bytes super) {
  const auto head = Block<1048>::at(super, 0);
  if (!head) return false;
  const bool physical = (head->le<1040, std::uint32_t>() & kPhysical) != 0;
  const auto place = [this, physical](std::uint64_t object) {
    return physical ? std::optional(object) : map_->place(object);
  };
  const auto root = place(head->le<1032, std::uint64_t>());
  if (root) sealed_extents_.emplace(blocks_, *root, place, ApfsTree::Fixed{16, 16});
  return true;
}

std::optional<ApfsFile> ApfsFiles::file(std::uint64_t number) {
  tree_->seek([&](Bytes key) { return is_before(key, number, RecordType::kInode); });
  std::optional<ApfsFile> file;
  for (std::size_t i = 0; i < kMaxAttributes; ++i) {
    const auto item = tree_->next();
    if (!item) break;
    const std::uint64_t key = le_at<std::uint64_t>(item->key, 0).value_or(0);
    if (key == key_of(number, RecordType::kInode)) {
      const auto inode = parse_inode(number, item->value);
      if (!inode) return std::nullopt;
      file.emplace().inode = *inode;
    } else if (key == key_of(number, RecordType::kAttribute) && file) {
      auto attribute = parse_attribute(*item);
      if (attribute) file->attributes.push_back(std::move(*attribute));
      file->whole = file->whole && attribute;
    } else {
      break;
    }
  }
  if (file) file->whole = file->whole && !tree_->damaged();
  return file;
}

void ApfsFiles::add_extent_to(Fork& fork, std::uint64_t from, std::uint64_t length, std::uint64_t block, bool sparse) {
  const std::uint64_t end = end_of(fork);
  if (from < end || (from > end && !sparse) || length == 0 || length > kMaxStreamBytes || from > kMaxStreamBytes) {
    fork.whole = false;
    return;
  }
  if (from > end) fork.runs.push_back({end, std::nullopt, from - end});
  if (block == 0) {
    fork.runs.push_back({from, std::nullopt, length});
    return;
  }
  const std::uint64_t bytes = blocks_.block_bytes();
  if (!blocks_.has(block, (length + bytes - 1) / bytes)) {
    fork.whole = false;
    fork.outside = true;
    return;
  }
  fork.runs.push_back({from, blocks_.image_offset(block), length});
}

// Extents name a key of their own where the volume has more than one: a record keeps it, wrapped.
bool ApfsFiles::is_file_key(std::uint64_t crypto) {
  if (crypto <= kLastReservedKey || one_key_) return false;
  tree_->seek([&](Bytes key) { return is_before(key, crypto, RecordType::kCryptoState); });
  const auto item = tree_->next();
  return item && le_at<std::uint64_t>(item->key, 0) == key_of(crypto, RecordType::kCryptoState);
}

Fork ApfsFiles::content(std::uint64_t data_number, std::uint64_t size_bytes, std::uint64_t crypto, bool sparse) {
  Fork fork;
  fork.size_bytes = std::min(size_bytes, kMaxStreamBytes);
  fork.whole = size_bytes <= kMaxStreamBytes;
  if (size_bytes == 0) return fork;
  ApfsTree* const tree = sealed_ ? sealed_extents_ ? &*sealed_extents_ : nullptr : &*tree_;
  if (tree == nullptr) {
    fork.whole = false;
    return fork;
  }
  const bool was_damaged = tree->damaged();
  const std::uint64_t wanted = sealed_ ? data_number : key_of(data_number, RecordType::kExtent);
  if (sealed_) {
    tree->seek([&](Bytes key) { return le_at<std::uint64_t>(key, 0).value_or(0) < data_number; });
  } else {
    tree->seek([&](Bytes key) { return is_before(key, data_number, RecordType::kExtent); });
  }
  std::uint64_t last_key = crypto;
  for (std::size_t i = 0; i < kMaxExtentRecords; ++i) {
    const auto item = tree->next();
    if (!item) break;
    const auto key = Block<16>::at(item->key, 0), value = Block<16>::at(item->value, 0);
    if (!key || key->le<0, std::uint64_t>() != wanted) break;
    if (!value) {
      fork.whole = false;
      break;
    }
    add_extent_to(fork, key->le<8, std::uint64_t>(), value->le<0, std::uint64_t>() & kLengthMask,
                  value->le<8, std::uint64_t>(), sparse);
    last_key = le_at<std::uint64_t>(item->value, 16).value_or(last_key);
  }
  fork.whole = fork.whole && (was_damaged || !tree->damaged());
  fork.encrypted = is_file_key(last_key);
  const std::uint64_t end = end_of(fork);
  if (fork.whole && sparse && end < fork.size_bytes) fork.runs.push_back({end, std::nullopt, fork.size_bytes - end});
  return fork;
}

bool ApfsFiles::each_inode(const std::function<void(const ApfsInode&)>& visit) {
  constexpr std::uint64_t kLeastItem = 16, kBeatEvery = 1024;
  tree_->seek([](Bytes) { return false; });
  for (std::uint64_t i = 0; i < (walk_.end - walk_.base) / kLeastItem; ++i) {
    if (i % kBeatEvery == 0) walk_.sink.working_on(Stage::kReconcile, i);
    const auto item = tree_->next();
    if (!item) return !tree_->damaged();
    const std::uint64_t key = le_at<std::uint64_t>(item->key, 0).value_or(0);
    if ((key >> 60) != static_cast<unsigned>(RecordType::kInode)) continue;
    const auto inode = parse_inode(key & kNumberMask, item->value);
    if (inode) visit(*inode);
  }
  return false;
}

}  // namespace limier::volume
