// Small reads anywhere on the image, for metadata.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "limier/evidence.h"

namespace limier::volume {

// Remembers which ranges were read from damaged chunks.
class DamageLog {
 public:
  void add(std::uint64_t image_offset, std::uint64_t length);
  [[nodiscard]] bool overlaps(std::uint64_t image_offset, std::uint64_t length) const;
  [[nodiscard]] bool any() const { return !ranges_.empty(); }
  void reset_touched() { touched_ = false; }
  [[nodiscard]] bool touched() const { return touched_; }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // start → end
  bool touched_ = false;
};

// Recently read lines of the image. One thread.
class LineCache {
 public:
  // Keeps at least 8 MiB.
  LineCache(const evidence::Image& image, DamageLog& damage, std::uint64_t cache_bytes);
  // Bytes of the image from `image_offset` on, fewer at its end.
  std::size_t read(std::uint64_t image_offset, MutableBytes out);
  [[nodiscard]] std::uint64_t image_bytes() const { return image_.size_bytes(); }
  [[nodiscard]] std::uint64_t lines_read() const { return lines_read_; }

 private:
  // A line costs a system call where nothing is cached below, and a copy where decoded chunks are.
  static constexpr std::size_t kReadLine = 16u << 10, kCopiedLine = 4u << 10;
  static constexpr std::size_t kLeastBytes = 8u << 20;
  static constexpr std::size_t kDirectBytes = 2 * kReadLine;  // content: nobody asks for it twice
  struct Line {
    std::uint64_t number = UINT64_MAX;
    std::size_t length = 0;
  };

  const evidence::Image& image_;
  DamageLog& damage_;
  const std::size_t line_bytes_;
  std::vector<Line> lines_;
  // Not cleared, and no huge pages: only the lines that were read take memory.
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::uint64_t lines_read_ = 0;
};

}  // namespace limier::volume
