#include "content/placed_reader.h"

#include <algorithm>

#include "content/unpacked_reader.h"

namespace limier::content {

bool is_sound(const ContentBytes& content) {
  if (content.is_here) return content.bytes.size() == content.size_bytes && content.pieces.empty();
  if (content.coding > catalog::Coding::kLast) return false;
  if (content.coding != catalog::Coding::kPlain &&
      (content.pieces.size() != 1 || content.pieces.front().file_offset != 0))
    return false;
  std::uint64_t end = 0;
  for (const ContentBytes::Piece& piece : content.pieces) {
    if (piece.file_offset < end || piece.length > UINT64_MAX - piece.file_offset ||
        piece.length > UINT64_MAX - piece.image_offset)
      return false;
    end = piece.file_offset + piece.length;
  }
  return content.bytes.empty();
}

bool PlacedReader::read(std::uint64_t offset, MutableBytes out) const {
  const std::uint64_t within = offset < content_.size_bytes ? content_.size_bytes - offset : 0;
  const std::size_t length = std::min<std::uint64_t>(within, out.size());
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(length), out.end(), std::uint8_t{0});
  if (length == 0) return out.empty();
  bool good = true;
  if (content_.is_here)
    std::copy_n(content_.bytes.begin() + static_cast<std::ptrdiff_t>(offset), length, out.begin());
  else
    good = read_pieces(offset, out.first(length));
  return good && length == out.size();
}

bool PlacedReader::read_pieces(std::uint64_t offset, MutableBytes out) const {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const std::uint64_t end = offset + out.size();
  auto piece = std::ranges::upper_bound(content_.pieces, offset, {}, &ContentBytes::Piece::file_offset);
  if (piece != content_.pieces.begin()) --piece;
  bool good = true;
  for (; piece != content_.pieces.end() && piece->file_offset < end; ++piece) {
    const std::uint64_t from = std::max(offset, piece->file_offset);
    const std::uint64_t to = std::min(end, piece->file_offset + piece->length);
    if (from >= to) continue;
    const MutableBytes part = out.subspan(from - offset, to - from);
    const auto outcome = image_.read(piece->image_offset + (from - piece->file_offset), part);
    const bool whole = outcome.length == part.size();
    good =
        good && whole && (outcome.worst == evidence::ChunkState::kGood || outcome.worst == evidence::ChunkState::kZero);
  }
  return good;
}

std::unique_ptr<Reader> make_reader(const evidence::Image& image, const ContentBytes& content) {
  if (content.coding != catalog::Coding::kPlain) return std::make_unique<UnpackedReader>(image, content);
  return std::make_unique<PlacedReader>(image, content);
}

}  // namespace limier::content
