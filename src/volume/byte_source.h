// Bytes of one member of an archive, wherever they lie. Private to the room.
#pragma once

#include <algorithm>

#include "limier/base.h"

namespace limier::volume {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
  // All of them, or false.
  virtual bool read(std::uint64_t offset, MutableBytes out) = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  bool read(std::uint64_t offset, MutableBytes out) override {
    const auto part = slice(bytes_, offset, out.size());
    if (!part) return false;
    std::copy(part->begin(), part->end(), out.begin());
    return true;
  }

 private:
  Bytes bytes_;
};

}  // namespace limier::volume
