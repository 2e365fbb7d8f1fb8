#include "limier/sweep.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "sweep/files.h"

namespace limier::sweep {
namespace {

void expect_all_equal(const RecordingSink& sink, const std::map<std::uint64_t, Digests>& expected) {
  ASSERT_EQ(sink.contents.size(), expected.size());
  for (const auto& [id, content] : sink.contents) {
    EXPECT_FALSE(content.touched_damage) << id;
    EXPECT_EQ(content.digests, expected.at(id)) << id;
  }
}

// Contents completed by the same stretch of media come in the order of their ids.
void expect_ascending_between_advances(const std::vector<std::string>& calls) {
  const std::string_view word = "content ";
  std::uint64_t before = 0;
  for (const std::string& call : calls) {
    if (!call.starts_with(word)) {
      before = 0;
      continue;
    }
    const std::uint64_t id = std::stoull(call.substr(word.size()));
    EXPECT_LT(before, id);
    before = id;
  }
}

TEST(Sweep, ContentsEqualTheReferenceForEveryStash) {
  const MemoryImage image(4 * kMiB + 12345, kChunk, 1);
  auto files = awkward_files();
  for (File& file : random_files(image.size_bytes(), 2, 200)) files.push_back(std::move(file));
  const auto expected = references(image, files);
  const Digests media = digest_of(image.bytes(), kAllDigests);
  std::uint64_t deferred_before = UINT64_MAX;
  for (const std::uint64_t stash : {std::uint64_t{0}, std::uint64_t{5000}, kMiB, 256 * kMiB}) {
    RecordingSink sink;
    const auto stats = run_sweep(image, job_with(2, stash), source_of(whole_plan(files)), sink);
    ASSERT_TRUE(stats.ok()) << stats.error().message;
    expect_all_equal(sink, expected);
    EXPECT_LT(stats->pieces_deferred, deferred_before);
    deferred_before = stats->pieces_deferred;
    ASSERT_EQ(sink.media_digests.size(), 1u);
    EXPECT_EQ(sink.media_digests[0], media);
    EXPECT_TRUE(sink.bad.empty());
    expect_ascending_between_advances(sink.calls);
  }
  EXPECT_EQ(deferred_before, 0u);
}

// Signatures, names and trailers in pieces that come in any order.
TEST(Sweep, TypesEqualTheReferenceForEveryStash) {
  MemoryImage image(4 * kMiB + 12345, kChunk, 3);
  auto files = awkward_files();
  for (File& file : random_files(image.size_bytes(), 4, 200)) files.push_back(std::move(file));
  const std::string_view magics[] = {"PK\x03\x04", "%PDF-1.4", "GIF89a", "\xFF\xD8\xFF", "7z\xBC\xAF\x27\x1C"};
  for (std::size_t i = 0; i < files.size(); ++i)
    if (!files[i].pieces.empty() && files[i].pieces[0].length >= 8)
      image.plant(files[i].pieces[0].image_offset, magics[i % std::size(magics)]);
  // The first bytes come last, and the trailer first.
  const std::string trailer = "trailer << /Encrypt 4 0 R >> %%EOF";
  image.plant(3 * kMiB + 100, "%PDF-1.7 and what belongs to it");
  image.plant(kMiB, trailer);
  const File parted{5000,
                    20000 + trailer.size(),
                    {{0, 3 * kMiB + 100, 5}, {5, 3 * kMiB + 105, 19995}, {20000, kMiB, trailer.size()}}};
  files.push_back(parted);
  EXPECT_EQ(reference_type(image, parted).encryption, catalog::FileEncryption::kPdf);
  for (const std::uint64_t stash : {std::uint64_t{0}, std::uint64_t{5000}, 256 * kMiB}) {
    RecordingSink sink;
    ASSERT_TRUE(run_sweep(image, job_with(2, stash), source_of(whole_plan(files)), sink).ok());
    for (const File& file : files) EXPECT_EQ(sink.contents.at(file.id).type, reference_type(image, file)) << file.id;
  }
  image.states[3 * kMiB / kChunk] = evidence::ChunkState::kBadChecksum;
  RecordingSink damaged;
  ASSERT_TRUE(run_sweep(image, job_with(2, kMiB), source_of(whole_plan(files)), damaged).ok());
  EXPECT_EQ(damaged.contents.at(parted.id).type, catalog::ContentType());
}

// After a worker died: chunk by chunk where it did, and without the chunk that is at fault.
TEST(Sweep, TakenCarefullyTheResultIsTheSame) {
  const MemoryImage image(4 * kMiB + 12345, kChunk, 21);
  const auto files = awkward_files();
  const auto expected = references(image, files);
  SweepJob job = job_with(2, kMiB);
  job.careful_from = 37;
  job.careful_until = 61;
  RecordingSink sink;
  ASSERT_TRUE(run_sweep(image, job, source_of(whole_plan(files)), sink).ok());
  expect_all_equal(sink, expected);
  EXPECT_EQ(sink.media_digests.at(0), digest_of(image.bytes(), kAllDigests));
  for (std::uint64_t chunk = 37; chunk < 61; ++chunk)
    EXPECT_EQ(std::count(sink.calls.begin(), sink.calls.end(), fmt::format("working on {}", chunk)), 1) << chunk;
}

TEST(Sweep, ASkippedChunkIsNotDecodedAndNoDigestCoversIt) {
  MemoryImage image(4 * kMiB, kChunk, 22);
  const std::vector<File> files = {{1, 1000, {{0, 5 * kChunk, 1000}}}, {2, 1000, {{0, 9 * kChunk + 3, 1000}}}};
  SweepJob job = job_with(2);
  job.skip_chunks = {9, 40};
  RecordingSink sink;
  const auto stats = run_sweep(image, job, source_of(whole_plan(files)), sink);
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(image.chunks_decoded(), image.chunk_count() - 2);
  ASSERT_EQ(sink.bad.size(), 2u);
  EXPECT_EQ(sink.bad[0].image_offset, 9 * kChunk);
  EXPECT_EQ(sink.bad[0].length, kChunk);
  EXPECT_EQ(sink.bad[0].reason, "quarantined");
  EXPECT_FALSE(sink.contents.at(1).touched_damage);
  EXPECT_TRUE(sink.contents.at(2).touched_damage);
  EXPECT_FALSE(sink.contents.at(2).digests.sha256);
}

// Files go along with the media digests where there are any; every set of those comes out right, and so do the files.
TEST(Sweep, EverySetOfMediaDigestsBesideFiles) {
  MemoryImage image(4 * kMiB + 777, kChunk, 16);
  image.states[70] = evidence::ChunkState::kBadChecksum;
  auto files = awkward_files();
  for (File& file : random_files(image.size_bytes(), 17, 50)) files.push_back(std::move(file));
  const auto expected = references(image, files);
  const std::uint64_t bad_begin = 70 * kChunk, bad_end = bad_begin + kChunk;
  for (unsigned bits = 0; bits < 8; ++bits)
    for (const DigestSet file_digests : {kAllDigests, DigestSet{.md5 = true}}) {
      SweepJob job = job_with(2, kMiB);
      job.media_digests = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
      job.file_digests = file_digests;
      RecordingSink sink;
      ASSERT_TRUE(run_sweep(image, job, source_of(whole_plan(files)), sink).ok());
      EXPECT_EQ(sink.media_digests.at(0), digest_of(image.bytes(), job.media_digests));
      ASSERT_EQ(sink.contents.size(), files.size());
      for (const File& file : files) {
        const bool hurt = std::any_of(file.pieces.begin(), file.pieces.end(), [&](const Piece& piece) {
          return piece.length > 0 && piece.image_offset < bad_end && piece.image_offset + piece.length > bad_begin;
        });
        const auto& content = sink.contents.at(file.id);
        EXPECT_EQ(content.touched_damage, hurt) << file.id;
        EXPECT_EQ(content.digests.md5, hurt ? std::nullopt : expected.at(file.id).md5) << file.id;
        if (!hurt && file_digests.sha256) {
          EXPECT_EQ(content.digests, expected.at(file.id)) << file.id;
        }
      }
    }
}

TEST(Sweep, OneJobAndManyJobsSayTheSame) {
  MemoryImage image(4 * kMiB + 1, kChunk, 3);
  for (const std::uint64_t chunk : {3u, 4u, 60u, 100u}) image.states[chunk] = evidence::ChunkState::kBadChecksum;
  const auto files = random_files(image.size_bytes(), 4, 120);
  for (const std::uint64_t stash : {std::uint64_t{20000}, std::uint64_t{1} << 28}) {
    std::vector<std::string> first;
    SweepStats first_stats;
    for (const std::uint32_t jobs : {1u, 2u, 16u}) {
      RecordingSink sink;
      const auto stats = run_sweep(image, job_with(jobs, stash), source_of(plan_of(files)), sink);
      ASSERT_TRUE(stats.ok());
      if (jobs == 1) {
        first = sink.calls;
        first_stats = *stats;
      }
      EXPECT_EQ(sink.calls, first) << jobs;
      EXPECT_EQ(stats->pieces_deferred, first_stats.pieces_deferred);
      EXPECT_EQ(stats->chunks_decoded, first_stats.chunks_decoded);
    }
  }
}

TEST(Sweep, EverySizeAndChunkSizeIsReadToTheLastByte) {
  for (const std::size_t size : {0u, 1u, 511u, 512u, 32768u, 32769u, 1048575u, 1048577u, 2200001u})
    for (const std::uint32_t chunk : {512u, 1000u, 32768u, 1u << 20, 4u << 20}) {
      const MemoryImage image(size, chunk, 5);
      std::vector<File> files;
      if (size > 0) files.push_back({9, size, {{0, 0, size}}});
      RecordingSink sink;
      const auto stats = run_sweep(image, job_with(2), source_of(plan_of(files)), sink);
      ASSERT_TRUE(stats.ok());
      EXPECT_EQ(stats->chunks_decoded, image.chunk_count());
      EXPECT_EQ(image.chunks_decoded(), image.chunk_count());
      EXPECT_EQ(sink.media_digests.at(0), digest_of(image.bytes(), kAllDigests));
      EXPECT_EQ(sink.calls.at(sink.calls.size() - 2), fmt::format("advanced {}", size));
      expect_all_equal(sink, references(image, files));
    }
}

TEST(Sweep, NothingToDigestStillChecksEveryChunk) {
  MemoryImage image(2 * kMiB, kChunk, 6);
  image.states[63] = evidence::ChunkState::kUndecodable;
  SweepJob job = job_with(2);
  job.media_digests = {};
  RecordingSink sink;
  ASSERT_TRUE(run_sweep(image, job, source_of({}), sink).ok());
  EXPECT_EQ(image.chunks_decoded(), 64u);
  ASSERT_EQ(sink.bad.size(), 1u);
  EXPECT_EQ(sink.bad[0].image_offset, 63u * kChunk);
  EXPECT_EQ(sink.media_digests.at(0), Digests{});
}

TEST(Sweep, BadChunksBecomeJoinedRangesInOrder) {
  using enum evidence::ChunkState;
  MemoryImage image(3 * kMiB + 100, kChunk, 7);
  for (std::uint64_t chunk = 30; chunk < 35; ++chunk) image.states[chunk] = kBadChecksum;  // across a batch border
  image.states[35] = kUndecodable;
  image.states[40] = kReadError;
  image.states[50] = kZero;
  image.states[96] = kMissing;  // the last, short chunk
  RecordingSink sink;
  ASSERT_TRUE(run_sweep(image, job_with(2), source_of({}), sink).ok());
  std::vector<std::string> said;
  std::copy_if(sink.calls.begin(), sink.calls.end(), std::back_inserter(said),
               [](const std::string& call) { return call.starts_with("bad "); });
  const auto line = [](std::uint64_t offset, std::uint64_t length, evidence::ChunkState state) {
    return fmt::format("bad {} {} {}", offset, length, evidence::chunk_state_reason(state));
  };
  const std::vector<std::string> expected{line(30 * kChunk, 5 * kChunk, kBadChecksum),
                                          line(35 * kChunk, kChunk, kUndecodable),
                                          line(40 * kChunk, kChunk, kReadError), line(96 * kChunk, 100, kMissing)};
  EXPECT_EQ(said, expected);
}

TEST(Sweep, AContentOverABadChunkHasNoDigests) {
  for (const std::uint64_t stash : {0u, 256u << 20}) {
    MemoryImage image(4 * kMiB, kChunk, 8);
    image.states[40] = evidence::ChunkState::kBadChecksum;
    image.states[2] = evidence::ChunkState::kZero;
    const std::uint64_t bad = 40 * kChunk;
    const std::vector<File> hurt{{1, 10, {{0, bad, 10}}},
                                 {2, 2, {{0, bad - 1, 2}}},
                                 {3, 2, {{0, bad + kChunk - 1, 2}}},
                                 {4, 20, {{0, 3 * kMiB, 10}, {10, bad + 5, 10}}},  // waits in the stash
                                 {5, 3 * kMiB, {{0, 1000, 3 * kMiB}}}};
    const std::vector<File> whole{{6, 10, {{0, bad - 10, 10}}},
                                  {7, 10, {{0, bad + kChunk, 10}}},
                                  {8, 20, {{0, 3 * kMiB, 10}, {10, 2 * kChunk, 10}}}};
    auto files = hurt;
    files.insert(files.end(), whole.begin(), whole.end());
    RecordingSink sink;
    ASSERT_TRUE(run_sweep(image, job_with(2, stash), source_of(plan_of(files)), sink).ok());
    for (const File& file : hurt) {
      EXPECT_TRUE(sink.contents.at(file.id).touched_damage) << file.id;
      EXPECT_EQ(sink.contents.at(file.id).digests, Digests{}) << file.id;
    }
    for (const File& file : whole) {
      EXPECT_FALSE(sink.contents.at(file.id).touched_damage) << file.id;
      EXPECT_EQ(sink.contents.at(file.id).digests, reference_digests(image, file, kAllDigests)) << file.id;
    }
  }
}

TEST(Sweep, PiecesThatCannotBeHadGiveNoDigests) {
  const MemoryImage image(2 * kMiB, kChunk, 9);
  const std::uint64_t size = image.size_bytes();
  const std::vector<File> files{{1, 20, {{0, size - 10, 20}}},                         // runs over the end
                                {2, 20, {{0, 0, 10}, {10, size + 512, 10}}},           // lies beyond it
                                {3, 20, {{0, UINT64_MAX - 5, 20}}},                    // would overflow
                                {4, 20, {{0, 0, 15}, {10, 4096, 10}}},                 // overlap within the file
                                {5, 5, {{0, 100, 10}}},                                // longer than its file
                                {6, std::uint64_t{1} << 62, {{0, 0, 512}}},            // absurdly sparse
                                {7, 20, {{0, 1000, 10}, {10, 500, 10}, {5, 10, 3}}}};  // given up with a piece stashed
  auto plan = plan_of(files);
  plan.insert(plan.begin(), {8, 0, 2, 20, 0, 0, 10, 0, {}});   // its second piece never comes
  plan.insert(plan.begin(), {9, 1, 2, 20, 10, 0, 10, 0, {}});  // its first piece never comes
  RecordingSink sink;
  const auto stats = run_sweep(image, job_with(2), source_of(plan), sink);
  ASSERT_TRUE(stats.ok()) << stats.error().message;
  EXPECT_EQ(sink.contents.size(), 9u);
  for (const auto& [id, content] : sink.contents) {
    EXPECT_TRUE(content.touched_damage) << id;
    EXPECT_EQ(content.digests, Digests{}) << id;
  }
}

TEST(Sweep, APlanThatContradictsItselfIsRefused) {
  const MemoryImage image(2 * kMiB, kChunk, 10);
  const std::vector<std::vector<catalog::PlanPiece>> plans{
      {{1, 0, 1, 10, 0, 5000, 10, 0, {}}, {2, 0, 1, 10, 0, 4000, 10, 0, {}}},  // not in order
      {{1, 0, 2, 20, 0, 0, 10, 0, {}}, {1, 1, 3, 20, 10, 20, 10, 0, {}}},      // counts differ
      {{1, 2, 2, 20, 0, 0, 10, 0, {}}},                                        // no such piece
      {{1, 0, 3, 30, 0, 0, 10, 0, {}}, {1, 0, 3, 30, 0, 20, 10, 0, {}}},       // twice, done
      {{1, 1, 3, 30, 10, 0, 10, 0, {}}, {1, 1, 3, 30, 10, 20, 10, 0, {}}}};    // twice, waiting
  for (const auto& plan : plans) {
    RecordingSink sink;
    const auto stats = run_sweep(image, job_with(2), source_of(plan), sink);
    ASSERT_FALSE(stats.ok());
    EXPECT_EQ(stats.error().kind, ErrorKind::kInternal);
    EXPECT_TRUE(sink.media_digests.empty());
  }
}

TEST(Sweep, AnErrorOfTheSinkOrThePlanEndsIt) {
  const MemoryImage image(8 * kMiB, kChunk, 11);
  const auto files = random_files(image.size_bytes(), 12, 100);
  for (const std::size_t fail_after : {0u, 1u, 10u, 60u}) {
    RecordingSink sink;
    sink.fail_after = fail_after;
    const auto stats = run_sweep(image, job_with(4), source_of(plan_of(files)), sink);
    ASSERT_FALSE(stats.ok());
    EXPECT_EQ(stats.error().kind, ErrorKind::kInterrupted);
  }
  RecordingSink sink;
  const PlanSource broken = []() -> Result<std::vector<catalog::PlanPiece>> {
    return Error{ErrorKind::kTemporary, "the other process went away"};
  };
  const auto stats = run_sweep(image, job_with(4), broken, sink);
  ASSERT_FALSE(stats.ok());
  EXPECT_EQ(stats.error().kind, ErrorKind::kTemporary);
}

// What has been hashed leaves the stash: pairs of swapped pieces, one after the other, never need more than one piece.
TEST(Sweep, TheStashIsFreedAsItIsUsed) {
  const MemoryImage image(2 * kMiB, kChunk, 15);
  std::vector<File> files;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::uint64_t at = i * 20000;
    files.push_back({i + 1, 20000, {{0, at + 10000, 10000}, {10000, at, 10000}}});
  }
  // Given up with a piece in the stash: that is freed too.
  files.push_back({500, 10, {{0, 2 * kMiB - 1, 10}, {1, 2000, 9}}});
  RecordingSink sink;
  const auto stats = run_sweep(image, job_with(2, 11000), source_of(plan_of(files)), sink);
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->pieces_deferred, 0u);
  EXPECT_TRUE(sink.contents.at(500).touched_damage);
  sink.contents.erase(500);
  files.pop_back();
  expect_all_equal(sink, references(image, files));
}

// More pieces begin in one batch than a round takes, several of them reaching into the next batch.
TEST(Sweep, ManyFilesOverTheSameBytes) {
  const MemoryImage image(2 * kMiB, kChunk, 13);
  std::vector<File> files;
  for (std::uint64_t i = 0; i < 70000; ++i) files.push_back({i + 1, 20, {{0, 1000 + i % 7, 20}}});
  for (std::uint64_t i = 0; i < 5; ++i) files.push_back({900000 + i, kMiB, {{0, 1000 + i, kMiB}}});
  RecordingSink sink;
  const auto stats = run_sweep(image, job_with(2), source_of(plan_of(files)), sink);
  ASSERT_TRUE(stats.ok());
  expect_all_equal(sink, references(image, files));
  EXPECT_EQ(sink.media_digests.at(0), digest_of(image.bytes(), kAllDigests));
}

TEST(Sweep, AMillionSmallPieces) {
  constexpr std::uint64_t kPieces = 1000000, kLength = 16;
  const MemoryImage image(kPieces * kLength, kChunk, 14);
  // Ten thousand files of a hundred pieces each, dealt over the image round robin; every second one backwards.
  std::vector<catalog::PlanPiece> plan;
  plan.reserve(kPieces);
  for (std::uint64_t i = 0; i < kPieces; ++i) {
    const std::uint64_t id = i % 10000 + 1;
    const auto piece = static_cast<std::uint32_t>(id % 2 == 0 ? i / 10000 : 99 - i / 10000);
    plan.push_back({id, piece, 100, 100 * kLength, piece * kLength, i * kLength, kLength, 0, {}});
  }
  RecordingSink sink;
  SweepJob job = job_with(2);
  job.media_digests = {.md5 = true};
  const auto start = std::chrono::steady_clock::now();
  const auto stats = run_sweep(image, job, source_of(std::move(plan)), sink);
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_TRUE(stats.ok());
  ASSERT_EQ(sink.contents.size(), 10000u);
  File forward{2, 100 * kLength, {}}, backward{1, 100 * kLength, {}};
  for (std::uint64_t k = 0; k < 100; ++k) {
    forward.pieces.push_back({k * kLength, (k * 10000 + 1) * kLength, kLength});
    backward.pieces.push_back({k * kLength, (99 - k) * 10000 * kLength, kLength});
  }
  EXPECT_EQ(sink.contents.at(2).digests, reference_digests(image, forward, kAllDigests));
  EXPECT_EQ(sink.contents.at(1).digests, reference_digests(image, backward, kAllDigests));
  EXPECT_LT(seconds, 30.0);
  RecordProperty("seconds", std::to_string(seconds));
}

}  // namespace
}  // namespace limier::sweep
