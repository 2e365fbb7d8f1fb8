// A fuzzer's input as media.
#pragma once

#include <algorithm>

#include "limier/evidence.h"

namespace limier::fuzz {

class MemoryImage final : public evidence::Image {
 public:
  explicit MemoryImage(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return 512; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return 1u << 20; }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return issues_; }
  evidence::ChunkState decode_chunk(std::uint64_t, MutableBytes) const override {
    return evidence::ChunkState::kReadError;
  }
  evidence::ReadOutcome read(std::uint64_t offset, MutableBytes out) const override {
    evidence::ReadOutcome outcome;
    if (offset >= bytes_.size()) return outcome;
    outcome.length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), bytes_.size() - offset));
    const Bytes part = bytes_.subspan(static_cast<std::size_t>(offset), outcome.length);
    std::copy(part.begin(), part.end(), out.begin());
    return outcome;
  }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return 0; }

 private:
  Bytes bytes_;
  std::vector<evidence::OpenIssue> issues_;
};

}  // namespace limier::fuzz
