// Carries out the steps of one lane: the running digests of the contents in it and what is seen of their types, and the
// stash.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "limier/catalog/hit_stream.h"
#include "limier/unpack.h"
#include "sweep/batch_bytes.h"
#include "sweep/planner.h"

namespace limier::sweep {

// Shared by all threads of a sweep.
struct Pulse {
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> beats{0};  // rises with every piece of work done, so that a long step does not look stuck
};

// What the steps of a lane came to.
struct LaneResults {
  std::vector<catalog::ContentDigest> contents;
  std::vector<catalog::ByteHit> joints;
  void clear() {
    contents.clear();
    joints.clear();
  }
};

// One thread at a time.
class FileHashes {
 public:
  // `joints`: entities that lie over two extents are looked for, and keywords where there are any.
  FileHashes(const evidence::Image& image, DigestSet which, Pulse& pulse, bool joints,
             const keywords::Matcher* keywords = nullptr)
      : image_(image), which_(which), pulse_(pulse), joints_(joints), keywords_(keywords) {}
  // Ends early when the pulse says stop.
  void run(std::span<const Step> steps, const BatchBytes& batch, LaneResults& results);
  // The same, and media.update(batch.data): bytes that both want are hashed for both at once.
  void run_beside(Hasher& media, std::span<const Step> steps, const BatchBytes& batch, LaneResults& results);
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
        : hasher(hasher_from(open.hashed)), sniffer(open.sniffer), damaged(open.damaged), tail(open.tail) {}
    Hasher hasher;
    types::Sniffer sniffer;
    bool damaged = false;
    std::vector<std::uint8_t> tail;                   // the last bytes, while more are to come
    std::optional<std::uint64_t> tail_end;            // image_offset behind it
    std::optional<unpack::Member> member;             // of an archive
    std::uint64_t packed_from = 0, packed_bytes = 0;  // what has come of a packed one
    std::unique_ptr<catalog::HitStream> hits;         // in a packed one: the media's bytes do not show them
  };
  Content& content_of(const Step& step);
  void begin_member(Content& content, const catalog::Packing& packing, std::uint64_t size_bytes);
  // `image_offset`: where the bytes begin, if they were not kept in between.
  void take(Content& content, Bytes bytes, std::optional<std::uint64_t> image_offset, const Step& step,
            LaneResults& results);
  void run_step(const Step& step, const BatchBytes& batch, LaneResults& results);
  std::size_t step_beside(Hasher& media, std::size_t media_at, const Step& step, const BatchBytes& batch,
                          LaneResults& results);
  void join(Content& content, Bytes bytes, std::optional<std::uint64_t> image_offset, const Step& step,
            LaneResults& results) const;
  void take_zeros(Content& content, const Step& step);
  void stash(Content& content, const Step& step, const BatchBytes& batch);
  void reread(Content& content, const Step& step, LaneResults& results);
  void finish(const Step& step, LaneResults& results);

  const evidence::Image& image_;
  DigestSet which_;
  Pulse& pulse_;
  bool joints_;
  const keywords::Matcher* keywords_;
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
