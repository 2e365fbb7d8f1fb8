// limier-fs: maps a device, walks one volume, or extracts one stream. Started by the supervisor, never by hand.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "limier/volume.h"
#include "limier/worker.h"
#include "volume/tsk.h"
#include "volume/watched_image.h"
#if defined(LIMIER_FAULTS)
#include "faults.h"
#endif

namespace {

using namespace limier;
using worker::FrameType;

constexpr std::chrono::milliseconds kProgressEvery{100};
constexpr std::chrono::seconds kJobTimeout{60};
// Beside the chunk cache: libtsk's structures for millions of entries, and names on their way.
constexpr std::uint64_t kMemory = 2ull << 30;

// A batch goes out by itself at 64 KiB. Streams must follow their inode and extents their stream, so those batches are
// sent together, parents first, before one of them can fill up (an extent is 56 bytes on the wire).
constexpr std::size_t kMaxPendingExtents = 1000;
constexpr std::size_t kMaxPendingStreamBytes = 48u << 10;
constexpr std::size_t kStreamBytes = 128;  // without its name and hits

class FrameSink final : public volume::Sink {
 public:
  explicit FrameSink(const worker::WorkerContext& context)
      : channel_(*context.channel),
        journal_(*context.journal),
        volumes_(channel_, FrameType::kVolumes),
        names_(channel_, FrameType::kNames),
        inodes_(channel_, FrameType::kInodes),
        streams_(channel_, FrameType::kStreams),
        extents_(channel_, FrameType::kExtents),
        blocks_(channel_, FrameType::kBlocks),
        issues_(channel_, FrameType::kIssues),
        encryption_(channel_, FrameType::kEncryption) {}

  Status volume(const catalog::VolumeRecord& record) override { return volumes_.add(record); }
  Status name(const catalog::NameRecord& record) override {
    beat();  // a directory may hold millions of them
    return names_.add(record);
  }
  Status inode(const catalog::InodeRecord& record) override {
    LIMIER_CHECK(names_.flush());
    return inodes_.add(record);
  }
  Status stream(const catalog::StreamRecord& record) override {
    std::size_t bytes = kStreamBytes + record.name.size();
    for (const catalog::ByteHit& hit : record.hits) bytes += catalog::sent_bytes(hit);
    pending_stream_bytes_ += bytes;
    if (pending_stream_bytes_ > kMaxPendingStreamBytes) {
      LIMIER_CHECK(flush_family());
      pending_stream_bytes_ = bytes;
    }
    return streams_.add(record);
  }
  Status extent(const catalog::ExtentRecord& record) override {
    if (++pending_extents_ > kMaxPendingExtents) {
      LIMIER_CHECK(flush_family());
      pending_extents_ = 1;
    }
    return extents_.add(record);
  }
  Status blocks(const catalog::BlockRange& record) override { return blocks_.add(record); }
  Status issue(const catalog::IssueRecord& record) override {
    LIMIER_CHECK(volumes_.flush());
    return issues_.add(record);
  }
  Status encryption(const catalog::EncryptionRecord& record) override {
    LIMIER_CHECK(volumes_.flush());
    return encryption_.add(record);
  }
  Status content(Bytes bytes) override {
    for (std::size_t at = 0; at < bytes.size(); at += worker::kMaxPayload) {
      const auto part = bytes.subspan(at, std::min(worker::kMaxPayload, bytes.size() - at));
      LIMIER_CHECK(channel_.send(FrameType::kContentBytes, part));
    }
    return ok_status();
  }
  void working_on(volume::Stage stage, std::uint64_t item) override {
    const auto number = static_cast<std::uint32_t>(stage);
    if (number != journal_.stage.load(std::memory_order_relaxed) ||
        item != journal_.item.load(std::memory_order_relaxed))
      journal_.item_bytes.store(0, std::memory_order_relaxed);
    journal_.stage.store(number, std::memory_order_relaxed);
    journal_.item.store(item, std::memory_order_relaxed);
    beat();
#if defined(LIMIER_FAULTS)
    faults::at(channel_, journal_, number, item);
#endif
  }
  void expecting(std::uint64_t bytes) override {
    const std::uint64_t before = journal_.item_bytes.load(std::memory_order_relaxed);
    journal_.item_bytes.store(before + std::min(bytes, UINT64_MAX - before), std::memory_order_relaxed);
    const std::uint64_t all = journal_.content_bytes.load(std::memory_order_relaxed);
    journal_.content_bytes.store(all + std::min(bytes, UINT64_MAX - all), std::memory_order_relaxed);
  }
  Status checkpoint(std::uint64_t inodes) override {
    LIMIER_CHECK(flush());
    return channel_.send(FrameType::kCheckpoint, worker::ProgressMessage{inodes});
  }
  void advanced(std::uint64_t done) override {
    beat();
    const auto now = std::chrono::steady_clock::now();
    if (now - last_progress_ < kProgressEvery) return;
    last_progress_ = now;
    // A failed send shows in the next frame that carries data.
    (void)channel_.send(FrameType::kProgress, worker::ProgressMessage{done});
  }
  // Of the evidence, for the first time.
  void has_read(std::uint64_t bytes, std::uint64_t pieces) {
    journal_.new_bytes.fetch_add(bytes, std::memory_order_relaxed);
    journal_.new_pieces.fetch_add(pieces, std::memory_order_relaxed);
    beat();
  }
  // A sign of life. Nobody else writes the page.
  void beat() {
    journal_.beat.store(journal_.beat.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  // Parents first: volumes, names, inodes, streams, extents.
  Status flush() {
    LIMIER_CHECK(volumes_.flush());
    LIMIER_CHECK(encryption_.flush());
    LIMIER_CHECK(flush_family());
    LIMIER_CHECK(blocks_.flush());
    return issues_.flush();
  }

 private:
  Status flush_family() {
    pending_stream_bytes_ = 0;
    pending_extents_ = 0;
    LIMIER_CHECK(names_.flush());
    LIMIER_CHECK(inodes_.flush());
    LIMIER_CHECK(streams_.flush());
    return extents_.flush();
  }

  worker::Channel& channel_;
  worker::Journal& journal_;
  worker::BatchSender<catalog::VolumeRecord> volumes_;
  worker::BatchSender<catalog::NameRecord> names_;
  worker::BatchSender<catalog::InodeRecord> inodes_;
  worker::BatchSender<catalog::StreamRecord> streams_;
  worker::BatchSender<catalog::ExtentRecord> extents_;
  worker::BatchSender<catalog::BlockRange> blocks_;
  worker::BatchSender<catalog::IssueRecord> issues_;
  worker::BatchSender<catalog::EncryptionRecord> encryption_;
  std::size_t pending_stream_bytes_ = 0;
  std::size_t pending_extents_ = 0;
  std::chrono::steady_clock::time_point last_progress_{};
};

Status dispatch(const evidence::Image& image, const volume::FsJob& job, volume::Sink& sink) {
  switch (job.kind) {
    case volume::FsJobKind::kMap:
      if (evidence::is_extraction(job.evidence.format)) return volume::map_extraction(image, job, sink);
      return volume::map_volumes(image, sink, job.skip_offsets, job.evidence.sector_bytes);
    case volume::FsJobKind::kWalk:
      return volume::walk_volume(image, job, sink);
    case volume::FsJobKind::kExtract:
      return volume::extract_stream(image, job, sink);
  }
  return Error{ErrorKind::kInternal, "the job is of no known kind"};
}

Status serve(const worker::WorkerContext& context) {
#if defined(LIMIER_FAULTS)
  faults::load("fs");
#endif
  LIMIER_TRY(const auto frame, context.channel->receive(kJobTimeout));
  if (!frame || frame->type != FrameType::kJob) return Error{ErrorKind::kInternal, "no job came"};
  const auto job = decode<volume::FsJob>(Bytes(frame->payload));
  if (!job) return Error{ErrorKind::kInternal, "the job cannot be read"};
  LIMIER_TRY(const auto jail, worker::enter_jail({.address_space_bytes = kMemory, .threads = false}));
  LIMIER_CHECK(context.channel->send(FrameType::kReady, jail));
  std::vector<int> fds;
  for (std::size_t i = 0; i < job->evidence.segments.size(); ++i)
    fds.push_back(worker::kFirstEvidenceFd + static_cast<int>(i));
  LIMIER_TRY(const auto image, evidence::open_image(job->evidence, fds));
  FrameSink sink(context);
  const volume::WatchedImage watched(
      *image, [&sink](std::uint64_t bytes, std::uint64_t pieces) { sink.has_read(bytes, pieces); });
  Status status = dispatch(watched, *job, sink);
  // What was found before the step failed is worth having.
  LIMIER_CHECK(sink.flush());
  if (!status.ok()) return status;
  return context.channel->send(FrameType::kDone, worker::WorkerStats{.chunks_decoded = image->chunks_decoded()});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version-json") {
    std::printf("{\"libtsk\":\"%s\"}\n", tsk_version_get_str());
    return 0;
  }
  return worker::run_worker("limier-fs", serve);
}
