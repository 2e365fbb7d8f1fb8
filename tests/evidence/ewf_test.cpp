#include "support.h"

#include <algorithm>
#include <array>
#include <random>
#include <thread>

#include "evidence/ewf.h"
#include "evidence/ewf_format.h"
#include "evidence/ewf_header.h"

namespace limier::evidence {
namespace {

// Corpus sets that are whole: everything E01/s01 outside images/damaged that is a first segment.
std::vector<fs::path> whole_sets() {
  std::vector<fs::path> sets;
  for (const char* folder : {"images", "devices"})
    for (const auto& entry : fs::recursive_directory_iterator(corpus() / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension != ".E01" && extension != ".s01") continue;
      if (entry.path().string().find("/damaged/") == std::string::npos) sets.push_back(entry.path());
    }
  std::sort(sets.begin(), sets.end());
  return sets;
}

TEST(Ewf, CorpusEqualsLibewfAndTheStoredDigest) {
  LIMIER_NEED_CORPUS();
  constexpr std::uint64_t kDigestUpTo = 4u << 20;  // hashing is slow in a debug build
  std::size_t compared = 0;
  for (const fs::path& path : whole_sets()) {
    SCOPED_TRACE(path.string());
    const Opened set = open_set(path);
    bool unknown = true;
    const auto ours = open_ewf(set.spec, set.fds, unknown);
    ASSERT_TRUE(ours.ok()) << ours.error().message;
    EXPECT_FALSE(unknown);
    EXPECT_TRUE((*ours)->open_issues().empty()) << (*ours)->open_issues()[0].message;
    const auto theirs = open_libewf(set.spec, set.fds);
    ASSERT_TRUE(theirs.ok()) << theirs.error().message;
    ASSERT_EQ((*ours)->size_bytes(), (*theirs)->size_bytes());
    EXPECT_EQ((*ours)->chunk_size(), (*theirs)->chunk_size());
    EXPECT_EQ((*ours)->sector_size(), (*theirs)->sector_size());
    std::vector<std::uint8_t> mine((*ours)->chunk_size()), other(mine.size());
    std::uint64_t container_bytes = 0;
    for (const SegmentInfo& segment : set.spec.segments) container_bytes += segment.size_bytes;
    for (std::uint64_t chunk = 0; chunk < (*ours)->chunk_count(); ++chunk) {
      ASSERT_LE((*ours)->decode_chunk(chunk, mine), ChunkState::kZero) << chunk;
      ASSERT_EQ((*theirs)->decode_chunk(chunk, other), ChunkState::kGood) << chunk;
      ASSERT_TRUE(mine == other) << "chunk " << chunk << " differs from libewf's";
      const auto at = (*ours)->container_offset(chunk);
      ASSERT_TRUE(at.has_value());
      ASSERT_LT(*at, container_bytes);
      const auto place = (*ours)->container_place(chunk * mine.size() + chunk % 512);
      ASSERT_TRUE(place.has_value());
      std::uint64_t begin = 0;
      for (std::uint32_t i = 0; i < place->segment; ++i) begin += set.spec.segments[i].size_bytes;
      ASSERT_EQ(begin + place->segment_offset, *at);
      ASSERT_EQ(place->chunk, chunk);
      ASSERT_EQ(place->within_chunk, chunk % 512);
    }
    EXPECT_FALSE((*ours)->container_place((*ours)->size_bytes()).has_value());
    (*ours)->read_ahead(0, (*ours)->chunk_count() + 5);  // past the end: no harm
    EXPECT_EQ((*ours)->chunks_decoded(), (*ours)->chunk_count());
    const auto record = read_container_record(set.spec, set.fds);
    ASSERT_TRUE(record.ok()) << record.error().message;
    EXPECT_EQ(record->size_bytes, (*ours)->size_bytes());
    EXPECT_EQ(record->format, path.extension() == ".s01" ? Format::kEwfS01 : Format::kEwfE01);
    ++compared;
    if (record->size_bytes > kDigestUpTo) continue;
    ChunkState state = ChunkState::kGood;
    const Digests digests = digest_of(whole(**ours, state), {true, true, false});
    if (record->stored_md5) {
      EXPECT_EQ(hex_digest(*record->stored_md5), hex_digest(*digests.md5));
    }
    if (record->stored_sha1) {
      EXPECT_EQ(hex_digest(*record->stored_sha1), hex_digest(*digests.sha1));
    }
  }
  EXPECT_GT(compared, 30u);
}

TEST(Ewf, RecordOfTheCorpus) {
  LIMIER_NEED_CORPUS();
  const Opened set = open_set(corpus() / "images/damaged/truncated.E01");
  const auto record = read_container_record(set.spec, set.fds);
  ASSERT_TRUE(record.ok()) << record.error().message;
  EXPECT_EQ(record->variant, "EnCase 6");
  EXPECT_EQ(record->compression, "best");
  EXPECT_EQ(record->media_type, "fixed");
  EXPECT_TRUE(record->physical);
  const auto value = [&](std::string_view key) -> std::string {
    for (const auto& [name, text] : record->header_values)
      if (name == key) return text;
    return "(absent)";
  };
  EXPECT_EQ(value("case_number"), "12");
  EXPECT_EQ(value("examiner_name"), "foobar");
  EXPECT_EQ(value("description"), "Sample EWF file");
  EXPECT_EQ(value("acquiry_operating_system"), "Linux");
  EXPECT_TRUE(value("acquiry_date").starts_with("2023-12-20T05:42:47")) << value("acquiry_date");
}

TEST(Ewf, OwnRecordAgreesWithLibewf) {
  LIMIER_NEED_CORPUS();
  for (const fs::path& path : whole_sets()) {
    SCOPED_TRACE(path.string());
    const Opened set = open_set(path);
    const auto libewf = read_container_record(set.spec, set.fds);
    const auto own = read_record_without_libewf(set.spec, set.fds);
    ASSERT_TRUE(libewf.ok() && own.ok());
    EXPECT_EQ(own->size_bytes, libewf->size_bytes);
    EXPECT_EQ(own->sector_size, libewf->sector_size);
    EXPECT_EQ(own->chunk_size, libewf->chunk_size);
    EXPECT_EQ(own->set_identifier, libewf->set_identifier);
    EXPECT_EQ(own->stored_md5, libewf->stored_md5);
    EXPECT_EQ(own->media_type, libewf->media_type);
    for (const auto& [name, text] : own->header_values)
      for (const auto& [other, expected] : libewf->header_values)
        if (name == other && (name == "case_number" || name == "examiner_name" || name == "notes" ||
                              name == "description" || name == "evidence_number")) {
          EXPECT_EQ(text, expected) << name;
        }
  }
}

TEST(Ewf, AcquisitionDateDoesNotDependOnTheZone) {
  LIMIER_NEED_CORPUS();
  const auto dates = [](const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    const Opened set = open_set(corpus() / "images/ewf/image.E01");
    const auto record = read_container_record(set.spec, set.fds);
    EXPECT_TRUE(record.ok());
    return record->header_values;
  };
  const auto utc = dates("UTC"), tokyo = dates("Asia/Tokyo");
  ::unsetenv("TZ");
  ::tzset();
  EXPECT_EQ(utc, tokyo);
}

TEST(Ewf, RandomReadsEqualTheWhole) {
  LIMIER_NEED_CORPUS();
  Opened set = open_set(corpus() / "images/ewf/ext2.split.E01");
  set.spec.cache_bytes = 256 << 10;  // eight chunks: eviction happens
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  ChunkState state = ChunkState::kGood;
  const auto bytes = whole(**image, state);
  const auto reader = [&](unsigned seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 400; ++i) {
      const std::size_t offset = random() % bytes.size(), length = random() % 100000;
      std::vector<std::uint8_t> out(length);
      const ReadOutcome outcome = (*image)->read(offset, out);
      ASSERT_EQ(outcome.length, std::min(length, bytes.size() - offset));
      ASSERT_TRUE(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(outcome.length),
                             bytes.begin() + static_cast<std::ptrdiff_t>(offset)));
    }
  };
  std::thread a(reader, 1u), b(reader, 2u);
  a.join();
  b.join();
  std::array<std::uint8_t, 16> past{};
  EXPECT_EQ((*image)->read(bytes.size(), past).length, 0u);
  EXPECT_EQ((*image)->read(UINT64_MAX - 4, past).length, 0u);
}

TEST(Ewf, CacheDecodesOnce) {
  LIMIER_NEED_CORPUS();
  const Opened set = open_set(corpus() / "images/ewf/ext2.E01");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  std::vector<std::uint8_t> out(4096);
  for (int i = 0; i < 10; ++i) ASSERT_EQ((*image)->read(1024, out).length, out.size());
  EXPECT_EQ((*image)->chunks_decoded(), 1u);
}

// ---- damage --------------------------------------------------------------------------------------------------------

// Sound and damaged ones alike.
TEST(Ewf, RunsOfChunksEqualSingleChunksInEveryImage) {
  LIMIER_NEED_CORPUS();
  std::size_t seen = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(corpus() / "images")) {
    if (file.path().extension() != ".E01") continue;
    const Opened set = open_set(file.path(), true);
    const auto image = open_image(set.spec, set.fds);
    if (!image.ok() || (*image)->size_bytes() > (256u << 20)) continue;
    SCOPED_TRACE(file.path().filename());
    expect_runs_equal_chunks(**image);
    ++seen;
  }
  EXPECT_GT(seen, 3u);
}

TEST(EwfDamage, BitflipIsInOneChunk) {
  LIMIER_NEED_CORPUS();
  const Opened set = open_set(corpus() / "images/damaged/bitflip.E01");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  std::vector<std::uint8_t> out((*image)->chunk_size());
  // File offset 52919: 1790 + 76 is the first chunk, each is 32768 + 4.
  for (std::uint64_t chunk = 0; chunk < 4; ++chunk) {
    const ChunkState state = (*image)->decode_chunk(chunk, out);
    EXPECT_EQ(state == ChunkState::kBadChecksum, chunk == (52919 - 1866) / 32772) << chunk;
  }
  expect_runs_equal_chunks(**image);
}

TEST(EwfDamage, TruncatedOpensAndSaysSo) {
  LIMIER_NEED_CORPUS();
  const Opened set = open_set(corpus() / "images/damaged/truncated.E01");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  // The table came after the cut: what is there is read from the data, the rest is said to be missing.
  EXPECT_TRUE(has_issue(**image, "ewf-segment-truncated"));
  std::uint64_t recovered = 0;
  for (const OpenIssue& issue : (*image)->open_issues())
    if (issue.code == "ewf-chunks-recovered") recovered += issue.length;
  std::vector<std::uint8_t> out((*image)->chunk_size());
  for (std::uint64_t chunk = 0; chunk < (*image)->chunk_count(); ++chunk) {
    const ChunkState state = (*image)->decode_chunk(chunk, out);
    if (chunk * out.size() < recovered) {
      EXPECT_LE(state, ChunkState::kZero) << chunk;
    } else {
      EXPECT_EQ(state, ChunkState::kMissing) << chunk;
    }
  }
  EXPECT_GT(recovered, 0u);
  EXPECT_LT(recovered, 10485760u);
}

TEST(EwfDamage, MissingSegmentIsNamed) {
  LIMIER_NEED_CORPUS();
  const Opened set = open_set(corpus() / "images/damaged/missing_segment.E01");
  ASSERT_EQ(set.fds.size(), 3u);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().kind, ErrorKind::kEvidence);
  EXPECT_NE(image.error().message.find("segment 2 (missing_segment.E02) is missing"), std::string::npos)
      << image.error().message;
}

TEST(EwfDamage, EverythingInThePresentSegmentsIsRead) {
  LIMIER_NEED_CORPUS();
  const Opened set = open_set(corpus() / "images/damaged/missing_segment.E01", true);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  std::vector<std::uint8_t> out((*image)->chunk_size());
  // 96 chunks: 31 in segment 1, 31 in 3, 3 in 4, so segment 2 held 31 to 61.
  for (std::uint64_t chunk = 0; chunk < 96; ++chunk)
    EXPECT_EQ((*image)->decode_chunk(chunk, out) == ChunkState::kMissing, chunk >= 31 && chunk < 62) << chunk;
  ASSERT_EQ((*image)->open_issues().size(), 1u);
  EXPECT_EQ((*image)->open_issues()[0].code, "ewf-segment-missing");
  EXPECT_EQ((*image)->open_issues()[0].image_offset, 31u * 32768);
  EXPECT_EQ((*image)->open_issues()[0].length, 31u * 32768);
  const auto record = read_container_record(set.spec, set.fds);
  ASSERT_TRUE(record.ok()) << record.error().message;
  EXPECT_EQ(record->size_bytes, 3145728u);
}

TEST(EwfDamage, LastSegmentMissing) {
  LIMIER_NEED_CORPUS();
  Opened set;
  set.spec.format = Format::kEwfE01;
  set.add(corpus() / "images/ewf/ext2.split.E01");
  const auto strict = open_image(set.spec, set.fds);
  ASSERT_FALSE(strict.ok());
  EXPECT_NE(strict.error().message.find("segment 2 (ext2.split.E02) is missing"), std::string::npos)
      << strict.error().message;
  set.spec.allow_incomplete = true;
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  EXPECT_TRUE(has_issue(**image, "ewf-segment-missing"));
  std::vector<std::uint8_t> out((*image)->chunk_size());
  EXPECT_LE((*image)->decode_chunk(94, out), ChunkState::kZero);
  EXPECT_EQ((*image)->decode_chunk(95, out), ChunkState::kMissing);
}

TEST(EwfDamage, SwappedNamesAreFollowedByNumber) {
  LIMIER_NEED_CORPUS();
  TempFolder folder;
  fs::copy_file(corpus() / "images/ewf/ext2.split.E01", folder / "a.E02");
  fs::copy_file(corpus() / "images/ewf/ext2.split.E02", folder / "a.E01");
  const Opened set = open_set(folder / "a.E01");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_TRUE(has_issue(**image, "ewf-segments-out-of-order"));
  ChunkState state = ChunkState::kGood;
  EXPECT_EQ(hex_digest(*digest_of(whole(**image, state), {true, false, false}).md5),
            "196066add11fb71c4c49cf1bb50d6d24");
  EXPECT_TRUE(read_container_record(set.spec, set.fds).ok());
}

TEST(EwfDamage, DuplicateSegmentNamesBoth) {
  LIMIER_NEED_CORPUS();
  TempFolder folder;
  fs::copy_file(corpus() / "images/ewf/ext2.split.E01", folder / "a.E01");
  fs::copy_file(corpus() / "images/ewf/ext2.split.E01", folder / "a.E02");
  const Opened set = open_set(folder / "a.E01");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_FALSE(image.ok());
  EXPECT_NE(image.error().message.find("a.E01"), std::string::npos);
  EXPECT_NE(image.error().message.find("a.E02"), std::string::npos);
}

TEST(EwfDamage, LyingVolumeIsRefused) {
  LIMIER_NEED_CORPUS();
  const Opened set = open_set(corpus() / "images/damaged/fuzz-alloc-too-big.E01");
  const auto image = open_image(set.spec, set.fds);
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().kind, ErrorKind::kEvidence);
  const auto record = read_container_record(set.spec, set.fds);
  ASSERT_FALSE(record.ok());
  EXPECT_EQ(record.error().kind, ErrorKind::kEvidence);
}

TEST(EwfDamage, NeverRaw) {
  TempFolder folder;
  std::vector<std::uint8_t> bytes(4096);
  const std::string_view magic = "EVF\x09\x0d\x0a\xff";
  std::copy(magic.begin(), magic.end(), bytes.begin());
  write_file(folder / "a.dd", bytes);
  const Opened set = open_set(folder / "a.dd");
  EXPECT_EQ(set.spec.format, Format::kEwfE01);
  EXPECT_FALSE(open_image(set.spec, set.fds).ok());
  EXPECT_FALSE(read_container_record(set.spec, set.fds).ok());
}

// A small E01 in memory, changed and opened again.
class Mutable : public ::testing::Test {
 protected:
  void SetUp() override {
    LIMIER_NEED_CORPUS();
    bytes_ = read_file(corpus() / "images/ewf/variants/image_encase5.E01");
    ChunkState state = ChunkState::kGood;
    const Opened set = open_bytes(bytes_);
    const auto image = open_image(set.spec, set.fds);
    ASSERT_TRUE(image.ok());
    good_ = whole(**image, state);
  }
  Opened open_bytes(Bytes bytes, bool allow_incomplete = false) {
    Opened opened;
    opened.spec.format = Format::kEwfE01;
    opened.spec.allow_incomplete = allow_incomplete;
    opened.owned.emplace_back(::memfd_create("segment", MFD_CLOEXEC));
    const int fd = opened.owned.back().get();
    EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    opened.fds.push_back(fd);
    opened.spec.segments.push_back({"m.E01", bytes.size()});
    return opened;
  }
  // Reads everything there is. Bytes of chunks said to be good must be right.
  void exercise(Bytes bytes, bool allow_incomplete) {
    const Opened set = open_bytes(bytes, allow_incomplete);
    const auto image = open_image(set.spec, set.fds);
    if (!image.ok()) {
      EXPECT_FALSE(image.error().message.empty());
      return;
    }
    if ((*image)->size_bytes() != good_.size()) return;
    expect_runs_equal_chunks(**image);
    std::vector<std::uint8_t> out((*image)->chunk_size());
    for (std::uint64_t chunk = 0; chunk < (*image)->chunk_count(); ++chunk) {
      const ChunkState state = (*image)->decode_chunk(chunk, out);
      const std::size_t offset = static_cast<std::size_t>(chunk * out.size());
      const std::size_t length = std::min(out.size(), good_.size() - offset);
      if (state > ChunkState::kZero) continue;
      EXPECT_TRUE(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length),
                             good_.begin() + static_cast<std::ptrdiff_t>(offset)))
          << "chunk " << chunk << " is called good but differs";
    }
  }
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> good_;
};

// Offsets in image_encase5.E01: table at 3112, table2 at 3232, hash at 4480.
TEST_F(Mutable, DamagedTableIsReplacedByItsCopy) {
  for (const std::size_t at : {3112u + 76 + 2, 3112u + 76 + 24 + 1, 3112u + 76 + 24 + 14}) {
    auto bytes = bytes_;
    bytes[at] ^= 0x10;
    const Opened set = open_bytes(bytes);
    const auto image = open_image(set.spec, set.fds);
    ASSERT_TRUE(image.ok());
    EXPECT_TRUE(has_issue(**image, "ewf-table-damaged"));
    ChunkState state = ChunkState::kGood;
    EXPECT_TRUE(whole(**image, state) == good_) << "also the last chunk";
    EXPECT_EQ(state, ChunkState::kGood);
  }
}

TEST_F(Mutable, BothTablesLostChunksAreFollowed) {
  auto bytes = bytes_;
  bytes[3112 + 76] ^= 0x10;  // the number of entries, in both headers
  bytes[3232 + 76] ^= 0x10;
  const Opened set = open_bytes(bytes);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  EXPECT_TRUE(has_issue(**image, "ewf-chunks-recovered"));
  ChunkState state = ChunkState::kGood;
  EXPECT_TRUE(whole(**image, state) == good_);
  EXPECT_EQ(state, ChunkState::kGood);
}

TEST_F(Mutable, BothTablesLostAndAChunkDamagedNothingIsGuessed) {
  auto bytes = bytes_;
  bytes[3112 + 76] ^= 0x10;
  bytes[3232 + 76] ^= 0x10;
  bytes[0xba6 - 1] ^= 1;  // the Adler-32 of the first chunk: where the second begins cannot be shown
  const Opened set = open_bytes(bytes);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  std::vector<std::uint8_t> out((*image)->chunk_size());
  for (std::uint64_t chunk = 0; chunk < (*image)->chunk_count(); ++chunk)
    EXPECT_EQ((*image)->decode_chunk(chunk, out), ChunkState::kMissing) << chunk;
  EXPECT_FALSE(has_issue(**image, "ewf-chunks-recovered"));
}

TEST_F(Mutable, BothTablesDamagedEachEntryStandsForItself) {
  auto bytes = bytes_;
  bytes[3112 + 76 + 24 + 1] ^= 0x10;      // entry 0 of the first copy
  bytes[3232 + 76 + 24 + 4 + 1] ^= 0x10;  // entry 1 of the second
  const Opened set = open_bytes(bytes);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  ChunkState state = ChunkState::kGood;
  EXPECT_TRUE(whole(**image, state) == good_);
  EXPECT_EQ(state, ChunkState::kGood);
}

TEST_F(Mutable, WrongChunkChecksumStillGivesTheBytes) {
  auto bytes = bytes_;
  bytes[0xba6 - 1] ^= 1;  // the last byte of the first chunk is the end of its Adler-32
  const Opened set = open_bytes(bytes);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  std::vector<std::uint8_t> out((*image)->chunk_size());
  EXPECT_EQ((*image)->decode_chunk(0, out), ChunkState::kBadChecksum);
  EXPECT_TRUE(std::equal(out.begin(), out.end(), good_.begin()));
}

TEST_F(Mutable, WithoutItsTailEverythingIsRead) {
  const Bytes cut = Bytes(bytes_).first(4400);
  const Opened set = open_bytes(cut);
  const auto image = open_image(set.spec, set.fds);
  ASSERT_TRUE(image.ok());
  EXPECT_TRUE(has_issue(**image, "ewf-segment-truncated"));
  ChunkState state = ChunkState::kGood;
  EXPECT_TRUE(whole(**image, state) == good_);
  const auto record = read_container_record(set.spec, set.fds);
  ASSERT_TRUE(record.ok());
  EXPECT_FALSE(record->libewf_refusal.empty());
  EXPECT_FALSE(record->stored_md5);
  EXPECT_EQ(record->size_bytes, good_.size());
  EXPECT_FALSE(record->header_values.empty());
}

TEST_F(Mutable, LoopsEnd) {
  for (const std::uint64_t next : {std::uint64_t{0}, std::uint64_t{13}, std::uint64_t{893}, UINT64_MAX}) {
    auto bytes = bytes_;
    for (std::size_t i = 0; i < 8; ++i) bytes[2021 + 16 + i] = static_cast<std::uint8_t>(next >> (8 * i));
    exercise(bytes, false);
    const std::uint32_t sum = adler32(Bytes(bytes).subspan(2021, 72));
    for (std::size_t i = 0; i < 4; ++i) bytes[2021 + 72 + i] = static_cast<std::uint8_t>(sum >> (8 * i));
    exercise(bytes, true);
  }
}

TEST_F(Mutable, VolumeThatLiesIsAnError) {
  struct Lie {
    std::size_t offset;
    std::uint32_t value;
  };
  for (const Lie lie :
       {Lie{8, 0}, Lie{8, 0xffffffff}, Lie{12, 0}, Lie{12, 0x80000000}, Lie{16, 0}, Lie{20, 0x7fffffff}, Lie{4, 0}}) {
    auto bytes = bytes_;
    const std::size_t volume = 893 + 76;
    for (std::size_t i = 0; i < 4; ++i)
      bytes[volume + lie.offset + i] = static_cast<std::uint8_t>(lie.value >> (8 * i));
    const std::uint32_t sum = adler32(Bytes(bytes).subspan(volume, kE01VolumeSize - 4));
    for (std::size_t i = 0; i < 4; ++i)
      bytes[volume + kE01VolumeSize - 4 + i] = static_cast<std::uint8_t>(sum >> (8 * i));
    const Opened set = open_bytes(bytes);
    const auto image = open_image(set.spec, set.fds);
    ASSERT_FALSE(image.ok()) << lie.offset;
    EXPECT_EQ(image.error().kind, ErrorKind::kEvidence);
  }
}

TEST_F(Mutable, EveryPrefix) {
  for (std::size_t size = 0; size < bytes_.size(); size += 3) {
    SCOPED_TRACE(size);
    exercise(Bytes(bytes_).first(size), size % 2 == 0);
  }
}

TEST_F(Mutable, RandomFlips) {
  std::mt19937 random(20140813);
  for (int round = 0; round < 4000; ++round) {
    auto bytes = bytes_;
    const std::size_t flips = 1 + random() % 4;
    for (std::size_t i = 0; i < flips; ++i)
      bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    SCOPED_TRACE(round);
    exercise(bytes, round % 2 == 0);
    if (round % 8 == 0) {
      const Opened set = open_bytes(bytes, true);
      const auto record = read_record_without_libewf(set.spec, set.fds);
      if (record.ok()) {
        EXPECT_GT(record->size_bytes, 0u);
      }
    }
  }
}

}  // namespace
}  // namespace limier::evidence
