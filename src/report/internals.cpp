#include "report/internals.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace limier::report {

using enum file_column::At;

namespace {

// NTFS: MFT entries 0 to 23 are reserved (ntfs-3g layout.h, FILE_first_user is 24), and the folder $Extend holds more
// of them. ext: inodes below 11 (EXT4_GOOD_OLD_FIRST_INO in the kernel's fs/ext4/ext4.h). HFS+: catalog node ids below
// 16 (Apple TN1150, kHFSFirstUserCatalogNodeID) and the journal. APFS: object ids below 16 (Apple File System
// Reference, MIN_USER_INO_NUM).
constexpr std::int64_t kFirstNtfs = 24, kFirstExt = 11, kFirstApple = 16;
constexpr std::array<std::string_view, 4> kAppleFiles{"/.journal", "/.journal_info_block", "/^^^^HFS+ Private Data",
                                                      "/.HFS+ Private Directory Data\r"};

bool is_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) &&
         (path.size() == folder.size() || path[folder.size()] == '/' || path[folder.size()] == ':');
}

bool is_reserved(std::string_view fs_type, std::int64_t inode, std::string_view path) {
  if (fs_type == "ntfs") return inode < kFirstNtfs || is_in(path, "/$Extend");
  if (fs_type.starts_with("ext")) return inode < kFirstExt;
  if (fs_type.starts_with("hfs"))
    return inode < kFirstApple ||
           std::any_of(kAppleFiles.begin(), kAppleFiles.end(), [&](auto name) { return is_in(path, name); });
  return fs_type.starts_with("apfs") && inode < kFirstApple;
}

}  // namespace

Status Internals::learn_volumes(store::Index& index) {
  LIMIER_TRY(auto rows, index.query("SELECT volume_id, fs_type FROM v_volume"));
  while (rows.step()) fs_types_[rows.integer(0)] = rows.text(1);
  return rows.status();
}

bool Internals::has(const FileCells& row) const {
  if (row.bytes(kKind) == "virtual") return true;
  if (row.integer(kOrphan) != 0) return row.is_null(kSize) || row.integer(kSize) == 0;
  if (row.is_null(kInode) || row.integer(kInode) < 0) return false;  // negative: above 2^63
  const auto fs_type = fs_types_.find(row.integer(kVolumeId));
  return fs_type != fs_types_.end() && is_reserved(fs_type->second, row.integer(kInode), row.bytes(kPath));
}

}  // namespace limier::report
