// Random reading over decoded chunks. Private to the room.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "limier/evidence.h"

namespace limier::evidence {

// The state to report for two pieces of one read. kZero counts as good: it survives only beside itself.
ChunkState worse_of(ChunkState a, ChunkState b);

// Memory that is written before it is read, so that it need not be cleared.
struct ChunkBytes {
  std::unique_ptr<std::uint8_t[]> data;
  std::size_t size = 0;
  ChunkBytes() = default;
  explicit ChunkBytes(std::size_t length)
      : data(std::make_unique_for_overwrite<std::uint8_t[]>(length)), size(length) {}
  [[nodiscard]] MutableBytes span() const { return {data.get(), size}; }
};

// Least recently used chunks up to a number of bytes. Thread-safe; bytes are copied under its lock, never decoded.
class ChunkCache {
 public:
  explicit ChunkCache(std::uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}
  // Copies [offset, offset + out.size()) of the chunk; nullopt when it is not here.
  std::optional<ChunkState> copy(std::uint64_t chunk, std::size_t offset, MutableBytes out);
  // `bytes` empty: a chunk of zeros.
  void put(std::uint64_t chunk, ChunkState state, ChunkBytes bytes);

 private:
  struct Entry {
    std::uint64_t chunk;
    ChunkState state;
    ChunkBytes bytes;
  };
  static std::uint64_t cost(const Entry& entry);

  const std::uint64_t budget_bytes_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // front: used last
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_chunk_;
  std::uint64_t held_bytes_ = 0;
};

// An Image whose random reads go through decode_into and the cache.
class ChunkedImage : public Image {
 public:
  ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const final;
  void decode_chunks(std::uint64_t first, MutableBytes out, std::span<ChunkState> states) const final;
  ReadOutcome read(std::uint64_t image_offset, MutableBytes out) const final;
  [[nodiscard]] std::uint64_t chunks_decoded() const final { return decoded_.load(std::memory_order_relaxed); }

 protected:
  explicit ChunkedImage(std::uint64_t cache_bytes) : cache_(cache_bytes) {}
  [[nodiscard]] std::size_t chunk_length(std::uint64_t chunk) const;  // 0 past the end
  // Fills all of `out` (chunk_length(chunk) bytes), with zeros where there is nothing.
  virtual ChunkState decode_into(std::uint64_t chunk, MutableBytes out) const = 0;
  // As Image::decode_chunks; all chunks exist, and `out` has room for chunk_size() bytes of each but the last.
  virtual void decode_run(std::uint64_t first, MutableBytes out, std::span<ChunkState> states) const;

 private:
  mutable ChunkCache cache_;
  mutable std::atomic<std::uint64_t> decoded_{0};
};

}  // namespace limier::evidence
