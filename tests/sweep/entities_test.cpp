// Numbers and addresses in the bytes that pass: found wherever they lie, once, however the media is cut.
#include <gtest/gtest.h>

#include <set>

#include "sweep/files.h"

namespace limier::sweep {
namespace {

class HitSink final : public Sink {
 public:
  std::vector<catalog::ByteHit> hits;

  Status content(const catalog::ContentDigest&) override { return ok_status(); }
  Status bad_range(const catalog::BadRange&) override { return ok_status(); }
  Status entity(const catalog::ByteHit& hit) override {
    hits.push_back(hit);
    return ok_status();
  }
  Status media(const Digests&) override { return ok_status(); }
  void working_on(std::uint64_t) override {}
  void advanced(std::uint64_t) override {}
};

using Places = std::multiset<std::string>;

std::string place(std::optional<std::uint64_t> content_id, std::uint64_t offset, std::string_view value,
                  std::string_view context = {}) {
  return fmt::format("{} {} {} {}", content_id.value_or(0), offset, value, context);
}

Places swept(const evidence::Image& image, SweepJob job, const std::vector<File>& files = {}, bool contexts = false) {
  job.entities = true;
  HitSink sink;
  const auto stats = run_sweep(image, job, source_of(whole_plan(files)), sink);
  EXPECT_TRUE(stats.ok()) << stats.error().message;
  Places places;
  for (const auto& hit : sink.hits)
    places.insert(place(hit.content_id, hit.offset, hit.value, contexts ? std::string_view(hit.context) : ""));
  return places;
}

std::string wide(std::string_view text) {
  std::string bytes;
  for (const char c : text) bytes.append({c, '\0'});
  return bytes;
}

// A medium without a letter in it.
class Blank final : public evidence::Image {
 public:
  Blank(std::size_t size, std::uint32_t chunk_size) : bytes_(size, 1), chunk_size_(chunk_size) {}
  std::map<std::uint64_t, evidence::ChunkState> states;
  void plant(std::uint64_t offset, std::string_view text) {
    std::copy(text.begin(), text.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return 512; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return chunk_size_; }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return issues_; }
  evidence::ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    const auto from = static_cast<std::size_t>(chunk * chunk_size_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from),
                std::min<std::size_t>(chunk_size_, bytes_.size() - from), out.begin());
    const auto state = states.find(chunk);
    return state == states.end() ? evidence::ChunkState::kGood : state->second;
  }
  evidence::ReadOutcome read(std::uint64_t, MutableBytes) const override { return {}; }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return 0; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint32_t chunk_size_;
  std::vector<evidence::OpenIssue> issues_;
};

TEST(SweepEntities, AtEveryAlignmentOverEveryEdge) {
  constexpr std::string_view kMail = "jan@example.org", kIban = "BE68539007547034";
  for (const std::uint32_t chunk_size : {512u, kChunk, 1u << 20}) {
    Blank image(5 * kMiB + 777, chunk_size);
    Places expected;
    const auto plant = [&](std::uint64_t at, std::string_view value, bool is_wide) {
      image.plant(at, is_wide ? wide(value) : std::string(value));
      expected.insert(place(std::nullopt, at, value));
    };
    // One for each alignment to 64 bytes, so that they lie over the edges of blocks, of chunks and of batches too.
    for (std::uint64_t i = 0; i < 64; ++i) {
      plant(8192 + i * 129, kMail, false);
      plant(40960 + i * 129, kIban, true);
    }
    for (std::uint64_t i = 0; i < 40; i += 2) plant(kMiB - i + (i % 4) * 4096 + (i / 4) * 70'000, kIban, i % 4 == 2);
    for (std::uint64_t edge = 2; edge < 5; ++edge) {
      plant(edge * kMiB - 7, kMail, false);
      plant(edge * kMiB - 600, kIban, true);
      plant(edge * kMiB + 505, kMail, true);
    }
    plant(0, kMail, false);
    plant(image.size_bytes() - kIban.size(), kIban, false);
    for (const std::uint32_t jobs : {1u, 3u})
      EXPECT_EQ(swept(image, job_with(jobs)), expected) << chunk_size << ", " << jobs;
    SweepJob careful = job_with(2);
    careful.careful_from = 3;
    careful.careful_until = 12;
    EXPECT_EQ(swept(image, careful), expected) << chunk_size;
  }
}

TEST(SweepEntities, NotOutOfBytesThatCannotBeTrusted) {
  Blank image(4 * kMiB, kChunk);
  image.plant(2 * kChunk + 100, "in@damaged.org");
  image.plant(2 * kChunk - 6, "cut@damaged.org");
  image.plant(3 * kChunk - 2, "over@damaged.org");
  image.plant(3 * kChunk + 100, "behind@damaged.org");
  image.states[2] = evidence::ChunkState::kBadChecksum;
  // What is cut off by the damage is not what stood there: "er@damaged.org" is no address.
  EXPECT_EQ(swept(image, job_with(2)), (Places{place(std::nullopt, 3 * kChunk + 100, "behind@damaged.org")}));
}

TEST(SweepEntities, OverExtentsThatDoNotLieSideBySide) {
  Blank image(4 * kMiB, kChunk);
  image.plant(9000 - 8, "anna@exa");
  image.plant(kMiB, "mple.org and more");
  // Comes before its turn, and is read again or kept.
  image.plant(3 * kMiB - 5, "jan@e");
  image.plant(20'000, "xample.net");
  // Side by side: one extent in the media's own bytes, found there alone.
  image.plant(2 * kMiB - 4, "side@by.org");
  const std::vector<File> files{{7, 1000 + 5000, {{0, 8000, 1000}, {1000, kMiB, 5000}}},
                                {8, 2000 + 3000, {{0, 3 * kMiB - 2000, 2000}, {2000, 20'000, 3000}}},
                                {9, 8192, {{0, 2 * kMiB - 4096, 4096}, {4096, 2 * kMiB, 4096}}}};
  const Places expected{place(7, 992, "anna@example.org"), place(8, 1995, "jan@example.net"),
                        place(std::nullopt, 2 * kMiB - 4, "side@by.org")};
  for (const std::uint64_t stash : {std::uint64_t{0}, 256 * kMiB})
    for (const std::uint32_t jobs : {1u, 4u}) EXPECT_EQ(swept(image, job_with(jobs, stash), files), expected) << stash;
}

TEST(SweepEntities, TheContextEndsWhereTextEnds) {
  Blank image(kMiB, kChunk);
  image.plant(5000, std::string("\x02naar jan@example.org, caf\xc3\xa9\x00zz", 31));
  image.plant(9000, wide("bel jan@example.net nu"));
  EXPECT_EQ(swept(image, job_with(1), {}, true),
            (Places{place(std::nullopt, 5006, "jan@example.org", "naar jan@example.org, caf\xc3\xa9"),
                    place(std::nullopt, 9008, "jan@example.net", "bel jan@example.net nu")}));
}

// More than anybody could read stand in one place: they are counted.
TEST(SweepEntities, CrowdsAreCounted) {
  Blank image(2 * kMiB, kChunk);
  constexpr std::uint64_t kEach = 8, kAll = kChunk / kEach;
  for (std::uint64_t i = 0; i < kAll; ++i)
    image.plant(kMiB + i * kEach,
                "\x01"
                "ab@c.be");
  SweepJob job = job_with(2);
  job.entities = true;
  HitSink sink;
  ASSERT_TRUE(run_sweep(image, job, source_of({}), sink).ok());
  std::uint64_t listed = 0, left_out = 0, bytes = 0;
  for (const auto& hit : sink.hits) {
    ++listed;
    left_out += hit.left_out;
    bytes += catalog::sent_bytes(hit);
  }
  EXPECT_EQ(listed + left_out, kAll);
  EXPECT_GT(listed, 0u);
  EXPECT_LE(bytes, std::uint64_t{catalog::kHitBytesPerByte} * 2 * kChunk);
}

}  // namespace
}  // namespace limier::sweep
