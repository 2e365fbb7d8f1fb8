// Raw images, and E01 sets made on the spot with ewfacquire.
#include "support.h"

#include <random>

#include "evidence/chunk_cache.h"
#include "evidence/ewf_tables.h"

namespace limier::evidence {
namespace {

std::vector<std::uint8_t> noise(std::size_t size, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

TEST(Raw, SingleAndSplitGiveTheSameBytes) {
  TempFolder folder;
  const auto bytes = noise(3'000'001);
  write_file(folder / "a.dd", bytes);
  write_file(folder / "b.001", Bytes(bytes).first(1'000'000));
  write_file(folder / "b.002", Bytes(bytes).subspan(1'000'000, 1'000'000));
  write_file(folder / "b.003", Bytes(bytes).subspan(2'000'000));
  for (const char* name : {"a.dd", "b.001"}) {
    const Opened set = open_set(folder / name);
    const auto image = open_image(set.spec, set.fds);
    ASSERT_TRUE(image.ok());
    EXPECT_EQ((*image)->size_bytes(), bytes.size());
    EXPECT_EQ((*image)->chunk_count(), 3u);
    ChunkState state = ChunkState::kGood;
    EXPECT_TRUE(whole(**image, state) == bytes);
    EXPECT_EQ(state, ChunkState::kGood);
    EXPECT_EQ((*image)->chunks_decoded(), 3u);
    std::vector<std::uint8_t> part(300'000);
    EXPECT_EQ((*image)->read(900'000, part).length, part.size());
    EXPECT_TRUE(std::equal(part.begin(), part.end(), bytes.begin() + 900'000));
    EXPECT_EQ((*image)->read(bytes.size() - 1, part).length, 1u);
    EXPECT_EQ((*image)->read(UINT64_MAX - 1, part).length, 0u);
    const auto record = read_container_record(set.spec, set.fds);
    ASSERT_TRUE(record.ok());
    EXPECT_EQ(format_name(record->format), name[0] == 'a' ? "raw" : "split-raw");
  }
}

// How far a pass has come in the files: what follows it there relies on that.
TEST(Raw, ContainerOffsetCountsTheBytesThatAreThere) {
  TempFolder folder;
  const auto bytes = noise(5'000'000);
  write_file(folder / "b.001", Bytes(bytes).first(2'000'000));
  write_file(folder / "b.003", Bytes(bytes).subspan(2'000'000));
  Opened set;
  set.spec.format = Format::kSplitRaw;
  set.spec.allow_incomplete = true;
  set.add(folder / "b.001");
  set.add(folder / "b.003");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  EXPECT_EQ((*image)->container_offset(1), 1u << 20);
  (*image)->read_ahead(0, (*image)->chunk_count() + 5);  // past the end: no harm
  (*image)->read_ahead(UINT64_MAX / 2, 5);
  const std::uint64_t last = (*image)->chunk_count() - 1;
  EXPECT_EQ((*image)->container_offset(last), last * (1u << 20) - 2'000'000);  // one part is missing
  const auto place = (*image)->container_place(4'000'123);
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->segment, 1u);
  EXPECT_EQ(place->segment_offset, 123u);
  EXPECT_FALSE(place->chunk.has_value());
  EXPECT_EQ((*image)->container_place(1'999'999)->segment_offset, 1'999'999u);
  EXPECT_FALSE((*image)->container_place(2'000'000).has_value());  // in the missing part
  EXPECT_FALSE((*image)->container_place((*image)->size_bytes()).has_value());
}

TEST(Raw, CorpusSplitEqualsItsParts) {
  LIMIER_NEED_CORPUS();
  const Opened set = open_set(corpus() / "images/raw/ext2.splitraw.000");
  ASSERT_EQ(set.fds.size(), 2u);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  ChunkState state = ChunkState::kGood;
  EXPECT_EQ(hex_digest(*digest_of(whole(**image, state), {true, false, false}).md5),
            "196066add11fb71c4c49cf1bb50d6d24");
  EXPECT_EQ(open_set(corpus() / "images/raw/Überprüfung ímynd.dd").fds.size(), 1u);
}

TEST(Raw, ShortFileIsMissingNotGood) {
  TempFolder folder;
  const auto bytes = noise(100'000);
  write_file(folder / "a.dd", bytes);
  Opened set = open_set(folder / "a.dd");
  set.spec.segments[0].size_bytes = 200'000;
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  std::vector<std::uint8_t> out(200'000, 9);
  const ReadOutcome outcome = (*image)->read(0, out);
  EXPECT_EQ(outcome.length, out.size());
  EXPECT_EQ(outcome.worst, ChunkState::kMissing);
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), out.begin()));
  EXPECT_EQ(out.back(), 0);
}

TEST(Raw, UnreadableIsReadErrorAndZeros) {
  // A descriptor that was not opened for reading fails every pread.
  TempFolder folder;
  write_file(folder / "a.dd", noise(4096));
  Opened set = open_set(folder / "a.dd");
  const UniqueFd write_only(::open((folder / "a.dd").c_str(), O_WRONLY | O_CLOEXEC));
  set.fds[0] = write_only.get();
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  std::vector<std::uint8_t> out(4096, 9);
  EXPECT_EQ((*image)->decode_chunk(0, out), ChunkState::kReadError);
  EXPECT_EQ(out, std::vector<std::uint8_t>(4096));
}

TEST(Raw, MissingPartNeedsIncomplete) {
  TempFolder folder;
  const auto bytes = noise(250'000);
  write_file(folder / "b.001", Bytes(bytes).first(100'000));
  write_file(folder / "b.003", Bytes(bytes).subspan(200'000));
  Opened set = open_set(folder / "b.001");
  EXPECT_FALSE(open_image(set.spec, set.fds).ok());
  set.spec.allow_incomplete = true;
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  ASSERT_EQ((*image)->size_bytes(), 250'000u);
  std::vector<std::uint8_t> out(50'000);
  EXPECT_EQ((*image)->read(120'000, out).worst, ChunkState::kMissing);
  EXPECT_EQ((*image)->read(200'000, out).worst, ChunkState::kGood);
  EXPECT_TRUE(std::equal(out.begin(), out.end(), bytes.begin() + 200'000));
}

TEST(Raw, ZerosAreKnown) {
  TempFolder folder;
  write_file(folder / "a.dd", std::vector<std::uint8_t>(2 << 20));
  const Opened set = open_set(folder / "a.dd");
  const auto image = open_image(set.spec, set.fds);
  std::vector<std::uint8_t> out(1 << 20, 1);
  EXPECT_EQ((*image)->decode_chunk(1, out), ChunkState::kZero);
  EXPECT_EQ((*image)->decode_chunk(2, out), ChunkState::kMissing) << "past the end";
}

TEST(States, WorstOfTwo) {
  EXPECT_EQ(worse_of(ChunkState::kZero, ChunkState::kZero), ChunkState::kZero);
  EXPECT_EQ(worse_of(ChunkState::kZero, ChunkState::kGood), ChunkState::kGood);
  EXPECT_EQ(worse_of(ChunkState::kBadChecksum, ChunkState::kZero), ChunkState::kBadChecksum);
  EXPECT_EQ(worse_of(ChunkState::kMissing, ChunkState::kReadError), ChunkState::kReadError);
}

TEST(Cache, DropsTheLeastRecentlyUsed) {
  ChunkCache cache(3000);
  std::array<std::uint8_t, 4> out{};
  const auto put = [&](std::uint64_t chunk) {
    ChunkBytes bytes(1000);
    std::ranges::fill(bytes.span(), static_cast<std::uint8_t>(chunk));
    cache.put(chunk, ChunkState::kGood, std::move(bytes));
  };
  put(0);
  put(1);
  EXPECT_TRUE(cache.copy(0, 10, out));
  put(2);
  EXPECT_TRUE(cache.copy(0, 10, out));
  EXPECT_FALSE(cache.copy(1, 10, out));
  EXPECT_TRUE(cache.copy(2, 996, out));
  EXPECT_EQ(out[0], 2);
}

// EnCase 6.7: more than 2 GiB behind one table.
TEST(Tables, OffsetsBeyondTwoGibibytes) {
  ChunkGroup group;
  group.entries = {0x7fff0000u | 0x80000000u, 0x7fff8004u, 0x80000008u, 0x8000800cu};
  group.count = 4;
  group.overflow_from = 2;
  group.data = {0x1000, 0x80010010u};
  const auto first = place_of(group, 0), second = place_of(group, 1);
  const auto third = place_of(group, 2), last = place_of(group, 3);
  ASSERT_TRUE(first && second && third && last);
  EXPECT_EQ(first->offset, 0x7fff0000u);
  EXPECT_TRUE(*first->compressed);
  EXPECT_EQ(second->length, 32772u);
  EXPECT_EQ(third->offset, 0x80000008u);
  EXPECT_FALSE(third->compressed.has_value());
  EXPECT_EQ(last->length, 32772u);
}

// ---- sets made by ewfacquire
// -----------------------------------------------------------------------------------------

class Acquired : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v ewfacquire >/dev/null 2>&1") != 0)
      FAIL() << "ewfacquire is not installed; scripts/install-deps --tests installs it";
  }
  bool acquire(const std::vector<std::uint8_t>& bytes, const std::string& options) {
    write_file(folder_ / "source.raw", bytes);
    const std::string command = "cd '" + folder_.path().string() + "' && ewfacquire -u -q -t set " + options +
                                " source.raw >/dev/null 2>&1 && rm source.raw";
    return std::system(command.c_str()) == 0;
  }
  void expect_equal(const std::vector<std::uint8_t>& bytes, const std::string& first, std::size_t segments) {
    const Opened set = open_set(folder_ / first);
    ASSERT_EQ(set.fds.size(), segments);
    bool unknown = false;
    const auto image = open_ewf(set.spec, set.fds, unknown);
    ASSERT_TRUE(image.ok()) << image.error().message;
    EXPECT_TRUE((*image)->open_issues().empty()) << (*image)->open_issues()[0].message;
    ChunkState state = ChunkState::kGood;
    EXPECT_TRUE(whole(**image, state) == bytes);
    EXPECT_EQ(state, ChunkState::kGood);
    const auto record = read_container_record(set.spec, set.fds);
    ASSERT_TRUE(record.ok()) << record.error().message;
    EXPECT_EQ(record->segment_count, segments);
    EXPECT_EQ(record->sector_size, (*image)->sector_size());
  }
  TempFolder folder_;
};

TEST_F(Acquired, EveryFormat) {
  auto bytes = noise(400'896);
  std::fill(bytes.begin() + 65536, bytes.begin() + 200'000, std::uint8_t{0});
  for (const std::string format : {"encase1", "encase2", "encase3", "encase4", "encase5", "encase6", "encase7",
                                   "linen5", "linen6", "linen7", "ftk", "ewfx", "smart", "ewf"})
    for (const std::string compression : {"none", "fast", "best", "empty-block"}) {
      SCOPED_TRACE(format + " " + compression);
      ASSERT_TRUE(acquire(bytes, "-f " + format + " -c " + compression));
      std::string first;
      for (const auto& entry : fs::directory_iterator(folder_.path())) first = entry.path().filename().string();
      expect_equal(bytes, first, 1);
      fs::remove(folder_ / first);
    }
}

TEST_F(Acquired, BeyondE99) {
  const auto bytes = noise(104u << 20);
  ASSERT_TRUE(acquire(bytes, "-f encase6 -c none -S 1MiB"));
  ASSERT_TRUE(fs::exists(folder_ / "set.EAA"));
  const auto names = find_segments((folder_ / "set.E01").string(), Format::kEwfE01);
  ASSERT_TRUE(names.ok());
  EXPECT_GT(names->paths.size(), 100u);
  expect_equal(bytes, "set.E01", names->paths.size());
}

TEST_F(Acquired, SeveralSegmentsOfEveryLayout) {
  const auto bytes = noise(3u << 20);
  for (const std::string format :
       {"encase1", "encase3", "encase5", "encase7", "linen6", "ftk", "ewfx", "smart", "ewf"}) {
    SCOPED_TRACE(format);
    ASSERT_TRUE(acquire(bytes, "-f " + format + " -c fast -S 1MiB"));
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    EXPECT_GT(names.size(), 2u);
    expect_equal(bytes, names.front(), names.size());
    for (const std::string& name : names) fs::remove(folder_ / name);
  }
}

TEST_F(Acquired, FromAStream) {
  if (std::system("command -v ewfacquirestream >/dev/null 2>&1") != 0)
    FAIL() << "ewfacquirestream is not installed; scripts/install-deps --tests installs it";
  const auto bytes = noise((3u << 20) + 512);
  write_file(folder_ / "source.raw", bytes);
  const std::string command =
      "cd '" + folder_.path().string() + "' && ewfacquirestream -q -t set -S 1MiB -c best < source.raw >/dev/null 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto names = find_segments((folder_ / "set.E01").string(), Format::kEwfE01);
  ASSERT_TRUE(names.ok());
  expect_equal(bytes, "set.E01", names->paths.size());
}

TEST_F(Acquired, LargeSectorsAndChunks) {
  const auto bytes = noise(5u << 20);
  ASSERT_TRUE(acquire(bytes, "-f encase6 -c fast -P 4096 -b 128"));
  const Opened set = open_set(folder_ / "set.E01");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_EQ((*image)->sector_size(), 4096u);
  EXPECT_EQ((*image)->chunk_size(), 128u * 4096);
  expect_equal(bytes, "set.E01", 1);
}

TEST_F(Acquired, AMissingPairLeavesTheRest) {
  const auto bytes = noise(6u << 20);
  ASSERT_TRUE(acquire(bytes, "-f encase6 -c none -S 1MiB"));
  fs::remove(folder_ / "set.E03");
  fs::remove(folder_ / "set.E04");
  const Opened strict = open_set(folder_ / "set.E01");
  const auto refused = open_image(strict.spec, strict.fds);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("segments 3 to 4 (set.E03 to set.E04) are missing"), std::string::npos)
      << refused.error().message;
  const Opened set = open_set(folder_ / "set.E01", true);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  std::vector<std::uint8_t> out((*image)->chunk_size());
  std::uint64_t missing = 0;
  for (std::uint64_t chunk = 0; chunk < (*image)->chunk_count(); ++chunk) {
    if ((*image)->decode_chunk(chunk, out) == ChunkState::kMissing) {
      ++missing;
      continue;
    }
    EXPECT_TRUE(std::equal(out.begin(), out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(chunk * out.size())));
  }
  EXPECT_EQ(missing * out.size(), (*image)->open_issues().at(0).length);
  EXPECT_GT(missing, 55u);
  EXPECT_LT(missing, 65u);
}

TEST_F(Acquired, ACutMiddleSegmentLeavesTheRest) {
  const auto bytes = noise(4u << 20);
  ASSERT_TRUE(acquire(bytes, "-f encase6 -c none -S 1MiB"));
  fs::resize_file(folder_ / "set.E02", fs::file_size(folder_ / "set.E02") / 2);
  const Opened set = open_set(folder_ / "set.E01");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  EXPECT_TRUE(has_issue(**image, "ewf-segment-truncated"));
  std::vector<std::uint8_t> out((*image)->chunk_size());
  const std::uint64_t last = (*image)->chunk_count() - 1;
  EXPECT_TRUE(has_issue(**image, "ewf-chunks-recovered"));  // the first half of E02 lost its table
  EXPECT_EQ((*image)->decode_chunk(40, out), ChunkState::kGood);
  EXPECT_TRUE(std::equal(out.begin(), out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(40 * out.size())));
  EXPECT_EQ((*image)->decode_chunk(60, out), ChunkState::kMissing);
  EXPECT_EQ((*image)->decode_chunk(last, out), ChunkState::kGood);
  EXPECT_TRUE(std::equal(out.begin(), out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(last * out.size())));
}

}  // namespace
}  // namespace limier::evidence
