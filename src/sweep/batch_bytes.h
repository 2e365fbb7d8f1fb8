// The decoded bytes of one batch.
#pragma once

#include <span>

#include "limier/evidence.h"

namespace limier::sweep {

struct BatchBytes {
  std::uint64_t image_offset = 0;  // a multiple of chunk_size
  std::uint32_t chunk_size = 0;
  Bytes data;
  std::span<const evidence::ChunkState> states;  // one per chunk
};

inline bool trustworthy(evidence::ChunkState state) {
  return state == evidence::ChunkState::kGood || state == evidence::ChunkState::kZero;
}

}  // namespace limier::sweep
