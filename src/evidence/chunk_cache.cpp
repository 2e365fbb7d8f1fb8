#include "evidence/chunk_cache.h"

#include <algorithm>

#include "evidence/positional.h"

namespace limier::evidence {

ChunkState worse_of(ChunkState a, ChunkState b) {
  if (a == b) return a;
  if (a == ChunkState::kZero) return b;
  if (b == ChunkState::kZero) return a;
  return std::max(a, b);
}

std::uint64_t ChunkCache::cost(const Entry& entry) {
  constexpr std::uint64_t kBookkeeping = 128;  // list node, hash node, vector header: so that zero chunks are not free
  return entry.bytes.size + kBookkeeping;
}

std::optional<ChunkState> ChunkCache::copy(std::uint64_t chunk, std::size_t offset, MutableBytes out) {
  const std::lock_guard lock(mutex_);
  const auto found = by_chunk_.find(chunk);
  if (found == by_chunk_.end()) return std::nullopt;
  recent_.splice(recent_.begin(), recent_, found->second);
  const Entry& entry = recent_.front();
  if (const auto part = slice(Bytes(entry.bytes.span()), offset, out.size()))
    std::copy(part->begin(), part->end(), out.begin());
  else
    std::fill(out.begin(), out.end(), std::uint8_t{0});
  return entry.state;
}

void ChunkCache::put(std::uint64_t chunk, ChunkState state, ChunkBytes bytes) {
  const std::lock_guard lock(mutex_);
  if (by_chunk_.contains(chunk)) return;
  recent_.push_front({chunk, state, std::move(bytes)});
  by_chunk_[chunk] = recent_.begin();
  held_bytes_ += cost(recent_.front());
  while (held_bytes_ > budget_bytes_ && recent_.size() > 1) {
    held_bytes_ -= cost(recent_.back());
    by_chunk_.erase(recent_.back().chunk);
    recent_.pop_back();
  }
}

std::size_t ChunkedImage::chunk_length(std::uint64_t chunk) const {
  if (chunk >= chunk_count()) return 0;
  return static_cast<std::size_t>(std::min<std::uint64_t>(chunk_size(), size_bytes() - chunk * chunk_size()));
}

ChunkState ChunkedImage::decode_chunk(std::uint64_t chunk, MutableBytes out) const {
  const std::size_t length = chunk_length(chunk);
  if (length == 0 || out.size() < length) return ChunkState::kMissing;
  decoded_.fetch_add(1, std::memory_order_relaxed);
  return decode_into(chunk, out.first(length));
}

void ChunkedImage::decode_chunks(std::uint64_t first, MutableBytes out, std::span<ChunkState> states) const {
  if (states.empty()) return;
  const std::uint64_t last = first + states.size() - 1;
  const std::uint64_t needed = std::uint64_t{chunk_size()} * (states.size() - 1) + chunk_length(last);
  if (chunk_length(last) == 0 || out.size() < needed) {
    std::fill(states.begin(), states.end(), ChunkState::kMissing);
    return;
  }
  decoded_.fetch_add(states.size(), std::memory_order_relaxed);
  decode_run(first, out.first(static_cast<std::size_t>(needed)), states);
}

void ChunkedImage::decode_run(std::uint64_t first, MutableBytes out, std::span<ChunkState> states) const {
  for (std::size_t i = 0; i < states.size(); ++i)
    states[i] = decode_into(first + i, out.subspan(i * chunk_size(), chunk_length(first + i)));
}

ReadOutcome ChunkedImage::read(std::uint64_t image_offset, MutableBytes out) const {
  ReadOutcome outcome;
  while (outcome.length < out.size() && image_offset < size_bytes()) {
    const std::uint64_t chunk = image_offset / chunk_size();
    const auto within = static_cast<std::size_t>(image_offset % chunk_size());
    const std::size_t length = chunk_length(chunk);
    const MutableBytes part = out.subspan(outcome.length, std::min(out.size() - outcome.length, length - within));
    auto state = cache_.copy(chunk, within, part);
    if (!state) {
      ChunkBytes bytes(length);
      state = decode_chunk(chunk, bytes.span());
      if (*state == ChunkState::kZero || is_zero(bytes.span())) bytes = {};
      if (bytes.size == 0)
        std::fill(part.begin(), part.end(), std::uint8_t{0});
      else
        std::copy_n(bytes.data.get() + within, part.size(), part.begin());
      cache_.put(chunk, *state, std::move(bytes));
    }
    outcome.worst = outcome.length == 0 ? *state : worse_of(outcome.worst, *state);
    outcome.length += part.size();
    image_offset += part.size();
  }
  return outcome;
}

}  // namespace limier::evidence
