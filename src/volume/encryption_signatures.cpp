// Sources: BitLocker: libyal "BitLocker Drive Encryption (BDE) format"; LUKS: "LUKS On-Disk Format Specification" 1.2.3
// and "LUKS2 On-Disk Format Specification"; CoreStorage: libyal libfvde (fvde_volume.h) and Apple's
// lf_cs_disk_format.h; Android: struct crypt_mnt_ftr of vold (Android Open Source Project, cryptfs.h); marks in the
// first sector of whole disks: The Sleuth Kit, tsk/util/detect_encryption.c.
#include <algorithm>

#include <fmt/format.h>

#include "volume/signatures.h"

namespace limier::volume {

namespace {

constexpr std::string_view kLuksMagic("LUKS\xba\xbe", 6);
// LUKS2 keeps its JSON area behind the 4096-byte binary header; the cipher stands in the first kilobytes.
constexpr std::size_t kLuksJsonBytes = 64u << 10;
// 4967D63B-2E29-4AD8-8399-F6A339E3D001 as it is stored: the volume identifier of BitLocker and BitLocker To Go.
constexpr std::array<std::uint8_t, 16> kBitLockerGuid = {0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A,
                                                         0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01};

std::string luks2_cipher(const RangeReader& volume) {
  const auto json = volume.read(4096, kLuksJsonBytes);
  const std::string_view text = as_text(json);
  static constexpr std::string_view kKey = "\"encryption\":\"";
  // The data segment's cipher stands under "segments"; key slots have an "encryption" of their own before it.
  const std::size_t segments = text.find("\"segments\"");
  std::size_t at = segments == std::string_view::npos ? text.find(kKey) : text.find(kKey, segments);
  if (at == std::string_view::npos) return {};
  at += kKey.size();
  const std::size_t end = text.find('"', at);
  return end == std::string_view::npos || end - at > 64 ? std::string() : std::string(text.substr(at, end - at));
}

std::optional<EncryptionMatch> find_luks(const RangeReader& volume) {
  const auto header = volume.read(0, 512);
  const auto block = Block<512>::at(header, 0);
  if (!block || as_text(block->bytes<0, 6>()) != kLuksMagic) return std::nullopt;
  EncryptionMatch match;
  match.facts.uuid = padded_text(block->bytes<168, 40>());
  const unsigned version = block->be<6, std::uint16_t>();
  std::string cipher;
  if (version == 1) {
    match.scheme = "LUKS1";
    cipher = padded_text(block->bytes<8, 32>()) + "-" + padded_text(block->bytes<40, 32>());
  } else {
    match.scheme = fmt::format("LUKS{}", version);
    match.facts.label = padded_text(block->bytes<24, 48>());
    cipher = luks2_cipher(volume);
  }
  match.detail = "LUKS header at byte 0 of the volume";
  if (!cipher.empty()) match.detail += "; cipher " + cipher;
  return match;
}

std::optional<EncryptionMatch> find_bitlocker(Bytes sector) {
  const bool vista = slice(sector, 3, 8) && as_text(*slice(sector, 3, 8)) == "-FVE-FS-";
  if (vista) return EncryptionMatch{"BitLocker", "signature \"-FVE-FS-\" at byte 3 of the volume", {}};
  const bool to_go = slice(sector, 3, 8) && as_text(*slice(sector, 3, 8)) == "MSWIN4.1";
  const auto guid = slice(sector, 424, 16);
  if (to_go && guid && std::equal(guid->begin(), guid->end(), kBitLockerGuid.begin())) {
    return EncryptionMatch{"BitLocker To Go",
                           "signature \"MSWIN4.1\" at byte 3 and the BitLocker identifier at byte 424 of the volume",
                           {}};
  }
  return std::nullopt;
}

struct VendorMark {
  std::string_view scheme;
  std::string_view mark;
  std::size_t first;  // where the mark may begin
  std::size_t last;
};
constexpr std::array<VendorMark, 8> kVendorMarks = {{
    {"McAfee SafeBoot", "SafeBoot", 0, 32},
    {"McAfee SafeBoot", "Safeboot", 0, 32},
    {"Check Point Full Disk Encryption", "Protect", 80, 100},
    {"Sophos SafeGuard", "SGM400", 110, 150},
    {"Sophos SafeGuard", "SGE400", 110, 150},
    {"WinMagic SecureDoc", "WMSD", 236, 256},
    {"PGP Whole Disk Encryption", "\xeb\x48\x90PGPGUARD", 0, 32},
    {"GuardianEdge (Symantec Endpoint Encryption)", "PCGM", 0, 32},
}};

// Full-disk encryption of Android before 10: the key lies, itself encrypted, in the last 16 KiB of the partition.
std::optional<EncryptionMatch> find_android_footer(const RangeReader& volume) {
  constexpr std::uint64_t kFooterBytes = 16u << 10, kSectorBytes = 512;
  constexpr std::uint32_t kMagic = 0xD0B5B1C4;
  if (volume.size_bytes() < 2 * kFooterBytes) return std::nullopt;
  const auto bytes = volume.read(volume.size_bytes() - kFooterBytes, 128);
  const auto footer = Block<100>::at(bytes, 0);
  if (!footer || footer->le<0, std::uint32_t>() != kMagic || footer->le<4, std::uint16_t>() != 1) return std::nullopt;
  const auto sectors = footer->le<24, std::uint64_t>();
  if (sectors == 0 || sectors > volume.size_bytes() / kSectorBytes) return std::nullopt;
  EncryptionMatch match{"Android full-disk encryption", "crypto footer 16 KiB before the end of the volume", {}};
  if (const std::string cipher = padded_text(footer->bytes<36, 64>()); !cipher.empty())
    match.detail += "; cipher " + cipher;
  return match;
}

}  // namespace

std::optional<EncryptionMatch> find_disk_encryption(const RangeReader& range) {
  if (auto android = find_android_footer(range)) return android;
  const auto sector = range.read(0, 512);
  const std::string_view text = as_text(sector);
  for (const VendorMark& vendor : kVendorMarks) {
    const std::size_t at = text.find(vendor.mark, vendor.first);
    if (at == std::string_view::npos || at > vendor.last) continue;
    return EncryptionMatch{
        std::string(vendor.scheme), fmt::format("mark of {} at byte {} of the first sector", vendor.scheme, at), {}};
  }
  return std::nullopt;
}

std::optional<EncryptionMatch> find_encryption(const RangeReader& volume) {
  if (auto luks = find_luks(volume)) return luks;
  const auto sector = volume.read(0, 512);
  if (auto bitlocker = find_bitlocker(sector)) return bitlocker;
  // CoreStorage physical volume header: format version 1 at 8, block type 0x10 at 10, "CS" at 88, identifier at 304.
  if (const auto block = Block<512>::at(sector, 0); block && as_text(block->bytes<88, 2>()) == "CS" &&
                                                    block->le<8, std::uint16_t>() == 1 &&
                                                    block->le<10, std::uint16_t>() == 0x10) {
    return EncryptionMatch{
        "FileVault 2 (CoreStorage)",
        "CoreStorage header: \"CS\" at byte 88 of the volume; plain and Fusion volumes have the same, "
        "which of them it is stands in metadata limier does not read",
        FsFacts{"", uuid_text(block->bytes<304, 16>()), 0}};
  }
  return std::nullopt;
}

}  // namespace limier::volume
