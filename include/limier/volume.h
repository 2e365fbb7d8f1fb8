// volume: partitions, file systems and the walk. The only room that sees libtsk; it runs inside limier-fs alone.
//
// Owns:    nothing beyond a call.
// Threads: one.
// Errors:  Result when a job cannot go on; damage goes to the sink as issues.
// Sources: partition and file-system structures are libtsk's; signatures of what libtsk does not read are listed, with
//          their source, in src/volume/signatures.cpp.
#pragma once

#include "limier/catalog.h"
#include "limier/evidence.h"

namespace limier::volume {

enum class FsJobKind : std::uint8_t { kMap, kWalk, kExtract };

// What limier-fs is told (FrameType::kJob).
struct FsJob {
  FsJobKind kind = FsJobKind::kMap;
  evidence::EvidenceSpec evidence;
  catalog::VolumeRecord volume;  // kWalk, kExtract
  DigestSet digests;             // kWalk: for content only libtsk can read; none: names and metadata only
  catalog::StreamRef stream;     // kExtract
  bool metadata_only = false;    // --profile list: no content is read at all
  bool has_stream = true;        // kExtract
  // The ladder after a crash or a stall, from the second try on:
  bool skip_orphans = false;               // kWalk: do not look for orphans
  bool names_only = false;                 // kWalk: no inodes, no block use
  std::vector<std::uint64_t> skip_inodes;  // kWalk: neither opened nor entered; each is reported as not examined
  static constexpr auto fields() {
    return std::tuple{&FsJob::kind,       &FsJob::evidence,      &FsJob::volume,     &FsJob::digests,
                      &FsJob::stream,     &FsJob::metadata_only, &FsJob::has_stream, &FsJob::skip_orphans,
                      &FsJob::names_only, &FsJob::skip_inodes};
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
  // Before each item, for the watchdog: stage (1 map, 2 names, 3 inodes, 4 blocks, 5 extract) and inode or offset.
  virtual void working_on(std::uint32_t stage, std::uint64_t item) = 0;
  virtual void advanced(std::uint64_t done) = 0;
};

// Partition tables (nested ones too), gaps, file systems, pools, encryption: VolumeRecords that together cover the
// media.
Status map_volumes(const evidence::Image& image, Sink& sink);
// Names, then inodes with streams and extents, then block use, of one walkable volume.
Status walk_volume(const evidence::Image& image, const FsJob& job, Sink& sink);
// The bytes of one stream.
Status extract_stream(const evidence::Image& image, const FsJob& job, Sink& sink);

}  // namespace limier::volume
