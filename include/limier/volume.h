// volume: partitions, file systems and the walk. The only room that sees libtsk; it runs inside limier-fs alone.
//
// Owns:    nothing beyond a call.
// Threads: one.
// Errors:  Result when a job cannot go on; damage goes to the sink as issues.
// Sources: partition and file-system structures are libtsk's; signatures of what libtsk does not read are listed, with
//          their source, in src/volume/signatures.cpp.
#pragma once

#include <array>

#include "limier/catalog.h"
#include "limier/evidence.h"
#include "limier/keywords.h"

namespace limier::volume {

enum class FsJobKind : std::uint8_t { kMap, kWalk, kExtract };

// The parts of a walk, for when one process does not survive the whole.
enum class WalkPart : std::uint8_t {
  kWhole,
  kNames,   // every name, no inodes
  kInodes,  // those of only_inodes, with a checkpoint after every few
  kBlocks,  // block use
};

// What limier-fs is at, in the journal.
enum class Stage : std::uint32_t {
  kNone = 0,
  kMap = 1,      // item: byte of the media
  kNames = 2,    // item: inode of the directory, 0 while the file system is opened
  kInodes = 3,   // item: inode
  kBlocks = 4,   // item: block
  kExtract = 5,  // item: byte of the stream
  kContent = 6,  // item: inode whose content is read through libtsk
  kOrphans = 7,  // item: inode of the directory, while files without a directory are looked for
  kReconcile = 8,
};

// Code pages of one byte a character, in which DOS and Windows write short names of FAT.
inline constexpr std::array<std::uint32_t, 18> kOemCodePages{437, 737, 775, 850, 852, 855, 857,  858,  860,
                                                             861, 862, 863, 865, 866, 869, 1250, 1251, 1252};

// What limier-fs is told (FrameType::kJob).
struct FsJob {
  FsJobKind kind = FsJobKind::kMap;
  evidence::EvidenceSpec evidence;
  catalog::VolumeRecord volume;  // kWalk, kExtract
  DigestSet digests;             // kWalk: for content only libtsk can read; none: names and metadata only
  catalog::StreamRef stream;     // kExtract
  bool entities = false;         // kWalk: numbers, addresses and keys are looked for in that content
  keywords::Set keywords;        // and these beside them
  bool metadata_only = false;    // --profile list: no content is read at all
  bool has_stream = true;        // kExtract
  // Empty: map all. Else volumes that begin at these bytes are not looked into, because that stopped a worker twice.
  std::vector<std::uint64_t> skip_offsets;  // kMap
  // After a crash or a stall, from the second try on:
  WalkPart part = WalkPart::kWhole;
  bool skip_orphans = false;                  // do not look for orphans
  bool bare_inodes = false;                   // inodes without their streams
  std::vector<std::uint64_t> skip_inodes;     // neither opened nor entered; each is reported as not examined
  std::vector<std::uint64_t> only_inodes;     // kInodes: these, in this order
  std::vector<std::uint64_t> orphan_inodes;   // kInodes: those of them that are orphans, sorted
  bool zone_stated = false;                   // --zone was given: the process's zone (TZ) is that of local times
  std::uint32_t oem_code_page = 0;            // --codepage: of short names on FAT; 0: not stated
  std::vector<evidence::FolderEntry> folder;  // of evidence that is a folder, by path
  static constexpr auto fields() {
    return std::tuple{&FsJob::kind,          &FsJob::evidence,    &FsJob::volume,        &FsJob::digests,
                      &FsJob::stream,        &FsJob::entities,    &FsJob::metadata_only, &FsJob::has_stream,
                      &FsJob::skip_offsets,  &FsJob::part,        &FsJob::skip_orphans,  &FsJob::bare_inodes,
                      &FsJob::skip_inodes,   &FsJob::only_inodes, &FsJob::orphan_inodes, &FsJob::zone_stated,
                      &FsJob::oem_code_page, &FsJob::keywords,    &FsJob::folder};
  }
};

// Where the rows go. Calls come in the order catalog.h states. An error ends the job.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status volume(const catalog::VolumeRecord& record) = 0;
  virtual Status name(const catalog::NameRecord& record) = 0;
  virtual Status inode(const catalog::InodeRecord& record) = 0;
  virtual Status stream(const catalog::StreamRecord& record) = 0;
  virtual Status extent(const catalog::ExtentRecord& record) = 0;
  virtual Status blocks(const catalog::BlockRange& record) = 0;
  virtual Status issue(const catalog::IssueRecord& record) = 0;
  virtual Status encryption(const catalog::EncryptionRecord& record) = 0;
  virtual Status content(Bytes bytes) = 0;  // kExtract, in order
  // Before each item, for the watchdog.
  virtual void working_on(Stage stage, std::uint64_t item) = 0;
  // So many bytes more of content are going to be read for the item.
  virtual void expecting(std::uint64_t bytes) = 0;
  // kInodes: so many of the job's inodes are done; everything sent so far must stand.
  virtual Status checkpoint(std::uint64_t inodes) = 0;
  virtual void advanced(std::uint64_t done) = 0;
};

// Partition tables (nested ones too), gaps, file systems, pools, encryption: VolumeRecords that together cover the
// media. What begins at one of `skip_offsets` is not looked into and is a failed volume.
// `sector_bytes`: what partition tables count in; 0: it is found out.
Status map_volumes(const evidence::Image& image, Sink& sink, const std::vector<std::uint64_t>& skip_offsets = {},
                   std::uint32_t sector_bytes = 0);
// The same of an extraction: one volume, which is the archive.
Status map_extraction(const evidence::Image& image, const FsJob& job, Sink& sink);
// Names, then inodes with streams and extents, then block use, of one walkable volume.
Status walk_volume(const evidence::Image& image, const FsJob& job, Sink& sink);
// The bytes of one stream.
Status extract_stream(const evidence::Image& image, const FsJob& job, Sink& sink);

}  // namespace limier::volume
