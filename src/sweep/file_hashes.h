// Carries out the steps of one lane: the running digests of the contents in it and what is seen of their types, and the
// stash.
#pragma once

#include <atomic>
#include <span>
#include <unordered_map>
#include <vector>

#include "limier/unpack.h"
#include "sweep/planner.h"

namespace limier::sweep {

// Shared by all threads of a sweep.
struct Pulse {
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> beats{0};  // rises with every piece of work done, so that a long step does not look stuck
};

// The decoded bytes of one batch.
struct BatchBytes {
  std::uint64_t image_offset = 0;  // a multiple of chunk_size
  std::uint32_t chunk_size = 0;
  Bytes data;
  std::span<const evidence::ChunkState> states;  // one per chunk
};

inline bool trustworthy(evidence::ChunkState state) {
  return state == evidence::ChunkState::kGood || state == evidence::ChunkState::kZero;
}

// One thread at a time.
class FileHashes {
 public:
  FileHashes(const evidence::Image& image, DigestSet which, Pulse& pulse)
      : image_(image), which_(which), pulse_(pulse) {}
  // Ends early when the pulse says stop.
  void run(std::span<const Step> steps, const BatchBytes& batch, std::vector<catalog::ContentDigest>& results);
  // The same, and media.update(batch.data): bytes that both want are hashed for both at once.
  void run_beside(Hasher& media, std::span<const Step> steps, const BatchBytes& batch,
                  std::vector<catalog::ContentDigest>& results);
  [[nodiscard]] std::uint64_t chunks_decoded() const { return chunks_decoded_; }
  [[nodiscard]] std::uint64_t seeks_back() const { return seeks_back_; }
  // For a checkpoint, without the stash.
  Status put_open_contents(Sink& sink, std::uint64_t& count) const;
  // A packed one is read again from its first byte.
  void restore(const OpenContent& content);

 private:
  // All who need the bytes of one content.
  struct Content {
    explicit Content(DigestSet which) : hasher(which) {}
    explicit Content(const OpenContent& open)
        : hasher(hasher_from(open.hashed)), sniffer(open.sniffer), damaged(open.damaged) {}
    Hasher hasher;
    types::Sniffer sniffer;
    bool damaged = false;
    std::optional<unpack::Member> member;             // of an archive
    std::uint64_t packed_from = 0, packed_bytes = 0;  // what has come of a packed one
  };
  Content& content_of(const Step& step);
  void take(Content& content, Bytes bytes, const Step& step);
  void run_step(const Step& step, const BatchBytes& batch, std::vector<catalog::ContentDigest>& results);
  std::size_t step_beside(Hasher& media, std::size_t media_at, const Step& step, const BatchBytes& batch);
  void take_zeros(Content& content, const Step& step);
  void stash(Content& content, const Step& step, const BatchBytes& batch);
  void reread(Content& content, const Step& step);
  void finish(const Step& step, std::vector<catalog::ContentDigest>& results);

  const evidence::Image& image_;
  DigestSet which_;
  Pulse& pulse_;
  std::unordered_map<std::uint64_t, Content> contents_;
  types::HeldBuffers held_;
  using Pieces = std::unordered_map<std::uint32_t, std::vector<std::uint8_t>>;
  std::unordered_map<std::uint64_t, Pieces> stash_;
  std::vector<std::uint8_t> reread_chunk_;  // the chunk read again last: small pieces tend to share one
  std::optional<std::uint64_t> reread_index_;
  evidence::ChunkState reread_state_{};
  std::uint64_t chunks_decoded_ = 0;
  std::uint64_t seeks_back_ = 0;
};

}  // namespace limier::sweep
