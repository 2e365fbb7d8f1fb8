// Members of archives in the sweep: unpacked on the way, held against what their entries say, and unpacked again from
// their beginning where a checkpoint cut through them.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "sweep/files.h"

namespace limier::sweep {
namespace {

using catalog::Coding;
using catalog::PackingFault;

std::string deflated(const std::vector<std::uint8_t>& plain) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(plain.size() + plain.size() / 100 + 4096, '\0');
  stream.next_in = const_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

using Hits = std::map<std::pair<std::uint64_t, std::uint64_t>, std::string>;  // content, offset

struct Kept {
  std::vector<std::uint8_t> point;
  std::vector<OpenContent> open;
  std::map<std::uint64_t, catalog::ContentDigest> contents;
  Hits hits;
};

class KeepingSink final : public Sink {
 public:
  std::vector<Kept> kept;
  std::map<std::uint64_t, catalog::ContentDigest> contents;
  std::optional<Digests> media_digests;
  Hits hits;  // in contents
  Status content(const catalog::ContentDigest& digest) override {
    EXPECT_TRUE(contents.emplace(digest.content_id, digest).second);
    return ok_status();
  }
  Status bad_range(const catalog::BadRange&) override { return ok_status(); }
  Status entity(const catalog::ByteHit& hit) override {
    if (hit.content_id) {
      EXPECT_TRUE(hits.emplace(std::pair(*hit.content_id, hit.offset), hit.normalized).second);
    }
    return ok_status();
  }
  Status media(const Digests& digests) override { return media_digests = digests, ok_status(); }
  Status open_content(const OpenContent& content) override { return open_.push_back(content), ok_status(); }
  Status checkpoint(const Checkpoint& point) override {
    kept.push_back({encode(point), std::exchange(open_, {}), contents, hits});
    return ok_status();
  }
  void working_on(std::uint64_t) override {}
  void advanced(std::uint64_t) override {}

 private:
  std::vector<OpenContent> open_;
};

class Packed : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kLong = 1, kShort = 2, kZeros = 3, kWrongCrc = 4, kStored = 5, kStoredWrong = 6,
                                 kCut = 7, kTooLong = 8, kMail = 9;

  void SetUp() override {
    std::mt19937 random(5);
    std::vector<std::uint8_t> text(4 * kMiB);
    for (auto& byte : text) byte = static_cast<std::uint8_t>(random() % 200);
    add(kLong, text);
    for (std::size_t i = 0; i < 3; ++i) plant_mail(text, kMailAt[i]);
    add(kMail, text);
    add(kShort, {1, 2, 3, 4, 5});
    add(kZeros, std::vector<std::uint8_t>(40 * kMiB));
    std::vector<std::uint8_t> wrong(100'000, 7);
    plant_mail(wrong, 50);
    add(kWrongCrc, wrong).packing.crc32 ^= 1;
    add(kCut, std::vector<std::uint8_t>(100'000, 9)).length -= 3;
    add(kTooLong, std::vector<std::uint8_t>(100'000, 8)).unpacked_bytes -= 1;
    for (const std::uint64_t id : {kStored, kStoredWrong}) {
      const std::size_t length = 2 * kMiB;
      const std::vector<std::uint8_t> plain(image_.bytes().begin() + static_cast<std::ptrdiff_t>(at_),
                                            image_.bytes().begin() + static_cast<std::ptrdiff_t>(at_ + length));
      plain_[id] = plain;
      plan_.push_back({id, 0, 1, length, 0, at_, length, 0, {Coding::kPlain, true, crc_of(plain)}});
      if (id == kStoredWrong) plan_.back().packing.crc32 ^= 4;
      at_ += length + 100;
    }
    for (catalog::PlanPiece& piece : plan_)
      if (piece.packing.coding != Coding::kPlain) piece.size_bytes = piece.length;
  }
  static constexpr std::array<std::size_t, 3> kMailAt{10, 2 * kMiB - 9, 4 * kMiB - 40};
  static void plant_mail(std::vector<std::uint8_t>& text, std::size_t at) {
    const std::string_view mail = " anna@example.org ";
    std::ranges::copy(mail, text.begin() + static_cast<std::ptrdiff_t>(at - 1));
  }
  static std::uint32_t crc_of(const std::vector<std::uint8_t>& plain) {
    return static_cast<std::uint32_t>(::crc32(0, plain.data(), static_cast<uInt>(plain.size())));
  }
  catalog::PlanPiece& add(std::uint64_t id, const std::vector<std::uint8_t>& plain) {
    const std::string packed = deflated(plain);
    image_.plant(at_, packed);
    plain_[id] = plain;
    plan_.push_back(
        {id, 0, 1, packed.size(), 0, at_, packed.size(), plain.size(), {Coding::kDeflate, true, crc_of(plain)}});
    at_ += packed.size() + 77;
    return plan_.back();
  }
  KeepingSink sweep(std::uint32_t jobs, const Kept* from = nullptr) {
    SweepJob job = job_with(jobs);
    job.checkpoint_bytes = kMiB;
    job.entities = true;
    KeepingSink sink;
    std::vector<OpenContent> open;
    if (from != nullptr) {
      job.resume = decode<Checkpoint>(Bytes(from->point));
      open = from->open;
    }
    const auto stats = run_sweep(image_, job, source_of(plan_), sink,
                                 [&open]() -> Result<std::vector<OpenContent>> { return std::exchange(open, {}); });
    EXPECT_TRUE(stats.ok()) << stats.error().message;
    return sink;
  }

  MemoryImage image_{18 * kMiB, kChunk, 31};
  std::uint64_t at_ = 333;
  std::map<std::uint64_t, std::vector<std::uint8_t>> plain_;
  std::vector<catalog::PlanPiece> plan_;
};

TEST_F(Packed, MembersHaveTheDigestsOfWhatIsInThem) {
  for (const std::uint32_t jobs : {1u, 3u}) {
    const KeepingSink sink = sweep(jobs);
    EXPECT_EQ(sink.media_digests, digest_of(image_.bytes(), kAllDigests));
    for (const std::uint64_t id : {kLong, kShort, kZeros, kStored}) {
      ASSERT_TRUE(sink.contents.contains(id)) << id;
      EXPECT_EQ(sink.contents.at(id).digests, digest_of(plain_.at(id), kAllDigests)) << id;
      EXPECT_NE(sink.contents.at(id).type.type, 0) << id;
    }
  }
}

TEST_F(Packed, WhatIsNotAsItsEntrySaysHasNoDigestAndAReason) {
  const KeepingSink sink = sweep(2);
  for (const auto& [id, fault] : {std::pair(kWrongCrc, PackingFault::kWrongCrc),
                                  {kStoredWrong, PackingFault::kWrongCrc},
                                  {kCut, PackingFault::kBadStream},
                                  {kTooLong, PackingFault::kWrongSize}}) {
    const auto& found = sink.contents.at(id);
    EXPECT_TRUE(found.touched_damage) << id;
    EXPECT_EQ(found.fault, fault) << id;
    EXPECT_FALSE(found.digests.sha256) << id;
  }
}

// The bytes of the media do not show what is packed in them.
TEST_F(Packed, AddressesInMembersAreFoundWhereTheyStandInThem) {
  Hits expected;
  for (const std::size_t at : kMailAt) expected[{kMail, at}] = "anna@example.org";
  EXPECT_EQ(sweep(1).hits, expected) << "those of a member that is not what its entry says are not among them";
  EXPECT_EQ(sweep(3).hits, expected);
}

TEST_F(Packed, EveryCheckpointLeadsToTheSameEnd) {
  const KeepingSink whole = sweep(2);
  ASSERT_GE(whole.kept.size(), 6u);
  std::size_t cut = 0;
  for (const Kept& kept : whole.kept) {
    for (const OpenContent& open : kept.open) cut += open.packed_bytes > 0 ? 1 : 0;
    const KeepingSink rest = sweep(3, &kept);
    EXPECT_EQ(rest.media_digests, whole.media_digests);
    EXPECT_EQ(rest.contents.size() + kept.contents.size(), whole.contents.size());
    for (const auto& [id, content] : rest.contents) EXPECT_EQ(encode(content), encode(whole.contents.at(id))) << id;
    Hits hits = kept.hits;
    hits.insert(rest.hits.begin(), rest.hits.end());
    EXPECT_EQ(hits, whole.hits);
  }
  EXPECT_GE(cut, 2u) << "no checkpoint cut through a packed member";
}

// A checkpoint that says that more of a member has come than can have.
TEST_F(Packed, ACheckpointThatCannotBeIsRefused) {
  const KeepingSink whole = sweep(2);
  for (Kept kept : whole.kept) {
    if (kept.open.empty() || kept.open.front().packed_bytes == 0) continue;
    ++kept.open.front().packed_bytes;
    SweepJob job = job_with(1);
    job.checkpoint_bytes = kMiB;
    job.entities = true;
    job.resume = decode<Checkpoint>(Bytes(kept.point));
    KeepingSink sink;
    const auto stats = run_sweep(image_, job, source_of(plan_), sink,
                                 [&]() -> Result<std::vector<OpenContent>> { return std::exchange(kept.open, {}); });
    ASSERT_FALSE(stats.ok());
    EXPECT_EQ(stats.error().kind, ErrorKind::kRefused);
    return;
  }
  FAIL() << "no checkpoint cut through a packed member";
}

}  // namespace
}  // namespace limier::sweep
