// sweep: the single pass over the media, in limier-sweep. Decodes every chunk once and serves all who need its bytes.
//
// Owns:    its threads and buffers, for the duration of run_sweep.
// Threads: run_sweep is called from one thread and starts `jobs` more; callbacks into the Sink come from the calling
// thread,
//          in an order that does not depend on the number of threads.
// Errors:  Result; damaged chunks are BadRanges, not errors.
#pragma once

#include <functional>

#include "limier/base/cost.h"
#include "limier/base/digest_state.h"
#include "limier/catalog.h"
#include "limier/catalog/byte_hit.h"
#include "limier/entities.h"
#include "limier/evidence.h"
#include "limier/keywords.h"
#include "limier/types.h"

namespace limier::sweep {

enum class SweepJobKind : std::uint8_t { kContainer, kSweep, kUnpack };

// A content whose pieces are not all through: its digests so far, and what was seen of its type.
struct OpenContent {
  std::uint64_t content_id = 0;
  bool damaged = false;  // it will get no digests; what follows then means nothing
  HasherState hashed;
  types::Sniffer sniffer;
  std::vector<std::uint8_t> tail;  // the last bytes: a value may go on in the next extent. At most entities::kReach
  std::uint32_t crc32 = 0;         // of one whose CRC is known, so far
  // Of a packed one, nothing but how much of it has come: what came of that is unpacked once more.
  std::uint64_t packed_from = 0, packed_bytes = 0;  // image_offset; length
  catalog::Packing packing;
  std::uint64_t unpacked_bytes = 0;  // its size
  static constexpr auto fields() {
    return std::tuple{&OpenContent::content_id,    &OpenContent::damaged,      &OpenContent::hashed,
                      &OpenContent::sniffer,       &OpenContent::tail,         &OpenContent::crc32,
                      &OpenContent::packed_from,   &OpenContent::packed_bytes, &OpenContent::packing,
                      &OpenContent::unpacked_bytes};
  }
};

// Where a sweep stood between two batches. With the same media, the same plan and the open contents that were sent
// before it, another sweep goes on from here as if nothing had happened; bytes that waited for their turn are read
// again.
struct Checkpoint {
  std::uint64_t image_offset = 0;  // everything before is through
  HasherState media;
  std::optional<catalog::BadRange> open_range;  // may grow
  std::uint64_t open_contents = 0;
  static constexpr auto fields() {
    return std::tuple{&Checkpoint::image_offset, &Checkpoint::media, &Checkpoint::open_range,
                      &Checkpoint::open_contents};
  }
};

// What limier-sweep is told (FrameType::kJob).
struct SweepJob {
  SweepJobKind kind = SweepJobKind::kSweep;
  evidence::EvidenceSpec evidence;
  DigestSet media_digests;
  DigestSet file_digests;
  std::uint32_t jobs = 2;                  // threads that decode and hash
  std::uint64_t stash_bytes = 256u << 20;  // pieces that came before their turn; beyond it they are read again
  // After a worker died over a chunk:
  std::vector<std::uint64_t> skip_chunks;  // sorted; not decoded, state kQuarantined
  std::uint64_t careful_from = 0;          // chunks of [careful_from, careful_until) are taken one at a time, so that
  std::uint64_t careful_until = 0;         // the one named by working_on is the one at fault
  // A checkpoint is due after so much time, or after so many bytes of media; 0: not for that reason.
  std::uint32_t checkpoint_ms = 0;
  std::uint64_t checkpoint_bytes = 0;
  std::optional<Checkpoint> resume;          // go on from here
  bool loose_pages = false;                  // wanted
  bool entities = false;                     // wanted
  keywords::Set keywords;                    // looked for beside them
  std::vector<std::uint64_t> image_offsets;  // kContainer: whose places in the container are asked for
  std::uint32_t bytes_there = 0;             // kContainer: and so many of the bytes that begin there
  static constexpr auto fields() {
    return std::tuple{
        &SweepJob::kind,          &SweepJob::evidence,      &SweepJob::media_digests,    &SweepJob::file_digests,
        &SweepJob::jobs,          &SweepJob::stash_bytes,   &SweepJob::skip_chunks,      &SweepJob::careful_from,
        &SweepJob::careful_until, &SweepJob::checkpoint_ms, &SweepJob::checkpoint_bytes, &SweepJob::resume,
        &SweepJob::loose_pages,   &SweepJob::entities,      &SweepJob::keywords,         &SweepJob::image_offsets,
        &SweepJob::bytes_there};
  }
};

// The answer to kContainer (FrameType::kContainer).
struct ContainerMessage {
  evidence::Format format{};
  std::string variant;
  std::uint64_t size_bytes = 0;
  std::uint32_t sector_size = 512;
  std::uint32_t chunk_size = 0;
  std::uint32_t segment_count = 0;
  std::string compression;
  std::string media_type;
  bool physical = true;
  std::string set_identifier;
  std::optional<Md5> stored_md5;
  std::optional<Sha1> stored_sha1;
  std::optional<Sha256> stored_sha256;    // known to the supervisor alone: of a file beside an extraction
  std::vector<std::string> header_names;  // parallel to header_values
  std::vector<std::string> header_values;
  std::vector<catalog::BadRange> acquisition_errors;
  std::vector<evidence::OpenIssue> issues;
  std::vector<std::optional<evidence::ContainerPlace>> places;  // parallel to SweepJob::image_offsets
  std::vector<std::vector<std::uint8_t>> bytes;                 // the same; empty where they cannot be read
  static constexpr auto fields() {
    return std::tuple{
        &ContainerMessage::format,         &ContainerMessage::variant,       &ContainerMessage::size_bytes,
        &ContainerMessage::sector_size,    &ContainerMessage::chunk_size,    &ContainerMessage::segment_count,
        &ContainerMessage::compression,    &ContainerMessage::media_type,    &ContainerMessage::physical,
        &ContainerMessage::set_identifier, &ContainerMessage::stored_md5,    &ContainerMessage::stored_sha1,
        &ContainerMessage::header_names,   &ContainerMessage::header_values, &ContainerMessage::acquisition_errors,
        &ContainerMessage::issues,         &ContainerMessage::places,        &ContainerMessage::bytes};
  }
};

// The answer to kUnpack (FrameType::kContainer), after all that is unpacked was sent (FrameType::kContentBytes).
struct UnpackedMessage {
  Digests container;  // of the file as it lies
  std::uint64_t unpacked_bytes = 0;
  std::string problem;  // code of the issue: "truncated", "bad-stream", "trailing-data"; "": it is whole
  static constexpr auto fields() {
    return std::tuple{&UnpackedMessage::container, &UnpackedMessage::unpacked_bytes, &UnpackedMessage::problem};
  }
};

// A block that begins as a leaf page of a table of a SQLite database does, whoever it belongs to.
struct LoosePage {
  std::uint64_t image_offset = 0;
  static constexpr auto fields() { return std::tuple{&LoosePage::image_offset}; }
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status content(const catalog::ContentDigest& digest) = 0;
  virtual Status bad_range(
      const catalog::BadRange& range) = 0;  // in offset order, adjacent ranges of one reason joined
  virtual Status loose_page(const LoosePage&) { return ok_status(); }  // in offset order
  // Those of the media in offset order, those over joints where the sweep completes the second extent's beginning.
  virtual Status entity(const catalog::ByteHit&) { return ok_status(); }
  virtual Status media(const Digests& digests) = 0;  // once, after the last chunk
  // One after the other, then the checkpoint they belong to; everything reported before it is part of it.
  virtual Status open_content(const OpenContent&) { return ok_status(); }
  virtual Status checkpoint(const Checkpoint&) { return ok_status(); }
  // The first chunk that is not through all stages; said again while a long step makes progress.
  virtual void working_on(std::uint64_t chunk) = 0;
  virtual void advanced(std::uint64_t bytes_done) = 0;
};

// Of the media, from the chunk named by working_on on, that are in work at the same time (or two chunks, if larger).
inline constexpr std::uint64_t kMaxBytesInFlight = 256u << 20;
inline constexpr std::uint32_t kMaxJobs = 64;  // run_sweep starts no more threads, whatever it is told

struct SweepStats {
  std::uint64_t chunks_decoded = 0;
  std::uint64_t pieces_deferred = 0;
  // How often the pass went back for a deferred piece: the only reads that do not go forward with it.
  std::uint64_t seeks_back = 0;
  // CPU time by stage: "keywords" (whose tasks are MiB; part of the others), "plan", "decode", "media" (with the files
  // hashed along), "files-1" to "files-8".
  std::vector<StageCost> stages{};
};

// Gives the next batch of the plan in image_offset order; an empty vector ends it. Called as the sweep advances, so the
// plan is never in memory as a whole.
using PlanSource = std::function<Result<std::vector<catalog::PlanPiece>>()>;

// The open contents of the checkpoint that is resumed, in any order; an empty vector ends them.
using OpenContentSource = std::function<Result<std::vector<OpenContent>>()>;

// One pass from the first byte (or the checkpoint) to the last. Contents are reported where the sweep completes them;
// those completed by the same stretch of media in content_id order. A content gets no digests, only touched_damage,
// when a chunk under it is bad, a piece lies outside the media or never comes, or all contents together name far more
// bytes than the media holds. A content without a byte on the media (all zeros) is one PlanPiece with piece_count 0. A
// checkpoint that does not fit the media and the plan is an error of kind kRefused: never wrong digests.
Result<SweepStats> run_sweep(const evidence::Image& image, const SweepJob& job, const PlanSource& plan, Sink& sink,
                             const OpenContentSource& open_contents = {});

// Gets unpacked bytes in order.
using TakeUnpacked = std::function<Status(Bytes)>;
// Of a packed tar (evidence::is_packed_tar): the tar in it, and the digests of what it lies in. What is no tar is an
// error; what breaks off gives all that came before.
Result<UnpackedMessage> unpack_container(const evidence::EvidenceSpec& spec, int fd, const TakeUnpacked& take);

Result<ContainerMessage> describe_container(const evidence::EvidenceSpec& spec, const std::vector<int>& fds,
                                            const std::vector<std::uint64_t>& image_offsets = {},
                                            std::uint32_t bytes_there = 0);

}  // namespace limier::sweep
