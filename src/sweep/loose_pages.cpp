#include "sweep/loose_pages.h"

#include <algorithm>

namespace limier::sweep {
namespace {

constexpr std::size_t kStep = 512;  // the smallest page, and the smallest block of a file system
constexpr std::size_t kHeadBytes = 8;
constexpr std::uint8_t kTableLeaf = 0x0d;
constexpr std::uint8_t kMostFragments = 60;

std::uint32_t be16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 8 | bytes[at + 1];
}

// Format: sqlite.org/fileformat2.html, section 1.6.
bool is_head_of_leaf(Bytes page) {
  const std::uint32_t block = be16(page, 1), cells = be16(page, 3);
  const std::uint32_t content = be16(page, 5) == 0 ? 65536 : be16(page, 5);
  const std::size_t list_end = kHeadBytes + 2 * std::size_t{cells};
  if (cells == 0 || page[7] > kMostFragments || content < list_end || (block != 0 && block < content)) return false;
  // The content begins with a cell: one of those in the list, as far as it lies in the block.
  const std::size_t seen = std::min(std::size_t{cells}, (page.size() - kHeadBytes) / 2);
  bool begins = seen < cells;
  for (std::size_t i = 0; i < seen; ++i) {
    const std::uint32_t cell = be16(page, kHeadBytes + 2 * i);
    if (cell < content) return false;
    begins = begins || cell == content;
  }
  return begins;
}

}  // namespace

void find_loose_pages(std::uint64_t image_offset, Bytes bytes, std::vector<std::uint64_t>& found) {
  for (std::size_t at = (kStep - image_offset % kStep) % kStep; at + kStep <= bytes.size(); at += kStep)
    if (bytes[at] == kTableLeaf && is_head_of_leaf(bytes.subspan(at, kStep))) found.push_back(image_offset + at);
}

}  // namespace limier::sweep
