// The threads of a sweep. A batch of about 1 MiB is decoded by whichever thread is free, then goes through the chains:
// the media digests (with the files of the media lane) and the other lanes of files. A chain takes the batches one by
// one in order; different chains, and the decoding of later batches, run beside each other. The number of batches is
// fixed, so a slow chain stops the reading and memory never grows.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "sweep/batch_memory.h"
#include "sweep/entity_scan.h"
#include "sweep/file_hashes.h"

namespace limier::sweep {

struct Batch {
  std::uint64_t first_chunk = 0;
  std::uint64_t chunk_count = 0;
  std::uint64_t image_offset = 0;
  std::uint64_t length = 0;
  bool for_media = true;  // false: an extra round over bytes whose media digests are done
  LaneSteps steps;
  std::vector<evidence::ChunkState> states;
  std::vector<std::uint64_t> loose_pages;  // loose_pages.h; only where for_media
  std::vector<catalog::ByteHit> entities;  // away from the edges (entity_scan.h); only where for_media
  std::array<LaneResults, kLanes> results;

  MutableBytes buffer;
  bool decoded = false;
  std::size_t chains_left = 0;
};

class Pipeline {
 public:
  Pipeline(const evidence::Image& image, const SweepJob& job, std::uint64_t chunks_per_batch);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Error when not a single thread could be started.
  Status start();
  [[nodiscard]] bool has_room() const { return submitted_ - retired_ < slots_.size(); }
  [[nodiscard]] bool idle() const { return submitted_ == retired_; }
  // The batch to fill in; only with has_room().
  Batch& next_free() { return slots_[submitted_ % slots_.size()]; }
  void submit();
  [[nodiscard]] Batch& oldest() { return slots_[retired_ % slots_.size()]; }
  [[nodiscard]] const Batch& oldest() const { return slots_[retired_ % slots_.size()]; }
  // True when the oldest batch has gone through everything; false when that takes longer than `timeout`.
  Result<bool> wait_for_oldest(std::chrono::milliseconds timeout);
  void retire_oldest() { ++retired_; }
  [[nodiscard]] std::uint64_t beats() const { return pulse_.beats.load(std::memory_order_relaxed); }
  // These once every batch is retired.
  [[nodiscard]] HasherState media_state() const;
  void restore_media(const HasherState& state);
  [[nodiscard]] FileHashes& lane(std::size_t number) {
    return number == kMediaLane ? beside_media_ : files_[number - 1].hashes;
  }
  [[nodiscard]] Digests media_digests() const;
  [[nodiscard]] std::uint64_t chunks_decoded() const;
  [[nodiscard]] std::uint64_t seeks_back() const;
  [[nodiscard]] std::vector<StageCost> costs() const;
  [[nodiscard]] BatchBytes bytes_of(const Batch& batch) const;

 private:
  // Taking the batches in order, one at a time.
  struct Chain {
    std::uint64_t next = 0;
    bool busy = false;
    StageCost cost;
  };
  struct MediaChain : Chain {
    explicit MediaChain(DigestSet which) : hasher(which) {}
    Hasher hasher;
  };
  struct FileChain : Chain {
    explicit FileChain(FileHashes state) : hashes(std::move(state)) {}
    FileHashes hashes;
  };
  struct Task {
    enum class Kind : std::uint8_t { kNone, kDecode, kMedia, kFiles };
    Kind kind = Kind::kNone;
    std::uint64_t batch = 0;
    std::size_t chain = 0;
  };

  void work();
  Task take_task();
  Task take_chain(Task::Kind kind);
  bool ready(Chain& chain, const auto& has_work);
  void run(const Task& task);
  void complete(const Task& task, std::uint64_t cpu_ns);
  void chain_passed(Batch& batch);
  void decode(Batch& batch);
  void hash_media(std::size_t chain, Batch& batch);
  Batch& slot(std::uint64_t number) { return slots_[number % slots_.size()]; }

  const evidence::Image& image_;
  std::uint32_t jobs_;
  bool loose_pages_, entities_;
  Pulse pulse_;
  std::vector<MediaChain> media_;
  FileHashes beside_media_;       // the first media chain's
  std::vector<FileChain> files_;  // lane i + 1
  BatchMemory memory_;            // of the buffers
  std::vector<Batch> slots_;
  std::uint64_t retired_ = 0;  // the calling thread's own

  std::mutex mutex_;  // guards what follows, and `decoded` and `chains_left` of every batch
  std::condition_variable work_;
  std::condition_variable done_;
  std::uint64_t submitted_ = 0;  // changed by the calling thread alone, which may read it without the lock
  std::uint64_t next_decode_ = 0;
  std::uint64_t chunks_decoded_ = 0;
  StageCost decode_cost_{.stage = "decode", .cpu_ns = 0, .tasks = 0};
  std::optional<Error> error_;
  std::vector<std::thread> threads_;
};

}  // namespace limier::sweep
