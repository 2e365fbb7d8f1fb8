#include "content/zip_members.h"

#include <algorithm>

namespace limier::content {
namespace {

constexpr std::size_t kEndBytes = 22, kLongestComment = 65535, kEntryBytes = 46, kLocalBytes = 30;
constexpr std::uint32_t kEndMark = 0x06054b50, kEntryMark = 0x02014b50, kLocalMark = 0x04034b50,
                        kEnd64Mark = 0x06064b50, kLocator64Mark = 0x07064b50;
constexpr std::uint32_t kElsewhere = 0xffffffff;  // the number stands in the extra field

std::uint64_t number(Bytes bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i > 0; --i) value = value << 8u | bytes[at + i - 1];
  return value;
}

struct Directory {
  std::uint64_t offset = 0, length = 0;
};

std::optional<Directory> directory_of(const Reader& file) {
  const std::uint64_t size = file.size_bytes();
  if (size < kEndBytes) return std::nullopt;
  std::vector<std::uint8_t> tail(static_cast<std::size_t>(std::min<std::uint64_t>(size, kEndBytes + kLongestComment)));
  const std::uint64_t tail_at = size - tail.size();
  if (!file.read(tail_at, tail)) return std::nullopt;
  for (std::size_t at = tail.size() - kEndBytes + 1; at-- > 0;) {
    if (number(tail, at, 4) != kEndMark) continue;
    Directory found{number(tail, at + 16, 4), number(tail, at + 12, 4)};
    std::uint64_t end = tail_at + at;  // of the directory
    constexpr std::size_t kLocatorBytes = 20, kEnd64Bytes = 56;
    if (at >= kLocatorBytes && number(tail, at - kLocatorBytes, 4) == kLocator64Mark) {
      std::array<std::uint8_t, kEnd64Bytes> end64;
      const std::uint64_t end64_at = number(tail, at - kLocatorBytes + 8, 8);
      if (!file.read(end64_at, end64) || number(end64, 0, 4) != kEnd64Mark) return std::nullopt;
      found = {number(end64, 48, 8), number(end64, 40, 8)};
      end = end64_at;
    }
    if (found.length <= end && found.offset <= end - found.length) return found;
  }
  return std::nullopt;
}

// Sizes and places beyond four gigabytes, in this order, each only where the short one says so.
void read_extra64(Bytes extra, ZipMember& member) {
  for (std::size_t at = 0; at + 4 <= extra.size();) {
    const std::size_t id = number(extra, at, 2), length = number(extra, at + 2, 2);
    at += 4;
    if (length > extra.size() - at) return;
    if (id == 1) {
      std::size_t next = at;
      for (std::uint64_t* const value : {&member.size_bytes, &member.packed_bytes, &member.header_offset}) {
        if (*value != kElsewhere || next + 8 > at + length) continue;
        *value = number(extra, next, 8);
        next += 8;
      }
    }
    at += length;
  }
}

}  // namespace

std::optional<std::vector<ZipMember>> zip_members(const Reader& file, std::size_t most) {
  const auto directory = directory_of(file);
  if (!directory) return std::nullopt;
  std::vector<ZipMember> members;
  std::vector<std::uint8_t> entry;
  for (std::uint64_t at = directory->offset; members.size() < most;) {
    entry.resize(kEntryBytes);
    if (at - directory->offset + kEntryBytes > directory->length || !file.read(at, entry) ||
        number(entry, 0, 4) != kEntryMark)
      break;
    const std::size_t name = number(entry, 28, 2), extra = number(entry, 30, 2), comment = number(entry, 32, 2);
    ZipMember member;
    member.encrypted = (number(entry, 8, 2) & 1u) != 0;
    member.method = static_cast<std::uint16_t>(number(entry, 10, 2));
    member.packed_bytes = number(entry, 20, 4);
    member.size_bytes = number(entry, 24, 4);
    member.header_offset = number(entry, 42, 4);
    entry.resize(name + extra);
    if (!file.read(at + kEntryBytes, entry)) break;
    member.name.assign(entry.begin(), entry.begin() + static_cast<std::ptrdiff_t>(name));
    read_extra64(Bytes(entry).subspan(name), member);
    members.push_back(std::move(member));
    at += kEntryBytes + name + extra + comment;
  }
  return members;
}

std::optional<std::uint64_t> zip_data_offset(const Reader& file, const ZipMember& member) {
  std::array<std::uint8_t, kLocalBytes> local;
  if (!file.read(member.header_offset, local) || number(local, 0, 4) != kLocalMark) return std::nullopt;
  return member.header_offset + kLocalBytes + number(local, 26, 2) + number(local, 28, 2);
}

}  // namespace limier::content
