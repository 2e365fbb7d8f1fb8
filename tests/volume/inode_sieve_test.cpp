// The sieve between libtsk's walks over inodes and a table of inodes of our own: whatever the sieve keeps from the
// table, a callback must see what it would see without the sieve.
#include "volume/inode_sieve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace limier::volume {
namespace {

constexpr int kEverything = TSK_FS_META_FLAG_ALLOC | TSK_FS_META_FLAG_UNALLOC;
constexpr int kDeleted = TSK_FS_META_FLAG_UNALLOC | TSK_FS_META_FLAG_USED;
constexpr std::uint64_t kNever = UINT64_MAX;

// As ntfs_inode_walk: what cannot be taken apart is passed over without a word, what cannot be read ends the walk.
struct Table {
  TSK_FS_INFO fs{};        // first: libtsk hands this back
  std::vector<int> flags;  // of each inode; 0: damaged
  std::uint64_t unreadable = kNever;
  std::size_t taken_apart = 0;

  explicit Table(std::size_t count) : flags(count) {
    fs.ftype = TSK_FS_TYPE_NTFS;
    fs.last_inum = count - 1;
    fs.inode_walk = walk;
  }
  static Table of(std::uint32_t seed) {
    std::mt19937 random(seed);
    Table table(200 + random() % 800);
    for (int& one : table.flags) {
      const bool damaged = random() % 16 == 0, in_use = random() % 3 != 0, used = random() % 8 != 0;
      one = damaged ? 0
                    : (in_use ? TSK_FS_META_FLAG_ALLOC : TSK_FS_META_FLAG_UNALLOC) |
                          (used ? TSK_FS_META_FLAG_USED : TSK_FS_META_FLAG_UNUSED);
    }
    return table;
  }
  static std::uint8_t walk(TSK_FS_INFO* fs, TSK_INUM_T first, TSK_INUM_T last, TSK_FS_META_FLAG_ENUM flags,
                           TSK_FS_META_WALK_CB action, void* pointer) {
    auto& self = *reinterpret_cast<Table*>(fs);
    int wanted = flags;
    if ((wanted & (TSK_FS_META_FLAG_USED | TSK_FS_META_FLAG_UNUSED)) == 0)
      wanted |= TSK_FS_META_FLAG_USED | TSK_FS_META_FLAG_UNUSED;
    for (TSK_INUM_T inode = first; inode <= last; ++inode) {
      if (inode == self.unreadable) return 1;
      ++self.taken_apart;
      const int has = self.flags.at(inode);
      if (has == 0 || (has & wanted) != has) continue;
      TSK_FS_META meta{};
      meta.addr = inode;
      meta.flags = static_cast<TSK_FS_META_FLAG_ENUM>(has);
      TSK_FS_FILE file{};
      file.meta = &meta;
      const TSK_WALK_RET_ENUM answer = action(&file, pointer);
      if (answer == TSK_WALK_STOP) return 0;
      if (answer == TSK_WALK_ERROR) return 1;
    }
    return 0;
  }
};

struct Seen {
  std::vector<std::uint64_t> inodes;
  std::uint64_t stops_at = kNever;
  std::uint8_t failed = 0;
  bool operator==(const Seen&) const = default;
};

TSK_WALK_RET_ENUM see(TSK_FS_FILE* file, void* seen) {
  auto& self = *static_cast<Seen*>(seen);
  self.inodes.push_back(file->meta->addr);
  return file->meta->addr >= self.stops_at ? TSK_WALK_STOP : TSK_WALK_CONT;
}

Seen walked(Table& table, int flags, std::uint64_t first, std::uint64_t last, std::uint64_t stops_at = kNever) {
  Seen seen;
  seen.stops_at = stops_at;
  seen.failed = table.fs.inode_walk(&table.fs, first, last, static_cast<TSK_FS_META_FLAG_ENUM>(flags), see, &seen);
  return seen;
}

Seen walked(Table& table, int flags) {
  return walked(table, flags, table.fs.first_inum, table.fs.last_inum);
}

Seen without(Seen seen, const std::vector<std::uint64_t>& inodes) {
  std::erase_if(seen.inodes, [&](std::uint64_t inode) { return std::ranges::binary_search(inodes, inode); });
  return seen;
}

constexpr std::uint32_t kTables = 40;

std::vector<Seen> walked_in_parts(Table& table) {
  const std::uint64_t last = table.fs.last_inum;
  std::vector<Seen> all;
  for (const int flags : {int{TSK_FS_META_FLAG_UNALLOC}, kDeleted, TSK_FS_META_FLAG_UNALLOC | TSK_FS_META_FLAG_UNUSED,
                          int{TSK_FS_META_FLAG_ALLOC}, kEverything})
    for (const std::uint64_t first : {std::uint64_t{0}, last / 3, last})
      all.push_back(walked(table, flags, first, std::max(first, last - first / 2)));
  return all;
}

TEST(InodeSieve, ACallbackSeesWhatItWouldSeeWithoutTheSieve) {
  for (std::uint32_t seed = 0; seed < kTables; ++seed) {
    Table table = Table::of(seed);
    const auto whole = walked(table, kEverything);
    const auto parts = walked_in_parts(table);
    const InodeSieve sieve(&table.fs);
    EXPECT_EQ(walked(table, kEverything), whole) << seed;
    EXPECT_EQ(walked_in_parts(table), parts) << seed;
  }
}

TEST(InodeSieve, LeavesOutWhatItIsToldAndNothingElse) {
  for (std::uint32_t seed = 0; seed < kTables; ++seed) {
    Table table = Table::of(seed);
    const Seen expected = walked(table, kDeleted);
    std::vector<std::uint64_t> named;
    std::mt19937 random(1000 + seed);
    for (const std::uint64_t inode : expected.inodes)
      if (random() % 2 == 0) named.push_back(inode);
    for (const bool known : {true, false}) {
      InodeSieve sieve(&table.fs);
      if (known) walked(table, kEverything);
      sieve.leave_out(named);
      EXPECT_EQ(walked(table, kDeleted), without(expected, named)) << seed << known;
      table.fs.inode_walk = Table::walk;
    }
  }
}

TEST(InodeSieve, TakesOnlyThoseApartThatAreNotInUse) {
  Table table = Table::of(1);
  const InodeSieve sieve(&table.fs);
  walked(table, kEverything);
  table.taken_apart = 0;
  walked(table, kDeleted);
  const auto unallocated =
      std::ranges::count_if(table.flags, [](int flags) { return (flags & TSK_FS_META_FLAG_UNALLOC) != 0; });
  EXPECT_EQ(table.taken_apart, static_cast<std::size_t>(unallocated));
}

TEST(InodeSieve, AStopEndsTheWalkWithoutAnError) {
  Table table = Table::of(2);
  const std::uint64_t middle = table.fs.last_inum / 2;
  const Seen expected = walked(table, kDeleted, 0, table.fs.last_inum, middle);
  const InodeSieve sieve(&table.fs);
  walked(table, kEverything);
  EXPECT_EQ(walked(table, kDeleted, 0, table.fs.last_inum, middle), expected);
}

TEST(InodeSieve, AFirstWalkThatDidNotReachTheEndProvesNothing) {
  Table table = Table::of(3);
  const Seen expected = walked(table, kDeleted);
  const std::uint64_t middle = table.fs.last_inum / 2;
  {
    const InodeSieve sieve(&table.fs);
    walked(table, kEverything, 0, table.fs.last_inum, middle);
    EXPECT_EQ(walked(table, kDeleted), expected) << "stopped";
    table.fs.inode_walk = Table::walk;
  }
  const InodeSieve sieve(&table.fs);
  table.unreadable = middle;
  EXPECT_EQ(walked(table, kEverything).failed, 1);
  table.unreadable = kNever;
  EXPECT_EQ(walked(table, kDeleted), expected) << "unreadable";
}

TEST(InodeSieve, AnErrorIsHandedOn) {
  Table table = Table::of(4);
  const InodeSieve sieve(&table.fs);
  const Seen everything = walked(table, kEverything);
  const auto deleted = std::ranges::find_if(
      everything.inodes, [&](std::uint64_t inode) { return (table.flags[inode] & TSK_FS_META_FLAG_UNALLOC) != 0; });
  table.unreadable = *deleted;
  EXPECT_EQ(walked(table, kDeleted).failed, 1);
}

}  // namespace
}  // namespace limier::volume
