// No false alarm on compressed data; no miss on cipher-like data.
#include <random>

#include "volume/support.h"

namespace limier::volume::testing {
namespace {

Rows map_bytes(const std::string& content) {
  const TempDir dir;
  std::ofstream(dir.file("x"), std::ios::binary) << content;
  const RawImage image(dir.file("x"));
  Rows rows;
  rows.media_size = image.size_bytes();
  EXPECT_TRUE(map_volumes(image, rows).ok());
  return rows;
}

std::string random_bytes(std::size_t count) {
  std::mt19937_64 source(42);
  std::string out(count, '\0');
  for (char& c : out) c = static_cast<char>(source());
  return out;
}

TEST(Randomness, CipherLikeMediaIsReportedWithItsMeasure) {
  for (const std::size_t size : {std::size_t{256} << 10, std::size_t{5} << 20, std::size_t{12} << 20}) {
    const Rows rows = map_bytes(random_bytes(size));
    ASSERT_EQ(rows.encrypted.size(), 1u) << size;
    EXPECT_EQ(rows.encrypted[0].certainty, catalog::Certainty::kStatistics);
    EXPECT_NE(rows.encrypted[0].detail.find("chi-square"), std::string::npos);
    EXPECT_EQ(rows.volumes[0].status, catalog::VolumeStatus::kEncrypted);
  }
}

TEST(Randomness, SmallZeroedAndPartlyZeroedMediaIsNot) {
  EXPECT_TRUE(map_bytes(random_bytes(200u << 10)).encrypted.empty());
  const Rows zeros = map_bytes(std::string(2u << 20, '\0'));
  EXPECT_TRUE(zeros.encrypted.empty());
  EXPECT_EQ(zeros.volumes[0].status, catalog::VolumeStatus::kEmpty);
  std::string half = random_bytes(4u << 20);
  std::fill(half.begin() + (3 << 20), half.end(), '\0');
  EXPECT_TRUE(map_bytes(half).encrypted.empty());
}

TEST(Randomness, CompressedMediaIsNot) {
  const std::map<std::string, std::string> makers = {
      {"tar.gz", "tar -C /usr/lib -cf - gcc python3 2>/dev/null | head -c 12000000 | gzip -9"},
      {"tar.gz without its header",
       "tar -C /usr/lib -cf - gcc python3 2>/dev/null | head -c 12000000 | gzip -9 | tail -c +65536"},
      {"tar.xz", "tar -C /usr/lib -cf - gcc python3 2>/dev/null | head -c 12000000 | xz -1"},
      {"compressed files in a row",
       "find /usr/share/doc /usr/share/man -name '*.gz' 2>/dev/null | sort | head -800 | xargs cat"},
      {"bz2 without its header",
       "tar -C /usr/lib -cf - gcc python3 2>/dev/null | head -c 12000000 | bzip2 | tail -c +1000"},
  };
  for (const auto& [what, command] : makers) {
    const std::string content = run(command).out;
    if (content.size() < (256u << 10)) continue;
    EXPECT_TRUE(map_bytes(content).encrypted.empty()) << what;
  }
}

TEST(Randomness, RandomGapBetweenPartitionsIsReported) {
  if (run("which parted").out.empty()) FAIL() << "parted is not installed; scripts/install-deps --tests installs it";
  const TempDir dir;
  const std::string raw = dir.file("disk.raw");
  run("truncate -s 40M " + quoted(raw) + " && parted -s " + quoted(raw) +
      " mklabel msdos mkpart primary ext2 1MiB 8MiB >/dev/null 2>&1");
  {
    std::fstream disk(raw, std::ios::in | std::ios::out | std::ios::binary);
    disk.seekp(8 << 20);
    disk << random_bytes(32u << 20);
  }
  const RawImage image(raw);
  Rows rows;
  rows.media_size = image.size_bytes();
  ASSERT_TRUE(map_volumes(image, rows).ok());
  ASSERT_EQ(rows.encrypted.size(), 1u);
  EXPECT_EQ(rows.encrypted[0].certainty, catalog::Certainty::kStatistics);
}

}  // namespace
}  // namespace limier::volume::testing
