// The memory of all batches, in pages of 2 MiB where the system has them: every byte of a small image is a byte that is
// written for the first time, and in pages of 4 KiB that costs more than decompressing it. madvise(2), MADV_HUGEPAGE.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "limier/base.h"

namespace limier::sweep {

// All zeros at first. Throws std::bad_alloc.
class BatchMemory {
 public:
  BatchMemory() = default;
  explicit BatchMemory(std::size_t size)
      : mapped_((size + kHugePage - 1) / kHugePage * kHugePage + kHugePage), size_(size) {
    place_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place_ == MAP_FAILED) throw std::bad_alloc();
    ::madvise(begin(), mapped_ - kHugePage, MADV_HUGEPAGE);
  }
  BatchMemory(const BatchMemory&) = delete;
  BatchMemory& operator=(const BatchMemory&) = delete;
  BatchMemory(BatchMemory&&) = delete;
  BatchMemory& operator=(BatchMemory&& other) noexcept {
    std::swap(place_, other.place_);
    std::swap(mapped_, other.mapped_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~BatchMemory() {
    if (mapped_ > 0) ::munmap(place_, mapped_);
  }
  [[nodiscard]] MutableBytes bytes() const { return {begin(), size_}; }

 private:
  static constexpr std::size_t kHugePage = 2u << 20;

  // Of the first whole page.
  [[nodiscard]] std::uint8_t* begin() const {
    const auto at = reinterpret_cast<std::uintptr_t>(place_);
    return static_cast<std::uint8_t*>(place_) + (kHugePage - at % kHugePage) % kHugePage;
  }

  void* place_ = nullptr;
  std::size_t mapped_ = 0, size_ = 0;
};

}  // namespace limier::sweep
