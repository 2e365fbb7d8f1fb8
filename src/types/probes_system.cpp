// Sources: SQLite file format 1.3 and 1.6; libyal documentation of registry hives (REGF), of the recycle bin and of
// jump lists; RAR 5.0 archive format and technote of RAR 4; 7zFormat.txt of the LZMA SDK; ISO 32000-1 7.5.5 and 7.6.1;
// LevelDB's log and table formats; RFC 9580 4.2 and 5 (OpenPGP packets); X.690 (DER), RFC 5280, 5652, 7292; OpenType
// 1.9 (table directory); ECMA-119 8.1; POSIX.1 ustar; AOSP platform documentation of backups and of binary XML.
#include <algorithm>
#include <bit>

#include "limier/base/crc32c.h"
#include "types/probes.h"

namespace limier::types {

namespace {

using namespace std::string_view_literals;
using catalog::FileEncryption;
using catalog::TypeBasis;

Probed by_structure(Id id, FileEncryption encryption = FileEncryption::kNone) {
  return {.id = id, .basis = TypeBasis::kStructure, .encryption = encryption};
}

// -- LevelDB
// A log is read in blocks of 32 KiB; its first record begins at the first byte.
Id level_log(Bytes head) {
  constexpr std::size_t kRecordHeader = 7;
  constexpr std::uint32_t kMask = 0xA282EAD8;
  constexpr std::uint8_t kFull = 1, kFirst = 2;
  const auto header = Block<kRecordHeader>::at(head, 0);
  if (!header) return Id::kUnknown;
  const auto type = header->le<6, std::uint8_t>();
  const std::uint16_t length = header->le<4, std::uint16_t>();
  if ((type != kFull && type != kFirst) || length < 2) return Id::kUnknown;
  const auto checked = slice(head, kRecordHeader - 1, std::uint64_t{length} + 1);
  if (!checked || std::rotr(crc32c(0, *checked), 15) + kMask != header->le<0, std::uint32_t>()) return Id::kUnknown;
  const Bytes payload = checked->subspan(1);
  // A manifest begins with the name of its comparator (tag 1); a batch of writes with a number and a count.
  const bool manifest =
      payload[0] == 1 && payload[1] > 0 && payload[1] < 0x80 && payload.size() >= 2u + payload[1] && payload[2] >= 0x20;
  return manifest ? Id::kLevelDbManifest : Id::kLevelDbLog;
}

// -- OpenPGP
struct Packet {
  std::uint8_t tag = 0;
  std::size_t header = 0;
  std::uint64_t length = 0;
};

std::optional<Packet> pgp_packet(Bytes bytes) {
  const auto first = le_at<std::uint8_t>(bytes, 0), second = le_at<std::uint8_t>(bytes, 1);
  if (!second || (*first & 0x80) == 0) return std::nullopt;
  if ((*first & 0x40) != 0) {  // new format
    const auto tag = static_cast<std::uint8_t>(*first & 0x3F);
    if (*second < 192) return Packet{tag, 2, *second};
    if (*second < 224)
      return Packet{tag, 3, (*second - 192u) * 256u + 192u + le_at<std::uint8_t>(bytes, 2).value_or(0)};
    if (*second == 255) return Packet{tag, 6, be_at<std::uint32_t>(bytes, 2).value_or(0)};
    return Packet{tag, 2, 0};  // in parts
  }
  const auto tag = static_cast<std::uint8_t>(*first >> 2 & 0x0F);
  switch (*first & 3) {
    case 0:
      return Packet{tag, 2, *second};
    case 1:
      return Packet{tag, 3, be_at<std::uint16_t>(bytes, 1).value_or(0)};
    case 2:
      return Packet{tag, 5, be_at<std::uint32_t>(bytes, 1).value_or(0)};
    default:
      return Packet{tag, 1, 0};
  }
}

bool one_of(std::uint8_t value, std::initializer_list<std::uint8_t> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// The first packet's fields and, behind it, another packet that may stand there.
Probed open_pgp(Bytes head) {
  constexpr std::uint8_t kSessionKey = 1, kPasswordKey = 3, kSecretKey = 5, kPublicKey = 6;
  const auto packet = pgp_packet(head);
  if (!packet || packet->length < 4 || packet->length > kHeadBytes) return {};
  const auto body = slice(head, packet->header, packet->length);
  const auto next = body ? pgp_packet(head.subspan(packet->header + body->size())) : std::nullopt;
  if (!next) return {};
  const std::uint8_t version = (*body)[0];
  const bool data_follows = one_of(next->tag, {kSessionKey, kPasswordKey, 9, 18, 20});
  if (packet->tag == kSessionKey) {
    const bool known = version == 3 && body->size() > 12 && one_of((*body)[9], {1, 2, 16, 18, 25, 26});
    return known && data_follows ? by_structure(Id::kPgpMessage, FileEncryption::kOpenPgp) : Probed{};
  }
  if (packet->tag == kPasswordKey) {
    const bool known = version >= 4 && version <= 6 && (*body)[1] >= 1 && (*body)[1] <= 13 && (*body)[2] <= 4;
    return known && data_follows ? by_structure(Id::kPgpMessage, FileEncryption::kOpenPgp) : Probed{};
  }
  if (packet->tag == kSecretKey || packet->tag == kPublicKey) {
    const bool known = version == 4 && body->size() > 8 && one_of((*body)[5], {1, 2, 3, 16, 17, 18, 19, 22});
    return known && one_of(next->tag, {2, 7, 12, 13, 14, 17}) ? by_structure(Id::kPgpKeyRing) : Probed{};
  }
  return {};
}

// -- DER: a sequence that is as long as the file
Id der_kind(Bytes head, std::uint64_t size_bytes) {
  const auto length = be_at<std::uint16_t>(head, 2);
  if (!length || head[1] != 0x82 || *length + 4u != size_bytes) return Id::kUnknown;
  const std::string_view inner = text_at(head, 4, 16);
  if (inner.starts_with("\x02\x01\x03\x30"sv)) return Id::kPkcs12;
  if (inner.starts_with("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07"sv)) return Id::kPkcs7;
  const bool version = text_at(head, 8, 5) == "\xA0\x03\x02\x01\x02"sv;
  return inner.starts_with("\x30\x82"sv) && version ? Id::kDerCertificate : Id::kUnknown;
}

bool is_font(Bytes head) {
  const auto tables = be_at<std::uint16_t>(head, 4), range = be_at<std::uint16_t>(head, 6);
  if (!range || *tables == 0 || *tables > 128 || *range != std::bit_floor(*tables) * 16u) return false;
  const std::string_view tag = text_at(head, 12, 4);
  return tag.size() == 4 && std::all_of(tag.begin(), tag.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool is_icon(Bytes head, std::uint64_t size_bytes) {
  constexpr std::size_t kEntry = 16;
  const std::uint16_t count = le_at<std::uint16_t>(head, 4).value_or(0);
  if (count == 0 || count > 256) return false;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, 8); ++i) {
    const auto entry = Block<kEntry>::at(head, 6 + i * kEntry);
    if (!entry || entry->le<3, std::uint8_t>() != 0) return false;
    const std::uint64_t length = entry->le<8, std::uint32_t>(), offset = entry->le<12, std::uint32_t>();
    if (offset < 6 + kEntry * std::uint64_t{count} || length == 0 || offset + length > size_bytes) return false;
  }
  return true;
}

// $I of the recycle bin: version, size, time of deletion, path.
bool is_recycled(Bytes head, std::uint64_t size_bytes) {
  constexpr std::uint64_t kTicks = 10'000'000, kUnixEpoch = 11'644'473'600 * kTicks;
  constexpr std::uint64_t kFrom = kUnixEpoch + 631'152'000 * kTicks;     // 1990
  constexpr std::uint64_t kUntil = kUnixEpoch + 4'102'444'800 * kTicks;  // 2100
  const auto header = Block<28>::at(head, 0);
  if (!header) return false;
  const std::uint64_t version = header->le<0, std::uint64_t>(), time = header->le<16, std::uint64_t>();
  if (time < kFrom || time > kUntil || header->le<8, std::uint64_t>() >> 60 != 0) return false;
  if (version == 1) return size_bytes == 544 || size_bytes == 543;
  return version == 2 && size_bytes == 28 + 2 * std::uint64_t{header->le<24, std::uint32_t>()};
}

std::optional<std::uint32_t> octal(std::string_view digits) {
  std::uint32_t value = 0;
  bool any = false;
  for (const char c : digits) {
    if (c == ' ' && !any) continue;
    if (c < '0' || c > '7') return any && (c == ' ' || c == '\0') ? std::optional(value) : std::nullopt;
    value = value * 8 + static_cast<std::uint32_t>(c - '0');
    any = true;
  }
  return any ? std::optional(value) : std::nullopt;
}

// A tar archive from before "ustar": its first header adds up.
bool is_old_tar(Bytes head) {
  constexpr std::size_t kHeader = 512, kSum = 148, kSumLength = 8;
  if (head.size() < kHeader || head[0] < 0x20 || head[kSum] > '7') return false;
  const auto stated = octal(text_at(head, kSum, kSumLength));
  if (!stated) return false;
  std::uint32_t sum = kSumLength * ' ';
  for (std::size_t i = 0; i < kHeader; ++i)
    if (i < kSum || i >= kSum + kSumLength) sum += head[i];
  return sum == *stated;
}

bool is_pyc(Bytes head) {
  if (head.size() < 20 || head[2] != 0x0D || head[3] != 0x0A) return false;
  const unsigned magic = head[0] | static_cast<unsigned>(head[1]) << 8;
  if (magic >= 62000 && magic <= 62300) return head[8] == 'c';
  return magic >= 3000 && magic < 4000 && (head[16] == 0xE3 || head[12] == 0xE3);
}

bool is_terminfo(Bytes head) {
  const std::uint16_t magic = le_at<std::uint16_t>(head, 0).value_or(0),
                      names = le_at<std::uint16_t>(head, 2).value_or(0);
  if ((magic != 0x011A && magic != 0x021E) || names < 2 || names > 512) return false;
  const std::string_view text = text_at(head, 12, names);
  if (text.empty() || text.back() != '\0') return false;
  return std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool is_lzma(Bytes head, std::uint64_t size_bytes) {
  if (head.size() < 13 || head[0] != 0x5D || head[1] != 0 || head[2] != 0) return false;
  const auto dictionary = le_at<std::uint32_t>(head, 1).value_or(0);
  const auto size = le_at<std::uint64_t>(head, 5).value_or(0);
  return std::has_single_bit(dictionary) && dictionary >= 0x10000 && (size == ~0ull || size >= size_bytes / 2) &&
         (size == ~0ull || size >> 40 == 0);
}

Id boot_sector(Bytes head) {
  if (be_at<std::uint16_t>(head, 510) != 0x55AA) return Id::kUnknown;
  if (text_at(head, 3, 8) == "NTFS    ") return Id::kNtfsImage;
  if (text_at(head, 3, 8) == "EXFAT   ") return Id::kExfatImage;
  if (text_at(head, 82, 5) == "FAT32" || text_at(head, 54, 5) == "FAT12" || text_at(head, 54, 5) == "FAT16")
    return Id::kFatImage;
  bool used = false;
  for (std::size_t entry = 446; entry < 510; entry += 16) {
    if ((head[entry] & 0x7F) != 0) return Id::kUnknown;
    used = used || (head[entry + 4] != 0 && le_at<std::uint32_t>(head, entry + 12) != 0u);
  }
  return used ? Id::kMbr : Id::kUnknown;
}

bool is_ext(Bytes head) {
  const auto super = Block<90>::at(head, 1024);
  return super && super->le<56, std::uint16_t>() == 0xEF53 && super->le<0, std::uint32_t>() != 0 &&
         super->le<4, std::uint32_t>() != 0 && super->le<24, std::uint32_t>() <= 6 &&
         super->le<58, std::uint16_t>() < 8;
}

// -- RAR 5: numbers of seven bits a byte
class Vints {
 public:
  Vints(Bytes bytes, std::size_t at) : bytes_(bytes), at_(at) {}
  std::uint64_t next() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      const auto byte = le_at<std::uint8_t>(bytes_, at_);
      if (!byte) return ok_ = false, 0;
      ++at_;
      value |= static_cast<std::uint64_t>(*byte & 0x7F) << shift;
      if ((*byte & 0x80) == 0) return value;
    }
    return ok_ = false, 0;
  }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  Bytes bytes_;
  std::size_t at_;
  bool ok_ = true;
};

bool rar5_encrypted(Bytes head) {
  constexpr std::size_t kSignature = 8, kMaxHeaders = 4;
  constexpr std::uint64_t kEncryptionHeader = 4, kFileHeader = 2, kEncryptionRecord = 1;
  std::size_t at = kSignature;
  for (std::size_t i = 0; i < kMaxHeaders; ++i) {
    Vints in(head, at + 4);
    const std::uint64_t size = in.next();
    const std::size_t begin = in.at();
    const std::uint64_t type = in.next(), flags = in.next();
    if (!in.ok() || size > head.size() - begin) return in.ok() && type == kEncryptionHeader;
    if (type == kEncryptionHeader) return true;
    const std::uint64_t extra = (flags & 1) != 0 ? in.next() : 0, data = (flags & 2) != 0 ? in.next() : 0;
    const std::size_t end = begin + static_cast<std::size_t>(size);
    if (type == kFileHeader) {
      if (extra == 0 || extra > size) return false;
      Vints record(head, end - static_cast<std::size_t>(extra));
      record.next();
      return record.next() == kEncryptionRecord && record.ok();
    }
    if (data > head.size() - end) return false;
    at = end + static_cast<std::size_t>(data);
  }
  return false;
}

bool rar4_encrypted(Bytes head) {
  constexpr std::size_t kMarker = 7;
  constexpr std::uint8_t kArchive = 0x73, kFile = 0x74;
  const auto archive = Block<7>::at(head, kMarker);
  if (!archive || archive->le<2, std::uint8_t>() != kArchive) return false;
  if ((archive->le<3, std::uint16_t>() & 0x0080) != 0) return true;
  const auto file = Block<7>::at(head, kMarker + std::uint64_t{archive->le<5, std::uint16_t>()});
  return file && file->le<2, std::uint8_t>() == kFile && (file->le<3, std::uint16_t>() & 0x0004) != 0;
}

// -- SQLite
struct TableFact {
  std::string_view table;
  std::uint32_t fact;
};
constexpr TableFact kTables[] = {
    {"Z_METADATA", 1u << 0},
    {"Z_PRIMARYKEY", 1u << 1},
    {"moz_places", 1u << 2},
    {"urls", 1u << 3},
    {"visits", 1u << 4},
    {"sms", 1u << 5},
    {"pdu", 1u << 6},
    {"threads", 1u << 7},
    {"raw_contacts", 1u << 8},
    {"calls", 1u << 9},
    {"voicemail_status", 1u << 10},
    {"jid", 1u << 11},
    {"chat", 1u << 12},
    {"message", 1u << 13},
    {"_SqliteDatabaseProperties", 1u << 14},
    {"handle", 1u << 15},
    {"cookies", 1u << 16},
    {"logins", 1u << 17},
    {"moz_cookies", 1u << 18},
    {"canonical_addresses", 1u << 19},
    {"meta", 1u << 20},
};
struct SchemaKind {
  std::uint32_t all;
  Id id;
};
constexpr SchemaKind kSchemas[] = {
    {1u << 0 | 1u << 1, Id::kCoreData},
    {1u << 2, Id::kFirefoxPlaces},
    {1u << 18, Id::kFirefoxCookies},
    {1u << 3 | 1u << 4, Id::kChromiumHistory},
    {1u << 16 | 1u << 20, Id::kChromiumCookies},
    {1u << 17 | 1u << 20, Id::kChromiumLogins},
    {1u << 5 | 1u << 6, Id::kAndroidSms},
    {1u << 5 | 1u << 7, Id::kAndroidSms},
    {1u << 5 | 1u << 19, Id::kAndroidSms},
    {1u << 8, Id::kAndroidContacts},
    {1u << 9 | 1u << 10, Id::kAndroidCalls},
    {1u << 11 | 1u << 12 | 1u << 13, Id::kWhatsapp},
    {1u << 14 | 1u << 13 | 1u << 15, Id::kIosMessages},
};

std::uint32_t table_fact(std::string_view statement) {
  if (!statement.empty() && (statement[0] == '"' || statement[0] == '`' || statement[0] == '[' || statement[0] == '\''))
    statement.remove_prefix(1);
  for (const TableFact& known : kTables)
    if (statement.starts_with(known.table) && statement.size() > known.table.size()) {
      const char next = statement[known.table.size()];
      const bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || (next >= '0' && next <= '9');
      if (!letter && next != '_') return known.fact;
    }
  return 0;
}

}  // namespace

Id sqlite_kind(Bytes head) {
  constexpr std::size_t kMaxTables = 128;
  constexpr std::string_view kCreate = "CREATE TABLE ";
  const auto application = be_at<std::uint32_t>(head, 68);
  if (application == 0x47504B47u || application == 0x47503130u || application == 0x47503131u) return Id::kGeopackage;
  if (application == 0x4D504258u) return Id::kMbtiles;
  const std::size_t page = be_at<std::uint16_t>(head, 16).value_or(0);
  const std::string_view first = as_text(head.first(std::min(head.size(), page <= 1 ? head.size() : page)));
  std::uint32_t facts = 0;
  std::size_t at = first.find(kCreate);
  for (std::size_t i = 0; at != std::string_view::npos && i < kMaxTables; ++i) {
    facts |= table_fact(first.substr(at + kCreate.size()));
    at = first.find(kCreate, at + kCreate.size());
  }
  for (const SchemaKind& kind : kSchemas)
    if ((facts & kind.all) == kind.all) return kind.id;
  return Id::kSqlite;
}

Id plist_kind(Bytes head) {
  constexpr std::size_t kKeysWithin = 512;
  const std::string_view keys = as_text(head.first(std::min(head.size(), kKeysWithin)));
  if (keys.find("WebMainResource") != std::string_view::npos) return Id::kWebArchive;
  return keys.find("$archiver") != std::string_view::npos ? Id::kKeyedArchive : Id::kPlistBinary;
}

Id registry_kind(Bytes head) {
  const auto type = le_at<std::uint32_t>(head, 28);
  return type && *type != 0 && *type <= 6 ? Id::kRegistryLog : Id::kRegistryHive;
}

bool rar_encrypted(Bytes head, Id id) {
  return id == Id::kRar5 ? rar5_encrypted(head) : rar4_encrypted(head);
}

bool android_backup_encrypted(Bytes head) {
  // Four lines: the name, the version, whether it is compressed, the cipher.
  const std::string_view text = as_text(head.first(std::min<std::size_t>(head.size(), 64)));
  std::size_t at = 0;
  for (int line = 0; line < 3; ++line) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) return false;
    ++at;
  }
  return text.substr(at).starts_with("AES");
}

Window seven_zip_header(Bytes head, std::uint64_t size_bytes) {
  constexpr std::uint64_t kStartHeader = 32, kMaxHeader = 512;
  const std::uint64_t offset = le_at<std::uint64_t>(head, 12).value_or(0),
                      length = le_at<std::uint64_t>(head, 20).value_or(0);
  if (length == 0 || offset > size_bytes || offset + kStartHeader > size_bytes) return {};
  return {.offset = offset + kStartHeader,
          .length = std::min({length, kMaxHeader, size_bytes - offset - kStartHeader})};
}

FileEncryption seven_zip_encryption(Bytes header) {
  constexpr std::string_view kAes("\x06\xF1\x07\x01", 4);
  return as_text(header).find(kAes) != std::string_view::npos ? FileEncryption::kSevenZip : FileEncryption::kNone;
}

// The key of a trailer, followed by a reference or a dictionary.
FileEncryption pdf_encryption(Bytes bytes) {
  constexpr std::string_view kKey = "/Encrypt", kSpace("\0\t\n\f\r ", 6);
  const std::string_view text = as_text(bytes);
  for (std::size_t at = text.find(kKey); at != std::string_view::npos; at = text.find(kKey, at + 1)) {
    const std::size_t value = text.find_first_not_of(kSpace, at + kKey.size());
    if (value == std::string_view::npos) return FileEncryption::kNone;
    if (text.substr(value).starts_with("<<")) return FileEncryption::kPdf;
    const std::size_t number = text.find_first_not_of("0123456789", value);
    if (number == std::string_view::npos || number == value || number - value > 10) continue;
    const std::size_t generation = text.find_first_not_of(kSpace, number);
    if (generation == std::string_view::npos || generation == number) continue;
    const std::size_t behind = text.find_first_not_of("0123456789", generation);
    const std::size_t letter = behind == std::string_view::npos ? behind : text.find_first_not_of(kSpace, behind);
    if (letter != std::string_view::npos && behind > generation && text[letter] == 'R') return FileEncryption::kPdf;
  }
  return FileEncryption::kNone;
}

Id footer_kind(Bytes tail) {
  constexpr std::size_t kFooter = 512;
  const std::string_view text = as_text(tail);
  if (text.size() >= kFooter) {
    const std::string_view footer = text.substr(text.size() - kFooter);
    if (footer.starts_with("koly\0\0\0\4\0\0\2\0"sv)) return Id::kDmg;
    if (footer.starts_with("conectix")) return Id::kVhd;
  }
  return text.ends_with("\x57\xFB\x80\x8B\x24\x75\x47\xDB"sv) ? Id::kLevelDbTable : Id::kUnknown;
}

Probed system_structure(Bytes head, std::uint64_t size_bytes) {
  if (head.size() < 4) return {};
  const std::uint8_t first = head[0];
  const auto start = be_at<std::uint32_t>(head, 0);
  if (start == 0x00010000u && is_font(head)) return by_structure(Id::kTtf);
  if (start == 0x00000100u && is_icon(head, size_bytes)) return by_structure(Id::kIcon);
  if (start == 0x00000200u && is_icon(head, size_bytes)) return by_structure(Id::kCursor);
  if (start == 0x03000800u && le_at<std::uint32_t>(head, 4) == size_bytes) return by_structure(Id::kAndroidXml);
  if (start == 0x02000C00u && le_at<std::uint32_t>(head, 4) == size_bytes) return by_structure(Id::kAndroidResources);
  if (first == 0x30)
    if (const Id id = der_kind(head, size_bytes); id != Id::kUnknown) return by_structure(id);
  if ((first == 1 || first == 2) && is_recycled(head, size_bytes)) return by_structure(Id::kRecycled);
  if (be_at<std::uint16_t>(head, 510) == 0x55AA)
    if (const Id id = boot_sector(head); id != Id::kUnknown) return by_structure(id);
  if (is_ext(head)) return by_structure(Id::kExtImage);
  if (const Id id = level_log(head); id != Id::kUnknown) return by_structure(id);
  if ((first & 0x80) != 0)
    if (const Probed pgp = open_pgp(head); pgp.id != Id::kUnknown) return pgp;
  if (is_pyc(head)) return by_structure(Id::kPyc);
  if (is_terminfo(head)) return by_structure(Id::kTerminfo);
  if (is_lzma(head, size_bytes)) return by_structure(Id::kLzma);
  if (is_old_tar(head)) return by_structure(Id::kTar);
  return {};
}

}  // namespace limier::types
