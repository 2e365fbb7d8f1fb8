// The bytes of a fuzzer's input as a content: what lies behind their end reads as zeros, and is said to be missing.
#pragma once

#include <algorithm>

#include "limier/content.h"

namespace limier::fuzz {

class BytesReader final : public content::Reader {
 public:
  explicit BytesReader(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  bool read(std::uint64_t offset, MutableBytes out) const override {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size()));
    const std::size_t there = std::min(out.size(), bytes_.size() - from);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from), there, out.begin());
    return there == out.size();
  }

 private:
  Bytes bytes_;
};

}  // namespace limier::fuzz
