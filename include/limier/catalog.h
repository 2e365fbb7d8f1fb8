// catalog: the identity of a file and the rows that describe a device. These records are what limier-fs and
// limier-sweep send, what the supervisor checks, and what store writes.
//
// Owns:    values only.
// Threads: plain data.
// Errors:  validate() says whether a record from a worker is acceptable; a false answer means the worker lies or is
// broken. Units:   bytes; times in ns since 1970. `image_offset` from the start of the media, `volume_offset` from the
// start of
//          the volume, `file_offset` from the start of the stream.
#pragma once

#include <string>
#include <vector>

#include "limier/base.h"
#include "limier/catalog/byte_hit.h"

namespace limier::catalog {

// The identity of a stream, the only key there is: never a bare inode number.
struct StreamRef {
  std::uint32_t volume_id = 0;
  std::uint64_t inode = 0;
  std::uint32_t sequence = 0;   // reuse counter of the inode (NTFS), else 0
  std::uint32_t attr_type = 0;  // NTFS attribute type (128 = $DATA), libtsk's type elsewhere
  std::uint16_t attr_id = 0;
  friend auto operator<=>(const StreamRef&, const StreamRef&) = default;
  static constexpr auto fields() {
    return std::tuple{&StreamRef::volume_id, &StreamRef::inode, &StreamRef::sequence, &StreamRef::attr_type,
                      &StreamRef::attr_id};
  }
};

enum class VolumeStatus : std::uint8_t {
  kParsed,
  kPartial,
  kEncrypted,
  kUnsupported,
  kUnallocated,
  kEmpty,
  kFailed,
  kTable
};
// kTable: sectors of a partition table itself ("Primary Table", "Safety Table"); shown as 'unallocated' with its
// description.
std::string_view volume_status_name(VolumeStatus status);

// One row per partition, gap, partition table, pool, pool volume, or bare file system. Sent in catalog order, so that
// volume_id (from 1) does not depend on anything but the evidence. A parent comes before its children.
struct VolumeRecord {
  std::uint32_t volume_id = 0;
  std::uint32_t parent_id = 0;  // 0: none
  std::string scheme;           // "dos", "gpt", "bsd", "sun", "mac", "apfs" (pool volume), "none" (unpartitioned)
  std::string slot;             // as mmls prints it: "000:001", "Meta", "-------"; "" for none
  std::uint64_t image_offset = 0;
  std::uint64_t length = 0;           // clipped to the media; a pool volume has its container's range
  std::uint64_t declared_length = 0;  // as the table says, when larger than the media allows
  std::string description;            // raw bytes
  std::string fs_type;   // "ntfs", "fat16", "ext4", "hfs+", "apfs", "iso9660", ..., also unsupported ones: "xfs"
  std::string fs_label;  // raw bytes
  std::string fs_uuid;
  std::uint32_t block_size = 0;
  VolumeStatus status = VolumeStatus::kUnallocated;
  std::string encryption;         // scheme name, "" when none
  bool walkable = false;          // a walk job is to be run on it
  std::uint32_t tsk_fs_type = 0;  // for the walk job
  std::uint64_t pool_block = 0;   // APFS: block of the volume superblock inside the container; 0 otherwise
  static constexpr auto fields() {
    return std::tuple{&VolumeRecord::volume_id,       &VolumeRecord::parent_id,
                      &VolumeRecord::scheme,          &VolumeRecord::slot,
                      &VolumeRecord::image_offset,    &VolumeRecord::length,
                      &VolumeRecord::declared_length, &VolumeRecord::description,
                      &VolumeRecord::fs_type,         &VolumeRecord::fs_label,
                      &VolumeRecord::fs_uuid,         &VolumeRecord::block_size,
                      &VolumeRecord::status,          &VolumeRecord::encryption,
                      &VolumeRecord::walkable,        &VolumeRecord::tsk_fs_type,
                      &VolumeRecord::pool_block};
  }
};

enum class FileKind : std::uint8_t { kFile, kDir, kLink, kDevice, kStream, kVirtual };
std::string_view file_kind_name(FileKind kind);

// One directory entry. name_id counts from 1 within the volume, parents first (walk order: directory order of the
// file system, depth first). The root directory itself is sent with name_id 0 and is no row, but its streams are.
struct NameRecord {
  std::uint32_t volume_id = 0;
  std::uint64_t name_id = 0;
  std::uint64_t parent_name_id = 0;  // 0: the root directory
  std::string path;                  // raw bytes, "/dir/name"; "/" for the root
  std::uint32_t name_length = 0;     // the last name_length bytes of path are the name
  std::uint64_t inode = 0;
  std::uint32_t sequence = 0;       // as the entry says; matched against InodeRecord::name_sequence
  FileKind kind = FileKind::kFile;  // from the entry; the inode's kind wins where they match
  bool allocated = true;
  bool orphan = false;      // under libtsk's $OrphanFiles
  std::string stored_name;  // raw bytes, as an archive has it, where `path` is made of it by rules; else ""
  static constexpr auto fields() {
    return std::tuple{&NameRecord::volume_id,   &NameRecord::name_id, &NameRecord::parent_name_id, &NameRecord::path,
                      &NameRecord::name_length, &NameRecord::inode,   &NameRecord::sequence,       &NameRecord::kind,
                      &NameRecord::allocated,   &NameRecord::orphan,  &NameRecord::stored_name};
  }
};

// How a file system keeps a time, and so what can be said of it.
enum class TimeBasis : std::uint8_t {
  kAbsent,  // no such time, or zero
  kUtc,     // counted in UTC, or written with its offset from it
  kLocal,   // as a clock showed it, without a zone (FAT)
  kStated,  // such a time, read in the zone that --zone states
};
// One time of a file, over the whole range of any file system.
struct Stamp {
  std::int64_t seconds = 0;       // since 1970-01-01T00:00:00; of kLocal as if the clock had shown UTC
  std::uint32_t nanoseconds = 0;  // below 10^9
  TimeBasis basis = TimeBasis::kAbsent;
  friend bool operator==(const Stamp&, const Stamp&) = default;
  static constexpr auto fields() { return std::tuple{&Stamp::seconds, &Stamp::nanoseconds, &Stamp::basis}; }
};
// Seconds and nanoseconds in UTC; absent when both are zero. `nanoseconds` may be a second or more: it is carried.
Stamp utc_stamp(std::int64_t seconds, std::uint32_t nanoseconds);
Stamp utc_stamp(TimeNs time_ns);
// Nanoseconds since 1970; none when absent or outside what 64 bits hold (before 1677, after 2262).
TimeNs ns_of(const Stamp& stamp);

struct FileTimes {
  Stamp modified, accessed, changed, created;
  static constexpr auto fields() {
    return std::tuple{&FileTimes::modified, &FileTimes::accessed, &FileTimes::changed, &FileTimes::created};
  }
};

// One inode (MFT entry, FAT directory entry, catalog node). Sent in inode order, each once, after all names.
struct InodeRecord {
  std::uint32_t volume_id = 0;
  std::uint64_t inode = 0;
  std::uint32_t sequence = 0;
  std::uint32_t name_sequence =
      0;  // what a name's sequence must be to mean this inode (NTFS: sequence, or one less when unallocated)
  FileKind kind = FileKind::kFile;
  bool allocated = true;
  std::uint64_t size_bytes = 0;  // as the inode says
  std::uint32_t mode = 0;        // permission bits and type, POSIX
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t link_count = 0;
  std::string owner_sid;
  std::string link_target;  // raw bytes
  FileTimes times;          // NTFS: $STANDARD_INFORMATION
  FileTimes name_times;     // NTFS: $FILE_NAME
  static constexpr auto fields() {
    return std::tuple{&InodeRecord::volume_id,     &InodeRecord::inode,      &InodeRecord::sequence,
                      &InodeRecord::name_sequence, &InodeRecord::kind,       &InodeRecord::allocated,
                      &InodeRecord::size_bytes,    &InodeRecord::mode,       &InodeRecord::uid,
                      &InodeRecord::gid,           &InodeRecord::link_count, &InodeRecord::owner_sid,
                      &InodeRecord::link_target,   &InodeRecord::times,      &InodeRecord::name_times};
  }
};

enum class ContentState : std::uint8_t {
  kComplete,
  kRecovered,
  kOverwritten,
  kPartial,
  kUnreadable,
  kEncrypted,
  kEmpty,
  kNotRead,
};
std::string_view content_state_name(ContentState state);

// How the bytes of a stream are to be had.
enum class ContentSource : std::uint8_t {
  kNone,        // directories, devices, links: not hashed (state not-read)
  kExtents,     // by the sweep, from the data extents
  kDigested,    // limier-fs has read it through libtsk (resident, compressed): digests are in the record
  kEmpty,       // size 0
  kUnreadable,  // libtsk could not give the bytes, or the runs do not cover the size
  kEncrypted,   // NTFS EFS and the like
  kTooSparse,   // wholly sparse ($BadClus:$Bad): no byte of it is on the disk
  kNotRead,     // what the system would show is not given by these bytes, or not by limier: StreamRecord::reason
};

// What the type of a content rests on.
enum class TypeBasis : std::uint8_t { kNone, kSignature, kStructure, kText, kLibmagic };
std::string_view type_basis_name(TypeBasis basis);
// By what a content is encrypted, where its own bytes say so. The numbers stand in indexes.
enum class FileEncryption : std::uint8_t {
  kNone,
  kOoxml,
  kOffice97,
  kZip,
  kSevenZip,
  kRar,
  kPdf,
  kOpenPgp,
  kKeePass,
  kPasswordSafe,
  kLuks,
  kAppleImage,
  kAndroidBackup,
  kOpenSsl,
  kAge,
  kAnsibleVault,
  kPrivateKey,
  kOnePassword,
  kOpenDocument,
  kLast = kOpenDocument,
};
// What the first bytes of a content show; limier/types.h has the types by number.
struct ContentType {
  std::uint16_t type = 0;  // 0: nobody looked
  TypeBasis basis = TypeBasis::kNone;
  FileEncryption encryption = FileEncryption::kNone;
  std::uint16_t entropy_millibits = 0;  // thousandths of a bit per byte, of the bytes that were looked at
  friend bool operator==(const ContentType&, const ContentType&) = default;
  static constexpr auto fields() {
    return std::tuple{&ContentType::type, &ContentType::basis, &ContentType::encryption,
                      &ContentType::entropy_millibits};
  }
};

// How the bytes of a content are packed where they lie: as one stream, in one run.
// kZlib: streams of zlib one behind the other, as AD1 has them.
enum class Coding : std::uint8_t { kPlain, kDeflate, kZstd, kBzip2, kLzma, kZlib, kLast = kZlib };
// Whether unpacking can go on from a place in the middle.
constexpr bool has_points(Coding coding) {
  return coding == Coding::kDeflate || coding == Coding::kZlib;
}
std::string_view coding_word(Coding coding);  // "deflate", "zstd", …; "" for kPlain
// Of a member of an archive: how to unpack it, and what its bytes must then add up to.
struct Packing {
  Coding coding = Coding::kPlain;
  bool has_crc = false;
  std::uint32_t crc32 = 0;  // of the unpacked bytes, as zip counts it
  [[nodiscard]] bool any() const { return coding != Coding::kPlain || has_crc; }
  friend bool operator==(const Packing&, const Packing&) = default;
  static constexpr auto fields() { return std::tuple{&Packing::coding, &Packing::has_crc, &Packing::crc32}; }
};
// What was wrong with a member when it was unpacked. The numbers stand in indexes.
enum class PackingFault : std::uint8_t { kNone, kBadStream, kWrongSize, kWrongCrc, kLast = kWrongCrc };

// One stream of an inode, sent after the InodeRecord it belongs to, in (attr_type, attr_id) order.
struct StreamRecord {
  StreamRef ref;
  std::string name;        // raw bytes; "" for the unnamed (default) stream
  bool is_default = true;  // false: a row of its own, path "file:name"
  std::uint64_t size_bytes = 0;
  ContentSource source = ContentSource::kNone;
  std::uint32_t data_piece_count = 0;  // extents of kind kData, each one piece of the sweep's plan
  bool touched_damage = false;         // kDigested: a chunk read for it was not good
  Digests digests;                     // kDigested only
  ContentType type;                    // kDigested only
  std::vector<ByteHit> hits;           // kDigested only
  std::string reason;                  // kNotRead only: "compressed by Windows (LZX)", "stored in the cloud"
  Packing packing;                     // kExtents only: packed ones have one extent, of kind kCompressed
  static constexpr auto fields() {
    return std::tuple{&StreamRecord::ref,
                      &StreamRecord::name,
                      &StreamRecord::is_default,
                      &StreamRecord::size_bytes,
                      &StreamRecord::source,
                      &StreamRecord::data_piece_count,
                      &StreamRecord::touched_damage,
                      &StreamRecord::digests,
                      &StreamRecord::type,
                      &StreamRecord::hits,
                      &StreamRecord::reason,
                      &StreamRecord::packing};
  }
};

enum class ExtentKind : std::uint8_t {
  kData,           // content of the stream, byte for byte
  kSlack,          // allocated to the stream, beyond its size
  kUninitialized,  // allocated, inside the size, beyond the initialised length: reads as zeros
  kSparse,         // no bytes on the disk: reads as zeros
  kResident,       // inside the metadata of the inode
  kCompressed,     // compressed on the disk: image bytes are not the content
  kEncrypted,      // encrypted on the disk
};
std::string_view extent_kind_name(ExtentKind kind);

// One run. Sent in file_offset order after its StreamRecord. Pieces never overlap within a stream.
struct ExtentRecord {
  StreamRef ref;
  std::uint32_t seq = 0;    // from 0, over all kinds
  std::uint32_t piece = 0;  // kData: ordinal among the data pieces, from 0
  std::uint64_t file_offset = 0;
  std::optional<std::uint64_t> image_offset;  // absent when sparse or unknown
  std::uint64_t length = 0;
  ExtentKind kind = ExtentKind::kData;
  static constexpr auto fields() {
    return std::tuple{&ExtentRecord::ref,         &ExtentRecord::seq,          &ExtentRecord::piece,
                      &ExtentRecord::file_offset, &ExtentRecord::image_offset, &ExtentRecord::length,
                      &ExtentRecord::kind};
  }
};

// What a file system says about its blocks, run-length coded, in offset order. Volume bytes in no range are
// unallocated.
enum class BlockUse : std::uint8_t { kUnallocated, kAllocated, kMetadata };
struct BlockRange {
  std::uint32_t volume_id = 0;
  std::uint64_t image_offset = 0;
  std::uint64_t length = 0;
  BlockUse use = BlockUse::kUnallocated;
  static constexpr auto fields() {
    return std::tuple{&BlockRange::volume_id, &BlockRange::image_offset, &BlockRange::length, &BlockRange::use};
  }
};

enum class Severity : std::uint8_t { kInfo, kWarning, kError };
std::string_view severity_name(Severity severity);
// Damage or doubt about the evidence: v_issue.
struct IssueRecord {
  std::string stage;  // "container", "volume", "walk", "sweep", "content", "rules"
  std::string code;   // stable, kebab-case: "ewf-table-damaged", "listing-may-be-incomplete", "worker-timeout"
  Severity severity = Severity::kWarning;
  std::uint32_t volume_id = 0;         // 0: none
  std::optional<std::uint64_t> inode;  // with volume_id: the file
  std::optional<std::uint64_t> image_offset;
  std::uint64_t length = 0;
  std::string message;
  bool incomplete = false;  // part of the evidence could not be examined: the run ends with exit 5
  // Of a worker that was ended, known to the supervisor alone and so not on the wire: why ("signal 11 (SEGV)"), which
  // attempt at the item (from 1; 0: no worker was ended), and the memory it had, rounded up.
  std::string cause{};
  std::uint32_t attempt = 0;
  std::uint64_t memory_bytes = 0;
  std::int64_t item_id = 0;  // the content that was looked into; known to the supervisor alone too
  static constexpr auto fields() {
    return std::tuple{&IssueRecord::stage,     &IssueRecord::code,    &IssueRecord::severity,
                      &IssueRecord::volume_id, &IssueRecord::inode,   &IssueRecord::image_offset,
                      &IssueRecord::length,    &IssueRecord::message, &IssueRecord::incomplete};
  }
};

enum class Certainty : std::uint8_t { kStructure, kStatistics };
struct EncryptionRecord {
  std::uint32_t volume_id = 0;
  std::string scheme;  // "BitLocker", "BitLocker To Go", "LUKS1", "LUKS2", "FileVault 2 (CoreStorage)", "APFS
                       // encrypted", "unknown (high entropy)"
  Certainty certainty = Certainty::kStructure;
  std::string detail;  // where the signature stands, cipher as the header names it, or the measure used with its values
  static constexpr auto fields() {
    return std::tuple{&EncryptionRecord::volume_id, &EncryptionRecord::scheme, &EncryptionRecord::certainty,
                      &EncryptionRecord::detail};
  }
};

// ---- the sweep's side ----------------------------------------------------------------------------------------------

// One piece of the plan, sent to limier-sweep sorted by image_offset (ties: content_id). content_id is store's number
// of a stream. Gaps between pieces of one content, and up to size_bytes, are zeros.
struct PlanPiece {
  std::uint64_t content_id = 0;
  std::uint32_t piece = 0;
  std::uint32_t piece_count = 0;
  std::uint64_t size_bytes = 0;  // of the whole stream
  std::uint64_t file_offset = 0;
  std::uint64_t image_offset = 0;
  std::uint64_t length = 0;
  // Of a packed content size_bytes and file_offset count packed bytes, and this is its size.
  std::uint64_t unpacked_bytes = 0;
  Packing packing;
  static constexpr auto fields() {
    return std::tuple{&PlanPiece::content_id, &PlanPiece::piece,          &PlanPiece::piece_count,
                      &PlanPiece::size_bytes, &PlanPiece::file_offset,    &PlanPiece::image_offset,
                      &PlanPiece::length,     &PlanPiece::unpacked_bytes, &PlanPiece::packing};
  }
};

struct ContentDigest {
  std::uint64_t content_id = 0;
  bool touched_damage = false;  // then no digests and no type
  Digests digests;
  ContentType type;
  PackingFault fault = PackingFault::kNone;  // with touched_damage: the medium is sound, the member is not
  static constexpr auto fields() {
    return std::tuple{&ContentDigest::content_id, &ContentDigest::touched_damage, &ContentDigest::digests,
                      &ContentDigest::type, &ContentDigest::fault};
  }
};

struct BadRange {
  std::uint64_t image_offset = 0;
  std::uint64_t length = 0;
  std::string reason;  // evidence::chunk_state_reason, or "acquisition-error"
  static constexpr auto fields() { return std::tuple{&BadRange::image_offset, &BadRange::length, &BadRange::reason}; }
};

// Refuses records a well-behaved worker cannot send: unknown enum values, ranges outside the media, offsets that
// overflow, volume 0, names longer than their path. `media_size` in bytes.
bool validate(const VolumeRecord& record, std::uint64_t media_size);
bool validate(const NameRecord& record);
bool validate(const InodeRecord& record);
bool validate(const StreamRecord& record);
bool validate(const ExtentRecord& record, std::uint64_t media_size);
bool validate(const BlockRange& record, std::uint64_t media_size);
bool validate(const IssueRecord& record);
bool validate(const EncryptionRecord& record);
bool validate(const BadRange& record, std::uint64_t media_size);
bool validate(const ContentType& type);

}  // namespace limier::catalog
