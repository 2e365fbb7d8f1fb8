// Discs of ISO 9660 made byte by byte, from ECMA-119, IEEE P1281 and P1282.
#pragma once

#include <string>
#include <vector>

#include "volume/support.h"

namespace limier::volume::testing {

inline std::string le16(std::uint32_t n) {
  return {static_cast<char>(n & 0xFF), static_cast<char>((n >> 8) & 0xFF)};
}
inline std::string le32(std::uint32_t n) {
  return le16(n & 0xFFFF) + le16(n >> 16);
}
inline std::string swapped(std::string text) {
  std::reverse(text.begin(), text.end());
  return text;
}
inline std::string both16(std::uint32_t n) {
  return le16(n) + swapped(le16(n));
}
inline std::string both32(std::uint32_t n) {
  return le32(n) + swapped(le32(n));
}
inline std::string ucs2(std::u16string_view text) {
  std::string out;
  for (const char16_t unit : text) out += swapped(le16(unit));
  return out;
}

// 2024-05-06T07:08:09Z
inline const std::string kDate = std::string("\x7c\x05\x06\x07\x08\x09\x00", 7);

struct Record {
  std::string id;
  std::uint32_t block = 0, size = 0;
  std::uint8_t flags = 0;
  std::string use{};  // system use area
  std::uint8_t attribute_blocks = 0, unit = 0, gap = 0;
  std::string date = kDate;
  [[nodiscard]] std::string bytes() const {
    std::string out = std::string(1, '\0') + static_cast<char>(attribute_blocks) + both32(block) + both32(size) + date;
    out += static_cast<char>(flags);
    out += static_cast<char>(unit);
    out += static_cast<char>(gap);
    out += both16(1) + static_cast<char>(id.size()) + id;
    if (id.size() % 2 == 0) out += '\0';
    out += use;
    if (out.size() % 2 != 0) out += '\0';
    out[0] = static_cast<char>(out.size());
    return out;
  }
};
inline constexpr std::uint8_t kHidden = 1, kDir = 2, kAssociatedFile = 4, kMore = 0x80;

// A field of the system use area.
inline std::string field(const std::string& signature, const std::string& body, char version = 1) {
  return signature + static_cast<char>(body.size() + 4) + version + body;
}
inline const std::string kSharing = field("SP", std::string("\xbe\xef\x00", 3));
inline std::string posix(std::uint32_t mode, std::uint32_t uid = 0, std::uint32_t gid = 0, std::uint32_t links = 1) {
  return field("PX", both32(mode) + both32(links) + both32(uid) + both32(gid));
}
inline std::string alternate(const std::string& name, char flags = 0) {
  return field("NM", flags + name);
}

class IsoBytes {
 public:
  explicit IsoBytes(std::size_t sectors) : bytes_(sectors * 2048, '\0') {}
  void put(std::size_t offset, const std::string& data) { bytes_.replace(offset, data.size(), data); }
  void sector(std::size_t number, const std::string& data) { put(number * 2048, data); }
  // Records do not cross the end of a sector.
  void folder(std::uint32_t block, std::uint32_t parent, const std::vector<Record>& records,
              const std::string& use = {}, std::uint32_t sectors = 1) {
    std::string out = Record{std::string(1, '\0'), block, sectors * 2048, kDir, use}.bytes() +
                      Record{std::string(1, '\1'), parent, 2048, kDir}.bytes();
    for (const Record& record : records) {
      const std::string one = record.bytes();
      if (out.size() % 2048 + one.size() > 2048) out.resize((out.size() / 2048 + 1) * 2048);
      out += one;
    }
    sector(block, out);
  }
  void descriptor(std::size_t at, char type, std::uint32_t root, std::uint32_t blocks, const std::string& escapes = {},
                  std::uint32_t table = 0, std::uint32_t table_bytes = 0, std::uint32_t block_bytes = 2048,
                  std::uint32_t root_bytes = 2048) {
    std::string out = type + std::string("CD001\1\0", 7);
    out.resize(80);
    out += both32(blocks) + escapes;
    out.resize(120);
    out += both16(1) + both16(1) + both16(block_bytes) + both32(table_bytes) + le32(table) + le32(0) +
           swapped(le32(0)) + swapped(le32(0));
    out += Record{std::string(1, '\0'), root, root_bytes, kDir}.bytes();
    out.resize(881);
    out += '\1';
    sector(at, out);
  }
  void end_descriptors(std::size_t at) {
    sector(at,
           "\xff"
           "CD001\1");
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace limier::volume::testing
