// Look-ups in a hash set: opening and verifying it, then a million digests, half of them in it. bench/hashset.py runs
// it.
#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

#include "limier/hashset.h"

namespace {

using namespace limier;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLookUps = 1'000'000;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

// The pages of the file leave the system's cache, so far as nobody else holds them.
void drop_pages(const char* path) {
  const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  ::fsync(fd.get());
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
}

// Of this thread: what others do on the machine does not count.
double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double look_up(const hashset::Set& set, const std::vector<Sha256>& digests, std::size_t& found) {
  const double begun = cpu_seconds();
  for (const Sha256& digest : digests) found += set.find(hashset::Section::kSha256, digest.data()).count;
  return cpu_seconds() - begun;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::atomic<int> go_on{0};
  std::vector<Sha256> digests;
  {
    // Half of them from the set: every so many-th key is read back from the file.
    const auto set = hashset::Set::open(argv[1]);
    if (!set) return fmt::print(stderr, "{}\n", set.error().message), 1;
    const std::uint64_t entries = (*set)->info().entries[0];
    const UniqueFd fd(::open(argv[1], O_RDONLY | O_CLOEXEC));
    const std::uint64_t rest_at = (4096 + 16 * entries + 15) / 16 * 16;
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < kLookUps; ++i) {
      Sha256& digest = digests.emplace_back();
      if (i % 2 == 0) {
        const std::uint64_t entry = random() % entries;
        if (::pread(fd.get(), digest.data(), 16, static_cast<off_t>(4096 + 16 * entry)) != 16 ||
            ::pread(fd.get(), digest.data() + 16, 16, static_cast<off_t>(rest_at + 16 * entry)) != 16)
          return 1;
      } else {
        for (std::uint8_t& byte : digest) byte = static_cast<std::uint8_t>(random());
      }
    }
  }
  auto sorted = digests;
  std::ranges::sort(sorted);
  std::size_t found = 0;
  drop_pages(argv[1]);
  auto begun = Clock::now();
  const auto cold = hashset::Set::open(argv[1]);
  const double ordered = look_up(**cold, sorted, found);
  fmt::print("  cold, in order: {:.2f} s for {} digests, {} found\n", seconds_since(begun), kLookUps, found);
  const double warm = look_up(**cold, sorted, found), scattered = look_up(**cold, digests, found);
  fmt::print("  CPU a digest: cold {:.0f} ns, warm in order {:.0f} ns, warm in no order {:.0f} ns\n",
             ordered / kLookUps * 1e9, warm / kLookUps * 1e9, scattered / kLookUps * 1e9);
  begun = Clock::now();
  const auto good = (*cold)->verify(go_on);
  fmt::print("  verified from end to end in {:.2f} s: {}\n", seconds_since(begun),
             good.ok() ? "whole" : good.error().message);
  return good.ok() && found >= kLookUps / 2 ? 0 : 1;
}
