// Which container a file is, from its bytes. Compiled into the supervisor too: no parsing library, no allocation that
// evidence could size.
//
// Signatures: EWF and EWF2 specifications (J. Metz), AFF library (afflib), AFF4 standard v1.0, QEMU block driver
// documentation (qcow, VDI, VHD, VHDX, VMDK, Parallels), Apple UDIF trailer as described by "libmodi", RFC 1952, RFC
// 8878, the .xz, 7z, RAR and ZIP format notes.
#include <algorithm>
#include <array>

#include "limier/evidence.h"

namespace limier::evidence {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kSmallestImage = 512;  // one sector
constexpr std::size_t kTrailer = 512;          // VHD footer and UDIF trailer

constexpr std::string_view kEwfMagic = "EVF\x09\x0d\x0a\xff\x00"sv;
constexpr std::string_view kL01Magic = "LVF\x09\x0d\x0a\xff\x00"sv;

constexpr std::string_view kUseQemu =
    "convert it to raw or E01 (for example with qemu-img convert -O raw) and run limier on the result";
constexpr std::string_view kUseEnCase =
    "export it as E01 or raw with the tool that made it and run limier on the result";
constexpr std::string_view kLogical =
    "it holds copied files, not a disk; open it with the tool that made it, or image the disk as E01 or raw";
constexpr std::string_view kUseAff = "convert it to raw (for example with affconvert -r) and run limier on the result";
constexpr std::string_view kUseAff4 = "export it as raw or E01 with an AFF4 tool and run limier on the result";
constexpr std::string_view kUseHdiutil =
    "convert it to raw (for example with hdiutil convert -format UDTO, or dmg2img) and run limier on the result";
constexpr std::string_view kDecrypt = "it is encrypted, and limier never decrypts; have it exported as raw or E01";
constexpr std::string_view kUnpack = "unpack it and run limier on the image inside";
constexpr std::string_view kUseSimg = "convert it to raw (for example with simg2img) and run limier on the result";
constexpr std::string_view kRestore =
    "restore it to a raw image with the tool that made it and run limier on the result";

struct Signature {
  std::size_t offset;
  std::string_view magic;
  std::string_view name;
  std::string_view advice;
};

constexpr std::array kSignatures{
    Signature{0, "EVF2\x0d\x0a\x81\x00"sv, "EnCase 7 Ex01 (EWF2)", kUseEnCase},
    Signature{0, "LEF2\x0d\x0a\x81\x00"sv, "EnCase 7 Lx01 (logical EWF2)", kLogical},
    Signature{0, "DVF\x09\x0d\x0a\xff\x00"sv, "EWF delta file (D01)", kUseEnCase},
    Signature{0, "AFF10\r\n\x00"sv, "Advanced Forensic Format (AFF)", kUseAff},
    Signature{0, "AFFLIB"sv, "Advanced Forensic Format (AFF)", kUseAff},
    Signature{0, "ADCRYPT"sv, "AccessData encrypted image", kDecrypt},
    Signature{0, "encrcdsa"sv, "encrypted Apple DMG", kDecrypt},
    Signature{0, "sprs"sv, "Apple sparse image", kUseHdiutil},
    Signature{0x40, "\x7f\x10\xda\xbe"sv, "VirtualBox VDI", kUseQemu},
    Signature{0, "QFI\xfb\x00\x00\x00\x01"sv, "QEMU qcow", kUseQemu},
    Signature{0, "QFI\xfb"sv, "QEMU qcow2", kUseQemu},
    Signature{0, "QED\x00"sv, "QEMU QED", kUseQemu},
    Signature{0, "conectix"sv, "Microsoft VHD", kUseQemu},
    Signature{0, "vhdxfile"sv, "Microsoft VHDX", kUseQemu},
    Signature{0, "KDMV"sv, "VMware VMDK", kUseQemu},
    Signature{0, "COWD"sv, "VMware VMDK (COWD)", kUseQemu},
    Signature{0, "WithoutFreeSpace"sv, "Parallels HDD", kUseQemu},
    Signature{0, "WithouFreSpacExt"sv, "Parallels HDD", kUseQemu},
    Signature{0, "Bochs Virtual HD Image"sv, "Bochs growing image", kUseQemu},
    Signature{0, "\x3a\xff\x26\xed"sv, "Android sparse image", kUseSimg},
    Signature{0, "MSWIM\x00\x00\x00"sv, "Windows WIM archive", kLogical},
    Signature{0, "partclone-image"sv, "partclone image", kRestore},
    Signature{0, "\x00ntfsclone-image"sv, "ntfsclone image", kRestore},
    Signature{0, "\x04\x22\x4d\x18"sv, "lz4-compressed file", kUnpack},
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, "7z archive", kUnpack},
    Signature{0, "Rar!\x1a\x07"sv, "RAR archive", kUnpack},
};

bool has_at(Bytes bytes, std::uint64_t offset, std::string_view magic) {
  const auto part = slice(bytes, offset, magic.size());
  return part && as_text(*part) == magic;
}

bool contains(Bytes bytes, std::string_view text) {
  return as_text(bytes).find(text) != std::string_view::npos;
}

Identified unsupported(std::string_view name, std::string_view advice) {
  return {Format::kUnsupported, std::string(name), std::string(advice)};
}

// A VMDK text descriptor: its marker line may follow a comment or a byte order mark.
bool is_vmdk_descriptor(Bytes head) {
  constexpr std::size_t kDescriptorStart = 256;
  return contains(head.first(std::min(head.size(), kDescriptorStart)), "# Disk DescriptorFile");
}

bool has_disk_structure(Bytes head);

bool is_aff4(Bytes head, Bytes tail) {
  constexpr std::size_t kEnd = 4096;
  const Bytes end = tail.last(std::min(tail.size(), kEnd));
  for (const std::string_view sign : {"information.turtle"sv, "container.description"sv, "aff4://"sv, "aff4%3A"sv})
    if (contains(head, sign) || contains(end, sign)) return true;
  return false;
}

// The record at the end of a zip, if what it says fits where it stands (APPNOTE 4.3.16).
struct ZipEnd {
  std::uint32_t disk = 0;
};
std::optional<ZipEnd> find_zip_end(Bytes tail, std::uint64_t size_bytes) {
  constexpr std::size_t kEnd = 22, kEntry = 46;
  constexpr std::uint64_t kMostInFront = 16u << 20;  // of a program that unpacks itself
  const std::string_view text = as_text(tail);
  for (std::size_t at = text.rfind("PK\x05\x06"sv); at != std::string_view::npos;
       at = at == 0 ? at : text.rfind("PK\x05\x06"sv, at - 1)) {
    if (const auto record = Block<kEnd>::at(tail, at)) {
      const std::uint64_t offset = size_bytes - tail.size() + at;
      const std::uint16_t disk = record->le<4, std::uint16_t>(), here = record->le<8, std::uint16_t>();
      const std::uint16_t all = record->le<10, std::uint16_t>();
      const std::uint64_t length = record->le<12, std::uint32_t>(), begin = record->le<16, std::uint32_t>();
      const bool fits = record->le<20, std::uint16_t>() <= tail.size() - at - kEnd;
      const bool wide = all == 0xffff || length == 0xffffffff || begin == 0xffffffff;
      const bool listed = all > 0 && length / kEntry >= all && here <= all;
      const bool split = disk != 0 && disk != 0xffff;
      const bool placed = split || (length + begin <= offset && offset - length - begin <= kMostInFront && here == all);
      const bool begins_there = split || length > at || has_at(tail, at - length, "PK\x01\x02"sv);
      if (fits && ((listed && placed && begins_there) ||
                   (wide && has_at(tail, at - std::min<std::size_t>(at, 20), "PK\x06\x07"sv))))
        return ZipEnd{split ? std::uint32_t{disk} : 0};
    }
    if (at == 0) break;
  }
  return std::nullopt;
}

// "A.zip" is the last part, the others are called "A.z01" and so on.
Identified part_of_zip(std::uint32_t disk, std::string_view file_name) {
  if (disk == 0)
    return unsupported("ZIP archive in several parts",
                       "the last part, named .zip, says how many there are; join them "
                       "to one file (for example with zip -s 0) and try again");
  const std::string stem(file_name.substr(0, file_name.rfind('.')));
  std::string parts = stem + ".z01";
  if (disk > 1) parts += " to " + stem + (disk < 10 ? ".z0" : ".z") + std::to_string(disk);
  return unsupported("ZIP archive in several parts",
                     "this is the last of " + std::to_string(disk + 1) + " parts; " + parts +
                         " belong before it. Join them to one file (for example with zip -s 0) and try again");
}

std::optional<Identified> by_zip(Bytes head, Bytes tail, std::uint64_t size_bytes, std::string_view file_name) {
  const bool begins = has_at(head, 0, "PK\x03\x04"sv) || has_at(head, 0, "PK\x05\x06"sv);
  const bool begins_part = has_at(head, 0, "PK\x07\x08PK\x03\x04"sv);
  if (begins && is_aff4(head, tail)) return unsupported("AFF4", kUseAff4);
  if (!begins && !begins_part && has_disk_structure(head)) return std::nullopt;
  const auto end = find_zip_end(tail, size_bytes);
  if (end && end->disk != 0) return part_of_zip(end->disk, file_name);
  if (begins_part && !end) return part_of_zip(0, file_name);
  if (begins || end) return Identified{Format::kZip, "", ""};
  return std::nullopt;
}

std::optional<Identified> by_ad1(Bytes head) {
  const auto part = ad1_header(head);
  if (!part) return std::nullopt;
  if (part->number != 1)
    return unsupported("AccessData AD1 (logical)", "it is part " + std::to_string(part->number) + " of " +
                                                       std::to_string(part->count) + " of a set: give the first one");
  if (!has_at(head, part->header_bytes, kAd1Image))
    return unsupported("AccessData AD1 (logical)", "its first part holds no list of files");
  const auto version = le_at<std::uint32_t>(head, part->header_bytes + 16);
  if (!version || (*version != 3 && *version != 4))
    return unsupported("AccessData AD1 (logical)",
                       "its version is " + std::to_string(version.value_or(0)) + ", and limier reads 3 and 4");
  return Identified{Format::kAd1, "", ""};
}

// Four lines: the words, a version, whether it is compressed, and how it is encrypted (AOSP, BackupManagerService).
std::optional<Identified> by_android_backup(Bytes head) {
  constexpr std::string_view kWords = "ANDROID BACKUP\n";
  constexpr std::size_t kHeader = 64, kLines = 4;
  std::string_view text = as_text(head.first(std::min(head.size(), kHeader)));
  if (!text.starts_with(kWords)) return std::nullopt;
  std::array<std::string_view, kLines> lines;
  for (std::string_view& line : lines) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return unsupported("Android backup (.ab)", "its header is cut off");
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  if (lines[3] != "none") return unsupported("Android backup (.ab), encrypted", kDecrypt);
  return Identified{Format::kAndroidBackup, "", ""};
}

// Whether there is a tar in it shows when it is unpacked.
std::optional<Identified> by_stream(Bytes head) {
  if (has_at(head, 0, "\x1f\x8b\x08"sv)) return Identified{Format::kTarGz, "", ""};
  if (has_at(head, 0, "\xfd\x37zXZ\x00"sv)) return Identified{Format::kTarXz, "", ""};
  if (has_at(head, 0, "\x28\xb5\x2f\xfd"sv)) return Identified{Format::kTarZst, "", ""};
  if (has_at(head, 0, "BZh"sv) && has_at(head, 4, "1AY&SY"sv)) return Identified{Format::kTarBz2, "", ""};
  return std::nullopt;
}

// The checksum of the first header: the sum of its bytes, its own eight taken as blanks, in octal digits.
bool is_tar(Bytes head) {
  constexpr std::size_t kBlock = 512, kAt = 148, kLength = 8, kMagic = 257;
  const auto block = slice(head, 0, kBlock);
  if (!block || (*block)[0] == 0) return false;
  std::uint32_t stored = 0, sum = 0;
  std::size_t digits = 0;
  for (std::size_t i = kAt; i < kAt + kLength; ++i) {
    const char c = static_cast<char>((*block)[i]);
    if (c >= '0' && c <= '7') {
      stored = stored * 8 + static_cast<std::uint32_t>(c - '0');
      ++digits;
    } else if (c != ' ' && c != 0) {
      return false;
    }
  }
  for (std::size_t i = 0; i < kBlock; ++i) sum += i >= kAt && i < kAt + kLength ? ' ' : (*block)[i];
  // One in 262144 blocks has such a sum by chance: where nothing else says tar, no disk's first sector may be taken.
  return digits >= 4 && stored == sum && (has_at(head, kMagic, "ustar"sv) || !has_disk_structure(head));
}

std::optional<Identified> by_trailer(Bytes tail) {
  if (tail.size() >= kTrailer) {
    const Bytes trailer = tail.last(kTrailer);
    // UDIF: signature, version 4, header size 512; the checks keep four stray letters from refusing a disk.
    if (has_at(trailer, 0, "koly") && be_at<std::uint32_t>(trailer, 4) == 4u &&
        be_at<std::uint32_t>(trailer, 8) == 512u)
      return unsupported("Apple DMG (UDIF)", kUseHdiutil);
    if (has_at(trailer, 0, "conectix")) return unsupported("Microsoft VHD (fixed size)", kUseQemu);
    // Footers of Virtual PC before 2004 are one byte shorter (VHD specification, "Hard Disk Footer").
    if (has_at(trailer, 1, "conectix")) return unsupported("Microsoft VHD", kUseQemu);
  }
  if (tail.size() >= 8 && as_text(tail.last(8)) == "cdsaencr") return unsupported("encrypted Apple DMG", kDecrypt);
  return std::nullopt;
}

// ASR SMART marks its volume section with its name (EWF specification, "Volume section of EWF-S01").
bool has_smart_volume(Bytes head) {
  constexpr std::size_t kFileHeader = 13, kDescriptor = 76, kMarkOffset = 85, kSectionsBefore = 8;
  std::uint64_t offset = kFileHeader;
  for (std::size_t i = 0; i < kSectionsBefore; ++i) {
    const auto descriptor = Block<kDescriptor>::at(head, offset);
    if (!descriptor) return false;
    if (as_text(descriptor->bytes<0, 7>()) == "volume\0"sv)
      return has_at(head, offset + kDescriptor + kMarkOffset, "SMART"sv);
    const auto next = descriptor->le<16, std::uint64_t>();
    if (next <= offset || next > head.size()) return false;
    offset = next;
  }
  return false;
}

bool is_named_zip(std::string_view name) {
  constexpr std::string_view kEnding = ".zip";
  if (name.size() < kEnding.size()) return false;
  const std::string_view ending = name.substr(name.size() - kEnding.size());
  return std::equal(ending.begin(), ending.end(), kEnding.begin(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool looks_like_ewf_name(std::string_view name) {
  if (name.size() < 4 || name[name.size() - 4] != '.') return false;
  const std::string_view extension = name.substr(name.size() - 3);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const char first = extension[0];
  const bool ewf_letter = first == 'E' || first == 'e' || first == 'S' || first == 's';
  return ewf_letter && is_digit(extension[1]) && is_digit(extension[2]);
}

// Structures that make a file a disk whatever it is called.
bool has_disk_structure(Bytes head) {
  struct Mark {
    std::size_t offset;
    std::string_view magic;
  };
  static constexpr std::array kMarks{Mark{510, "\x55\xaa"sv},
                                     Mark{512, "EFI PART"sv},
                                     Mark{4096, "EFI PART"sv},
                                     Mark{1080, "\x53\xef"sv},
                                     Mark{1024, "H+"sv},
                                     Mark{1024, "HX"sv},
                                     Mark{1024, "BD"sv},
                                     Mark{32, "NXSB"sv},
                                     Mark{32769, "CD001"sv},
                                     Mark{0, "LUKS\xba\xbe"sv},
                                     Mark{0, "hsqs"sv},
                                     Mark{0, "XFSB"sv},
                                     Mark{512, "LABELONE"sv},
                                     Mark{0, "ER\x02\x00"sv},
                                     Mark{512, "PM\x00\x00"sv},
                                     Mark{4086, "SWAPSPACE2"sv},
                                     Mark{1024, "\x10\x20\xf5\xf2"sv},
                                     Mark{9564, "\x54\x19\x01\x00"sv}};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](const Mark& mark) { return has_at(head, mark.offset, mark.magic); });
}

}  // namespace

std::optional<Ad1Part> ad1_header(Bytes head) {
  constexpr std::size_t kFields = 48;
  constexpr std::uint64_t kMostHeader = 64u << 10;
  const auto block = Block<kFields>::at(head, 0);
  if (!block || !has_at(head, 0, "ADSEGMENTEDFILE\0"sv)) return std::nullopt;
  Ad1Part part;
  part.number = block->le<0x18, std::uint32_t>();
  part.count = block->le<0x1c, std::uint32_t>();
  part.header_bytes = block->le<0x28, std::uint32_t>();
  if (part.header_bytes < kFields || part.header_bytes > kMostHeader) part.header_bytes = kAd1HeaderBytes;
  return part;
}

std::string_view format_name(Format format) {
  switch (format) {
    case Format::kRaw:
      return "raw";
    case Format::kSplitRaw:
      return "split-raw";
    case Format::kEwfE01:
      return "ewf-e01";
    case Format::kEwfS01:
      return "ewf-s01";
    case Format::kZip:
      return "zip";
    case Format::kTar:
      return "tar";
    case Format::kFolder:
      return "folder";
    case Format::kTarGz:
      return "tar.gz";
    case Format::kTarXz:
      return "tar.xz";
    case Format::kTarZst:
      return "tar.zst";
    case Format::kTarBz2:
      return "tar.bz2";
    case Format::kAndroidBackup:
      return "ab";
    case Format::kAd1:
      return "ad1";
    case Format::kEwfL01:
      return "ewf-l01";
    case Format::kUnsupported:
      break;
  }
  return "unsupported";
}

std::string_view chunk_state_reason(ChunkState state) {
  switch (state) {
    case ChunkState::kGood:
    case ChunkState::kZero:
      break;
    case ChunkState::kBadChecksum:
      return "chunk-checksum";
    case ChunkState::kUndecodable:
      return "chunk-undecodable";
    case ChunkState::kMissing:
      return "image-short";
    case ChunkState::kReadError:
      return "read-error";
    case ChunkState::kQuarantined:
      return "quarantined";
  }
  return "";
}

Identified identify_container(Bytes head, Bytes tail, std::uint64_t size_bytes, std::string_view file_name) {
  if (has_at(head, 0, kEwfMagic)) {
    return {has_smart_volume(head) ? Format::kEwfS01 : Format::kEwfE01, "", ""};
  }
  if (has_at(head, 0, kL01Magic)) return {Format::kEwfL01, "", ""};
  for (const Signature& signature : kSignatures)
    if (has_at(head, signature.offset, signature.magic)) return unsupported(signature.name, signature.advice);
  if (is_vmdk_descriptor(head)) return unsupported("VMware VMDK descriptor", kUseQemu);
  if (auto found = by_ad1(head)) return *found;
  // Before what a file ends with: the last member of a tar may be a zip.
  if (auto found = by_android_backup(head)) return *found;
  if (is_tar(head)) return {Format::kTar, "", ""};
  if (auto found = by_zip(head, tail, size_bytes, file_name)) return *found;
  if (auto found = by_stream(head)) return *found;
  if (auto found = by_trailer(tail)) return *found;
  if (is_named_zip(file_name) && !has_disk_structure(head))
    return unsupported("", "it is named like a ZIP archive but is none, and has no known disk structure");
  if (size_bytes == 0) return unsupported("", "the file is empty");
  if (size_bytes < kSmallestImage) return unsupported("", "it is smaller than one sector of 512 bytes");
  if (looks_like_ewf_name(file_name) && !has_disk_structure(head))
    return unsupported("",
                       "it is named like an EWF segment but has neither the EWF signature nor a known disk structure");
  return {Format::kRaw, "", ""};
}

}  // namespace limier::evidence
