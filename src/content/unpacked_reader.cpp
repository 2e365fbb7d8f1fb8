#include "content/unpacked_reader.h"

#include <algorithm>
#include <array>

namespace limier::content {
namespace {

constexpr std::uint64_t kBlock = 1u << 20;
// A database is read in no order: with these, a page costs at most so much unpacking, and a point takes some 50 KiB.
constexpr std::uint64_t kBetweenPoints = 2u << 20;
constexpr std::uint64_t kMaxPoints = 256;
constexpr std::size_t kMaxCached = 24;
// Of codings that cannot go on from the middle all blocks are kept: the caller gives no larger ones.
constexpr std::size_t kFeed = 4096;  // comes to 4 MiB at most in deflate: less than is cached

}  // namespace

UnpackedReader::UnpackedReader(const evidence::Image& image, const ContentBytes& content)
    : image_(image),
      content_(content),
      between_points_(std::max(kBetweenPoints, content.size_bytes / kMaxPoints)),
      max_cached_(catalog::has_points(content.coding) ? kMaxCached : kMaxPackedWhole / kBlock + 1) {}

bool UnpackedReader::read(std::uint64_t offset, MutableBytes out) const {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const std::uint64_t room = offset < content_.size_bytes ? content_.size_bytes - offset : 0;
  std::size_t done = 0;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(room, out.size()));
  while (done < wanted) {
    const std::uint64_t at = offset + done;
    const Block* block = block_at(at / kBlock);
    const auto within = static_cast<std::size_t>(at % kBlock);
    if (block == nullptr || block->size() <= within) return false;
    const std::size_t part = std::min(wanted - done, block->size() - within);
    std::copy_n(block->begin() + static_cast<std::ptrdiff_t>(within), part,
                out.begin() + static_cast<std::ptrdiff_t>(done));
    done += part;
  }
  return done == out.size();
}

const UnpackedReader::Block* UnpackedReader::block_at(std::uint64_t block) const {
  const auto find = [&] { return std::ranges::find(cached_, block, &Cached::block); };
  auto found = find();
  if (found == cached_.end()) {
    if (!go_to(block)) return nullptr;
    while ((found = find()) == cached_.end())
      if (!feed_some()) return nullptr;
  }
  cached_.splice(cached_.begin(), cached_, found);
  return &cached_.front().bytes;
}

// The nearest place before the block, the one where unpacking stands among them.
bool UnpackedReader::go_to(std::uint64_t block) const {
  const std::uint64_t start = block * kBlock;
  const bool in_it = at_.unpacked / kBlock == block && begun_.size() == at_.unpacked - start;
  const bool here = at_.unpacker != nullptr && (at_.unpacked <= start || in_it);
  const auto behind = std::ranges::upper_bound(points_, start, {}, &Standing::unpacked);
  const Standing* point = behind == points_.begin() ? nullptr : &*std::prev(behind);
  if (here && (point == nullptr || point->unpacked <= at_.unpacked)) return true;
  begun_.clear();
  at_ = {};
  if (point != nullptr)
    at_ = {point->unpacked, point->packed, point->unpacker->clone()};
  else
    at_.unpacker = unpack::make_unpacker(content_.coding, content_.size_bytes);
  return at_.unpacker != nullptr;
}

// False at the end of the stream, and where it is broken.
bool UnpackedReader::feed_some() const {
  const ContentBytes::Piece& piece = content_.pieces.front();
  const std::uint64_t left = piece.length - at_.packed;
  std::array<std::uint8_t, kFeed> buffer;
  const MutableBytes part = MutableBytes(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, kFeed)));
  if (part.empty() || at_.unpacked >= content_.size_bytes) return false;
  const auto outcome = image_.read(piece.image_offset + at_.packed, part);
  const bool good = outcome.worst == evidence::ChunkState::kGood || outcome.worst == evidence::ChunkState::kZero;
  if (!good || outcome.length != part.size()) return false;
  const auto state = at_.unpacker->feed(part, [&](Bytes bytes) {
    take(bytes.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), content_.size_bytes - at_.unpacked))));
    return at_.unpacked < content_.size_bytes;
  });
  at_.packed += part.size();
  if (state == unpack::Unpacker::State::kMore && at_.unpacked < content_.size_bytes) {
    note_point();
    return true;
  }
  // The last block is a short one.
  const std::uint64_t block = at_.unpacked / kBlock;
  if (!begun_.empty()) keep(block, std::exchange(begun_, {}));
  at_.unpacker.reset();
  return state == unpack::Unpacker::State::kEnd || at_.unpacked == content_.size_bytes;
}

void UnpackedReader::take(Bytes bytes) const {
  unpacked_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const auto within = static_cast<std::size_t>(at_.unpacked % kBlock);
    const Bytes part = bytes.first(std::min(bytes.size(), static_cast<std::size_t>(kBlock) - within));
    // What comes before the first whole block belongs to one that was not asked for.
    if (begun_.size() == within) begun_.insert(begun_.end(), part.begin(), part.end());
    if (begun_.size() == kBlock) keep(at_.unpacked / kBlock, std::exchange(begun_, {}));
    at_.unpacked += part.size();
    bytes = bytes.subspan(part.size());
  }
}

void UnpackedReader::keep(std::uint64_t block, Block bytes) const {
  if (std::ranges::find(cached_, block, &Cached::block) != cached_.end()) return;
  cached_.push_front({block, std::move(bytes)});
  if (cached_.size() > max_cached_) cached_.pop_back();
}

void UnpackedReader::note_point() const {
  const std::uint64_t last = points_.empty() ? 0 : points_.back().unpacked;
  if (at_.unpacked < last + between_points_) return;
  if (auto copy = at_.unpacker->clone()) points_.push_back({at_.unpacked, at_.packed, std::move(copy)});
}

}  // namespace limier::content
