// From the head of a content to its type: signatures first, then structures, then text.
#include <algorithm>

#include "types/entropy.h"
#include "types/probes.h"
#include "types/signatures.h"

namespace limier::types {

namespace {

using catalog::FileEncryption;
using catalog::TypeBasis;

// What a look holds of a family whose windows can still say more. The families' own facts are below it.
constexpr std::uint32_t kZipFamily = 1u << 31;
constexpr std::uint32_t kOleFamily = 1u << 30;
constexpr std::uint32_t kPdfFamily = 1u << 29;
constexpr std::uint32_t kSevenZipFamily = 1u << 28;
constexpr std::uint32_t kUnnamed = 1u << 27;  // no type yet, or one that a trailer can make more precise
constexpr std::uint32_t kCustomList = 1u << 26;
constexpr std::uint32_t kFacts = kCustomList - 1;

constexpr std::uint64_t kDiscDescriptor = 32768;  // ECMA-119: sector 16
constexpr std::uint64_t kDescriptorBytes = 8;
constexpr std::uint64_t kFooterBytes = 512;

void put(Look& look, const Probed& probed) {
  look.found.type = static_cast<std::uint16_t>(probed.id);
  look.found.basis = probed.id == Id::kUnknown ? TypeBasis::kNone : probed.basis;
  look.found.encryption = probed.encryption;
}

Probed refined(Id id, bool certain = true) {
  return {.id = certain ? id : Id::kUnknown, .basis = TypeBasis::kStructure};
}

FileEncryption encryption_of(Bytes head, Id id) {
  switch (id) {
    case Id::kRar4:
    case Id::kRar5:
      return rar_encrypted(head, id) ? FileEncryption::kRar : FileEncryption::kNone;
    case Id::kAndroidBackup:
      return android_backup_encrypted(head) ? FileEncryption::kAndroidBackup : FileEncryption::kNone;
    case Id::kKeePass:
    case Id::kKeePass1:
      return FileEncryption::kKeePass;
    case Id::kPasswordSafe:
      return FileEncryption::kPasswordSafe;
    case Id::kLuks:
      return FileEncryption::kLuks;
    case Id::kDmgEncrypted:
      return FileEncryption::kAppleImage;
    case Id::kOpenSsl:
      return FileEncryption::kOpenSsl;
    case Id::kAge:
      return FileEncryption::kAge;
    case Id::kOpVault:
      return FileEncryption::kOnePassword;
    default:
      return FileEncryption::kNone;
  }
}

// A bzip2 stream, or the end of an empty one, behind "BZh" and the size of its blocks.
bool is_bzip2(Bytes head) {
  if (head.size() < 10 || head[3] < '1' || head[3] > '9') return false;
  const std::string_view magic = as_text(head.subspan(4, 6));
  return magic == "1AY&SY" || magic == "\x17\x72\x45\x38\x50\x90";
}

bool is_lha(Bytes head) {
  return head.size() > 20 && head[6] == '-' && (head[4] == 'h' || head[4] == 'z');
}

bool is_segb(Bytes head, std::uint64_t size_bytes) {
  if (as_text(head).starts_with("SEGB")) return true;
  const std::uint32_t end = le_at<std::uint32_t>(head, 0).value_or(0);
  return end >= 56 && end <= size_bytes;
}

bool is_vdi(Bytes head) {
  return le_at<std::uint32_t>(head, 64) == 0xBEDA107Fu;
}

// What a signature stands for, once the bytes around it are looked at; kUnknown where it is there by chance.
Probed behind_signature(Id id, Bytes head, std::uint64_t size_bytes) {
  switch (id) {
    case Id::kBmff:
    case Id::kMov:
      return refined(bmff_kind(head, size_bytes));
    case Id::kWav:
      return refined(riff_kind(head));
    case Id::kAiff:
      return refined(form_kind(head));
    case Id::kMatroska:
      return refined(ebml_kind(head));
    case Id::kOgg:
      return refined(ogg_kind(head));
    case Id::kTiff:
      return refined(tiff_kind(head));
    case Id::kBmp:
      return refined(id, is_bmp(head, size_bytes));
    case Id::kSwf:
      return refined(id, is_swf(head));
    case Id::kDosExe:
      return refined(pe_kind(head));
    case Id::kElfExe:
      return refined(elf_kind(head));
    case Id::kClass:
      return refined(class_kind(head));
    case Id::kSqlite:
      return refined(sqlite_kind(head));
    case Id::kPlistBinary:
      return refined(plist_kind(head));
    case Id::kRegistryHive:
      return refined(registry_kind(head));
    case Id::kBzip2:
      return refined(id, is_bzip2(head));
    case Id::kLha:
      return refined(id, is_lha(head));
    case Id::kCompress:
      return refined(id, head.size() > 3 && (head[2] & 0x1F) >= 9 && (head[2] & 0x1F) <= 16);
    case Id::kSegb:
      return refined(id, is_segb(head, size_bytes));
    case Id::kVdi:
      return refined(id, is_vdi(head));
    default:
      return {.id = id, .basis = TypeBasis::kSignature, .encryption = encryption_of(head, id)};
  }
}

Window window(std::uint64_t offset, std::uint64_t length, std::uint64_t size_bytes) {
  offset = std::max<std::uint64_t>(offset, kHeadBytes);
  if (offset >= size_bytes) return {};
  return {.offset = offset, .length = std::min({length, std::uint64_t{kWindowBytes}, size_bytes - offset})};
}

Window last(std::uint64_t length, std::uint64_t size_bytes) {
  return window(size_bytes - std::min(length, size_bytes), length, size_bytes);
}

void look_into_ole(Look& look, Bytes head, std::uint64_t size_bytes) {
  const OleStart start = ole_start(head);
  look.facts = kOleFamily | start.facts;
  if (start.directory_offset != 0 && start.directory_offset < head.size())
    look.facts |= ole_facts(head.subspan(static_cast<std::size_t>(start.directory_offset)));
  else if (start.directory_offset != 0 && start.directory_offset >= kHeadBytes)
    look.windows[0] = window(start.directory_offset, kWindowBytes, size_bytes);
  put(look, ole_kind(look.facts & kFacts));
}

void look_into(Look& look, const Probed& probed, Bytes head, std::uint64_t size_bytes) {
  switch (probed.id) {
    case Id::kZip:
      look.facts = kZipFamily | zip_head_facts(head);
      put(look, zip_kind(look.facts & kFacts));
      look.windows[0] = last(kWindowBytes, size_bytes);
      break;
    case Id::kOle:
      look_into_ole(look, head, size_bytes);
      break;
    case Id::kPdf:
      look.facts = kPdfFamily;
      look.found.encryption = pdf_encryption(head);
      look.windows[0] = last(kWindowBytes, size_bytes);
      break;
    case Id::k7z: {
      look.facts = kSevenZipFamily;
      const Window header = seven_zip_header(head, size_bytes);
      if (const auto part = slice(head, header.offset, header.length); part)
        look.found.encryption = seven_zip_encryption(*part);
      else
        look.windows[0] = window(header.offset, header.length, size_bytes);
      break;
    }
    default:
      break;
  }
}

// A disc's descriptors and the trailers of disks and tables stand where the head does not reach.
void look_for_trailers(Look& look, Bytes head, std::uint64_t size_bytes) {
  const auto id = static_cast<Id>(look.found.type);
  // An Apple disk image begins with its first compressed block.
  constexpr Id kOpen[] = {Id::kUnknown, Id::kMbr, Id::kNtfsImage, Id::kFatImage, Id::kBzip2, Id::kXz, Id::kLzma};
  if (std::find(std::begin(kOpen), std::end(kOpen), id) == std::end(kOpen)) return;
  look.facts = kUnnamed;
  const std::uint32_t version = le_at<std::uint32_t>(head, 0).value_or(0);
  if (version >= 1 && version <= 2) look.facts |= kCustomList;
  if (size_bytes <= kHeadBytes) return look_at_window(look, head);
  if (size_bytes > kDiscDescriptor + kFooterBytes)
    look.windows[0] = window(kDiscDescriptor, kDescriptorBytes, size_bytes);
  look.windows[1] = last(kFooterBytes, size_bytes);
}

void name_by_trailer(Look& look, Bytes bytes) {
  constexpr std::string_view kListEnd("\xAB\xFB\xBF\xBA", 4);
  if (as_text(bytes).substr(0, 6) ==
          "\x01"
          "CD001" &&
      bytes.size() == kDescriptorBytes)
    return put(look, refined(Id::kIso));
  if (bytes.size() == kDescriptorBytes) return;
  Id id = footer_kind(bytes);
  const bool unknown = look.found.type == kUnknownType;
  if (id == Id::kUnknown && unknown && (look.facts & kCustomList) != 0 && as_text(bytes).ends_with(kListEnd))
    id = Id::kJumpListCustom;
  if (id == Id::kUnknown || (!unknown && id == Id::kLevelDbTable) ||
      look.found.type == static_cast<std::uint16_t>(Id::kIso))
    return;
  put(look, {.id = id, .basis = TypeBasis::kSignature});
}

}  // namespace

Look look_at_head(Bytes head, std::uint64_t size_bytes) {
  Look look;
  if (head.empty()) {
    look.found = {.type = kEmptyType};
    return look;
  }
  const Id signature = match_signature(head);
  Probed probed;
  if (signature != Id::kUnknown) probed = behind_signature(signature, head, size_bytes);
  if (probed.id == Id::kUnknown) probed = refined(media_structure(head, size_bytes));
  if (probed.id == Id::kUnknown) probed = system_structure(head, size_bytes);
  if (probed.id == Id::kUnknown) probed = text_kind(head, head.size() == size_bytes);
  put(look, probed);
  look.found.entropy_millibits = entropy_millibits(head);
  look_into(look, probed, head, size_bytes);
  look_for_trailers(look, head, size_bytes);
  return look;
}

void look_at_window(Look& look, Bytes bytes) {
  const std::uint16_t entropy = look.found.entropy_millibits;
  if ((look.facts & kZipFamily) != 0) {
    look.facts |= zip_tail_facts(bytes);
    put(look, zip_kind(look.facts & kFacts));
  } else if ((look.facts & kOleFamily) != 0) {
    look.facts |= ole_facts(bytes);
    put(look, ole_kind(look.facts & kFacts));
  } else if ((look.facts & kPdfFamily) != 0) {
    if (look.found.encryption == FileEncryption::kNone) look.found.encryption = pdf_encryption(bytes);
  } else if ((look.facts & kSevenZipFamily) != 0) {
    look.found.encryption = seven_zip_encryption(bytes);
  } else if ((look.facts & kUnnamed) != 0) {
    name_by_trailer(look, bytes);
  }
  look.found.entropy_millibits = entropy;
}

catalog::ContentType identify(Bytes head, std::uint64_t size_bytes) {
  return look_at_head(head.first(std::min(head.size(), kHeadBytes)), size_bytes).found;
}

}  // namespace limier::types
