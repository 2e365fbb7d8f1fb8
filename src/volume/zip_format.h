// The records of a zip, from the bytes they stand in. Private to the room.
//
// Sources: APPNOTE.TXT 6.3.10 (PKWARE); Info-ZIP's proginfo/extrafld.txt (0x5455, 0x5855, 0x7855, 0x7875, 0x7075,
// 0x000a); WinZip's description of AE-1 and AE-2 (0x9901).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "limier/base.h"
#include "limier/catalog.h"

namespace limier::volume {

inline constexpr std::uint32_t kZipLocal = 0x04034b50, kZipCentral = 0x02014b50, kZipEnd = 0x06054b50;
inline constexpr std::uint32_t kZipEnd64 = 0x06064b50, kZipLocator64 = 0x07064b50, kZipDescriptor = 0x08074b50;
inline constexpr std::size_t kZipLocalBytes = 30, kZipCentralBytes = 46, kZipEndBytes = 22;
inline constexpr std::size_t kZipEnd64Bytes = 56, kZipLocator64Bytes = 20;
inline constexpr std::uint16_t kZipEncrypted = 1u << 0, kZipHasDescriptor = 1u << 3, kZipUtf8 = 1u << 11;
inline constexpr std::uint16_t kZipHiddenHeader = 1u << 13;
inline constexpr std::uint16_t kZipStored = 0, kZipDeflate = 8, kZipBzip2 = 12, kZipLzma = 14, kZipZstd = 93;
inline constexpr std::uint16_t kZipAes = 99;

// What the extra fields of a header say.
struct ZipExtras {
  std::optional<std::int32_t> ut_modified, ut_accessed, ut_created;  // 0x5455
  std::optional<std::int32_t> ux_modified, ux_accessed;              // 0x5855
  std::uint64_t nt_modified = 0, nt_accessed = 0, nt_created = 0;    // 0x000a: 100 ns since 1601; 0: none
  std::optional<std::uint32_t> uid, gid;                             // 0x7875, 0x7855, 0x5855
  std::optional<std::string> unicode_name;                           // 0x7075
  std::uint32_t unicode_crc = 0;                                     // of the name it stands for
  std::optional<std::uint16_t> aes_method;                           // 0x9901
};

struct ZipHeader {
  std::uint16_t version_made = 0, flags = 0, method = 0, dos_time = 0, dos_date = 0;
  std::uint32_t crc32 = 0, external = 0;
  std::uint64_t packed = 0, size = 0, local_offset = 0;
  std::uint32_t disk = 0;
  std::string name;  // raw bytes
  ZipExtras extras;
  std::uint64_t length = 0;  // of the header with all that follows it
  bool zip64 = false;
};
// `bytes` begins with the header; none when it does not, or does not hold it whole.
std::optional<ZipHeader> read_zip_central(Bytes bytes);
std::optional<ZipHeader> read_zip_local(Bytes bytes);

// Bytes behind a member that repeat its sizes, where they do.
std::uint64_t zip_descriptor_length(Bytes behind, std::uint32_t crc32, std::uint64_t packed, std::uint64_t size);

// How limier unpacks a method; none: it does not.
std::optional<catalog::Coding> zip_coding(std::uint16_t method);
std::string zip_method_name(std::uint16_t method);

}  // namespace limier::volume
