// Source: [MS-CFB] 2.2 (header), 2.6 (directory entries); [MS-OFFCRYPTO] 2.3 (encryption of whole documents); [MS-DOC]
// 2.5.2 (FibBase.fEncrypted); [MS-XLS] 2.4.117 (FilePass); names of streams from [MS-OXMSG], [MS-SHLLINK] and the
// documentation of Windows Installer and of jump lists by the libyal project.
#include "types/probes.h"

namespace limier::types {

namespace {

constexpr std::size_t kHeader = 512;
constexpr std::size_t kEntry = 128;
constexpr std::size_t kMaxName = 64;  // bytes
constexpr std::size_t kMaxEntries = kWindowBytes / kEntry;

enum Fact : std::uint32_t {
  kWordDocument = 1u << 0,
  kWorkbook = 1u << 1,
  kPowerPointDocument = 1u << 2,
  kEncryptedPackage = 1u << 3,
  kMessage = 1u << 4,
  kInstaller = 1u << 5,
  kDestList = 1u << 6,
  kCatalog = 1u << 7,
  kVisioDocument = 1u << 8,
  kPublisherContents = 1u << 9,
  kHwpHeader = 1u << 10,
  kEncryptedSummary = 1u << 11,
  kMarkedEncrypted = 1u << 12,
};

struct StreamName {
  std::string_view name;
  std::uint32_t fact;
};
constexpr StreamName kStreams[] = {
    {"WordDocument", kWordDocument},
    {"Workbook", kWorkbook},
    {"Book", kWorkbook},
    {"PowerPoint Document", kPowerPointDocument},
    {"EncryptedPackage", kEncryptedPackage},
    {"EncryptionInfo", kEncryptedPackage},
    {"DestList", kDestList},
    {"Catalog", kCatalog},
    {"VisioDocument", kVisioDocument},
    {"Quill", kPublisherContents},
    {"HwpSummaryInformation", kHwpHeader},
    {"EncryptedSummary", kEncryptedSummary},
};
// The root entry of an installer package (a GUID, 000C1084-0000-0000-C000-000000000046) and of one of its patches or
// transforms, which differ in the first two bytes.
constexpr std::string_view kInstallerClass("\x0C\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46", 14);

// The low bytes of a UTF-16 name, or "" where it is not plain letters.
std::string_view plain_name(Bytes entry, std::array<char, kMaxName / 2>& room) {
  const std::uint16_t size = le_at<std::uint16_t>(entry, 64).value_or(0);
  if (size < 4 || size > kMaxName || size % 2 != 0) return {};
  const std::size_t letters = size / 2u - 1;
  for (std::size_t i = 0; i < letters; ++i) {
    if (entry[2 * i + 1] != 0) return {};
    room[i] = static_cast<char>(entry[2 * i]);
  }
  std::string_view name(room.data(), letters);
  if (name.front() == '\x05' || name.front() == '\x06') name.remove_prefix(1);
  return name;
}

std::uint32_t entry_facts(Bytes entry) {
  constexpr std::string_view kMessageParts[] = {"__substg1.0_", "__properties_version1.0", "__nameid_version1.0"};
  const std::uint8_t kind = entry[66];  // 1 storage, 2 stream, 5 root
  if (kind != 1 && kind != 2 && kind != 5) return 0;
  if (kind == 5) {
    const std::string_view clsid = as_text(entry.subspan(80, 16));
    const bool installer = clsid.substr(2) == kInstallerClass && static_cast<std::uint8_t>(clsid[1]) == 0x10 &&
                           static_cast<std::uint8_t>(clsid[0]) >= 0x82 && static_cast<std::uint8_t>(clsid[0]) <= 0x86;
    return installer ? std::uint32_t{kInstaller} : 0;
  }
  std::array<char, kMaxName / 2> room{};
  const std::string_view name = plain_name(entry, room);
  for (const StreamName& stream : kStreams)
    if (name == stream.name) return stream.fact;
  for (const std::string_view part : kMessageParts)
    if (name.starts_with(part)) return kMessage;
  return 0;
}

// Word keeps the header of its document, Excel its first records, in the first sector in most files.
std::uint32_t marked_encrypted(Bytes head) {
  constexpr std::uint16_t kFibIdent = 0xA5EC, kFibEncrypted = 0x0100;
  constexpr std::uint16_t kBof = 0x0809, kFilePass = 0x002F;
  const auto first = le_at<std::uint16_t>(head, kHeader), second = le_at<std::uint16_t>(head, kHeader + 2);
  if (!first || !second) return 0;
  if (*first == kFibIdent) {
    const auto flags = le_at<std::uint16_t>(head, kHeader + 10);
    return flags && (*flags & kFibEncrypted) != 0 ? std::uint32_t{kMarkedEncrypted} : 0;
  }
  if (*first != kBof) return 0;
  return le_at<std::uint16_t>(head, kHeader + 4 + *second) == kFilePass ? std::uint32_t{kMarkedEncrypted} : 0;
}

}  // namespace

std::uint32_t ole_facts(Bytes directory) {
  std::uint32_t facts = 0;
  for (std::size_t i = 0; i < kMaxEntries; ++i) {
    const auto entry = slice(directory, i * kEntry, kEntry);
    if (!entry) break;
    facts |= entry_facts(*entry);
  }
  return facts;
}

OleStart ole_start(Bytes head) {
  OleStart start;
  start.probed.id = Id::kOle;
  const auto header = Block<kHeader>::at(head, 0);
  if (!header) return start;
  const unsigned shift = header->le<30, std::uint16_t>();
  if (shift != 9 && shift != 12) return start;
  const std::uint64_t sector = header->le<48, std::uint32_t>();
  if (sector < 0xFFFFFFFA) start.directory_offset = (sector + 1) << shift;
  start.facts = marked_encrypted(head);
  return start;
}

Probed ole_kind(std::uint32_t facts) {
  struct Kind {
    std::uint32_t any;
    Id id;
  };
  constexpr Kind kKinds[] = {
      {kEncryptedPackage, Id::kOoxmlEncrypted},
      {kInstaller, Id::kMsi},
      {kMessage, Id::kMsg},
      {kDestList, Id::kJumpListAuto},
      {kWordDocument, Id::kDoc},
      {kPowerPointDocument, Id::kPpt},
      {kWorkbook, Id::kXls},
      {kVisioDocument, Id::kVisio},
      {kPublisherContents, Id::kPublisher},
      {kHwpHeader, Id::kHwp},
      {kCatalog, Id::kThumbsDb},
  };
  Probed probed{.id = Id::kOle};
  for (const Kind& kind : kKinds) {
    if ((facts & kind.any) == 0) continue;
    probed.id = kind.id;
    probed.basis = catalog::TypeBasis::kStructure;
    break;
  }
  const bool marked = (facts & kMarkedEncrypted) != 0 && (probed.id == Id::kDoc || probed.id == Id::kXls);
  if (probed.id == Id::kOoxmlEncrypted) probed.encryption = catalog::FileEncryption::kOoxml;
  if (marked || (probed.id == Id::kPpt && (facts & kEncryptedSummary) != 0))
    probed.encryption = catalog::FileEncryption::kOffice97;
  return probed;
}

}  // namespace limier::types
