// Real containers: what the sweep computes is what the acquisition stored.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "limier/base/handle.h"
#include "sweep/memory_image.h"

namespace limier::sweep {
namespace {

struct Opened {
  evidence::EvidenceSpec spec;
  std::vector<UniqueFd> owners;
  std::vector<int> fds;
};

Opened open_segments(const std::string& first) {
  Opened opened;
  opened.spec.format = evidence::Format::kEwfE01;
  const auto names = evidence::find_segments(first, opened.spec.format);
  EXPECT_TRUE(names.ok());
  for (const std::string& path : names->paths) {
    const int fd = opened.fds.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    opened.owners.emplace_back(fd);
    struct stat info {};
    EXPECT_EQ(::fstat(fd, &info), 0);
    opened.spec.segments.push_back({std::filesystem::path(path).filename(), static_cast<std::uint64_t>(info.st_size)});
  }
  return opened;
}

class Container : public testing::TestWithParam<const char*> {};

TEST_P(Container, IsDescribedAndItsStoredMd5IsRecomputed) {
  const std::string path = std::string(LIMIER_CORPUS_DIR) + "/images/ewf/" + GetParam();
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the corpus is not beside this checkout";
  const Opened opened = open_segments(path);
  const auto message = describe_container(opened.spec, opened.fds);
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_EQ(message->segment_count, opened.fds.size());
  EXPECT_EQ(message->header_names.size(), message->header_values.size());
  EXPECT_FALSE(message->header_names.empty());
  EXPECT_TRUE(message->issues.empty());
  ASSERT_TRUE(message->stored_md5.has_value());

  const auto image = evidence::open_image(opened.spec, opened.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_EQ(message->size_bytes, (*image)->size_bytes());
  for (const std::uint32_t jobs : {1u, 3u}) {
    SweepJob job;
    job.media_digests = kAllDigests;
    job.file_digests = kAllDigests;
    job.jobs = jobs;
    RecordingSink sink;
    const File whole{1, (*image)->size_bytes(), {{0, 0, (*image)->size_bytes()}}};
    const auto stats = run_sweep(**image, job, source_of(plan_of({whole})), sink);
    ASSERT_TRUE(stats.ok()) << stats.error().message;
    EXPECT_EQ(sink.media_digests.at(0).md5, message->stored_md5);
    EXPECT_EQ(sink.contents.at(1).digests, sink.media_digests.at(0));
    EXPECT_TRUE(sink.bad.empty());
    EXPECT_EQ(stats->chunks_decoded, (*image)->chunk_count());
  }
}
INSTANTIATE_TEST_SUITE_P(Corpus, Container, testing::Values("gpt_ntfs.E01", "ext2.split.E01"));

}  // namespace
}  // namespace limier::sweep
