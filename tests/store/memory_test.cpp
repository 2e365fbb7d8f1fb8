// Joining and sorting in memory and by SQLite are two ways to one catalog.
#include <random>

#include "store/fixture.h"

namespace limier::store::testing {
namespace {

constexpr std::uint64_t kCluster = 4096;

class MemoryTest : public StoreTest {
 protected:
  // Folders, hard links, deleted names, reused inodes, streams, orphans behind everything else, clusters claimed twice.
  void fill(std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto one_in = [&](unsigned n) { return random() % n == 0; };
    create(4000 * kCluster);
    for (const std::uint32_t volume_id : {2u, 1u}) {
      volume(volume_id, (volume_id - 1) * 2000 * kCluster, 2000 * kCluster, volume_id == 1 ? "ntfs" : "ext4");
      std::vector<std::pair<std::uint64_t, std::string>> folders{{0, ""}};
      auto root = name(0, "/", 5, true, volume_id);
      root.name_length = 0;
      add(root);
      for (std::uint64_t id = 1; id <= 200; ++id) {
        if (one_in(3) && folders.size() > 1) folders.pop_back();
        // Now and then a parent that is no folder above, as orphans have it, or none at all.
        const auto parent = one_in(20) ? std::pair(random() % id, std::string("/else")) : folders.back();
        auto entry = name(id, parent.second + numbered("/n", id), random() % 150, !one_in(4), volume_id, parent.first);
        entry.sequence = one_in(10) ? 1 : 0;
        add(entry);
        if (one_in(3)) folders.emplace_back(id, entry.path);
      }
      for (std::uint64_t number = 0; number < 140; ++number) {
        auto record = inode((number * 37) % 140, !one_in(4), volume_id);
        record.kind = one_in(5) ? catalog::FileKind::kDir : catalog::FileKind::kFile;
        record.times.modified = catalog::utc_stamp(static_cast<std::int64_t>(random()));
        add(record);
        for (unsigned i = 0; i < random() % 3; ++i) {
          auto content = stream(record.inode, catalog::ContentSource::kExtents, 2 * kCluster, 1, volume_id);
          content.ref.attr_id = static_cast<std::uint16_t>(3 - i);
          content.is_default = i == 1;
          content.name = i == 1 ? "" : numbered("s", i);
          add(content);
          for (std::uint32_t seq = 0; seq < random() % 4; ++seq) {
            auto part = extent(record.inode, seq, ((volume_id - 1) * 2000 + random() % 300) * kCluster, kCluster,
                               static_cast<catalog::ExtentKind>(random() % 7), seq * kCluster, volume_id);
            part.ref = content.ref;
            if (one_in(8)) part.image_offset.reset();
            add(part);
          }
        }
      }
    }
  }

  std::string everything(std::uint32_t seed, std::optional<std::int64_t> rows_in_memory) {
    fill(seed);
    if (rows_in_memory) writer_->set_rows_in_memory(*rows_in_memory);
    finish_all();
    std::string all;
    for (const char* view : {"v_file", "v_extent", "v_coverage", "v_issue", "v_not_examined", "v_timeline"})
      all += rows(std::string("SELECT * FROM ") + view + " ORDER BY 1, 2, 3, 4") + "\n";
    TearDown();
    SetUp();
    return all;
  }
};

TEST_F(MemoryTest, TheCatalogIsTheSameEitherWay) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const std::string in_memory = everything(seed, std::nullopt);
    EXPECT_EQ(in_memory, everything(seed, 0)) << seed;
    EXPECT_GT(in_memory.size(), 20'000u);
  }
}

TEST_F(StoreTest, AParentIsFoundHoweverFarBack) {
  create();
  volume(1, 0, 500'000);
  add(name(1, "/a", 1));
  add(name(2, "/a/b", 2, true, 1, 1));
  add(name(3, "/c", 3));
  add(name(4, "/a/b/late", 4, true, 1, 2));  // below a folder that was left long ago
  add(name(5, "/a/b/later", 5, true, 1, 2));
  add(name(6, "/c/d", 6, true, 1, 3));
  add(name(7, "/nowhere/x", 7, true, 1, 90));
  finish_all();
  EXPECT_EQ(rows("SELECT file_id, parent_file_id FROM v_file ORDER BY file_id"), "1|-\n2|1\n3|-\n4|2\n5|2\n6|3\n7|-");
}

}  // namespace
}  // namespace limier::store::testing
