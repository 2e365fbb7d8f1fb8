// What limier-fs takes for a sign of life, on images with a cache below and without one.
#include "volume/watched_image.h"

#include <gtest/gtest.h>

#include <array>

namespace limier::volume {
namespace {

class CountingImage final : public evidence::Image {
 public:
  explicit CountingImage(bool cached) : cached_(cached) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return 1u << 20; }
  [[nodiscard]] std::uint32_t sector_size() const override { return 512; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return cached_ ? 32u << 10 : 1u << 20; }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return issues_; }
  [[nodiscard]] std::uint64_t callers_cache_bytes() const override { return cached_ ? 0 : 1u << 20; }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return decoded_; }
  evidence::ChunkState decode_chunk(std::uint64_t, MutableBytes) const override { return evidence::ChunkState::kGood; }
  // With a cache, every other reading finds its chunk there; a raw image decodes nothing.
  evidence::ReadOutcome read(std::uint64_t, MutableBytes out) const override {
    if (cached_ && ++reads_ % 2 == 1) ++decoded_;
    return {out.size(), evidence::ChunkState::kGood};
  }

 private:
  bool cached_;
  mutable std::uint64_t reads_ = 0, decoded_ = 0;
  std::vector<evidence::OpenIssue> issues_;
};

struct Life {
  int signs = 0;
  std::uint64_t bytes = 0, pieces = 0;
};

Life read_twice(bool cached) {
  const CountingImage image(cached);
  Life life;
  const WatchedImage watched(image, [&](std::uint64_t bytes, std::uint64_t pieces) {
    ++life.signs;
    life.bytes += bytes;
    life.pieces += pieces;
  });
  std::array<std::uint8_t, 4096> out{};
  for (const std::uint64_t offset : {0u, 0u, 512u << 10, 512u << 10}) watched.read(offset, out);
  return life;
}

TEST(WatchedImage, AChunkThatWasNotReadBeforeIsASignOfLife) {
  const Life life = read_twice(true);
  EXPECT_EQ(life.signs, 2);
  EXPECT_EQ(life.pieces, 2u);
  EXPECT_EQ(life.bytes, 64u << 10);
}

// A search through a large table is one call of libtsk: on a raw image it must not look as if it stood still.
TEST(WatchedImage, EveryReadingOfARawImageIsOneAndEarnsOnce) {
  const Life life = read_twice(false);
  EXPECT_EQ(life.signs, 4);
  EXPECT_EQ(life.pieces, 2u);
  EXPECT_EQ(life.bytes, 64u << 10);
}

}  // namespace
}  // namespace limier::volume
