#include "entities/blocks.h"

#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace limier::entities {
namespace {

// A byte's classes, one bit each. Letters take two, so that two small tables, of the upper and of the lower half of a
// byte, say for each whether it has all of a class.
enum : std::uint8_t {
  kDigit = 1,
  kFirstLetters = 2,   // columns 4 and 6
  kSecondLetters = 4,  // columns 5 and 7
  kAt = 8,
  kColon = 16,
  kSign = 32,
  kPrint = 64,
  kZero = 128
};
constexpr std::array<std::uint8_t, 16> kUpper{kZero,
                                              0,
                                              kSign | kPrint,
                                              kDigit | kColon | kPrint,
                                              kFirstLetters | kAt | kPrint,
                                              kSecondLetters | kPrint,
                                              kFirstLetters | kPrint,
                                              kSecondLetters | kPrint};
constexpr std::array<std::uint8_t, 16> lower_half() {
  std::array<std::uint8_t, 16> table{};
  for (std::uint8_t i = 0; i < 16; ++i) {
    std::uint8_t classes = kPrint;
    if (i <= 9) classes |= kDigit;
    if (i >= 1) classes |= kFirstLetters;
    if (i <= 10) classes |= kSecondLetters;
    if (i == 0) classes |= kAt | kZero;
    if (i == 10) classes |= kColon;
    if (i == 11 || i == 13 || i == 14) classes |= kSign;
    table[i] = classes;
  }
  return table;
}
constexpr std::array<std::uint8_t, 16> kLower = lower_half();

constexpr std::array<std::uint8_t, 256> all_classes() {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = kUpper[i >> 4] & kLower[i & 15];
  return table;
}
constexpr std::array<std::uint8_t, 256> kClasses = all_classes();

}  // namespace

void masks_portable(const std::uint8_t* bytes, std::size_t blocks, Masks* masks) {
  for (std::size_t block = 0; block < blocks; ++block, bytes += kBlockBytes) {
    Masks& out = masks[block];
    out = Masks();
    for (unsigned i = 0; i < kBlockBytes; ++i) {
      const std::uint64_t classes = kClasses[bytes[i]];
      out.digit |= (classes & 1u) << i;
      out.alnum |= ((classes | classes >> 1u | classes >> 2u) & 1u) << i;
      out.at |= (classes >> 3u & 1u) << i;
      out.colon |= (classes >> 4u & 1u) << i;
      out.sign |= (classes >> 5u & 1u) << i;
      out.print |= (classes >> 6u & 1u) << i;
      out.zero |= (classes >> 7u) << i;
    }
  }
}

#if defined(__x86_64__)

namespace {

struct Half {
  std::uint32_t alnum, digit, at, colon, sign, print, zero;
};

[[gnu::target("avx2"), gnu::always_inline]] inline Half half_of(const std::uint8_t* bytes, __m256i upper,
                                                                __m256i lower) {
  const __m256i low_bits = _mm256_set1_epi8(0x0f);
  const __m256i data = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(data, 4), low_bits);
  const __m256i classes =
      _mm256_and_si256(_mm256_shuffle_epi8(upper, high), _mm256_shuffle_epi8(lower, _mm256_and_si256(data, low_bits)));
  // The class to the top bit of its byte. What comes over from the byte beside stays below.
  const auto bits = [&]<int kShift>() __attribute__((target("avx2"), always_inline)) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(classes, kShift)));
  };
  Half half{};
  half.digit = bits.template operator()<7>();
  half.alnum = half.digit | bits.template operator()<6>() | bits.template operator()<5>();
  half.at = bits.template operator()<4>();
  half.colon = bits.template operator()<3>();
  half.sign = bits.template operator()<2>();
  half.print = bits.template operator()<1>();
  half.zero = bits.template operator()<0>();
  return half;
}

std::uint64_t joined(std::uint32_t low, std::uint32_t high) {
  return static_cast<std::uint64_t>(high) << 32u | low;
}

[[gnu::target("avx2")]] void masks_avx2(const std::uint8_t* bytes, std::size_t blocks, Masks* masks) {
  const __m256i upper = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(kUpper.data())));
  const __m256i lower = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(kLower.data())));
  for (std::size_t block = 0; block < blocks; ++block, bytes += kBlockBytes) {
    const Half a = half_of(bytes, upper, lower), b = half_of(bytes + kBlockBytes / 2, upper, lower);
    Masks& out = masks[block];
    out.alnum = joined(a.alnum, b.alnum);
    out.digit = joined(a.digit, b.digit);
    out.at = joined(a.at, b.at);
    out.colon = joined(a.colon, b.colon);
    out.sign = joined(a.sign, b.sign);
    out.print = joined(a.print, b.print);
    out.zero = joined(a.zero, b.zero);
  }
}

}  // namespace

bool has_vector_masks() {
  return __builtin_cpu_supports("avx2") != 0;
}
void masks_vector(const std::uint8_t* bytes, std::size_t blocks, Masks* masks) {
  masks_avx2(bytes, blocks, masks);
}

#else

bool has_vector_masks() {
  return false;
}
void masks_vector(const std::uint8_t* bytes, std::size_t blocks, Masks* masks) {
  masks_portable(bytes, blocks, masks);
}

#endif

MasksOf best_masks() {
  static const MasksOf best = has_vector_masks() ? masks_vector : masks_portable;
  return best;
}

}  // namespace limier::entities
