#include "content/unpacked_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace limier::content {
namespace {

class MemoryImage final : public evidence::Image {
 public:
  explicit MemoryImage(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return 512; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return 1u << 20; }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return issues_; }
  evidence::ChunkState decode_chunk(std::uint64_t, MutableBytes) const override {
    return evidence::ChunkState::kReadError;
  }
  evidence::ReadOutcome read(std::uint64_t offset, MutableBytes out) const override {
    if (offset >= bytes_.size()) return {};
    const std::size_t length = std::min<std::size_t>(out.size(), bytes_.size() - offset);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), length, out.begin());
    return {length, evidence::ChunkState::kGood};
  }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return 0; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<evidence::OpenIssue> issues_;
};

struct Packed {
  std::vector<std::uint8_t> plain, image;
  ContentBytes content;
};

// As a database is: some pages of text, some of zeros.
Packed packed(std::size_t size) {
  Packed made;
  made.plain.resize(size);
  std::mt19937 random(11);
  for (std::size_t i = 0; i < size; ++i)
    if (i / 65536 % 3 != 0) made.plain[i] = static_cast<std::uint8_t>(random() % 32);
  constexpr std::size_t kBefore = 777;
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::vector<std::uint8_t> out(size + 4096);
  stream.next_in = made.plain.data();
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  const std::uint64_t length = stream.total_out;
  deflateEnd(&stream);
  made.image.assign(kBefore, 0xaa);
  made.image.insert(made.image.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length));
  made.image.insert(made.image.end(), 555, 0xbb);
  made.content.size_bytes = size;
  made.content.coding = catalog::Coding::kDeflate;
  made.content.pieces = {{0, kBefore, length}};
  return made;
}

TEST(UnpackedReader, GivesEveryByteInAnyOrder) {
  const std::size_t size = (27u << 20) + 12345;
  const Packed made = packed(size);
  const MemoryImage image(made.image);
  ASSERT_TRUE(is_sound(made.content));
  const UnpackedReader reader(image, made.content);
  EXPECT_EQ(reader.size_bytes(), size);
  std::mt19937 random(3);
  constexpr int kReads = 200;
  for (int i = 0; i < kReads; ++i) {
    const std::size_t length = 1 + random() % 70000, at = random() % (size - length);
    std::vector<std::uint8_t> out(length);
    ASSERT_TRUE(reader.read(at, out)) << at;
    ASSERT_TRUE(std::equal(out.begin(), out.end(), made.plain.begin() + static_cast<std::ptrdiff_t>(at))) << at;
  }
  // From the front each time it would be 200 times half of it.
  EXPECT_LT(reader.unpacked_bytes(), std::uint64_t{kReads} * (8u << 20));
  std::vector<std::uint8_t> last(10);
  EXPECT_FALSE(reader.read(size - 5, last)) << "beyond its end";
  EXPECT_EQ(last[4], made.plain.back());
  EXPECT_EQ(last[9], 0);
}

TEST(UnpackedReader, ReadsFromTheFrontToTheEndOnce) {
  const std::size_t size = 40u << 20;
  const Packed made = packed(size);
  const MemoryImage image(made.image);
  const UnpackedReader reader(image, made.content);
  std::vector<std::uint8_t> page(4096);
  for (std::size_t at = 0; at < size; at += page.size()) {
    ASSERT_TRUE(reader.read(at, page));
    ASSERT_TRUE(std::equal(page.begin(), page.end(), made.plain.begin() + static_cast<std::ptrdiff_t>(at)));
  }
  EXPECT_EQ(reader.unpacked_bytes(), size);
}

TEST(UnpackedReader, AStreamThatIsCutGivesWhatIsBeforeTheCut) {
  Packed made = packed(8u << 20);
  made.content.pieces.front().length /= 2;
  const MemoryImage image(made.image);
  const UnpackedReader reader(image, made.content);
  std::vector<std::uint8_t> page(4096);
  ASSERT_TRUE(reader.read(0, page));
  EXPECT_TRUE(std::equal(page.begin(), page.end(), made.plain.begin()));
  EXPECT_FALSE(reader.read((8u << 20) - 4096, page));
}

TEST(UnpackedReader, ContentThatCannotBeItsOwnIsUnsound) {
  Packed made = packed(1000);
  made.content.pieces.push_back({2000, 0, 10});
  EXPECT_FALSE(is_sound(made.content)) << "in two pieces";
  made.content.pieces.clear();
  EXPECT_FALSE(is_sound(made.content)) << "in none";
}

}  // namespace
}  // namespace limier::content
