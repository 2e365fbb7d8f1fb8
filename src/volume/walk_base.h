// What every walk of a volume needs to know, whoever reads the file system: libtsk (walk.h) or limier (own_reader.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "limier/volume.h"
#include "volume/line_cache.h"

namespace limier::volume {

// Deeper directories, longer paths and larger lists than these are damage or an attack; what lies beyond is reported.
inline constexpr std::size_t kMaxDepth = 1024;
inline constexpr std::size_t kMaxPathBytes = 64u << 10;
inline constexpr std::size_t kMaxAttributes = 65536;             // per inode; NTFS attribute ids have 16 bits
inline constexpr std::size_t kMaxRuns = 1u << 22;                // per stream
inline constexpr std::uint64_t kMaxDigestedBytes = 64ull << 30;  // read by limier-fs, or zeros counted, per stream
inline constexpr std::uint64_t kMaxStreamBytes = 1ull << 62;
inline constexpr std::size_t kMaxLinkBytes = 32u << 10;
inline constexpr std::size_t kReadStep = 64u << 10;
// Where libtsk lists what no directory names.
inline constexpr std::string_view kOrphanFolder = "$OrphanFiles";

struct WalkBase {
  WalkBase(const evidence::Image& evidence, const FsJob& walk_job, Sink& out)
      : image(evidence),
        job(walk_job),
        sink(out),
        base(walk_job.volume.image_offset),
        end(walk_job.volume.image_offset + walk_job.volume.length),
        skip(walk_job.skip_inodes.begin(), walk_job.skip_inodes.end()) {}
  virtual ~WalkBase() = default;
  WalkBase(const WalkBase&) = delete;
  WalkBase& operator=(const WalkBase&) = delete;
  // Bytes of the media from `image_offset` on, through a cache; fewer at its end. Damage is noted in damage().
  virtual std::size_t read(std::uint64_t image_offset, MutableBytes out) = 0;
  virtual DamageLog& damage() = 0;

  const evidence::Image& image;
  const FsJob& job;
  Sink& sink;
  std::uint64_t base;  // image offset of block 0 of the file system
  std::uint64_t end;   // image offset of the end of the volume
  std::set<std::uint64_t> skip;
  std::vector<std::uint64_t> orphans;  // inodes without a directory, sorted, before the first of them is sent

  [[nodiscard]] std::uint32_t volume_id() const { return job.volume.volume_id; }
  // Those of the job; nullptr: none. Made when they are first needed.
  const keywords::Matcher* keywords();
  Status issue(std::string code, catalog::Severity severity, std::optional<std::uint64_t> inode, std::string message,
               bool incomplete) const;

 private:
  std::shared_ptr<const keywords::Matcher> keywords_;
};

// A walk that libtsk has no part in.
struct OwnWalk final : WalkBase {
  OwnWalk(const evidence::Image& evidence, const FsJob& walk_job, Sink& out)
      : WalkBase(evidence, walk_job, out), lines(evidence, log, evidence.callers_cache_bytes()) {}
  std::size_t read(std::uint64_t image_offset, MutableBytes out) override { return lines.read(image_offset, out); }
  DamageLog& damage() override { return log; }
  DamageLog log;
  LineCache lines;
};

// One stream and how its bytes are to be had.
struct StreamPlan {
  catalog::StreamRecord record;
  std::vector<catalog::ExtentRecord> extents;
  bool zeros = false;    // kDigested: nothing but zeros
  bool decoded = false;  // kDigested: limier decodes it (SecondReader::read); libtsk is not asked
  bool outside_volume = false;
};

// Adds `length` bytes to the extents of the plan, in file order; joins what continues the last one. image_offset: none
// when sparse or unknown.
void add_extent(StreamPlan& plan, catalog::ExtentKind kind, std::uint64_t file_offset,
                std::optional<std::uint64_t> image_offset, std::uint64_t length);
// Numbers extents and data pieces and gives each the stream's ref, once the plan is whole.
void number_extents(StreamPlan& plan);

// Takes bytes of content in order; an error ends the reading.
using Consumer = std::function<Status(Bytes)>;

}  // namespace limier::volume
