// Sources: the format documents named in probes_*.cpp; for formats of one signature, the table of file signatures on
// Wikipedia, the IANA media type registrations, and the format descriptions of the Library of Congress.
#include "types/signatures.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace limier::types {

namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view magic;
  Id id;
};

// At the start of the file, sorted by the first byte; where one begins with another, the longer one comes first.
constexpr Signature kAtStart[] = {
    {"\x00\x00\x00\x01\x42\x75\x64\x31"sv, Id::kDsStore},
    {"\x00\x00\x00\x0CJXL \x0D\x0A\x87\x0A"sv, Id::kJxl},
    {"\x00\x00\x00\x0CjP  \x0D\x0A\x87\x0A"sv, Id::kJp2},
    {"\x00\x10\x00\x00\x11\x00\x00\x00\xD0\x00\x00\x00\x00\x00\x00\x00"sv, Id::kAppleTracev},
    {"\x00\x01\x00\x00Standard Jet DB\x00"sv, Id::kJet},
    {"\x00\x01\x00\x00Standard ACE DB\x00"sv, Id::kAccess},
    {"\x00\x05\x16\x07\x00\x02\x00\x00"sv, Id::kAppleDouble},
    {"\x00\x61\x73\x6D"sv, Id::kWasm},
    {"\x02#!SILK_V3"sv, Id::kSilk},
    {"\x03\xD9\xA2\x9A\x65\xFB\x4B\xB5"sv, Id::kKeePass1},
    {"\x03\xD9\xA2\x9A\x66\xFB\x4B\xB5"sv, Id::kKeePass},
    {"\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5"sv, Id::kKeePass},
    {"\x04\x22\x4D\x18"sv, Id::kLz4},
    {"\x06\x06\xED\xF5\xD8\x1D\x46\xE5\xBD\x31\xEF\xE7\xFE\x74\xB7\x1D"sv, Id::kIndesign},
    {"\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02"sv, Id::kMxf},
    {"\x0A\x0D\x0D\x0A"sv, Id::kPcapng},
    {"\x13\x57\x9A\xCE"sv, Id::kGdbm},
    {"\xCE\x9A\x57\x13"sv, Id::kGdbm},
    {"\x1A\x00\x00\x04\x00\x00"sv, Id::kNotes},
    {"\x1A\x45\xDF\xA3"sv, Id::kMatroska},
    {"\x1B\x4C\x75\x61"sv, Id::kLuac},
    {"\x1F\x8B\x08"sv, Id::kGzip},
    {"\x1F\x9D"sv, Id::kCompress},
    {"!<arch>\x0A"
     "debian-binary"sv,
     Id::kDeb},
    {"!<arch>\x0A"sv, Id::kAr},
    {"!BDN"sv, Id::kPst},
    {"#!SILK_V3"sv, Id::kSilk},
    {"#!AMR-WB\x0A"sv, Id::kAmrWb},
    {"#!AMR\x0A"sv, Id::kAmr},
    {"%!PS"sv, Id::kPostScript},
    {"\xC5\xD0\xD3\xC6"sv, Id::kPostScript},
    {"%PDF-"sv, Id::kPdf},
    {"(\xB5/\xFD"sv, Id::kZstd},
    {".snd"sv, Id::kAu},
    {".RMF\x00"sv, Id::kRealMedia},
    {"// <!-- <mdb:mork"sv, Id::kMork},
    {"0\x00\x00\x00LfLe"sv, Id::kEvt},
    {"0&\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C"sv, Id::kAsf},
    {"0\x5C\x72\xA7\x1B\x6D\xFB\xFC"sv, Id::kChromeCacheEntry},
    {"070701"sv, Id::kCpio},
    {"070702"sv, Id::kCpio},
    {"070707"sv, Id::kCpio},
    {"7\x7F\x06\x82"sv, Id::kSqliteWal},
    {"7\x7F\x06\x83"sv, Id::kSqliteWal},
    {"7z\xBC\xAF\x27\x1C"sv, Id::k7z},
    {"8BPS\x00\x01"sv, Id::kPsd},
    {"8BPS\x00\x02"sv, Id::kPsd},
    {":\xFF\x26\xED"sv, Id::kAndroidSparse},
    {"<<< "sv, Id::kVdi},  // looked at again
    {"AA01"sv, Id::kAppleArchive},
    {"YAA1"sv, Id::kAppleArchive},
    {"ABX\x00"sv, Id::kAbx},
    {"AEA1\x00"sv, Id::kAppleArchive},
    {"AFF10\x0D\x0A\x00"sv, Id::kAff},
    {"ANDROID BACKUP\x0A"sv, Id::kAndroidBackup},
    {"ANDROID!"sv, Id::kAndroidBoot},
    {"AT&TFORM"sv, Id::kDjvu},
    {"BC\xC0\xDE"sv, Id::kLlvm},
    {"BM"sv, Id::kBmp},
    {"BZh"sv, Id::kBzip2},
    {"CMMM"sv, Id::kThumbcache},
    {"IMMM"sv, Id::kThumbcache},
    {"CWS"sv, Id::kSwf},
    {"FWS"sv, Id::kSwf},
    {"ZWS"sv, Id::kSwf},
    {"Cr24\x02\x00\x00\x00"sv, Id::kChromeExtension},
    {"Cr24\x03\x00\x00\x00"sv, Id::kChromeExtension},
    {"DCM\x01"sv, Id::kMum},
    {"DDS \x7C\x00\x00\x00"sv, Id::kDds},
    {"EVF\x09\x0D\x0A\xFF\x00"sv, Id::kE01},
    {"EVF2\x0D\x0A\x81\x00"sv, Id::kEx01},
    {"ElfFile\x00"sv, Id::kEvtx},
    {"FLV\x01"sv, Id::kFlv},
    {"FORM"sv, Id::kAiff},  // looked at again
    {"FUJIFILMCCD-RAW"sv, Id::kFujiRaw},
    {"GIF87a"sv, Id::kGif},
    {"GIF89a"sv, Id::kGif},
    {"GVariant"sv, Id::kGvariant},
    {"HIBR"sv, Id::kHibernation},
    {"hibr"sv, Id::kHibernation},
    {"WAKE\x00\x00\x00\x00"sv, Id::kHibernation},
    {"wake\x00\x00\x00\x00"sv, Id::kHibernation},
    {"RSTR\x00\x00\x00\x00"sv, Id::kHibernation},
    {"ID3\x02"sv, Id::kMp3},
    {"ID3\x03"sv, Id::kMp3},
    {"ID3\x04"sv, Id::kMp3},
    {"II*\x00"sv, Id::kTiff},
    {"MM\x00*"sv, Id::kTiff},
    {"II+\x00\x08\x00\x00\x00"sv, Id::kTiff},
    {"MM\x00+\x00\x08\x00\x00"sv, Id::kTiff},
    {"IIRO"sv, Id::kOlympusRaw},
    {"IIRS"sv, Id::kOlympusRaw},
    {"MMOR"sv, Id::kOlympusRaw},
    {"IIU\x00"sv, Id::kPanasonicRaw},
    {"II\xBC\x01"sv, Id::kJxr},
    {"ITSF\x03\x00\x00\x00"sv, Id::kChm},
    {"KDMV\x01\x00\x00\x00"sv, Id::kVmdk},
    {"KDMV\x02\x00\x00\x00"sv, Id::kVmdk},
    {"KDMV\x03\x00\x00\x00"sv, Id::kVmdk},
    {"# Disk DescriptorFile"sv, Id::kVmdk},
    {"COWD\x01\x00\x00\x00"sv, Id::kVmdk},
    {"L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46"sv, Id::kLnk},
    {"LPKSHHRH"sv, Id::kJournal},
    {"LUKS\xBA\xBE\x00"sv, Id::kLuks},
    {"LVF\x09\x0D\x0A\xFF\x00"sv, Id::kL01},
    {"LVF2\x0D\x0A\x81\x00"sv, Id::kEx01},
    {"LZIP\x01"sv, Id::kLzip},
    {"\x89LZO\x00\x0D\x0A\x1A\x0A"sv, Id::kLzop},
    {"MAC \x96\x0F"sv, Id::kApe},
    {"MAM\x04"sv, Id::kPrefetchMam},
    {"MAM\x84"sv, Id::kPrefetchMam},
    {"MAM\x03"sv, Id::kPrefetchMam},
    {"MDMP\x93\xA7"sv, Id::kMinidump},
    {"MPCK"sv, Id::kMusepack},
    {"MP+\x07"sv, Id::kMusepack},
    {"MSCF\x00\x00\x00\x00"sv, Id::kCab},
    {"MSWIM\x00\x00\x00"sv, Id::kWim},
    {"MThd\x00\x00\x00\x06"sv, Id::kMidi},
    {"MZ"sv, Id::kDosExe},  // looked at again
    {"NIBArchive"sv, Id::kNib},
    {"OTTO\x00"sv, Id::kOtf},
    {"OggS\x00"sv, Id::kOgg},
    {"PAGEDU64"sv, Id::kCrashDump},
    {"PAGEDUMP"sv, Id::kCrashDump},
    {"PAR1"sv, Id::kParquet},
    {"PAR2\x00PKT"sv, Id::kPar2},
    {"PK\x03\x04"sv, Id::kZip},
    {"PK\x05\x06"sv, Id::kZip},
    {"PK00PK\x03\x04"sv, Id::kZip},
    {"PWS3"sv, Id::kPasswordSafe},
    {"QFI\xFB\x00\x00\x00"sv, Id::kQcow},
    {"RIFF"sv, Id::kWav},  // looked at again
    {"RF64"sv, Id::kWav},
    {"Rar!\x1A\x07\x00"sv, Id::kRar4},
    {"Rar!\x1A\x07\x01\x00"sv, Id::kRar5},
    {"Salted__"sv, Id::kOpenSsl},
    {"SEGB"sv, Id::kSegb},
    {"SQLite format 3\x00"sv, Id::kSqlite},
    {"StuffIt"sv, Id::kStuffIt},
    {"TZif"sv, Id::kTzif},
    {"Xcur\x10\x00\x00\x00"sv, Id::kXcursor},
    {"XFSB\x00\x00"sv, Id::kXfsImage},
    {"\x78\x9F\x3E\x22"sv, Id::kTnef},
    {"age-encryption.org/v1\x0A"sv, Id::kAge},
    {"art\x0A\x30"sv, Id::kArt},
    {"bplist0"sv, Id::kPlistBinary},
    {"book\x00\x00\x00\x00mark"sv, Id::kAppleBookmark},
    {"caff\x00\x01"sv, Id::kCaf},
    {"conectix"sv, Id::kVhd},
    {"cook\x00\x00"sv, Id::kBinaryCookies},
    {"d8:announce"sv, Id::kTorrent},
    {"d10:announce"sv, Id::kTorrent},
    {"d10:created by"sv, Id::kTorrent},
    {"d13:announce-list"sv, Id::kTorrent},
    {"d7:comment"sv, Id::kTorrent},
    {"dex\x0A\x30"sv, Id::kDex},
    {"dey\x0A\x30"sv, Id::kDex},
    {"encrcdsa\x00"sv, Id::kDmgEncrypted},
    {"fLaC\x00"sv, Id::kFlac},
    {"gimp xcf "sv, Id::kXcf},
    {"hsqs"sv, Id::kSquashfs},
    {"sqsh"sv, Id::kSquashfs},
    {"icns\x00"sv, Id::kIcns},
    {"mozLz40\x00"sv, Id::kMozLz4},
    {"opdata01"sv, Id::kOpVault},
    {"pbzx\x00"sv, Id::kPbzx},
    {"qoif\x00"sv, Id::kQoi},
    {"regf"sv, Id::kRegistryHive},
    {"sprs\x00\x00\x00"sv, Id::kAppleSparse},
    {"true\x00"sv, Id::kTtf},
    {"ttcf\x00"sv, Id::kTtc},
    {"vdex\x30"sv, Id::kVdex},
    {"vhdxfile"sv, Id::kVhdx},
    {"v/1\x01"sv, Id::kExr},
    {"wOF2"sv, Id::kWoff2},
    {"wOFF"sv, Id::kWoff},
    {"wvpk"sv, Id::kWavPack},
    {"xar!\x00\x1C\x00\x01"sv, Id::kXar},
    {"{\\rtf"sv, Id::kRtf},
    {"\x7F\x45LF"sv, Id::kElfExe},  // looked at again
    {"\x89HDF\x0D\x0A\x1A\x0A"sv, Id::kHdf5},
    {"\x89PNG\x0D\x0A\x1A\x0A"sv, Id::kPng},
    {"\xAB\x4BTX 11\xBB\x0D\x0A\x1A\x0A"sv, Id::kKtx},
    {"\xAB\x4BTX 20\xBB\x0D\x0A\x1A\x0A"sv, Id::kKtx},
    {"\xA1\xB2\xC3\xD4\x00\x02\x00\x04"sv, Id::kPcap},
    {"\xA1\xB2\x3C\x4D\x00\x02\x00\x04"sv, Id::kPcap},
    {"\x4D\x3C\xB2\xA1\x02\x00\x04\x00"sv, Id::kPcap},
    {"\xD4\xC3\xB2\xA1\x02\x00\x04\x00"sv, Id::kPcap},
    {"\xAC\xED\x00\x05"sv, Id::kJavaSerialized},
    {"\xC3\xCA\x03\xC1"sv, Id::kChromeCacheBlock},
    {"\xC3\xCA\x04\xC1"sv, Id::kChromeCacheBlock},
    {"\xCA\xFE\xBA\xBE"sv, Id::kClass},  // looked at again
    {"\xCF\xAD\x12\xFE"sv, Id::kDbx},
    {"\xCE\xFA\xED\xFE"sv, Id::kMachO},
    {"\xCF\xFA\xED\xFE"sv, Id::kMachO},
    {"\xFE\xED\xFA\xCE"sv, Id::kMachO},
    {"\xFE\xED\xFA\xCF"sv, Id::kMachO},
    {"\xD0\x0D\xFE\xED\x00"sv, Id::kFdt},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, Id::kOle},
    {"\xD7\xCD\xC6\x9A\x00\x00"sv, Id::kWmf},
    {"\xD9\xD5\x05\xF9\x20\xA1\x63\xD7"sv, Id::kSqliteJournal},
    {"\xDE\x12\x04\x95\x00\x00"sv, Id::kGettext},
    {"\x95\x04\x12\xDE\x00\x00"sv, Id::kGettext},
    {"\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3"sv, Id::kOneNote},
    {"\xED\xAB\xEE\xDB"sv, Id::kRpm},
    {"\xFD\x37zXZ\x00"sv, Id::kXz},
    {"\xFE\xED\xFE\xED\x00\x00\x00\x02"sv, Id::kJks},
    {"\xFF\x06\x00\x00sNaPpY"sv, Id::kSnappy},
    {"\xFFWPC"sv, Id::kWordPerfect},
    {"\xFF\x4F\xFF\x51\x00"sv, Id::kJp2},
    {"\xFF\xD8\xFF"sv, Id::kJpeg},
    {"E\x3D\xCD\x28"sv, Id::kCramfs},
};

struct Placed {
  std::uint16_t offset;
  std::string_view magic;
  Id id;
};
constexpr Placed kElsewhere[] = {
    {4, "ftyp"sv, Id::kBmff},  // looked at again
    {4, "SCCA"sv, Id::kPrefetch},
    {4, "\xEF\xCD\xAB\x89\x20\x06\x00\x00"sv, Id::kEse},
    {4, "\xEF\xCD\xAB\x89\x23\x06\x00\x00"sv, Id::kEse},
    {4, "moov"sv, Id::kMov},
    {4, "mdat"sv, Id::kMov},
    {4, "wide"sv, Id::kMov},
    {2, "-lh"sv, Id::kLha},  // looked at again
    {7, "**ACE**"sv, Id::kAce},
    {8, "KBXf"sv, Id::kPgpKeyRing},
    {8, "sdbf"sv, Id::kSdb},
    {12, "\x00\x05\x31\x62"sv, Id::kBerkeleyDb},
    {12, "\x62\x31\x05\x00"sv, Id::kBerkeleyDb},
    {12, "\x00\x06\x15\x61"sv, Id::kBerkeleyDb},
    {12, "\x61\x15\x06\x00"sv, Id::kBerkeleyDb},
    {16, "T-DB"sv, Id::kRealm},
    {16, "\xDE\xC0\xEF\xBE"sv, Id::kLmdb},
    {40, " EMF"sv, Id::kEmf},
    {52, "SEGB"sv, Id::kSegb},
    {60, "BOOKMOBI"sv, Id::kMobi},
    {64, "\x7F\x10\xDA\xBE"sv, Id::kVdi},
    {128, "DICM"sv, Id::kDicom},
    {257, "ustar"sv, Id::kTar},
    {4086, "SWAPSPACE2"sv, Id::kSwap},
};

struct FirstBytes {
  std::array<std::uint16_t, 257> begin{};
  std::array<std::uint16_t, std::size(kAtStart)> order{};
};

constexpr std::uint8_t first_byte(const Signature& signature) {
  return static_cast<std::uint8_t>(signature.magic[0]);
}

// The signatures by their first byte, so that a head is held against a handful of them.
constexpr FirstBytes sorted() {
  FirstBytes table;
  std::uint16_t count = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    table.begin[byte] = count;
    for (std::size_t i = 0; i < std::size(kAtStart); ++i)
      if (first_byte(kAtStart[i]) == byte) table.order[count++] = static_cast<std::uint16_t>(i);
  }
  table.begin[256] = count;
  return table;
}
constexpr FirstBytes kByFirst = sorted();

constexpr std::size_t kShortMagic = 8;
constexpr std::size_t kGlance = 64;

constexpr bool is_text(std::uint8_t byte) {
  return byte >= 0x20 ? byte != 0x7F : (byte >= 0x07 && byte <= 0x0D) || byte == 0x1B;
}

// A few letters are no signature where a text begins with them.
bool only_a_word(Bytes head, const Signature& signature) {
  if (signature.magic.size() > kShortMagic) return false;
  constexpr Id kTexts[] = {Id::kPdf, Id::kPostScript, Id::kRtf, Id::kCpio, Id::kAr};
  if (std::find(std::begin(kTexts), std::end(kTexts), signature.id) != std::end(kTexts)) return false;
  for (const std::uint8_t byte : head.first(std::min(head.size(), kGlance)))
    if (!is_text(byte)) return false;
  return true;
}

}  // namespace

Id match_signature(Bytes head) {
  if (head.empty()) return Id::kUnknown;
  const std::string_view text = as_text(head);
  const std::size_t first = head[0];
  for (std::size_t i = kByFirst.begin[first]; i < kByFirst.begin[first + 1]; ++i) {
    const Signature& signature = kAtStart[kByFirst.order[i]];
    if (text.starts_with(signature.magic) && !only_a_word(head, signature)) return signature.id;
  }
  for (const Placed& placed : kElsewhere) {
    // One byte decides for nearly all.
    if (text.size() <= placed.offset || text[placed.offset] != placed.magic[0]) continue;
    if (text.substr(placed.offset).starts_with(placed.magic)) return placed.id;
  }
  return Id::kUnknown;
}

}  // namespace limier::types
