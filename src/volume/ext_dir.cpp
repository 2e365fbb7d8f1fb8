// Source: Linux kernel documentation, "ext4 Data Structures and Algorithms": directory entries, hash tree directories,
// inline directories.
#include "volume/ext_dir.h"

#include <algorithm>
#include <unordered_set>

#include "volume/ext_tree.h"
#include "volume/ext_xattr.h"

namespace limier::volume {

namespace {

using catalog::FileKind;

constexpr std::size_t kHeader = 8;
constexpr std::size_t kLeastEntry = 12;
constexpr std::uint8_t kMostTypes = 7;
constexpr std::size_t kHashBytes = 8;  // behind the name where names are encrypted and case is folded
constexpr std::size_t kParentBytes = 4;
// A directory may have as many names as there are inodes, of at most 264 bytes each; in practice far fewer blocks.
constexpr std::uint64_t kMaxDirectoryBytes = 64ull << 30;
constexpr std::uint64_t kBeatEvery = 256;

FileKind kind_of(std::uint8_t type) {
  switch (type) {
    case 2:
      return FileKind::kDir;
    case 7:
      return FileKind::kLink;
    case 3:
    case 4:
    case 5:
    case 6:
      return FileKind::kDevice;
    default:
      return FileKind::kFile;
  }
}

struct RawEntry {
  std::uint64_t inode = 0;
  std::size_t length = 0;  // to the next entry
  std::size_t own = 0;     // what it needs
  std::string_view name;
  std::uint8_t type = 0;
  bool extra_data = false;
};

class DirectoryReader {
 public:
  DirectoryReader(const ExtVolume& volume, const ExtInode& inode) : volume_(volume), inode_(inode) {
    hashes_ = inode.is(kExtEncrypted) && inode.is(kExtCaseFolded);
  }

  ExtDirectory run() {
    if (inode_.is(kExtInlineData)) {
      read_inline();
    } else {
      read_blocks();
    }
    if (any_deleted_) drop_doubles();
    return std::move(found_);
  }

 private:
  void read_inline() {
    const auto xattrs = read_ext_xattrs(volume_, inode_, false);
    // The number of the parent stands where "." and ".." would.
    area(inode_.root().subspan(kParentBytes), false);
    if (!xattrs.has_inline_data) {
      found_.readable = inode_.size <= kExtRootBytes;
      return;
    }
    const std::uint64_t at = xattrs.inline_data.image_offset - inode_.image_offset;
    if (const auto rest = slice(inode_.raw, at, xattrs.inline_data.size)) area(*rest, false);
  }

  void read_blocks() {
    const ExtTree tree = read_ext_tree(volume_, inode_);
    found_.readable = tree.whole && inode_.size <= kMaxDirectoryBytes;
    const std::uint64_t block_bytes = volume_.facts().block_bytes;
    const std::uint64_t blocks = (std::min(inode_.size, kMaxDirectoryBytes) + block_bytes - 1) / block_bytes;
    std::uint64_t next = 0;
    bool first = true;
    for (const ExtRun& run : tree.runs) {
      if (run.file_block < next) found_.readable = false;
      if (run.file_block < next || run.unwritten) continue;
      for (std::uint64_t i = 0; i < run.blocks && run.file_block + i < blocks; ++i) {
        if (++blocks_read_ % kBeatEvery == 0) volume_.walk().sink.working_on(Stage::kNames, inode_.number);
        if (!read_one(run.block + i, first)) return;
        first = false;
      }
      next = run.file_block + run.blocks;
    }
  }

  bool read_one(std::uint64_t block, bool first) {
    // What was given to another file since is that file's.
    if (!inode_.in_use && volume_.block_in_use(block)) return !first;
    const auto bytes = volume_.read_block(block);
    if (bytes.empty()) {
      ++found_.damaged;
      return volume_.holds(block, 1);
    }
    // A deleted directory whose first block is no longer its own tells nothing.
    const auto own = entry_at(bytes, 0);
    if (!inode_.in_use && first && (!own || own->name != "." || own->inode != inode_.number)) return false;
    area(bytes, first);
    return true;
  }

  // No entry at all: nothing fits there, or what stands there cannot be one.
  [[nodiscard]] std::optional<RawEntry> entry_at(Bytes area, std::size_t at) const {
    const auto header = Block<kHeader>::at(area, at);
    if (!header) return std::nullopt;
    RawEntry entry;
    entry.inode = header->le<0, std::uint32_t>();
    entry.length = header->le<4, std::uint16_t>();
    // Blocks of 64 KiB: the two bits that multiples of four leave are bits 16 and 17.
    if (area.size() >= 65536) {
      entry.length =
          entry.length == 65535 || entry.length == 0 ? 65536 : (entry.length & 0xFFFC) | (entry.length & 3) << 16;
    }
    const std::size_t name_bytes = header->le<6, std::uint8_t>();
    entry.type = header->le<7, std::uint8_t>();
    if (volume_.facts().extra_dir_data()) {
      entry.extra_data = (entry.type & 0xF0) != 0 && name_bytes > 0;
      entry.type &= 0x0F;
    }
    const auto name = slice(area, at + kHeader, name_bytes);
    if (!name) return std::nullopt;
    entry.name = as_text(*name);
    const bool dots = entry.name == "." || entry.name == "..";
    entry.own = (kHeader + name_bytes + 3) / 4 * 4 + (hashes_ && !dots && name_bytes > 0 ? kHashBytes : 0);
    const bool fits =
        entry.length >= std::max(entry.own, kLeastEntry) && entry.length % 4 == 0 && entry.length <= area.size() - at;
    return fits ? std::optional(entry) : std::nullopt;
  }

  // One block, or one part of an inline directory.
  void area(Bytes bytes, bool first_block) {
    std::size_t at = 0;
    bool broken = false;
    while (at + kHeader <= bytes.size()) {
      const auto entry = entry_at(bytes, at);
      // Where the chain is broken, it goes on with what looks like an entry.
      if (!entry || (broken && !plausible(*entry))) {
        broken = true;
        at += 4;
        continue;
      }
      if (entry->inode != 0 || plausible(*entry)) add(*entry, entry->inode != 0 && inode_.in_use);
      std::size_t gap = at + (entry->extra_data ? entry->length : entry->own);
      const std::size_t end = at + entry->length;
      gap = std::max(gap, end_of_index(bytes, at, *entry, first_block));
      while (gap + kLeastEntry <= end) gap += deleted(bytes, gap, end);
      at = end;
    }
    if (broken && inode_.in_use) ++found_.damaged;
  }

  // Hashes and block numbers stand in what is a gap to old kernels: behind ".." in the first block, and in whole blocks
  // further down the tree.
  [[nodiscard]] std::size_t end_of_index(Bytes bytes, std::size_t at, const RawEntry& entry, bool first_block) const {
    constexpr std::size_t kPairs = 8;
    if (!inode_.is(kExtIndexed) && !(first_block && entry.name == "..")) return 0;
    const bool root = first_block && entry.name == ".." && at == kLeastEntry;
    const bool node = at == 0 && entry.inode == 0 && entry.name.empty() && entry.length == bytes.size();
    if (!root && !node) return 0;
    const std::size_t start = root ? 32 : kHeader;
    if (root && (le_at<std::uint32_t>(bytes, 24) != 0u || le_at<std::uint8_t>(bytes, 29) != kPairs)) return 0;
    const std::size_t limit = le_at<std::uint16_t>(bytes, start).value_or(0);
    const std::size_t count = le_at<std::uint16_t>(bytes, start + 2).value_or(0);
    const std::size_t most = (bytes.size() - start) / kPairs;
    const bool sound = count >= 1 && count <= limit && (limit == most || limit + 1 == most);
    if (!sound) return 0;
    return node ? bytes.size() : start + count * kPairs;
  }

  // How far to go on.
  std::size_t deleted(Bytes bytes, std::size_t at, std::size_t end) {
    const auto entry = entry_at(bytes, at);
    if (!entry || entry->own > end - at || !plausible(*entry)) return 4;
    add(*entry, false);
    return entry->own;
  }

  [[nodiscard]] bool plausible(const RawEntry& entry) const {
    if (entry.name.empty() || entry.inode > volume_.facts().inodes_declared) return false;
    if (volume_.facts().typed_names() && entry.type > kMostTypes) return false;
    return inode_.is(kExtEncrypted) || entry.name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
  }

  void add(const RawEntry& entry, bool in_use) {
    if (entry.name.empty() || entry.name == "." || entry.name == "..") return;
    any_deleted_ = any_deleted_ || !in_use;
    ExtEntry added;
    added.inode = entry.inode;
    added.name = std::string(entry.name);
    added.in_use = in_use;
    added.kind_known = volume_.facts().typed_names() && entry.type != 0 && entry.type <= kMostTypes;
    if (added.kind_known) added.kind = kind_of(entry.type);
    found_.entries.push_back(std::move(added));
  }

  // When a block is split or packed, copies of entries stay in the gaps.
  void drop_doubles() {
    std::unordered_set<std::string> seen;
    const auto key = [](const ExtEntry& entry) { return std::to_string(entry.inode) + '/' + entry.name; };
    for (const ExtEntry& entry : found_.entries)
      if (entry.in_use) seen.insert(key(entry));
    std::erase_if(found_.entries,
                  [&](const ExtEntry& entry) { return !entry.in_use && !seen.insert(key(entry)).second; });
  }

  const ExtVolume& volume_;
  const ExtInode& inode_;
  ExtDirectory found_;
  bool hashes_ = false;
  bool any_deleted_ = false;
  std::uint64_t blocks_read_ = 0;
};

}  // namespace

ExtDirectory read_ext_directory(const ExtVolume& volume, const ExtInode& inode) {
  return DirectoryReader(volume, inode).run();
}

}  // namespace limier::volume
