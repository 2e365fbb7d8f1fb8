// Damaged sets, limier's reader against libewf: never other bytes without a signal, never fewer bytes than libewf
// reads.
#include <array>
#include <numeric>

#include "evidence/ewf_damage.h"
#include "evidence/positional.h"
#include "limier/base.h"

namespace limier::evidence {
namespace {

struct Counts {
  int variants = 0, refused = 0, signalled = 0, whole = 0, libewf_opens = 0, ahead = 0;
};

// Chunk by chunk. `ours` is null when limier refuses the set.
class Comparison {
 public:
  Comparison(const EwfSet& original, std::string what, bool forged)
      : original_(original), what_(std::move(what)), forged_(forged) {}

  void judge(const EwfSet& damaged, Counts& counts) {
    const Opened set = open_memory(damaged);
    bool unknown = false;
    auto mine = open_ewf(set.spec, set.fds, unknown);
    auto theirs = open_libewf(set.spec, set.fds);
    ++counts.variants;
    counts.libewf_opens += theirs.ok() ? 1 : 0;
    if (!mine.ok()) {
      ++counts.refused;
      if (!unknown && theirs.ok()) {
        EXPECT_EQ(useful_chunks(**theirs), 0u) << what_ << ": " << mine.error().message;
      }
      return;
    }
    const Image& image = **mine;
    look_for_silent_bytes(image, set, counts);
    const Image* other = theirs.ok() ? theirs->get() : nullptr;
    if (other == nullptr) return;
    if (other->chunk_size() == image.chunk_size() && sized_alike(image)) {
      compare_with(image, *other, counts);
    } else {
      EXPECT_EQ(useful_chunks(*other), 0u) << what_ << ": libewf sees another size";
    }
  }

 private:
  [[nodiscard]] bool sized_alike(const Image& image) const { return image.size_bytes() == original_.media.size(); }
  [[nodiscard]] Bytes truth(const Image& image, std::uint64_t chunk) const {
    const std::uint64_t offset = chunk * image.chunk_size();
    if (offset >= original_.media.size()) return {};
    return Bytes(original_.media)
        .subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(std::min<std::uint64_t>(
                                                       image.chunk_size(), original_.media.size() - offset)));
  }
  static bool equal(Bytes chunk, Bytes truth) {
    return !truth.empty() && std::equal(truth.begin(), truth.end(), chunk.begin());
  }
  // Chunks with content that come out right: zeros prove nothing, for that is what libewf gives of what it lost.
  [[nodiscard]] std::size_t useful_chunks(const Image& image) const {
    if (image.chunk_size() > (16u << 20) || !sized_alike(image)) return 0;
    std::size_t count = 0;
    std::vector<std::uint8_t> bytes(image.chunk_size());
    for (std::uint64_t chunk = 0; chunk < image.chunk_count(); ++chunk) {
      image.decode_chunk(chunk, bytes);
      const Bytes right = truth(image, chunk);
      count += equal(bytes, right) && !is_zero(right) ? 1 : 0;
    }
    return count;
  }
  // Bytes called good that were never acquired. Where checksums were forged, any remark is a signal, and so is the
  // stored digest; where they were not, nothing excuses it.
  void look_for_silent_bytes(const Image& image, const Opened& set, Counts& counts) {
    if (image.chunk_size() > (16u << 20)) return;
    std::vector<std::uint8_t> bytes(image.chunk_size());
    std::uint64_t wrong = 0, unread = 0, first_wrong = 0;
    Hasher hasher({true, false, false});
    for (std::uint64_t chunk = 0; chunk < std::min<std::uint64_t>(image.chunk_count(), 4096); ++chunk) {
      const ChunkState state = image.decode_chunk(chunk, bytes);
      const std::uint64_t rest = image.size_bytes() - chunk * image.chunk_size();
      hasher.update(Bytes(bytes).first(static_cast<std::size_t>(std::min<std::uint64_t>(rest, bytes.size()))));
      if (state > ChunkState::kZero)
        ++unread;
      else if (!equal(bytes, truth(image, chunk)) && wrong++ == 0)
        first_wrong = chunk;
    }
    const bool remark = unread > 0 || !image.open_issues().empty();
    counts.signalled += remark ? 1 : 0;
    counts.whole += !remark && wrong == 0 && sized_alike(image) ? 1 : 0;
    if (wrong == 0) return;
    if (!forged_) {
      ADD_FAILURE() << what_ << ": " << wrong << " chunks called good are not, the first is " << first_wrong;
    } else if (!remark) {
      EXPECT_TRUE(digest_tells(set, hasher.finish())) << what_ << ": " << wrong << " chunks differ, nothing says so";
    }
  }
  static bool digest_tells(const Opened& set, const Digests& computed) {
    const auto record = read_container_record(set.spec, set.fds);
    return record.ok() && record->stored_md5 && *record->stored_md5 != *computed.md5;
  }
  void compare_with(const Image& mine, const Image& theirs, Counts& counts) {
    std::vector<std::uint8_t> a(mine.chunk_size()), b(mine.chunk_size());
    std::uint64_t fewer = 0, first = 0, more = 0;
    for (std::uint64_t chunk = 0; chunk < mine.chunk_count(); ++chunk) {
      const Bytes right = truth(mine, chunk);
      if (is_zero(right)) continue;
      mine.decode_chunk(chunk, a);
      theirs.decode_chunk(chunk, b);
      const bool we = equal(a, right), they = equal(b, right);
      if (they && !we && fewer++ == 0) first = chunk;
      more += we && !they ? 1 : 0;
    }
    counts.ahead += more > 0 ? 1 : 0;
    EXPECT_EQ(fewer, 0u) << what_ << ": libewf reads chunk " << first << " and limier does not; limier reads " << more
                         << " that libewf does not";
  }

  const EwfSet& original_;
  std::string what_;
  bool forged_;
};

// Variants that broke a promise once: always run.
constexpr std::array kFoundBefore{11287, 13701};

int wanted_variants() {
  const char* wanted = std::getenv("LIMIER_EWF_VARIANTS");
  return wanted != nullptr ? std::atoi(wanted) : 400;
}

TEST(EwfDifferential, DamagedSetsAgainstLibewf) {
  const TempFolder folder;
  std::vector<EwfSet> sets;
  for (const Recipe& recipe : {Recipe{"plain", "-f encase6 -c none", 1u << 20},
                               {"fast", "-f encase6 -c fast", 2u << 20},
                               {"small", "-f ftk -c best -b 16", 700'000 / 512 * 512},
                               {"old", "-f encase2 -c none", 600u << 10},
                               {"smart", "-f smart -c fast", 900u << 10},
                               {"split", "-f encase6 -c none -S 1048576", 4u << 20},
                               {"parts", "-f encase5 -c fast -S 1048576", 6u << 20}})
    sets.push_back(acquire(folder, recipe));
  for (const EwfSet& set : sets) ASSERT_FALSE(set.segments.empty()) << set.name;
  ASSERT_GT(sets[5].segments.size(), 3u);
  ASSERT_GT(sets[6].segments.size(), 2u);
  Counts counts;
  const int total = wanted_variants();
  const char* only = std::getenv("LIMIER_EWF_ONLY");
  std::vector<int> numbers(kFoundBefore.begin(), kFoundBefore.end());
  numbers.resize(numbers.size() + static_cast<std::size_t>(total));
  std::iota(numbers.begin() + std::ssize(kFoundBefore), numbers.end(), 0);
  if (only != nullptr) numbers = {std::atoi(only)};
  for (const int number : numbers) {
    const EwfSet& original = sets[static_cast<std::size_t>(number) % sets.size()];
    EwfSet damaged = original;
    Damage damage(damaged, static_cast<std::uint64_t>(number));
    const std::string what = original.name + " #" + std::to_string(number) + ":" + damage.apply();
    Comparison(original, what, damage.forged()).judge(damaged, counts);
  }
  std::printf("%d variants: libewf opens %d, limier refuses %d; %d with a remark, %d whole; in %d limier reads more\n",
              counts.variants, counts.libewf_opens, counts.refused, counts.signalled, counts.whole, counts.ahead);
}

}  // namespace
}  // namespace limier::evidence
