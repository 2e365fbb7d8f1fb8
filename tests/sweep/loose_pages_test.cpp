// Which blocks of the media are taken for pages of a database.
#include "sweep/loose_pages.h"

#include <gtest/gtest.h>

#include <random>

namespace limier::sweep {
namespace {

using Buffer = std::vector<std::uint8_t>;

// Three cells at the end of the page.
Buffer leaf(std::size_t size = 1024) {
  Buffer page(size);
  page[0] = 0x0d;
  page[4] = 3;
  const std::size_t content = size - 60;
  page[5] = static_cast<std::uint8_t>(content >> 8);
  page[6] = static_cast<std::uint8_t>(content);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t cell = size - 20 * (i + 1);
    page[8 + 2 * i] = static_cast<std::uint8_t>(cell >> 8);
    page[9 + 2 * i] = static_cast<std::uint8_t>(cell);
  }
  return page;
}

std::vector<std::uint64_t> found_in(std::uint64_t offset, const Buffer& bytes) {
  std::vector<std::uint64_t> found;
  find_loose_pages(offset, bytes, found);
  return found;
}

using Places = std::vector<std::uint64_t>;

TEST(LoosePages, AreFoundAtBlocks) {
  Buffer media(16384);
  const Buffer page = leaf();
  std::copy(page.begin(), page.end(), media.begin() + 512);
  std::copy(page.begin(), page.end(), media.begin() + 8192);
  std::copy(page.begin(), page.end(), media.begin() + 5000);  // no block begins there
  EXPECT_EQ(found_in(1 << 20, media), (Places{(1 << 20) + 512, (1 << 20) + 8192}));
  // Blocks are those of the media, wherever the bytes begin.
  EXPECT_EQ(found_in(100, Buffer(media.begin() + 100, media.end())), (Places{512, 8192}));
  EXPECT_EQ(found_in(0, Buffer(511)), Places{});
}

TEST(LoosePages, HeadsThatCannotBe) {
  const auto is_found = [](std::size_t at, int value) {
    Buffer page = leaf();
    page[at] = static_cast<std::uint8_t>(value);
    return !found_in(0, page).empty();
  };
  EXPECT_TRUE(is_found(0, 0x0d));
  EXPECT_FALSE(is_found(0, 0x05));  // not a leaf
  EXPECT_FALSE(is_found(4, 0));     // empty
  EXPECT_FALSE(is_found(2, 9));     // a free block within the list of cells
  EXPECT_FALSE(is_found(7, 61));    // more fragments than SQLite leaves
  EXPECT_FALSE(is_found(5, 0x05));  // cells before the content
  EXPECT_FALSE(is_found(8, 0));     // a cell within the head
  EXPECT_TRUE(is_found(7, 60));
}

TEST(LoosePages, NotInNoise) {
  std::mt19937_64 random(7);
  Buffer noise(32 << 20);
  for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
  EXPECT_EQ(found_in(0, noise), Places{});
}

}  // namespace
}  // namespace limier::sweep
