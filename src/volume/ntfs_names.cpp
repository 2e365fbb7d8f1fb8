// Half a surrogate pair, which NTFS allows, ends a name for libtsk or takes a letter with it, so that two names become
// one. The longest it lists twice, the second time cut.
//
// Source: Linux-NTFS documentation, "$INDEX_ROOT", "$INDEX_ALLOCATION", "Index entry".
#include "volume/ntfs_names.h"

#include <algorithm>
#include <functional>
#include <set>

#include "volume/ntfs_attributes.h"
#include "volume/utf16.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kMaxIndexBytes = 8u << 20;  // larger ones are read only where libtsk shows that it gave up
constexpr std::uint64_t kMostIndexBytes = 512u << 20;
constexpr std::size_t kMinBlock = 512, kMaxBlock = 64u << 10;
constexpr TSK_OFF_T kMaxBitmap = 1 << 20;                            // of index blocks: 8 million
constexpr std::size_t kKeptBytes = TSK_FS_META_NAME_LIST_NSIZE - 1;  // of a name, by libtsk beside a record
constexpr std::size_t kCutBytes = 256;                               // of a name that it takes from there
constexpr std::uint8_t kDosNamesOnly = 2;

struct IndexName {
  std::uint64_t inode = 0;
  Bytes utf16;
  std::uint32_t sequence = 0;
  bool folder = false;
};
using TakeName = std::function<void(const IndexName&)>;

bool has_half(Bytes utf16) {
  Utf16Reader text(utf16, false);
  while (const auto code = text.next())
    if (is_high_surrogate(*code) || is_low_surrogate(*code)) return true;
  return false;
}

// The entries of one node, whose header stands at the start of `node`.
void each_entry(Bytes node, const TakeName& take) {
  const auto head = Block<16>::at(node, 0);
  if (!head) return;
  const std::uint64_t end = std::min<std::uint64_t>(head->le<4, std::uint32_t>(), node.size());
  for (std::uint64_t at = head->le<0, std::uint32_t>(); at + 16 <= end;) {
    const auto entry = Block<16>::at(node, at);
    const std::uint16_t length = entry->le<8, std::uint16_t>(), key_length = entry->le<10, std::uint16_t>();
    constexpr std::uint16_t kLast = 2;
    if ((entry->le<12, std::uint16_t>() & kLast) != 0 || length < 16) return;
    if (const auto key = slice(node, at + 16, key_length)) {
      const std::uint64_t units = le_at<std::uint8_t>(*key, 64).value_or(0);
      const auto name = slice(*key, 66, units * 2);
      constexpr std::uint64_t kRecordNumber = 0xFFFFFFFFFFFF;
      constexpr std::uint32_t kFolder = 0x10000000;  // among the flags of the file
      if (name && (*key)[65] != kDosNamesOnly)
        take({entry->le<0, std::uint64_t>() & kRecordNumber, *name, entry->le<6, std::uint16_t>(),
              (le_at<std::uint32_t>(*key, 56).value_or(0) & kFolder) != 0});
    }
    at += length;
  }
}

class DirectoryIndex {
 public:
  DirectoryIndex(WalkContext& context, const TSK_FS_DIR& dir) : context_(context) {
    if (dir.fs_file == nullptr || dir.fs_file->meta == nullptr || dir.fs_file->meta->attr == nullptr) return;
    std::size_t count = 0;
    for (const TSK_FS_ATTR* attr = dir.fs_file->meta->attr->head; attr != nullptr && count < kMaxAttributes;
         attr = attr->next, ++count) {
      if ((attr->flags & TSK_FS_ATTR_INUSE) == 0 || attr->name == nullptr || std::string_view(attr->name) != "$I30")
        continue;
      if (attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT) root_ = attr;
      if (attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXALLOC) blocks_ = attr;
      if (attr->type == TSK_FS_ATTR_TYPE_NTFS_BITMAP) used_ = attr;
    }
  }
  [[nodiscard]] std::uint64_t size_bytes() const {
    return blocks_ != nullptr && blocks_->size > 0 ? static_cast<std::uint64_t>(blocks_->size) : 0;
  }
  // Leaves out blocks that the index does not use: what stands in them was removed.
  void each_in_use(const TakeName& take) const {
    std::vector<std::uint8_t> used;
    if (used_ != nullptr && used_->size > 0)
      used.resize(static_cast<std::size_t>(std::min<TSK_OFF_T>(used_->size, kMaxBitmap)));
    used.resize(read(used_, 0, used));
    each(take, &used);
  }
  // `used`: a bit for each block; null: all.
  void each(const TakeName& take, const std::vector<std::uint8_t>* used = nullptr) const {
    if (root_ == nullptr || (root_->flags & TSK_FS_ATTR_RES) == 0 || root_->rd.buf == nullptr || root_->size < 16 ||
        static_cast<std::uint64_t>(root_->size) > root_->rd.buf_size)
      return;
    const Bytes root(root_->rd.buf, static_cast<std::size_t>(root_->size));
    each_entry(root.subspan(16), take);
    const std::size_t block = *le_at<std::uint32_t>(root, 8);
    if (blocks_ == nullptr || block < kMinBlock || block > kMaxBlock || (block & (block - 1)) != 0) return;
    std::vector<std::uint8_t> bytes(kMaxBlock);
    for (std::uint64_t at = 0; at < std::min(size_bytes(), kMostIndexBytes);) {
      const auto got = read(blocks_, at, bytes);
      if (got < block) return;
      for (std::size_t within = 0; within + block <= got; within += block) {
        const std::uint64_t number = (at + within) / block;
        const bool wanted =
            used == nullptr || (number / 8 < used->size() && ((*used)[number / 8] >> number % 8 & 1) != 0);
        if (wanted) each_in_block(MutableBytes(bytes).subspan(within, block), take);
      }
      at += got / block * block;
    }
  }

 private:
  [[nodiscard]] std::size_t read(const TSK_FS_ATTR* attr, std::uint64_t at, MutableBytes out) const {
    if (attr == nullptr || attr->size <= 0 || at >= static_cast<std::uint64_t>(attr->size)) return 0;
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), static_cast<std::uint64_t>(attr->size) - at));
    if (wanted == 0) return 0;
    const auto got = context_.session.call([&](TSK_FS_INFO*) {
      return tsk_fs_attr_read(attr, static_cast<TSK_OFF_T>(at), reinterpret_cast<char*>(out.data()), wanted,
                              TSK_FS_FILE_READ_FLAG_NONE);
    });
    tsk_error_reset();
    return got && *got > 0 ? std::min(static_cast<std::size_t>(*got), wanted) : 0;
  }
  static void each_in_block(MutableBytes block, const TakeName& take) {
    constexpr std::size_t kNodeAt = 24;
    if (as_text(block.first(4)) == "INDX" && apply_fixups(block)) each_entry(block.subspan(kNodeAt), take);
  }

  WalkContext& context_;
  const TSK_FS_ATTR* root_ = nullptr;
  const TSK_FS_ATTR* blocks_ = nullptr;
  const TSK_FS_ATTR* used_ = nullptr;
};

std::string_view name_of(const TSK_FS_NAME* entry) {
  return entry == nullptr || entry->name == nullptr
             ? std::string_view()
             : std::string_view(entry->name, ::strnlen(entry->name, entry->name_size));
}

// libtsk compares what it keeps beside a record with the names in the directory.
void find_cut_ones(const TSK_FS_DIR& dir, std::map<std::size_t, std::string>& names) {
  constexpr std::size_t kLetter = 4;  // may be cut too
  std::map<std::uint64_t, std::string_view> long_ones;
  for (std::size_t at = 0; at < tsk_fs_dir_getsize(&dir); ++at) {
    const TSK_FS_NAME* const entry = tsk_fs_dir_get_name(&dir, at);
    const std::string_view name = name_of(entry);
    if (name.size() > kKeptBytes) long_ones.emplace(entry->meta_addr, name);
    const bool cut = name.size() > kCutBytes - kLetter && name.size() <= kCutBytes;
    if (!cut || long_ones.empty() || entry->type != TSK_FS_NAME_TYPE_UNDEF) continue;
    const auto known = long_ones.find(entry->meta_addr);
    if (known != long_ones.end() && known->second.starts_with(name.substr(0, kCutBytes - kLetter))) names[at].clear();
  }
}

}  // namespace

std::map<std::size_t, std::string> ntfs_names(WalkContext& context, const TSK_FS_DIR& dir) {
  std::map<std::size_t, std::string> names;
  find_cut_ones(dir, names);
  const DirectoryIndex index(context, dir);
  const std::size_t count = tsk_fs_dir_getsize(&dir);
  if (index.size_bytes() > kMaxIndexBytes) {
    bool gave_up = false;
    for (std::size_t at = 0; at < count && !gave_up; ++at)
      gave_up = name_of(tsk_fs_dir_get_name(&dir, at)).find('^') != std::string_view::npos;
    if (!gave_up) return names;
  }
  std::map<std::uint64_t, std::vector<std::string>> halves, whole;
  index.each([&](const IndexName& one) {
    if (has_half(one.utf16)) halves[one.inode].push_back(ntfs_text(one.utf16));
  });
  if (halves.empty()) return names;
  index.each([&](const IndexName& one) {
    if (halves.contains(one.inode) && !has_half(one.utf16)) whole[one.inode].push_back(ntfs_text(one.utf16));
  });
  for (std::size_t at = 0; at < count; ++at) {
    const TSK_FS_NAME* const entry = tsk_fs_dir_get_name(&dir, at);
    const auto half = entry != nullptr ? halves.find(entry->meta_addr) : halves.end();
    if (half == halves.end() || half->second.empty() || (entry->flags & TSK_FS_NAME_FLAG_ALLOC) == 0) continue;
    auto& sound = whole[entry->meta_addr];
    const auto same = std::find(sound.begin(), sound.end(), name_of(entry));
    if (same != sound.end()) {
      sound.erase(same);
      continue;
    }
    names[at] = std::move(half->second.front());
    half->second.erase(half->second.begin());
  }
  return names;
}

std::vector<SecondReader::MoreName> ntfs_more_names(WalkContext& context, const TSK_FS_DIR& dir) {
  std::vector<SecondReader::MoreName> more;
  const DirectoryIndex index(context, dir);
  // A block or none is all that libtsk has to find.
  constexpr std::uint64_t kOneBlock = 4096;
  if (index.size_bytes() <= kOneBlock || index.size_bytes() > kMostIndexBytes) return more;
  std::multimap<std::uint64_t, std::string_view> listed;
  std::size_t in_use = 0, in_index = 0;
  for (std::size_t at = 0; at < tsk_fs_dir_getsize(&dir); ++at) {
    const TSK_FS_NAME* const entry = tsk_fs_dir_get_name(&dir, at);
    const bool counts = entry != nullptr && (entry->flags & TSK_FS_NAME_FLAG_ALLOC) != 0 && name_of(entry) != "." &&
                        name_of(entry) != "..";
    in_use += counts ? 1 : 0;
  }
  constexpr std::size_t kDot = 2;  // bytes of a name that is "."
  const auto real = [](const IndexName& one) { return one.utf16.size() != kDot || one.utf16[0] != '.'; };
  index.each_in_use([&](const IndexName& one) { in_index += real(one) ? 1 : 0; });
  // Where each block has clusters of its own libtsk sees all, and as many names are the same names. Elsewhere it may
  // give others in their place.
  if (in_index <= in_use && context.block_size <= kOneBlock) return more;
  for (std::size_t at = 0; at < tsk_fs_dir_getsize(&dir); ++at)
    if (const TSK_FS_NAME* const entry = tsk_fs_dir_get_name(&dir, at); entry != nullptr)
      listed.emplace(entry->meta_addr, name_of(entry));
  index.each_in_use([&](const IndexName& one) {
    if (!real(one) || has_half(one.utf16)) return;
    std::string name = ntfs_text(one.utf16);
    const auto [begin, end] = listed.equal_range(one.inode);
    if (std::any_of(begin, end, [&](const auto& entry) { return entry.second == name; })) return;
    more.push_back({std::move(name), one.inode, one.sequence, one.folder});
  });
  return more;
}

}  // namespace limier::volume
