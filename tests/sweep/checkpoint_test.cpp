// A sweep that goes on from a checkpoint gives what the whole one would have given from there, and nothing twice.
#include <gtest/gtest.h>

#include <set>

#include "sweep/files.h"

namespace limier::sweep {
namespace {

// All that a supervisor keeps at one checkpoint.
struct Kept {
  std::vector<std::uint8_t> point;
  std::vector<OpenContent> open_contents;
  std::map<std::uint64_t, catalog::ContentDigest> contents;
  std::vector<catalog::BadRange> bad;
  std::vector<catalog::ByteHit> hits;
};

class KeepingSink final : public Sink {
 public:
  std::vector<Kept> kept;
  std::map<std::uint64_t, catalog::ContentDigest> contents;
  std::vector<catalog::BadRange> bad;
  std::vector<catalog::ByteHit> hits;
  std::optional<Digests> media_digests;
  bool twice = false;

  Status content(const catalog::ContentDigest& digest) override {
    twice = !contents.emplace(digest.content_id, digest).second || twice;
    return ok_status();
  }
  Status bad_range(const catalog::BadRange& range) override {
    bad.push_back(range);
    return ok_status();
  }
  Status entity(const catalog::ByteHit& hit) override {
    hits.push_back(hit);
    return ok_status();
  }
  Status media(const Digests& digests) override {
    media_digests = digests;
    return ok_status();
  }
  Status open_content(const OpenContent& content) override {
    open_.push_back(content);
    return ok_status();
  }
  Status checkpoint(const Checkpoint& point) override {
    EXPECT_EQ(point.open_contents, open_.size());
    kept.push_back({encode(point), std::exchange(open_, {}), contents, bad, {}});
    // What is seen from here on is reported again.
    for (const auto& hit : hits)
      if (hit.seen_at < point.image_offset) kept.back().hits.push_back(hit);
    return ok_status();
  }
  void working_on(std::uint64_t) override {}
  void advanced(std::uint64_t) override {}

 private:
  std::vector<OpenContent> open_;
};

OpenContentSource source_of_open(std::vector<OpenContent> contents) {
  return [contents = std::move(contents), at = std::size_t{0}]() mutable -> Result<std::vector<OpenContent>> {
    const std::size_t end = std::min(contents.size(), at + 3);
    std::vector<OpenContent> batch(contents.begin() + static_cast<std::ptrdiff_t>(at),
                                   contents.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
    return batch;
  };
}

SweepJob job_with_checkpoints(std::uint32_t jobs, std::uint64_t stash) {
  SweepJob job = job_with(jobs, stash);
  job.checkpoint_bytes = kMiB;
  job.entities = true;
  return job;
}

std::string said(const std::vector<catalog::BadRange>& ranges) {
  std::string text;
  for (const auto& range : ranges) text += fmt::format("{} {} {}\n", range.image_offset, range.length, range.reason);
  return text;
}

// Where each is, whoever reported it when.
std::multiset<std::string> places(const std::vector<catalog::ByteHit>& hits) {
  std::multiset<std::string> all;
  for (const auto& hit : hits)
    all.insert(
        fmt::format("{} {} {} {} {}", hit.content_id.value_or(0), hit.offset, hit.length, hit.normalized, hit.context));
  return all;
}

class Checkpoints : public ::testing::Test {
 protected:
  void SetUp() override {
    files_ = awkward_files();
    for (File& file : random_files(image_.size_bytes(), 22, 150)) files_.push_back(std::move(file));
    // Long, so that a checkpoint cuts through them, also while they wait for their turn.
    files_.push_back({5000, 5 * kMiB, {{0, 6 * kMiB, 3 * kMiB}, {3 * kMiB, kMiB / 3, 2 * kMiB}}});
    files_.push_back({5001, 4 * kMiB, {{0, kMiB / 5, 4 * kMiB}}});
    // Over and beside every place where a checkpoint may lie.
    for (std::uint64_t edge = kMiB / 2; edge + kMiB / 4 < image_.size_bytes(); edge += kMiB / 2)
      for (const int shift : {-33000, -16390, -16370, -1600, -530, -11, 5, 505, 900, 16380})
        image_.plant(static_cast<std::uint64_t>(static_cast<std::int64_t>(edge) + shift),
                     fmt::format(" to {}.{}@example.org ", edge, shift + 2000));
    for (const std::uint64_t chunk : {40u, 95u, 96u, 97u, 200u})
      image_.states[chunk] = evidence::ChunkState::kBadChecksum;
  }
  KeepingSink whole(std::uint32_t jobs, std::uint64_t stash) {
    KeepingSink sink;
    const auto stats = run_sweep(image_, job_with_checkpoints(jobs, stash), source_of(whole_plan(files_)), sink);
    EXPECT_TRUE(stats.ok()) << stats.error().message;
    return sink;
  }
  Result<SweepStats> resume(const Kept& kept, SweepJob job, KeepingSink& sink) {
    job.resume = decode<Checkpoint>(Bytes(kept.point));
    EXPECT_TRUE(job.resume.has_value());
    return run_sweep(image_, job, source_of(whole_plan(files_)), sink, source_of_open(kept.open_contents));
  }

  MemoryImage image_{10 * kMiB + 4321, kChunk, 21};
  std::vector<File> files_;
};

TEST_F(Checkpoints, EachOneLeadsToTheSameEnd) {
  for (const std::uint64_t stash : {std::uint64_t{0}, std::uint64_t{300'000}, 256 * kMiB}) {
    const KeepingSink expected = whole(2, stash);
    EXPECT_EQ(expected.media_digests, digest_of(image_.bytes(), kAllDigests));
    ASSERT_GE(expected.kept.size(), 8u);
    EXPECT_GT(expected.hits.size(), 100u);
    for (const Kept& kept : expected.kept) {
      KeepingSink sink;
      sink.bad = kept.bad;
      sink.hits = kept.hits;
      const auto stats = resume(kept, job_with_checkpoints(3, stash), sink);
      ASSERT_TRUE(stats.ok()) << stats.error().message;
      EXPECT_FALSE(sink.twice);
      EXPECT_EQ(sink.media_digests, expected.media_digests);
      EXPECT_EQ(said(sink.bad), said(expected.bad));
      EXPECT_EQ(places(sink.hits), places(expected.hits));
      EXPECT_EQ(sink.contents.size() + kept.contents.size(), expected.contents.size());
      for (const auto& [id, content] : sink.contents) {
        EXPECT_FALSE(kept.contents.contains(id)) << id;
        EXPECT_EQ(encode(content), encode(expected.contents.at(id))) << id;
      }
    }
  }
}

// Kill after kill: each sweep goes on from the last checkpoint of the one before it.
TEST_F(Checkpoints, AChainOfSweepsComesToTheSameEnd) {
  const KeepingSink expected = whole(1, kMiB);
  Kept kept = expected.kept.front();
  std::map<std::uint64_t, catalog::ContentDigest> contents = kept.contents;
  for (int sweeps = 1;; ++sweeps) {
    ASSERT_LT(sweeps, 20);
    KeepingSink sink;
    sink.bad = kept.bad;
    ASSERT_TRUE(resume(kept, job_with_checkpoints(2, kMiB), sink).ok());
    const bool last = sink.kept.empty();
    for (const auto& [id, content] : last ? sink.contents : sink.kept.front().contents) contents.emplace(id, content);
    if (last) {
      EXPECT_EQ(sink.media_digests, expected.media_digests);
      EXPECT_EQ(said(sink.bad), said(expected.bad));
      break;
    }
    kept = sink.kept.front();
  }
  ASSERT_EQ(contents.size(), expected.contents.size());
  for (const auto& [id, content] : contents) EXPECT_EQ(encode(content), encode(expected.contents.at(id))) << id;
}

TEST_F(Checkpoints, EverySetOfMediaDigests) {
  for (unsigned bits = 0; bits < 8; ++bits) {
    SweepJob job = job_with_checkpoints(2, kMiB);
    job.media_digests = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    KeepingSink expected, sink;
    ASSERT_TRUE(run_sweep(image_, job, source_of(whole_plan(files_)), expected).ok());
    ASSERT_TRUE(resume(expected.kept[4], job, sink).ok());
    EXPECT_EQ(sink.media_digests, expected.media_digests);
  }
}

TEST_F(Checkpoints, OneThatDoesNotFitIsRefused) {
  const KeepingSink expected = whole(2, kMiB);
  const Kept good = expected.kept[5];
  const auto refused = [&](const Kept& kept, const SweepJob& job, const char* what) {
    KeepingSink sink;
    const auto stats = resume(kept, job, sink);
    ASSERT_FALSE(stats.ok()) << what;
    EXPECT_EQ(stats.error().kind, ErrorKind::kRefused) << what;
    EXPECT_TRUE(sink.contents.empty()) << what;
  };
  const SweepJob job = job_with_checkpoints(2, kMiB);
  SweepJob other = job;
  other.media_digests = {.md5 = true};
  refused(good, other, "other media digests");

  for (std::size_t i = 0; i < good.open_contents.size(); ++i) {
    if (good.open_contents[i].damaged || good.open_contents[i].hashed.size_bytes == 0) continue;
    Kept kept = good;
    kept.open_contents[i].hashed.size_bytes += 64;
    refused(kept, job, "a content at another byte");
    kept = good;
    kept.open_contents.erase(kept.open_contents.begin() + static_cast<std::ptrdiff_t>(i));
    refused(kept, job, "a content is missing");
  }
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{12345}, 3 * kMiB, 64 * kMiB}) {
    auto point = *decode<Checkpoint>(Bytes(good.point));
    point.image_offset = offset;
    refused({encode(point), good.open_contents, {}, {}, {}}, job, "another place");
  }
  // The last file is not in the plan any more.
  files_.pop_back();
  KeepingSink sink;
  const auto stats = resume(good, job, sink);
  EXPECT_TRUE(stats.ok());  // what is not asked for any more needs no state
  EXPECT_FALSE(sink.contents.contains(5001));
}

}  // namespace
}  // namespace limier::sweep
