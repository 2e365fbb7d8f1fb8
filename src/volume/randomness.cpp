// The measure. For uniformly random bytes Pearson's chi-square over the 256 byte values has 255 degrees of freedom:
// mean 255, standard deviation 22.6 (Knuth, TAOCP vol. 2, 3.3.1). Deflate, bzip2 and video streams miss it by hundreds
// over 4 MiB; ciphers do not. Two more tests close the gap to range coders, whose single bytes are nearly even: the
// counts of neighbouring half bytes across a byte boundary (also 256 cells) and the serial correlation.
#include "volume/randomness.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "volume/signatures.h"

namespace limier::volume {

namespace {

constexpr std::size_t kBlock = 64u << 10;
constexpr std::uint64_t kSmallest = 256u << 10;
constexpr std::uint64_t kSampledBlocks = 128;  // 8 MiB
constexpr std::uint64_t kWholeZeroCheck = 64u << 20;
constexpr std::uint64_t kEnd = 1u << 20;
constexpr std::uint64_t kZeroSamples = 512;

// A single 64 KiB block of random bytes exceeds 400 once in 10^8 blocks or less; the sum over all samples is held
// tighter.
constexpr double kBlockLimit = 400.0;
constexpr double kTotalLow = 165.0;
constexpr double kTotalHigh = 370.0;

using Counts = std::array<std::uint64_t, 256>;

double chi_square(const Counts& counts, std::uint64_t total) {
  const double expected = static_cast<double>(total) / 256.0;
  double sum = 0;
  for (const std::uint64_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

struct Tally {
  Counts bytes{};
  Counts nibble_pairs{};
  std::uint64_t total = 0;
  std::uint64_t pairs = 0;
  double sum = 0, sum_squares = 0, sum_products = 0;
  double worst_block = 0;
  std::uint64_t blocks = 0;

  void add(Bytes block) {
    Counts local{};
    std::uint64_t sums = 0, squares = 0, products = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
      const std::uint64_t value = block[i];
      ++local[block[i]];
      sums += value;
      squares += value * value;
      if (i == 0) continue;
      products += value * block[i - 1];
      ++nibble_pairs[static_cast<std::size_t>((block[i - 1] & 15) << 4 | block[i] >> 4)];
    }
    for (std::size_t i = 0; i < 256; ++i) bytes[i] += local[i];
    total += block.size();
    pairs += block.size() - 1;
    sum += static_cast<double>(sums);
    sum_squares += static_cast<double>(squares);
    sum_products += static_cast<double>(products);
    worst_block = std::max(worst_block, chi_square(local, block.size()));
    ++blocks;
  }
  [[nodiscard]] double correlation() const {
    const double n = static_cast<double>(total);
    const double mean = sum / n;
    const double variance = sum_squares / n - mean * mean;
    return variance <= 0 ? 1.0 : (sum_products / static_cast<double>(pairs) - mean * mean) / variance;
  }
};

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

bool sampled_all_zero(const RangeReader& range) {
  const std::uint64_t size = range.size_bytes();
  if (size <= kWholeZeroCheck) {
    for (std::uint64_t at = 0; at < size; at += kBlock)
      if (!all_zero(range.read(at, kBlock))) return false;
    return true;
  }
  if (!all_zero(range.read(0, kEnd)) || !all_zero(range.read(size - kEnd, kEnd))) return false;
  const std::uint64_t stride = size / kZeroSamples;
  for (std::uint64_t i = 0; i < kZeroSamples; ++i)
    if (!all_zero(range.read(i * stride, kBlock))) return false;
  return true;
}

RandomnessReport measure_randomness(const RangeReader& range) {
  RandomnessReport report;
  const std::uint64_t size = range.size_bytes();
  if (size < kSmallest || starts_like_a_file(range.read(0, 512))) return report;
  const std::uint64_t blocks = std::min(size / kBlock, kSampledBlocks);
  Tally tally;
  for (std::uint64_t i = 0; i < blocks; ++i) {
    // Evenly spread, the first block at the start and the last one at the very end, on sector boundaries in between.
    const std::uint64_t last = size - kBlock;
    const std::uint64_t at = i + 1 == blocks ? last : (last / (blocks - 1) * i) & ~std::uint64_t{511};
    const auto block = range.read(at, kBlock);
    if (block.size() < kBlock) return report;
    tally.add(block);
    if (tally.worst_block > kBlockLimit) return report;
  }
  const double chi = chi_square(tally.bytes, tally.total);
  const double nibbles = chi_square(tally.nibble_pairs, tally.pairs);
  const double correlation = tally.correlation();
  // For random bytes the correlation is normal with deviation 1/sqrt(n).
  const bool uncorrelated = std::abs(correlation) < 5.0 / std::sqrt(static_cast<double>(tally.total));
  const auto plausible = [](double value) { return value >= kTotalLow && value <= kTotalHigh; };
  report.random = plausible(chi) && plausible(nibbles) && uncorrelated;
  report.detail = fmt::format(
      "{} blocks of 64 KiB sampled: byte chi-square {:.1f} (random: 255 ± 23), highest of a block {:.1f}, half-byte "
      "pairs "
      "{:.1f}, serial correlation {:.6f}; no known structure",
      tally.blocks, chi, tally.worst_block, nibbles, correlation);
  return report;
}

}  // namespace limier::volume
