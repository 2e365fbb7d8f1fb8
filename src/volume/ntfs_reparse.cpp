// Source: Microsoft [MS-FSCC] 2.1.2.1 (reparse tags), 2.1.2.4 (symbolic links), 2.1.2.5 (mount points), 2.1.2.6 (NFS);
// the tags' bits: "Reparse Point Tags", Windows driver documentation; WSL: the same, "IO_REPARSE_TAG_LX_*"; files
// compressed by Windows: "WOF_EXTERNAL_INFO" and "FILE_PROVIDER_EXTERNAL_INFO_V1" in the Windows SDK documentation.
#include <fmt/format.h>

#include "volume/ntfs_attributes.h"

namespace limier::volume {

namespace {

constexpr std::size_t kReparseHead = 8;
constexpr std::uint32_t kTypeFifo = 0010000, kTypeChar = 0020000, kTypeBlock = 0060000, kTypeLink = 0120000,
                        kTypeSocket = 0140000;

enum Tag : std::uint32_t {
  kMountPoint = 0xA0000003,
  kHsm = 0xC0000004,
  kHsm2 = 0x80000006,
  kSis = 0x80000007,
  kWim = 0x80000008,
  kSymlink = 0xA000000C,
  kDedup = 0x80000013,
  kNfs = 0x80000014,
  kFilePlaceholder = 0x80000015,
  kWof = 0x80000017,
  kWci = 0x80000018,
  kWci1 = 0x90001018,
  kAppExecLink = 0x8000001B,
  kProjFs = 0x9000001C,
  kLxSymlink = 0xA000001D,
  kStorageSync = 0x8000001E,
  kOneDrive = 0x80000021,
  kAfUnix = 0x80000023,
  kLxFifo = 0x80000024,
  kLxChar = 0x80000025,
  kLxBlock = 0x80000026,
};

// IO_REPARSE_TAG_CLOUD and CLOUD_1 to CLOUD_F.
bool is_cloud(std::uint32_t tag) {
  return (tag & 0xFFFF0FFF) == 0x9000001A;
}

// Windows shows the one name and follows the other. Where they do not say the same, the one it follows counts.
std::string link_target(Bytes data, std::size_t path_at) {
  const auto name = [&](std::uint64_t field) {
    const auto offset = le_at<std::uint16_t>(data, field), length = le_at<std::uint16_t>(data, field + 2);
    const auto text = offset && length ? slice(data, path_at + *offset, *length) : std::nullopt;
    return text ? ntfs_text(*text) : std::string();
  };
  const std::string followed = name(0), shown = name(4);
  const std::string prefix = "\\??\\";
  const bool network = shown.starts_with("\\\\") && followed == prefix + "UNC" + shown.substr(1);
  return network || followed == prefix + shown ? shown : followed;
}

Reparse link_of(std::uint32_t tag, std::string target) {
  Reparse link;
  link.tag = tag;
  link.meaning = Redirected::kLink;
  link.mode = kTypeLink;
  link.target = std::move(target);
  return link;
}

Reparse special(std::uint32_t tag, std::uint32_t mode) {
  Reparse reparse;
  reparse.tag = tag;
  reparse.meaning = Redirected::kSpecial;
  reparse.mode = mode;
  return reparse;
}

Reparse not_here(std::uint32_t tag, Redirected meaning, std::string reason) {
  Reparse reparse;
  reparse.tag = tag;
  reparse.meaning = meaning;
  reparse.reason = std::move(reason);
  return reparse;
}

Reparse wof(Bytes data) {
  Reparse reparse = not_here(kWof, Redirected::kCompressed, "compressed by Windows, in a form that is not known");
  constexpr std::uint32_t kWimProvider = 1, kFileProvider = 2;
  const auto provider = le_at<std::uint32_t>(data, 4);
  if (provider == kWimProvider) reparse.reason = "compressed by Windows: the content is in a WIM file";
  if (provider != kFileProvider) return reparse;
  constexpr std::array kMethods = {WofMethod::kXpress4K, WofMethod::kLzx, WofMethod::kXpress8K, WofMethod::kXpress16K};
  const auto version = le_at<std::uint32_t>(data, 8), method = le_at<std::uint32_t>(data, 12);
  if (version == 1u && method && *method < kMethods.size()) reparse.method = kMethods[*method];
  return reparse;
}

Reparse nfs(Bytes data) {
  constexpr std::uint64_t kLnk = 0x014B4E4C, kChr = 0x00524843, kBlk = 0x004B4C42, kFifo = 0x4F464946,
                          kSock = 0x4B434F53;
  switch (le_at<std::uint64_t>(data, 0).value_or(0)) {
    case kLnk:
      return link_of(kNfs, ntfs_text(data.subspan(8)));
    case kChr:
      return special(kNfs, kTypeChar);
    case kBlk:
      return special(kNfs, kTypeBlock);
    case kFifo:
      return special(kNfs, kTypeFifo);
    case kSock:
      return special(kNfs, kTypeSocket);
    default:
      return not_here(kNfs, Redirected::kUnknown, "a special file of NFS that is not known");
  }
}

Reparse other(std::uint32_t tag) {
  if (is_cloud(tag) || tag == kOneDrive || tag == kFilePlaceholder || tag == kStorageSync)
    return not_here(tag, Redirected::kPlaceholder, "stored in the cloud, not on this volume");
  switch (tag) {
    case kAppExecLink:
      return not_here(tag, Redirected::kEmpty, "given by an installed program");
    case kDedup:
      return not_here(tag, Redirected::kShared, "deduplicated by Windows: the content is in the volume's chunk store");
    case kSis:
      return not_here(tag, Redirected::kShared, "stored once for several files (single instance storage)");
    case kWim:
      return not_here(tag, Redirected::kShared, "the content is in a WIM file");
    case kHsm:
    case kHsm2:
      return not_here(tag, Redirected::kPlaceholder, "moved to other storage, not on this volume");
    case kProjFs:
      return not_here(tag, Redirected::kPlaceholder, "given by a program (ProjFS), not on this volume");
    case kWci:
    case kWci1:
      return not_here(tag, Redirected::kPlaceholder, "given by the base layer of a container, not by this file");
    default:
      return not_here(tag, Redirected::kUnknown,
                      fmt::format("given by the program that owns the reparse tag 0x{:08X}", tag));
  }
}

}  // namespace

std::optional<Reparse> parse_interix(Bytes content) {
  constexpr std::size_t kMark = 8, kDeviceBytes = 24;  // a mark; of devices two numbers more
  const auto mark = slice(content, 0, kMark);
  if (!mark) return std::nullopt;
  using namespace std::string_view_literals;
  if (as_text(*mark) == "IntxLNK\1"sv && content.size() > kMark) return link_of(0, ntfs_text(content.subspan(kMark)));
  if (as_text(*mark) == "IntxCHR\0"sv && content.size() == kDeviceBytes) return special(0, kTypeChar);
  if (as_text(*mark) == "IntxBLK\0"sv && content.size() == kDeviceBytes) return special(0, kTypeBlock);
  return std::nullopt;
}

std::optional<Reparse> parse_reparse(Bytes content) {
  const auto head = Block<kReparseHead>::at(content, 0);
  if (!head) return std::nullopt;
  const std::uint32_t tag = head->le<0, std::uint32_t>();
  const Bytes rest = content.subspan(kReparseHead);
  const Bytes data = rest.first(std::min<std::size_t>(rest.size(), head->le<4, std::uint16_t>()));
  switch (tag) {
    case kSymlink:
      return link_of(tag, link_target(data, 12));
    case kMountPoint:
      return link_of(tag, link_target(data, 8));
    case kLxSymlink: {
      // A version of four bytes, then the target in UTF-8.
      const auto target = slice(data, 4, data.size() < 4 ? 0 : data.size() - 4);
      return link_of(tag, target ? std::string(as_text(*target)) : std::string());
    }
    case kAfUnix:
      return special(tag, kTypeSocket);
    case kLxFifo:
      return special(tag, kTypeFifo);
    case kLxChar:
      return special(tag, kTypeChar);
    case kLxBlock:
      return special(tag, kTypeBlock);
    case kWof:
      return wof(data);
    case kNfs:
      return nfs(data);
    default:
      return other(tag);
  }
}

}  // namespace limier::volume
