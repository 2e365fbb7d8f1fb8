// limier-fs: partitions, file systems and the walk, through libtsk. Started by the supervisor, never by hand.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string_view>

#include "limier/volume.h"
#include "limier/worker.h"
#include "volume/tsk.h"

namespace {

using namespace limier;
using worker::FrameType;

constexpr std::chrono::milliseconds kProgressEvery{100};
constexpr std::chrono::seconds kJobTimeout{60};
constexpr std::uint64_t kAddressSpace = 2ull << 30;

// Reading is a sign of life: one call into libtsk may read for minutes on a large volume.
class BeatingImage final : public evidence::Image {
 public:
  BeatingImage(std::unique_ptr<evidence::Image> inner, worker::Journal& journal)
      : inner_(std::move(inner)), journal_(journal) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return inner_->size_bytes(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return inner_->sector_size(); }
  [[nodiscard]] std::uint32_t chunk_size() const override { return inner_->chunk_size(); }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return inner_->open_issues(); }
  evidence::ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    return inner_->decode_chunk(chunk, out);
  }
  evidence::ReadOutcome read(std::uint64_t image_offset, MutableBytes out) const override {
    journal_.beat.fetch_add(1, std::memory_order_relaxed);
    return inner_->read(image_offset, out);
  }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return inner_->chunks_decoded(); }

 private:
  std::unique_ptr<evidence::Image> inner_;
  worker::Journal& journal_;
};

// Rows leave in the order catalog.h states: a batch of another kind is flushed before one that must come after it.
class FrameSink final : public volume::Sink {
 public:
  explicit FrameSink(const worker::WorkerContext& context)
      : channel_(*context.channel), journal_(*context.journal), volumes_(channel_, FrameType::kVolumes),
        names_(channel_, FrameType::kNames), inodes_(channel_, FrameType::kInodes), streams_(channel_, FrameType::kStreams),
        extents_(channel_, FrameType::kExtents), blocks_(channel_, FrameType::kBlocks),
        issues_(channel_, FrameType::kIssues), encryption_(channel_, FrameType::kEncryption) {}

  Status volume(const catalog::VolumeRecord& record) override { return volumes_.add(record); }
  Status name(const catalog::NameRecord& record) override { return names_.add(record); }
  Status inode(const catalog::InodeRecord& record) override {
    LIMIER_CHECK(names_.flush());
    return inodes_.add(record);
  }
  Status stream(const catalog::StreamRecord& record) override { return streams_.add(record); }
  Status extent(const catalog::ExtentRecord& record) override { return extents_.add(record); }
  Status blocks(const catalog::BlockRange& record) override { return blocks_.add(record); }
  Status issue(const catalog::IssueRecord& record) override { return issues_.add(record); }
  Status encryption(const catalog::EncryptionRecord& record) override { return encryption_.add(record); }
  Status content(Bytes bytes) override {
    journal_.beat.fetch_add(1, std::memory_order_relaxed);
    while (!bytes.empty()) {
      const Bytes part = bytes.first(std::min(bytes.size(), worker::kMaxPayload));
      LIMIER_CHECK(channel_.send(FrameType::kContentBytes, part));
      bytes = bytes.subspan(part.size());
    }
    return ok_status();
  }
  void working_on(std::uint32_t stage, std::uint64_t item) override {
    journal_.stage.store(stage, std::memory_order_relaxed);
    journal_.item.store(item, std::memory_order_relaxed);
    journal_.beat.fetch_add(1, std::memory_order_relaxed);
  }
  void advanced(std::uint64_t done) override {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_progress_ < kProgressEvery) return;
    last_progress_ = now;
    // A failed send shows in the next frame that carries data.
    (void)channel_.send(FrameType::kProgress, worker::ProgressMessage{done});
  }
  // Everything that waits, parents before children.
  Status flush() {
    LIMIER_CHECK(volumes_.flush());
    LIMIER_CHECK(encryption_.flush());
    LIMIER_CHECK(names_.flush());
    LIMIER_CHECK(inodes_.flush());
    LIMIER_CHECK(streams_.flush());
    LIMIER_CHECK(extents_.flush());
    LIMIER_CHECK(blocks_.flush());
    return issues_.flush();
  }

 private:
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
  std::chrono::steady_clock::time_point last_progress_{};
};

Status run_job(const worker::WorkerContext& context, const volume::FsJob& job) {
  std::vector<int> fds;
  for (std::size_t i = 0; i < job.evidence.segments.size(); ++i)
    fds.push_back(worker::kFirstEvidenceFd + static_cast<int>(i));
  LIMIER_TRY(auto opened, evidence::open_image(job.evidence, fds));
  const BeatingImage image(std::move(opened), *context.journal);
  FrameSink sink(context);
  Status status = ok_status();
  switch (job.kind) {
    case volume::FsJobKind::kMap: status = volume::map_volumes(image, sink); break;
    case volume::FsJobKind::kWalk: status = volume::walk_volume(image, job, sink); break;
    case volume::FsJobKind::kExtract: status = volume::extract_stream(image, job, sink); break;
    default: return Error{ErrorKind::kInternal, "the job is of no known kind"};
  }
  // What was found before a failure is worth keeping.
  LIMIER_CHECK(sink.flush());
  LIMIER_CHECK(std::move(status));
  return context.channel->send(FrameType::kDone, worker::WorkerStats{image.chunks_decoded(), 0});
}

Status serve(const worker::WorkerContext& context) {
  LIMIER_TRY(const auto frame, context.channel->receive(kJobTimeout));
  if (!frame || frame->type != FrameType::kJob) return Error{ErrorKind::kInternal, "no job came"};
  const auto job = decode<volume::FsJob>(Bytes(frame->payload));
  if (!job) return Error{ErrorKind::kInternal, "the job cannot be read"};
  LIMIER_TRY(const auto jail, worker::enter_jail({.address_space_bytes = kAddressSpace + job->evidence.cache_bytes}));
  LIMIER_CHECK(context.channel->send(FrameType::kReady, jail));
  return run_job(context, *job);
}

Status serve_without_exceptions(const worker::WorkerContext& context) {
  try {
    return serve(context);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kInternal, std::string("limier-fs: ") + error.what()};
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version-json") {
    std::printf("{\"libtsk\":\"%s\"}\n", tsk_version_get_str());
    return 0;
  }
  const auto context = worker::attach();
  if (!context) {
    std::fprintf(stderr, "limier-fs: %s\n", context.error().message.c_str());
    return 2;
  }
  const Status status = serve_without_exceptions(*context);
  if (status.ok()) return 0;
  (void)context->channel->send(FrameType::kFailed, worker::WorkerError{status.error().kind, status.error().message});
  return 1;
}
