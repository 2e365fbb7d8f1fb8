// How libtsk reads an image of ours.
//
// libtsk's own read function fetches 64 KiB for every miss, whatever was asked for. Directories and MFT records are
// small and lie anywhere, so most of that is copied, and of an E01 decompressed, for nothing. tsk_read.cpp defines
// tsk_img_read in its place; the linker takes the program's definition before the library's, for libtsk's own calls
// too.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "limier/evidence.h"
#include "volume/tsk.h"

namespace limier::volume {

class DamageLog;

// Recently read lines of the image. One thread.
class LineCache {
 public:
  // Keeps at least 8 MiB.
  LineCache(const evidence::Image& image, DamageLog& damage, std::uint64_t cache_bytes);
  // Bytes of the image from `image_offset` on, fewer at its end.
  std::size_t read(std::uint64_t image_offset, MutableBytes out);
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

// libtsk casts between its struct and ours, so its struct comes first.
struct ExternalImage {
  TSK_IMG_INFO info;
  LineCache* lines;
};

// The read function of our images.
ssize_t read_callback(TSK_IMG_INFO* info, TSK_OFF_T offset, char* buffer, size_t length) noexcept;

}  // namespace limier::volume
