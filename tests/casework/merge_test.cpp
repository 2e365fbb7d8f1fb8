#include <sys/resource.h>

#include <random>
#include <set>

#include "casework/attention.h"
#include "casework/kinds.h"
#include "casework/links.h"
#include "casework/scores.h"
#include "casework/shared_keys.h"
#include "casework/volume_match.h"
#include "fixture.h"

namespace limier::casework::testing {
namespace {

constexpr Kind kTestKind{"test", "test", "tests", Meaning::kContent, "", as_is, false, 16, 10, false, true};

struct Naive {
  std::uint64_t size = 0, files = 0;
  std::set<std::size_t> exhibits;
};

class KindMerge : public CaseworkTest {
 protected:
  std::string run_name(std::size_t exhibit) const { return "e" + std::to_string(exhibit) + ".run"; }

  // Random keys on random exhibits; what is expected of them is kept beside.
  void make(std::size_t exhibits, std::uint64_t keys, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::map<Key, KeyRecord>> runs(exhibits);
    for (std::uint64_t i = 0; i < keys; ++i) {
      const std::uint64_t on = random() % 4 == 0 ? 1 + random() % exhibits : 1;
      for (std::uint64_t n = 0; n < on; ++n) {
        const std::size_t exhibit = random() % exhibits;
        const KeyRecord made = record(i, 1 + i * i % 2'000'000, static_cast<std::uint32_t>(1 + random() % 3));
        if (!runs[exhibit].emplace(made.key, made).second) continue;
        Naive& expected = expected_[made.key];
        expected.size = made.size_bytes;
        expected.files += made.count;
        expected.exhibits.insert(exhibit);
        ++records_;
      }
    }
    for (std::size_t i = 0; i < exhibits; ++i) write_run(run_name(i), runs[i], spec());
  }

  std::vector<SharedKey> merge(std::size_t exhibits, std::size_t memory, KindTotals& totals) {
    std::vector<RunCursor> cursors;
    cursors.reserve(exhibits);
    MergeKindOptions options;
    options.kind = &kTestKind;
    for (std::size_t i = 0; i < exhibits; ++i) {
      auto cursor = RunCursor::open(dir_ + "/" + run_name(i), spec());
      EXPECT_TRUE(cursor.ok()) << cursor.error().message;
      cursors.push_back(std::move(*cursor));
      options.runs.push_back(&cursors.back());
    }
    const std::atomic<int> stop{0};
    options.memory_bytes = memory;
    options.work_dir = dir_;
    options.stop = &stop;
    options.progress = [](std::uint64_t) {};
    std::vector<SharedKey> shared;
    const auto problem = merge_kind(options, totals, [&](const SharedKey& key) {
      shared.push_back(key);
      return ok_status();
    });
    EXPECT_FALSE(problem) << problem->error.message;
    return shared;
  }

  std::map<Key, Naive> expected_;
  std::uint64_t records_ = 0;
};

TEST_F(KindMerge, keeps_exactly_the_keys_of_two_or_more_in_order_of_rank) {
  constexpr std::size_t kExhibits = 37;
  make(kExhibits, 4'000, 1);
  for (const std::size_t memory : {std::size_t{1} << 24, std::size_t{40'000}}) {
    KindTotals totals;
    const auto shared = merge(kExhibits, memory, totals);
    EXPECT_EQ(totals.keys, records_);
    std::size_t wanted = 0;
    for (const auto& [key, naive] : expected_) wanted += naive.exhibits.size() >= 2 ? 1 : 0;
    ASSERT_EQ(shared.size(), wanted);
    EXPECT_EQ(totals.shared, wanted);
    for (std::size_t i = 0; i < shared.size(); ++i) {
      const Naive& naive = expected_.at(shared[i].key);
      EXPECT_EQ(shared[i].files, naive.files);
      EXPECT_EQ(shared[i].size_bytes, naive.size);
      EXPECT_EQ(shared[i].exhibits, naive.exhibits.size());
      const auto positions = positions_of(shared[i].members);
      EXPECT_EQ(std::set<std::size_t>(positions.begin(), positions.end()), naive.exhibits);
      EXPECT_EQ(shared[i].weight, key_weight(naive.exhibits.size(), true, naive.size));
      if (i == 0) continue;
      const auto place = [&](const SharedKey& key) { return std::tuple(-key.weight, ~key.size_bytes, key.key); };
      EXPECT_LT(place(shared[i - 1]), place(shared[i]));
    }
  }
}

TEST_F(KindMerge, thousands_of_exhibits_need_no_more_descriptors) {
  constexpr std::size_t kDifferent = 50, kExhibits = 3'000;
  make(kDifferent, 2'000, 2);
  for (std::size_t i = kDifferent; i < kExhibits; ++i)
    std::filesystem::create_hard_link(dir_ + "/" + run_name(i % kDifferent), dir_ + "/" + run_name(i));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 24;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  KindTotals totals;
  const auto shared = merge(kExhibits, std::size_t{1} << 22, totals);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(totals.keys, records_ * (kExhibits / kDifferent));
  EXPECT_EQ(shared.size(), expected_.size());
}

TEST_F(KindMerge, a_torn_run_names_its_exhibit) {
  make(5, 500, 3);
  const std::string path = dir_ + "/" + run_name(3);
  std::string bytes = read_file(path);
  bytes[bytes.size() - 20] ^= 1;
  write_file(path, bytes);
  std::vector<RunCursor> cursors;
  MergeKindOptions options;
  options.kind = &kTestKind;
  cursors.reserve(5);
  for (std::size_t i = 0; i < 5; ++i) {
    cursors.push_back(*RunCursor::open(dir_ + "/" + run_name(i), spec()));
    options.runs.push_back(&cursors.back());
  }
  const std::atomic<int> stop{0};
  options.memory_bytes = 1 << 20;
  options.work_dir = dir_;
  options.stop = &stop;
  options.progress = [](std::uint64_t) {};
  KindTotals totals;
  const auto problem = merge_kind(options, totals, [](const SharedKey&) { return ok_status(); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->error.kind, ErrorKind::kEvidence);
  ASSERT_TRUE(problem->position);
  EXPECT_EQ(*problem->position, 3U);
}

TEST_F(KindMerge, known_and_empty_contents_are_left_out) {
  KeyRecord known = record(1), filler = record(2, 4096), ones = record(3, 5000), plain = record(4, 5000);
  const std::string zero_bytes(4096, '\0'), one_bytes(5000, '\xFF');
  filler.key = *digest_of(as_bytes(zero_bytes), DigestSet{false, false, true}).sha256;
  ones.key = *digest_of(as_bytes(one_bytes), DigestSet{false, false, true}).sha256;
  KeyRecord known_here = known;
  known_here.flags = kFlagKnown;  // a hash set was given for one exhibit only
  KeyRecord notable = plain;
  notable.flags = kFlagNotable;
  const auto run_of = [](std::initializer_list<KeyRecord> records) {
    std::map<Key, KeyRecord> run;
    for (const KeyRecord& one : records) run[one.key] = one;
    return run;
  };
  write_run(run_name(0), run_of({known_here, filler, ones, notable}), spec());
  write_run(run_name(1), run_of({known, filler, ones, plain}), spec());
  KindTotals totals;
  const auto shared = merge(2, 1 << 20, totals);
  EXPECT_EQ(totals.known_left_out, 1U);
  EXPECT_EQ(totals.filler_left_out, 2U);
  ASSERT_EQ(shared.size(), 1U);
  EXPECT_EQ(shared[0].key, plain.key);
  EXPECT_TRUE(shared[0].notable);
  EXPECT_EQ(shared[0].value, "v4");
}

TEST_F(KindMerge, a_picture_of_one_exhibits_own_camera_counts_in_full) {
  KeyRecord small = record(1, 900), taken = record(2, 900);
  KeyRecord there = taken;
  taken.flags = kFlagCamera;  // on the one that took it; the other has it somewhere
  write_run(run_name(0), {{small.key, small}, {taken.key, taken}}, spec());
  write_run(run_name(1), {{small.key, small}, {there.key, there}}, spec());
  KindTotals totals;
  const auto shared = merge(2, 1 << 20, totals);
  ASSERT_EQ(shared.size(), 2U);
  EXPECT_EQ(shared[0].key, taken.key);
  EXPECT_EQ(shared[0].weight, 7 * kMillion);
  EXPECT_EQ(shared[1].weight, key_weight(2, true, 900));
  // One alone makes a link that counts as one.
  EXPECT_EQ(link_score(10, static_cast<std::uint64_t>(shared[0].weight)), 30'000);
}

class LinkTest : public CaseworkTest {};

TEST_F(LinkTest, sums_of_pairs_are_those_of_a_plain_count_whatever_the_memory) {
  constexpr std::uint32_t kExhibits = 60;
  std::mt19937_64 random(4);
  struct Shared {
    std::vector<std::uint32_t> members;
    std::int64_t weight;
    std::uint64_t size;
  };
  std::vector<Shared> keys;
  std::map<std::pair<std::uint32_t, std::uint32_t>, PairSums> expected;
  for (int i = 0; i < 500; ++i) {
    std::set<std::uint32_t> members;
    while (members.size() < 2 + random() % 4) members.insert(static_cast<std::uint32_t>(random() % kExhibits));
    const std::uint64_t size = random() % 1'000'000;
    keys.push_back({{members.begin(), members.end()}, key_weight(members.size(), true, size), size});
    for (const std::uint32_t a : members)
      for (const std::uint32_t b : members) {
        if (a >= b) continue;
        PairSums& sums = expected[{a, b}];
        ++sums.keys;
        sums.bytes += size;
        sums.points += static_cast<std::uint64_t>(keys.back().weight);
      }
  }
  std::vector<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>> first;
  for (const std::size_t memory : {std::size_t{1} << 24, std::size_t{5'000}}) {
    LinkSums sums(dir_, kExhibits, memory);
    int passes = 0;
    const Status added = sums.add_kind(8, [&](const auto& each) {
      ++passes;
      for (const Shared& key : keys) each(key.members, key.weight, key.size);
      return ok_status();
    });
    ASSERT_TRUE(added.ok());
    EXPECT_EQ(passes == 1, memory > 1'000'000);
    std::vector<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>> links;
    std::uint64_t left_out = 0;
    std::int64_t last = INT64_MAX;
    const Status ranked = sums.ranked(400, left_out, [&](const Link& link) {
      const PairSums& want = expected.at({link.a, link.b});
      EXPECT_EQ(link.kinds[8].keys, want.keys);
      EXPECT_EQ(link.kinds[8].bytes, want.bytes);
      EXPECT_EQ(link.kinds[8].points, want.points);
      EXPECT_EQ(link.score, kind_score(all_kinds()[8], want));
      EXPECT_LE(link.score, last);
      last = link.score;
      links.emplace_back(link.a, link.b, link.score);
      return ok_status();
    });
    ASSERT_TRUE(ranked.ok());
    EXPECT_EQ(links.size(), 400U);
    EXPECT_EQ(left_out, expected.size() - 400);
    if (first.empty()) first = links;
    EXPECT_EQ(links, first);
  }
}

TEST(Scores, are_as_documented) {
  EXPECT_EQ(key_weight(2, false, 0), kMillion);
  EXPECT_EQ(key_weight(3, false, 0), kMillion / 3);
  EXPECT_EQ(key_weight(2, true, 1 << 19), kMillion);   // 512 KiB
  EXPECT_EQ(key_weight(2, true, 1 << 30), kMillion);   // no more beyond
  EXPECT_EQ(key_weight(2, true, 1023), kMillion / 2);  // 10 bits of 20
  EXPECT_EQ(key_weight(2, true, 1), kMillion / 20);
  EXPECT_EQ(link_score(10, 0), 0);
  EXPECT_EQ(link_score(10, 1'000'000), 10'000);  // one point: once the weight
  EXPECT_EQ(link_score(10, 3'000'000), 20'000);
  EXPECT_EQ(link_score(10, 1'023'000'000), 100'000);
  EXPECT_NEAR(static_cast<double>(link_score(1, 500'000)), 585, 1);
  EXPECT_LE(link_score(100, ~std::uint64_t{0}), 3'400'000);
}

TEST(Kinds, are_well_formed) {
  std::set<std::string_view> names;
  for (const Kind& kind : all_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second);
    EXPECT_LE(kind.name.size(), 31U);
    EXPECT_LE(kind.value_width, kMaxValueBytes);
    EXPECT_EQ(kind.is_sha256 || !kind.has_run(), kind.value_width == 0);
    EXPECT_GT(kind.link_weight, 0);
  }
  EXPECT_TRUE(names.contains("content"));
}

TEST(Kinds, normalisers_make_equal_what_is_equal_and_drop_what_says_nothing) {
  EXPECT_EQ(normal_identifier("5A4D-0001"), normal_identifier("5a4d0001"));
  EXPECT_EQ(normal_identifier("0000-0000"), "");
  EXPECT_EQ(normal_identifier("ffffffff"), "");
  EXPECT_EQ(normal_identifier(""), "");
  EXPECT_EQ(normal_serial("  wd-wcc4n0123456 "), "WDWCC4N0123456");
  EXPECT_EQ(normal_serial("unknown"), "");
  EXPECT_EQ(normal_serial("N/A"), "");
  EXPECT_EQ(windows_installation("S-1-5-21-1004336348-1177238915-682003330-1001"),
            "S-1-5-21-1004336348-1177238915-682003330");
  EXPECT_EQ(windows_installation("S-1-5-32-544"), "");
  EXPECT_EQ(windows_installation("S-1-5-21-1-2-3"), "");
  EXPECT_EQ(windows_installation("S-1-5-21-1-2-3-4-5"), "");
  EXPECT_EQ(windows_installation("S-1-5-21-1-2-99999999999-4"), "");
  EXPECT_EQ(windows_account("S-1-5-21-1-2-3-513"), "");
  EXPECT_EQ(windows_account("S-1-5-21-1-2-3-1001"), "S-1-5-21-1-2-3-1001");
  EXPECT_EQ(user_folder("JDoe "), "jdoe");
  EXPECT_EQ(user_folder("Public"), "");
}

TEST(Volumes, a_short_serial_on_other_volumes_is_chance) {
  ExhibitFacts a, b;
  a.volume_list = {{"fat32", "STICK", "DEAD-BEEF", "parsed", "", 1'000'000},
                   {"ntfs", "", "0123456789ABCDEF", "parsed", "", 5}};
  b.volume_list = {{"fat16", "OTHER", "dead-beef", "parsed", "", 2'000'000}, {"ext4", "", "1-2-3", "parsed", "", 7}};
  auto shared = shared_volumes(a, b);
  ASSERT_EQ(shared.size(), 1U);
  EXPECT_FALSE(shows_same_device(shared, true));
  std::string said = volumes_sentence(shared);
  for (const char* word : {"DEADBEEF", "STICK", "OTHER", "fat32", "fat16", "32 bits", "chance"})
    EXPECT_NE(said.find(word), std::string::npos) << said;
  // The same volume, and files in common: one device.
  b.volume_list.push_back(a.volume_list[0]);
  shared = shared_volumes(a, b);
  EXPECT_TRUE(shared[0].alike());
  EXPECT_TRUE(shows_same_device(shared, true));
  EXPECT_FALSE(shows_same_device(shared, false));
  EXPECT_NE(volumes_sentence(shared).find("by chance"), std::string::npos);
  // 64 bits are enough by themselves.
  b.volume_list = {{"ntfs", "Windows", "0123456789abcdef", "parsed", "", 5}};
  shared = shared_volumes(a, b);
  EXPECT_TRUE(shows_same_device(shared, false));
  EXPECT_EQ(volumes_sentence(shared).find("chance"), std::string::npos);
  EXPECT_TRUE(shared_volumes(a, ExhibitFacts()).empty());
}

TEST(Attention, natural_order_counts_numbers) {
  std::vector<std::string> names{"B10", "B2", "A-1", "B02", "b1", "B2a", ""};
  std::sort(names.begin(), names.end(), natural_less);
  EXPECT_EQ(names, (std::vector<std::string>{"", "A-1", "B02", "B2", "B2a", "B10", "b1"}));
}

TEST(Attention, the_worst_comes_first_and_every_place_has_a_reason) {
  ExhibitInput one, damaged, missing, danger;
  ExhibitFacts calm, broken, urgent;
  calm.verdict = "verified";
  broken.verdict = "mismatch";
  urgent.verdict = "verified";
  urgent.findings[0] = 1;
  std::vector<AttentionInput> inputs(4);
  const ExhibitInput* const exhibits[] = {&one, &damaged, &missing, &danger};
  const ExhibitFacts* const facts[] = {&calm, &broken, nullptr, &urgent};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    inputs[i].exhibit = exhibits[i];
    inputs[i].facts = facts[i];
  }
  inputs[2].problem = "it was not examined yet";
  const auto ranked = rank_attention(inputs);
  EXPECT_EQ(ranked[3].place, 1);
  EXPECT_EQ(ranked[1].place, 2);
  EXPECT_EQ(ranked[2].place, 3);
  EXPECT_EQ(ranked[0].place, 4);
  for (const Attention& attention : ranked) EXPECT_FALSE(attention.reason.empty());
  EXPECT_EQ(ranked[0].level, "routine");
}

}  // namespace
}  // namespace limier::casework::testing
