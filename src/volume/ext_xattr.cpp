// Source: Linux kernel documentation, "ext4 Data Structures and Algorithms": extended attributes, inline data.
#include "volume/ext_xattr.h"

#include <fmt/format.h>

namespace limier::volume {

namespace {

constexpr std::uint32_t kMagic = 0xEA020000;
constexpr std::size_t kBlockHeader = 32;
constexpr std::uint64_t kMaxValueBytes = 16u << 20;  // EXT4_XATTR_SIZE_MAX
constexpr std::uint8_t kSystemIndex = 7;

std::string name_of(std::uint8_t index, std::string_view name) {
  switch (index) {
    case 0:
      return std::string(name);
    case 1:
      return "user." + std::string(name);
    case 2:
      return "system.posix_acl_access" + std::string(name);
    case 3:
      return "system.posix_acl_default" + std::string(name);
    case 4:
      return "trusted." + std::string(name);
    case 5:
      return "lustre." + std::string(name);
    case 6:
      return "security." + std::string(name);
    case kSystemIndex:
      return "system." + std::string(name);
    case 8:
      return "system.richacl" + std::string(name);
    case 9:
      return "encryption." + std::string(name);
    case 10:
      return "gnu." + std::string(name);
    default:
      return fmt::format("{}.{}", index, name);
  }
}

// A list of entries in `area`, from `first` on; values are counted from `values_from`.
void read_list(Bytes area, std::size_t first, std::size_t values_from, std::uint64_t image_offset, ExtXattrs& found) {
  std::size_t at = first;
  while (true) {
    const auto end = le_at<std::uint32_t>(area, at);
    if (!end || *end == 0) return;  // a list may fill its area
    const auto entry = Block<16>::at(area, at);
    const std::size_t name_bytes = entry ? entry->le<0, std::uint8_t>() : 0;
    const auto name = slice(area, at + 16, name_bytes);
    if (!entry || !name) {
      found.damaged = true;
      return;
    }
    ExtXattr xattr;
    const auto index = entry->le<1, std::uint8_t>();
    xattr.name = name_of(index, as_text(*name));
    xattr.inode = entry->le<4, std::uint32_t>();
    xattr.size = entry->le<8, std::uint32_t>();
    const std::size_t value = values_from + entry->le<2, std::uint16_t>();
    const bool inside = xattr.inode != 0 ? xattr.size <= kMaxValueBytes : slice(area, value, xattr.size).has_value();
    if (!inside && xattr.size > 0) {
      found.damaged = true;
      return;
    }
    xattr.image_offset = image_offset + value;
    if (index == kSystemIndex && as_text(*name) == "data") {
      found.has_inline_data = true;
      found.inline_data = xattr;
    } else if (found.list.size() < kMaxAttributes) {
      found.list.push_back(std::move(xattr));
    }
    at += 16 + (name_bytes + 3) / 4 * 4;
  }
}

}  // namespace

ExtXattrs read_ext_xattrs(const ExtVolume& volume, const ExtInode& inode, bool with_block) {
  ExtXattrs found;
  if (le_at<std::uint32_t>(inode.raw, inode.extra_end) == kMagic && inode.extra_end > 128)
    read_list(inode.raw, inode.extra_end + 4, inode.extra_end + 4, inode.image_offset, found);
  if (!with_block || inode.xattr_block == 0) return found;
  const auto block = volume.read_block(inode.xattr_block);
  if (le_at<std::uint32_t>(block, 0) != kMagic) {
    found.damaged = true;
    return found;
  }
  read_list(block, kBlockHeader, 0, volume.image_offset(inode.xattr_block), found);
  return found;
}

}  // namespace limier::volume
