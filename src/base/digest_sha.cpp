// The x86 SHA extensions, chosen at run time. One block function interleaves the SHA groups with the steps of MD5: the
// former live in vector registers, the latter in general ones, and each leaves most of the core idle.
// Source of the instructions' meaning: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2,
// SHA1RNDS4 to SHA256RNDS2.
#include "base/digest_kernels.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include <array>
#include <utility>

#include "base/digest_steps.h"

#define LIMIER_SHA_INLINE [[gnu::always_inline, gnu::target("sha,sse4.1,ssse3")]] inline

namespace limier::detail {

namespace {

LIMIER_SHA_INLINE __m128i load_vector(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}
LIMIER_SHA_INLINE void store_vector(void* at, __m128i value) {
  _mm_storeu_si128(static_cast<__m128i*>(at), value);
}

struct Sha1Vectors {
  __m128i abcd, e;
  __m128i w[4];
};
struct Sha256Vectors {
  __m128i abef, cdgh;
  __m128i w[4];
};

LIMIER_SHA_INLINE Sha1Vectors load(const Sha1State& state) {
  Sha1Vectors v;
  v.abcd = _mm_shuffle_epi32(load_vector(state.h.data()), 0x1b);
  v.e = _mm_set_epi32(static_cast<int>(state.h[4]), 0, 0, 0);
  return v;
}
LIMIER_SHA_INLINE void store(const Sha1Vectors& v, Sha1State& state) {
  store_vector(state.h.data(), _mm_shuffle_epi32(v.abcd, 0x1b));
  state.h[4] = static_cast<std::uint32_t>(_mm_extract_epi32(v.e, 3));
}
// Four rounds, and the four words of the schedule that are due four groups later.
template <int Group>
LIMIER_SHA_INLINE void sha1_group(Sha1Vectors& v, const std::uint8_t* block) {
  __m128i& w = v.w[Group % 4];
  if constexpr (Group < 4)
    w = _mm_shuffle_epi8(load_vector(block + 16 * Group), _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f));
  const __m128i before = v.abcd;
  const __m128i words = Group == 0 ? _mm_add_epi32(v.e, w) : _mm_sha1nexte_epu32(v.e, w);
  v.abcd = _mm_sha1rnds4_epu32(v.abcd, words, Group / 5);
  v.e = before;
  if constexpr (Group >= 3 && Group < 19) {
    __m128i& next = v.w[(Group + 1) % 4];  // holds the words of group - 3 until here
    next = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(next, v.w[(Group + 2) % 4]), v.w[(Group + 3) % 4]), w);
  }
}

LIMIER_SHA_INLINE Sha256Vectors load(const Sha256State& state) {
  Sha256Vectors v;
  const __m128i cdab = _mm_shuffle_epi32(load_vector(state.h.data()), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(load_vector(state.h.data() + 4), 0x1b);
  v.abef = _mm_alignr_epi8(cdab, efgh, 8);
  v.cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
  return v;
}
LIMIER_SHA_INLINE void store(const Sha256Vectors& v, Sha256State& state) {
  const __m128i feba = _mm_shuffle_epi32(v.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(v.cdgh, 0xb1);
  store_vector(state.h.data(), _mm_blend_epi16(feba, dchg, 0xf0));
  store_vector(state.h.data() + 4, _mm_alignr_epi8(dchg, feba, 8));
}
template <int Group>
LIMIER_SHA_INLINE void sha256_group(Sha256Vectors& v, const std::uint8_t* block) {
  __m128i& w = v.w[Group % 4];
  if constexpr (Group < 4)
    w = _mm_shuffle_epi8(load_vector(block + 16 * Group), _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  const __m128i words = _mm_add_epi32(w, load_vector(kSha256Roots.data() + 4 * Group));
  v.cdgh = _mm_sha256rnds2_epu32(v.cdgh, v.abef, words);
  v.abef = _mm_sha256rnds2_epu32(v.abef, v.cdgh, _mm_shuffle_epi32(words, 0x0e));
  if constexpr (Group >= 3 && Group < 15) {
    __m128i& next = v.w[(Group + 1) % 4];
    const __m128i later = _mm_alignr_epi8(w, v.w[(Group + 3) % 4], 4);
    next = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(next, v.w[(Group + 2) % 4]), later), w);
  }
}

// Bits of the index into the table of kernels.
enum : unsigned { kMd5 = 1, kSha1 = 2, kSha256 = 4, kOtherMd5 = 8 };

struct Working {
  Md5Words md5{}, other{};
  Sha1Vectors sha1{};
  Sha256Vectors sha256{};
};

// A sixteenth of a block: four steps of MD5, four rounds of SHA-256, five of SHA-1 (given as every fourth group twice).
template <unsigned Which, int Part>
LIMIER_SHA_INLINE void part_of_block(Working& w, const std::uint8_t* data, const std::uint8_t* other_data) {
  if constexpr ((Which & kMd5) != 0 && (Which & kOtherMd5) != 0) {
    md5_steps4<4 * Part>(w.md5, data, w.other, other_data);
  } else if constexpr ((Which & kMd5) != 0) {
    md5_steps4<4 * Part>(w.md5, data);
  } else if constexpr ((Which & kOtherMd5) != 0) {
    md5_steps4<4 * Part>(w.other, other_data);
  }
  if constexpr ((Which & kSha1) != 0) {
    constexpr int kGroup = Part + Part / 4;
    sha1_group<kGroup>(w.sha1, data);
    if constexpr (Part % 4 == 3) sha1_group<kGroup + 1>(w.sha1, data);
  }
  if constexpr ((Which & kSha256) != 0) sha256_group<Part>(w.sha256, data);
}
template <unsigned Which, int... Part>
LIMIER_SHA_INLINE void whole_block(Working& w, const std::uint8_t* data, const std::uint8_t* other_data,
                                   std::integer_sequence<int, Part...>) {
  (part_of_block<Which, Part>(w, data, other_data), ...);
}

[[gnu::always_inline]] inline void add(Md5Words& to, const Md5Words& what) {
  to = {to.a + what.a, to.b + what.b, to.c + what.c, to.d + what.d};
}

template <unsigned Which>
[[gnu::target("sha,sse4.1,ssse3")]] void kernel(const Lanes& lanes, std::size_t blocks) {
  const std::uint8_t* data = lanes.data;
  const std::uint8_t* other_data = lanes.other_data;
  Working sum;
  if constexpr ((Which & kMd5) != 0) sum.md5 = load(*lanes.md5);
  if constexpr ((Which & kOtherMd5) != 0) sum.other = load(*lanes.other_md5);
  if constexpr ((Which & kSha1) != 0) sum.sha1 = load(*lanes.sha1);
  if constexpr ((Which & kSha256) != 0) sum.sha256 = load(*lanes.sha256);
  for (; blocks > 0; --blocks) {
    Working w = sum;
    whole_block<Which>(w, data, other_data, std::make_integer_sequence<int, 16>{});
    if constexpr ((Which & kMd5) != 0) add(sum.md5, w.md5);
    if constexpr ((Which & kOtherMd5) != 0) add(sum.other, w.other);
    if constexpr ((Which & kSha1) != 0) {
      // SHA1NEXTE rotates the word that is to become E and adds the old one.
      sum.sha1.e = _mm_sha1nexte_epu32(w.sha1.e, sum.sha1.e);
      sum.sha1.abcd = _mm_add_epi32(sum.sha1.abcd, w.sha1.abcd);
    }
    if constexpr ((Which & kSha256) != 0) {
      sum.sha256.abef = _mm_add_epi32(sum.sha256.abef, w.sha256.abef);
      sum.sha256.cdgh = _mm_add_epi32(sum.sha256.cdgh, w.sha256.cdgh);
    }
    data += kDigestBlock;
    if constexpr ((Which & kOtherMd5) != 0) other_data += kDigestBlock;
  }
  if constexpr ((Which & kMd5) != 0) store(sum.md5, *lanes.md5);
  if constexpr ((Which & kOtherMd5) != 0) store(sum.other, *lanes.other_md5);
  if constexpr ((Which & kSha1) != 0) store(sum.sha1, *lanes.sha1);
  if constexpr ((Which & kSha256) != 0) store(sum.sha256, *lanes.sha256);
}

using Kernel = void (*)(const Lanes&, std::size_t);
template <unsigned... Which>
constexpr std::array<Kernel, sizeof...(Which)> kernel_table(std::integer_sequence<unsigned, Which...>) {
  return {kernel<Which>...};
}
constexpr auto kKernels = kernel_table(std::make_integer_sequence<unsigned, 16>{});

}  // namespace

bool has_sha_instructions() {
  static const bool has = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    constexpr unsigned kSsse3 = 1u << 9, kSse41 = 1u << 19;  // leaf 1, ECX
    constexpr unsigned kSha = 1u << 29;                      // leaf 7, EBX
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kSsse3) == 0 || (c & kSse41) == 0) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kSha) != 0;
  }();
  return has;
}

void hash_blocks_sha(const Lanes& lanes, std::size_t blocks) {
  const unsigned which = (lanes.md5 != nullptr ? kMd5 : 0u) | (lanes.sha1 != nullptr ? kSha1 : 0u) |
                         (lanes.sha256 != nullptr ? kSha256 : 0u) | (lanes.other_md5 != nullptr ? kOtherMd5 : 0u);
  kKernels[which](lanes, blocks);
}

}  // namespace limier::detail

#else

namespace limier::detail {
bool has_sha_instructions() {
  return false;
}
void hash_blocks_sha(const Lanes& lanes, std::size_t blocks) {
  hash_blocks_portable(lanes, blocks);
}
}  // namespace limier::detail

#endif
