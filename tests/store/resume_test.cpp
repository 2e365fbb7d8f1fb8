// An index that is taken up after a kill ends as the one that was left alone.
#include "store/fixture.h"

namespace limier::store::testing {
namespace {

class Resume : public StoreTest {
 protected:
  Status open(bool resume, const RunKey& key = {{"--profile", "standard"}}) {
    EvidenceRow evidence;
    evidence.path = "laptop.E01";
    evidence.format = "ewf-e01";
    evidence.size_bytes = 1'000'000;
    RunRow run;
    run.started_ns = 1;
    Authority authority;
    authority.text = "training";
    writer_.reset();
    auto opened = resume ? IndexWriter::resume(dir_ + "/index.db", run, authority, evidence, key)
                         : IndexWriter::create(dir_ + "/index.db", run, authority, evidence, key);
    if (!opened.ok()) return opened.error();
    writer_ = std::move(*opened);
    return ok_status();
  }

  void container() {
    catalog::IssueRecord issue;
    issue.stage = "container";
    issue.code = "segment-missing";
    add(issue);
    add(catalog::BadRange{700'000, 512, "acquisition-error"});
  }
  void volumes() {
    volume(1, 0, 400'000);
    volume(2, 400'000, 400'000, "ext4");
    catalog::EncryptionRecord found;
    found.volume_id = 2;
    found.scheme = "LUKS1";
    add(found);
  }
  void walk(std::uint32_t id) {
    const std::uint64_t base = id == 1 ? 0 : 400'000;
    for (std::uint64_t n = 1; n <= 40; ++n) {
      const bool live = n % 3 != 0;
      add(name(n, numbered("/file", n), n + 10, live, id));
      add(inode(n + 10, live, id));
      add(stream(n + 10, catalog::ContentSource::kExtents, 4096, 1, id));
      // Deleted files lie partly under live ones, some of them in the other volume.
      const std::uint64_t at = n % 9 == 0 ? 400'000 - base + n * 5000 : base + n * 5000 + (live ? 0 : 3000);
      add(extent(n + 10, 0, at, 4096, catalog::ExtentKind::kData, 0, id));
    }
    auto damaged = stream(500, catalog::ContentSource::kDigested, 10, 0, id);
    damaged.touched_damage = true;
    add(inode(500, false, id));
    add(damaged);
    add(extent(500, 0, base + 5000, 10, catalog::ExtentKind::kResident, 0, id));
    add(inode(11, true, id));  // sent twice: refused and counted
    catalog::IssueRecord issue;
    issue.stage = "walk";
    issue.code = "listing-may-be-incomplete";
    issue.volume_id = id;
    issue.inode = 12;
    issue.incomplete = true;
    add(issue);
    check(writer_->set_volume_status(id, catalog::VolumeStatus::kPartial));
  }
  void sweep_media() {
    check(writer_->rewind_sweep());
    add(catalog::BadRange{20'000, 4096, "bad-checksum"});
    sweep();
    catalog::IssueRecord issue;
    issue.stage = "sweep";
    issue.code = "chunk-quarantined";
    add(issue);
  }

  // The whole run; dies after so many actions. True when it came to its end.
  bool run(int actions) {
    const auto dies = [&] { return actions-- == 0; };
    if (!writer_->done(Step::kContainer)) {
      container();
      if (dies()) return false;
      check(writer_->finish_step(Step::kContainer));
    }
    if (dies()) return false;
    if (!writer_->done(Step::kVolumes)) {
      volumes();
      if (dies()) return false;
      check(writer_->finish_step(Step::kVolumes));
    }
    for (std::uint32_t id = 1; id <= 2; ++id) {
      if (writer_->walked(id)) continue;
      walk(id);
      if (dies()) return false;
      check(writer_->finish_walk(id));
      if (dies()) return false;
    }
    if (!writer_->done(Step::kCatalog)) {
      check(writer_->build_catalog());
      if (dies()) return false;
      check(writer_->finish_step(Step::kCatalog));
    }
    if (!writer_->done(Step::kSweep)) {
      sweep_media();
      if (dies()) return false;
      check(writer_->finish_evidence(digest_of({}, kAllDigests), Verdict::kDamaged, true));
      if (dies()) return false;
      check(writer_->finish_step(Step::kSweep));
    }
    if (!writer_->done(Step::kCoverage)) {
      check(writer_->build_coverage());
      if (dies()) return false;
      check(writer_->finish_step(Step::kCoverage));
    }
    check(writer_->finish("finished", 5, 2));
    return true;
  }

  std::string everything() {
    writer_.reset();
    auto opened = Index::open(dir_);
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().message);
    if (!opened.ok()) return {};
    index_ = std::move(*opened);
    std::string all;
    for (const char* view : {"v_evidence", "v_segment", "v_bad_range", "v_volume", "v_file", "v_content", "v_extent",
                             "v_timeline", "v_issue", "v_encryption", "v_coverage", "v_not_examined", "v_authority"})
      all += std::string(view) + "\n" + rows(std::string("SELECT * FROM ") + view) + "\n";
    index_.reset();
    return all;
  }
  void start_over() {
    writer_.reset();
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    check(open(false));
  }
  std::string undisturbed() {
    start_over();
    EXPECT_TRUE(run(1000));
    return everything();
  }
};

TEST_F(Resume, AfterEachActionItComesToTheSameEnd) {
  const std::string expected = undisturbed();
  for (int actions = 0;; ++actions) {
    start_over();
    if (run(actions)) {
      EXPECT_GE(actions, 11);
      break;
    }
    check(open(true));
    EXPECT_FALSE(writer_->recorded_exit_code().has_value());
    ASSERT_TRUE(run(1000));
    EXPECT_EQ(everything(), expected) << actions;
  }
}

// Ctrl-C makes a provisional end of what is there; the next run takes it out again.
TEST_F(Resume, AfterAnInterruptionItComesToTheSameEnd) {
  const std::string expected = undisturbed();
  for (int actions = 0; actions < 11; ++actions) {
    start_over();
    ASSERT_FALSE(run(actions));
    check(writer_->finish("interrupted", 130, 2));
    EXPECT_FALSE(everything().empty());  // what was found can be read
    check(open(true));
    ASSERT_TRUE(run(1000));
    EXPECT_EQ(everything(), expected) << actions;
  }
}

TEST_F(Resume, AFinishedIndexIsLeftAsItIs) {
  const std::string expected = undisturbed();
  check(open(true));
  EXPECT_EQ(writer_->recorded_exit_code(), 5);
  const auto conditions = writer_->conditions();
  ASSERT_TRUE(conditions.ok());
  EXPECT_TRUE(conditions->incomplete);
  check(writer_->close_finished());
  EXPECT_EQ(everything(), expected);
}

TEST_F(Resume, AnotherKeyIsRefusedByName) {
  start_over();
  ASSERT_FALSE(run(3));
  const auto refused = [&](const RunKey& key) {
    const Status status = open(true, key);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::kRefused);
    return status.error().message;
  };
  EXPECT_NE(refused({{"--profile", "list"}}).find("--profile was 'standard' and is 'list'"), std::string::npos);
  EXPECT_NE(refused({}).find("--profile was 'standard' and is none"), std::string::npos);
  EXPECT_NE(refused({{"--profile", "standard"}, {"segment 2", "x.E02"}}).find("segment 2 was none"), std::string::npos);
  check(open(true));
  EXPECT_TRUE(run(1000));
}

TEST_F(Resume, OnlyAWholeCheckpointCounts) {
  start_over();
  ASSERT_FALSE(run(9));  // the catalog is finished
  writer_.reset();
  check(open(true));
  check(writer_->rewind_sweep());
  const auto ids = writer_->next_plan(2);
  ASSERT_TRUE(ids.ok());
  ASSERT_EQ(ids->size(), 2u);
  const std::uint64_t first = (*ids)[0].content_id, second = (*ids)[1].content_id;
  const auto put = [&](std::uint64_t id, const std::vector<std::uint8_t>& state) {
    const auto known = writer_->add_open_content(id, Bytes(state));
    EXPECT_TRUE(known.ok());
    return known.ok() && *known;
  };
  EXPECT_TRUE(put(first, {1}));
  EXPECT_FALSE(put(first, {2}));    // twice
  EXPECT_FALSE(put(999'999, {2}));  // not in the plan
  check(writer_->put_checkpoint({1000, {7, 7}, {8}}));
  EXPECT_TRUE(put(first, {3}));
  EXPECT_TRUE(put(second, {4}));  // and then the worker dies
  add(catalog::BadRange{900, 512, "bad-checksum"});
  add(catalog::BadRange{0, 512, "bad-checksum"});

  for (const bool reopened : {false, true}) {
    if (reopened) check(open(true));
    check(writer_->rewind_sweep());
    const auto kept = writer_->checkpoint();
    ASSERT_TRUE(kept.ok() && kept->has_value());
    EXPECT_EQ((*kept)->image_offset, 1000u);
    EXPECT_EQ((*kept)->sweep, (std::vector<std::uint8_t>{7, 7}));
    EXPECT_EQ((*kept)->segments, std::vector<std::uint8_t>{8});
    const auto contents = writer_->next_open_contents(10);
    ASSERT_TRUE(contents.ok());
    EXPECT_EQ(*contents, (std::vector<std::vector<std::uint8_t>>{{1}}));
    const auto ranges = writer_->first_bad_ranges();  // what reaches beyond the checkpoint is taken back
    ASSERT_TRUE(ranges.ok());
    ASSERT_EQ(ranges->size(), 2u);
    EXPECT_EQ((*ranges)[0].length, 512u);
    EXPECT_EQ((*ranges)[0].image_offset, 0u);
  }
}

}  // namespace
}  // namespace limier::store::testing
