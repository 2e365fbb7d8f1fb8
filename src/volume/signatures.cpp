// Sources: the magic numbers of the Linux kernel (include/uapi/linux/magic.h and each file system's on-disk header),
// util-linux libblkid's superblock descriptions, OpenZFS on-disk format, Apple "Inside Macintosh:
// Files" (HFS), libyal documentation (ReFS, LVM2, VMFS).
#include "volume/signatures.h"

#include <algorithm>

#include <fmt/format.h>

namespace limier::volume {

namespace {

using namespace std::string_view_literals;

struct Mark {
  std::string_view fs_type;
  std::uint64_t offset;
  std::string_view bytes;
};

constexpr std::array kLeadingMarks = {
    Mark{"xfs", 0, "XFSB"sv},
    Mark{"squashfs", 0, "hsqs"sv},
    Mark{"squashfs", 0, "sqsh"sv},
    Mark{"refs", 3, "ReFS\0\0\0\0"sv},
    Mark{"cramfs", 0, "\x45\x3d\xcd\x28"sv},
    Mark{"cramfs", 512, "\x45\x3d\xcd\x28"sv},
    Mark{"romfs", 0, "-rom1fs-"sv},
    Mark{"ubi", 0, "UBI#"sv},
    Mark{"ubifs", 0, "\x31\x18\x10\x06"sv},
    Mark{"linux-raid", 0, "\xfc\x4e\x2b\xa9\x01\0\0\0"sv},
    Mark{"linux-raid", 4096, "\xfc\x4e\x2b\xa9\x01\0\0\0"sv},
    Mark{"bcachefs", 4096 + 24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"sv},
    Mark{"bcachefs", 4096 + 24, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"sv},
    Mark{"vmfs", 0x100000, "\x0d\xd0\x01\xc0"sv},
};

constexpr std::array kInnerMarks = {
    Mark{"btrfs", 65536 + 64, "_BHRfS_M"sv},
    Mark{"f2fs", 1024, "\x10\x20\xf5\xf2"sv},
    Mark{"erofs", 1024, "\xe2\xe1\xf5\xe0"sv},
    Mark{"reiserfs", 65536 + 52, "ReIsErFs"sv},
    Mark{"reiserfs", 65536 + 52, "ReIsEr2Fs"sv},
    Mark{"reiserfs", 65536 + 52, "ReIsEr3Fs"sv},
    Mark{"reiserfs", 8192 + 52, "ReIsErFs"sv},
    Mark{"reiser4", 65536, "ReIsEr4"sv},
    Mark{"jfs", 32768, "JFS1"sv},
    Mark{"high-sierra", 32768 + 9, "CDROM"sv},
    Mark{"gfs2", 65536, "\x01\x16\x19\x70\0\0\0\x01"sv},
    Mark{"ocfs2", 8192, "OCFSV2"sv},
    Mark{"hfs", 1024, "BD"sv},
    Mark{"vmfs", 0x200000, "\x5e\xf1\xab\x2f"sv},
    Mark{"hpfs", 8192, "\x49\xe8\x95\xf9\xc5\xe9\x53\xfa"sv},
    Mark{"yaffs2", 0, "\x03\0\0\0\x01\0\0\0\xff\xff"sv},
};

template <std::size_t N>
std::string find_mark(const RangeReader& volume, const std::array<Mark, N>& marks) {
  for (const Mark& mark : marks)
    if (volume.has(mark.offset, mark.bytes)) return std::string(mark.fs_type);
  return {};
}

// The LVM2 label stands in one of the first four sectors; the volume's identifier follows it (32 characters,
// 6-4-4-4-4-4-6).
std::optional<FormatMatch> find_lvm2(const RangeReader& volume) {
  const auto head = volume.read(0, 4 * 512);
  for (std::size_t sector = 0; sector + 512 <= head.size(); sector += 512) {
    const auto block = Block<512>::at(head, sector);
    if (!block || as_text(block->bytes<0, 8>()) != "LABELONE" || as_text(block->bytes<24, 8>()) != "LVM2 001") continue;
    const std::uint32_t at = block->le<20, std::uint32_t>();
    FormatMatch match{"lvm2", {}};
    if (const auto id = slice(Bytes(head).subspan(sector, 512), at, 32)) {
      static constexpr std::array<std::size_t, 7> kGroups = {6, 4, 4, 4, 4, 4, 6};
      std::size_t from = 0;
      for (const std::size_t length : kGroups) {
        if (from != 0) match.facts.uuid += '-';
        match.facts.uuid += as_text(id->subspan(from, length));
        from += length;
      }
    }
    return match;
  }
  return std::nullopt;
}

// "SWAPSPACE2" ends the first page, whose size depends on the machine.
std::optional<FormatMatch> find_swap(const RangeReader& volume) {
  for (const std::uint64_t page : {4096u, 8192u, 16384u, 65536u}) {
    const auto mark = volume.read(page - 10, 10);
    if (as_text(mark) != "SWAPSPACE2" && as_text(mark) != "SWAP-SPACE") continue;
    FormatMatch match{"swap", {}};
    const auto header = volume.read(1024, 44);
    if (const auto block = Block<44>::at(header, 0)) {
      match.facts.uuid = uuid_text(block->bytes<12, 16>());
      match.facts.label = padded_text(block->bytes<28, 16>());
    }
    match.facts.block_size = static_cast<std::uint32_t>(page);
    return match;
  }
  return std::nullopt;
}

// Uberblocks (magic 0x00bab10c in either byte order) fill the second half of each 256 KiB label.
bool find_zfs(const RangeReader& volume) {
  static constexpr std::uint64_t kArea = 128u << 10;
  const auto area = volume.read(kArea, kArea);
  int found = 0;
  for (std::size_t at = 0; at + 8 <= area.size(); at += 1024) {
    if (le_at<std::uint64_t>(area, at) == 0x00bab10cu || be_at<std::uint64_t>(area, at) == 0x00bab10cu) ++found;
  }
  return found >= 2;
}

// MD superblocks 0.90 and 1.0 stand near the end of a member.
bool find_md_at_end(const RangeReader& volume) {
  static constexpr std::string_view kMagic = "\xfc\x4e\x2b\xa9"sv;
  const std::uint64_t size = volume.size_bytes();
  if (size < (128u << 10)) return false;
  const std::uint64_t v090 = (size & ~std::uint64_t{0xFFFF}) - 0x10000;
  const std::uint64_t v10 = ((size / 512 - 16) & ~std::uint64_t{7}) * 512;
  return volume.has(v090, kMagic) || volume.has(v10, kMagic);
}

// The 16-bit magics are weak: a plausible superblock is asked for as well.
bool find_minix(const RangeReader& volume) {
  const auto super = volume.read(1024, 32);
  const auto block = Block<32>::at(super, 0);
  if (!block) return false;
  const unsigned magic = block->le<16, std::uint16_t>();
  const bool v12 = magic == 0x137F || magic == 0x138F || magic == 0x2468 || magic == 0x2478;
  const bool v3 = block->le<24, std::uint16_t>() == 0x4D5A;
  if (v12)
    return block->le<0, std::uint16_t>() != 0 && block->le<4, std::uint16_t>() != 0 &&
           block->le<10, std::uint16_t>() <= 6;
  return v3 && block->le<0, std::uint32_t>() != 0 && block->le<6, std::uint16_t>() != 0;
}

bool find_nilfs2(const RangeReader& volume) {
  const auto super = volume.read(1024, 16);
  const auto block = Block<16>::at(super, 0);
  return block && block->le<6, std::uint16_t>() == 0x3434 && block->le<0, std::uint32_t>() == 2;
}

bool find_jffs2(const RangeReader& volume) {
  const auto head = volume.read(0, 12);
  const auto block = Block<12>::at(head, 0);
  if (!block) return false;
  const unsigned type = block->le<2, std::uint16_t>();
  return block->le<0, std::uint16_t>() == 0x1985 &&
         (type == 0xE001 || type == 0xE002 || type == 0x2003 || type == 0x2004 || type == 0x2006);
}

FsFacts unsupported_facts(std::string_view fs_type, const RangeReader& volume) {
  FsFacts facts;
  if (fs_type == "xfs") {
    const auto super = volume.read(0, 512);
    if (const auto block = Block<128>::at(super, 0)) {
      facts = {padded_text(block->bytes<108, 12>()), uuid_text(block->bytes<32, 16>()), block->be<4, std::uint32_t>()};
    }
  } else if (fs_type == "btrfs") {
    const auto super = volume.read(65536, 1024);
    if (const auto block = Block<1024>::at(super, 0)) {
      facts = {padded_text(block->bytes<299, 256>()), uuid_text(block->bytes<32, 16>()),
               block->le<144, std::uint32_t>()};
    }
  } else if (fs_type == "f2fs") {
    const auto super = volume.read(1024, 2048);
    if (const auto block = Block<1148>::at(super, 0)) {
      const unsigned shift = block->le<16, std::uint32_t>();
      facts = {utf16_text(block->bytes<124, 1024>(), false), uuid_text(block->bytes<108, 16>()),
               shift < 17 ? 1u << shift : 0};
    }
  } else if (fs_type == "reiserfs") {
    const auto super = volume.read(65536, 128);
    if (const auto block = Block<116>::at(super, 0))
      facts = {padded_text(block->bytes<100, 16>()), uuid_text(block->bytes<84, 16>()), block->le<44, std::uint16_t>()};
  } else if (fs_type == "jfs") {
    const auto super = volume.read(32768, 256);
    if (const auto block = Block<168>::at(super, 0))
      facts = {padded_text(block->bytes<152, 16>()), uuid_text(block->bytes<136, 16>()),
               block->le<24, std::uint32_t>()};
  } else if (fs_type == "erofs") {
    const auto super = volume.read(1024, 128);
    if (const auto block = Block<80>::at(super, 0))
      facts = {padded_text(block->bytes<64, 16>()), uuid_text(block->bytes<48, 16>()), 0};
  } else if (fs_type == "nilfs2") {
    const auto super = volume.read(1024, 512);
    if (const auto block = Block<248>::at(super, 0))
      facts = {padded_text(block->bytes<168, 80>()), uuid_text(block->bytes<152, 16>()), 0};
  }
  return facts;
}

// Where the superblock says how far the file system reaches.
std::uint64_t unsupported_size(std::string_view fs_type, const RangeReader& volume) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  std::uint64_t count = 0, unit = 1;
  if (fs_type == "xfs") {
    const auto super = volume.read(0, 16);
    if (const auto block = Block<16>::at(super, 0)) {
      count = block->be<8, std::uint64_t>();
      unit = block->be<4, std::uint32_t>();
    }
  } else if (fs_type == "btrfs") {
    const auto super = volume.read(65536, 256);  // of this device, of which the file system may have several
    if (const auto block = Block<256>::at(super, 0)) count = block->le<209, std::uint64_t>();
  } else if (fs_type == "f2fs") {
    const auto super = volume.read(1024, 64);
    if (const auto block = Block<64>::at(super, 0)) {
      count = block->le<36, std::uint64_t>();
      unit = 4096;
    }
  }
  return unit == 0 || count > kMost / unit ? 0 : count * unit;
}

}  // namespace

FormatMatch with_facts(std::string fs_type, const RangeReader& volume) {
  FormatMatch match{std::move(fs_type), {}};
  match.facts = unsupported_facts(match.fs_type, volume);
  match.size_bytes = unsupported_size(match.fs_type, volume);
  return match;
}

std::optional<FormatMatch> find_leading_format(const RangeReader& volume) {
  if (auto lvm2 = find_lvm2(volume)) return lvm2;
  if (auto type = find_mark(volume, kLeadingMarks); !type.empty()) return with_facts(std::move(type), volume);
  return std::nullopt;
}

std::optional<FormatMatch> find_inner_format(const RangeReader& volume) {
  if (auto swap = find_swap(volume)) return swap;
  if (auto type = find_mark(volume, kInnerMarks); !type.empty()) return with_facts(std::move(type), volume);
  if (find_zfs(volume)) return FormatMatch{"zfs", {}};
  if (find_md_at_end(volume)) return FormatMatch{"linux-raid", {}};
  if (find_minix(volume)) return FormatMatch{"minix", {}};
  if (find_nilfs2(volume)) return with_facts("nilfs2", volume);
  if (find_jffs2(volume)) return FormatMatch{"jffs2", {}};
  return std::nullopt;
}

std::string claimed_fs_type(const RangeReader& volume) {
  if (volume.has(3, "NTFS    ")) return "ntfs";
  if (volume.has(3, "EXFAT   ")) return "exfat";
  if (volume.has(82, "FAT32   ")) return "fat32";
  if (volume.has(54, "FAT16   ")) return "fat16";
  if (volume.has(54, "FAT12   ")) return "fat12";
  if (volume.has(1024 + 56, "\x53\xef")) return "ext";
  if (volume.has(1024, "H+\0\x04"sv) || volume.has(1024, "HX\0\x05"sv)) return "hfs+";
  if (volume.has(32768 + 1, "CD001")) return "iso9660";
  // FreeBSD looks at all of these (SBLOCKSEARCH in sys/ufs/ffs/fs.h), libtsk at two of them.
  for (const std::uint64_t at : {65536u, 8192u, 262144u}) {
    if (volume.has(at + 1372, "\x19\x01\x54\x19") || volume.has(at + 1372, "\x19\x54\x01\x19")) return "ufs2";
  }
  if (volume.has(8192 + 1372, "\x54\x19\x01\0"sv) || volume.has(8192 + 1372, "\0\x01\x19\x54"sv)) return "ufs1";
  return {};
}

bool starts_like_a_file(Bytes head) {
  static constexpr std::array kFileMarks = {
      Mark{"zip", 0, "PK"sv},
      Mark{"7z", 0, "7z\xbc\xaf\x27\x1c"sv},
      Mark{"xz", 0,
           "\xfd"
           "7zXZ"sv},
      Mark{"gz", 0, "\x1f\x8b"sv},
      Mark{"bz2", 0, "BZh"sv},
      Mark{"zstd", 0, "\x28\xb5\x2f\xfd"sv},
      Mark{"lz4", 0, "\x04\x22\x4d\x18"sv},
      Mark{"lzma", 0, "\x5d\0\0"sv},
      Mark{"mp4", 4, "ftyp"sv},
      Mark{"mov", 4, "moov"sv},
      Mark{"mov", 4, "mdat"sv},
      Mark{"jpeg", 0, "\xff\xd8\xff"sv},
      Mark{"png", 0, "\x89PNG"sv},
      Mark{"rar", 0, "Rar!"sv},
      Mark{"ogg", 0, "OggS"sv},
      Mark{"mkv", 0, "\x1a\x45\xdf\xa3"sv},
      Mark{"mpeg", 0, "\0\0\x01\xba"sv},
      Mark{"mpeg", 0, "\0\0\x01\xb3"sv},
      Mark{"ts", 188, "\x47"sv},
      Mark{"riff", 0, "RIFF"sv},
      Mark{"flac", 0, "fLaC"sv},
      Mark{"id3", 0, "ID3"sv},
      Mark{"cab", 0, "MSCF"sv},
      Mark{"pdf", 0, "%PDF"sv},
      Mark{"squashfs", 0, "hsqs"sv},
      Mark{"wim", 0, "MSWIM"sv},
      Mark{"lzop", 0, "\x89LZO"sv},
      Mark{"compress", 0, "\x1f\x9d"sv},
      Mark{"ewf", 0, "EVF"sv},
      Mark{"wmv", 0, "\x30\x26\xb2\x75"sv},
  };
  for (const Mark& mark : kFileMarks) {
    const auto part = slice(head, mark.offset, mark.bytes.size());
    if (!part || as_text(*part) != mark.bytes) continue;
    // One byte proves nothing; MPEG transport streams repeat theirs every 188 bytes.
    if (mark.fs_type == "ts" && !(head.size() > 376 && head[0] == 0x47 && head[376] == 0x47)) continue;
    return true;
  }
  return false;
}

}  // namespace limier::volume
