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

// The schedule of four words a group is the same for every chain over the same block, so it stands apart from the
// chains' own words.
struct Schedule {
  __m128i group[4];
};
struct Sha1Vectors {
  __m128i abcd, e;
};
struct Sha256Vectors {
  __m128i abef, cdgh;
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
LIMIER_SHA_INLINE void add(Sha1Vectors& to, const Sha1Vectors& what) {
  // SHA1NEXTE rotates the word that is to become E and adds the old one.
  to.e = _mm_sha1nexte_epu32(what.e, to.e);
  to.abcd = _mm_add_epi32(to.abcd, what.abcd);
}
template <int Group>
LIMIER_SHA_INLINE void sha1_load(Schedule& w, const std::uint8_t* block) {
  if constexpr (Group < 4)
    w.group[Group] =
        _mm_shuffle_epi8(load_vector(block + 16 * Group), _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f));
}
template <int Group>
LIMIER_SHA_INLINE void sha1_rounds(Sha1Vectors& v, const Schedule& w) {
  const __m128i before = v.abcd;
  const __m128i words = Group == 0 ? _mm_add_epi32(v.e, w.group[0]) : _mm_sha1nexte_epu32(v.e, w.group[Group % 4]);
  v.abcd = _mm_sha1rnds4_epu32(v.abcd, words, Group / 5);
  v.e = before;
}
// The four words that are due four groups later.
template <int Group>
LIMIER_SHA_INLINE void sha1_extend(Schedule& w) {
  if constexpr (Group >= 3 && Group < 19) {
    __m128i& next = w.group[(Group + 1) % 4];  // holds the words of group - 3 until here
    next =
        _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(next, w.group[(Group + 2) % 4]), w.group[(Group + 3) % 4]),
                           w.group[Group % 4]);
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
LIMIER_SHA_INLINE void add(Sha256Vectors& to, const Sha256Vectors& what) {
  to.abef = _mm_add_epi32(to.abef, what.abef);
  to.cdgh = _mm_add_epi32(to.cdgh, what.cdgh);
}
template <int Group>
LIMIER_SHA_INLINE void sha256_load(Schedule& w, const std::uint8_t* block) {
  if constexpr (Group < 4)
    w.group[Group] =
        _mm_shuffle_epi8(load_vector(block + 16 * Group), _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}
template <int Group>
LIMIER_SHA_INLINE __m128i sha256_words(const Schedule& w) {
  return _mm_add_epi32(w.group[Group % 4], load_vector(kSha256Roots.data() + 4 * Group));
}
LIMIER_SHA_INLINE void sha256_rounds(Sha256Vectors& v, __m128i words, __m128i upper_words) {
  v.cdgh = _mm_sha256rnds2_epu32(v.cdgh, v.abef, words);
  v.abef = _mm_sha256rnds2_epu32(v.abef, v.cdgh, upper_words);
}
template <int Group>
LIMIER_SHA_INLINE void sha256_extend(Schedule& w) {
  if constexpr (Group >= 3 && Group < 15) {
    __m128i& next = w.group[(Group + 1) % 4];
    const __m128i last = w.group[Group % 4];
    const __m128i later = _mm_alignr_epi8(last, w.group[(Group + 3) % 4], 4);
    next = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(next, w.group[(Group + 2) % 4]), later), last);
  }
}

[[gnu::always_inline]] inline void add(Md5Words& to, const Md5Words& what) {
  to = {to.a + what.a, to.b + what.b, to.c + what.c, to.d + what.d};
}

// Bits of the sets a kernel is made for.
enum : unsigned { kMd5 = 1, kSha1 = 2, kSha256 = 4, kAll = 7 };

// The running words of one set of digests.
struct Working {
  Md5Words md5{};
  Sha1Vectors sha1{};
  Sha256Vectors sha256{};
};
template <unsigned Which>
LIMIER_SHA_INLINE void load(Working& w, const DigestStates& states) {
  if constexpr ((Which & kMd5) != 0) w.md5 = load(*states.md5);
  if constexpr ((Which & kSha1) != 0) w.sha1 = load(*states.sha1);
  if constexpr ((Which & kSha256) != 0) w.sha256 = load(*states.sha256);
}
template <unsigned Which>
LIMIER_SHA_INLINE void store(const Working& w, const DigestStates& states) {
  if constexpr ((Which & kMd5) != 0) store(w.md5, *states.md5);
  if constexpr ((Which & kSha1) != 0) store(w.sha1, *states.sha1);
  if constexpr ((Which & kSha256) != 0) store(w.sha256, *states.sha256);
}
template <unsigned Which>
LIMIER_SHA_INLINE void add(Working& to, const Working& what) {
  if constexpr ((Which & kMd5) != 0) add(to.md5, what.md5);
  if constexpr ((Which & kSha1) != 0) add(to.sha1, what.sha1);
  if constexpr ((Which & kSha256) != 0) add(to.sha256, what.sha256);
}

template <unsigned One, unsigned Other, int Group>
LIMIER_SHA_INLINE void sha1_group(Working& one, Working& other, Schedule& words, const std::uint8_t* data) {
  sha1_load<Group>(words, data);
  if constexpr ((One & kSha1) != 0) sha1_rounds<Group>(one.sha1, words);
  if constexpr ((Other & kSha1) != 0) sha1_rounds<Group>(other.sha1, words);
  sha1_extend<Group>(words);
}
template <unsigned One, unsigned Other, int Group>
LIMIER_SHA_INLINE void sha256_group(Working& one, Working& other, Schedule& schedule, const std::uint8_t* data) {
  sha256_load<Group>(schedule, data);
  const __m128i words = sha256_words<Group>(schedule);
  const __m128i upper_words = _mm_shuffle_epi32(words, 0x0e);
  if constexpr ((One & kSha256) != 0) sha256_rounds(one.sha256, words, upper_words);
  if constexpr ((Other & kSha256) != 0) sha256_rounds(other.sha256, words, upper_words);
  sha256_extend<Group>(schedule);
}

// A sixteenth of a block: four steps of MD5, four rounds of SHA-256, five of SHA-1 (given as every fourth group twice).
template <unsigned One, unsigned Other, int Part>
LIMIER_SHA_INLINE void part_of_block(Working& one, Working& other, Schedule& sha1, Schedule& sha256,
                                     const std::uint8_t* data) {
  if constexpr ((One & Other & kMd5) != 0) {
    md5_steps4<4 * Part>(one.md5, other.md5, data);
  } else if constexpr ((One & kMd5) != 0) {
    md5_steps4<4 * Part>(one.md5, data);
  } else if constexpr ((Other & kMd5) != 0) {
    md5_steps4<4 * Part>(other.md5, data);
  }
  if constexpr (((One | Other) & kSha1) != 0) {
    constexpr int kGroup = Part + Part / 4;
    sha1_group<One, Other, kGroup>(one, other, sha1, data);
    if constexpr (Part % 4 == 3) sha1_group<One, Other, kGroup + 1>(one, other, sha1, data);
  }
  if constexpr (((One | Other) & kSha256) != 0) sha256_group<One, Other, Part>(one, other, sha256, data);
}
template <unsigned One, unsigned Other, int... Part>
LIMIER_SHA_INLINE void whole_block(Working& one, Working& other, const std::uint8_t* data,
                                   std::integer_sequence<int, Part...>) {
  Schedule sha1{}, sha256{};
  (part_of_block<One, Other, Part>(one, other, sha1, sha256, data), ...);
}

template <unsigned One, unsigned Other>
[[gnu::target("sha,sse4.1,ssse3")]] void kernel(const Lanes& lanes, std::size_t blocks) {
  Working one_sum, other_sum;
  load<One>(one_sum, lanes.one);
  load<Other>(other_sum, lanes.other);
  for (const std::uint8_t* data = lanes.data; blocks > 0; --blocks, data += kDigestBlock) {
    Working one = one_sum, other = other_sum;
    whole_block<One, Other>(one, other, data, std::make_integer_sequence<int, 16>{});
    add<One>(one_sum, one);
    add<Other>(other_sum, other);
  }
  store<One>(one_sum, lanes.one);
  store<Other>(other_sum, lanes.other);
}

using Kernel = void (*)(const Lanes&, std::size_t);
template <unsigned... Which>
constexpr auto kernels_for_one(std::integer_sequence<unsigned, Which...>) {
  return std::array<Kernel, sizeof...(Which)>{kernel<Which, 0>...};
}
template <unsigned... Other>
constexpr auto kernels_beside_all(std::integer_sequence<unsigned, Other...>) {
  return std::array<Kernel, sizeof...(Other)>{kernel<kAll, Other>...};
}
constexpr auto kAlone = kernels_for_one(std::make_integer_sequence<unsigned, 8>{});
// Two sets together only where the first is complete, which is what files have: the other pairs are rare, and each
// would be another 5 KiB of code.
constexpr auto kBesideAll = kernels_beside_all(std::make_integer_sequence<unsigned, 8>{});

unsigned bits_of(const DigestStates& states) {
  return (states.md5 != nullptr ? kMd5 : 0u) | (states.sha1 != nullptr ? kSha1 : 0u) |
         (states.sha256 != nullptr ? kSha256 : 0u);
}

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
  const unsigned one = bits_of(lanes.one), other = bits_of(lanes.other);
  if (one == kAll) return kBesideAll[other](lanes, blocks);
  kAlone[one](lanes, blocks);
  if (other != 0) kAlone[other]({.data = lanes.data, .one = lanes.other, .other = {}}, blocks);
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
